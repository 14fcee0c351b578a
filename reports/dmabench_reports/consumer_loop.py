# SPDX-License-Identifier: GPL-2.0-only
"""The consumer's loop in user space: a cached buffer with its syncs, against an uncached one without.

Syncing costs by the buffer, an uncached read by the bytes read, so that the amount touched decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Mapping, Sequence

from dmabench_reports import words
from dmabench_reports.analysis import Crossover, find_crossovers, verdict
from dmabench_reports.model import Params, Report, Row

LEAST_AMOUNTS = 3
MODES = {  # of memory that needs no sync, the one that a driver gets by itself first
    "coherent": "coherent",
    "writecombine": "write-combined",
    "uncached": "uncached",
}


@dataclass(frozen=True)
class Loop:
    """One way of doing without syncs against a cached buffer, over the amounts that both were measured with."""

    params: Params  # of the rows without sync, but for the amount
    every: int  # the cached buffer is synced once in so many laps
    rows: Mapping[int, tuple[Row, Row]]  # by bytes touched: without sync, cached with sync
    verdicts: tuple[str, ...]
    crossovers: tuple[Crossover, ...]

    @property
    def amounts(self) -> list[int]:
        return list(self.rows)

    @property
    def without(self) -> str:
        return f"{MODES[self.params.cache_mode]} without sync"

    @property
    def cached(self) -> str:
        return "cached with sync" if self.every == 1 else f"cached, synced every {self.every} laps"

    @property
    def subject(self) -> str:
        """What user space does with how much of which buffer."""
        part = f"a part of {words.size(self.params.size)}"
        return self.params.workload.text.replace("the whole buffer", part)

    @property
    def answer(self) -> str:
        """In words, with the crossover in bytes touched."""
        if self.crossovers:
            first = self.crossovers[0]
            parts = [f"{first.cheaper_below} is cheaper up to {words.size(first.size)} touched"]
            for i, one in enumerate(self.crossovers):
                last = i + 1 == len(self.crossovers)
                upper = "" if last else f" up to {words.size(self.crossovers[i + 1].size)}"
                parts.append(f"{one.cheaper_above}{upper}" if upper else f"above it {one.cheaper_above}")
            return "; ".join(parts)
        between = f"from {words.size(self.amounts[0])} to {words.size(self.amounts[-1])} touched"
        if not self.winner:
            return f"{self.without} and {self.cached} cost the same {between}"
        loser = self.without if self.winner == self.cached else self.cached
        ties = ", or as cheap," if "tie" in self.verdicts else ""
        return f"{self.winner} is cheaper than {loser}{ties} at every amount {between}"

    @property
    def winner(self) -> str:
        """The one that is cheaper at some amount and dearer at none; "" where that is neither."""
        found = set(self.verdicts) - {"tie"}
        return found.pop() if len(found) == 1 else ""

    @property
    def turn(self) -> Crossover | None:
        """The place from which on caching pays, where there is just this one."""
        if len(self.crossovers) == 1 and self.crossovers[0].cheaper_above == self.cached:
            return self.crossovers[0]
        return None

    @property
    def detail(self) -> str:
        """Access and syncs, apart and together, at both ends."""
        return "; ".join(
            f"{words.size(amount)}: {_costs(self.rows[amount][0], self.without)}, {_costs(self.rows[amount][1], self.cached)}"
            for amount in (self.amounts[0], self.amounts[-1])
        )

    @property
    def basis(self) -> list[Row]:
        chosen = [a for one in self.crossovers for a in (one.below, one.above)]
        chosen = sorted(set(chosen or [self.amounts[0], self.amounts[-1]]))
        return [row for amount in chosen for row in self.rows[amount]]


@dataclass(frozen=True)
class Choice:
    """A buffer and what user space does with it: each way without syncs against each frequency of syncing."""

    loops: Sequence[Loop]

    @property
    def params(self) -> Params:
        return self.loops[0].params

    @property
    def against(self) -> list[Loop]:
        """Of the first of the modes without sync: one loop for each frequency, the most frequent first."""
        return [one for one in self.loops if one.params == self.params]

    @property
    def without_sync(self) -> dict[str, dict[int, Row]]:
        """By cache mode and bytes touched."""
        out: dict[str, dict[int, Row]] = {}
        for one in self.loops:
            out.setdefault(one.params.cache_mode, {a: pair[0] for a, pair in one.rows.items()})
        return out

    @property
    def cached(self) -> dict[int, dict[int, Row]]:
        """By laps per sync and bytes touched."""
        return {one.every: {a: pair[1] for a, pair in one.rows.items()} for one in self.against}


def _costs(row: Row, name: str) -> str:
    parts = [f"{phase} {words.duration(ns)}" for phase, ns in row.figures.items()]
    apart = f" ({', '.join(parts)})" if len(parts) > 1 else ""
    return f"{name} {words.duration(row.real_time)}{apart}"


def _amount(row: Row) -> int:
    return row.params.touch_bytes or row.params.size


def loops(report: Report, target: str) -> list[Loop]:
    """Every uncached series against the cached ones of the same buffer, work and direction: one for each frequency."""
    by_params: dict[Params, dict[int, Row]] = {}
    for row in report.rows:
        if row.params.target == target and row.params.access != "none":
            by_params.setdefault(replace(row.params, touch_bytes=0), {})[_amount(row)] = row
    out = []
    for params, rows in by_params.items():
        if params.cache_mode not in MODES or params.sync_every:
            continue
        found: dict[int, Loop] = {}
        for other, other_rows in by_params.items():
            if other.cache_mode == "cached" and other.sync_every and other.series.whole_sync and _same_work(params, other):
                one = _loop(params, rows, other.sync_every, other_rows)
                if one is not None:
                    found.setdefault(other.sync_every, one)
        out += found.values()
    mode = list(MODES)
    out.sort(
        key=lambda one: (
            ("read", "copy", "write").index(one.params.access),
            one.params.cache_state != "as_is",
            one.params.cache_state,
            one.params.pattern != "sequential",
            one.params.pattern,
            one.params.width != "word",
            one.params.size,
            mode.index(one.params.cache_mode),
            one.every,
        )
    )
    return out


def choices(report: Report, target: str) -> list[Choice]:
    """The loops by buffer and work: the plain read first."""
    groups: dict[object, list[Loop]] = {}
    for one in loops(report, target):
        groups.setdefault((one.params.size, one.params.workload), []).append(one)
    return [Choice(group) for group in groups.values()]


def _same_work(a: Params, b: Params) -> bool:
    """Coherent memory has no direction."""
    return (a.size, a.workload) == (b.size, b.workload) and (
        a.direction == b.direction or a.strategy in ("coherent", "write_combine")
    )


def _loop(params: Params, rows: Mapping[int, Row], every: int, cached: Mapping[int, Row]) -> Loop | None:
    amounts = sorted(set(rows) & set(cached))
    if len(amounts) < LEAST_AMOUNTS:
        return None
    pairs = {amount: (rows[amount], cached[amount]) for amount in amounts}
    loop = Loop(params, every, pairs, (), ())
    names = {"coherent": loop.without, "streaming": loop.cached, "tie": "tie"}
    verdicts = tuple(names[verdict(*pair)] for pair in pairs.values())
    crossovers = find_crossovers(
        amounts,
        [a.real_time for a, _ in pairs.values()],
        [b.real_time for _, b in pairs.values()],
        verdicts,
    )
    return replace(loop, verdicts=verdicts, crossovers=tuple(crossovers))
