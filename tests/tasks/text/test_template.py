"""What a template may be."""

import pytest

from iclgd_core.errors import SettingsError
from iclgd_core.tasks.text.rows import Columns, Example
from iclgd_core.tasks.text.template import Template
from tests.tasks.text.rows_made_here import COLUMNS, PLAIN

ROW = Example("train/0", ("{text} {0}",), 1)


def test_a_text_with_braces_is_only_text() -> None:
    assert PLAIN.written(COLUMNS, ROW) == "Text: {text} {0}\nQueue:"


def test_doubled_braces_are_braces() -> None:
    template = Template("t", "{{x}} {text}:", ("a", "b", "c"))
    assert template.written(COLUMNS, ROW) == "{x} {text} {0}:"


def test_the_head_has_the_instruction_once() -> None:
    template = Template("t", "{text}:", ("a", "b", "c"), "Sort these.\n", " / ", ".")
    rows = [Example("train/0", ("x",), 0), Example("train/1", ("y",), 2)]
    assert template.head(COLUMNS, rows) == "Sort these.\nx: a. / y: c. / "
    assert template.head(COLUMNS, ()) == "Sort these.\n"


def test_a_label_behind_no_space() -> None:
    template = Template("t", "{text}=", ("4", "5", "6"), before="")
    assert template.head(COLUMNS, [Example("train/0", ("x",), 2)]) == "x=6\n"
    assert template.record(COLUMNS)["before a label"] == "nothing"
    with pytest.raises(SettingsError, match="' - ' before a label is not allowed; allowed: one space or nothing"):
        Template("t", "{text}=", ("4", "5"), before=" - ")


@pytest.mark.parametrize(
    ("layout", "words", "says"),
    [
        ("{text}: ", ("a", "b"), "without white space"),
        ("", ("a", "b"), "without white space"),
        ("{text}:", ("a", " b"), "label word ' b' is not allowed"),
        ("{text}:", ("a", ""), "label word '' is not allowed"),
        ("{text}:", ("a", "a"), "two classes have one label word"),
        ("{text:>9}:", ("a", "b"), "in the layout is not allowed"),
        ("{text!r}:", ("a", "b"), "in the layout is not allowed"),
        ("{}:", ("a", "b"), "in the layout is not allowed"),
        ("{text:", ("a", "b"), "layout '{text:'"),
    ],
)
def test_malformed_templates_are_refused(layout: str, words: tuple[str, ...], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Template("t", layout, words)


@pytest.mark.parametrize(
    ("layout", "classes", "says"),
    [
        ("{title}:", ("a", "b"), r"uses \['title'\], the task has the fields \['text'\]"),
        ("{text.__class__}:", ("a", "b"), "both must be the same"),
        ("no field:", ("a", "b"), "both must be the same"),
        ("{text}:", ("a", "b", "c"), "2 label words for 3 classes"),
    ],
)
def test_a_template_must_fit_its_set(layout: str, classes: tuple[str, ...], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Template("t", layout, ("x", "y")).check(Columns(("text",), "label", classes))
