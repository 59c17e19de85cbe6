"""Running a claim's own test function on given laboratories, and what its verdicts become."""

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any, Protocol
from unittest.mock import Mock

import pytest

import claims
from iclgd_core.errors import DivergedError, NotRunError
from iclgd_core.evidence.claim import Claim, claim_of
from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.study import Study
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab, Series
from iclgd_core.learners import Schedule
from iclgd_core.studies.forms import Form
from iclgd_core.studies.shen import invariance
from iclgd_core.studies.xie import bayes_accuracy, bayes_agreement, bayes_predictions
from tests.mutations.laboratory import STAND_INS
from tests.mutations.learners import MutatedLearners
from tests.mutations.posterior import OF_POSTERIOR, Posterior, mutated_posterior
from tests.mutations.subjects import mutated_family, mutated_lab, mutated_series

Test = Callable[..., None]
Params = dict[str, object]
READ_POSTERIORS = (bayes_accuracy, bayes_agreement, bayes_predictions)
"""Modules that ask for the predictions of exact posteriors by name."""


class Subjects(Protocol):
    """What claim tests ask for by argument."""

    lab: Lab
    weights: Lab
    distribution: Lab
    family: tuple[Lab, ...]
    series: Series


def every_test() -> Iterator[Test]:
    """Yield the test functions of all claims below `claims`."""
    for module in pkgutil.walk_packages(claims.__path__, "claims."):
        for function in vars(importlib.import_module(module.name)).values():
            if claim_of(function) is not None and function.__module__ == module.name:
                yield function


def claim_tests() -> dict[str, Test]:
    """Return the test functions of all claims on language models that can be fed, by the claim's identifier.

    A claim may have a second function, on regression models, which are fed nothing of other learners.
    """
    found: dict[str, Test] = {}
    for function in every_test():
        if subject_name(function) is not None:
            assert stated(function).id not in found, f"two claims are called {stated(function).id}"
            found[stated(function).id] = function
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


def form_of(test: Test, params: Mapping[str, str]) -> Form:
    """Return the GD that a sub-claim is about: by its parameters, else by its file's constants, else the plain one."""
    module = importlib.import_module(test.__module__)
    plain = Form("gd")
    return Form(*(params.get(name, getattr(module, name.upper(), default)) for name, default in asdict(plain).items()))


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
        self._made: dict[tuple[int, Form | None], Any] = {}

    def argument(self, name: str, form: Form) -> Any:
        """Return what a test gets for its argument, one of `Subjects`; `form` is the GD that stands in for ICL."""
        subject = getattr(self.base, name)
        if self.mutation is None or self.mutation in OF_POSTERIOR:
            return subject
        key = (id(subject), form if self.mutation in STAND_INS else None)
        if key not in self._made:
            if name == "family":
                self._made[key] = mutated_family(subject, self.mutation)
            elif name == "series":
                self._made[key] = mutated_series(subject, self.mutation)
            else:
                self._made[key] = mutated_lab(subject, self.mutation, *astuple(form))
        return self._made[key]

    def posterior(self) -> Posterior:
        """Return what stands for `bayes_predictions`: the mutation's, that of a planted world, or itself."""
        if self.mutation is not None and self.mutation in OF_POSTERIOR:
            return mutated_posterior(self.mutation)
        return getattr(self.base, "posterior", bayes_predictions.bayes_predictions)

    def run(self, test: Test, *, precondition: bool = True) -> Iterator[Evidence]:
        """Yield the evidence of every sub-claim before correction, as the `judge` fixture records it."""
        claim, every = stated(test), sub_claims(test)
        for params in every:
            text = as_text(params)
            blank = Evidence(claim.id, text, "", "", "", "", "", "", Verdict.SUPPORTED, len(every))
            name = subject_name(test)
            assert name is not None
            subject = self.argument(name, form_of(test, text))
            yield _judged(blank, test, claim, name, subject, params, precondition)

    def verdicts(self, test: Test, *, precondition: bool = True) -> list[Evidence]:
        """Return every sub-claim's evidence with its verdict, corrected over the family."""
        with pytest.MonkeyPatch.context() as patch:
            if self.mutation in STAND_INS:
                setting = Schedule((invariance.RATE,), (invariance.EPOCHS,))
                learners = MutatedLearners(self.mutation, setting)
                patch.setattr(invariance, "in_context", learners.in_context)
                patch.setattr(invariance, "gradient_descent", learners.gradient_descent)
            asked = Mock(wraps=self.posterior())
            for module in READ_POSTERIORS:
                patch.setattr(module, "bayes_predictions", asked)
            found = with_verdicts(list(self.run(test, precondition=precondition)))
        assert self.mutation not in OF_POSTERIOR or asked.called, f"{stated(test).id} asks for no posterior"
        return found


def _judged(
    blank: Evidence, test: Test, claim: Claim, name: str, subject: Any, params: Params, precondition: bool
) -> Evidence:
    """Return what one sub-claim's test found; the precondition is that of `fixtures.arguments` and `fixtures.judge`."""
    lab = subject.labs[-1] if name == "series" else None if name == "family" else subject
    if precondition and claim.needs_icl and lab is not None and (reason := lab.no_icl):
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
