# SPDX-License-Identifier: GPL-2.0-only
"""Cost of a lap against a part of the buffer, or against transfers per mapping."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable

from dmabench_reports import style, words
from dmabench_reports.model import Params, Report, Row, is_streaming
from dmabench_reports.plots import lines as drawing
from dmabench_reports.plots.lines import Line
from dmabench_reports.plots.picture import Picture, footer, cost_label
from dmabench_reports.plots.size import ORDER

LEAST = 3  # values of the axis that make a line


@dataclass(frozen=True)
class Sweep:
    """An axis to draw over, with all else the same."""

    axis: str
    title: str
    label: str
    caption: str
    is_size: bool
    applies: Callable[[Params], bool]
    value: Callable[[Params], int]


SWEEPS = (
    Sweep(
        "sync_bytes",
        "by the range that is synced",
        "bytes synced",
        "A flat line would mean that the range is ignored and the whole buffer is synced, or that a sync does nothing.",
        True,
        lambda p: p.sync_every == 1 and p.map_every == 0 and p.sync_offset == 0,
        lambda p: p.sync_bytes or p.size,
    ),
    Sweep(
        "touch_bytes",
        "by how much of it is accessed",
        "bytes accessed",
        "A sync goes by the buffer's size, an access by what is accessed.",
        True,
        lambda p: (p.touch, p.access) != ("none", "none"),
        lambda p: p.touch_bytes or p.size,
    ),
    Sweep(
        "map_every",
        "by transfers per mapping",
        "transfers per mapping",
        "Mapping anew for every n-th transfer only.",
        False,
        lambda p: p.map_every > 0 and is_streaming(p.strategy),
        lambda p: p.map_every,
    ),
)


def pictures(report: Report) -> list[Picture]:
    out = []
    for sweep in SWEEPS:
        groups: dict[Params, dict[Params, dict[int, Row]]] = {}
        for row in report.rows:
            if sweep.applies(row.params):
                line = replace(row.params, **{sweep.axis: 0})  # type: ignore[arg-type]
                picture = replace(
                    Params(),
                    target=line.target,
                    size=line.size,
                    touch=line.touch,
                    access=line.access,
                    pattern=line.pattern,
                    width=line.width,
                    direction=line.direction if is_streaming(line.strategy) else "",
                )
                groups.setdefault(picture, {}).setdefault(line, {})[
                    sweep.value(row.params)
                ] = row
        for picture, lines in groups.items():
            kept = {
                line: dict(sorted(rows.items()))
                for line, rows in lines.items()
                if len(rows) >= LEAST
            }
            if kept:
                out.append(_picture(report, sweep, picture, kept))
    return out


def _picture(
    report: Report, sweep: Sweep, what: Params, lines: dict[Params, dict[int, Row]]
) -> Picture:
    ordered = sorted(
        lines, key=lambda p: (ORDER.get(p.strategy, 99), p.series, p.touch)
    )
    drawn = [Line(_series(p, sweep), _label(p, sweep), lines[p]) for p in ordered]
    subtitle = " · ".join(
        filter(
            None,
            (
                report.label,
                what.target,
                replace(what.workload, touch_bytes=0).text
                if sweep.axis != "touch_bytes"
                else _access(what),
                what.direction,
            ),
        )
    )
    figure, axes = style.frame(
        f"{words.size(what.size)}: cost of a lap {sweep.title}",
        subtitle,
        footer(report),
        2.1,
        legend_rows=len(drawn),
    )
    handles, labels = drawing.draw(axes, drawn)
    used = drawing.rows_of(drawn)
    values = {x for line in drawn for x in line.rows}
    style.size_ticks(axes, values)
    if not sweep.is_size:
        axes.set_xticklabels([f"{tick:.0f}" for tick in axes.get_xticks()])
    axes.set_xlabel(sweep.label)
    axes.set_ylabel(cost_label(report, "cost of a lap, log scale"))
    style.legend(figure, handles, labels)
    slug = ".".join(
        filter(
            None,
            (
                report.slug,
                words.slug(what.target),
                sweep.axis,
                what.workload.slug,
                what.direction,
                str(what.size),
            ),
        )
    )
    extra = drawing.no_figure_words(used)
    return Picture(
        slug,
        f"{words.size(what.size)}: cost of a lap {sweep.title}",
        f"{sweep.caption} {extra}".strip(),
        figure,
        used,
        main=what.pattern == "sequential" and what.width == "word",
    )


def _series(params: Params, sweep: Sweep):  # type: ignore[no-untyped-def]
    series = params.series
    return replace(series, map_every=1) if sweep.axis == "map_every" else series


def _label(params: Params, sweep: Sweep) -> str:
    if sweep.axis == "map_every":
        synced = "synced each transfer" if params.sync_every == 1 else ""
        if params.sync_every > 1:
            synced = f"synced every {params.sync_every} transfers"
        return ", ".join(
            filter(None, (params.strategy, synced or "not synced between"))
        )
    usage = params.series.usage
    return ", ".join(filter(None, (params.strategy, usage)))


def _access(params: Params) -> str:
    who = "user space" if params.access != "none" else "the kernel"
    verb = params.access if params.access != "none" else params.touch
    return f"{who} {dict(read='reads', write='writes', copy='copies').get(verb, verb)} a part"
