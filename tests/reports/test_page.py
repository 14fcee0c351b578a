# SPDX-License-Identifier: GPL-2.0-only
"""The page as text: what must be on it, and what must not."""

from __future__ import annotations

import filecmp
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import Writer, sample
from dmabench_reports import cli, load, style
from dmabench_reports.plots import access, parts, platforms, size, sync

Built = tuple[Path, list[Path]]


class Elements(HTMLParser):
    """Ids, links, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.hrefs: list[str] = []
        self.sources: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            if key == "id":
                self.ids.append(value or "")
            if key in ("href", "xlink:href"):
                self.hrefs.append(value or "")
            if key in ("src", "srcset", "action"):
                self.sources.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def page_of(reports: list[Path], output: Path) -> str:
    assert cli.main([*map(str, reports), "-o", str(output), "--plots", ""]) == 0
    return (output / "index.html").read_text(encoding="utf-8")


def test_every_row_is_on_the_page(built: Built, page: str) -> None:
    ids = Elements(page).ids
    for report in load.load(built[1]):
        for row in report.rows:
            assert row.anchor in ids
    total = sum(len(json.loads(p.read_text())["benchmarks"]) for p in built[1])
    assert page.count('<th scope="row">') >= total


def test_ids_are_unique_and_links_lead_somewhere(page: str) -> None:
    elements = Elements(page)
    assert len(set(elements.ids)) == len(elements.ids)
    ids = set(elements.ids)
    broken = {h for h in elements.hrefs if h.startswith("#") and h[1:] not in ids}
    assert not broken


def test_the_page_needs_no_network(page: str) -> None:
    elements = Elements(page)
    assert not elements.sources
    assert {h for h in elements.hrefs if not h.startswith("#")} == {"data:,"}
    assert not re.search(r"@import|url\((?!#)", page)


def test_skipped_points_and_errors_stand_there_with_reasons(page: str) -> None:
    assert "larger than dma_max_mapping_size() of this device" in page
    assert "mapping failed: dma_mapping_error() (EIO)" in page
    assert "no PMU in this machine (ENOENT)" in page


def test_elided_and_below_clock_are_words_in_cells(page: str) -> None:
    assert re.search(r'<td class="word"[^>]*>elided</td>', page)
    assert re.search(r'<td class="word"[^>]*>below clock</td>', page)
    assert not re.search(r"<td[^>]*>0</td>", page)
    assert not re.search(r"\b(nan|NaN|inf)\b", page.split("<script>")[0])


def test_emulated_reports_say_so_on_their_face(page: str) -> None:
    head = page.split("</header>")[0]
    for part in (
        "These figures are NOT hardware time.",
        "1 ns = 1 instruction",
        "exact",
        "an uncached read costs as much as a cached one",
        "modelled, NOT hardware time",
        "Synthetic test data",
    ):
        assert part in head


def test_every_picture_of_an_emulated_machine_says_so(built: Built) -> None:
    pictures = list((built[0] / "plots").glob("*.svg"))
    assert len(pictures) > 50
    for path in pictures:
        assert "Emulated machine" in path.read_text(encoding="utf-8"), path.name


def test_hardware_reports_have_no_notice(write: Writer, tmp_path: Path) -> None:
    text = page_of([write(sample("arm64", clock="hardware"))], tmp_path / "out")
    assert 'class="notice"' not in text
    body = text.split("</style>")[1]
    assert not re.search("emulated|instruction-counted|NOT hardware", body, re.I)


def test_fake_reports_are_called_made_up(write: Writer, tmp_path: Path) -> None:
    report = sample("arm64", clock="fake")
    report["dmabench"]["emulated"] = False
    text = page_of([write(report)], tmp_path / "out")
    assert "These figures are made up." in text


def test_clocks_are_never_mixed(built: Built, page: str) -> None:
    reports = load.load(built[1])
    tables = platforms.tables(reports)
    assert [t.timebase.clock for t in tables] == ["instructions", "modelled"]
    for table in tables:
        assert {p.report.timebase for p in table.places} == {table.timebase}
        for picture in platforms.pictures(table, "x"):
            anchors = {r.anchor for r in picture.rows}
            for report in reports:
                if report.timebase != table.timebase:
                    assert not anchors & {r.anchor for r in report.rows}
    assert "A nanosecond of one clock is not a nanosecond of another" in page


def test_hardware_and_emulated_real_time_are_not_mixed(write: Writer) -> None:
    real = write(sample("x86_64-direct", clock="hardware"), "a.json")
    emulated = write(sample("x86_64-vtd-pt", clock="realtime"), "b.json")
    tables = platforms.tables(load.load([real, emulated]))
    assert [(t.timebase.clock, t.timebase.emulated) for t in tables] == [
        ("hardware", False),
        ("realtime", True),
    ]


def test_two_runs_are_compared_on_the_page(page: str) -> None:
    part = page.split('id="repeatability"')[1]
    assert part.count("two runs agree within") == 4


def test_only_finite_figures_above_zero_are_drawn(built: Built) -> None:
    style.setup()
    for report in load.load(built[1]):
        for module in (size, sync, access, parts):
            for picture in module.pictures(report):  # type: ignore[attr-defined]
                assert picture.rows
                for axes in picture.figure.axes:
                    for line in axes.lines:
                        if line.get_transform() != axes.transData:
                            continue  # a rule across the axes
                        for y in line.get_ydata():
                            assert y > 0 and y < float("inf")
                    for patch in axes.patches:
                        for number in (patch.get_width(), patch.get_height()):
                            assert number == number and number >= 0
    for path in (built[0] / "plots").glob("*.svg"):
        assert not re.search(r"\bnan\b|\binf\b", path.read_text(), re.I), path.name


def test_nan_in_a_report_is_not_drawn(write: Writer, tmp_path: Path) -> None:
    report = sample("x86_64-direct")
    for row in report["benchmarks"]:
        for key in ("map_ns", "lap_p99_ns", "ci_high_ns"):
            if key in row:
                row[key] = float("nan")
        for phase in row["dmabench"]["phases"].values():
            if "per_lap_ns" in phase:
                phase["per_lap_ns"] = float("nan")
    text = page_of([write(report)], tmp_path / "out")
    assert not re.search(r"\bnan\b", text, re.I)


def test_sizes_on_axes_are_binary(built: Built) -> None:
    for path in (built[0] / "plots").glob("*.size.*.svg"):
        text = path.read_text(encoding="utf-8")
        assert "KiB" in text and "10^" not in text


def test_strategies_keep_their_colours_and_markers_apart() -> None:
    tones = style.all_tones()
    assert len({t.light for t in tones}) == len(tones)
    looks = list(style.STRATEGIES.values())
    assert len({x.marker for x in looks}) == len(looks)
    assert len({x.tone.dark for x in looks}) == len(looks)


def test_colours_on_the_page_are_variables(page: str) -> None:
    """So that a picture reads in dark mode as well."""
    svgs = re.findall(r"<svg.*?</svg>", page, flags=re.S)
    assert svgs
    for svg in svgs:
        assert not re.findall(r"(?:fill|stroke): ?#[0-9a-f]{3,6}", svg)


def test_markup_in_names_is_escaped(write: Writer, tmp_path: Path) -> None:
    report = sample("x86_64-direct")
    evil = "<script>alert(1)</script>"
    report["dmabench"]["platform"] = evil
    report["context"]["platform"]["kernel"] = evil
    report["dmabench"]["notice"] = evil
    report["dmabench"]["skipped"] = [{"name": "x/size:1", "reason": evil}]
    text = page_of([write(report)], tmp_path / "out")
    assert evil not in text and "&lt;script&gt;alert(1)" in text


def test_slow_configs_are_told(write: Writer, tmp_path: Path) -> None:
    report = sample("x86_64-direct")
    report["context"]["platform"]["slow_configs"] = ["CONFIG_DMA_API_DEBUG"]
    text = page_of([write(report)], tmp_path / "out")
    assert "built with options that slow it down: CONFIG_DMA_API_DEBUG" in text


def test_a_machine_that_moved_is_told(write: Writer, tmp_path: Path) -> None:
    report = sample("x86_64-direct")
    steady = page_of([write(report)], tmp_path / "steady")
    assert "The machine held still: 3 canary readings" in steady
    report["dmabench"]["drift"] |= {"verdict": "moved", "high_ns": 3.0, "relative": 0.5}
    text = page_of([write(report)], tmp_path / "moved")
    assert "The machine moved while measuring" in text and "held still" not in text


def test_a_report_of_a_single_row(write: Writer, tmp_path: Path) -> None:
    report = sample("x86_64-direct")
    report["benchmarks"] = report["benchmarks"][:1]
    report["context"] = {}
    report["dmabench"] = {"schema": 1, "clock": {"kind": "hardware"}}
    text = page_of([write(report)], tmp_path / "out")
    assert "neither is called cheaper" in text


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, write: Writer) -> None:
    """In two processes with different hash seeds."""
    files = [
        write(sample("x86_64-direct"), "a.json"),
        write(sample("arm64-modelled", clock="modelled"), "b.json"),
    ]
    folders = []
    for seed in ("1", "2"):
        folder = tmp_path / f"out{seed}"
        subprocess.run(
            [sys.executable, "-m", "dmabench_reports", *files, "-o", folder],
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": str(Path(cli.__file__).resolve().parents[1]),
            },
            check=True,
            stdout=subprocess.DEVNULL,
        )
        folders.append(folder)
    names = sorted(p.relative_to(folders[0]) for p in folders[0].rglob("*.*"))
    assert names == sorted(p.relative_to(folders[1]) for p in folders[1].rglob("*.*"))
    assert {p.suffix for p in names} == {".html", ".svg", ".png"}
    _, differ, errors = filecmp.cmpfiles(*folders, map(str, names), shallow=False)
    assert not differ and not errors


@pytest.mark.parametrize("formats, kinds", [("svg", {".svg"}), ("png", {".png"})])
def test_plots_option_chooses_the_files(
    formats: str, kinds: set[str], write: Writer, tmp_path: Path
) -> None:
    path = write(sample("x86_64-direct"))
    output = tmp_path / "out"
    assert cli.main([str(path), "-o", str(output), "--plots", formats]) == 0
    assert {p.suffix for p in (output / "plots").iterdir()} == kinds
