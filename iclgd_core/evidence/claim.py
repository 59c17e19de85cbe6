"""A claim of a paper, as its file states it, and the decorator that marks a test as one."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.combination import combination
from iclgd_core.evidence.design import Design
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.needs import Needs, Training
from iclgd_core.evidence.verdict import Verdict

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """A paper.

    Attributes:
        key: short name, for example "Shen".
        arxiv: arXiv identifier.
    """

    key: str
    arxiv: str

    def at(self, where: str) -> "Place":
        """Return a place in this paper, for example `SHEN.at("section 4, figure 4")`."""
        return Place(self, where)


@dataclass(frozen=True)
class Place:
    """Where in a paper a claim stands."""

    source: Source
    where: str

    @property
    def paper(self) -> str:
        """The paper, for reports: `Shen, arXiv 2310.08540`."""
        return f"{self.source.key}, arXiv {self.source.arxiv}"


Mutations = Mapping[Mutation, Verdict | Mapping[str, Verdict]]
"""What a claim's verdict becomes under each mutation: one for all sub-claims, or one for each value of a parameter."""


def _is_id(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.-]+", value) is not None


def _are(values: object, kind: type) -> bool:
    return isinstance(values, tuple) and all(isinstance(one, kind) for one in values)


def _tuple(name: str, values: Sequence[T]) -> tuple[T, ...]:
    if not isinstance(values, list | tuple):
        raise SettingsError(f"a claim has {name}={values!r}. Allowed: a list or a tuple.")
    return tuple(values)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


@dataclass(frozen=True)
class Claim:
    """One claim of a paper, as its file states it.

    Attributes:
        id: short identifier, for example "S1".
        place: where in the paper it stands.
        statement: what is claimed, in a sentence.
        refuted_by: what would refute it.
        needs_icl: whether the claim speaks about ICL, and so is inconclusive on a model that shows none.
        mutations: what its verdict must become under each mutation (see `mutations`); empty if untested.
        brief: the statement in a few words, for tables.
        combines: how its sub-claims combine into one verdict (see `iclgd_core.evidence.combination`).
        measures: what is measured, in a few words, for `iclgd doctor`.
        needs: what it needs of model and task beyond what its test asks for by its arguments.
        trains: what gradient descent trains for it; empty where nothing is trained.
        demonstrations: the most that an episode must hold for it, without the queries.
        designs: its rules with margins and sizes, which `iclgd calibrate` tests; empty where none is sampled or stated.
    """

    id: str
    place: Place
    statement: str
    refuted_by: str
    needs_icl: bool = True
    mutations: Mutations = field(default_factory=dict, hash=False)
    brief: str = ""
    combines: str = "all"
    measures: str = ""
    needs: Needs = field(default_factory=Needs)
    trains: tuple[Training, ...] = ()
    demonstrations: int = 0
    designs: tuple[Design, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be, where the claim is stated."""
        count = self.demonstrations
        allowed = {
            "id": (_is_id(self.id), "letters, digits, '_', '.' and '-', at least one"),
            "place": (isinstance(self.place, Place), "a place in a source: SHEN.at('section 4')"),
            "statement": (_is_text(self.statement), "a sentence"),
            "refuted_by": (_is_text(self.refuted_by), "a few words"),
            "needs_icl": (isinstance(self.needs_icl, bool), "True or False"),
            "mutations": (isinstance(self.mutations, Mapping), "a mapping from Mutation to verdicts"),
            "brief": (isinstance(self.brief, str), "a few words"),
            "combines": (isinstance(self.combines, str), "'all', 'any', 'each' or 'any of PARAMETER'"),
            "measures": (isinstance(self.measures, str), "a few words"),
            "needs": (isinstance(self.needs, Needs), "a Needs(...)"),
            "trains": (
                _are(self.trains, Training),
                "some of Training, for example [Training.WHOLE]",
            ),
            "demonstrations": (type(count) is int and count >= 0, "a whole number from 0"),
            "designs": (_are(self.designs, Design), "some of Design(...)"),
        }
        for name, (fits, what) in allowed.items():
            if not fits:
                raise SettingsError(f"claim {self.id!r} has {name}={getattr(self, name)!r}. Allowed: {what}.")
        combination(self.combines)

    def under(self, mutation: Mutation, params: Mapping[str, str]) -> Verdict:
        """Return what the verdict of the sub-claim with these parameters must become under a mutation.

        Raises:
            SettingsError: the claim's file does not say.
        """
        declared = self.mutations.get(mutation)
        if isinstance(declared, Verdict):
            return declared
        found = [declared[value] for value in params.values() if value in declared] if declared is not None else []
        if len(found) != 1:
            raise SettingsError(
                f"claim {self.id} names {len(found)} verdicts for {dict(params)} under mutation {str(mutation)!r}; "
                "declare one, or one for each value of one parameter, in its mutations."
            )
        return found[0]


NO_NEEDS = Needs()


def claim(
    id: str,
    place: Place,
    statement: str,
    refuted_by: str,
    needs_icl: bool = True,
    mutations: Mutations = MappingProxyType({}),
    brief: str = "",
    combines: str = "all",
    measures: str = "",
    needs: Needs = NO_NEEDS,
    trains: Sequence[Training] = (),
    demonstrations: int = 0,
    designs: Sequence[Design] = (),
) -> Callable[[F], F]:
    """Mark a test function as a claim; the arguments are those of `Claim`."""
    facts = (measures, needs, _tuple("trains", trains), demonstrations, _tuple("designs", designs))
    made = Claim(id, place, statement, refuted_by, needs_icl, mutations, brief, combines, *facts)

    def mark(function: F) -> F:
        function.__iclgd_claim__ = made  # type: ignore[attr-defined]
        return function

    return mark


def claim_of(function: object) -> Claim | None:
    """Return the claim that a test function encodes, or None."""
    found = getattr(function, "__iclgd_claim__", None)
    return found if isinstance(found, Claim) else None
