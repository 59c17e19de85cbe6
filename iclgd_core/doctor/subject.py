"""One model as a run would find it: where its files are, its configuration, the lengths of its prompts on a task."""

from dataclasses import dataclass

import numpy as np
from transformers import CONFIG_MAPPING, PretrainedConfig

from iclgd_core.doctor.findings import Finding
from iclgd_core.errors import IclgdError, ModelError
from iclgd_core.hub import NotCachedError, is_masked
from iclgd_core.hub.cache import snapshot
from iclgd_core.hub.download import ask, fetch_files, to_fetch
from iclgd_core.hub.files import CONFIG
from iclgd_core.hub.scan import scan
from iclgd_core.hub.source import HubId, parse
from iclgd_core.models.language.preflight import facts_of, reader_of
from iclgd_core.tasks import Task
from iclgd_core.tasks.prompts import Reader

SHOTS = 8
"""Demonstrations of the main comparison."""

EPISODES = 4
"""Episodes that are written to see how long prompts are."""


@dataclass(frozen=True)
class Described:
    """A model's configuration.

    Attributes:
        config: of the model.
        masked: whether it is a masked language model.
        here: whether its files are on this machine.
        download: bytes that a run would fetch first; 0 where nothing.
    """

    config: PretrainedConfig
    masked: bool
    here: bool
    download: int = 0


def describe(name: str, may_ask: bool) -> Described:
    """Return a model's configuration; of a model that is not here yet, config.json alone is fetched.

    Args:
        name: of the model.
        may_ask: whether the Hub answers.

    Raises:
        UnknownNameError, ModelError, HubError, GatedError: why the model cannot be used.
        NotCachedError: it is not here, and the Hub may not be asked.
    """
    try:
        facts = facts_of(name)
    except NotCachedError:
        meant = parse(name)
        if not may_ask or not isinstance(meant, HubId):
            raise
        return _from_hub(meant)
    return Described(facts.config, facts.masked, here=True)


def _from_hub(hub: HubId) -> Described:
    where = f"model {str(hub)!r}"
    commit, files = ask(hub.repo, hub.revision)
    if CONFIG not in files:
        raise ModelError(f"{where} has no {CONFIG}. Check the name and the revision.")
    size = to_fetch(hub)
    fetch_files(hub.repo, commit, {CONFIG: files[CONFIG]})
    cleaned = scan(snapshot(hub.repo, commit), where).config
    kind = str(cleaned["model_type"])
    try:
        config = CONFIG_MAPPING[kind].from_dict(dict(cleaned))
    except Exception as error:  # whatever a hostile configuration makes transformers raise
        raise ModelError(f"{CONFIG} of {where} cannot be read: {type(error).__name__}. Check the model.") from error
    return Described(config, is_masked(cleaned), here=False, download=size)


@dataclass(frozen=True)
class Lengths:
    """Tokens of what a model reads on a task.

    Attributes:
        prompt: of the longest prompt behind SHOTS demonstrations.
        example: of the longest demonstration alone.
        pool: demonstrations that an episode holds; None where it is assumed.
        assumed: whether they are a guess, since tokenizer or data are not here.
    """

    prompt: int
    example: int
    pool: int | None
    assumed: bool = False


ASSUMED = Lengths(prompt=1024, example=128, pool=None, assumed=True)
"""Taken where prompts cannot be written yet: about what AG News makes."""


def lengths(task: Task, reader: Reader) -> Lengths:
    """Return the lengths of a few episodes' prompts; others may be somewhat longer.

    Raises:
        IclgdError: the model cannot read the task, or its data are missing.
    """
    task.check(reader, SHOTS)
    order = np.arange(SHOTS)
    written = [task.encode(task.episode(0, "evaluation", i, EPISODES), reader) for i in range(EPISODES)]
    return Lengths(
        prompt=max(len(prompt.ids) for episode in written for prompt in episode.prompts(order)),
        example=max(len(example.ids) for episode in written for example in episode.examples(order)),
        pool=min(episode.pool for episode in written),
    )


def lengths_or_why(task: Task, model: str, here: bool) -> tuple[Lengths, str]:
    """Return the lengths, and why they are assumed; empty where they are measured."""
    if not here:
        return ASSUMED, "the model's tokenizer is not on this machine yet"
    try:
        return lengths(task, reader_of(model)), ""
    except NotCachedError as error:
        return ASSUMED, f"missing: {', '.join(error.missing)}"


def refused(what: str, error: IclgdError) -> Finding:
    """Return the problem that an error is, on one line."""
    if isinstance(error, NotCachedError):
        hint = "`iclgd prefetch` with the same --model and --task, on a machine with network, fetches it"
        return Finding(what, f"not on this machine: {', '.join(error.missing)}", "problem", hint)
    return Finding(what, " ".join(str(error).split()), "problem")
