# SPDX-License-Identifier: GPL-2.0-only
"""Batches, other CPUs, threads, masks, offsets and nodes, in guests: what is known to be true of each."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DMABENCH = REPOSITORY / "build/host/dmabench"
SCENARIOS = (REPOSITORY / "scenarios/batches_and_cpus.json", Path(__file__).parent / "places.json")

# One with an IOMMU, two CPUs and two nodes, and one with none of these.
TWO_CPUS = "x86_64-vtd-strict-smp"
ONE_CPU = "x86_64-direct"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("axes")
    where = f"lab:{TWO_CPUS},{ONE_CPU}"
    command = [str(DMABENCH), "run", *map(str, SCENARIOS), "--on", where, "-o", str(folder), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}


def rows(report: Any, **params: Any) -> list[Any]:
    """Those whose axes have these values."""
    return [
        row
        for row in report["benchmarks"]
        if all(row["dmabench"]["params"][axis] == value for axis, value in params.items())
    ]


def one(report: Any, **params: Any) -> Any:
    found = rows(report, **params)
    assert len(found) == 1, (params, [row["name"] for row in found])
    return found[0]


def reasons(report: Any, **params: Any) -> set[str]:
    """Why points with these axis values were skipped."""
    skipped = report["dmabench"]["skipped"]
    return {entry["reason"] for entry in skipped if all(entry["params"][a] == v for a, v in params.items())}


def strict(report: Any) -> dict[str, Any]:
    """A lap whose unmap waits for the IOTLB."""
    targets = report["context"]["platform"]["targets"]
    assert [t["kind"] for t in targets if t.get("iommu_domain") == "DMA"] == ["pci"]
    return {"target": "pci", "strategy": "streaming_single", "size": 4096}


@pytest.mark.parametrize("platform", [TWO_CPUS, ONE_CPU])
def test_nothing_failed(reports: dict[str, Any], platform: str) -> None:
    assert reports[platform]["dmabench"]["errors"] == []


def test_the_null_lap_is_what_it_was(reports: dict[str, Any]) -> None:
    for report in reports.values():
        assert {int(row["real_time"]) for row in rows(report, strategy="null")} == {8}


def test_unmapping_dominates_under_a_strict_iommu(reports: dict[str, Any]) -> None:
    report = reports[TWO_CPUS]
    laps = rows(report, **strict(report))
    assert {row["dmabench"]["params"]["batch"] for row in laps} == {1, 16, 512}
    for row in laps:
        assert row["unmap_ns"] > row["map_ns"], row["name"]
        assert row["unmap_ns"] > 0.5 * row["lap_p50_ns"], row["name"]


def test_a_lap_of_a_batch_is_the_sum_of_its_phases(reports: dict[str, Any]) -> None:
    for report in reports.values():
        batches = [row for row in rows(report, threads=1) if row["dmabench"]["params"]["batch"] > 1]
        assert batches
        for row in batches:
            phases = sum(phase.get("per_lap_ns", 0) for phase in row["dmabench"]["phases"].values())
            assert phases == pytest.approx(row["real_time"], rel=0.1), row["name"]


def test_another_cpu_unmaps(reports: dict[str, Any]) -> None:
    report = reports[TWO_CPUS]
    there = rows(report, unmap_cpu="other")
    assert len(there) >= 3
    for row in there:
        assert row["dmabench"]["buffer"]["unmapped_on_cpu"] in (0, 1)
        assert "counters" not in row["dmabench"] and row["cpu_time"] == row["real_time"]
        here = one(report, **{**row["dmabench"]["params"], "unmap_cpu": "none"})
        # Waking the other CPU up takes thousands of instructions. They are not in the lap.
        assert row["real_time"] < 1.5 * here["real_time"] + 500, row["name"]
    assert rows(reports[ONE_CPU], unmap_cpu="other") == []
    assert reasons(reports[ONE_CPU], unmap_cpu="other") == {"only one CPU is online, so there is no other to unmap on"}


def test_threads_are_as_many_as_there_are_cpus(reports: dict[str, Any]) -> None:
    for row in rows(reports[TWO_CPUS], threads=2):
        laps = row["dmabench"]["laps_per_sample"] * len(row["dmabench"]["samples_ns"])
        assert (row["threads"], row["iterations"]) == (2, 2 * laps)
        assert row["laps_per_second"] == pytest.approx(2e9 / row["real_time"])
        assert row["dmabench"]["histogram"]["laps"] == row["dmabench"]["phases"]["map"]["calls"]
    assert rows(reports[TWO_CPUS], threads=2)
    assert reasons(reports[TWO_CPUS], threads=3) == {"3 threads need a CPU each, and 2 are online"}
    assert reasons(reports[ONE_CPU], threads=2) == {"2 threads need a CPU each, and 1 are online"}


def test_masks_say_what_mappings_do_within_them(reports: dict[str, Any]) -> None:
    direct = reports[ONE_CPU]
    for bits in (64, 32):
        for row in rows(direct, mask_bits=bits):
            buffer = row["dmabench"]["buffer"]
            assert buffer["dma_mask"] == buffer["coherent_mask"] == hex((1 << bits) - 1)
            assert buffer["relation"] == "identity" and int(buffer["dma_addr"], 16) < 1 << bits
    # The device takes a mask of 24 bits; only DMA memory can be had there, and nothing bounces.
    assert {row["dmabench"]["params"]["strategy"] for row in rows(direct, mask_bits=24)} == {"coherent"}
    assert int(one(direct, mask_bits=24)["dmabench"]["buffer"]["dma_addr"], 16) < 1 << 24
    assert {reason.split(":")[0] for reason in reasons(direct, mask_bits=24)} == {"no memory within the DMA mask"}
    # An IOMMU has addresses for any mask.
    behind = strict(reports[TWO_CPUS])["target"]
    narrow = rows(reports[TWO_CPUS], mask_bits=24, target=behind)
    assert len(narrow) == 2 and {row["dmabench"]["buffer"]["relation"] for row in narrow} == {"iommu"}
    assert all(int(row["dmabench"]["buffer"]["dma_addr"], 16) < 1 << 24 for row in narrow)


def test_buffers_begin_at_their_offset(reports: dict[str, Any]) -> None:
    for report in reports.values():
        shifted = [row for row in report["benchmarks"] if row["dmabench"]["params"]["offset"]]
        assert shifted
        for row in shifted:
            buffer = row["dmabench"]["buffer"]
            for address in (buffer["phys_addr"], buffer["dma_addr"]):
                assert int(address, 16) % 4096 == row["dmabench"]["params"]["offset"], row["name"]


def test_memory_is_from_the_node_asked_for(reports: dict[str, Any]) -> None:
    near, far = (one(reports[TWO_CPUS], node=node)["dmabench"]["buffer"]["phys_addr"] for node in ("0", "1"))
    # The platform's file gives each node 512 MiB.
    assert int(near, 16) < 512 << 20 <= int(far, 16)
    assert one(reports[ONE_CPU], node="0") and not rows(reports[ONE_CPU], node="1")
    for report in reports.values():
        assert reasons(report, node="7") == {"there is no such NUMA node, or it has no memory"}


def test_info_has_a_table_of_masks() -> None:
    command = [str(DMABENCH), "info", "--json", "--on", "lab:x86_64-swiotlb"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for target in json.loads(done.stdout)["dma_masks"]:
        found = {mask["bits"]: mask for mask in target["masks"]}
        assert list(found) == [64, 48, 40, 36, 32, 31, 30, 28, 24]
        assert found[64] == {"bits": 64, "accepted": True, "ordinary": "bounced", "coherent": "identity"}
        # All is bounced there, and the bounce buffers are not that low.
        assert found[24] == {"bits": 24, "accepted": True, "ordinary": "fails", "coherent": "identity"}
