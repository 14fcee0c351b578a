# SPDX-License-Identifier: GPL-2.0-only
"""Crossovers, shares and agreement, against cases worked by hand."""

from __future__ import annotations

import math
from typing import Optional, Sequence

import pytest
from conftest import Writer, sample
from dmabench_reports import analysis, answers, load, mapping
from dmabench_reports.model import Params, Phase, Row


def row(
    params: Params,
    cost: float,
    ci: Optional[tuple[float, float]] = None,
    phases: Optional[dict[str, Phase]] = None,
) -> Row:
    return Row("x", params, "", cost, ci, phases or {}, None, {}, {}, {})


def compare(
    sizes: Sequence[int], coherent: Sequence[float], streaming: Sequence[float]
) -> analysis.Comparison:
    a, b = Params("coherent"), Params("streaming_single", map_every=1)
    found = analysis.compare_series(
        a.workload,
        (a.series, {s: row(a, c) for s, c in zip(sizes, coherent)}),
        (b.series, {s: row(b, c) for s, c in zip(sizes, streaming)}),
    )
    assert found is not None
    return found


def test_crossover_halfway_between_two_sizes() -> None:
    # coherent doubles with the size, streaming stays: at 1 KiB 1 against 2, at 4 KiB 4 against 2,
    # so the ratio goes from 2 to 1/2 and is 1 in the middle of the logarithms: 2 KiB, at a cost of 2.
    found = compare([1024, 4096], [1, 4], [2, 2])
    assert found.kind == "crosses"
    (one,) = found.crossovers
    assert one.size == pytest.approx(2048)
    assert one.cost_ns == pytest.approx(2)
    assert (one.below, one.above) == (1024, 4096)
    assert (one.cheaper_below, one.cheaper_above) == ("coherent", "streaming")


def test_crossover_a_third_of_the_way() -> None:
    # ratios 2 and 1/4: log2 goes from 1 to -2, 0 after a third of the factor 8: 64 * 2 = 128.
    (one,) = compare([64, 512], [1, 8], [2, 2]).crossovers
    assert one.size == pytest.approx(128)


def test_lines_that_never_cross() -> None:
    found = compare([64, 512, 4096], [1, 1, 1], [2, 20, 200])
    assert found.kind == "coherent" and not found.crossovers
    assert found.ratios == (2, 20, 200)
    assert compare([64, 512], [3, 3], [1, 1]).kind == "streaming"


def test_nothing_is_told_outside_the_measured_range() -> None:
    # they draw near, and would cross at the next size
    assert not compare([64, 512], [1, 8], [4, 9]).crossovers


def test_ties() -> None:
    assert compare([64, 512], [100, 200], [101, 199]).kind == "tie"
    mixed = compare([64, 512, 4096], [100, 200, 300], [101, 300, 500])
    assert mixed.kind == "mixed" and not mixed.crossovers
    assert mixed.verdicts == ("tie", "coherent", "coherent")


def test_ties_between_two_winners_are_one_crossover() -> None:
    # 2 -> 1.01 -> 0.99 -> 1/2: within the tied sizes, at their middle
    found = compare(
        [64, 256, 1024, 4096], [100, 100, 100, 100], [200, 101, 100 / 1.01, 50]
    )
    (one,) = found.crossovers
    assert one.size == pytest.approx(512)
    assert (one.below, one.above) == (64, 4096)


def test_a_crossover_right_at_a_measured_size() -> None:
    (one,) = compare([64, 256, 1024], [1, 2, 4], [2, 2, 2]).crossovers
    assert one.size == 256 and one.cost_ns == 2


def test_two_crossovers() -> None:
    found = compare([64, 256, 1024], [1, 4, 1], [2, 2, 2])
    assert [c.size for c in found.crossovers] == pytest.approx([128, 512])
    assert [c.cheaper_above for c in found.crossovers] == ["streaming", "coherent"]
    assert answers._answer(found).replace("\u202f", " ") == (
        "coherent is cheaper below 128 B, streaming up to 512 B, coherent above"
    )


def test_overlapping_intervals_are_a_tie() -> None:
    a = row(Params("coherent"), 100, (90, 125))
    b = row(Params("streaming_single"), 120, (110, 130))
    assert analysis.verdict(a, b) == "tie"
    c = row(Params("streaming_single"), 120, (118, 122))
    assert analysis.verdict(row(Params("coherent"), 100, (99, 101)), c) == "coherent"


def test_only_sizes_that_both_have_are_compared() -> None:
    a, b = Params("coherent"), Params("streaming_single", map_every=1)
    one = analysis.compare_series(
        a.workload,
        (a.series, {64: row(a, 1), 128: row(a, 1)}),
        (b.series, {128: row(b, 2), 256: row(b, 2)}),
    )
    assert one is not None and one.sizes == (128,)
    assert (
        analysis.compare_series(
            a.workload, (a.series, {64: row(a, 1)}), (b.series, {128: row(b, 2)})
        )
        is None
    )


def test_shares_are_of_the_phases_that_have_a_figure() -> None:
    phases = {
        "map": Phase("map", 30.0),
        "sync_for_device": Phase("sync_for_device", elided="not needed"),
        "sync_for_cpu": Phase("sync_for_cpu", below_clock_ns=1.0),
        "unmap": Phase("unmap", 10.0),
    }
    one = row(Params("streaming_single"), 55, phases=phases)
    assert one.share("map") == 0.75
    assert one.share("sync_for_device", "sync_for_cpu") is None
    assert analysis.greatest_phase(one) == ("map", 30.0, 0.75)


