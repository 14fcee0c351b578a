# SPDX-License-Identifier: GPL-2.0-only
"""Real transfers in real guests: by the Raspberry Pi's DMA engine, and by QEMU's edu device."""

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY, lab

pytestmark = pytest.mark.guest
SCENARIOS = REPOSITORY / "scenarios"
BUS_OFFSET = 0xC0000000


def run(platform: str, scenario: str, folder: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """The report of a scenario, and what was printed."""
    report = folder / f"{platform}.json"
    done = lab("run", platform, "--scenario", str(SCENARIOS / scenario), "-o", str(report), "--", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(report.read_text()), done.stdout


def verdicts(report: dict[str, Any]) -> dict[tuple[str, str], str]:
    """By strategy and by what was left out, in the direction where it matters, and without."""
    found = {}
    for row in report["benchmarks"]:
        params, ownership = row["dmabench"]["params"], row["dmabench"]["ownership"]
        key = ownership["sync"] if ownership["sync"] != "synced" else f"synced {params['direction']}"
        found[params["strategy"], key] = ownership["data"]
    return found


def test_the_pis_engine_moves_data_for_each_strategy_at_its_bus_addresses(tmp_path: Path) -> None:
    report, _ = run("rpi3b", "producer_consumer.json", tmp_path)
    assert not report["dmabench"]["skipped"] and not report["dmabench"]["errors"]
    target = next(t for t in report["context"]["platform"]["targets"] if t["kind"] == "dmaengine")
    assert target["engine"]["name"] == "memcpy" and not target["coherent"]
    seen = set()
    for row in report["benchmarks"]:
        params, own = row["dmabench"]["params"], row["dmabench"]
        if params["strategy"] == "null":
            continue
        seen.add((params["strategy"], params["size"], params["direction"]))
        assert own["buffer"]["relation"] == "offset"
        assert int(own["buffer"]["dma_addr"], 16) - int(own["buffer"]["phys_addr"], 16) == BUS_OFFSET
        assert own["ownership"]["data"] == "fresh" and own["ownership"]["fresh_laps"] > 6
        assert row["transfer_ns"] > 0 and row["touch_ns"] > 0
        assert row["bytes_per_second"] == pytest.approx(params["size"] * 1e9 / row["real_time"], rel=1e-6)
    for strategy in ("coherent", "write_combine", "streaming_single", "streaming_sg", "streaming_recycle", "copy"):
        for size in (4096, 65536, 1 << 20):
            for direction in ("to_device", "from_device"):
                assert (strategy, size, direction) in seen


@pytest.mark.parametrize(("platform", "without"), [("x86_64-edu-swiotlb", "stale"), ("x86_64-vtd-strict", "fresh")])
def test_a_forgotten_sync_shows_where_data_are_bounced(platform: str, without: str, tmp_path: Path) -> None:
    report, told = run(platform, "ownership_litmus.json", tmp_path, "--filter", "edu")
    assert not report["dmabench"]["skipped"] and not report["dmabench"]["errors"]
    expected = {}
    for strategy in ("streaming_single", "streaming_recycle"):
        for direction, skipped in (("from_device", "no_sync_for_cpu"), ("to_device", "no_sync_for_device")):
            expected[strategy, f"synced {direction}"] = "fresh"
            expected[strategy, skipped] = without
    assert verdicts(report) == expected
    assert f"{without} without sync_for_cpu" in told and f"{without} without sync_for_device" in told
    relation = "bounced" if without == "stale" else "iommu"
    assert {row["dmabench"]["buffer"]["relation"] for row in report["benchmarks"]} == {relation}
