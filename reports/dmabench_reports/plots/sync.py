# SPDX-License-Identifier: GPL-2.0-only
"""Cost of a lap against sync frequency, split by phase."""

from __future__ import annotations

from typing import Optional

from matplotlib.patches import Patch

from dmabench_reports import analysis, style, words
from dmabench_reports.model import PHASES, Report, Row, Workload, is_streaming
from dmabench_reports.plots import hover
from dmabench_reports.plots.picture import Picture, footer, cost_label
from dmabench_reports.plots.lines import no_figure_words

REST = "rest of the lap"
LEAST = 3  # frequencies that make a picture
FAR = 2.5  # a coherent line this many times above the bars would flatten them


def pictures(report: Report) -> list[Picture]:
    """One for each strategy, size and direction with three sync frequencies at least."""
    out = []
    for workload in report.workloads:
        rows = report.in_workload(workload)
        first = analysis.preferred_direction(rows)
        groups: dict[tuple[str, str, int, str, str], dict[int, Row]] = {}
        for row in rows:
            p = row.params
            if (
                is_streaming(p.strategy)
                and p.map_every == 0
                and p.series.whole_sync
                and p.series.usual
            ):
                key = (p.strategy, p.direction, p.size, p.cache_mode, p.source)
                groups.setdefault(key, {})[p.sync_every] = row
        for key in sorted(
            groups, key=lambda k: (k[1] != first, k[0], k[1], k[3], k[4], k[2])
        ):
            if len(groups[key]) >= LEAST:
                out.append(
                    _picture(report, workload, key, groups[key], main=key[1] == first)
                )
    return out


def coherent_row(rows: list[Row], size: int) -> Optional[Row]:
    """The coherent lap to hold against: same work, same size, allocated once."""
    found = [
        r
        for r in rows
        if r.params.strategy == "coherent"
        and r.params.size == size
        and r.params.map_every == 0
        and r.params.series.usual
    ]
    return (
        min(
            found,
            key=lambda r: (r.params.cache_mode not in ("coherent", "none"), r.name),
        )
        if found
        else None
    )


