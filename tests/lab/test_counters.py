# SPDX-License-Identifier: GPL-2.0-only
"""What a lap makes the kernel do, counted by its tracepoints, in guests that have no performance counters."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY

pytestmark = pytest.mark.guest

DMABENCH = REPOSITORY / "build/host/dmabench"
SCENARIO = {
    "name": "maps",
    "question": "What does a lap make the kernel do?",
    "statistics": {"samples": 6, "max_samples": 6, "discard": 2, "sample_time": "500us", "histogram_laps": 100},
    "sweeps": [
        {"matrix": {"strategy": ["null", "streaming_single"], "size": [4096], "direction": ["to_device"]}},
        {"matrix": {"strategy": ["streaming_single"], "size": [4096], "map_every": [0], "sync_every": [1]}},
        {"matrix": {"strategy": ["coherent"], "size": [4096], "map_every": [0]}},
    ],
}


def run(platform: str, folder: Path, counters: str) -> dict[str, Any]:
    scenario = folder / "maps.json"
    scenario.write_text(json.dumps(SCENARIO))
    report = folder / f"{platform}-{counters.replace(',', '-')}.json"
    command = [str(DMABENCH), "run", str(scenario), "--on", f"lab:{platform}", "-q", "-o", str(report)]
    done = subprocess.run([*command, "--counters", counters], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(report.read_text())


def timing(report: dict[str, Any], key: str) -> dict[str, float]:
    return {row["name"]: row[key] for row in report["benchmarks"]}


@pytest.mark.parametrize(
    "platform, expected",
    [
        # The kernel counts a bounce when it maps; syncs and unmaps copy, too, but are not counted.
        ("x86_64-swiotlb", {"swiotlb_bounces_per_lap": 1}),
        ("x86_64-vtd-strict", {"iommu_maps_per_lap": 1, "iommu_unmaps_per_lap": 1}),
    ],
)
def test_a_map_is_counted_and_the_time_is_not_touched(
    platform: str, expected: dict[str, float], tmp_path: Path
) -> None:
    without = run(platform, tmp_path, "default")
    report = run(platform, tmp_path, "default,mapping")
    keys = ("swiotlb_bounces_per_lap", "iommu_maps_per_lap", "iommu_unmaps_per_lap")
    rows = {row["name"]: row for row in report["benchmarks"]}
    assert len(rows) == 4
    for name, row in rows.items():
        counted = {key: row[key] for key in keys if key in row}
        assert counted == (expected if "map_every:1" in name else {}), name
        # that nothing happened is told, too
        entries = {entry["key"]: entry["per_lap"] for entry in row["dmabench"]["counters"]}
        assert {key: entries[key] for key in keys} == {key: counted.get(key, 0) for key in keys}
    [mapped] = [row for name, row in rows.items() if "map_every:1" in name]
    if platform == "x86_64-swiotlb":
        assert mapped["bounced_bytes_per_lap"] == 4096
    else:
        assert mapped["iommu_unmaps_per_map"] == 1
    # Not by one instruction. The least sample is one without a timer interrupt; into how many samples one falls
    # depends on the microsecond at which the first began, and so on the length of the command line.
    assert timing(report, "min_ns") == pytest.approx(timing(without, "min_ns"), abs=0.05)
    assert timing(report, "real_time") == pytest.approx(timing(without, "real_time"), rel=0.01)
    reasons = {entry["event"]: entry["reason"] for entry in report["dmabench"]["counters"]["unavailable"]}
    assert reasons["dma:dma_map_page"] == "this kernel has no tracepoint dma:dma_map_page"
    assert "no hardware counter" in reasons["cycles"]


def test_a_pmu_counts_the_kernel_too_and_what_it_lacks_is_told(tmp_path: Path) -> None:
    """On arm64 the instruction clock has a PMU: an instruction is a ns, and nearly all of a lap is the kernel's."""
    report = run("arm64", tmp_path, "default,stall")
    assert len(report["benchmarks"]) >= 4
    for row in report["benchmarks"]:
        assert row["instructions_per_lap"] == pytest.approx(row["real_time"], rel=0.03, abs=0.5), row["name"]
        running = {entry["event"]: entry["running_pct"] for entry in row["dmabench"]["counters"]}
        assert running["cycles"] == running["instructions"] == 100
    unavailable = {entry["event"]: entry["reason"] for entry in report["dmabench"]["counters"]["unavailable"]}
    assert "no hardware counter for it here" in unavailable["stalled-cycles-backend"]
