# SPDX-License-Identifier: GPL-2.0-only
"""Histories: the order of runs, and which changes are told from noise."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
import scipy.stats
from browser import Browser
from conftest import Writer, sample
from dmabench_reports import cli, load, trend
from test_browser import CLIPPED, OVERLAPPING, STICKING_OUT

SLOWER = "streaming_single"


def run(day: int, clock: str = "instructions", seed: int = 1) -> dict[str, Any]:
    """The same figures each day, but for what the test changes."""
    report = sample("x86_64-swiotlb", 1, clock)
    report["context"]["date"] = f"2026-03-{day:02d}T04:00:00+00:00"
    report["dmabench"]["seed"] = seed
    return report


def slowed(report: dict[str, Any], strategy: str, factor: float) -> dict[str, Any]:
    for row in report["benchmarks"]:
        if row["name"].startswith(strategy + "/"):
            for key in ("real_time", "ci_low_ns", "ci_high_ns"):
                row[key] = row[key] * factor
    return report


@pytest.fixture
def files(write: Writer) -> list[Path]:
    """Five runs; from the fourth on one strategy is 7 % dearer, with another module. Not in order."""
    out = []
    for day in (3, 1, 2, 5, 4):
        report = run(day)
        if day >= 4:
            slowed(report, SLOWER, 1.07)
            report["context"]["platform"]["module_version"] = "0.2.0"
        out.append(write(report, f"{day}.json"))
    return out


def test_runs_are_ordered_by_date_and_each_change_of_an_exact_clock_is_told(
    files: list[Path],
) -> None:
    [history] = trend.histories(load.load(files))
    assert [r.file for r in history.runs] == [f"{d}.json" for d in range(1, 6)]
    assert history.exact
    for one in history.trends:
        if one.name.startswith(SLOWER + "/"):
            [change] = one.changes
            assert change.at == 3
            assert change.relative == pytest.approx(0.07, abs=1e-6)
        else:
            assert one.changes == []
    assert history.differences(3) == ["module_version: unknown → 0.2.0"] or (
        "→ 0.2.0" in history.differences(3)[0]
    )
    assert history.differences(4) == []


def test_one_run_given_twice_counts_once_and_alone_it_is_no_history(
    write: Writer,
) -> None:
    first = write(run(1), "a.json")
    same = write(run(1), "b.json")
    assert trend.histories(load.load([first, same])) == []
    other = write(run(2), "c.json")
    [history] = trend.histories(load.load([first, same, other]))
    assert len(history.runs) == 2


def test_clocks_are_never_mixed(write: Writer) -> None:
    files = [
        write(run(day, clock), f"{clock}{day}.json")
        for clock in ("instructions", "realtime")
        for day in (1, 2)
    ]
    found = trend.histories(load.load(files))
    assert [(h.timebase.clock, len(h.runs)) for h in found] == [("instructions", 2), ("realtime", 2)]


def test_dates_of_other_zones_are_ordered_by_the_moment(write: Writer) -> None:
    early, late = run(1), run(1)
    early["context"]["date"] = "2026-03-01T09:00:00+09:00"  # midnight in Greenwich
    late["context"]["date"] = "2026-03-01T01:00:00Z"
    files = [write(late, "late.json"), write(slowed(early, SLOWER, 1.1), "early.json")]
    [history] = trend.histories(load.load(files))
    assert [r.file for r in history.runs] == ["early.json", "late.json"]


def test_the_rank_test_is_scipys() -> None:
    noise = random.Random(1)
    for m, n in ((3, 9), (7, 7), (4, 20), (30, 40)):
        a = [noise.gauss(100, 5) for _ in range(m)]
        b = [noise.gauss(103, 5) for _ in range(n)]
        method = "exact" if m + n <= trend.EXACT_P else "asymptotic"
        expected = scipy.stats.mannwhitneyu(a, b, alternative="two-sided", method=method)
        assert trend.rank_p(a, b) == pytest.approx(expected.pvalue, rel=1e-6)


def test_the_rank_test_takes_ties() -> None:
    # Of the 20 ways to choose three of these, 1 and 1 are as far off as the one at hand.
    assert trend.rank_p([1, 1, 1], [2, 2, 2]) == pytest.approx(2 / 20)
    assert trend.rank_p([1, 1, 2], [1, 1, 2]) == 1
    assert trend.rank_p([5] * 40, [5] * 40) == 1


def test_noise_alone_is_hardly_ever_a_change() -> None:
    noise = random.Random(7)
    series = [[noise.lognormvariate(5, 0.08) for _ in range(30)] for _ in range(1000)]
    alarms = sum(bool(trend.noisy_changes(one)) for one in series)
    assert alarms <= 10  # ALPHA of 1000


@pytest.mark.parametrize("place", [5, 12, 24])
def test_a_step_is_found_where_it_is(place: int) -> None:
    noise = random.Random(place)
    found = 0
    for _ in range(100):
        costs = [
            noise.gauss(100, 3) * (1.15 if i >= place else 1) for i in range(30)
        ]
        places = trend.noisy_changes(costs)
        found += len(places) == 1 and abs(places[0] - place) <= 1
    assert found >= 90


def test_two_steps_are_two_changes() -> None:
    noise = random.Random(3)
    costs = [noise.gauss(v, 1) for v in [100] * 12 + [130] * 12 + [100] * 12]
    assert trend.noisy_changes(costs) == [12, 24]


def test_a_small_step_is_left_to_noise() -> None:
    noise = random.Random(4)
    costs = [noise.gauss(v, 0.2) for v in [100] * 15 + [103] * 15]
    assert trend.noisy_changes(costs) == []


def test_too_few_runs_cannot_show_a_change() -> None:
    least = trend.least_runs()
    for runs in (least - 1, least):
        costs = [100.0 + i / 100 for i in range(runs // 2)]
        costs += [200.0 + i / 100 for i in range(runs - runs // 2)]
        assert bool(trend.noisy_changes(costs)) == (runs == least)


def test_the_page_tells_marks_and_links(
    files: list[Path], tmp_path: Path, browser: Browser
) -> None:
    output = tmp_path / "page"
    words = [str(files[-2]), "--history", *map(str, files[:3]), str(files[-1])]
    assert cli.main([*words, "-o", str(output), "--plots", "svg"]) == 0
    text = (output / "history.html").read_text(encoding="utf-8")
    assert re.search(r"5 runs from 2026-03-01 04:00 to 2026-03-05 04:00: \d+ of \d+ points changed", text)
    assert '<a href="history.html">' in (output / "index.html").read_text(encoding="utf-8")
    ids = set(re.findall(r' id="([^"]+)"', text))
    for target in re.findall(r'href="#([^"]+)"', text):
        assert target in ids
    titles = re.findall(r"<title>(streaming_single/[^<]+)</title>", text)
    assert any("run 4 of 2026-03-04 04:00" in title for title in titles)
    for width in (390, 1400):
        for dark in (False, True):
            browser.console.clear()
            browser.open(output / "history.html", width, dark)
            assert browser.evaluate("document.documentElement.scrollWidth") == width
            for trouble in (STICKING_OUT, CLIPPED, OVERLAPPING):
                assert browser.evaluate(trouble) == []
            assert browser.console == []


def test_a_history_of_one_run_is_refused(
    files: list[Path], write: Writer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write(sample("arm64"), "arm64.json")
    arguments = [str(files[0]), "--history", str(other), "-o", str(tmp_path / "page")]
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said == "dmabench report: --history: no platform has two runs with the same clock\n"
