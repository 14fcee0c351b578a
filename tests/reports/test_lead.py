# SPDX-License-Identifier: GPL-2.0-only
"""What the page begins with: its words, its table and its picture, all from the report's rows."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Mapping, Sequence

import pytest
from conftest import Writer, sample
from dmabench_reports import analysis, answers, cli, lead, load, overview, page, style, summary, words
from dmabench_reports.model import Params, Phase, Report, Row, Target
from dmabench_reports.plots import consumer_loop, platforms

K64 = 65536
AMOUNTS = (64, 1024, 16384, 65536)
COHERENT = Params("coherent", K64, target="t", cache_mode="coherent", access="read")
CACHED = Params("streaming_page", K64, "from_device", "t", sync_every=1, cache_mode="cached", access="read")
WRITE_COMBINED = replace(CACHED, sync_every=0, cache_mode="writecombine")

UNCACHED_NS = 20.0  # a word of memory that is not cached
CACHED_NS = 0.7  # and of memory that is
SYNC_NS = 9000.0  # both syncs


def cost(params: Params, amount: int) -> tuple[float, float]:
    """(the access, the syncs) of a lap, in ns."""
    if params.cache_mode == "cached":
        return amount / 8 * CACHED_NS, SYNC_NS / params.sync_every
    return amount / 8 * UNCACHED_NS, 0.0


def row(params: Params, amount: int, memory: str = "", costs: Any = cost) -> Row:
    access, syncs = costs(params, amount)
    phases = {"access": Phase("access", access)}
    if syncs:
        phases |= {p: Phase(p, syncs / 2) for p in lead.SYNCS}
    kind = memory or ("write-back" if params.cache_mode == "cached" else "normal non-cacheable")
    name = f"{params.strategy}/{params.cache_mode}/{params.sync_every}/{amount}"
    mapping = {"requested": params.cache_mode, "user": kind, "kernel": kind}
    return Row(
        name, replace(params, touch_bytes=amount), f"r.{name}", access + syncs, None, phases, amount, {}, mapping, {}
    )


def report(
    writer: Writer, frequencies: Sequence[int] = (1, 4, 16), clock: str = "modelled", **fingerprint: object
) -> Report:
    (base,) = load.load([writer(sample("x86_64-direct-6.12", clock=clock))])
    series = [COHERENT, WRITE_COMBINED, *(replace(CACHED, sync_every=n) for n in frequencies)]
    return replace(
        base,
        rows=[row(params, amount) for params in series for amount in AMOUNTS],
        targets=[Target("t", "platform", False, "")],
        fingerprint={**base.fingerprint, **fingerprint},
    )


def meeting(every: int) -> float:
    """Where the lines of the two cross, each drawn straight between the measured amounts on logarithmic axes."""
    for low, high in zip(AMOUNTS, AMOUNTS[1:]):
        gaps = []
        for amount in (low, high):
            gaps.append(
                math.log(sum(cost(replace(CACHED, sync_every=every), amount))) - math.log(sum(cost(COHERENT, amount)))
            )
        if gaps[0] > 0 >= gaps[1]:
            return low * (high / low) ** (gaps[0] / (gaps[0] - gaps[1]))
    raise AssertionError(every)


def test_the_verdict_says_which_way_to_go_and_where_it_turns(write: Writer) -> None:
    (one,) = lead.leads([report(write)])
    place = words.size(round(meeting(1)))
    assert one.verdict == f"Up to {place} read per transfer leave it uncached; above that map it cached and sync it."
    uncached, (access, syncs) = sum(cost(COHERENT, K64)), cost(CACHED, K64)
    assert one.figures == (
        f"User space reads {words.size(K64)} of coherent memory (normal non-cacheable) in {words.duration(uncached)}, "
        f"and of cached memory in {words.duration(access)} with {words.duration(syncs)} of syncs each time: "
        f"{words.times(uncached / (access + syncs))} cheaper."
    )
    assert f"write-combined (normal non-cacheable) {words.duration(uncached)}" in one.others


def test_each_frequency_has_its_place(write: Writer) -> None:
    (one,) = lead.leads([report(write, (1, 2, 4, 8, 16))])
    assert [f.every for f in one.frequencies] == [1, 2, 4, 8, 16]
    for found in one.frequencies:
        assert found.turn == f"from {words.size(round(meeting(found.every)))} on"
        assert found.cost
        assert lead.syncs(found.cost) == pytest.approx(SYNC_NS / found.every)
        assert found.cost.real_time == sum(cost(replace(CACHED, sync_every=found.every), K64))


def test_the_picture_draws_the_rows_and_rings_the_places(write: Writer) -> None:
    style.setup()
    made = report(write, (1, 2, 4, 8, 16))
    (picture,) = consumer_loop.pictures(made)
    (axes,) = picture.figure.axes
    rings = [line.get_xydata()[0] for line in axes.lines if line.get_markeredgewidth() == 1.4]
    assert [x for x, _ in rings] == pytest.approx([meeting(1), meeting(4), meeting(16)])
    texts = [text.get_text() for text in axes.texts]
    assert [words.size(round(meeting(n))) for n in (1, 4, 16)] == texts[:3]
    assert "← leave uncached" in texts and "cache, sync each time →" in texts
    drawn = {tuple(line.get_ydata()) for line in axes.lines}
    for params in (COHERENT, WRITE_COMBINED, CACHED, replace(CACHED, sync_every=4), replace(CACHED, sync_every=16)):
        assert tuple(sum(cost(params, amount)) for amount in AMOUNTS) in drawn
    labels = [text.get_text() for text in picture.figure.legends[0].get_texts()]
    assert labels[0] == "coherent, no sync (normal non-cacheable)"
    assert labels[1].endswith(": as coherent"), "they coincide"


def test_memory_that_is_cached_is_read_in_place(write: Writer) -> None:
    def same(params: Params, amount: int) -> tuple[float, float]:
        return amount / 8 * CACHED_NS, SYNC_NS if params.cache_mode == "cached" else 0.0

    made = report(write)
    rows = [row(p, a, "write-back", same) for p in (COHERENT, CACHED) for a in AMOUNTS]
    (one,) = lead.leads([replace(made, rows=rows)])
    assert one.verdict == "Read coherent memory in place: it is cached here, and needs no sync."
    assert not one.turns
    much = words.times(1 + SYNC_NS / (K64 / 8 * CACHED_NS))
    assert one.figures.endswith(f"of syncs each time: {much} dearer.")


def test_syncs_that_never_pay_and_always_pay(write: Writer) -> None:
    made = report(write, (1,))
    for factor, start in ((1e5, "Read coherent memory in place: cheaper at every amount"), (1e-5, "Map it cached and sync it: ")):

        def dear(params: Params, amount: int) -> tuple[float, float]:
            access, syncs = cost(params, amount)
            return access, syncs * factor

        (one,) = lead.leads([replace(made, rows=[row(p, a, costs=dear) for p in (COHERENT, CACHED) for a in AMOUNTS])])
        assert one.verdict.startswith(start)
        assert not one.turns


def test_only_where_caches_have_a_price(write: Writer) -> None:
    style.setup()
    for clock, emulated, leads in (
        ("modelled", True, 1),
        ("hardware", False, 1),
        ("instructions", True, 0),
        ("realtime", True, 0),
    ):
        made = replace(report(write, clock=clock), emulated=emulated)
        assert len(lead.leads([made])) == leads, clock
        assert len(consumer_loop.pictures(made)) == leads, clock


def test_the_terminal_ends_with_it(write: Writer) -> None:
    made = report(write)
    found = [(made, answers.answers(made))]
    text = summary.text(found, [], lead.leads([made]))
    question, verdict, figures = text.splitlines()[-3:]
    assert question == "User space reads a DMA buffer: uncached, or cached and synced?"
    assert verdict.startswith(f"  {made.label}, t: Up to {words.size(round(meeting(1)))} read per transfer leave it uncached")
    assert verdict.endswith(f"(synced every 16 times: above {words.size(round(meeting(16)))})")
    uncached, cached = sum(cost(COHERENT, K64)), sum(cost(CACHED, K64))
    assert figures == (
        f"    all {words.size(K64)}: {words.duration(uncached)} uncached, {words.duration(cached)} cached and synced"
    )


def few(name: str, clock: str = "instructions") -> dict[str, Any]:
    """A sample with few pictures: the loops of user space, and something for the overview."""
    data = sample(name, clock=clock)
    kept = [r for r in data["benchmarks"] if "touch_bytes" in r["name"] or "size:4096/" in r["name"] and "access" not in r["name"]]
    return {**data, "benchmarks": kept}


def build(reports: Mapping[str, Any], writer: Writer, output: Path) -> str:
    files = [writer(data, f"{name}.json") for name, data in reports.items()]
    assert cli.main([*map(str, files), "-o", str(output), "--plots", "svg,png"]) == 0
    return (output / "index.html").read_text(encoding="utf-8")


def test_the_page_begins_with_it(write: Writer, tmp_path: Path) -> None:
    text = build(
        {"counted": few("arm64"), "modelled": few("arm64-modelled", "modelled")}, write, tmp_path / "out"
    )
    body = text.split("<body>")[1]
    assert body.index('<section id="lead">') < body.index('class="notice"') < body.index('<section id="overview">')
    part = body.split('<section id="lead">')[1].split("</section>")[0]
    (slug,) = re.findall(r'<figure id="([^"]+)"', part)
    assert (tmp_path / "out/plots" / f"{slug}.png").stat().st_size > 10_000
    assert body.count(f'<figure id="{slug}"') == 1, "it is not on the page twice"
    assert "arm64-modelled" in part and "Not hardware time" in part and "guesses" in part
    # The counted report has the same rows, and no say in this.
    assert set(re.findall(r'href="#([^".]+)\.', part)) == {"arm64-modelled"}


def test_without_such_rows_the_page_begins_as_ever(write: Writer, tmp_path: Path) -> None:
    modelled = few("arm64-modelled", "modelled")
    modelled["benchmarks"] = [r for r in modelled["benchmarks"] if "touch_bytes" not in r["name"]]
    text = build({"counted": few("arm64"), "modelled": modelled}, write, tmp_path / "out")
    assert 'id="lead"' not in text and 'href="#lead"' not in text
    assert text.index('class="notice"') < text.index('<section id="overview">')


def modelled(writer: Writer, label: str, model: str, sha256: str) -> Report:
    data = sample("arm64-modelled", clock="modelled")
    data["dmabench"]["platform"] = label
    data["context"]["platform"] |= {"name": label, "model": {"name": model, "sha256": sha256}}
    (made,) = load.load([writer(data, f"{label}.{sha256}.json")])
    return made


def test_models_are_not_mixed_either(write: Writer) -> None:
    counted = load.load([write(sample(n), f"{n}.json") for n in ("arm64", "x86_64-swiotlb")])
    a, b, c = modelled(write, "a", "one", "1"), modelled(write, "b", "one", "1"), modelled(write, "c", "one", "2")
    reports = [*counted, a, b, c]
    tables = platforms.tables(reports)
    assert [[p.report.label for p in t.places] for t in tables] == [
        ["arm64", "arm64", "x86_64-swiotlb"],
        ["a", "b"],
        ["c"],
    ]
    assert len({t.timebase.slug for t in tables}) == 3

    clocks = {r.anchor: one.timebase for one in reports for r in one.rows}
    found = [(one, answers.answers(one), page.hotspots.hotspots(one, one.target_names[0])) for one in reports]
    verdicts = overview.verdicts([(r, a, [h]) for r, a, h in found], tables)
    figures = [v for v in verdicts if v.subject != "Are syncs elided?" and not v.bad]
    assert {clocks[v.rows[0].anchor] for v in figures} == set(clocks.values())
    for one in figures:
        assert len({clocks[r.anchor] for r in one.rows}) == 1, one.subject
        timebase = clocks[one.rows[0].anchor]
        assert f"(clock: {timebase.text})" in one.subject
        for other in reports:
            if other.timebase != timebase:
                assert not re.search(rf"\b{re.escape(other.label)}\b", one.text), one.text


def test_runs_of_two_versions_of_a_model_are_no_repeats(write: Writer) -> None:
    first, same, other = (modelled(write, "a", "one", sha) for sha in ("1", "1", "2"))
    assert analysis.agreement(first, same)
    assert analysis.agreement(first, other) is None
