# SPDX-License-Identifier: GPL-2.0-only
"""What the page begins with: is coherent memory too slow to read for user space, or do syncs cost more than they save?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

from dmabench_reports import consumer_loop, words
from dmabench_reports.analysis import TIE
from dmabench_reports.consumer_loop import Choice, Loop
from dmabench_reports.model import Report, Row

SYNCS = ("sync_for_cpu", "sync_for_device")


@dataclass(frozen=True)
class Frequency:
    """A line of the table: what syncing so often comes to."""

    every: int
    turn: str  # from how many bytes on caching pays, or who wins everywhere
    cost: Optional[Row]  # of the whole amount, if it was measured


@dataclass(frozen=True)
class Lead:
    """The question's answer on one target of one platform."""

    report: Report
    target: str
    choice: Choice

    @property
    def place(self) -> str:
        return f"{self.report.label}, {self.target}"

    @property
    def often(self) -> Loop:
        """Coherent memory against the buffer that is synced the most often."""
        return self.choice.against[0]

    @property
    def amount(self) -> int:
        """The most that was read: the whole buffer, mostly."""
        return self.often.amounts[-1]

    @property
    def uncached(self) -> Row:
        """What is held against syncing, at the largest amount."""
        return self.often.rows[self.amount][0]

    @property
    def turns(self) -> bool:
        """Whether the answer changes with the amount: such a picture is worth the most."""
        return any(one.turn for one in self.choice.against)

    @property
    def is_cached(self) -> bool:
        """Whether memory that needs no sync is cached all the same, as that of a coherent device is."""
        return _memory(self.often.rows[self.amount][0]) == "write-back"

    @property
    def verdict(self) -> str:
        """Which way to go."""
        loop, verb = self.often, self.choice.params.access
        name = consumer_loop.MODES[loop.params.cache_mode]
        done = {"read": "read", "copy": "copied", "write": "written"}[verb]
        if loop.turn:
            return (
                f"Up to {words.size(round(loop.turn.size))} {done} per transfer leave it {_short(loop)}; "
                f"above that map it cached and sync it."
            )
        if loop.winner == loop.cached:
            return f"Map it cached and sync it: cheaper from {words.size(loop.amounts[0])} {done} per transfer on."
        if loop.winner == loop.without:
            where = f"{verb.capitalize()} {name} memory in place"
            if self.is_cached:
                return f"{where}: it is cached here, and needs no sync."
            return f"{where}: cheaper at every amount up to {words.size(self.amount)}, syncs counted."
        return f"{loop.answer[:1].upper()}{loop.answer[1:]}."

    @property
    def figures(self) -> str:
        """The verdict's numbers, at the largest amount."""
        without, cached = self.often.rows[self.amount]
        kind = _memory(without)
        what = f"{consumer_loop.MODES[self.often.params.cache_mode]} memory" + (f" ({kind})" if kind else "")
        verb = {"read": "reads", "copy": "copies", "write": "writes"}[self.choice.params.access]
        text = f"User space {verb} {words.size(self.amount)} of {what} in {words.duration(without.real_time)}"
        access = cached.figures.get("access")
        if access is None:
            return f"{text}, and of cached memory, synced, in {words.duration(cached.real_time)}."
        return (
            f"{text}, and of cached memory in {words.duration(access)} with {words.duration(syncs(cached))} of syncs "
            f"{_every(self.often.every)}: {_times(without.real_time, cached.real_time)}."
        )

    @property
    def others(self) -> str:
        """What the other modes without sync cost."""
        parts = [
            f"{consumer_loop.MODES[mode]}{_of(rows[self.amount])} {words.duration(rows[self.amount].real_time)}"
            for mode, rows in self.choice.without_sync.items()
            if mode != self.often.params.cache_mode and self.amount in rows
        ]
        return f"Other mappings without sync: {', '.join(parts)}." if parts else ""

    @property
    def frequencies(self) -> list[Frequency]:
        out = []
        for loop in self.choice.against:
            pair = loop.rows.get(self.amount)
            out.append(Frequency(loop.every, _turn(loop), pair[1] if pair else None))
        return out

    @property
    def rows(self) -> list[Row]:
        return self.often.basis

    @property
    def lines(self) -> list[str]:
        """For the terminal."""
        without, cached = (words.duration(row.real_time) for row in self.often.rows[self.amount])
        text = self.verdict[:-1]
        rare = self.choice.against[-1]
        if rare.turn and rare is not self.often:
            text += f" (synced {_every(rare.every)}: above {words.size(round(rare.turn.size))})"
        return [
            f"{self.place}: {text}",
            f"  all {words.size(self.amount)}: {without} {_short(self.often)}, {cached} cached and synced",
        ]


def leads(reports: Sequence[Report]) -> list[Lead]:
    out: list[Lead] = []
    for report in filter(prices_caches, reports):
        for target in report.target_names:
            found = [c for c in consumer_loop.choices(report, target) if c.params.access == "read"]
            if found:
                out.append(Lead(report, target, max(found, key=lambda c: len(c.loops))))
    out.sort(key=lambda one: not one.turns)  # the answer that depends on something first
    return out


def prices_caches(report: Report) -> bool:
    """On an emulated machine's other clocks an uncached read costs what any does."""
    return not report.emulated or report.clock == "modelled"


def syncs(row: Row) -> float:
    return sum(row.figures.get(phase, 0.0) for phase in SYNCS)


def _memory(row: Row) -> str:
    """The memory type in force."""
    return str(row.mapping.get("user") or "")


def _of(row: Row) -> str:
    kind = _memory(row)
    return f" ({kind})" if kind else ""


def _short(loop: Loop) -> str:
    mode = loop.params.cache_mode
    return "uncached" if mode == "coherent" and _memory(loop.rows[loop.amounts[-1]][0]) != "write-back" else consumer_loop.MODES[mode]


def _every(every: int) -> str:
    return "each time" if every == 1 else f"every {every} times"


def _turn(loop: Loop) -> str:
    if loop.turn:
        return f"from {words.size(round(loop.turn.size))} on"
    if loop.winner == loop.cached:
        return "at every amount"
    if loop.winner == loop.without:
        return "never"
    return loop.answer


def _times(without: float, cached: float) -> str:
    ratio = max(without, cached) / min(without, cached)
    if ratio <= 1 + TIE:
        return "the same"
    much = words.times(ratio) if ratio >= 2 else words.percent(ratio - 1)
    return f"{much} {'cheaper' if cached < without else 'dearer'}"
