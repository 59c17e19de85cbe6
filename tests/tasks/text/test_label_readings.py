"""What a label of a file means: by the names that the file knows, and never one of two readings in silence."""

import json
from pathlib import Path

import pytest

from iclgd_core.tasks.text import TextDataError, TextSettings, TextTask, own_task, text_task
from iclgd_core.tasks.text.paper_sets import CB, MR, TREC
from iclgd_core.tasks.text.rows import Columns, Numbers, checked
from iclgd_core.tasks.text.source import TextSource
from tests.tasks.text.rows_made_here import CLASSES, COLUMNS, PLAIN, source, tickets, write

Rows = list[dict[str, object]]


def named(path: Path, rows: Rows, names: list[str] | None, label: str = "label") -> None:
    """Write Parquet as the `datasets` library does, with names for the numbers of a column."""
    datasets = pytest.importorskip("datasets", reason="writes the names into a Parquet file")
    feature = datasets.ClassLabel(names=names) if names else datasets.ClassLabel(num_classes=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    made = datasets.Dataset.from_list(rows).cast_column(label, feature)
    made.to_parquet(str(path))


def labels(columns: Columns, folder: Path) -> list[int]:
    return [row.label for row in TextSource("mine", columns, None).read(folder).train.rows]


def test_a_files_own_names_decide_and_not_their_order(tmp_path: Path) -> None:
    named(tmp_path / "train.parquet", tickets(6), ["Other", "Technical", "Billing"])
    assert labels(COLUMNS, tmp_path) == [2, 1, 0, 2, 1, 0]


def test_each_shard_has_names_of_its_own(tmp_path: Path) -> None:
    named(tmp_path / "train-00000-of-00002.parquet", tickets(3), list(CLASSES))
    named(tmp_path / "train-00001-of-00002.parquet", tickets(3), list(CLASSES[::-1]))
    assert labels(COLUMNS, tmp_path) == [0, 1, 2, 2, 1, 0]


def test_names_that_only_repeat_the_numbers_say_nothing(tmp_path: Path) -> None:
    named(tmp_path / "train.parquet", tickets(3), None)
    assert labels(COLUMNS, tmp_path) == [0, 1, 2]


def test_a_name_that_never_occurs_may_be_any(tmp_path: Path) -> None:
    named(tmp_path / "train.parquet", tickets(6), ["Billing", "Technical", "Other", "Spam"])
    assert labels(COLUMNS, tmp_path) == [0, 1, 2, 0, 1, 2]


def test_a_withheld_label_has_no_name(tmp_path: Path) -> None:
    rows: Rows = [*tickets(3), {"text": "asked", "label": -1}]
    named(tmp_path / "train.parquet", rows, list(CLASSES[::-1]))
    split = source(None).read(tmp_path).train
    assert [row.label for row in split.rows] == [2, 1, 0]
    assert split.unlabelled == 1


@pytest.mark.parametrize(
    "content", ["not json", "[]", '{"info": 3}', '{"info": {"features": {"label": {"names": 3}}}}']
)
def test_what_a_file_says_in_another_way_is_no_name(tmp_path: Path, content: str) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.Table.from_pylist(tickets(3)).replace_schema_metadata({"huggingface": content})
    pytest.importorskip("pyarrow.parquet").write_table(table, tmp_path / "train.parquet")
    assert labels(COLUMNS, tmp_path) == [0, 1, 2]


def test_a_number_beyond_a_files_names_is_refused(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    names = {"info": {"features": {"label": {"names": ["Billing", "Technical"], "_type": "ClassLabel"}}}}
    table = pyarrow.Table.from_pylist(tickets(3)).replace_schema_metadata({"huggingface": json.dumps(names)})
    pytest.importorskip("pyarrow.parquet").write_table(table, tmp_path / "train.parquet")
    with pytest.raises(TextDataError, match="the file names its label 2 '', which is no class of the task"):
        labels(COLUMNS, tmp_path)


NLI: Rows = [{"premise": f"it is {n}", "hypothesis": f"is it {n}", "label": n % 2} for n in range(8)]


def test_the_rows_of_another_set_are_known_by_their_names(tmp_path: Path) -> None:
    named(tmp_path / "rte" / "train.parquet", NLI, ["entailment", "not_entailment"])
    named(tmp_path / "rte" / "validation.parquet", NLI[:4], ["entailment", "not_entailment"])
    assert len(text_task("rte", TextSettings(data=tmp_path)).source.read(tmp_path).train.rows) == 8
    with pytest.raises(
        TextDataError,
        match=r"rte.train\.parquet, column 'label': the file names its label 1 'not_entailment', which is no class of "
        r"the task: entailment, contradiction, neutral\. Are these the rows of another set\? .*entailment, not_entail",
    ):
        CB.read(tmp_path / "rte")


def test_the_rows_of_another_set_are_known_by_the_class_that_never_comes(tmp_path: Path) -> None:
    write(tmp_path / "rte", train=NLI, validation=[row | {"premise": "another"} for row in NLI])
    with pytest.raises(
        TextDataError,
        match=r"task 'cb' has no train row of class 'neutral' \(entailment 4, contradiction 4, neutral 0\).*"
        "Are these the rows of this task",
    ):
        _ = text_task("cb", TextSettings(data=tmp_path / "rte")).rows


SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.mark.skipif(not SHARED.is_dir(), reason="no small copies of the text sets beside the checkout")
def test_rte_is_not_cb() -> None:
    with pytest.raises(
        TextDataError, match=r"no train row of class 'neutral' \(entailment 12\d\d, contradiction 12\d\d"
    ):
        _ = text_task("cb", TextSettings(data=SHARED / "rte")).rows
    with pytest.raises(TextDataError, match="label 2 is out of range"):
        _ = text_task("rte", TextSettings(data=SHARED / "cb")).rows


@pytest.mark.parametrize(
    ("declared", "names"),
    [(MR, ["neg", "pos"]), (TREC, ["ABBR", "ENTY", "DESC", "HUM", "LOC", "NUM"])],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_papers_sets_know_how_their_files_spell_the_classes(
    tmp_path: Path, declared: TextSource, names: list[str]
) -> None:
    label = declared.columns.label
    rows: Rows = [{"text": f"it is {number}", label: number} for number in range(len(names))]
    for order, folder in ((names, "same"), (names[::-1], "turned")):
        named(tmp_path / folder / "train.parquet", rows, order, label)
    assert labels(declared.columns, tmp_path / "same") == list(range(len(names)))
    assert labels(declared.columns, tmp_path / "turned") == list(range(len(names)))[::-1]


def read(classes: tuple[str, ...], values: list[object], numbers: Numbers = "") -> tuple[list[int], int]:
    columns = Columns(("text",), "label", classes, numbers=numbers)
    table: dict[str, list[object]] = {"text": [f"row {number}" for number in range(len(values))], "label": values}
    split = checked(table, columns, "train", "t")
    return [row.label for row in split.rows], split.unlabelled


SIGNS, STARS = ("-1", "0", "1"), ("1", "2", "3", "4", "5")


@pytest.mark.parametrize(
    ("classes", "values", "says"),
    [
        (SIGNS, [-1, 0, 1], "the number -1 can be read as the class named '-1', or as no label, so that the row is"),
        (SIGNS, [0, 1], "the number 0 can be read as the class named '0', or as class '-1', number 0 counted from 0"),
        (STARS, [1, 2, 3, 4], "the number 1 can be read as the class named '1', or as class '2', number 1 counted"),
        (STARS, [5], "the number 5 can be read as the class named '5', or as no class, since they are counted"),
    ],
)  # fmt: skip
def test_a_number_with_two_readings_is_refused_with_both(
    classes: tuple[str, ...], values: list[object], says: str
) -> None:
    with pytest.raises(
        TextDataError, match=rf"t: row 0, column 'label': {says}.*numbers = \"names\" or numbers = \"pos"
    ):
        read(classes, values)


@pytest.mark.parametrize(
    ("classes", "numbers", "values", "expected"),
    [
        (SIGNS, "names", [-1, 0, 1], ([0, 1, 2], 0)),
        (SIGNS, "positions", [-1, 0, 1, 2], ([0, 1, 2], 1)),
        (SIGNS, "", ["-1", "0", "1"], ([0, 1, 2], 0)),
        (STARS, "names", [1, 5, -1, "3"], ([0, 4, 2], 1)),
        (STARS, "positions", [1, 4, "1"], ([1, 4, 0], 0)),
        (STARS, "", ["1", "5"], ([0, 4], 0)),
        (("0", "1"), "", [1, 0, "1", -1], ([1, 0, 1], 1)),
        (CLASSES, "", [2, "Billing", -1], ([2, 0], 1)),
    ],
)  # fmt: skip
def test_a_number_with_one_reading_has_that(
    classes: tuple[str, ...], numbers: Numbers, values: list[object], expected: tuple[list[int], int]
) -> None:
    assert read(classes, values, numbers) == expected


@pytest.mark.parametrize(
    ("numbers", "values", "says"),
    [
        ("names", [0], r"label 0 is out of range; allowed: 1, 2, 3, 4, 5, and -1 for a row without"),
        ("names", ["6"], "label '6' is out of range"),
        ("names", [True], "label True is out of range"),
        ("positions", [5], r"label 5 is out of range; allowed: 0 \(1\), 1 \(2\)"),
    ],
)
def test_a_number_without_a_reading_is_refused(numbers: Numbers, values: list[object], says: str) -> None:
    with pytest.raises(TextDataError, match=says):
        read(STARS, values, numbers)


STAR_FILE = """
name = "stars"
fields = ["text"]
classes = ["1", "2", "3", "4", "5"]
folder = "stars"
template = [{ name = "plain", layout = "{text}:", words = { 1 = "A", 2 = "B", 3 = "C", 4 = "D", 5 = "E" } }]
"""


def test_a_task_file_says_what_a_number_is(tmp_path: Path) -> None:
    rows: Rows = [{"text": f"it is {n}", "label": 1 + n % 5} for n in range(60)]
    write(tmp_path / "stars", train=rows)
    (tmp_path / "stars.toml").write_text(STAR_FILE)
    with pytest.raises(
        TextDataError, match=r"stars.train\.jsonl: row 0, .*the number 1 can be read as the class named '1'"
    ):
        _ = own_task(str(tmp_path / "stars.toml")).rows
    (tmp_path / "stars.toml").write_text(STAR_FILE.replace('folder = "stars"', 'folder = "stars"\nnumbers = "names"'))
    found = own_task(str(tmp_path / "stars.toml")).rows
    assert {row.fields[0]: row.label for row in (*found.train, *found.held_out)} == {
        f"it is {n}": n % 5 for n in range(60)
    }


def without(label: int, n: int, first: int = 0) -> Rows:
    return [row for row in tickets(n, first) if row["label"] != label]


def test_a_class_without_a_train_row_cannot_be_judged(tmp_path: Path) -> None:
    folder = write(tmp_path, train=without(1, 9), test=tickets(9, first=50))
    with pytest.raises(
        TextDataError,
        match=r"has no train row of class 'Technical' \(Billing 3, Technical 0, Other 3\), so that it cannot be judged",
    ):
        _ = TextTask(source(), (PLAIN,), data=folder).rows


def test_what_a_limit_left_out_is_named_with_it(tmp_path: Path) -> None:
    train = [row | ({"text": f"{row['text']} and long"} if row["label"] == 2 else {}) for row in tickets(9)]
    folder = write(tmp_path, train=train, test=tickets(9, first=50))
    with pytest.raises(TextDataError, match="no train row of class 'Other' with at most 4 words"):
        _ = TextTask(source(), (PLAIN,), data=folder, max_words=4).rows
    assert len(TextTask(source(), (PLAIN,), data=folder).rows.train) == 9


def test_queries_of_one_class_cannot_be_judged(tmp_path: Path) -> None:
    folder = write(tmp_path, train=tickets(9), test=[row for row in tickets(9, first=50) if row["label"] == 1])
    with pytest.raises(TextDataError, match=r"no held out row of class 'Billing' or 'Other' \(Billing 0, Technical 3"):
        _ = TextTask(source(), (PLAIN,), data=folder).rows


def test_the_rows_of_each_class_are_recorded(tmp_path: Path) -> None:
    folder = write(tmp_path, train=tickets(10), test=without(1, 9, first=50))
    assert TextTask(source(), (PLAIN,), data=folder).rows.record["rows of each class"] == {
        "train": {"Billing": 4, "Technical": 3, "Other": 3},
        "held out": {"Billing": 3, "Technical": 0, "Other": 3},
    }
