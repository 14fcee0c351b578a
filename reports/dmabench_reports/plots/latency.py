# SPDX-License-Identifier: GPL-2.0-only
"""How single laps are spread: cumulative shares from the histograms of the stamped pass."""

from __future__ import annotations

import math
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
TICKS = (0, 0.5, 0.9, 0.99, 0.999, 0.9999)
HIDDEN = 0.01  # medians closer than this: the later line is drawn broad, below the earlier


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


def _fine(curve: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """With points between, for what is straight in shares is bent on the scale of nines."""
    out = [curve[0]]
    for (x0, y0), (x1, y1) in zip(curve, curve[1:]):
        steps = 12 if y1 > y0 else 1
        out += [
            (x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps)
            for k in range(1, steps + 1)
        ]
    return out


def height(share: float, laps: float) -> float:
    """Where a share is drawn: each further nine as high as the one before, for the tail is what matters.

    All laps are drawn half a lap lower: that there could be no longer one is nothing that they tell.
    """
    return -math.log10(max(1 - share, 0.5 / laps))


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
    lowest, highest, top = float("inf"), 0.0, 0.0
    medians: list[float] = []
    for rank, line in enumerate(lines):
        row = line.rows[size]
        curve = _fine(distribution(row) or [])
        look = style.look(line.series.strategy)
        xs = [x for x, _ in curve]
        laps = sum(count for _, _, count in row.histogram)
        ys = [height(y, laps) for _, y in curve]
        lowest, highest = min(lowest, xs[0]), max(highest, xs[-1])
        top = max(top, ys[-1])
        middle = row.numbers["lap_p50_ns"]
        twin = any(abs(middle - m) < HIDDEN * m for m in medians)
        medians.append(middle)
        axes.plot(
            xs,
            ys,
            color=look.tone.light,
            linestyle=line.dash,
            linewidth=4 if twin else 1.5,
            alpha=0.5 if twin else 1,
            zorder=3 + (len(lines) - rank) / 100 - twin,
        )
        half = height(0.5, laps)
        (handle,) = axes.plot(
            [middle],
            [half],
            color=look.tone.light,
            marker=look.marker,
            linestyle=line.dash,
            markerfacecolor=look.tone.light
            if line.dash == "-"
            else style.PAPER.light,
            zorder=4,
        )
        hover.points(axes, [middle], [half], [row])
        handles.append(handle)
    style.duration_ticks(axes, lowest, highest, "x")
    axes.set_ylim(0, top * 1.04)
    ticks = [t for t in TICKS if -math.log10(1 - t) <= top]
    axes.set_yticks([-math.log10(1 - t) for t in ticks])
    axes.set_yticklabels([f"{100 * t:g} %" for t in ticks])
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
    text = f"From {laps:.0f} laps of each, stamped one by one; the marker is the median. The scale is one of nines, to show the tail."
    if tails:
        row = max(rows, key=lambda r: tails.get(r.name, 0.0))
        worst = tails[row.name]
        usage = ", ".join(filter(None, (row.params.strategy, row.params.series.usage)))
        if worst < 1.05:
            text += " No lap took 5 % longer than its median."
        else:
            text += f" Longest tail: {usage}, where one lap took {words.times(worst)} the median."
    return text
