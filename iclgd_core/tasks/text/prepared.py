"""The rows that episodes draw from: doubles and over-long rows left out, a lone train split cut in two."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.plain import Json
from iclgd_core.seeds import stream
from iclgd_core.tasks.text.rows import Example, Split, TextDataError
from iclgd_core.tasks.text.source import DataSource


@dataclass(frozen=True, eq=False)
class Prepared:
    """Rows of a task.

    Attributes:
        train: rows for demonstrations, and for the queries of tuning episodes.
        held_out: rows for the queries of evaluation episodes; none has the text of a train row.
        record: where the rows came from, and how many were left out why.
    """

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    record: dict[str, Json]

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """Class of each train row, (train,)."""
        return np.array([row.label for row in self.train], dtype=np.int64)


@lru_cache(maxsize=16)
def prepared(source: DataSource, data: Path | None, max_words: int | None) -> Prepared:
    """Read a source once in a process, and leave out what no episode should draw.

    Left out, each counted: rows of more than `max_words` words; a row whose fields are those of an earlier row of its
    split; a held-out row whose fields are those of a train row, so that no query can be among the demonstrations.

    Raises:
        TextDataError: the source cannot be read, nothing is left, a class has no train row, or all held-out rows are of
            one class.
    """
    read = source.read(data)
    long: dict[str, Json] = {}
    train = _short(read.train, max_words, long)
    held_out = _short(read.held_out, max_words, long) if read.held_out is not None else []
    kept = _distinct(train, set())
    in_train = len(train) - len(kept)
    if read.held_out is None:
        order = stream(0, "text", source.name, "halves").permutation(len(kept))
        half = -(-len(kept) // 2)
        free = [kept[i] for i in np.sort(order[half:])]
        kept, doubles = [kept[i] for i in np.sort(order[:half])], 0
    else:
        free = _distinct(held_out, {row.fields for row in kept})
        doubles = len(held_out) - len(free)
    limit = f" with at most {max_words} words" if max_words is not None else ""
    if len(kept) < 2 or not free:
        few = TextDataError(
            f"task {source.name!r} has {len(kept)} train rows and {len(free)} held-out rows{limit}; it needs at least "
            "2 and 1. Give more rows, or a larger --iclgd-max-words."
        )
        raise few.about("max-words") if limit else few
    of_class = {"train": _by_class(kept, source), "held out": _by_class(free, source)}
    _check_classes(of_class, f"task {source.name!r}", limit)
    record: dict[str, Json] = dict(read.record) | {
        "held-out split": read.held_out.name if read.held_out is not None else "a seeded half of train",
        "rows": {"train": len(kept), "held out": len(free)},
        "rows of each class": {part: dict(counts) for part, counts in of_class.items()},
        "left out": {
            "without a label": read.train.unlabelled + (read.held_out.unlabelled if read.held_out is not None else 0),
            "longer than max words": long,
            "doubles in train": in_train,
            "doubles in held-out, or in train": doubles,
        },
    }
    return Prepared(tuple(kept), tuple(free), record)


def _by_class(rows: Iterable[Example], source: DataSource) -> dict[str, int]:
    """Return how many rows each class has, also those that have none."""
    counts = Counter(row.label for row in rows)
    return {name: counts[number] for number, name in enumerate(source.columns.classes)}


def _check_classes(of_class: Mapping[str, Mapping[str, int]], task: str, limit: str) -> None:
    """Refuse rows of which a class can never be shown, or all queries have one answer."""
    for part, counts in of_class.items():
        missing = [name for name, count in counts.items() if not count]
        if missing and (part == "train" or len(counts) - len(missing) < 2):
            shown = ", ".join(f"{name} {count}" for name, count in counts.items())
            raise TextDataError(
                f"{task} has no {part} row of class {' or '.join(map(repr, missing))}{limit} ({shown}), so that it "
                "cannot be judged. Are these the rows of this task? Give rows of every class, or a task file without "
                "such a class."
            )


def _short(split: Split, max_words: int | None, counts: dict[str, Json]) -> list[Example]:
    if max_words is None:
        return list(split.rows)
    rows = [row for row in split.rows if sum(len(field.split()) for field in row.fields) <= max_words]
    counts[split.name] = len(split.rows) - len(rows)
    return rows


def _distinct(rows: Iterable[Example], seen: set[tuple[str, ...]]) -> list[Example]:
    """Return the rows whose fields were not seen before, and remember them."""
    out = []
    for row in rows:
        if row.fields not in seen:
            seen.add(row.fields)
            out.append(row)
    return out
