"""A user's task file or class: what is wrong with it is said by key, value and what is allowed."""

from pathlib import Path

import pytest

from iclgd_core.errors import IclgdError, UnknownNameError
from iclgd_core.tasks.text import TextDataError, TextSettings, is_own_task, own_task, text_task, text_task_names
from iclgd_core.tasks.text.own_class import TaskClassError
from iclgd_core.tasks.text.strict_table import TaskFileError
from tests.tasks.text.rows_made_here import tickets, write

GOOD = """
name = "mine"
fields = ["text"]
classes = ["a", "b", "c"]
held_out = "test"
folder = "data"

[[template]]
name = "plain"
layout = "{text}:"
words = { a = "A", b = "B", c = "C" }
"""

HUB = """
[hub]
repository = "owner/set"
revision = "main"
files = { train = "data/train-*.parquet", test = "data/test-*.parquet" }
"""


def load(tmp_path: Path, text: str) -> object:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    return own_task(str(tmp_path / "mine.toml"))


def test_a_good_file(tmp_path: Path) -> None:
    write(tmp_path / "data", train=tickets(9), test=tickets(6, first=50))
    (tmp_path / "mine.toml").write_text(GOOD)
    task = own_task(str(tmp_path / "mine.toml"), TextSettings(sampling="balanced", max_words=9))
    assert task.sampling == "balanced"
    assert task.max_words == 9
    assert [template.name for template in task.templates] == ["plain"]
    assert len(task.rows.train) == 9


def test_the_data_option_comes_before_the_files_own_folder(tmp_path: Path) -> None:
    write(tmp_path / "data", train=tickets(9), test=tickets(6, first=50))
    write(tmp_path / "other", train=tickets(12), test=tickets(6, first=50))
    (tmp_path / "mine.toml").write_text(GOOD)
    task = own_task(str(tmp_path / "mine.toml"), TextSettings(data=tmp_path / "other"))
    assert len(task.rows.train) == 12


def test_a_set_on_the_hub(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD.replace('folder = "data"', "") + HUB)
    hub = own_task(str(tmp_path / "mine.toml")).source.hub
    assert hub.repository == "owner/set"
    assert hub.revision == "main"
    assert not hub.pinned
    assert dict(hub.files) == {"train": "data/train-*.parquet", "test": "data/test-*.parquet"}


