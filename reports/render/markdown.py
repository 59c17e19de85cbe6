"""The report as Markdown, with every sub-claim: what is not as expected first, never more than a mebibyte."""

from collections.abc import Mapping, Sequence

from iclgd_core.evidence.in_words import label, subject
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from ..accounts.markdown import adjudication_lines
from ..collect.families import selection
from ..compare import comparison_lines, read_comparison
from ..document.report import Report, summary
from .figures.heat_map import GapMap, batch_text, cell_text, gap_map_of
from .markdown_text import LIMIT, TextPart, escape, fit, size_of, table
from .markdown_verdicts import effect, short, verdict_lines
from .papers import deviation, paper_value

CITED = "in the paper"
COLUMNS = ("claim", "on", "verdict", "effect \\[interval\\]", "bound", "p adj.", "p run", "n", "closure")
OPENING_SHARE = 4
"""Verdicts and adjudication open a report that is cut only if each takes a quarter of it at most; else they end it."""

TITLE = "# iclgd: claims report"


def render_markdown(report: Report, limit: int = LIMIT) -> str:
    """Return the headline, the counts, the tables and the reasons in at most `limit` bytes of UTF-8.

    Order of importance: headline, one verdict a claim, the opening of the adjudication, what is not as expected with
    its reasons, the comparison with a baseline, the other sub-claims, their reasons, deviations from the papers'
    settings, the rest of the adjudication, maps of the gap. What does not fit is counted in a last line.
    """
    opening, further = adjudication_lines(report.evidence)
    openings = [TextPart((), tuple(verdict_lines(report.evidence)), "lines of verdicts")]
    openings += [TextPart((), tuple(opening), "lines of the adjudication")]
    wrong = [item for item in report.evidence if item.verdict is not item.expected]
    right = [item for item in report.evidence if item.verdict is item.expected]
    rest = _section("Not as expected", wrong) if wrong else []
    rest += baseline_parts(report.run.get("baseline"))
    rest += _section("As expected", right) if right else []
    rest += _deviations(report.evidence)
    rest += [TextPart((), tuple(further), "lines of the adjudication")] if further else []
    rest += [part for item in report.evidence if (gap := gap_map_of(item.details)) for part in _gap_maps(item, gap)]
    head = TextPart(tuple(_head(report)))
    if size_of([head, *openings, *rest]) <= limit:
        return fit([head, *openings, *rest], limit)
    short_ones = [part for part in openings if size_of([part]) * OPENING_SHARE <= limit]
    return fit([head, *short_ones, *rest, *(part for part in openings if part not in short_ones)], limit)


def headline(report: Report) -> str:
    """Return the outcome of the run in a sentence."""
    counts = summary(report.evidence, report.with_evidence)
    tests, wrong = counts["collected"], counts["not_as_expected"]
    which = f"{wrong} of {tests} claim tests are not" if wrong else f"All {tests} claim tests are"
    incomplete = "the run is incomplete" if report.run.get("complete") is False else ""
    return f"{'; '.join(filter(None, [f'{which} as expected', incomplete, selection(report.evidence)]))}."


def run_lines(run: Mapping[str, Json]) -> list[str]:
    """Return the line that says how it was run, as far as the header tells, with an empty one; nothing if it does not.

    For example `Run: tier quick, seed 0, device cpu, commit 0123456789ab.`
    """
    known = (("tier", run.get("tier")), ("seed", run.get("seed")), ("device", run.get("device")),
             ("dtype", run.get("dtype")), ("commit", _commit(run.get("commit"), run.get("dirty"))),
             ("finished", run.get("finished")))  # fmt: skip
    line = ", ".join(f"{name} {escape(str(value))}" for name, value in known if value is not None)
    return [f"Run: {line}.", ""] if line else []


def _head(report: Report) -> list[str]:
    counts = summary(report.evidence, report.with_evidence)
    rows = [(verdict.value, str(counts[verdict.value])) for verdict in Verdict]
    return [TITLE, "", f"**{escape(headline(report))}**", "", *run_lines(report.run), *_fixed(report.run),
            *table(("verdict", "claim tests"), rows), ""]  # fmt: skip


