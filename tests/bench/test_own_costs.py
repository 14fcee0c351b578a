# SPDX-License-Identifier: GPL-2.0-only
"""The benchmarks of dmabench's own costs run, and measure what they say they do. How long it takes is not tested."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from test_gbench import BUILD


def rows(program: str) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [str(BUILD / "bench" / program), "--benchmark_format=json", "--benchmark_min_time=0.001"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {row["name"]: row for row in json.loads(done.stdout)["benchmarks"]}


def test_scenario_costs() -> None:
    found = rows("dmabench_scenario_costs")
    assert set(found) == {"parse/10", "parse/166", "parse_and_plan/10", "parse_and_plan/166", "extended"}
    assert not any(row.get("error_occurred") for row in found.values())
    assert found["parse_and_plan/166"]["points"] == 99_600, "just below the cap of 100 000"


def test_journal_costs() -> None:
    found = rows("dmabench_journal_costs")
    assert set(found) == {"append/real_time", "write_only/real_time", "resume/1000"}
    assert not any(row.get("error_occurred") for row in found.values())
    assert found["append/real_time"]["bytes"] == pytest.approx(1000, rel=0.5), "as long as a row of a run"
