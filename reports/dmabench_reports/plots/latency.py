# SPDX-License-Identifier: GPL-2.0-only
"""How single laps are spread: cumulative shares from the histograms of the stamped pass."""

from __future__ import annotations

from typing import Optional, Sequence

from dmabench_reports import analysis, style, words
from dmabench_reports.model import Report, Row, Workload
from dmabench_reports.plots import hover
from dmabench_reports.plots.lines import Line
from dmabench_reports.plots.picture import Picture, cost_label, footer
from dmabench_reports.plots.size import chosen_lines

SIZES = (4096, 65536)
LEAST = 2  # lines that make a picture
LEAST_LAPS = 20


def pictures(report: Report) -> list[Picture]:
    """One per target and size of laps without CPU access, or of the first workload there is."""
    out = []
    for target in report.target_names:
        works = [w for w in report.workloads if w.target == target]
        works.sort(key=lambda w: (w.touch, w.access) != ("none", "none"))
        for workload in works[:1]:
            rows = report.in_workload(workload)
            direction = analysis.preferred_direction(rows)
            sizes = {r.params.size for r in rows}
            for size in [s for s in SIZES if s in sizes]:
                lines = [
                    line
                    for line in chosen_lines(rows, direction)
                    if size in line.rows and distribution(line.rows[size])
                ]
                if len(lines) >= LEAST:
                    out.append(
                        _picture(report, workload, size, direction, lines, not out)
                    )
    return out


def distribution(row: Row) -> Optional[list[tuple[float, float]]]:
    """(ns, share of the laps that took no longer), rising; None where too few laps were stamped.

    A bucket holds laps with their stamps. What those cost is taken off as it was for lap_p50_ns: it is the
    same for all laps of a row.
    """
    laps = sum(count for _, _, count in row.histogram)
    middle = row.numbers.get("lap_p50_ns")
    if laps < LEAST_LAPS or middle is None:
        return None
    seen = 0.0
    stamps = 0.0
    for low, high, count in row.histogram:
        seen += count
        if seen >= laps / 2:
            stamps = (low + high) / 2 - middle
            break
    out: list[tuple[float, float]] = []
    seen = 0.0
    for low, high, count in row.histogram:
        floor = min(1.0, middle)
        out.append((max(low - stamps, floor), seen / laps))
        seen += count
        out.append((max(high - stamps, floor), seen / laps))
    return out


def _picture(
    report: Report,
    workload: Workload,
    size: int,
    direction: str,
    lines: Sequence[Line],
    main: bool,
) -> Picture:
    title = f"{words.size(size)}: how single laps are spread"
    figure, axes = style.frame(
        title,
        " · ".join((report.label, workload.target, direction, workload.text)),
        footer(report),
        2.3,
        legend_rows=len(lines),
    )
    handles: list[object] = []
    lowest, highest = float("inf"), 0.0
    for rank, line in enumerate(lines):
        row = line.rows[size]
        curve = distribution(row) or []
        look = style.look(line.series.strategy)
        xs = [x for x, _ in curve]
        ys = [100 * y for _, y in curve]
        lowest, highest = min(lowest, xs[0]), max(highest, xs[-1])
        axes.plot(
            xs,
            ys,
            color=look.tone.light,
            linestyle=line.dash,
            zorder=3 + (len(lines) - rank) / 100,
        )
        middle = row.numbers["lap_p50_ns"]
        (handle,) = axes.plot(
            [middle],
            [50],
            color=look.tone.light,
            marker=look.marker,
            linestyle=line.dash,
            markerfacecolor=look.tone.light
            if line.dash == "-"
            else style.PAPER.light,
            zorder=4,
        )
        hover.points(axes, [middle], [50], [row])
        handles.append(handle)
    style.duration_ticks(axes, lowest, highest, "x")
    axes.set_ylim(0, 103)
    axes.set_yticks([0, 25, 50, 75, 90, 100])
    axes.set_yticklabels([f"{v} %" for v in (0, 25, 50, 75, 90, 100)])
    axes.set_xlabel(cost_label(report, "a lap's time, log scale", " "))
    axes.set_ylabel("laps that took no longer")
    axes.grid(True, axis="both")
    style.legend(figure, handles, [line.label for line in lines])
    rows = [line.rows[size] for line in lines]
    return Picture(
        slug=f"{report.slug}.{words.slug(workload.target)}.latency.{workload.slug}.{direction}.{size}",
        title=title,
        caption=_caption(rows),
        figure=figure,
        rows=rows,
        main=main,
    )


def _caption(rows: Sequence[Row]) -> str:
    """The longest tail in words."""
    tails = {
        row.name: row.numbers["lap_max_ns"] / row.numbers["lap_p50_ns"]
        for row in rows
        if row.numbers.get("lap_max_ns")
    }
    laps = sum(count for _, _, count in rows[0].histogram)
    text = f"From {laps:.0f} laps of each, stamped one by one; the marker is the median."
    if tails:
        row = max(rows, key=lambda r: tails.get(r.name, 0.0))
        worst = tails[row.name]
        usage = ", ".join(filter(None, (row.params.strategy, row.params.series.usage)))
        if worst < 1.05:
            text += " No lap took 5 % longer than its median."
        else:
            text += f" Longest tail: {usage}, where one lap took {words.times(worst)} the median."
    return text
