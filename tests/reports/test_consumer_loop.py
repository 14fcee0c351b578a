# SPDX-License-Identifier: GPL-2.0-only
"""Cached with sync against uncached without, against cases worked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Sequence

import pytest
from conftest import Writer, sample
from dmabench_reports import answers, consumer_loop, load, summary
from dmabench_reports.model import Params, Report, Row

MIB = 1 << 20
CACHED = Params(
    "streaming_page",
    MIB,
    "from_device",
    "t",
    sync_every=1,
    cache_mode="cached",
    access="read",
)
UNCACHED = replace(CACHED, sync_every=0, cache_mode="uncached")
AMOUNTS = (64, 256, 1024, 4096)


def report(writer: Writer, *series: tuple[Params, Sequence[float]], clock: str = "hardware") -> Report:
    """A report whose rows are these: a cost for each of AMOUNTS."""
    (base,) = load.load([writer(sample("x86_64-direct-6.12", clock=clock))])
    rows = [
        Row("x", replace(params, touch_bytes=amount), "", cost, None, {}, None, {}, {}, {})
        for params, costs in series
        for amount, cost in zip(AMOUNTS, costs)
    ]
    return replace(base, rows=rows)


def test_the_crossover_is_told_in_bytes_touched(write: Writer) -> None:
    # Uncached 1, 4, 16, 64; cached always 8: equal halfway (in logarithms) between 256 and 1024.
    (one,) = consumer_loop.loops(report(write, (UNCACHED, (1, 4, 16, 64)), (CACHED, (8, 8, 8, 8))), "t")
    assert one.crossovers[0].size == pytest.approx(512)
    assert one.answer == (
        "uncached without sync is cheaper up to 512\u202fB touched; above it cached with sync"
    )
    assert [r.params.touch_bytes for r in one.basis] == [256, 256, 1024, 1024]


def test_no_crossover_is_none(write: Writer) -> None:
    (one,) = consumer_loop.loops(report(write, (UNCACHED, (9, 9, 9, 9)), (CACHED, (1, 1, 1, 1))), "t")
    assert not one.crossovers
    assert one.answer == (
        "cached with sync is cheaper than uncached without sync at every amount from 64\u202fB to 4\u202fKiB touched"
    )


def test_only_the_same_work_is_compared(write: Writer) -> None:
    costs = (1, 2, 3, 4)
    for other in (
        replace(CACHED, size=2 * MIB),
        replace(CACHED, access="write"),
        replace(CACHED, width="vector"),
        replace(CACHED, pattern="random"),
        replace(CACHED, direction="to_device"),
        replace(CACHED, sync_every=0),
        replace(CACHED, sync_bytes=64),
    ):
        assert consumer_loop.loops(report(write, (UNCACHED, costs), (other, costs)), "t") == []
    coherent = replace(UNCACHED, strategy="coherent", cache_mode="coherent", direction="bidirectional")
    (one,) = consumer_loop.loops(report(write, (coherent, costs), (CACHED, costs)), "t")
    assert one.without == "coherent without sync"


def test_two_amounts_are_too_few(write: Writer) -> None:
    assert consumer_loop.loops(report(write, (UNCACHED, (1, 2)), (CACHED, (2, 1))), "t") == []


def test_the_instruction_clock_says_what_it_cannot_tell(write: Writer) -> None:
    series = ((UNCACHED, (1, 4, 16, 64)), (CACHED, (8, 8, 8, 8)))
    counted = report(write, *series, clock="instructions")
    text = summary.text([(counted, answers.answers(replace(counted, targets=[])))], [])
    assert "uncached without sync is cheaper up to 512" in text
    assert "an uncached read costs no more than a cached one on this clock" in text
    timed = report(write, *series)
    assert "on this clock" not in summary.text([(timed, answers.answers(replace(timed, targets=[])))], [])
