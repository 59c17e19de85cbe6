"""The calibration as tables for a terminal and as plain data for JSON."""

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from iclgd_core.calibration.check import MONTE_CARLO_LEVEL, Check, CheckStatus
from iclgd_core.evidence.plain import Json

SCHEMA = "iclgd-calibration/1"

TITLES = {
    "rules": "False verdicts with the truth on the boundary: at most 0.05 promised",
    "power": "Power at the stated minimum effect, after Holm: at least 0.9 promised",
    "intervals": "Coverage of 95% intervals: at least 0.95 promised",
    "metrics": "Metrics on predictions with a planted truth",
}
STYLES = {CheckStatus.HOLDS: "", CheckStatus.LIMIT: "yellow", CheckStatus.FAILS: "bold red"}

CAPTION = (
    f"[low, high]: Monte Carlo interval (Clopper-Pearson, {MONTE_CARLO_LEVEL:.1%}). A line holds where it reaches what "
    "is promised. * limit: a shortfall that is documented, within its documented size. ! fails."
)


def tables(checks: Sequence[Check]) -> list[Table]:
    """Return one table a part, each rate with its Monte Carlo interval, and notes below."""
    found = []
    for part in TITLES:
        members = [check for check in checks if check.part == part]
        if members:
            found.append(_listed(part, members) if part == "metrics" else _crossed(part, members))
    return found


def _crossed(part: str, checks: Sequence[Check]) -> Table:
    """Return a table with one row a rule and shape, and the rates beside each other; or one a subject, and shapes."""
    table = _blank(part)
    by_shape = part != "rules"
    columns = list(dict.fromkeys(check.shape if by_shape else check.what for check in checks))
    rows: dict[tuple[str, ...], dict[str, Check]] = {}
    for check in checks:
        row: tuple[str, ...] = (check.subject,) if by_shape else (check.subject, check.shape)
        rows.setdefault(row, {})[check.shape if by_shape else check.what] = check
    for name in ("", *(() if by_shape else ("noise",)), *columns):
        table.add_column(name)
    last = ""
    for row, found in rows.items():
        start = [Text("" if row[0] == last else row[0]), *map(Text, row[1:])]
        table.add_row(*start, *(_cell(found[name]) if name in found else Text("") for name in columns))
        last = row[0]
    notes = dict.fromkeys(check.note for check in checks if check.note and check.status is CheckStatus.LIMIT)
    table.caption = Text("\n".join(f"* {note}" for note in notes)) if notes else None
    table.caption_justify = "left"
    return table


def _listed(part: str, checks: Sequence[Check]) -> Table:
    """Return a table with one row a rate."""
    table = _blank(part)
    for name in ("", "planted", "rate", "promised"):
        table.add_column(name)
    last = ("", "")
    for check in checks:
        subject = "" if check.subject == last[0] else check.subject
        planted = "" if (check.subject, check.shape) == last else check.shape
        table.add_row(Text(subject), Text(planted), _cell(check), Text(f"{check.what} {check.sense} {check.bound:g}"))
        last = (check.subject, check.shape)
    return table


def _blank(part: str) -> Table:
    return Table(title=TITLES[part], box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)


def _cell(check: Check) -> Text:
    low, high = check.interval
    mark = {CheckStatus.HOLDS: "", CheckStatus.LIMIT: " *", CheckStatus.FAILS: " !"}[check.status]
    return Text(f"{check.rate:.3f}{mark} [{low:.3f}, {high:.3f}]", style=STYLES[check.status])


def summary(checks: Sequence[Check]) -> str:
    """Return how many lines hold, and how many do not."""
    count = {status: sum(check.status is status for check in checks) for status in CheckStatus}
    return (
        f"{len(checks)} lines: {count[CheckStatus.HOLDS]} hold, {count[CheckStatus.LIMIT]} are documented limits, "
        f"{count[CheckStatus.FAILS]} fail."
    )


def failures(checks: Sequence[Check]) -> list[str]:
    """Return each failing line in words."""
    return [
        f"{check.subject}; {check.shape}: {check.what} {check.rate:.3f}, promised {check.sense} {check.bound:g}"
        + (f" ({check.note})" if check.note else "")
        for check in checks
        if check.status is CheckStatus.FAILS
    ]


def document(checks: Sequence[Check], studies: int, seed: int) -> dict[str, Json]:
    """Return the calibration as plain data: schema, settings, and one record a line."""
    records: list[Json] = []
    for check in checks:
        low, high = check.interval
        records.append(
            {
                "part": check.part,
                "subject": check.subject,
                "planted": check.shape,
                "what": check.what,
                "rate": check.rate,
                "interval": [low, high],
                "hits": check.hits,
                "studies": check.studies,
                "promised": check.bound,
                "sense": str(check.sense),
                "limit": check.limit,
                "status": str(check.status),
                "note": check.note,
            }
        )
    return {"schema": SCHEMA, "studies": studies, "seed": seed, "level": MONTE_CARLO_LEVEL, "checks": records}
