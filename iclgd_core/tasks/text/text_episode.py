"""TextEpisode: demonstrations and queries of a text task, named by the rows they are."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from iclgd_core.tasks.text.rows import Columns, Example


@dataclass(frozen=True, eq=False)
class TextEpisode:
    """One draw of a text task.

    Attributes:
        task: name of the set.
        columns: what its fields and labels mean.
        index: number of the episode in its split.
        split: "tuning" (settings are chosen on it) or "evaluation" (claims are judged on it).
        demonstrations: the pool; the first N are the N demonstrations.
        queries: the queries.
    """

    task: str
    columns: Columns
    index: int
    split: str
    demonstrations: tuple[Example, ...]
    queries: tuple[Example, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of task, split, number, and of id, text and label of every row, in order."""
        rows = [[[row.id, *row.fields, row.label] for row in part] for part in (self.demonstrations, self.queries)]
        content = [self.task, list(self.columns.fields), list(self.columns.classes), self.split, self.index, rows]
        return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()
