# SPDX-License-Identifier: GPL-2.0-only
"""The same few points on every platform, one picture per point and clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Optional, Sequence

from dmabench_reports import style, words
from dmabench_reports.model import Params, Report, Row, Timebase
from dmabench_reports.plots import hover
from dmabench_reports.plots.picture import Picture, footer, cost_label


@dataclass(frozen=True)
class Chosen:
    """A point that is looked for on each platform."""

    title: str
    short: str
    params: Params


_MAP = Params("streaming_single", map_every=1)
_SYNC = Params("streaming_single", sync_every=1)
_COHERENT = Params("coherent")
_USER = Params("coherent", cache_mode="coherent", access="read")
K4, K64 = 4096, 65536

CHOSEN = (
    Chosen("Map and unmap 4 KiB", "map, unmap 4 KiB", replace(_MAP, size=K4)),
    Chosen("Map and unmap 64 KiB", "map, unmap 64 KiB", replace(_MAP, size=K64)),
    Chosen("Sync 4 KiB both ways", "sync 4 KiB", replace(_SYNC, size=K4)),
    Chosen("Sync 64 KiB both ways", "sync 64 KiB", replace(_SYNC, size=K64)),
    Chosen(
        "Coherent lap, not accessed, 4 KiB",
        "coherent lap 4 KiB",
        replace(_COHERENT, size=K4),
    ),
    Chosen(
        "Kernel reads 64 KiB of coherent memory",
        "coherent, read 64 KiB",
        replace(_COHERENT, size=K64, touch="read"),
    ),
    Chosen(
        "Map, kernel reads, unmap, 64 KiB",
        "map, read, unmap 64 KiB",
        replace(_MAP, size=K64, touch="read"),
    ),
    Chosen(
        "Sync, kernel reads, 64 KiB",
        "sync, read 64 KiB",
        replace(_SYNC, size=K64, touch="read"),
    ),
    Chosen(
        "User space reads 64 KiB of coherent memory",
        "user reads coherent 64 KiB",
        replace(_USER, size=K64),
    ),
    Chosen(
        "User space reads 64 KiB, cached and synced",
        "user reads cached 64 KiB",
        Params(
            "streaming_page", size=K64, sync_every=1, cache_mode="cached", access="read"
        ),
    ),
    Chosen(
        "Allocate and free 4 KiB coherent",
        "coherent alloc, free 4 KiB",
        replace(_COHERENT, size=K4, map_every=1),
    ),
    Chosen(
        "Take and return a pool block of 4 KiB",
        "pool 4 KiB",
        Params("pool", size=K4, map_every=1),
    ),
)


@dataclass(frozen=True)
class Place:
    """A platform and one of its targets: a line of the picture, a row of the table."""

    report: Report
    target: str

    @property
    def label(self) -> str:
        if len(self.report.target_names) == 1:
            return self.report.label
        return f"{self.report.label} {self.target.replace('platform-', '')}"


@dataclass(frozen=True)
class Cell:
    """What one place has for one point: a row, or words."""

    row: Optional[Row]
    word: str = ""
    why: str = ""


@dataclass(frozen=True)
class Table:
    """All places with one kind of nanosecond."""

    timebase: Timebase
    places: list[Place]
    chosen: list[Chosen]
    cells: dict[tuple[int, int], Cell]  # (place, chosen)


def tables(reports: Sequence[Report]) -> list[Table]:
    """One table per clock, model and kind of machine."""
    kinds: dict[Timebase, list[Place]] = {}
    for report in reports:
        for target in report.target_names:
            kinds.setdefault(report.timebase, []).append(Place(report, target))
    return [_table(timebase, places) for timebase, places in kinds.items()]


def _table(timebase: Timebase, places: list[Place]) -> Table:
    chosen: list[Chosen] = []
    cells: dict[tuple[int, int], Cell] = {}
    for one in CHOSEN:
        column = _best_column(one, places)
        if any(cell.row for cell in column):
            for i, cell in enumerate(column):
                cells[i, len(chosen)] = cell
            chosen.append(one)
    return Table(timebase, places, chosen, cells)


def _best_column(one: Chosen, places: list[Place]) -> list[Cell]:
    """The same direction all over; the first of them that most places have."""
    columns = []
    for direction in ("bidirectional", "from_device", "to_device"):
        columns.append(
            [
                _cell(p, replace(one.params, direction=direction, target=p.target))
                for p in places
            ]
        )
    return max(columns, key=lambda column: sum(cell.row is not None for cell in column))


def _cell(place: Place, params: Params) -> Cell:
    for row in place.report.rows:
        if row.params == params:
            return Cell(row)
    missing = place.report.find_missing(params)
    if missing:
        return Cell(None, missing[0], missing[1].reason)
    return Cell(None, "not measured", "the point is not in the scenarios of this run")


def pictures(table: Table, slug: str) -> list[Picture]:
    if len(table.places) < 2:
        return []
    out: list[Picture] = []
    for j, one in enumerate(table.chosen):
        column = [table.cells[i, j] for i in range(len(table.places))]
        out.append(
            _picture(table, one, column, f"{slug}.{words.slug(one.short.lower())}")
        )
    return out


def _picture(table: Table, one: Chosen, column: list[Cell], slug: str) -> Picture:
    report = table.places[0].report
    labels = [place.label for place in table.places]
    left = 0.22 + max(len(label) for label in labels) * 0.068
    figure, axes = style.frame(
        one.title,
        f"{one.params.strategy}"
        + (f", {one.params.series.usage}" if one.params.series.usage else ""),
        footer(report),
        0.1 + 0.2 * len(column),
        left=min(left, 2.4),
        right=0.62,
    )
    look = style.look(one.params.strategy)
    costs = [cell.row.real_time for cell in column if cell.row]
    style.duration_ticks(
        axes, min(costs), max(costs) * (1 if max(costs) > min(costs) * 1.5 else 2), "x"
    )
    _thin_ticks(axes)
    low = axes.get_xlim()[0]
    for i, cell in enumerate(column):
        if cell.row is None:
            axes.annotate(
                cell.word,
                (low, i),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                size=7.5,
                style="italic",
                color=style.MUTED.light,
            )
            continue
        cost = cell.row.real_time
        axes.plot(
            [low, cost], [i, i], color=look.tone.light, linewidth=1, alpha=0.4, zorder=2
        )
        axes.plot(
            [cost],
            [i],
            color=look.tone.light,
            marker=look.marker,
            markersize=6,
            zorder=3,
            clip_on=False,
        )
        hover.points(axes, [cost], [i], [cell.row])
        axes.annotate(
            words.duration(cost),
            (cost, i),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            size=7.5,
        )
    axes.set_ylim(len(column) - 0.5, -0.5)
    axes.set_yticks(range(len(column)))
    axes.set_yticklabels(labels, size=8)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(cost_label(report, "cost of a lap, log scale", " "))
    axes.grid(True, axis="x")
    return Picture(
        slug=slug,
        title=one.title,
        caption="",
        figure=figure,
        rows=[c.row for c in column if c.row],
    )


def _thin_ticks(axes: Any) -> None:
    """At most four, or their labels run into one another on this short axis."""
    ticks = list(axes.get_xticks())
    step = -(-len(ticks) // 4)
    ticks = ticks[::step]
    axes.set_xticks(ticks)
    axes.set_xticklabels([style.tick_duration(t) for t in ticks])
