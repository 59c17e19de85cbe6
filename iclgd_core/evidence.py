"""Claim, Verdict, Evidence, and the wire form in which evidence travels on a test report."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from iclgd_core.combination import combination
from iclgd_core.curves import Curve
from iclgd_core.errors import SettingsError, WireError
from iclgd_core.mutations import Mutation
from iclgd_core.redaction import redact_json
from iclgd_core.stats.outcome import Outcome

SCHEMA = "iclgd-evidence/3"

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
F = TypeVar("F", bound=Callable[..., object])


class Verdict(StrEnum):
    """What became of a claim on one model and task."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    NOT_RUN = "not run"


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


@dataclass(frozen=True)
class Claim:
    """One claim of a paper, as its file states it.

    Attributes:
        id: short identifier, for example "S1".
        place: where in the paper it stands.
        statement: what is claimed, in a sentence.
        refuted_by: what would refute it.
        needs_icl: whether the claim speaks about ICL, and so is inconclusive on a model that shows none.
        mutations: what its verdict must become under each mutation (see `iclgd_core.mutations`); empty if untested.
        brief: the statement in a few words, for tables.
        combines: how its sub-claims combine into one verdict (see `iclgd_core.combination`).
    """

    id: str
    place: Place
    statement: str
    refuted_by: str
    needs_icl: bool = True
    mutations: Mutations = field(default_factory=dict, hash=False)
    brief: str = ""
    combines: str = "all"

    def __post_init__(self) -> None:
        """Refuse a combination that is none, where the claim is stated."""
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


class Study(Protocol):
    """What a claim measured, besides the outcome of its rule."""

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the outcome, by name."""

    def curves(self) -> tuple[Curve, ...]:
        """Return the numbers of its figures."""

    def tuning(self) -> dict[str, Json]:
        """Return how settings were chosen: split, episodes, choices, criterion; empty if nothing was."""

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand: thresholds, epochs, orders, K, ...; goes into the hash of the rule."""


class Judge(Protocol):
    """How a claim test ends: `judge(outcome)` or `judge(outcome, study)`, once; the numbers go to the report."""

    def __call__(
        self, outcome: Outcome, study: Study | None = None, /, paper: Sequence[Curve] = (), **details: Json
    ) -> None:
        """Record the outcome, the study behind it, the paper's own curves, and further numbers."""


def claim(
    id: str,
    place: Place,
    statement: str,
    refuted_by: str,
    needs_icl: bool = True,
    mutations: Mutations = MappingProxyType({}),
    brief: str = "",
    combines: str = "all",
) -> Callable[[F], F]:
    """Mark a test function as a claim; the arguments are those of `Claim`."""
    made = Claim(id, place, statement, refuted_by, needs_icl, mutations, brief, combines)

    def mark(function: F) -> F:
        function.__iclgd_claim__ = made  # type: ignore[attr-defined]
        return function

    return mark


def claim_of(function: object) -> Claim | None:
    """Return the claim that a test function encodes, or None."""
    found = getattr(function, "__iclgd_claim__", None)
    return found if isinstance(found, Claim) else None


