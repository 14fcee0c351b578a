# SPDX-License-Identifier: GPL-2.0-only
"""What the pictures and tables of hotspots, latencies and settings are drawn from, and the way back to the rows."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import Writer, sample
from dmabench_reports import answers, hotspots, load, overview, style
from dmabench_reports.model import Report
from dmabench_reports.plots import access, latency, matrix, parts, platforms, size, sync
from dmabench_reports.plots import hotspots as hotspot_plots

Built = tuple[Path, list[Path]]
LINK = re.compile(r'<a xlink:href="([^"#]*)#([^"]+)" tabindex="-1"><title>([^<]+)</title>')


def loaded(write: Writer, *names: str) -> list[Report]:
    return load.load([write(sample(name), f"{name}.json") for name in names])


def test_every_mark_names_its_row_and_leads_to_it(built: Built, page: str) -> None:
    names = {r.anchor: r.name for report in load.load(built[1]) for r in report.rows}
    found = LINK.findall(page)
    assert len(found) > 1000
    for file, anchor, title in found:
        assert file == ""
        assert title.startswith(names[anchor] + ": ")
    assert "row:" not in page, "a mark was left without its link"
    # each picture has marks
    for figure in re.findall(r"<figure id=.*?</figure>", page, flags=re.S):
        assert LINK.search(figure), figure[:200]


def test_a_picture_by_itself_leads_to_the_page(built: Built) -> None:
    for path in sorted((built[0] / "plots").glob("*.svg"))[::10]:
        text = path.read_text(encoding="utf-8")
        ElementTree.fromstring(text)
        assert {file for file, _, _ in LINK.findall(text)} == {"../index.html"}


def test_a_distribution_rises_from_0_to_1_around_the_median(write: Writer) -> None:
    [report] = loaded(write, "x86_64-swiotlb")
    seen = 0
    for row in report.rows:
        curve = latency.distribution(row)
        if curve is None:
            continue
        seen += 1
        xs, ys = zip(*curve)
        assert list(xs) == sorted(xs) and list(ys) == sorted(ys)
        assert (ys[0], ys[-1]) == (0, 1)
        median = row.numbers["lap_p50_ns"]
        low = max(x for x, y in curve if y < 0.5)
        high = min(x for x, y in curve if y >= 0.5)
        assert low <= median <= high
    assert seen > 100


def test_few_laps_have_no_distribution(write: Writer) -> None:
    data = sample("x86_64-swiotlb")
    for row in data["benchmarks"]:
        row["dmabench"]["histogram"]["buckets"] = [[10, 20, latency.LEAST_LAPS - 1]]
    [report] = load.load([write(data)])
    assert all(latency.distribution(row) is None for row in report.rows)
    assert latency.pictures(report) == []


@pytest.mark.parametrize("wrong", [[[1, 2]], [[1, "2", 3]], [[1, 2, None]], [5]])
def test_a_wrong_histogram_is_refused(wrong: object, write: Writer) -> None:
    data = sample("x86_64-swiotlb")
    data["benchmarks"][3]["dmabench"]["histogram"]["buckets"] = wrong
    with pytest.raises(load.LoadError, match="/benchmarks/3: "):
        load.load([write(data)])


def test_shares_of_phases_add_up(write: Writer) -> None:
    [report] = loaded(write, "x86_64-vtd-strict")
    hot = hotspots.hotspots(report, "pci")
    assert sum(t.share for t in hot.totals) == pytest.approx(1)
    assert [t.share for t in hot.totals] == sorted((t.share for t in hot.totals), reverse=True)
    rows = [r for r in report.rows if r.figures]
    by_hand = sum(r.figures.get("map", 0) / sum(r.figures.values()) for r in rows) / len(rows)
    [mapped] = [t for t in hot.totals if t.phase == "map"]
    assert mapped.share == pytest.approx(by_hand)
    assert mapped.cost == max(r.figures.get("map", 0) for r in rows)


def test_calls_are_explained_by_counters_and_facts(write: Writer) -> None:
    data = sample("x86_64-swiotlb")
    for row in data["benchmarks"]:
        if row["name"].startswith("streaming_"):
            row["swiotlb_bounces_per_lap"] = 2.0
            row["iommu_unmaps_per_lap"] = 1.0
    data["dmabench"]["counters"]["available"] = ["swiotlb:swiotlb_bounced", "iommu:unmap"]
    [report] = load.load([write(data)])
    calls = hotspots.hotspots(report, "pci").calls
    mapped = [c for c in calls if c.phase == "map" and c.row.params.strategy.startswith("streaming_")]
    assert mapped
    for call in mapped:
        assert "swiotlb bounces 2 per lap" in call.why
        assert "the buffer is bounced: copied by swiotlb" in call.why
        assert not any("iommu" in why for why in call.why), "the unmap's counter does not explain a map"
    assert hotspots.has_counters(report)
    [plain] = loaded(write, "x86_64-swiotlb")
    assert not hotspots.has_counters(plain)
    assert not any("bounces" in why for c in hotspots.hotspots(plain, "pci").calls for why in c.why)


def test_strict_and_lazy_unmaps_are_told_apart(write: Writer) -> None:
    strict, lazy = loaded(write, "x86_64-vtd-strict", "x86_64-vtd-lazy")
    for report, word in ((strict, "IOMMU strict"), (lazy, "IOMMU lazy")):
        [row] = [
            r
            for r in report.rows
            if (r.params.strategy, r.params.size, r.params.map_every) == ("streaming_single", 4096, 1)
            and (r.params.touch, r.params.direction) == ("none", "bidirectional")
        ]
        assert any(why.startswith(word) for why in hotspots.explain(report, row, "unmap"))


def test_the_matrix_is_in_times_the_plainest_platform(write: Writer) -> None:
    reports = loaded(write, "x86_64-vtd-strict", "x86_64-swiotlb", "x86_64-direct", "x86_64-vtd-pt", "arm64")
    [table] = platforms.tables(reports)
    picture = matrix.picture(table, "m")
    assert picture is not None
    texts = [t.get_text() for t in picture.figure.axes[0].texts]
    places = [t for t in texts if t in {p.label for p in table.places}]
    assert places == [
        "arm64 coherent", "arm64 noncoherent", "x86_64-direct", "x86_64-vtd-pt", "x86_64-vtd-strict", "x86_64-swiotlb",
    ]  # fmt: skip
    assert "IOMMU strict · 6.1" in texts and "no IOMMU, swiotlb forced · 6.1" in texts
    # each column has one base of each architecture
    assert texts.count("= 1") == 2 * len(table.chosen)
    filled = sum(cell.row is not None for cell in table.cells.values())
    assert len(picture.rows) == filled
    assert matrix.picture(platforms.tables(reports[:1])[0], "m") is None, "one platform is no matrix"


def test_the_overview_tells_what_the_rows_hold(write: Writer) -> None:
    reports = loaded(write, "x86_64-direct", "x86_64-swiotlb", "x86_64-direct-6.12")
    found = [
        (r, answers.answers(r), [hotspots.hotspots(r, t) for t in r.target_names]) for r in reports
    ]
    verdicts = overview.verdicts(found, platforms.tables(reports))
    by_subject = {v.subject: v for v in verdicts}
    [differs] = [v for v in verdicts if v.subject.startswith("What differs the most")]
    low, high = differs.rows
    assert f"{high.real_time / low.real_time:.0f} times as much" in differs.text
    assert "x86_64-swiotlb" in differs.text
    assert "x86_64-direct-6.12" in by_subject["Are syncs elided?"].text
    assert "x86_64-swiotlb: 1 point failed." == by_subject["What went wrong?"].text
    choices = [v for s, v in by_subject.items() if s.startswith("Coherent, or streaming")]
    assert choices and not any("Mind on" in v.text for v in choices)


def test_the_overview_minds_what_an_instruction_clock_cannot_tell(write: Writer) -> None:
    [report] = loaded(write, "arm64")
    verdicts = overview.verdicts([(report, answers.answers(report), [])], [])
    choices = [v for v in verdicts if v.subject.startswith("Coherent, or streaming")]
    assert choices
    for one in choices:
        assert "Mind on arm64 platform-noncoherent: an uncached read costs nothing extra" in one.text


def test_the_scale_of_nines_keeps_the_last_lap_on_the_picture() -> None:
    assert latency.height(0, 100) == 0
    assert latency.height(0.99, 1000) == pytest.approx(2 * latency.height(0.9, 1000))
    assert latency.height(1, 100) == pytest.approx(latency.height(0.995, 100))
    assert latency.height(1, 10_000) > latency.height(1, 100)


@pytest.mark.parametrize("name", ["x86_64-swiotlb", "arm64"])
def test_every_row_of_a_picture_has_a_mark_in_it(name: str, write: Writer) -> None:
    reports = loaded(write, name, "x86_64-direct")
    style.setup()
    pictures = [
        picture
        for module in (access, hotspot_plots, latency, parts, size, sync)
        for picture in module.pictures(reports[0])
    ]
    [table] = platforms.tables(reports)
    heat = matrix.picture(table, "m")
    assert heat is not None
    pictures += [heat, *platforms.pictures(table, "side")]
    for picture in pictures:
        marked = set(re.findall(r'xlink:href="row:([^"]*)"', style.to_svg(picture.figure)))
        assert marked == {row.anchor for row in picture.rows}, picture.slug
