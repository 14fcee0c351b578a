# SPDX-License-Identifier: GPL-2.0-only
"""A point's cost from run to run, with its levels and where they change."""

from __future__ import annotations

import math
from typing import Callable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from dmabench_reports import style, trend, words
from dmabench_reports.plots import hover
from dmabench_reports.plots.picture import Link, Picture, cost_label, footer
from dmabench_reports.trend import History, Trend

MOST = 12  # pictures of one platform
TICKS = 6
WIDE = 5.6


def pictures(
    history: History, links: Callable[[History, Trend], Mapping[str, Link]]
) -> list[Picture]:
    """Of the points that changed, the greatest changes first; of none, of the dearest."""
    chosen = history.changed or sorted(
        (t for t in history.trends if len(t.rows) > 1), key=lambda t: -t.costs[-1]
    )
    most = MOST if history.changed else 3
    return [_picture(history, one, links(history, one)) for one in chosen[:most]]


def _picture(
    history: History, one: Trend, links: Mapping[str, Link]
) -> Picture:
    report = history.runs[0]
    look = style.look(one.rows[0].params.strategy)
    params = one.rows[0].params
    title = f"{words.size(params.size)}, {params.strategy}" + (
        f", {params.series.usage}" if params.series.usage else ""
    )
    figure, axes = style.frame(
        title,
        " · ".join(filter(None, (history.platform, params.target, _rest(one)))),
        footer(report),
        1.9,
        bottom=0.62,
        wide=WIDE,
    )
    places = range(len(one.rows))
    axes.plot(
        places,
        one.costs,
        color=look.tone.light,
        marker=look.marker,
        linewidth=1,
        zorder=3,
    )
    for place, row in zip(places, one.rows):
        if row.ci and row.ci[1] > row.ci[0] * 1.005:
            axes.vlines(place, *row.ci, color=look.tone.light, linewidth=3, alpha=0.3)
    for first, last, level in one.levels():
        axes.plot(
            [first - 0.3, last + 0.3],
            [level, level],
            color=style.INK.light,
            linewidth=1,
            linestyle="--",
            zorder=2,
        )
    hover.points(axes, list(places), one.costs, one.rows)
    low, high = min(one.costs), max(one.costs)
    room = max(high - low, 0.05 * high)
    axes.set_ylim(max(0.0, low - 0.25 * room), high + 0.55 * room)
    axes.set_xlim(-0.6, len(one.rows) - 0.4)
    for number, change in enumerate(one.changes[-6:]):
        _mark(axes, change, number, len(one.rows))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: style.tick_duration(v)))
    step = max(1, math.ceil(len(one.rows) / TICKS))
    ticks = list(places)[::step]
    axes.set_xticks(ticks)
    axes.set_xticklabels([_when(history, one.runs[t]) for t in ticks], size=7)
    starts = "" if axes.get_ylim()[0] == 0 else " (the axis does not start at 0)"
    axes.set_xlabel(f"run, by its date{starts}")
    axes.set_ylabel(cost_label(report))
    axes.grid(True, axis="y")
    return Picture(
        slug=f"history.{words.slug(history.platform)}.{history.timebase.slug}.{words.slug(one.name)}",
        title=title,
        caption=_caption(history, one),
        figure=figure,
        rows=one.rows,
        links=links,
    )


def _rest(one: Trend) -> str:
    params = one.rows[0].params
    parts = [params.direction if params.series.direction else ""]
    parts.append(params.workload.text)
    return " · ".join(filter(None, parts))


def _mark(axes: Axes, change: trend.Change, number: int, runs: int) -> None:
    at = change.at - 0.5
    axes.axvline(at, color=style.WARN.light, linewidth=1, linestyle=":", zorder=2)
    on_right = change.at > 0.6 * runs
    axes.annotate(
        trend.signed(change.relative),
        (at, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-3 if on_right else 3, -2 - 10 * (number % 2)),
        textcoords="offset points",
        ha="right" if on_right else "left",
        va="top",
        size=8,
        weight="bold",
        color=style.WARN.light,
        bbox={"facecolor": style.PAPER.light, "edgecolor": "none", "pad": 0.5},
        zorder=5,
    )


def _when(history: History, number: int) -> str:
    date = trend.date_of(history.runs[number])
    return f"{date:%m-%d}\n{date:%H:%M}" if date else f"#{number + 1}"


def _caption(history: History, one: Trend) -> str:
    if not one.changes:
        return "No change. Dashed: the median of all runs."
    parts = []
    for change in one.changes[-3:]:
        number = one.runs[change.at]
        why = history.differences(number)
        text = (
            f"Run {number + 1}: {trend.signed(change.relative)}, from {words.duration(change.before)} "
            f"to {words.duration(change.after)}"
        )
        parts.append(text + (f" ({'; '.join(why)})" if why else ""))
    more = len(one.changes) - len(parts)
    earlier = f"{words.count(more, 'earlier change')}. " if more else ""
    return earlier + ". ".join(parts) + "."


def sparkline(one: Trend, runs: Sequence[object]) -> str:
    """A small line for a table: no axes, changes as upright strokes. SVG text, light and dark by CSS."""
    width, height = 140.0, 26.0
    low, high = min(one.costs), max(one.costs)
    span = max(high - low, 0.02 * high)
    last = max(len(runs) - 1, 1)

    def x(number: float) -> float:
        return 3 + (width - 6) * number / last

    def y(cost: float) -> float:
        return height - 3 - (height - 6) * (cost - low) / span if high > low else height / 2

    points = " ".join(
        f"{x(n):.1f},{y(cost):.1f}" for n, cost in zip(one.runs, one.costs)
    )
    marks = "".join(
        f'<line class="cut" x1="{x(one.runs[c.at] - 0.5):.1f}" x2="{x(one.runs[c.at] - 0.5):.1f}" y1="0" y2="{height:g}"/>'
        for c in one.changes
    )
    tone = style.colour(one.rows[0].params.strategy)[1:]
    return (
        f'<svg class="spark" viewBox="0 0 {width:g} {height:g}" aria-hidden="true">{marks}'
        f'<polyline points="{points}" style="stroke: var(--c{tone})"/></svg>'
    )