def _picture(
    report: Report,
    workload: Workload,
    key: tuple[str, str, int, str, str],
    by_every: dict[int, Row],
    main: bool,
) -> Picture:
    strategy, direction, size, mode, source = key
    order = sorted(by_every, key=lambda e: (e == 0, e))
    rows = [by_every[e] for e in order]
    reference = coherent_row(report.in_workload(workload), size)
    phases = [p for p in PHASES if any(p in r.figures for r in rows)]
    rests = [r.real_time - sum(r.figures.values()) for r in rows]
    show_rest = any(rest > 0.02 * r.real_time for rest, r in zip(rests, rows))

    labels = phases + ([REST] if show_rest else [])
    subtitle = " · ".join(
        filter(
            None,
            (
                report.label,
                workload.target,
                f"{strategy}, mapped once",
                direction,
                workload.text,
                f"user mapping: {mode}" if mode != "none" else "",
                f"from {source}" if source != "default" else "",
            ),
        )
    )
    rows_of_legend = -(-(len(labels) + (reference is not None)) // 2)
    figure, axes = style.frame(
        f"{words.size(size)}: cost of a lap by sync frequency",
        subtitle,
        footer(report),
        2.1,
        legend_rows=rows_of_legend,
    )
    tops = [0.0] * len(rows)
    places = range(len(rows))
    handles: list[object] = []
    for phase in phases:
        heights = [r.figures.get(phase, 0.0) for r in rows]
        tone = style.PHASE_TONES[phase].light
        bars = axes.bar(
            places,
            heights,
            0.68,
            bottom=tops,
            color=tone,
            edgecolor=style.PAPER.light,
            linewidth=0.5,
        )
        for bar, row in zip(bars, rows):
            bar.set_url(hover.url(row))
        tops = [t + h for t, h in zip(tops, heights)]
        handles.append(Patch(facecolor=tone))
    if show_rest:
        heights = [max(0.0, rest) for rest in rests]
        bars = axes.bar(
            places,
            heights,
            0.68,
            bottom=tops,
            color=style.REST.light,
            edgecolor=style.PAPER.light,
            linewidth=0.5,
        )
        for bar, row in zip(bars, rows):
            bar.set_url(hover.url(row))
        tops = [t + h for t, h in zip(tops, heights)]
        handles.append(Patch(facecolor=style.REST.light))
    far = reference is not None and reference.real_time > FAR * max(tops)
    highest = max(tops + ([reference.real_time] if reference and not far else []))
    for place, row, top in zip(places, rows, tops):
        note = words.duration(row.real_time)
        if any(
            row.phases.get(p) and row.phases[p].elided
            for p in ("sync_for_device", "sync_for_cpu")
        ):
            note += "\nsync elided"
        axes.annotate(
            note,
            (place, top),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            bbox={"facecolor": style.PAPER.light, "edgecolor": "none", "pad": 0.6},
            size=7 if len(rows) > 6 else 7.5,
            zorder=6,
        )
    style.linear_durations(axes, highest * 1.22)
    if far and reference:
        note_far = axes.annotate(
            f"coherent: {words.duration(reference.real_time)}, far above this picture",
            (0.99, 0.98),
            xycoords="axes fraction",
            ha="right",
            va="top",
            size=8,
            weight="bold",
            color=style.colour("coherent"),
        )
        note_far.set_url(hover.url(reference))
    axes.set_xticks(list(places))
    axes.set_xticklabels(["never" if e == 0 else str(e) for e in order])
    axes.set_xlabel("transfers per sync (one lap is one transfer)")
    axes.set_ylabel(cost_label(report))
    axes.grid(True, axis="y")
    handles, labels = _legend(axes, handles, labels, None if far else reference)
    style.legend(figure, handles, labels, columns=2)
    used = rows + ([reference] if reference else [])
    return Picture(
        slug=".".join(
            filter(
                None,
                (
                    report.slug,
                    words.slug(workload.target),
                    "sync",
                    strategy,
                    workload.slug,
                    direction,
                    mode if mode != "none" else "",
                    source if source != "default" else "",
                    str(size),
                ),
            )
        ),
        title=f"{words.size(size)}: cost of a lap by sync frequency, {workload.text}",
        caption=_caption(rows, order, reference, used),
        figure=figure,
        rows=used,
        main=main,
    )


def _legend(axes, handles, labels, reference):  # type: ignore[no-untyped-def]
    if reference is None:
        return handles, labels
    line = axes.axhline(
        reference.real_time,
        color=style.colour("coherent"),
        linestyle="--",
        linewidth=1.6,
        zorder=5,
        clip_on=False,
        url=hover.url(reference),
    )
    # matplotlib fills a legend by column: the coherent line comes last in the first one
    half = -(-len(labels) // 2)
    text = f"coherent: {words.duration(reference.real_time)}"
    return (
        handles[:half] + [line] + handles[half:],
        labels[:half] + [text] + labels[half:],
    )


def _caption(
    rows: list[Row], order: list[int], reference: Optional[Row], used: list[Row]
) -> str:
    parts = []
    share = rows[0].share("sync_for_device", "sync_for_cpu")
    if share is not None and order[0] == 1:
        parts.append(
            f"Synced at each transfer, the two syncs take {words.percent(share)} of the phases."
        )
    if reference is not None:
        verdicts = [analysis.verdict(reference, r) for r in rows]
        cheaper = [e for e, v in zip(order, verdicts) if v == "streaming"]
        if not cheaper:
            parts.append(
                "Coherent is below every bar."
                if set(verdicts) == {"coherent"}
                else "No bar is below coherent."
            )
        elif len(cheaper) == len(rows):
            parts.append("Every bar is below coherent.")
        else:
            first = (
                "never"
                if cheaper[0] == 0
                else f"{words.count(cheaper[0], 'transfer')} per sync"
            )
            parts.append(f"Streaming is below coherent from “{first}” on.")
    extra = no_figure_words(used)
    return " ".join(parts + ([extra] if extra else []))
