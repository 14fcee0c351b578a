# SPDX-License-Identifier: GPL-2.0-only
"""Lines of cost over an axis, drawn so that none hides under another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence

from matplotlib.axes import Axes

from dmabench_reports import style
from dmabench_reports.model import PHASES, Row, Series
from dmabench_reports.plots import hover

HIDDEN = 0.06  # lines closer than this all along cannot be told apart


@dataclass(frozen=True)
class Line:
    """The rows of a series over the values of one axis."""

    series: Series
    label: str
    rows: Mapping[int, Row]

    @property
    def dash(self) -> str:
        """Solid: made or mapped in each lap. Broken: there before, and synced or only accessed."""
        by_mode = {"writecombine": "-.", "uncached": ":"}
        if self.series.map_every:
            return "-"
        return by_mode.get(self.series.cache_mode, "--")

    @property
    def short(self) -> str:
        return self.series.strategy


def coinciding(lines: Sequence[Line]) -> dict[int, int]:
    """Indexes of lines that would hide an earlier one, with that one's: drawn thick below it."""
    out: dict[int, int] = {}
    for i, line in enumerate(lines):
        for j in range(i):
            both = [x for x in line.rows if x in lines[j].rows]
            if j in out or len(both) < 2 or len(both) < len(line.rows):
                continue
            pairs = [(line.rows[x].real_time, lines[j].rows[x].real_time) for x in both]
            if all(abs(a - b) <= HIDDEN * max(a, b) for a, b in pairs):
                out[i] = j
                break
    return out


def draw(axes: Axes, lines: Sequence[Line]) -> tuple[list[object], list[str]]:
    """Draw them with the costs' log axis; handles and labels for the legend."""
    twins = coinciding(lines)
    handles: list[object] = []
    labels = []
    for rank, line in enumerate(lines):
        look = style.look(line.series.strategy)
        twin = rank in twins
        (handle,) = axes.plot(
            list(line.rows),
            [row.real_time for row in line.rows.values()],
            color=look.tone.light,
            marker=look.marker,
            linestyle=line.dash,
            markerfacecolor=look.tone.light if line.dash == "-" else style.PAPER.light,
            linewidth=4 if twin else 1.5,
            markersize=8 if twin else 4.5,
            alpha=0.6 if twin else 1,
            clip_on=False,
            zorder=3 + (len(lines) - rank) / 100 - twin,
        )
        hover.points(
            axes,
            list(line.rows),
            [row.real_time for row in line.rows.values()],
            list(line.rows.values()),
        )
        for x, row in line.rows.items():
            if row.ci and row.ci[1] > row.ci[0] * 1.02:
                axes.vlines(x, *row.ci, color=look.tone.light, linewidth=3, alpha=0.35)
        handles.append(handle)
        label = line.label
        if twin:
            other = lines[twins[rank]]
            same = other.series.strategy == line.series.strategy
            as_what = other.series.cache_mode if same else other.series.strategy
            label += f" (as {as_what})" if as_what != "none" else " (as the one above)"
        labels.append(label)
    costs = [row.real_time for line in lines for row in line.rows.values()]
    style.duration_ticks(axes, min(costs), max(costs))
    axes.grid(True, axis="both")
    return handles, labels


def rows_of(lines: Sequence[Line]) -> list[Row]:
    return [row for line in lines for row in line.rows.values()]


def no_figure_words(rows: Sequence[Row]) -> str:
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
            f"Elided in some of these rows (this kernel does nothing there): {', '.join(elided)}."
        )
    if below:
        parts.append(
            f"Below the clock in some of these rows (too short to be told): {', '.join(below)}."
        )
    return " ".join(parts)
