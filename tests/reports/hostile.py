r"""Strings that would do harm if a renderer took them for anything but text; every renderer's tests use them."""

from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.curves import Curve, Point
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.document.report import Report, report_of

HEADER = (
    "finished",
    "started",
    "commit",
    "dirty",
    "device",
    "dtype",
    "seed",
    "tier",
    "versions",
    "platform",
    "machine",
)

HOSTILE = {
    "script": "<script>document.title='canary'</script>",
    "closing script": "</script><script>document.title='canary'</script>",
    "image": "<img src=x onerror=\"document.title='canary'\">",
    "svg": "<svg onload=document.title='canary'><animate onbegin=alert(1)></svg>",
    "iframe": '<iframe srcdoc="<script>parent.document.title=1</script>"></iframe>',
    "attribute": "\" onmouseover=\"document.title='canary'\" x=\"",
    "single quote": "' onfocus='document.title=1' autofocus='",
    "style end": "</style><style>body{display:none}</style>",
    "title end": "</title><meta http-equiv=refresh content='0;url=https://canary.invalid/'>",
    "table end": "</td></tr></table></section></main><h1>canary</h1>",
    "comment": "<!-- --><!--><b>canary</b>",
    "cdata": "]]><canary/><![CDATA[",
    "javascript": "javascript:document.title='canary'",
    "data url": "data:text/html,<script>1</script>",
    "css url": "url(https://canary.invalid/x.png)",
    "arxiv": 'x, arXiv 2310.08540" onclick="document.title=1',
    "entities": "&lt;script&gt;&#60;b&#62;&amp;&canary;&#x0;",
    "xml entity": '<!DOCTYPE x [<!ENTITY canary SYSTEM "file:///etc/passwd">]>&canary;',
    "escape": "\x1b[31mred\x1b[0m \x1b]8;;https://canary.invalid\x07link\x1b]8;;\x07 \x9b2J",
    "bidi": "\u202egnp.exe\u202c \u2066isolate\u2069 \u200fmark",
    "controls": "nul\x00 bell\x07 backspace\x08 delete\x7f return\rline\x0bvertical\x0cform",
    "line separators": "one\u2028two\u2029three\x85four",
    "newlines": "first\n\n# heading\n- item\n::error file=x::canary",
    "surrogate": "high \ud800 low \udfff",
    "noncharacter": "\ufffe\uffff\ufdd0",
    "zero width": "zero\u200bwidth\u200d\ufeff\u00ad",
    "rich": "[bold red]canary[/bold red] [link=https://canary.invalid]x[/link] [/] :smile:",
    "markdown": "| a | b |\n|---|---|\n`code` ![x](https://canary.invalid/x.png) [x](javascript:alert(1)) **b** ~s~",
    "fence": "```\n</details>\n~~~\n<details open>",
    "mention": "@someone #1 GH-1 https://canary.invalid www.canary.invalid",
    "jinja": "{{ 7*7 }} {% for x in () %}{# x #} {{ ''.__class__ }}",
    "format": "%s %(x)s {0} {x} $HOME $(id) `id`",
    "shell": "x; touch canary && $(touch canary) '\\'' \"",
    "formula": "=HYPERLINK(\"https://canary.invalid\")",
    "long": "long" * 5000,
    "wide": "＜script＞ \U0001f600\U0001f468\u200d\U0001f469 " + "a\u0301" * 200,
    "empty": "",
    "spaces": " \t  ",
}  # fmt: skip
"""By what they try."""


def hostile_report() -> Report:
    """Return a report in which every text, wherever it may come from outside, is one of HOSTILE: a claim for each."""
    evidence = [_claim(text, kind) for kind in range(3) for text in HOSTILE.values()]
    run: dict[str, Json] = {name: text for name, text in zip(HEADER, HOSTILE.values(), strict=False)}
    run |= {text: text for text in HOSTILE.values()}
    run["options"] = {"given": {text: [text] for text in HOSTILE.values()}, "resolved": {"tasks": []}}
    return report_of(with_verdicts(evidence), run, len(evidence))


def _claim(text: str, kind: int) -> Evidence:
    """Return a claim with an outcome and curves, one with a reason alone, or one that is not the paper's by a hair."""
    outcome = Outcome(
        quantity=text, rule=text, estimate=0.25, interval=(0.1, 0.4), threshold=0.0, n=9, unit=text, method=text,
        p_supported=0.001, p_refuted=0.999, sd=0.3, distance=0.25, kind=text if kind else "greater", margin=0.0,
    )  # fmt: skip
    points = (Point(1.0, 0.5, 0.25, 0.75, 9), Point(2.0, 0.5))
    return Evidence(
        id=text if kind < 2 else "S2n",
        params={text: text} if kind != 1 else {text: text, "reason": text},
        paper=f"{text}, arXiv 2310.08540" if kind == 2 else text,
        where=text,
        statement=text,
        refuted_by=text,
        model=text,
        task=text,
        expected=Verdict.SUPPORTED,
        family_size=1,
        outcome=None if kind == 1 else outcome,
        verdict=Verdict.ERROR if kind == 1 else None,
        reason=text,
        details={text: text, "model_sha256": {text: text}, "closure_undefined": text, **_of_accounts(text)},
        curves=tuple(Curve(text, learner, text, text, points, text, source=text) for learner in (text, "icl")),
        protocol={text: text},
        node_id=text,
        text=text,
    )


def _of_accounts(text: str) -> dict[str, Json]:
    """Return details that the adjudication, the maps and the papers' numbers are drawn from."""
    closures: list[Json] = [
        {"account": account, "model": text, "task": text, "agreement": text, "value": value, "low": None, "high": None,
         "n": 9, "undefined": text}
        for account, value in ((text, 0.5), ("gd", None))
    ]  # fmt: skip
    sheet: Json = {"learning_rates": [text], "epochs": [text], "batches": [text], "closure": [[[0.5]]]}
    return {"closures": closures, "gap_map": sheet, "paper_value": text, "deviation": text}
