# SPDX-License-Identifier: GPL-2.0-only
"""What large reports cost. Times are the benchmarks' own to print; held here are memory and a ratio with room."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
REPORT_SPEED = REPOSITORY / "build/host/bench/dmabench_report_speed"


def test_a_report_of_100000_points() -> None:
    done = subprocess.run(
        [REPORT_SPEED, "--benchmark_format=json", "--benchmark_min_time=0.01"],
        env={**os.environ, "DMABENCH_POINTS": "100000"},
        capture_output=True,
        text=True,
        check=True,
    )
    rows = {row["name"].split("/process_time")[0]: row for row in json.loads(done.stdout)["benchmarks"]}
    assert rows["report/write_and_read"]["peak_MB"] < 300
    assert rows["report/compare_two"]["peak_MB"] < 300
    assert {row["points"] for row in rows.values()} == {100_000}


@pytest.mark.skipif(not Path("/usr/share/benchmark/compare.py").exists(), reason="needs libbenchmark-tools")
def test_fifty_times_faster_than_compare_py() -> None:
    script = REPOSITORY / "bench/compare_speed.py"
    done = subprocess.run(["/usr/bin/python3", "-B", script, "--points", "10000"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
