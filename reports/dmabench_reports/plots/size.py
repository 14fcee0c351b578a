# SPDX-License-Identifier: GPL-2.0-only
"""Cost of a lap against the buffer's size, a line per strategy, crossovers marked."""

from __future__ import annotations

from typing import Optional, Sequence

from matplotlib.axes import Axes

from dmabench_reports import analysis, style, words
from dmabench_reports.model import Report, Row, Workload, by_size, is_streaming
from dmabench_reports.plots import lines as drawing
from dmabench_reports.plots.lines import Line
from dmabench_reports.plots.picture import Picture, footer, cost_label

ORDER = {name: i for i, name in enumerate(style.STRATEGIES)}


def pictures(report: Report) -> list[Picture]:
    out = []
    for workload in report.workloads:
        rows = report.in_workload(workload)
        first = analysis.preferred_direction(rows)
        found = {
            r.params.direction for r in rows if is_streaming(r.params.strategy)
        } or {first}
        for direction in sorted(found, key=lambda d: (d != first, d)):
            lines = chosen_lines(rows, direction)
            if not _worth_drawing(lines) or direction != first and not _swept(lines):
                continue
            out.append(
                _picture(report, workload, direction, lines, main=direction == first)
            )
    return out


def chosen_lines(rows: Sequence[Row], direction: str) -> list[Line]:
    """The lines worth comparing: usual usages of each strategy, with two sizes at least."""
    lines = by_size(rows)
    streaming = set(analysis.usual_usages(lines))
    keep = [
        Line(s, ", ".join(filter(None, (s.strategy, s.usage))), by)
        for s, by in lines.items()
        if len(by) >= 2
        and s.strategy != "null"
        and (
            s in streaming and s.direction == direction
            if is_streaming(s.strategy)
            else True
        )
    ]
    return sorted(
        keep, key=lambda line: (ORDER.get(line.series.strategy, 99), line.series)
    )


def _worth_drawing(lines: Sequence[Line]) -> bool:
    """Two sizes make no curve; the bars of access.py and the table tell as much."""
    return any(len(line.rows) >= 3 for line in lines)


def _swept(lines: Sequence[Line]) -> bool:
    """A further direction has a picture when it was swept, not only sampled."""
    return any(is_streaming(x.series.strategy) and len(x.rows) >= 3 for x in lines)


def _picture(
    report: Report,
    workload: Workload,
    direction: str,
    lines: Sequence[Line],
    main: bool,
) -> Picture:
    drawn = {line.series for line in lines}
    compared = [
        c for c in analysis.comparisons(report, workload) if c.streaming in drawn
    ]
    # One strategy's crossovers are marked: several hardly differ and would hide one another.
    marked = min(
        (c.streaming.strategy for c in compared),
        key=lambda s: ORDER.get(s, 99),
        default="",
    )
    crossings = [
        one for c in compared if c.streaming.strategy == marked for one in c.crossovers
    ]
    has_direction = any(is_streaming(s.strategy) for s in drawn)
    subtitle = " · ".join(
        (report.label, workload.target) + ((direction,) if has_direction else ())
    )
    title = f"{workload.text[0].upper()}{workload.text[1:]}: cost by size"
    figure, axes = style.frame(
        title,
        subtitle,
        footer(report),
        2.5,
        legend_rows=len(lines),
    )
    handles, labels = drawing.draw(axes, lines)
    used = drawing.rows_of(lines)
    style.size_ticks(axes, {r.params.size for r in used})
    axes.set_xlabel("buffer size")
    axes.set_ylabel(cost_label(report, "cost of a lap, log scale"))
    _mark_crossings(axes, crossings)
    style.legend(figure, handles, labels)
    return Picture(
        slug=f"{report.slug}.{words.slug(workload.target)}.size.{workload.slug}.{direction}",
        title=title,
        caption=_caption(crossings, marked, used),
        figure=figure,
        rows=used,
        main=main,
    )


def _mark_crossings(axes: Axes, crossings: Sequence[analysis.Crossover]) -> None:
    _, high = axes.get_ylim()
    left, right = axes.get_xlim()
    for i, one in enumerate(crossings):
        axes.axvline(
            one.size, color=style.INK.light, linewidth=0.9, linestyle=":", zorder=2
        )
        axes.plot(
            [one.size],
            [one.cost_ns],
            marker="o",
            markersize=9,
            markerfacecolor="none",
            markeredgecolor=style.INK.light,
            linestyle="none",
            zorder=4,
        )
        on_right = one.size > (left * right) ** 0.5
        axes.annotate(
            f"crossover {words.size(one.size)}",
            (one.size, high),
            xytext=(-4 if on_right else 4, -3 - 12 * (i % 4)),
            textcoords="offset points",
            ha="right" if on_right else "left",
            va="top",
            size=8,
            weight="bold",
            bbox={
                "facecolor": style.PAPER.light,
                "edgecolor": "none",
                "pad": 0.8,
                "alpha": 0.85,
            },
            zorder=5,
        )


def _caption(
    crossings: Sequence[analysis.Crossover], marked: str, rows: Sequence[Row]
) -> str:
    parts: list[Optional[str]] = []
    if crossings:
        places = " and ".join(words.size(one.size) for one in crossings)
        parts.append(
            f"coherent and {marked} cross at {places} (interpolated between measured sizes)."
        )
    elif marked:
        parts.append(f"coherent and {marked} do not cross in this range.")
    parts.append(drawing.no_figure_words(rows))
    return " ".join(p for p in parts if p)
