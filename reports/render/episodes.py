"""One episode of a sub-claim in words: its number, its prompts, what each learner answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from iclgd_core.evidence.in_words import effect, label, number, subject
from iclgd_core.evidence.record import Evidence

from .headline import many
from .plain_text import plain

SHOWN_ORDERS = 2
"""Orders of the demonstrations of which answers are shown, unless all are asked for."""

SHOWN_TOKENS = 3
LONGEST = 400
"""Characters of a demonstration or query that are shown; the whole stands in the prompt."""


def episode_text(item: Evidence, sheet: Mapping[str, Any], everything: bool = False) -> str:
    """Return the episode as text.

    Args:
        item: the sub-claim, as the report has it.
        sheet: the episode, as the plugin `fixtures.episodes` wrote it.
        everything: also answers in other settings and orders than those that the number stands on.
    """
    lines = [f"{label(item)} on {subject(item)}", *_value(item, sheet), ""]
    lines += (
        _table(
            [
                ("number of the episode", "here", "mean"),
                *((one["name"], number(one["value"]), number(one["mean"])) for one in sheet["numbers"]),
            ]
        )
        if sheet["numbers"]
        else []
    )
    for model in sheet["models"]:
        lines += ["", *_model(item, model, everything)]
    if not sheet["models"]:
        lines += ["", "Its learners are not read by the episodes' prompts: the numbers above are what is stored."]
    return "\n".join(plain(line) for line in lines) + "\n"


def _value(item: Evidence, sheet: Mapping[str, Any]) -> list[str]:
    """Say what the episode gives, and whether the mean of all is the report's estimate."""
    values, outcome = sheet["values"], item.outcome
    head = [f"quantity: {sheet['quantity']}"]
    if not values or outcome is None:
        return [*head, f"episode {sheet['episode']} of 0 to {sheet['episodes'] - 1}"]
    mean = sum(values) / len(values)
    same = outcome.estimate is not None and abs(mean - outcome.estimate) <= 1e-9 * max(1.0, abs(mean))
    held = (
        "as in the report" if same else f"but the report has {number(outcome.estimate)}: it is of another measurement"
    )
    return [
        *head,
        f"episode {sheet['episode']} of 0 to {len(values) - 1}: {number(values[sheet['episode']])}",
        f"mean of all {len(values)}: {number(mean)}, {held} ({effect(outcome)})",
    ]


def _model(item: Evidence, model: Mapping[str, Any], everything: bool) -> list[str]:
    answers = [one for one in model["answers"] if everything or _counts(item, one)]
    hidden = len(model["answers"]) - len(answers)
    metrics = list(dict.fromkeys(name for one in answers for name in one["agreement"]))
    metrics = [name for name in metrics if name == item.params.get("agreement")] or metrics
    lines = [f"== {model['model']}, {model['task']} ==", "", f"{many(len(model['demonstrations']), 'demonstration')}:"]
    quoted = repr if model["prompt"] else str
    lines += [f"  {i}: {_cut(one['text'])} -> {quoted(one['label'])}" for i, one in enumerate(model["demonstrations"])]
    if model["prompt"]:
        lines += ["", "prompt of query 0 as the model reads it:"]
        lines += [f"  {line}" for line in model["prompt"].split("\n")]
    for q, query in enumerate(model["queries"]):
        lines += ["", f"query {q}: {_cut(query['text'])} -> right: {quoted(query['label'])}"]
        rows = [("learner", "", "answer", *(f"agreement ({name})" for name in metrics))]
        rows += [(_name(one), _verdict(one, q), _top(one["top"][q]),
                  *(number(one["agreement"][name][q]) if one["agreement"] else "" for name in metrics))
                 for one in answers]  # fmt: skip
        lines += _table(rows)
    lines += ["", *_means(answers, metrics)]
    if item.untrained:
        lines.append("GD's best setting is no training (rate 0, epoch 0): its answers are zero-shot's.")
    if hidden:
        lines.append(f"{many(hidden, 'answer')} in other settings or orders: with --all.")
    return lines


def _verdict(answer: Mapping[str, Any], q: int) -> str:
    """Say whether the likeliest token is the right one; nothing of a number."""
    return "" if not answer["right"] else "right" if answer["right"][q] else "wrong"


def _means(answers: Sequence[Mapping[str, Any]], metrics: Sequence[str]) -> list[str]:
    rows = [("mean over the queries", "right", *(f"agreement ({name})" for name in metrics))]
    for one in answers:
        means = [sum(one["agreement"][name]) / len(one["agreement"][name]) if one["agreement"] else None
                 for name in metrics]  # fmt: skip
        rows.append((_name(one), number(sum(one["right"]) / len(one["right"])) if one["right"] else "",
                     *("" if mean is None else number(mean) for mean in means)))  # fmt: skip
    return _table(rows)


def _counts(item: Evidence, answer: Mapping[str, Any]) -> bool:
    """Whether an answer is of the chosen setting, where one is recorded, and of the first orders."""
    if answer["order"] >= SHOWN_ORDERS:
        return False
    chosen = {name: item.details.get(name) for name in ("learning_rate", "epoch")}
    return answer["learning_rate"] is None or all(
        value is None or answer[name] == value for name, value in chosen.items()
    )


def _name(answer: Mapping[str, Any]) -> str:
    parts = [f"{answer['learner']}"]
    if answer["shots"]:
        parts.append(
            f"{many(answer['shots'], 'demonstration')}" + (f", order {answer['order']}" * bool(answer["order"]))
        )
    if answer["learning_rate"] is not None:
        parts.append(f"rate {answer['learning_rate']:g}, epoch {answer['epoch']}")
    return ", ".join(parts)


def _top(tokens: Sequence[Mapping[str, Any]]) -> str:
    return "  ".join(
        one["token"] if one["probability"] is None else f"{one['token']!r} {one['probability']:.3f}"
        for one in tokens[:SHOWN_TOKENS]
    )


def _cut(text: str) -> str:
    """Return a text on one line, its line breaks written as such, and its end cut where it is long."""
    line = text.replace("\n", "\\n")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return rows as lines with aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
