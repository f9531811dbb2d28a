"""The page of a lab report: HTML around sections, with styles, scripts and charts inlined.

Every text that reaches a reader passes through `escape`. Besides, the page's own policy lets only the two scripts run
that we put there, known by their checksums, and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import plotly.io

from gan import plotly_js
from gan.export.report_charts import Chart

FOLDER = Path(__file__).parent / "report"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{styles}</style>
</head>
<body>
<main data-run="{name}" data-filename="{name}-report.html">
{body}
</main>
<script type="application/json" id="figures">{figures}</script>
<script>{plotly}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def page(name: str, title: str, sections: Iterable[str], charts: Sequence[Chart]) -> bytes:
    """The whole file of the run `name`; `sections` are HTML, and each chart goes where `chart` has left its place."""
    plotly_source, script = plotly_js.source().decode(), (FOLDER / "report.js").read_text()
    scripts = " ".join(map(_checksum, (plotly_source, script)))
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    return PAGE.format(
        policy=policy,
        name=escape(name),
        title=escape(title),
        styles=(FOLDER / "report.css").read_text(),
        body="\n".join(sections),
        figures=_figures(charts),
        plotly=plotly_source,
        script=script,
    ).encode()


def section(title: str, *content: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(content) + "\n</section>"


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def chart(drawn: Chart) -> str:
    """The place of a chart."""
    label = escape(f"{drawn.title}. {drawn.meaning}")
    return (
        f'<figure class="chart"><h3>{escape(drawn.title)}</h3>'
        f'<div id="chart-{drawn.name}" role="img" aria-label="{label}"></div>'
        f"<figcaption>{escape(drawn.meaning)}</figcaption></figure>"
    )


def picture(png: bytes, caption: str) -> str:
    data = base64.b64encode(png).decode()
    return (
        f'<figure class="grid"><img alt="64 generated images: {escape(caption)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of plain texts; the first cell of each row is the row's heading."""
    heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    lines = (
        f'<tr><th scope="row">{escape(first)}</th>' + "".join(f"<td>{escape(text)}</td>" for text in rest) + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="table"><table><thead><tr>{heads}</tr></thead>\n<tbody>\n' + "\n".join(lines)
        + "\n</tbody></table></div>"
    )  # fmt: skip


def folded(summary: str, content: str) -> str:
    """What is shown when one asks for it."""
    return f"<details><summary>{escape(summary)}</summary>\n{content}\n</details>"


def _figures(charts: Sequence[Chart]) -> str:
    """The charts as JSON that no HTML parser takes for an end of its element."""
    drawn = ",".join(f'"chart-{one.name}":{plotly.io.to_json(one.figure, engine="json")}' for one in charts)
    return f"{{{drawn}}}".replace("<", "\\u003c")


def _checksum(script: str) -> str:
    """A script as a Content-Security-Policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
