# SPDX-License-Identifier: GPL-2.0-only
"""User space and a DMA buffer: uncached without syncs against cached with them, and where the cheaper one changes."""

from __future__ import annotations

import math
from typing import Any, Sequence

from dmabench_reports import consumer_loop, lead, style, words
from dmabench_reports.consumer_loop import Choice, Loop
from dmabench_reports.model import Report, Row
from dmabench_reports.plots import hover
from dmabench_reports.plots.picture import Picture, cost_label, footer

FREQUENCIES = 3  # lines of cached memory that can be told apart
ROOM = 0.36  # of the width, for the words beside the first crossover
_MODES = {  # of memory without sync: the look of the strategy that gives it, and a dash
    "coherent": ("coherent", "-"),
    "writecombine": ("write_combine", "-."),
    "uncached": ("null", ":"),
}
_DASHES = ("-", "--", ":")


def pictures(report: Report) -> list[Picture]:
    """None on an emulated machine's other clocks, where an uncached read costs what any does."""
    if not lead.prices_caches(report):
        return []
    return [
        picture(report, choice)
        for target in report.target_names
        for choice in consumer_loop.choices(report, target)
    ]


def slug(report: Report, choice: Choice) -> str:
    params = choice.params
    return ".".join(
        (report.slug, words.slug(params.target), "uncached-or-synced", params.workload.slug, str(params.size))
    )


def picture(report: Report, choice: Choice) -> Picture:
    params = choice.params
    verb = {"read": "reads", "copy": "copies", "write": "writes"}[params.access]
    shown = _spread(choice.against)
    title = f"User space {verb} a buffer of {words.size(params.size)}: uncached, or cached and synced?"
    ways = [params.pattern] if params.pattern != "sequential" else []
    ways += ["widest vectors"] if params.width == "vector" else []
    ways += [f"caches {params.cache_state} before"] if params.cache_state != "as_is" else []
    count = len(choice.without_sync) + len(shown)
    figure, axes = style.frame(
        title,
        " · ".join((report.label, params.target, *ways)),
        footer(report),
        2.9,
        legend_rows=count,
    )
    handles: list[Any] = []
    labels: list[str] = []
    drawn: list[Row] = []
    costs: dict[str, list[float]] = {}
    for mode, rows in choice.without_sync.items():
        look, dash = _MODES[mode]
        twin = next((m for m, c in costs.items() if _alike(c, [r.real_time for r in rows.values()])), "")
        costs[mode] = [r.real_time for r in rows.values()]
        handles.append(_line(axes, rows, style.look(look), dash, twin=bool(twin)))
        kind = str(next(iter(rows.values())).mapping.get("user") or "")
        labels.append(
            f"{consumer_loop.MODES[mode]}, no sync"
            + (f" ({kind})" if kind else "")
            + (f": as {consumer_loop.MODES[twin]}" if twin else "")
        )
        drawn += rows.values()
    for loop, dash in zip(shown, _DASHES):
        rows = choice.cached[loop.every]
        handles.append(_line(axes, rows, style.look("streaming_single"), dash))
        labels.append("cached, synced each time" if loop.every == 1 else f"cached, synced every {loop.every} times")
        drawn += rows.values()
    times = [row.real_time for row in drawn]
    amounts = sorted({row.params.touch_bytes or row.params.size for row in drawn})
    style.duration_ticks(axes, min(times), max(times) * 1.6)
    style.size_ticks(axes, amounts)
    axes.set_xlim(amounts[0] / 1.15, amounts[-1] * 1.15)
    _turns(axes, shown)
    axes.set_xlabel(f"bytes {'read' if verb == 'reads' else verb.replace('ies', 'ied').replace('writes', 'written')} per transfer")
    axes.set_ylabel(cost_label(report, "time per transfer"))
    axes.grid(True)
    style.legend(figure, handles, labels)
    return Picture(
        slug=slug(report, choice),
        title=title,
        caption=_caption(choice),
        figure=figure,
        rows=drawn,
        main=not ways,
    )


def _spread(loops: Sequence[Loop]) -> list[Loop]:
    """The most and the least frequent, and the one in the middle."""
    if len(loops) <= FREQUENCIES:
        return list(loops)
    return [loops[0], loops[len(loops) // 2], loops[-1]]


def _alike(a: Sequence[float], b: Sequence[float]) -> bool:
    return len(a) == len(b) and all(abs(x - y) <= 0.03 * max(x, y) for x, y in zip(a, b))


def _line(axes: Any, rows: dict[int, Row], look: style.Look, dash: str, twin: bool = False) -> Any:
    """One that lies on another is drawn wide, below it."""
    times = [row.real_time for row in rows.values()]
    (handle,) = axes.plot(
        list(rows),
        times,
        color=look.tone.light,
        marker=look.marker,
        linestyle="-" if twin else dash,
        markerfacecolor=style.PAPER.light if dash == ":" else look.tone.light,
        linewidth=5 if twin else 1.7,
        markersize=9 if twin else 4.5,
        alpha=0.5 if twin else 1,
        zorder=2 if twin else 3,
    )
    hover.points(axes, list(rows), times, list(rows.values()))
    return handle


def _turns(axes: Any, shown: Sequence[Loop]) -> None:
    """A ring at each crossover with its place; at the first one, which way is which."""
    turning = [loop for loop in shown if loop.turn]
    for loop in turning:
        assert loop.turn
        axes.plot(
            [loop.turn.size],
            [loop.turn.cost_ns],
            marker="o",
            markersize=10,
            markerfacecolor="none",
            markeredgecolor=style.INK.light,
            markeredgewidth=1.4,
            linestyle="none",
            zorder=6,
        )
        axes.annotate(
            words.size(round(loop.turn.size)),
            (loop.turn.size, loop.turn.cost_ns),
            xytext=(8, -5),
            textcoords="offset points",
            ha="left",
            va="top",
            size=8.5,
            weight="bold",
            bbox={"facecolor": style.PAPER.light, "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
            zorder=7,
        )
    if not turning or not turning[0].turn:
        return
    place = turning[0].turn.size
    axes.axvline(place, color=style.INK.light, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    low, high = (math.log(x) for x in axes.get_xlim())
    part = (math.log(place) - low) / (high - low)
    ways = [("← leave uncached", "right", -5, part), ("cache, sync each time →", "left", 5, 1 - part)]
    for text, side, shift, room in ways:
        if room < ROOM:
            continue
        axes.annotate(
            text,
            (place, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(shift, -2),
            textcoords="offset points",
            ha=side,
            va="top",
            size=8,
            bbox={"facecolor": style.PAPER.light, "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
            zorder=7,
        )


def _caption(choice: Choice) -> str:
    first = choice.against[0]
    text = f"{first.answer[:1].upper()}{first.answer[1:]}."
    rare = choice.against[-1]
    if rare is not first:
        text += (
            " Syncing less often is right only where a transfer is looked at several times: until the next sync the CPU "
            "sees what it had cached."
        )
    return text
