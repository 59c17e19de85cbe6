"""Where a text set stands on the Hugging Face Hub."""

import re
from dataclasses import dataclass
from pathlib import Path

from iclgd_core.errors import SettingsError

SPLITS = ("train", "validation", "test")
"""Splits that a text set may have."""

ENDINGS = (".parquet", ".jsonl", ".json")
"""Endings of files that are read: Parquet and JSON lines. No format that could carry code."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]{0,199}")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Hub:
    """A data set repository on the Hugging Face Hub.

    Attributes:
        repository: "owner/name".
        revision: commit hash, branch or tag; None: the default branch. What is no hash is resolved to one, recorded.
        files: pattern of each split's files within the repository: ((split, pattern), ...).
        verified: how the commit hash was found to be that of this repository; "" where none was.
    """

    repository: str
    revision: str | None
    files: tuple[tuple[str, str], ...]
    verified: str = ""

    def __post_init__(self) -> None:
        if not _REPOSITORY.fullmatch(self.repository) or ".." in self.repository:
            raise SettingsError(f"Hub repository {self.repository!r} is not of the form owner/name.")
        if self.revision is not None and (not _REVISION.fullmatch(self.revision) or ".." in self.revision):
            raise SettingsError(
                f"revision {self.revision[:80]!r} of Hub repository {self.repository!r} is no commit hash, branch or "
                "tag."
            )
        for split, pattern in self.files:
            if split not in SPLITS:
                raise SettingsError(f"unknown split {split!r}; allowed: {', '.join(SPLITS)}.")
            if ".." in Path(pattern).parts or pattern.startswith("/") or not pattern.endswith(ENDINGS):
                raise SettingsError(
                    f"file pattern {pattern!r} of split {split!r}: it must lie within the repository and end in one of "
                    f"{', '.join(ENDINGS)}."
                )
        if "train" not in dict(self.files):
            raise SettingsError(f"Hub repository {self.repository!r} needs a file pattern for the split 'train'.")

    @property
    def pinned(self) -> bool:
        """Whether the revision is a commit hash, so that the rows can never change."""
        return self.revision is not None and _COMMIT.fullmatch(self.revision) is not None