def changed(old: str, new: str) -> str:
    assert old in GOOD + HUB
    return (GOOD + HUB).replace(old, new)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", r"mine\.toml: it cannot be read as a task file \(TOML\)"),
        (changed('name = "mine"', 'name = "My task"'), r"name = 'My task' is not allowed; allowed: up to 40 of a-z"),
        (changed('name = "mine"', 'name = "sst2"'), r"name = 'sst2' is not allowed.*none of ag_news, sst2"),
        (changed('name = "mine"', ""), "the key 'name' is missing; it is a text"),
        (changed('name = "mine"', "name = 3"), "name = 3 is not allowed; allowed: a text"),
        (changed('folder = "data"', 'foldr = "data"'), "unknown key 'foldr'; allowed: classes, fields, folder"),
        (
            changed('fields = ["text"]', "fields = []"),
            r"fields = \[\] is not allowed; allowed: a list of distinct texts",
        ),
        (changed('fields = ["text"]', 'fields = ["text", "text"]'), "a list of distinct texts"),
        (changed('["a", "b", "c"]', '["a"]'), r"classes = \['a'\] is not allowed; allowed: a list of two or more"),
        (
            changed('held_out = "test"', 'held_out = "train"'),
            "held_out = 'train' is not allowed; allowed: validation or",
        ),
        (changed("{text}:", "{title}:"), r"\[\[template\]\] 1: template 'plain': its layout uses \['title'\]"),
        (changed('layout = "{text}:"', 'layout = "{text}: "'), "without white space"),
        (changed(', c = "C"', ""), r"\[words\]: the key 'c' is missing"),
        (changed('c = "C"', 'c = "C", d = "D"'), "unknown key 'd'; allowed: a, b, c"),
        (changed('c = "C"', 'c = "A"'), "two classes have one label word"),
        (changed("words = {", "wods = {"), "unknown key 'wods'; allowed: after, before, instruction, layout"),
        (
            changed("[[template]]", "[template]"),
            r"template = .* is not allowed; allowed: one or more tables \[\[template",
        ),
        (
            changed('held_out = "test"', 'held_out = "test"\nnumbers = "name"'),
            r"numbers = 'name' is not allowed; allowed: \"positions\" \(0 is the first class\) or \"names\"",
        ),
        (changed('layout = "{text}:"', 'layout = "{text}:"\nbefore = "-"'), "'-' before a label is not allowed"),
        (changed('"owner/set"', '"../set"'), r"\[hub\]: Hub repository '\.\./set' is not of the form owner/name"),
        (changed('"data/train-*.parquet"', '"train.bin"'), r"'train.bin' of split 'train'.*end in one of \.parquet"),
        (changed('"data/train-*.parquet"', '"../x/train.jsonl"'), "it must lie within the repository"),
        (changed(', test = "data/test-*.parquet"', ""), "the key 'test' is missing"),
        (GOOD + GOOD[GOOD.index("[[") :], "two templates have one name"),
    ],
)
def test_malformed_files(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(TaskFileError, match=f"mine.toml.*{says}" if not says.startswith("mine") else says):
        load(tmp_path, text)


def test_a_missing_file() -> None:
    with pytest.raises(TaskFileError, match=r"nowhere\.toml: it cannot be read as a task file"):
        own_task("nowhere.toml")


CLASS = """
from iclgd_core.tasks.text import OwnRows, Template

class Mine(OwnRows):
    name = "mine"
    fields = ("text",)
    classes = ("a", "b")
    templates = (Template("plain", "{text}:", ("A", "B")),)

    def rows(self, split, data):
        return [{"text": f"{split} {n}", "label": n % 2} for n in range(8)]

class NoRows(OwnRows):
    name = "mine"
    fields = ("text",)
    classes = ("a", "b")
    templates = (Template("plain", "{text}:", ("A", "B")),)

class NoFields(Mine):
    pass

del NoFields
class Fails(Mine):
    def rows(self, split, data):
        raise OSError("no such thing")

class Short(Mine):
    def rows(self, split, data):
        return [{"text": "a"}]

class Taken(Mine):
    name = "sst2"

class Nameless(OwnRows):
    def rows(self, split, data):
        return []

class Whole:
    name = "whole"
    def __init__(self, settings):
        self.settings = settings
    def episode(self, seed, split, index, queries): ...
    def encode(self, episode, reader): ...
    def check(self, reader, shots): ...
    def protocol(self): ...

class Half:
    name = "half"
    def episode(self, seed, split, index, queries): ...

class NoArguments(Whole):
    def __init__(self):
        pass

thing = 3
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(CLASS)
    return path


def test_a_class_of_rows(module: Path) -> None:
    task = own_task(f"{module}:Mine", TextSettings(sampling="balanced"))
    assert task.name == "mine"
    assert len(task.rows.train) == 8
    assert task.rows.record["held-out split"] == "held_out"
    assert task.episode(0, "evaluation", 0, 2).queries[0].id.startswith("held_out/")


def test_a_whole_task_gets_the_settings(module: Path, tmp_path: Path) -> None:
    settings = TextSettings(data=tmp_path)
    assert own_task(f"{module}:Whole", settings).settings is settings


def test_an_importable_class(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(module.parent)
    module.rename(module.parent / "iclgd_importable_task.py")
    assert own_task("iclgd_importable_task:Mine").name == "mine"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Nowhere", "no class 'Nowhere' in it; its classes: Fails, Half, Mine"),
        ("thing", "no class 'thing'"),
        ("NoRows", r"the method rows\(split, data\) is missing"),
        ("Nameless", "the class attribute 'name' is missing"),
        ("Taken", "name = 'sst2' is not allowed"),
        ("Half", "as a task of its own it lacks encode, check, protocol"),
        ("NoArguments", "the class is called with the settings of the run"),
        ("not a name", "is no task class; allowed: path/to/file.py:Class or package.module:Class"),
    ],
)
def test_classes_that_are_refused(module: Path, name: str, says: str) -> None:
    with pytest.raises(IclgdError, match=says):
        own_task(f"{module}:{name}")


@pytest.mark.parametrize(("name", "says"), [("Fails", "OSError: no such thing"), ("Short", "row 0 has no 'label'")])
def test_rows_that_are_refused(module: Path, name: str, says: str) -> None:
    with pytest.raises(TextDataError, match=rf"class {name}, rows\('.*'\).*{says}"):
        _ = own_task(f"{module}:{name}").rows


def test_modules_that_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("1 / 0\n")
    with pytest.raises(TaskClassError, match="loading its module failed: ZeroDivisionError"):
        own_task(f"{tmp_path / 'broken.py'}:Mine")
    with pytest.raises(TaskClassError, match="no such file"):
        own_task(f"{tmp_path / 'nowhere.py'}:Mine")
    with pytest.raises(TaskClassError, match="loading its module failed: ModuleNotFoundError"):
        own_task("iclgd_no_such_module:Mine")


def test_names() -> None:
    assert text_task_names() == ("ag_news", "sst2", "cb", "rte", "sst5", "mr", "subj", "trec")
    assert [is_own_task(name) for name in ("a.toml", "x.py:C", "p.m:C", "sst2")] == [True, True, True, False]
    with pytest.raises(UnknownNameError, match=r"unknown text task 'agnews'\. Nearest: ag_news.*path/to/task\.toml"):
        text_task("agnews")
    with pytest.raises(UnknownNameError, match="unknown template of task 'mr' 'proto'"):
        text_task("mr", TextSettings(template="proto"))


def test_a_template_may_have_no_space_before_its_labels(tmp_path: Path) -> None:
    write(tmp_path / "data", train=tickets(9), test=tickets(6, first=50))
    (tmp_path / "mine.toml").write_text(GOOD + 'before = ""\nafter = "!"\n')
    template = own_task(str(tmp_path / "mine.toml")).template
    assert (template.before, template.after, template.source) == ("", "!", "the user's")
