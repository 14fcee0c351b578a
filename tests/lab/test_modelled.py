# SPDX-License-Identifier: GPL-2.0-only
"""The modelled clock in real guests: what the model is there to show, on reports as a user gets them."""

import json
import os
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import pytest

from conftest import REPOSITORY, lab
from dmabench_lab import models

pytestmark = pytest.mark.guest

SIZE = 65536
# Each access in each cache mode, with and without the syncs; syncing what is dirty and what is not; each state of
# caches, in the kernel (synced, then read) and in user space.
MAPPED = {"strategy": "streaming_page", "size": "64K", "map_every": 0}
SYNCED = MAPPED | {"direction": "to_device", "sync_every": 1}
STATES = ["cold", "warm", "dirty"]
SCENARIO = {
    "name": "shapes",
    "title": "What a model has to show",
    "question": "Does it?",
    "statistics": {"samples": 6, "discard": 1},
    "sweeps": [
        {"matrix": MAPPED | {"sync_every": [0, 1], "cache_mode": "cached", "access": ["read", "write"]}},
        {"matrix": MAPPED | {"sync_every": 0, "cache_mode": ["writecombine", "uncached"], "access": ["read", "write"]}},
        {"matrix": SYNCED | {"dirty": [0, 100]}},
        {"matrix": SYNCED | {"touch": "read", "cache_state": STATES}},
        {"matrix": MAPPED | {"sync_every": 0, "cache_mode": "cached", "access": "read", "cache_state": STATES}},
        {"matrix": MAPPED | {"strategy": "coherent", "touch": "read", "cache_state": "cold"}},
    ],
}


