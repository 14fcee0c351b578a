# SPDX-License-Identifier: GPL-2.0-only
"""The consumer's loop in user space: a cached buffer with its syncs, against an uncached one without.

Syncing costs by the buffer, an uncached read by the bytes read, so that the amount touched decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Mapping

from dmabench_reports import words
from dmabench_reports.analysis import Crossover, find_crossovers, verdict
from dmabench_reports.model import Params, Report, Row

CACHED = "cached with sync"
LEAST_AMOUNTS = 3
_MODES = {
    "uncached": "uncached",
    "writecombine": "write-combined",
    "coherent": "coherent",
}


@dataclass(frozen=True)
class Loop:
    """One way of doing without syncs against a cached buffer, over the amounts that both were measured with."""

    params: Params  # of the rows without sync, but for the amount
    rows: Mapping[int, tuple[Row, Row]]  # by bytes touched: without sync, cached with sync
    verdicts: tuple[str, ...]
    crossovers: tuple[Crossover, ...]

    @property
    def amounts(self) -> list[int]:
        return list(self.rows)

    @property
    def without(self) -> str:
        return f"{_MODES[self.params.cache_mode]} without sync"

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
        winners = [v for v in dict.fromkeys(self.verdicts) if v != "tie"]
        if not winners:
            return f"{self.without} and {CACHED} cost the same {between}"
        loser = self.without if winners[0] == CACHED else CACHED
        ties = ", or as cheap," if "tie" in self.verdicts else ""
        return f"{winners[0]} is cheaper than {loser}{ties} at every amount {between}"

    @property
    def detail(self) -> str:
        """Access and syncs, apart and together, at both ends."""
        return "; ".join(
            f"{words.size(amount)}: {_costs(self.rows[amount][0], self.without)}, {_costs(self.rows[amount][1], CACHED)}"
            for amount in (self.amounts[0], self.amounts[-1])
        )

    @property
    def basis(self) -> list[Row]:
        chosen = [a for one in self.crossovers for a in (one.below, one.above)]
        chosen = sorted(set(chosen or [self.amounts[0], self.amounts[-1]]))
        return [row for amount in chosen for row in self.rows[amount]]


def _costs(row: Row, name: str) -> str:
    parts = [f"{phase} {words.duration(ns)}" for phase, ns in row.figures.items()]
    apart = f" ({', '.join(parts)})" if len(parts) > 1 else ""
    return f"{name} {words.duration(row.real_time)}{apart}"


def _amount(row: Row) -> int:
    return row.params.touch_bytes or row.params.size


def loops(report: Report, target: str) -> list[Loop]:
    """Every uncached series against the cached one of the same buffer, work and direction."""
    by_params: dict[Params, dict[int, Row]] = {}
    for row in report.rows:
        if row.params.target == target and row.params.access != "none":
            by_params.setdefault(replace(row.params, touch_bytes=0), {})[_amount(row)] = row
    out = []
    for params, rows in by_params.items():
        if params.cache_mode not in _MODES or params.sync_every:
            continue
        found = [
            _loop(params, rows, other_rows)
            for other, other_rows in by_params.items()
            if other.cache_mode == "cached"
            and other.sync_every == 1
            and other.series.whole_sync
            and _same_work(params, other)
        ]
        out += [one for one in found if one is not None][:1]
    mode = list(_MODES)
    out.sort(key=lambda one: (one.params.access, one.params.pattern, one.params.width, mode.index(one.params.cache_mode)))
    return out


def _same_work(a: Params, b: Params) -> bool:
    """Coherent memory has no direction."""
    return (a.size, a.workload) == (b.size, b.workload) and (
        a.direction == b.direction or a.strategy in ("coherent", "write_combine")
    )


def _loop(params: Params, rows: Mapping[int, Row], cached: Mapping[int, Row]) -> Loop | None:
    amounts = sorted(set(rows) & set(cached))
    if len(amounts) < LEAST_AMOUNTS:
        return None
    pairs = {amount: (rows[amount], cached[amount]) for amount in amounts}
    loop = Loop(params, pairs, (), ())
    names = {"coherent": loop.without, "streaming": CACHED, "tie": "tie"}
    verdicts = tuple(names[verdict(*pair)] for pair in pairs.values())
    crossovers = find_crossovers(
        amounts,
        [a.real_time for a, _ in pairs.values()],
        [b.real_time for _, b in pairs.values()],
        verdicts,
    )
    return Loop(params, pairs, verdicts, tuple(crossovers))
