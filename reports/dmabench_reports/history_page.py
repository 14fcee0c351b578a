# SPDX-License-Identifier: GPL-2.0-only
"""history.html: the runs of each platform, what changed, and every point's trend."""

from __future__ import annotations

from typing import Sequence

from markupsafe import Markup

from dmabench_reports import page, trend, words
from dmabench_reports.plots import trend as trend_plots
from dmabench_reports.plots.picture import Link
from dmabench_reports.trend import History, Trend

FILE = "history.html"


def name_anchors(found: Sequence[History]) -> None:
    """Rows get the anchors of this page: of each run its own, all of which lead to the point's line."""
    for history in found:
        for one in history.trends:
            for number, row in zip(one.runs, one.rows):
                object.__setattr__(row, "anchor", f"{anchor(history, one)}.run{number + 1}")


def anchor(history: History, one: Trend) -> str:
    return f"{words.slug(history.platform)}.{history.timebase.slug}.{words.slug(one.name)}"


def links(history: History, one: Trend) -> dict[str, Link]:
    """What a mark of a trend says: the point, the run and the cost."""
    out = {}
    for number, row in zip(one.runs, one.rows):
        date = trend.date_of(history.runs[number])
        when = f" of {date:%Y-%m-%d %H:%M}" if date else ""
        title = f"{one.name}, run {number + 1}{when}: {words.duration(row.real_time)} per lap"
        out[row.anchor] = Link(anchor(history, one), title)
    return out


def render(found: Sequence[History], drawn: Sequence[Sequence[page.Drawn]]) -> str:
    reports = [run for history in found for run in history.runs]
    return (
        page.environment()
        .get_template("history.html.j2")
        .render(
            **page.assets(),
            found=list(zip(trend.summary(found), drawn)),
            notices=page.notices(_one_each(found)),
            runs=len(reports),
            anchor=anchor,
            date_of=trend.date_of,
            signed=trend.signed,
            sparkline=lambda one, history: Markup(trend_plots.sparkline(one, history.runs)),
            count=words.count,
            row_label=page.row_label,
            alpha=words.percent(trend.ALPHA),
            threshold=words.percent(trend.THRESHOLD),
            least_runs=trend.least_runs(),
        )
    )


def _one_each(found: Sequence[History]):  # type: ignore[no-untyped-def]
    return [history.runs[-1] for history in found]
