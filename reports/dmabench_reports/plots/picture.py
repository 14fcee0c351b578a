# SPDX-License-Identifier: GPL-2.0-only
"""What every plot module gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from matplotlib.figure import Figure

from dmabench_reports import words
from dmabench_reports.model import Report, Row

CLOCKS = {
    "instructions": "Emulated machine, instruction-counted clock (1 ns = 1 instruction): not hardware time.",
    "modelled": "Emulated machine, modelled clock (caches and memory types priced by a model): not hardware time.",
    "realtime": "Emulated machine, real-time clock: this is the emulator's speed, not hardware time.",
    "fake": "Made-up figures of the fake device session: no machine ran this.",
}


@dataclass(frozen=True)
class Link:
    anchor: str
    title: str


@dataclass
class Picture:
    """One drawn claim: a file under plots/, and a figure on the page."""

    slug: str
    title: str
    caption: str
    figure: Figure
    rows: list[Row] = field(default_factory=list)  # that it was drawn from
    main: bool = True  # else folded away on the page
    links: Mapping[str, Link] = field(default_factory=dict)  # by a row's anchor, where they are not of `rows`

    def link(self, anchor: str) -> Link:
        """Where a mark leads and what it says when it is pointed at."""
        if anchor in self.links:
            return self.links[anchor]
        row = next(r for r in self.rows if r.anchor == anchor)
        return Link(anchor, f"{row.name}: {words.duration(row.real_time)} per lap")


def footer(report: Report) -> str:
    """The notice that goes with every figure that did not come from hardware."""
    if report.clock in CLOCKS:
        return CLOCKS[report.clock] if report.emulated or report.clock == "fake" else ""
    return "Emulated machine: not hardware time." if report.emulated else ""


def cost_label(
    report: Report, what: str = "cost of a lap", separator: str = "\n"
) -> str:
    """An axis label, with what a nanosecond is here when it is not one of time."""
    note = {
        "instructions": "(1 ns = 1 instruction)",
        "modelled": "(modelled ns)",
        "fake": "(made-up ns)",
    }.get(report.clock, "")
    return f"{what}{separator}{note}" if note else what
