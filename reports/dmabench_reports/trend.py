# SPDX-License-Identifier: GPL-2.0-only
"""Many runs of a platform in the order of their dates, and where a point's cost changed for good.

On an exact clock (instructions, modelled) every other figure is a change. Elsewhere runs scatter: a series is cut
where two medians, one of the runs before and one of those after, fit the costs best (least sum of absolute
differences of logarithms), if a two-sided rank test (Mann and Whitney's), its p multiplied by the number of places
where the cut could have been, stays below ALPHA and the medians differ by THRESHOLD at least; then both parts are
looked at the same way (binary segmentation).
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from statistics import median
from typing import Any, Mapping, Optional, Sequence

import numpy

from dmabench_reports.model import Report, Row, Timebase

EXACT = ("instructions", "modelled")
ALPHA = 0.01
THRESHOLD = 0.05
SIDE = 3  # runs that a part has at least
EXACT_P = 60  # runs up to which all ways to share out the ranks are counted

# What a change can come from, as context.platform names it.
SUBJECT = (
    "kernel",
    "kernel_version",
    "module_version",
    "harness_version",
    "cpu_model",
    "governor",
    "preempt",
)


@dataclass(frozen=True)
class Change:
    """From run number `at` on (0 is the oldest that has the point) the cost is another."""

    at: int
    before: float
    after: float

    @property
    def relative(self) -> float:
        return self.after / self.before - 1


@dataclass(frozen=True)
class Trend:
    """A point over the runs that have it."""

    name: str
    runs: list[int]  # numbers of the runs, in the history's order
    rows: list[Row]
    changes: list[Change]

    @property
    def costs(self) -> list[float]:
        return [row.real_time for row in self.rows]

    @property
    def relative(self) -> float:
        return self.costs[-1] / self.costs[0] - 1

    def levels(self) -> list[tuple[int, int, float]]:
        """(first, last, median) of each stretch between changes, as places in `rows`."""
        bounds = [0, *(c.at for c in self.changes), len(self.rows)]
        return [
            (low, high - 1, median(self.costs[low:high]))
            for low, high in zip(bounds, bounds[1:])
        ]


@dataclass(frozen=True)
class History:
    """The runs of one platform with one kind of nanosecond."""

    platform: str
    timebase: Timebase
    runs: list[Report]
    trends: list[Trend]

    @property
    def exact(self) -> bool:
        return self.timebase.clock in EXACT

    @property
    def changed(self) -> list[Trend]:
        """The points that changed, the greatest change first."""
        found = [t for t in self.trends if t.changes]
        return sorted(
            found,
            key=lambda t: (-max(abs(math.log1p(c.relative)) for c in t.changes), t.name),
        )

    @property
    def too_few(self) -> bool:
        """Whether no change could be told whatever the figures."""
        return not self.exact and len(self.runs) < least_runs()

    def differences(self, number: int) -> list[str]:
        """What is another in this run's fingerprint than in the run before."""
        if number == 0:
            return []
        old, new = (self.runs[n].fingerprint for n in (number - 1, number))
        return [
            f"{field}: {old.get(field, 'unknown')} → {new.get(field, 'unknown')}"
            for field in SUBJECT
            if old.get(field) != new.get(field)
        ]


def date_of(report: Report) -> Optional[datetime.datetime]:
    """When the run was made; a date without a zone counts as UTC's."""
    text = str(report.context.get("date") or "")
    try:
        date = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=datetime.timezone.utc)


def histories(reports: Sequence[Report]) -> list[History]:
    """By platform, clock and model; only such of two runs at least. The same run given twice counts once."""
    groups: dict[tuple[str, Timebase], list[Report]] = {}
    for report in reports:
        groups.setdefault((report.platform, report.timebase), []).append(report)
    out = []
    oldest = datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)
    for (platform, timebase), found in groups.items():
        runs: list[Report] = []
        for report in sorted(found, key=lambda r: date_of(r) or oldest):
            if not any(_same_run(report, other) for other in runs):
                runs.append(report)
        if len(runs) > 1:
            trends = _trends(runs, timebase.clock in EXACT)
            out.append(History(platform, timebase, runs, trends))
    return out


def _same_run(a: Report, b: Report) -> bool:
    return (
        a.context.get("date") == b.context.get("date")
        and a.meta.get("seed") == b.meta.get("seed")
        and [(r.name, r.real_time) for r in a.rows] == [(r.name, r.real_time) for r in b.rows]
    )