def test_only_the_same_work_is_compared(write: Writer) -> None:
    report = load.load([write(sample("arm64-modelled", clock="modelled"))])[0]
    for workload in report.workloads:
        for one in analysis.comparisons(report, workload):
            for a, b in one.rows.values():
                assert a.params.workload == b.params.workload == workload
                assert a.params.target == b.params.target
                assert a.params.strategy == "coherent" and a.params.map_every == 0
                assert b.params.strategy.startswith("streaming_")


def test_answers_rest_on_rows_at_both_sides(write: Writer) -> None:
    report = load.load([write(sample("arm64-modelled", clock="modelled"))])[0]
    (one,) = answers.answers(report)
    crossing = [c for c in one.choice if "cheaper below" in c.answer]
    assert crossing and crossing[0].mark == "crosses"
    assert "log-interpolated between the measured" in crossing[0].detail
    assert {r.params.size for r in crossing[0].rows} == {256, 1024}


def test_elided_syncs_are_told_in_words(write: Writer) -> None:
    report = load.load([write(sample("x86_64-direct-6.12"))])[0]
    (one,) = answers.answers(report)
    assert one.sync and all("elided" in s.detail for s in one.sync)
    # nothing but touch has a figure: sync must not be given a share of 0 %
    assert all(s.answer == "no figure for sync" for s in one.sync)


def test_two_runs_agree_within_the_greatest_difference(write: Writer) -> None:
    first = sample("x86_64-direct")
    second = sample("x86_64-direct")
    for index, factor in ((3, 1.05), (5, 0.9), (8, 1.01)):
        second["benchmarks"][index]["real_time"] = (
            first["benchmarks"][index]["real_time"] * factor
        )
    del second["benchmarks"][0]
    a, b = (
        load.load([write(r, n)])[0] for r, n in ((first, "1.json"), (second, "2.json"))
    )
    found = analysis.agreement(a, b)
    assert found is not None
    assert found.compared == len(first["benchmarks"]) - 1
    assert (found.only_first, found.only_second) == (1, 0)
    assert found.greatest == pytest.approx(1 / 0.9 - 1)
    assert found.worst == first["benchmarks"][5]["name"]
    assert found.median == 0


def test_runs_of_other_clocks_or_platforms_are_not_compared(write: Writer) -> None:
    a = load.load([write(sample("arm64"), "a.json")])[0]
    b = load.load([write(sample("arm64", clock="modelled"), "b.json")])[0]
    c = load.load([write(sample("arm64-smmu-strict"), "c.json")])[0]
    assert analysis.agreement(a, b) is None
    assert analysis.agreements([a], [b, c]) == []


@pytest.mark.parametrize(
    "asked, user, kernel, flag",
    [
        ("cached", "write-back", "write-back", ""),
        ("writecombine", "write-combining", "write-combining", ""),
        ("writecombine", "normal non-cacheable", "normal non-cacheable", ""),
        ("uncached", "uncached-minus", "uncached-minus", ""),
        ("uncached", "device", "write-back", "user and kernel mappings differ"),
        (
            "writecombine",
            "write-back",
            "write-back",
            "asked for writecombine, got write-back",
        ),
        (
            "uncached",
            "normal non-cacheable",
            "write-back",
            "asked for uncached, got normal non-cacheable",
        ),
        ("coherent", "write-back", "write-back", ""),
        ("uncached", "unknown", "write-back", ""),
    ],
)
def test_memory_types_that_are_not_as_asked_for(
    asked: str, user: str, kernel: str, flag: str
) -> None:
    assert mapping.MemoryType(asked, user, kernel).flag == flag


def test_meeting_point_is_on_both_lines() -> None:
    coherent, streaming = [3.0, 48.0], [7.0, 11.0]
    (one,) = compare([1024, 16384], coherent, streaming).crossovers
    part = math.log(one.size / 1024) / math.log(16)
    for line in (coherent, streaming):
        assert one.cost_ns == pytest.approx(line[0] * (line[1] / line[0]) ** part)


def test_an_answer_from_one_size_names_it() -> None:
    def told(coherent: float, streaming: float) -> str:
        one = compare([4096], [coherent], [streaming])
        return answers._answer(one).replace("\u202f", " ")

    assert told(1, 2) == "coherent is cheaper at 4 KiB"
    assert told(2, 1) == "streaming is cheaper at 4 KiB"
    assert told(1, 1) == "equal at 4 KiB"


def test_syncs_below_the_clock_are_bounded_not_shared(write: Writer) -> None:
    report = sample("arm64")
    for each in report["benchmarks"]:
        for name in ("sync_for_device", "sync_for_cpu", "unmap"):
            if name in each["dmabench"]["phases"]:
                each["dmabench"]["phases"][name] = {"below_clock": 66.0}
                each.pop(f"{name}_ns", None)
    found = answers.answers(load.load([write(report)])[0])
    assert all("less than 132" in s.answer for a in found for s in a.sync)
    assert all("takes the most" in s.answer for a in found for s in a.time)
