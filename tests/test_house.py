"""The way of one number and the files of an addition are those that the pages list, and few."""

import pytest

from tests import house
from tests.import_graph import graph, modules

PAGE = (house.ROOT / "docs" / "house.md").read_text(encoding="utf-8")
ADDITIONS = house.additions((house.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
MOST = {"a claim": 2, "a metric": 2, "an optimizer": 4, "a text task of the suite": 2}


def module(file: str) -> str:
    return file.removesuffix(".py").replace("/", ".")


def test_each_file_on_the_way_is_imported_by_one_before_it() -> None:
    way, edges = [module(file) for file in house.way(PAGE)], graph(modules(house.ROOT, house.FOLDERS))
    assert way[0] == house.START
    assert len(way) == int(PAGE.partition("files to open for S1's number, below | 18 | ")[2].split()[0])
    for i, name in enumerate(way[1:], start=1):
        near = set().union(*(edges[before] for before in way[:i]))
        offered = {other for package in near if name.startswith(f"{package}.") for other in edges[package]}
        assert name in near | offered, f"{name} is not imported by a file before it"


@pytest.mark.parametrize("kind", MOST)
def test_an_addition_touches_few_files(kind: str) -> None:
    assert 1 <= len(ADDITIONS[kind]) <= MOST[kind]


def test_rooms_are_counted() -> None:
    rooms = {room.name: room for room in house.rooms()}
    assert rooms["all"].files > 800
    assert rooms["all"].largest <= 400
    assert sum(room.files for name, room in rooms.items() if name != "all") >= rooms["all"].files - 50
    assert house.START in house.behind()
