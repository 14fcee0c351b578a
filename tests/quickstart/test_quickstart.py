# SPDX-License-Identifier: GPL-2.0-only
"""scripts/quickstart, and what is known to be true of its figures under the instruction clock."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
OUT = REPOSITORY / "out/quickstart"
PLATFORMS = [
    "x86_64-direct",
    "x86_64-swiotlb",
    "x86_64-vtd-strict",
    "x86_64-vtd-lazy",
    "x86_64-vtd-pt",
    "arm64",
    "arm64-smmu-strict",
]
MODELLED = ["arm64@zynqmp-like", "x86_64-direct@x86-client-like"]
X86 = [name for name in PLATFORMS if name.startswith("x86")]
ARM = [name for name in PLATFORMS if name.startswith("arm64")]

AMOUNTS = (64, 256, 1024, 4096, 16384, 65536)

Report = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def quickstart() -> str:
    """Runs it once for all tests here; what it says at the end."""
    done = subprocess.run([REPOSITORY / "scripts/quickstart"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    print(done.stderr.splitlines()[-1])
    return done.stdout


def load(platform: str, folder: Path = OUT) -> Report:
    return json.loads((folder / f"{platform}.json").read_text())


def rows(platform: str) -> dict[str, Report]:
    return {row["name"]: row for row in load(platform)["benchmarks"]}


def lap(platform: str, name: str) -> float:
    return rows(platform)[name]["real_time"]


def map_unmap(size: int, target: str) -> str:
    return f"streaming_single/direction:bidirectional/map_every:1/size:{size}/sync_every:0/target:{target}"


def sync(size: int, target: str) -> str:
    return f"streaming_single/direction:bidirectional/map_every:0/size:{size}/sync_every:1/target:{target}"


def test_reports_keep_the_contract() -> None:
    files = [str(OUT / f"{platform}.json") for platform in PLATFORMS + MODELLED]
    done = subprocess.run(
        [sys.executable, "-m", "dmabench_reports.contract", *files],
        env={"PYTHONPATH": str(REPOSITORY / "reports"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def numbers(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from numbers(inner, f"{path}/{index}")
    elif value is None:
        yield path, math.nan
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, float(value)


@pytest.mark.parametrize("platform,points", [*((name, 100) for name in PLATFORMS), *((name, 60) for name in MODELLED)])
def test_so_many_points_none_of_them_0_or_nan(platform: str, points: int) -> None:
    report = load(platform)
    assert len(report["benchmarks"]) >= points
    assert not report["dmabench"]["errors"]
    index_like = {"repetition_index", "family_index", "per_family_instance_index"}
    for row in report["benchmarks"]:
        flat = {key: value for key, value in row.items() if key not in index_like | {"dmabench"}}
        for path, number in numbers(flat, row["name"]):
            assert math.isfinite(number) and number > 0, path
        for path, number in numbers(row["dmabench"]["samples_ns"], row["name"]):
            assert math.isfinite(number) and number > 0, path


def test_the_page_is_self_contained_and_says_what_its_figures_are() -> None:
    page = (OUT / "index.html").read_text()
    assert "NOT hardware time" in page
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)
    for platform in PLATFORMS + MODELLED:
        assert platform in page


def test_two_runs_agree_and_the_page_says_how_closely() -> None:
    worst = 0.0
    for platform in PLATFORMS + MODELLED:
        first = {row["name"]: row["real_time"] for row in load(platform, OUT / "previous")["benchmarks"]}
        second = {row["name"]: row["real_time"] for row in load(platform)["benchmarks"]}
        assert first.keys() == second.keys()
        worst = max(worst, *(abs(second[name] / first[name] - 1) for name in first))
    print(f"largest difference between two runs: {worst:.4%}")
    assert worst <= 0.005
    assert re.search(r"[Tt]wo runs", (OUT / "index.html").read_text())


def ranged_sync(sync_bytes: int, target: str) -> str:
    name = "streaming_single/direction:bidirectional/map_every:0/size:65536"
    return f"{name}/sync_bytes:{sync_bytes}/sync_every:1/target:{target}"


def test_sync_grows_linearly_with_bytes_on_a_noncoherent_device() -> None:
    """A sync is a call and then so much per cache line: what the bytes cost is what grows, 16 times for 16 times as
    many. The call itself is a fifth of a sync of 4 KiB, so the whole grows 12.5 times."""
    target = "platform-noncoherent"
    call = rows("arm64")[ranged_sync(64, target)]
    small, large = rows("arm64")[sync(4096, target)], rows("arm64")[sync(65536, target)]
    for key in ("real_time", "sync_for_device_ns", "sync_for_cpu_ns"):
        assert 16 * 0.8 <= (large[key] - call[key]) / (small[key] - call[key]) <= 16 * 1.2, key
        assert large[key] / small[key] > 10, key


@pytest.mark.parametrize("platform,target", [("arm64", "platform-coherent"), ("x86_64-direct", "pci")])
def test_sync_is_flat_or_elided_on_a_coherent_device(platform: str, target: str) -> None:
    large = rows(platform)[sync(65536, target)]
    elided = "elided" in large["dmabench"]["phases"].get("sync_for_cpu", {})
    assert elided or large["real_time"] <= 1.05 * lap(platform, sync(4096, target))


def test_a_ranged_sync_costs_its_range_only() -> None:
    target = "platform-noncoherent"
    line, page, whole = (lap("arm64", name) for name in (ranged_sync(64, target), ranged_sync(4096, target), sync(65536, target)))
    assert line < page / 3 and page < whole / 10
    assert page == pytest.approx(lap("arm64", sync(4096, target)), rel=0.01)


def test_strict_costs_more_than_lazy_and_lazy_more_than_passthrough() -> None:
    for size in (4096, 65536):
        strict, lazy, passthrough = (lap(f"x86_64-vtd-{mode}", map_unmap(size, "pci")) for mode in ("strict", "lazy", "pt"))
        assert strict > 1.1 * lazy
        assert lazy > 2 * passthrough


def test_bouncing_grows_with_size() -> None:
    costs = [lap("x86_64-swiotlb", map_unmap(size, "pci")) for size in (4096, 16384, 65536)]
    assert costs[0] * 2 < costs[1] and costs[1] * 2 < costs[2]
    assert lap("x86_64-direct", map_unmap(65536, "pci")) * 100 < costs[2]


@pytest.mark.parametrize(
    "platform,target,relation",
    [
        ("x86_64-direct", "pci", "identity"),
        ("x86_64-swiotlb", "pci", "bounced"),
        ("x86_64-vtd-strict", "pci", "iommu"),
        ("x86_64-vtd-lazy", "pci", "iommu"),
        ("x86_64-vtd-pt", "pci", "identity"),
        ("arm64", "platform-noncoherent", "identity"),
        ("arm64-smmu-strict", "pci", "iommu"),
    ],
)
def test_dma_addresses_relate_to_physical_ones_as_the_platform_makes_them(
    platform: str, target: str, relation: str
) -> None:
    assert rows(platform)[map_unmap(4096, target)]["dmabench"]["buffer"]["relation"] == relation


def test_the_iommu_domain_is_read_back() -> None:
    for platform, domain in {
        "x86_64-vtd-strict": "DMA",
        "x86_64-vtd-lazy": "DMA-FQ",
        "x86_64-vtd-pt": "identity",
        "arm64-smmu-strict": "DMA",
    }.items():
        targets = load(platform)["context"]["platform"]["targets"]
        assert [t["iommu_domain"] for t in targets if t["kind"] == "pci"] == [domain], platform


def mapping(platform: str, prefix: str, mode: str, target: str) -> Report:
    found = [
        row["dmabench"]["mapping"]
        for name, row in rows(platform).items()
        if name.startswith(f"{prefix}/access:read/cache_mode:{mode}/") and name.endswith(f"target:{target}")
    ]
    assert found, (platform, prefix, mode)
    return found[0]


@pytest.mark.parametrize(
    "platform,target,strategy,mode,user,kernel",
    [
        ("x86_64-direct", "pci", "streaming_page", "cached", "write-back", "write-back"),
        ("x86_64-direct", "pci", "streaming_page", "writecombine", "write-combining", "write-combining"),
        ("x86_64-direct", "pci", "streaming_page", "uncached", "uncached-minus", "uncached-minus"),
        ("x86_64-direct", "pci", "coherent", "coherent", "write-back", "write-back"),
        ("arm64", "platform-noncoherent", "streaming_page", "cached", "write-back", "write-back"),
        ("arm64", "platform-noncoherent", "streaming_page", "writecombine", "normal non-cacheable", "write-back"),
        ("arm64", "platform-noncoherent", "streaming_page", "uncached", "device", "write-back"),
        ("arm64", "platform-noncoherent", "coherent", "coherent", "normal non-cacheable", "normal non-cacheable"),
        ("arm64", "platform-coherent", "coherent", "coherent", "write-back", "write-back"),
    ],
)
def test_memory_types_are_those_in_the_page_tables(
    platform: str, target: str, strategy: str, mode: str, user: str, kernel: str
) -> None:
    found = mapping(platform, strategy, mode, target)
    assert (found["user"], found["kernel"]) == (user, kernel)
    assert found["requested"] == mode


@pytest.mark.parametrize("platform", ARM)
def test_arm64_rows_carry_cycles_and_instructions(platform: str) -> None:
    for name, row in rows(platform).items():
        assert row["cycles_per_lap"] > 0 and row["instructions_per_lap"] > 0, name
    # one instruction is one nanosecond, so the two clocks have to tell the same story
    row = rows(platform)[map_unmap(4096, "pci" if "smmu" in platform else "platform-noncoherent")]
    assert row["instructions_per_lap"] == pytest.approx(row["real_time"], rel=0.05)


@pytest.mark.parametrize("platform", X86)
def test_x86_reports_say_why_there_are_no_cycles(platform: str) -> None:
    unavailable = {entry["event"]: entry["reason"] for entry in load(platform)["dmabench"]["counters"]["unavailable"]}
    assert "no hardware counter" in unavailable["cycles"]
    assert all("cycles_per_lap" not in row for row in load(platform)["benchmarks"])


def test_the_null_lap_is_next_to_nothing() -> None:
    for platform in PLATFORMS:
        nulls = [row["real_time"] for name, row in rows(platform).items() if name.startswith("null/")]
        assert nulls and max(nulls) <= 12, platform


def user_read(platform: str, mode: str, amount: int, sync_every: int = 0) -> Report:
    """The row in which user space reads so many bytes of 64 KiB."""
    found = [
        row
        for row in load(platform)["benchmarks"]
        if (p := row["dmabench"]["params"])["access"] == "read"
        and (p["cache_mode"], p["touch_bytes"], p["sync_every"]) == (mode, amount, sync_every)
    ]
    assert len(found) == 1, (platform, mode, amount, sync_every)
    return found[0]


def test_the_complaint_on_a_modelled_board() -> None:
    """Uncached coherent memory is dear to read, syncs are dear for a few bytes, and fewer syncs move the place where it turns."""
    place = "arm64@zynqmp-like"
    uncached = user_read(place, "coherent", 65536)
    synced = user_read(place, "cached", 65536, 1)
    assert uncached["dmabench"]["mapping"]["user"] == "normal non-cacheable"
    assert uncached["real_time"] > 5 * synced["real_time"]
    assert user_read(place, "cached", 64, 1)["real_time"] > 5 * user_read(place, "coherent", 64)["real_time"]
    turns = [
        [user_read(place, "cached", n, every)["real_time"] < user_read(place, "coherent", n)["real_time"] for n in AMOUNTS]
        for every in (1, 4, 16)
    ]
    for one in turns:
        assert one == sorted(one) and one[-1], "cheaper above one place, dearer below it"
    assert sum(turns[0]) < sum(turns[1]) < sum(turns[2])


def test_coherent_memory_of_x86_is_read_in_place() -> None:
    place = "x86_64-direct@x86-client-like"
    for amount in AMOUNTS:
        row = user_read(place, "coherent", amount)
        assert row["dmabench"]["mapping"]["user"] == "write-back"
        assert row["real_time"] < user_read(place, "cached", amount, 1)["real_time"]
        assert 5 * row["real_time"] < user_read(place, "writecombine", amount)["real_time"]


def test_the_page_and_the_terminal_give_that_answer(quickstart: str) -> None:
    page = (OUT / "index.html").read_text()
    lead = page[page.index('<section id="lead">') : page.index('<section id="overview">')]
    assert lead.index("arm64@zynqmp-like") < lead.index("x86_64-direct@x86-client-like")
    place = re.search(r"Up to ([\d.]+)\s(B|KiB) read per transfer leave it uncached; above that map it cached and sync it", lead)
    assert place
    turn = float(place[1]) * {"B": 1, "KiB": 1024}[place[2]]
    noticed = [
        user_read("arm64@zynqmp-like", "cached", n, 1)["real_time"] < user_read("arm64@zynqmp-like", "coherent", n)["real_time"]
        for n in AMOUNTS
    ]
    first = noticed.index(True)
    assert AMOUNTS[first - 1] < turn < AMOUNTS[first]
    assert "Read coherent memory in place: it is cached here" in lead
    (line,) = [line for line in quickstart.splitlines() if line.startswith("  arm64@zynqmp-like, platform-noncoherent: Up to ")]
    assert place[0] in line


@pytest.mark.skipif(Path("/dev/dmabench").exists(), reason="the module is loaded on this machine")
def test_without_the_module_one_line_says_why_and_what_to_do() -> None:
    done = subprocess.run(
        [REPOSITORY / "build/host/dmabench", "run", REPOSITORY / "scenarios/quick.json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "module" in done.stderr and "--on lab:" in done.stderr