def _fixed(run: Mapping[str, Json]) -> list[str]:
    """Return the line with each task's template, each model's number format and GGUF file, as far as they are there."""
    templates = {task: _entry(fixed, "template") for task, fixed in _mapping(run.get("tasks")).items()}
    named = {task: _entry(template, "name") for task, template in templates.items()}
    computed = _mapping(run.get("computed"))
    dtypes = {model: _entry(how, "dtype") for model, how in computed.items()}
    files = {model: _entry(_entry(how, "dequantised from GGUF"), "file") for model, how in computed.items()}
    found = {"Templates": named, "Number formats": dtypes, "Dequantised from GGUF": files}
    lists = [(what, ", ".join(f"{name} {value}" for name, value in values.items() if isinstance(value, str)))
             for what, values in found.items()]  # fmt: skip
    line = " ".join(f"{what}: {escape(text)}." for what, text in lists if text)
    return [line, ""] if line else []


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _entry(value: Json, name: str) -> Json:
    return _mapping(value).get(name)


def _commit(commit: Json, dirty: Json) -> str | None:
    if commit is None:
        return None
    return f"{str(commit)[:12]}{' with uncommitted changes' if dirty else ''}"


def baseline_parts(found: Json) -> tuple[TextPart, ...]:
    """Return the comparison with the baseline of a run's header; nothing where there was none."""
    comparison = found.get("comparison") if isinstance(found, dict) else None
    if not isinstance(comparison, dict):
        return ()
    return comparison_lines(read_comparison(comparison), "## Against the baseline")


def _section(title: str, items: Sequence[Evidence]) -> list[TextPart]:
    cited = [escape(paper_value(item)) for item in items]
    more = (CITED,) if any(cited) else ()
    rows = [(*_cells(item), *([value] if more else [])) for item, value in zip(items, cited, strict=True)]
    lines = table((*COLUMNS, *more), rows)
    parts = [TextPart((f"## {title}", "", *lines[:2]), (*lines[2:], ""), "sub-claims")]
    reasons = [f"- {_reason(group)}" for group in _alike(items)]
    if reasons:
        parts.append(TextPart(("Reasons:", ""), (*reasons, ""), "reasons"))
    return parts


def _deviations(evidence: Sequence[Evidence]) -> list[TextPart]:
    """Return why settings differ from the papers', each once for a claim."""
    known = dict.fromkeys((item.id, deviation(item)) for item in evidence if deviation(item))
    lines = [f"- {escape(id)}: {escape(why)}" for id, why in known]
    return [TextPart(("## Deviations from the papers' settings", ""), (*lines, ""), "deviations")] if lines else []


def _gap_maps(item: Evidence, gap: GapMap) -> list[TextPart]:
    """Return a map of the gap over GD's settings as tables, one a batch size."""
    parts = []
    for batch, sheet in zip(gap.batches, gap.closure, strict=True):
        heads = ("learning rate", *(f"epoch {escape(epoch)}" for epoch in gap.epochs))
        rows = [(escape(rate), *map(cell_text, row)) for rate, row in zip(gap.learning_rates, sheet, strict=True)]
        title = f"### {escape(label(item))} on {escape(subject(item))}: closure of GD, {escape(batch_text(batch))}"
        lines = table(heads, rows)
        parts.append(TextPart((title, "", *lines[:2]), (*lines[2:], ""), "rows of maps"))
    return parts


def _cells(item: Evidence) -> tuple[str, ...]:
    verdict, outcome = item.verdict or Verdict.ERROR, item.outcome
    shown = verdict.value if verdict is item.expected else f"**{verdict.value}**, expected {item.expected.value}"
    if item.verdict_run not in (None, item.verdict):
        shown += f" (over the whole run: {item.verdict_run})"
    numbers: tuple[str, ...] = ("",) * 6
    if outcome is not None:
        refuted = verdict is Verdict.REFUTED
        closure = item.details.get("closure")
        numbers = (
            effect(outcome),
            short(outcome.threshold),
            _p(item.p_refuted_adjusted if refuted else item.p_adjusted),
            _p(item.p_refuted_run if refuted else item.p_run),
            str(outcome.n),
            short(closure) if isinstance(closure, float) else "",
        )
    return (escape(label(item)), escape(subject(item)), shown, *numbers)


def _alike(items: Sequence[Evidence]) -> list[list[Evidence]]:
    """Return the sub-claims that have a reason, those of one verdict, model and reason together."""
    groups: dict[tuple[str, str, str], list[Evidence]] = {}
    for item in items:
        if item.reason:
            groups.setdefault((item.verdict or Verdict.ERROR, item.model, item.reason), []).append(item)
    return list(groups.values())


def _reason(group: Sequence[Evidence]) -> str:
    first = group[0]
    verdict = (first.verdict or Verdict.ERROR).value
    who = label(first) if len(group) == 1 else f"{', '.join(dict.fromkeys(i.id for i in group))} ({len(group)})"
    on = f" on {escape(subject(first) if len(group) == 1 else first.model)}" if first.model else ""
    return f"{verdict}: {escape(who)}{on}: {escape(first.reason)}"


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"
