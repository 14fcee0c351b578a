# SPDX-License-Identifier: GPL-2.0-only
"""What is read, and how what is not a report is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Writer, sample
from dmabench_reports import cli, load, words
from dmabench_reports.model import Params


def refused(path: Path, capsys: pytest.CaptureFixture[str], output: Path) -> str:
    """The one line that a bad file gets."""
    assert cli.main([str(path), "-o", str(output)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 1, err
    assert str(path) in lines[0]
    assert not output.exists()
    return lines[0]


BAD = {
    "not JSON": ("{", "not JSON"),
    "empty": ("", "not JSON"),
    "a list": ("[]", "not a dmabench report"),
    "Google Benchmark's own": (
        '{"context": {}, "benchmarks": []}',
        "no top-level 'dmabench'",
    ),
    "other schema": (
        '{"dmabench": {"schema": 2}, "benchmarks": [{}]}',
        "schema 2 is not supported",
    ),
    "no schema": ('{"dmabench": {}, "benchmarks": []}', "schema None is not supported"),
    "no benchmarks": ('{"dmabench": {"schema": 1}}', "'benchmarks' is not a list"),
    "no rows": (
        '{"dmabench": {"schema": 1, "clock": {"kind": "hardware"}}, "benchmarks": []}',
        "no measured rows",
    ),
    "a row without a name": (
        '{"dmabench": {"schema": 1}, "benchmarks": [{"real_time": 1}]}',
        "/benchmarks/0: a row has no name",
    ),
    "a row without a time": (
        '{"dmabench": {"schema": 1}, "benchmarks": [{"name": "null/size:1/target:pci"}]}',
        "real_time of 'null/size:1/target:pci' is None",
    ),
    "NaN for a time": (
        '{"dmabench": {"schema": 1}, "benchmarks": [{"name": "null/size:1/target:pci", "real_time": NaN}]}',
        "is nan, not a time",
    ),
    "0 for a time": (
        '{"dmabench": {"schema": 1}, "benchmarks": [{"name": "null/size:1/target:pci", "real_time": 0}]}',
        "is 0, not a time",
    ),
    "another unit": (
        '{"dmabench": {"schema": 1}, "benchmarks": [{"name": "null/size:1/target:pci", "real_time": 1,'
        ' "time_unit": "us"}]}',
        "time_unit",
    ),
    "no clock": (
        '{"dmabench": {"schema": 1}, "benchmarks": [{"name": "null/size:1/target:pci", "real_time": 1}]}',
        "clock.kind",
    ),
    "context is a list": (
        '{"dmabench": {"schema": 1, "clock": {"kind": "fake"}}, "context": [1],'
        ' "benchmarks": [{"name": "null/size:1/target:pci", "real_time": 1}]}',
        "not a valid dmabench report",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files_get_one_line_and_exit_2(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, message = BAD[what]
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    assert message in refused(path, capsys, tmp_path / "out")


def test_a_missing_file_a_folder_and_binary_are_unreadable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "nowhere.json", tmp_path, binary):
        assert "cannot be read" in refused(path, capsys, tmp_path / "out")


def test_a_second_run_is_checked_too(
    tmp_path: Path, write: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(sample("x86_64-direct"))
    words_ = [str(good), "-o", str(tmp_path / "out"), "--repeat", str(tmp_path / "no")]
    assert cli.main(words_) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_unknown_plot_format_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["x.json", "-o", str(tmp_path), "--plots", "gif"])
    assert stop.value.code == 2


def test_runs_as_a_module(tmp_path: Path) -> None:
    """As the program starts it: a clean process, only PYTHONPATH set."""
    reports = Path(cli.__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "dmabench_reports", "missing.json", "-o", "out"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(reports), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert (
        done.stderr
        == "dmabench report: missing.json: cannot be read: No such file or directory\n"
    )


def test_names_tell_the_axes() -> None:
    name = "streaming_single/direction:to_device/map_every:0/size:4096/sync_every:4/target:pci:0000:00:03.0"
    assert load.parse_name(name) == {
        "strategy": "streaming_single",
        "direction": "to_device",
        "map_every": 0,
        "size": 4096,
        "sync_every": 4,
        "target": "pci:0000:00:03.0",
    }


def test_params_come_from_the_name_where_the_row_has_none(write: Writer) -> None:
    report = sample("x86_64-direct")
    with_params = load.load([write(report)])[0].rows
    for row in report["benchmarks"]:
        del row["dmabench"]["params"]
    without = load.load([write(report, "bare.json")])[0].rows
    assert [r.params for r in without] == [r.params for r in with_params]


def test_two_reports_of_one_platform_are_told_apart(write: Writer) -> None:
    a = write(sample("x86_64-direct"), "a.json")
    b = write(sample("x86_64-direct", 2), "b.json")
    reports = load.load([a, b])
    assert [r.label for r in reports] == ["x86_64-direct #1", "x86_64-direct #2"]
    anchors = [row.anchor for r in reports for row in r.rows]
    assert len(set(anchors)) == len(anchors)


def test_a_phase_that_is_zero_has_no_figure(write: Writer) -> None:
    report = sample("x86_64-direct")
    row = report["benchmarks"][-1]
    row["dmabench"]["phases"]["access"]["per_lap_ns"] = 0
    row["access_ns"] = 0
    loaded = load.load([write(report)])[0].rows[-1]
    assert "access" not in loaded.figures


def test_pci_is_the_only_function_that_is_bound(write: Writer) -> None:
    report = load.load([write(sample("x86_64-vtd-strict"))])[0]
    target = report.target("pci")
    assert target is not None and target.iommu_domain == "DMA"


@pytest.mark.parametrize(
    "count, text",
    [
        (1, "1 B"),
        (64, "64 B"),
        (338.2, "338 B"),
        (4096, "4 KiB"),
        (5325, "5.2 KiB"),
        (65536, "64 KiB"),
        (1 << 20, "1 MiB"),
        (64 << 20, "64 MiB"),
    ],
)
def test_sizes_are_binary(count: float, text: str) -> None:
    assert words.size(count).replace(words.NARROW_SPACE, " ") == text


@pytest.mark.parametrize(
    "ns, text",
    [
        (0.5, "0.50 ns"),
        (14, "14.0 ns"),
        (999.4, "999 ns"),
        (999.9, "1.00 µs"),
        (4181, "4.18 µs"),
        (273000, "273 µs"),
        (1056000, "1.06 ms"),
        (3e9, "3.00 s"),
    ],
)
def test_durations_have_three_figures(ns: float, text: str) -> None:
    assert words.duration(ns).replace(words.NARROW_SPACE, " ") == text


def test_workloads_and_usages_read_as_english() -> None:
    once = Params("streaming_single", size=4096, sync_every=4, target="pci")
    assert once.series.usage == "mapped once, synced every 4 transfers"
    assert once.workload.text == "no CPU access"
    user = Params("coherent", access="read", cache_mode="coherent", touch_bytes=64)
    assert (
        user.workload.text.replace(words.NARROW_SPACE, " ") == "user space reads 64 B"
    )
    assert user.series.usage == "dma_mmap_coherent()"


def test_the_sample_says_that_it_is_one() -> None:
    assert "no machine ran this" in json.dumps(sample("arm64"))
