# SPDX-License-Identifier: GPL-2.0-only
"""Cost of a lap against the buffer's size, a line per strategy, crossovers marked."""

from __future__ import annotations

from typing import Mapping

from dmabench_reports import analysis, style, words
from dmabench_reports.model import (
    PHASES,
    Report,
    Row,
    Series,
    Workload,
    by_size,
    is_streaming,
)
from dmabench_reports.plots.picture import Picture, footer, unit

ORDER = list(style.STRATEGIES)
HIDDEN = 0.06  # lines closer than this all along cannot be told apart


def pictures(report: Report) -> list[Picture]:
    out = []
    for workload in report.workloads:
        rows = report.in_workload(workload)
        first = analysis.preferred_direction(rows)
        found = {
            r.params.direction for r in rows if is_streaming(r.params.strategy)
        } or {first}
        for direction in sorted(found, key=lambda d: (d != first, d)):
            picture = _picture(
                report, workload, direction, rows, main=direction == first
            )
            if picture:
                out.append(picture)
    return out


def chosen_lines(rows: list[Row], direction: str) -> dict[Series, Mapping[int, Row]]:
    """The lines worth comparing: usual usages of each strategy, with two sizes at least."""
    lines = by_size(rows)
    streaming = set(analysis.usual_usages(lines))
    keep = {
        s: by
        for s, by in lines.items()
        if len(by) >= 2
        and s.strategy != "null"
        and (
            s in streaming and s.direction == direction
            if is_streaming(s.strategy)
            else True
        )
    }
    order = {name: i for i, name in enumerate(ORDER)}
    return dict(
        sorted(keep.items(), key=lambda kv: (order.get(kv[0].strategy, 99), kv[0]))
    )


def _picture(
    report: Report, workload: Workload, direction: str, rows: list[Row], main: bool
) -> Picture | None:
    lines = chosen_lines(rows, direction)
    if not lines:
        return None
    crossings = [
        (c, one)
        for c in analysis.comparisons(report, workload)
        if c.streaming in lines and c.streaming.strategy == "streaming_single"
        for one in c.crossovers
    ]
    several = any(is_streaming(s.strategy) for s in lines)
    subtitle = f"{report.label} · {workload.target} · {workload.text}" + (
        f" · {direction}" if several else ""
    )
    figure, axes = style.frame(
        "Cost of a lap by buffer size",
        subtitle,
        footer(report),
        2.5,
        legend_rows=len(lines),
    )
    twins = coinciding(lines)
    handles, labels, used = [], [], []
    for rank, (series, by) in enumerate(lines.items()):
        look = style.look(series.strategy)
        sizes = list(by)
        costs = [by[s].real_time for s in sizes]
        used += list(by.values())
        (line,) = axes.plot(
            sizes,
            costs,
            color=look.tone.light,
            marker=look.marker,
            linestyle=_dash(series),
            markerfacecolor=look.tone.light
            if _dash(series) == "-"
            else style.PAPER.light,
            linewidth=1.5 if series not in twins else 4,
            markersize=4.5 if series not in twins else 8,
            alpha=1 if series not in twins else 0.6,
            clip_on=False,
            zorder=3 + (len(lines) - rank) / 100 - (series in twins),
        )
        for size, row in by.items():
            if row.ci and row.ci[1] > row.ci[0] * 1.02:
                axes.vlines(
                    size, *row.ci, color=look.tone.light, linewidth=3, alpha=0.35
                )
        handles.append(line)
        label = ", ".join(filter(None, (series.strategy, series.usage)))
        if series in twins:
            other = twins[series]
            label += f" (as {other.strategy if other.strategy != series.strategy else other.cache_mode})"
        labels.append(label)
    all_costs = [r.real_time for r in used]
    style.size_ticks(axes, {r.params.size for r in used})
    style.duration_ticks(axes, min(all_costs), max(all_costs))
    axes.grid(True, axis="both")
    axes.set_xlabel("buffer size")
    axes.set_ylabel(f"cost of a lap ({unit(report)}), log scale")
    _mark_crossings(axes, crossings)
    style.legend(figure, handles, labels)
    return Picture(
        slug=f"{report.slug}.{words.slug(workload.target)}.size.{workload.slug}.{direction}",
        title=f"Cost of a lap by buffer size: {workload.text}",
        caption=_caption(crossings, used),
        figure=figure,
        rows=used,
        main=main,
    )


def coinciding(lines: Mapping[Series, Mapping[int, Row]]) -> dict[Series, Series]:
    """Lines that would hide under an earlier one: drawn thick below it, and said in the legend."""
    out: dict[Series, Series] = {}
    order = list(lines)
    for i, series in enumerate(order):
        for other in order[:i]:
            both = [s for s in lines[series] if s in lines[other]]
            if other in out or len(both) < 2 or len(both) < len(lines[series]):
                continue
            pairs = [
                (lines[series][s].real_time, lines[other][s].real_time) for s in both
            ]
            if all(abs(a - b) <= HIDDEN * max(a, b) for a, b in pairs):
                out[series] = other
                break
    return out


def _dash(series: Series) -> str:
    """Solid: made or mapped in each lap. Dashed: there before, and synced or only accessed."""
    by_mode = {"writecombine": "-.", "uncached": ":"}
    return "-" if series.map_every else by_mode.get(series.cache_mode, "--")


def _mark_crossings(axes, crossings) -> None:  # type: ignore[no-untyped-def]
    low, high = axes.get_ylim()
    for i, (_, one) in enumerate(crossings):
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
        left, right = axes.get_xlim()
        on_right = one.size > (left * right) ** 0.5
        axes.annotate(
            f"crossover {words.size(one.size)}",
            (one.size, high),
            xytext=(-4 if on_right else 4, -3 - 11 * (i % 4)),
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


def _caption(crossings, rows: list[Row]) -> str:  # type: ignore[no-untyped-def]
    parts = []
    if crossings:
        places = " and ".join(words.size(one.size) for _, one in crossings)
        parts.append(
            f"The lines of coherent and streaming_single cross at {places} (between measured sizes: interpolated)."
        )
    elif any(r.params.strategy == "coherent" for r in rows) and any(
        is_streaming(r.params.strategy) for r in rows
    ):
        parts.append(
            "The lines of coherent and streaming_single do not cross in this range."
        )
    parts.append(
        "Solid: mapped or allocated in each lap. Broken line, hollow marker: made once, before the laps."
    )
    words_for_none = no_figure_words(rows)
    if words_for_none:
        parts.append(words_for_none)
    return " ".join(parts)


def no_figure_words(rows: list[Row]) -> str:
    """Which phases of these rows have no figure, and why."""
    elided = [
        p for p in PHASES if any(r.phases.get(p) and r.phases[p].elided for r in rows)
    ]
    below = [
        p
        for p in PHASES
        if any(r.phases.get(p) and r.phases[p].below_clock_ns is not None for r in rows)
    ]
    parts = []
    if elided:
        parts.append(
            f"Elided by this kernel (not 0 ns: nothing is called) in some rows: {', '.join(elided)}."
        )
    if below:
        parts.append(
            f"Below the clock (too short to be told) in some rows: {', '.join(below)}."
        )
    return " ".join(parts)
