# SPDX-License-Identifier: GPL-2.0-only
"""dmabench advise, on a report of the cost model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import REPOSITORY, dmabench, fake

# In the cost model as on most machines: what is synced costs by the byte, what is kept coherent does not.
WHOLE = ["--transfer-bytes", "64K"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("advise") / "report.json"
    fake(REPOSITORY / "scenarios/advise.json", "-o", path)
    return path


def first(report: Path, *words: str) -> dict:  # type: ignore[type-arg]
    done = dmabench("advise", report, "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["targets"][0]


def test_it_ranks_with_rows_and_turns(report: Path) -> None:
    said = first(report, *WHOLE, "--touch-bytes", "4K")
    costs = [one["ns"] for one in said["ranking"]]
    assert len(costs) > 8 and costs == sorted(costs)
    names = {row["name"] for row in json.loads(report.read_text())["benchmarks"]}
    for one in said["ranking"]:
        assert one["rows"] and set(one["rows"]) <= names
        assert one["low_ns"] <= one["ns"] <= one["high_ns"]
    assert {turn["of"] for turn in said["turns"]} == {"touch_bytes", "transfer_bytes", "transfers_per_sync"}


def test_a_measured_point_costs_what_its_row_says(report: Path) -> None:
    rows = {row["name"]: row["real_time"] for row in json.loads(report.read_text())["benchmarks"]}
    measured = [one for one in first(report, *WHOLE)["ranking"] if one["measured"]]
    assert len(measured) > 5
    assert all(one["ns"] == rows[one["point"]] for one in measured)


def test_user_space_has_its_own_ways(report: Path) -> None:
    ways = [one["way"] for one in first(report, *WHOLE, "--in", "user")["ranking"]]
    assert "streaming_page, mmap()ed cached, stays mapped, all of it synced" in ways
    assert "coherent" in ways
    assert not any("mapped each time" in way for way in ways)


def test_words_name_the_best_way_and_the_rows(report: Path) -> None:
    done = dmabench("advise", report, *WHOLE)
    assert done.returncode == 0
    assert "64 KiB from the device a transfer; the CPU reads all of it in the kernel" in done.stdout
    assert "where it turns" in done.stdout and "rest on" in done.stdout
    assert first(report, *WHOLE)["ranking"][0]["way"] in done.stdout.splitlines()[1]


def test_nothing_is_said_beyond_the_rows(report: Path) -> None:
    done = dmabench("advise", report, "--transfer-bytes", "32M")
    assert done.returncode == 4
    assert "not for 33554432 B" in done.stdout
    assert "do not reach this workload" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--transfer-bytes", "64Q"], "--transfer-bytes: "),
        (["--transfer-bytes", "0"], "--transfer-bytes: a transfer has at least 1 byte"),
        (["--transfer-bytes", "4K", "--touch-bytes", "8K"], "--touch-bytes: 8192 exceeds the 4096 of a transfer"),
        (["--touch", "raed"], "did you mean 'read'?"),
        (["--direction", "from"], "--direction: "),
        (["--target", "pcie"], "--target: "),
        (["--in", "user", "--touch-bytes", "0"], "--in user: user space has to access something"),
        (["--transfers-per-sync", "0"], "--transfers-per-sync"),
    ],
)
def test_a_wrong_word_is_one_line(report: Path, words: list[str], message: str) -> None:
    done = dmabench("advise", report, *words)
    assert done.returncode == 2 and done.stdout == ""
    assert message in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"benchmarks": [\n  1,,\n]}', "broken.json:2:5: not JSON; expected a report of dmabench run"),
        ("[]", "broken.json:1:1: JSON, but not a report of dmabench run"),
        ('{"benchmarks": [], "dmabench": {}}', "broken.json: no row has phases"),
    ],
)
def test_a_file_that_is_no_report_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "broken.json").write_text(text)
    done = dmabench("advise", "broken.json", cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr and done.stderr.count("\n") == 1


def test_no_file_is_one_line(tmp_path: Path) -> None:
    done = dmabench("advise", "none.json", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "dmabench: none.json: No such file or directory\n"
