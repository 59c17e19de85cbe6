"""Template: how a row is written as text, and with which word its label."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from string import Formatter

from iclgd_core.errors import SettingsError, UnknownNameError
from iclgd_core.evidence.plain import Json
from iclgd_core.tasks.text.rows import Columns, Example


@dataclass(frozen=True)
class Template:
    """A prompt: instruction, then every demonstration with its label and the separator, then the query.

    A demonstration is `layout`, `before`, the label word, `after`, `separator`; a query ends with `layout`.

    Attributes:
        name: name of the template within its task.
        layout: the text up to the label; {column} stands for a field. No white space at its end.
        words: label word of each class, in the order of the classes; written behind `before`.
        instruction: text at the head of the prompt, once, with its own line breaks.
        separator: text between a demonstration and what follows.
        after: text behind the label in a demonstration; in a masked model's query, behind the mask.
        source: where the template was published.
        before: one space; or nothing, for label words that tokenizers take apart from a space before them (digits).
    """

    name: str
    layout: str
    words: tuple[str, ...]
    instruction: str = ""
    separator: str = "\n"
    after: str = ""
    source: str = ""
    before: str = " "

    def __post_init__(self) -> None:
        if not self.layout or self.layout != self.layout.rstrip():
            raise SettingsError(
                f"template {self.name!r}: the layout {self.layout!r} must end where the label goes, without white "
                "space: the label brings its own space."
            )
        if self.before not in ("", " "):
            raise SettingsError(
                f"template {self.name!r}: {self.before!r} before a label is not allowed; allowed: one space or nothing."
            )
        for word in self.words:
            if not word or word != word.strip():
                raise SettingsError(
                    f"template {self.name!r}: label word {word!r} is not allowed; allowed: a text without white space "
                    "at its ends (the space before it is added)."
                )
        if len(set(self.words)) < len(self.words):
            raise SettingsError(f"template {self.name!r}: two classes have one label word: {', '.join(self.words)}.")
        self._parts  # noqa: B018  (a malformed layout is refused now)

    @cached_property
    def _parts(self) -> tuple[tuple[str, str | None], ...]:
        """(literal, column) pairs; braces are doubled for a literal one."""
        try:
            parsed = list(Formatter().parse(self.layout))
        except ValueError as error:
            raise SettingsError(f"template {self.name!r}: layout {self.layout!r}: {error}.") from error
        for _, column, spec, conversion in parsed:
            if column is not None and (spec or conversion or not column):
                raise SettingsError(
                    f"template {self.name!r}: {{{column}}} in the layout is not allowed; allowed: the name of a column "
                    "in braces, and {{ or }} for a brace."
                )
        return tuple((literal, column) for literal, column, _, _ in parsed)

    def check(self, columns: Columns) -> None:
        """Raise SettingsError unless the template uses the fields of a set and has a word for each of its classes."""
        used = {column for _, column in self._parts if column is not None}
        if used != set(columns.fields):
            raise SettingsError(
                f"template {self.name!r}: its layout uses {sorted(used)}, the task has the fields "
                f"{sorted(columns.fields)}; both must be the same."
            )
        if len(self.words) != len(columns.classes):
            raise SettingsError(
                f"template {self.name!r}: {len(self.words)} label words for {len(columns.classes)} classes: "
                f"{', '.join(columns.classes)}."
            )

    def written(self, columns: Columns, row: Example) -> str:
        """Return a row as text up to its label."""
        values = dict(zip(columns.fields, row.fields, strict=True))
        return "".join(literal + (values[column] if column is not None else "") for literal, column in self._parts)

    def label(self, row: Example) -> str:
        """Return the label of a row as it is written, with the space before it where there is one."""
        return self.before + self.words[row.label]

    def head(self, columns: Columns, demonstrations: Sequence[Example]) -> str:
        """Return the text of a prompt up to its query: the instruction and the demonstrations."""
        shown = (self.written(columns, row) + self.label(row) + self.after + self.separator for row in demonstrations)
        return self.instruction + "".join(shown)

    def record(self, columns: Columns) -> dict[str, Json]:
        """Return the template for the report."""
        return {
            "name": self.name,
            "instruction": self.instruction,
            "layout": self.layout,
            "label words": dict(zip(columns.classes, self.words, strict=True)),
            "before a label": "one space" if self.before else "nothing",
            "after a label": self.after,
            "separator": self.separator,
            "source": self.source,
        }


def template_called(name: str | None, templates: Sequence[Template], task: str) -> Template:
    """Return the template of a task that has a name; the first where none is given.

    Raises:
        UnknownNameError: the task has no such template.
    """
    by_name = {template.name: template for template in templates}
    if name is not None and name not in by_name:
        raise UnknownNameError(f"template of task {task!r}", name, by_name).about("template")
    return templates[0] if name is None else by_name[name]
