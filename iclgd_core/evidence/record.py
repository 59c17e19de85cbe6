"""Evidence on one sub-claim, and the wire form in which it travels on a test report."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from typing import Any

from iclgd_core.errors import WireError
from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json, check_plain
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.safety.redaction import redact_json

SCHEMA = "iclgd-evidence/3"
DRAWN = re.compile(r"\b(figure|table) [0-9]+")


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
        verdict: None until the whole family is known (see `iclgd_core.evidence.correction`), unless it is an error,
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
    def figure(self) -> str:
        """The figure or table of the paper that it draws again: the one that `where` names; empty if none or several.

        >>> about = dict(params={}, paper="", statement="", refuted_by="", model="", task="", family_size=1)
        >>> Evidence("S2a", where="section 5.2, figure 5, columns 2 and 3", expected=Verdict.SUPPORTED, **about).figure
        'Figure 5'
        """
        named = [found[0].capitalize() for found in DRAWN.finditer(self.where)]
        return named[0] if len(named) == 1 else ""

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
        check_plain(record, self.id)
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