def _trends(runs: Sequence[Report], exact: bool) -> list[Trend]:
    points: dict[str, list[tuple[int, Row]]] = {}
    for number, run in enumerate(runs):
        for row in run.rows:
            points.setdefault(row.name, []).append((number, row))
    out = []
    for name, found in points.items():
        costs = [row.real_time for _, row in found]
        places = exact_changes(costs) if exact else noisy_changes(costs)
        bounds = [0, *places, len(costs)]
        levels = [median(costs[a:b]) for a, b in zip(bounds, bounds[1:])]
        changes = [
            Change(at, before, after)
            for at, before, after in zip(places, levels, levels[1:])
        ]
        out.append(
            Trend(name, [n for n, _ in found], [row for _, row in found], changes)
        )
    return out


def exact_changes(costs: Sequence[float]) -> list[int]:
    return [i for i in range(1, len(costs)) if costs[i] != costs[i - 1]]


def noisy_changes(costs: Sequence[float]) -> list[int]:
    """Places at which another level begins."""
    places = range(SIDE, len(costs) - SIDE + 1)
    if not places:
        return []
    logs = [math.log(cost) for cost in costs]
    cut = min(places, key=lambda k: _spread(logs[:k]) + _spread(logs[k:]))
    before, after = costs[:cut], costs[cut:]
    if rank_p(before, after) * len(places) > ALPHA:
        return []
    ratio = median(after) / median(before)
    if max(ratio, 1 / ratio) < 1 + THRESHOLD:
        return []
    return [
        *noisy_changes(before),
        cut,
        *(cut + later for later in noisy_changes(after)),
    ]


def doubled_ranks(values: Sequence[float]) -> list[int]:
    """Twice the rank of each: an integer also where values tie."""
    ordered = sorted(values)
    first: dict[float, int] = {}
    last: dict[float, int] = {}
    for rank, value in enumerate(ordered, 1):
        first.setdefault(value, rank)
        last[value] = rank
    return [first[v] + last[v] for v in values]


def _spread(values: Sequence[float]) -> float:
    """Sum of the distances from the median."""
    middle = median(values)
    return sum(abs(value - middle) for value in values)


def rank_p(before: Sequence[float], after: Sequence[float]) -> float:
    """Two-sided p of Mann and Whitney's test, ties included."""
    values = [*before, *after]
    n, m = len(values), len(before)
    ranks = doubled_ranks(values)
    mean = m * (n + 1)
    off = abs(sum(ranks[:m]) - mean)
    if n > EXACT_P:
        ties = sum(ranks.count(r) ** 2 - 1 for r in ranks)
        variance = m * (n - m) / 3 * ((n + 1) - ties / (n * (n - 1)))
        if variance <= 0:
            return 1.0
        return math.erfc(max(0.0, off - 1) / math.sqrt(2 * variance))
    # ways[k][s]: how many ways there are to take k of the values with ranks that sum up to s
    ways = numpy.zeros((m + 1, sum(ranks) + 1))
    ways[0, 0] = 1
    for rank in ranks:
        for k in range(m, 0, -1):
            ways[k, rank:] += ways[k - 1, : ways.shape[1] - rank]
    sums = numpy.arange(ways.shape[1])
    return float(ways[m, abs(sums - mean) >= off].sum() / math.comb(n, m))


def least_runs() -> int:
    """The fewest runs that can show a change on a clock that is not exact."""
    n = 2 * SIDE
    while 2 / math.comb(n, n // 2) * (n - 2 * SIDE + 1) > ALPHA:
        n += 1
    return n


def summary(found: Sequence[History]) -> list[Mapping[str, Any]]:
    """What is said of each history, for the terminal and the page."""
    out = []
    for one in found:
        first, last = (date_of(run) for run in (one.runs[0], one.runs[-1]))
        span = (
            f" from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
            if first and last
            else ""
        )
        if one.too_few:
            said = f"fewer than the {least_runs()} runs that can show a change on a clock with noise"
        elif not one.changed:
            said = f"none of {len(one.trends)} points changed"
        else:
            top = one.changed[0]
            change = max(top.changes, key=lambda c: abs(math.log1p(c.relative)))
            said = (
                f"{len(one.changed)} of {len(one.trends)} points changed, the most "
                f"{top.name}: {signed(change.relative)}"
            )
        out.append({"history": one, "text": f"{len(one.runs)} runs{span}: {said}."})
    return out


def signed(relative: float) -> str:
    """+12 %, −3.1 %."""
    from dmabench_reports import words

    sign = "+" if relative > 0 else words.MINUS if relative < 0 else "±"
    return sign + words.percent(abs(relative))
