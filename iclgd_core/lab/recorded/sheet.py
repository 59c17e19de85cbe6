"""One episode of a sub-claim as plain data: its number, its prompts, and what each learner answered."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.lab.recorded.arguments import Seen
from iclgd_core.lab.recorded.recording import ICL, ZERO_SHOT, Answered, distinct
from iclgd_core.lab.recorded.regression import Predicted, regression_models
from iclgd_core.metrics import correct
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies import AGREEMENTS

TOP = 5
"""Likeliest tokens of an answer that are told."""

Numbers = NDArray[np.float64]


def sheet(seen: Seen, outcome: Outcome, study: Study | None, number: int) -> dict[str, Json]:
    """Return what is known of episode `number`.

    `values` are those of all episodes, whose mean is the estimate; `numbers` what the study measured an episode, here
    and in the mean of all; `models` the prompts and answers on each model and task. Agreement is that with ICL on the
    demonstrations as drawn, one value a query, by each of AGREEMENTS.

    Args:
        seen: the answers, as `recording` collected them.
        outcome: of the sub-claim, with its values.
        study: what was measured, or None.
        number: of the episode, from 0.

    Raises:
        SettingsError: no such episode.
    """
    if not 0 <= number < outcome.n:
        raise SettingsError(f"--episode is {number}. Allowed: 0 to {outcome.n - 1}, for there are {outcome.n}.")
    language = [one for one in seen if isinstance(one, Answered)]
    predicted = [one for one in seen if isinstance(one, Predicted)]
    answers = sorted(distinct(language), key=lambda one: (one.lab.model.name, one.lab.task.name, _rank(one)))
    grouped = groupby(answers, key=lambda one: (one.lab.model.name, one.lab.task.name))
    return {
        "episode": number,
        "episodes": outcome.n,
        "quantity": outcome.quantity,
        "estimate": outcome.estimate,
        "values": list(outcome.values),
        "numbers": [
            {"name": name, "value": float(values[number]), "mean": float(values.mean())}
            for name, values in per_episode(study, outcome.n)
        ],
        "models": [
            *(_model(list(group), number) for _, group in grouped),
            *regression_models(predicted, number),
        ],
    }


def _rank(one: Answered) -> tuple[int, int]:
    """ICL first, zero-shot last; orders of one learner together."""
    return {ICL: 0, ZERO_SHOT: 2}.get(one.learner, 1), one.order


def per_episode(study: Study | None, n: int) -> Iterator[tuple[str, Numbers]]:
    """Yield the numbers an episode that a study holds, by name."""
    numbers = {} if study is None else study.numbers
    yield from ((name, values) for name, values in numbers.items() if np.shape(values) == (n,))


def _model(answers: Sequence[Answered], number: int) -> Json:
    lab = answers[0].lab
    tokenizer = lab.model.tokenizer
    held = [one for one in answers if number < len(one.log_probs)]
    shots = max((one.shots for one in held), default=0)
    episode = lab.episodes("evaluation", number + 1)[number]
    drawn, none = np.arange(shots), np.arange(0)
    examples = zip(episode.examples(drawn), episode.targets(drawn).tolist(), strict=True)
    queries = zip(episode.prompts(none), episode.answers.tolist(), strict=True)
    return {
        "model": lab.model.name,
        "task": lab.task.name,
        "demonstrations": [_written(tokenizer, prompt.ids.tolist(), label) for prompt, label in examples],
        "queries": [_written(tokenizer, prompt.ids.tolist(), answer) for prompt, answer in queries],
        "prompt": _text(tokenizer, episode.prompts(drawn)[0].ids.tolist()),
        "answers": [_answer(one, held, lab, number) for one in held],
    }


def _written(tokenizer: PreTrainedTokenizerBase, ids: list[int], label: int) -> Json:
    return {"text": _text(tokenizer, ids, bare=True), "label": _text(tokenizer, [label])}


def _text(tokenizer: PreTrainedTokenizerBase, ids: list[int], bare: bool = False) -> str:
    return str(tokenizer.decode(ids, skip_special_tokens=bare))


def _answer(one: Answered, all_of_them: Sequence[Answered], lab: Lab, number: int) -> Json:
    here, answers = one.log_probs[number : number + 1], lab.answers("evaluation", number + 1)[number:]
    icl = next((o for o in all_of_them if (o.learner, o.order, o.shots) == (ICL, 0, one.shots or o.shots)), None)
    agreement: dict[str, Json] = {}
    if icl is not None:
        agreement = {name: agree(here, icl.log_probs[number : number + 1])[0].tolist()
                     for name, agree in AGREEMENTS.items()}  # fmt: skip
    return {
        "learner": one.learner,
        "shots": one.shots,
        "order": one.order,
        "demonstrations": one.orders[number].tolist(),
        "learning_rate": one.rate,
        "epoch": one.epoch,
        "right": correct(here, answers)[0].astype(bool).tolist(),
        "top": [_top(query, lab.model.tokenizer) for query in _whole(here)],
        "agreement": agreement,
    }


def _whole(log_probs: LogProbs) -> Numbers:
    """Return the predictions of one episode over the whole vocabulary, (queries, vocabulary)."""
    whole: Numbers = np.asarray(log_probs, dtype=np.float64)[0]
    return whole


def _top(log_probs: Numbers, tokenizer: PreTrainedTokenizerBase) -> Json:
    """Return the likeliest tokens with their probabilities; ties go to the smaller id."""
    ids = np.argsort(-log_probs, kind="stable")[:TOP].tolist()
    return [{"token": _text(tokenizer, [id]), "probability": float(np.exp(log_probs[id]))} for id in ids]
