"""Running a claim's own test function on given laboratories, and what its verdicts become."""

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pytest

import claims
from iclgd_core.adjudication import adjudicate
from iclgd_core.curves import Curve
from iclgd_core.errors import DivergedError, NotRunError
from iclgd_core.evidence import Claim, Evidence, Json, Study, Verdict, claim_of
from iclgd_core.lab import Lab, Series
from iclgd_core.learners import Schedule
from iclgd_core.mutations import Mutation
from iclgd_core.mutations.laboratory import STAND_INS
from iclgd_core.mutations.learners import MutatedLearners
from iclgd_core.mutations.subjects import mutated_family, mutated_lab, mutated_series
from iclgd_core.stats.outcome import Outcome
from iclgd_core.studies import invariance

Test = Callable[..., None]
Params = dict[str, object]


class Subjects(Protocol):
    """What claim tests ask for by argument."""

    lab: Lab
    weights: Lab
    family: tuple[Lab, ...]
    series: Series


def claim_tests() -> dict[str, Test]:
    """Return the test functions of all claims about language models below `claims`, by the claim's identifier.

    A claim may have a second function, on regression models, which are fed nothing of other learners.
    """
    found: dict[str, Test] = {}
    for module in pkgutil.walk_packages(claims.__path__, "claims."):
        for function in vars(importlib.import_module(module.name)).values():
            claim = claim_of(function)
            if claim is not None and function.__module__ == module.name and subject_name(function) is not None:
                assert claim.id not in found, f"two claims are called {claim.id}"
                found[claim.id] = function
    return found


def subject_name(test: Test) -> str | None:
    """Return the argument by which a test asks for language models, or None."""
    names = inspect.signature(test).parameters
    return next((name for name in names if name in Subjects.__annotations__), None)


def stated(test: Test) -> Claim:
    claim = claim_of(test)
    assert claim is not None
    return claim


def sub_claims(test: Test) -> list[Params]:
    """Return the parameters of each sub-claim, from the function's `parametrize` marks."""
    marks: Sequence[pytest.Mark] = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    axes = [[(str(mark.args[0]), value) for value in mark.args[1]] for mark in marks]
    return [dict(combination) for combination in itertools.product(*axes)]


def as_text(params: Params) -> dict[str, str]:
    return {name: str(value) for name, value in params.items()}


@dataclass
class Recorder:
    """A judge that keeps the outcome."""

    outcome: Outcome | None = None

    def __call__(
        self, outcome: Outcome, study: Study | None = None, /, paper: Sequence[Curve] = (), **details: Json
    ) -> None:
        assert self.outcome is None, "one test judges once"
        self.outcome = outcome


class Mutant:
    """Subjects under a mutation (None: as they are); each mutated laboratory is made once."""

    def __init__(self, base: Subjects, mutation: Mutation | None) -> None:
        self.base, self.mutation = base, mutation
        self._made: dict[tuple[str, str, str], Any] = {}

    def argument(self, name: str, params: Mapping[str, str]) -> Any:
        """Return what a test gets for its argument `lab`, `weights`, `family` or `series`."""
        subject = getattr(self.base, name)
        if self.mutation is None:
            return subject
        key = (name, params.get("optimizer", "gd"), params.get("part", "whole"))
        if key not in self._made:
            if name == "family":
                self._made[key] = mutated_family(subject, self.mutation)
            elif name == "series":
                self._made[key] = mutated_series(subject, self.mutation)
            else:
                self._made[key] = mutated_lab(subject, self.mutation, *key[1:])
        return self._made[key]

    def run(self, test: Test, *, precondition: bool = True) -> Iterator[Evidence]:
        """Yield the evidence of every sub-claim before correction, as the `judge` fixture records it."""
        claim, every = stated(test), sub_claims(test)
        for params in every:
            text = as_text(params)
            blank = Evidence(claim.id, text, "", "", "", "", "", "", Verdict.SUPPORTED, len(every))
            name = subject_name(test)
            assert name is not None
            subject = self.argument(name, text)
            yield _judged(blank, test, claim, name, subject, params, precondition)

    def verdicts(self, test: Test, *, precondition: bool = True) -> list[Evidence]:
        """Return every sub-claim's evidence with its verdict, corrected over the family."""
        with pytest.MonkeyPatch.context() as patch:
            if self.mutation in STAND_INS:
                setting = Schedule((invariance.RATE,), (invariance.EPOCHS,))
                learners = MutatedLearners(self.mutation, setting)
                patch.setattr(invariance, "in_context", learners.in_context)
                patch.setattr(invariance, "gradient_descent", learners.gradient_descent)
            return adjudicate(list(self.run(test, precondition=precondition)))


def _judged(
    blank: Evidence, test: Test, claim: Claim, name: str, subject: Any, params: Params, precondition: bool
) -> Evidence:
    """Return what one sub-claim's test found; the precondition is that of `fixtures.lab` and `fixtures.judge`."""
    why = {"lab": lambda: subject.no_icl, "weights": lambda: subject.no_icl, "series": lambda: subject.labs[-1].no_icl}
    if precondition and claim.needs_icl and name in why and (reason := why[name]()):
        return replace(blank, verdict=Verdict.INCONCLUSIVE, reason=reason)
    judge = Recorder()
    try:
        test(**{name: subject, "judge": judge, **params})
    except NotRunError as error:
        return replace(blank, verdict=Verdict.NOT_RUN, reason=str(error))
    except DivergedError as error:
        return replace(blank, verdict=Verdict.INCONCLUSIVE, reason=str(error))
    assert judge.outcome is not None, f"{claim.id} did not judge"
    return replace(blank, outcome=judge.outcome)


def shown(evidence: Evidence) -> str:
    """Return one sub-claim's verdict with its numbers, for a failure."""
    outcome = evidence.outcome
    numbers = "" if outcome is None else f" {outcome.estimate} {outcome.interval} p {evidence.p_adjusted}"
    return f"{evidence.id} {dict(evidence.params)}: {evidence.verdict}{numbers} {evidence.reason}"
