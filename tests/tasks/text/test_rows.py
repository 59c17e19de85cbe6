"""Tables of columns become rows, or an error that names place, value and what is allowed."""

import pytest

from iclgd_core.tasks.text.rows import Columns, Example, TextDataError, checked

COLUMNS = Columns(("premise", "hypothesis"), "label", ("yes", "no"))


def table(**changed: list[object]) -> dict[str, list[object]]:
    good: dict[str, list[object]] = {"premise": [" a ", "b"], "hypothesis": ["c", "d\n"], "label": [0, 1]}
    return good | changed


def test_rows_are_numbered_stripped_and_labelled() -> None:
    split = checked(table(), COLUMNS, "train", "t.jsonl")
    assert split.rows == (Example("train/0", ("a", "c"), 0), Example("train/1", ("b", "d"), 1))
    assert split.unlabelled == 0


def test_a_class_name_is_a_label_too() -> None:
    assert [row.label for row in checked(table(label=["no", "yes"]), COLUMNS, "train", "t").rows] == [1, 0]


def test_rows_without_a_label_are_left_out_and_counted() -> None:
    split = checked(table(label=[-1, 1]), COLUMNS, "test", "t")
    assert [row.id for row in split.rows] == ["test/1"]
    assert split.unlabelled == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"label": [0, 2]}, r"t: row 1, column 'label': label 2 is out of range; allowed: 0 \(yes\), 1 \(no\)"),
        ({"label": [0, -2]}, "label -2 is out of range"),
        ({"label": [0, None]}, "label None is out of range"),
        ({"label": [True, 0]}, "label True is out of range"),
        ({"label": [0, "maybe"]}, "label 'maybe' is out of range"),
        ({"label": [-1, -1]}, "split 'train' cannot be used: all 2 rows have label -1"),
        ({"premise": ["a", " "]}, "t: row 1, column 'premise': the text is empty"),
        ({"hypothesis": [3, "x"]}, "t: row 0, column 'hypothesis': 3 is no text"),
        ({"premise": [], "hypothesis": [], "label": []}, "it has no rows"),
    ],
)
def test_what_is_refused(changed: dict[str, list[object]], says: str) -> None:
    with pytest.raises(TextDataError, match=says):
        checked(table(**changed), COLUMNS, "train", "t")


def test_a_missing_column_is_named_with_those_there_are() -> None:
    with pytest.raises(
        TextDataError, match=r"t: no column 'premise'\. It has 'label', 'sentence1'; the task needs 'premise'"
    ):
        COLUMNS.check(["sentence1", "label"], "t")
    with pytest.raises(TextDataError, match=r"t: more than one column 'label'\. It has 'hypothesis', 'label', 'label'"):
        COLUMNS.check(["premise", "hypothesis", "label", "label"], "t")
    COLUMNS.check(["premise", "hypothesis", "label", "note", "note"], "t")


def test_half_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(
        TextDataError, match=r"t: row 1, column 'premise': .* is no Unicode text: surrogates not allowed"
    ):
        checked(table(premise=["a", "b \ud800"]), COLUMNS, "train", "t")


def test_a_long_value_is_shortened() -> None:
    with pytest.raises(TextDataError) as error:
        checked(table(label=[0, "x" * 5000]), COLUMNS, "train", "t")
    assert len(str(error.value)) < 400
