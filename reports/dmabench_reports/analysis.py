# SPDX-License-Identifier: GPL-2.0-only
"""Answers computed from rows: crossovers, shares, agreement of two runs. No text, no drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import median
from typing import Iterable, Mapping, Optional, Sequence

from dmabench_reports.model import Report, Row, Series, Workload, by_size, is_streaming

TIE = 0.02  # costs that differ by less are called equal, as are overlapping intervals


@dataclass(frozen=True)
class Crossover:
    """Where two lines meet, log-interpolated between two measured sizes."""

    size: float
    below: int  # the last measured size at which `cheaper_below` is cheaper
    above: int  # the first measured size at which `cheaper_above` is cheaper
    cheaper_below: str
    cheaper_above: str
    cost_ns: float


@dataclass(frozen=True)
class Comparison:
    """Coherent against one way of streaming, over the sizes that both have."""

    workload: Workload
    coherent: Series
    streaming: Series
    sizes: tuple[int, ...]
    verdicts: tuple[str, ...]  # per size: "coherent", "streaming" or "tie"
    ratios: tuple[float, ...]  # per size: streaming / coherent
    crossovers: tuple[Crossover, ...]
    rows: Mapping[int, tuple[Row, Row]] = field(hash=False)

    @property
    def kind(self) -> str:
        """coherent, streaming or tie where one verdict holds all over, else crosses or mixed."""
        if self.crossovers:
            return "crosses"
        found = set(self.verdicts)
        return found.pop() if len(found) == 1 else "mixed"

    @property
    def basis(self) -> list[Row]:
        """The rows that the answer rests on: both sides of each crossover, or the two ends."""
        sizes: list[int] = []
        for one in self.crossovers:
            sizes += [one.below, one.above]
        chosen = sorted(set(sizes or [self.sizes[0], self.sizes[-1]]))
        return [row for size in chosen for row in self.rows[size]]


def verdict(coherent: Row, streaming: Row) -> str:
    """Which costs less per lap; "tie" within TIE or where the intervals overlap."""
    a, b = coherent.real_time, streaming.real_time
    if abs(a - b) <= TIE * max(a, b):
        return "tie"
    if (
        coherent.ci
        and streaming.ci
        and coherent.ci[0] <= streaming.ci[1]
        and streaming.ci[0] <= coherent.ci[1]
    ):
        return "tie"
    return "coherent" if a < b else "streaming"


def find_crossovers(
    sizes: Sequence[int],
    coherent: Sequence[float],
    streaming: Sequence[float],
    verdicts: Sequence[str],
) -> list[Crossover]:
    """Every place where the cheaper one changes.

    Ties in between do not count as a change of their own. The place is where the straight line of
    log(streaming / coherent) over log(size) passes 0 between two neighbouring measured sizes.
    """
    out = []
    last: Optional[int] = None
    for i, now in enumerate(verdicts):
        if now == "tie":
            continue
        if last is not None and verdicts[last] != now:
            size, cost = _meeting(sizes, coherent, streaming, last, i)
            out.append(
                Crossover(size, sizes[last], sizes[i], verdicts[last], now, cost)
            )
        last = i
    return out


def _meeting(
    sizes: Sequence[int],
    coherent: Sequence[float],
    streaming: Sequence[float],
    first: int,
    last: int,
) -> tuple[float, float]:
    gap = [math.log(streaming[i] / coherent[i]) for i in range(first, last + 1)]
    for k in range(len(gap) - 1):
        i = first + k
        if gap[k] == 0:
            return float(sizes[i]), coherent[i]
        if gap[k] * gap[k + 1] < 0:
            part = gap[k] / (gap[k] - gap[k + 1])
            x = math.log(sizes[i]) + part * math.log(sizes[i + 1] / sizes[i])
            y = math.log(coherent[i]) + part * math.log(coherent[i + 1] / coherent[i])
            return math.exp(x), math.exp(y)
    return float(sizes[last]), coherent[last]  # it passes 0 exactly at a measured size


def compare_series(
    workload: Workload,
    coherent: tuple[Series, Mapping[int, Row]],
    streaming: tuple[Series, Mapping[int, Row]],
) -> Optional[Comparison]:
    sizes = tuple(sorted(set(coherent[1]) & set(streaming[1])))
    if not sizes:
        return None
    rows = {s: (coherent[1][s], streaming[1][s]) for s in sizes}
    verdicts = tuple(verdict(*rows[s]) for s in sizes)
    a = [rows[s][0].real_time for s in sizes]
    b = [rows[s][1].real_time for s in sizes]
    found = find_crossovers(sizes, a, b, verdicts)
    ratios = tuple(y / x for x, y in zip(a, b))
    return Comparison(
        workload, coherent[0], streaming[0], sizes, verdicts, ratios, tuple(found), rows
    )


def reference(lines: Mapping[Series, Mapping[int, Row]]) -> Optional[Series]:
    """The series that stands for coherent memory: allocated once, in use for long."""
    found = [s for s in lines if s.strategy == "coherent" and s.map_every == 0]
    return (
        min(found, key=lambda s: (s.cache_mode not in ("coherent", "none"), s))
        if found
        else None
    )


# (map_every, sync_every) as drivers use them; what is mmap()ed uncached needs no sync.
_USUAL = {True: ((1, 0), (0, 1)), False: ((0, 0), (0, 1))}


def _is_cached(series: Series) -> bool:
    return series.cache_mode in ("none", "cached")


def usual_usages(lines: Mapping[Series, Mapping[int, Row]]) -> list[Series]:
    """Streaming as drivers use it: mapped for each transfer, or mapped once and synced each time.

    A strategy that has neither is given with all that it has.
    """
    streaming = [s for s in lines if is_streaming(s.strategy)]
    usual = [
        s
        for s in streaming
        if s.usual
        and s.whole_sync
        and (s.map_every, s.sync_every) in _USUAL[_is_cached(s)]
    ]
    have = {s.strategy for s in usual}
    return usual + [
        s for s in streaming if s.strategy not in have and (s.map_every or s.sync_every)
    ]


def comparisons(report: Report, workload: Workload) -> list[Comparison]:
    lines = by_size(report.in_workload(workload))
    coherent = reference(lines)
    if coherent is None:
        return []
    out = []
    for series in sorted(usual_usages(lines), key=lambda s: s.map_every == 0):
        if not _is_cached(series):
            continue
        one = compare_series(
            workload, (coherent, lines[coherent]), (series, lines[series])
        )
        if one is not None:
            out.append(one)
    return out


def preferred_direction(rows: Iterable[Row]) -> str:
    """The direction to show first: bidirectional where it was measured."""
    found = {r.params.direction for r in rows if is_streaming(r.params.strategy)}
    for direction in ("bidirectional", "from_device", "to_device"):
        if direction in found:
            return direction
    return "bidirectional"


def greatest_phase(row: Row) -> Optional[tuple[str, float, float]]:
    """(phase, ns per lap, share of the sum of all phases)."""
    figures = row.figures
    if not figures:
        return None
    name = max(figures, key=lambda n: figures[n])
    return name, figures[name], figures[name] / sum(figures.values())


@dataclass(frozen=True)
class Agreement:
    """Two runs of one platform, over the rows that both have."""

    platform: str
    clock: str
    compared: int
    only_first: int
    only_second: int
    greatest: float  # relative difference of real_time, of the smaller one
    median: float
    worst: str  # name of the row with the greatest difference


def agreement(first: Report, second: Report) -> Optional[Agreement]:
    """None where the two have no row in common or their nanoseconds are not the same thing."""
    if first.platform != second.platform or first.timebase != second.timebase:
        return None
    a = {r.name: r for r in first.rows}
    b = {r.name: r for r in second.rows}
    both = [n for n in a if n in b]
    if not both:
        return None
    differences = {}
    for name in both:
        x, y = a[name].real_time, b[name].real_time
        differences[name] = abs(x - y) / min(x, y)
    worst = max(differences, key=lambda n: differences[n])
    return Agreement(
        first.platform,
        first.clock,
        len(both),
        len(a) - len(both),
        len(b) - len(both),
        differences[worst],
        median(differences.values()),
        worst,
    )


def agreements(reports: Sequence[Report], repeats: Sequence[Report]) -> list[Agreement]:
    """Each report against its repeats, and against other reports of the same platform."""
    out = []
    for i, one in enumerate(reports):
        others = [r for r in reports[i + 1 :] if r.platform == one.platform]
        others += [r for r in repeats if r.platform == one.platform]
        out += [a for a in (agreement(one, other) for other in others) if a is not None]
    return out