@dataclass(frozen=True)
class Evidence:
    """What one test found about one sub-claim on one model and task.

    Attributes:
        id: the claim; params: which sub-claim of it, by parameter name.
        paper, where, statement, refuted_by, brief, combines: as the claim's file has them.
        model, task: what it was measured on; task is "" for claims about weights alone.
        expected: verdict registered for this model, or "supported" where none is.
        family_size: number of sub-claims that the correction for multiplicity counts.
        outcome: result of the decision rule; None where there is none (error, not run, no ICL).
        verdict: None until the whole family is known (see `iclgd_core.adjudication`), unless it is an error,
            not run, or inconclusive for a reason other than its numbers.
        reason: why, where a verdict needs a reason.
        seconds: wall time of the test.
        p_adjusted, p_refuted_adjusted: `outcome`'s p-values after Holm's correction within the family.
        p_run, p_refuted_run, verdict_run: the same, and what the verdict would be, after Holm's correction over all
            tests of the run.
        details: the numbers behind the outcome, for reports.
        curves: the numbers of its figures.
        protocol: what was fixed beforehand: rule, margin, minimum effect, level, correction, tuning split, number of
            units. Two reports with another `rule_sha256` judged by other rules.
        node_id: the test, to run it alone.
        text: what the claim's file says about itself.
    """

    id: str
    params: Mapping[str, str]
    paper: str
    where: str
    statement: str
    refuted_by: str
    model: str
    task: str
    expected: Verdict
    family_size: int
    outcome: Outcome | None = None
    verdict: Verdict | None = None
    reason: str = ""
    seconds: float = 0.0
    p_adjusted: float | None = None
    p_refuted_adjusted: float | None = None
    p_run: float | None = None
    p_refuted_run: float | None = None
    verdict_run: Verdict | None = None
    details: Mapping[str, Json] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    protocol: Mapping[str, Json] = field(default_factory=dict)
    node_id: str = ""
    text: str = ""
    brief: str = ""
    combines: str = "all"

    @property
    def untrained(self) -> bool:
        """Whether the most favourable GD is no training at all (at every size), so that zero-shot was compared."""
        sizes = self.details.get("sizes")
        chosen = sizes if isinstance(sizes, list) and sizes else [dict(self.details)]
        return all(
            isinstance(one, dict) and one.get("learning_rate") == 0.0 and one.get("epoch") == 0 for one in chosen
        )

    @property
    def key(self) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
        """Identity: claim, model, task, parameters. Never a test's node id."""
        return (self.id, self.model, self.task, tuple(sorted(self.params.items())))

    @property
    def family(self) -> tuple[str, str, str]:
        """Sub-claims corrected together: those of one claim on one model and task."""
        return (self.id, self.model, self.task)

    @property
    def rule_sha256(self) -> str:
        """Hash of the protocol, in hexadecimal; empty where there is none."""
        if not self.protocol:
            return ""
        return sha256(json.dumps(dict(self.protocol), sort_keys=True, allow_nan=False).encode()).hexdigest()

    def to_wire(self) -> str:
        """Return canonical JSON: sorted keys, builtin types only, no NaN or infinity.

        Raises:
            WireError: a value that is not plain JSON; the message names claim, field and type.
        """
        record = redact_json(asdict(self)) | {"schema": SCHEMA}
        _check_plain(record, self.id)
        return json.dumps(record, sort_keys=True, allow_nan=False)

    @classmethod
    def from_wire(cls, text: str) -> "Evidence":
        """Read what `to_wire` wrote.

        Raises:
            WireError: not JSON, another schema version, missing or unknown fields.
        """
        try:
            record: dict[str, Any] = json.loads(text)
            schema = record.pop("schema", None)
        except (ValueError, AttributeError, TypeError) as error:
            raise WireError(f"evidence is not a JSON object: {error}.") from error
        if schema != SCHEMA:
            raise WireError(f"evidence has schema {schema!r}; this version reads {SCHEMA!r}. Run the claims again.")
        known = {f.name for f in fields(cls)}
        if set(record) != known:
            raise WireError(f"evidence has wrong fields: {sorted(set(record) ^ known)} are missing or unknown.")
        try:
            if record["outcome"] is not None:
                record["outcome"] = Outcome.from_record(record["outcome"])
            record["expected"] = Verdict(record["expected"])
            for name in ("verdict", "verdict_run"):
                record[name] = None if record[name] is None else Verdict(record[name])
            record["curves"] = tuple(Curve.from_record(curve) for curve in record["curves"])
        except (TypeError, KeyError, ValueError) as error:
            raise WireError(f"evidence of claim {record.get('id')!r} cannot be read: {error}.") from error
        return cls(**record)


def _check_plain(value: object, where: str) -> None:
    """Raise WireError unless `value` is made of builtin JSON types and finite numbers."""
    if isinstance(value, dict):
        for key, item in value.items():
            if type(key) is not str:
                raise WireError(f"evidence field {where}: key {key!r} is a {type(key).__name__}, not a str.")
            _check_plain(item, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            _check_plain(item, f"{where}[{i}]")
    elif type(value) is float:
        if value - value != 0.0:
            raise WireError(f"evidence field {where} is {value!r}; record why it is undefined instead.")
    elif not (value is None or type(value) in (bool, int, str, Verdict)):
        raise WireError(
            f"evidence field {where} is a {type(value).__module__}.{type(value).__qualname__} ({value!r:.80}); "
            "only str, int, float, bool, None, list and dict travel. Convert it with float() or .tolist()."
        )