def measure(platform: str, folder: Path, target: str) -> dict[str, Any]:
    folder.mkdir()
    scenario = folder / "shapes.json"
    scenario.write_text(json.dumps(SCENARIO), encoding="utf-8")
    done = lab(
        *("run", platform, "--scenario", str(scenario), "-o", str(folder), "--quiet", "--", "--set", f"target={target}")
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / f"{platform}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def arm64(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return measure("arm64@zynqmp-like", tmp_path_factory.mktemp("arm64") / "one", "platform-noncoherent")


@pytest.fixture(scope="module")
def x86(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return measure("x86_64-direct@x86-client-like", tmp_path_factory.mktemp("x86") / "one", "platform")


def row(report: dict[str, Any], **wanted: object) -> dict[str, Any]:
    """The one row with these parameters."""
    found = [r for r in report["benchmarks"] if all(r["dmabench"]["params"].get(k) == v for k, v in wanted.items())]
    assert len(found) == 1, (wanted, [r["name"] for r in report["benchmarks"]])
    return found[0]


def user(report: dict[str, Any], mode: str, access: str, sync_every: int = 0) -> dict[str, Any]:
    return row(report, cache_mode=mode, access=access, sync_every=sync_every, cache_state="as_is")


def check_shapes(report: dict[str, Any]) -> None:
    """What holds on every machine that has caches."""
    cached = user(report, "cached", "read")
    for mode in ("uncached", "writecombine"):
        other = user(report, mode, "read")
        assert other["real_time"] >= 5 * cached["real_time"]
        assert other["model_uncached_reads_per_lap"] >= SIZE / other["dmabench"]["access"]["bytes"]
    assert cached.get("model_uncached_reads_per_lap", 0) < 1
    combined = user(report, "writecombine", "write")
    assert combined["real_time"] <= 3 * user(report, "cached", "write")["real_time"]
    assert user(report, "uncached", "write")["real_time"] >= 5 * combined["real_time"]
    assert combined["model_combined_bursts_per_lap"] == pytest.approx(SIZE / 64, rel=0.02)


def state_rows(report: dict[str, Any], **wanted: object) -> dict[str, dict[str, Any]]:
    return {state: row(report, cache_state=state, **wanted) for state in ("cold", "warm", "dirty")}


def check_states(report: dict[str, Any]) -> None:
    """Caches are as a row says when its laps begin. 64 KiB is more than the first level holds, and less than the last."""
    lines = SIZE / 64
    for found in (state_rows(report, touch="read", direction="to_device"), state_rows(report, access="read")):
        assert found["cold"]["model_memory_reads_per_lap"] == pytest.approx(lines, rel=0.01)
        for state in ("warm", "dirty"):
            assert found[state].get("model_memory_reads_per_lap", 0) < 10
        # How much dearer, is the prefetcher's doing: the client's hides nearly all of it.
        assert found["cold"]["real_time"] > found["warm"]["real_time"]


def test_a_lap_begins_with_caches_in_the_state_it_asks_for(arm64: dict[str, Any]) -> None:
    check_states(arm64)
    user_space = state_rows(arm64, access="read")
    assert user_space["cold"]["real_time"] > 1.2 * user_space["warm"]["real_time"]
    synced = state_rows(arm64, touch="read", direction="to_device")
    assert synced["dirty"]["model_dirty_lines_cleaned_per_lap"] == pytest.approx(SIZE / 64, rel=0.01)
    for state in ("cold", "warm"):
        assert synced[state].get("model_dirty_lines_cleaned_per_lap", 0) < 10
    assert synced["dirty"]["sync_for_device_ns"] > 1.5 * synced["warm"]["sync_for_device_ns"]
    # The device does not snoop, so its coherent memory is in no cache.
    (refused,) = arm64["dmabench"]["skipped"]
    assert refused["params"]["strategy"] == "coherent" and "not cached" in refused["reason"]
    assert {r["dmabench"]["device_side"] for r in arm64["benchmarks"]} == {"not_modelled"}


def test_shapes_hold_on_arm64(arm64: dict[str, Any]) -> None:
    check_shapes(arm64)
    # Read again after it was invalidated: fetched from memory, line by line.
    again, kept = user(arm64, "cached", "read", sync_every=1), user(arm64, "cached", "read")
    assert again["access_ns"] > 1.2 * kept["real_time"]
    assert again["model_memory_reads_per_lap"] == pytest.approx(SIZE / 64, rel=0.05)
    assert kept.get("model_memory_reads_per_lap", 0) < 10
    plain = {"direction": "to_device", "cache_state": "as_is"}
    dirty, clean = (row(arm64, dirty=percent, **plain)["sync_for_device_ns"] for percent in (100, 0))
    assert dirty > 1.5 * clean
    cleaned = [row(arm64, dirty=d, **plain).get("model_dirty_lines_cleaned_per_lap", 0) for d in (100, 0)]
    assert cleaned[0] == pytest.approx(SIZE / 64, rel=0.02) and cleaned[1] < 10


def test_shapes_hold_on_x86(x86: dict[str, Any]) -> None:
    check_shapes(x86)
    check_states(x86)
    coherent = row(x86, strategy="coherent", cache_state="cold")
    assert coherent["model_memory_reads_per_lap"] == pytest.approx(SIZE / 64, rel=0.01)


def test_a_report_says_which_model_made_it(arm64: dict[str, Any]) -> None:
    assert arm64["dmabench"]["clock"]["kind"] == "modelled"
    assert arm64["dmabench"]["emulated"] is True
    assert "modelled clock" in arm64["dmabench"]["notice"]
    model = models.load()["zynqmp-like"]
    assert arm64["context"]["platform"]["model"] == {"name": model.name, "sha256": model.sha256}
    assert arm64["context"]["platform"]["name"] == "arm64@zynqmp-like"


@contextmanager
def busy_host() -> Iterator[None]:
    """As many loops as there are CPUs, twice, which ask for as much of the host as the lab does."""
    loops = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@pytest.mark.parametrize(
    ("arch", "platform", "target"),
    [("arm64", "arm64@zynqmp-like", "platform-noncoherent"), ("x86", "x86_64-direct@x86-client-like", "platform")],
)
def test_runs_on_an_idle_and_a_busy_host_are_the_same_to_the_nanosecond(
    arch: str, platform: str, target: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    idle = request.getfixturevalue(arch)
    with busy_host():
        busy = measure(platform, tmp_path / "two", target)
    assert busy["benchmarks"] == idle["benchmarks"]
    assert busy["dmabench"] == idle["dmabench"]


def test_every_address_of_a_boot_is_the_one_that_qemu_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DMABENCH_MODEL_CHECK", "1")
    done = lab("exec", "arm64@rpi3-like", "--", "true")
    assert done.returncode == 0, done.stderr
    found = re.fullmatch(r"dmabench-model: (\d+) physical addresses compared with QEMU's, 0 differ; (\d+) not found\n", done.stderr)
    assert found, done.stderr
    assert int(found[1]) > 50_000_000 and int(found[2]) < 10


def test_time_outside_of_laps_is_that_of_the_plain_clock() -> None:
    loop = "read a _ < /proc/uptime; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; read b _ < /proc/uptime; echo $a $b"
    took = []
    for platform in ("arm64", "arm64@zynqmp-like"):
        begin, end = lab("exec", platform, "--", "sh", "-c", loop).stdout.split()
        took.append(float(end) - float(begin))
    assert took[0] == pytest.approx(took[1], abs=0.011)


def test_a_plugin_that_does_not_load_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DMABENCH_MODEL_PLUGIN", str(tmp_path / "broken.so"))
    (tmp_path / "broken.so").write_bytes(b"no plugin")
    done = lab("exec", "arm64@zynqmp-like", "--", "true")
    assert done.returncode == 6
    assert done.stderr.count("\n") == 1 and "broken.so" in done.stderr


def test_the_repository_has_the_plugin_that_is_tested() -> None:
    assert not os.environ.get("DMABENCH_MODEL_PLUGIN")
    assert models.plugin() == REPOSITORY / "build/host" / models.PLUGIN
