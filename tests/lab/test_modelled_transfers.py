# SPDX-License-Identifier: GPL-2.0-only
"""The modelled clock where a device really moves the data: what its caches then know of the device."""

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import lab

pytestmark = pytest.mark.guest

# What edu moves at most is 4095 bytes.
BYTES = 4032
LINES = BYTES // 64
PLAIN = {"strategy": "streaming_single", "size": BYTES, "map_every": 0, "sync_every": 1, "cache_state": "warm"}


def measure(platform: str, engine: str, folder: Path) -> dict[str, Any]:
    folder.mkdir()
    both = {**PLAIN, "transfer": engine}
    sweeps = [
        {"matrix": {**both, "direction": "to_device"}},
        {"matrix": {**both, "direction": "from_device", "touch": "read", "ownership": ["synced", "no_sync_for_cpu"]}},
        {"matrix": {**PLAIN, "direction": "from_device", "touch": "read"}},
    ]
    statistics = {"samples": 6, "max_samples": 6, "discard": 1, "sample_time": "50us", "budget": "20s", "histogram_laps": 4}
    scenario = folder / "transfers.json"
    scenario.write_text(
        json.dumps({"name": "t", "title": "T", "question": "Q?", "statistics": statistics, "sweeps": sweeps}),
        encoding="utf-8",
    )
    report = folder / f"{platform}.json"
    target = "dmaengine" if engine == "memcpy" else "pci"
    done = lab(
        *("run", platform, "--scenario", str(scenario), "-o", str(report), "--quiet", "--", "--set", f"target={target}")
    )
    assert done.returncode == 0, done.stderr
    return json.loads(report.read_text(encoding="utf-8"))


def rows(report: dict[str, Any]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """By transfer, direction and ownership."""
    found = {}
    for row in report["benchmarks"]:
        params = row["dmabench"]["params"]
        found[params["transfer"], params["direction"], params["ownership"]] = row
    assert len(found) == len(report["benchmarks"]) == 4, [row["name"] for row in report["benchmarks"]]
    return found


def check_device_side(found: dict[tuple[str, str, str], dict[str, Any]], expected: str) -> None:
    for (transfer, _, _), row in found.items():
        assert row["dmabench"]["device_side"] == ("not_modelled" if transfer == "none" else expected), row["name"]


def count(row: dict[str, Any], what: str) -> float:
    return row.get(f"model_{what}_per_lap", 0)


def test_a_device_that_does_not_snoop_leaves_caches_alone_and_is_exact(tmp_path: Path) -> None:
    report = measure("rpi3b@rpi3-like", "memcpy", tmp_path / "one")
    found = rows(report)
    check_device_side(found, "bypassed")
    synced = found["memcpy", "from_device", "synced"]
    forgotten = found["memcpy", "from_device", "no_sync_for_cpu"]
    assert all(count(row, "snooped_lines") == 0 for row in found.values())
    # It is the sync that takes the stale lines away, so that they are read from memory.
    assert synced["touch_ns"] > 1.2 * forgotten["touch_ns"]
    assert count(synced, "memory_reads") - count(forgotten, "memory_reads") == pytest.approx(LINES, abs=4)
    assert measure("rpi3b@rpi3-like", "memcpy", tmp_path / "two")["benchmarks"] == report["benchmarks"]


@pytest.mark.parametrize(("platform", "relation"), [("x86_64-vtd-strict", "iommu"), ("x86_64-edu-swiotlb", "bounced")])
def test_what_a_device_that_snoops_has_written_is_in_no_cache(platform: str, relation: str, tmp_path: Path) -> None:
    found = rows(measure(f"{platform}@x86-client-like", "edu", tmp_path / "one"))
    check_device_side(found, "snooped")
    assert {row["dmabench"]["buffer"]["relation"] for row in found.values()} == {relation}
    written, untold = found["edu", "from_device", "synced"], found["none", "from_device", "synced"]
    # The buffer's lines, or the bounce buffer's, which the sync of the lap before has read.
    assert count(written, "snooped_lines") == LINES
    assert count(written, "memory_reads") - count(untold, "memory_reads") >= LINES
    assert count(found["edu", "to_device", "synced"], "snooped_lines") == 0
