# SPDX-License-Identifier: GPL-2.0-only
"""stdout carries the result and nothing else; progress goes to stderr, and lives only on a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path
from typing import Any

import pytest

from conftest import (
    DMABENCH,
    QUICK,
    SCENARIOS,
    Writer,
    dmabench,
    environment,
    fake,
    load,
    names,
)


def on_terminal(*words: str | Path, cwd: Path, columns: int = 80, **changes: str) -> str:
    """What a terminal of that width gets to see of both streams."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        [str(DMABENCH), *map(str, words)],
        cwd=cwd,
        env=environment(**changes),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    seen = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:  # EIO: the other end is closed
            break
        if not data:
            break
        seen += data
    os.close(master)
    assert process.wait(timeout=60) == 0
    return seen.decode().replace("\r\n", "\n")


def screen(seen: str) -> list[str]:
    """The lines that remain: a carriage return with 'erase line' takes away what the line had."""
    lines = [line.rsplit("\r\x1b[K", 1)[-1] for line in seen.split("\n")]
    return [re.sub(r"\x1b\[[\d;]*m", "", line) for line in lines]


def test_table_then_path(tmp_path: Path) -> None:
    done = dmabench("run", QUICK, "--on", "fake", "--filter", "^pool", cwd=tmp_path)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"point +per lap +\+- +most of it", lines[0])
    report = load(tmp_path / "dmabench-quick-fake.json")
    assert [line.split()[0] for line in lines[1:11]] == names(report)
    assert lines[11] == report["dmabench"]["notice"]
    assert lines[12:] == ["dmabench-quick-fake.json"]
    assert "\x1b" not in done.stdout + done.stderr and "\r" not in done.stdout + done.stderr
    assert re.fullmatch(r"10/10 points  \d+\.\d/s  took \d+s\n", done.stderr)


def test_quiet(tmp_path: Path) -> None:
    for option in ("--quiet", "-q"):
        done = dmabench("run", QUICK, "--on", "fake", option, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "dmabench-quick-fake.json\n", "")


def test_no_progress_on_wish(tmp_path: Path) -> None:
    done = dmabench("run", QUICK, "--on", "fake", cwd=tmp_path, DMABENCH_PROGRESS="none")
    assert done.stderr == ""
    assert done.stdout.startswith("point ")


def test_live_bar_comes_and_goes(tmp_path: Path) -> None:
    seen = on_terminal("run", QUICK, "--on", "fake", cwd=tmp_path)
    bars = re.findall(r"\r\x1b\[K(\[[#.]{20}\] (\d+)/(\d+) points[^\r\n]*)", seen)
    assert [int(done) for _, done, _ in bars] == sorted(int(done) for _, done, _ in bars)
    points = len(names(tmp_path / "dmabench-quick-fake.json"))
    assert {int(total) for _, _, total in bars} == {points}
    assert bars[0][1] == "0" and bars[-1][1] == str(points)
    assert any(f"{name[:30]}" in bars[0][0] for name in names(tmp_path / "dmabench-quick-fake.json"))
    assert len(bars) <= points
    assert max(len(bar) for bar, _, _ in bars) < 80
    assert not any("points" in line for line in screen(seen)), "the bar has to be erased at the end"


@pytest.mark.parametrize("columns", [10, 30, 39, 40, 60, 200])
def test_the_bar_never_wraps(columns: int, tmp_path: Path) -> None:
    seen = on_terminal("run", QUICK, "--on", "fake", cwd=tmp_path, columns=columns)
    drawn = [text for text in re.findall(r"\r\x1b\[K([^\r\n]*)", seen) if text]
    drawn = drawn[: next(i for i, text in enumerate(drawn) if "took" in text or i == len(drawn) - 1)]
    assert drawn and max(map(len, drawn)) < columns
    assert all(text.startswith("[") == (columns > 40) for text in drawn)
    assert any("/size:" in text for text in drawn) == (columns > 60)


@pytest.mark.parametrize("changes", [{"TERM": "dumb"}, {"DMABENCH_PROGRESS": "none"}])
def test_no_live_bar(changes: dict[str, str], tmp_path: Path) -> None:
    seen = on_terminal("run", QUICK, "--on", "fake", cwd=tmp_path, **changes)
    assert "\x1b[K" not in seen


def test_no_colours_on_wish(tmp_path: Path) -> None:
    for changes in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        seen = on_terminal("run", QUICK, "--on", "fake", "--filter", "^null", cwd=tmp_path, **changes)
        assert "\x1b[1m" not in seen and "\x1b[2m" not in seen
        assert "\x1b[" not in on_terminal("info", "--on", "fake", cwd=tmp_path, **changes)
    assert "\x1b[1mpoint" in on_terminal("run", QUICK, "--on", "fake", cwd=tmp_path, NO_COLOR="")


def test_errors_are_red_on_a_terminal_only(tmp_path: Path) -> None:
    seen = on_terminal("run", QUICK, "--on", "fake", "--filter", "^null", cwd=tmp_path)
    assert "\x1b[1mpoint" in seen
    assert "\x1b" not in dmabench("rnu").stderr


@pytest.mark.parametrize("columns", [40, 72, 80, 100, 132])
def test_table_fits_the_terminal(columns: int, tmp_path: Path) -> None:
    seen = on_terminal("run", QUICK, "--on", "fake", cwd=tmp_path, columns=columns, DMABENCH_PROGRESS="none")
    lines = screen(seen)
    last = next(i for i, line in enumerate(lines) if line.startswith("Made-up figures"))
    assert max(map(len, lines[:last])) <= max(columns, 80 - 6)
    # No name is lost: put together again they are those of the report.
    joined = ""
    for line in lines[1:last]:
        figures = re.search(r"  +[\d.]+ (ns|us|ms)  ", line)
        joined += line[: figures.start()].strip() + "\n" if figures else line.strip()
    assert joined.split() == names(tmp_path / "dmabench-quick-fake.json")


def test_wide_terminal_has_a_line_for_each_point(tmp_path: Path) -> None:
    seen = on_terminal("run", QUICK, "--on", "fake", cwd=tmp_path, columns=200)
    listed = [line.split()[0] for line in screen(seen) if "/size:" in line]
    assert listed == names(tmp_path / "dmabench-quick-fake.json")


def test_plan() -> None:
    done = dmabench("plan", QUICK)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "quick: What do mapping, syncing and accessing DMA memory cost here, roughly?"
    points = len(lines) - 2  # but for the question and the sum
    assert points > 100
    assert re.fullmatch(
        rf"{points} points; \d+ ms to \d+ s of the measured machine's time for each target", lines[-1]
    ), lines[-1]
    assert dmabench("plan", QUICK, "--filter", "^null").stdout.splitlines()[-1].startswith("1 point; ")


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda f: f.stem)
def test_plan_names_what_a_run_measures(file: Path, tmp_path: Path) -> None:
    # mmap_cache_modes allocates for real, so its largest sizes are left to others
    few = ("--set", "size=4K") if file.stem == "mmap_cache_modes" else ()
    done = dmabench("plan", file, *few, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    plan = json.loads(done.stdout)
    assert plan["count"] == len(plan["points"]) > 0
    assert 0 < plan["seconds"]["least"] <= plan["seconds"]["most"]
    report = tmp_path / "report.json"
    fake(file, *few, "-o", report)
    # Where a device moves the data, it is the one that can.
    auto = {"none": ("platform-noncoherent", "platform-coherent"), "memcpy": ("dmaengine",), "edu": ("pci",)}
    planned: list[str] = []
    for point in plan["points"]:
        assert f"target:{point['params']['target']}" in point["name"]
        assert point["scenario"] == file.stem
        for target in auto[point["params"]["transfer"]]:
            planned.append(re.sub(r"target:auto\b", f"target:{target}", point["name"]))
    document = load(report)
    missing = [entry["name"] for entry in document["dmabench"]["skipped"]]
    assert sorted(names(document) + missing) == sorted(set(planned))


def test_plan_never_touches_the_device() -> None:
    strace = "/usr/bin/strace"
    if not os.path.exists(strace):
        pytest.skip("needs strace")
    traced = subprocess.run(
        [strace, "-f", "-e", "trace=openat,open,ioctl", str(DMABENCH), "plan", str(QUICK)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert traced.returncode == 0, traced.stderr
    assert "quick.json" in traced.stderr
    assert "/dev/dmabench" not in traced.stderr


def test_info() -> None:
    text = dmabench("info", "--on", "fake")
    assert (text.returncode, text.stderr) == (0, "")
    assert "\x1b" not in text.stdout
    for word in (
        "platform\n",
        "targets\n",
        "strategies\n",
        "counters\n",
        "platform-noncoherent",
        "streaming_sg",
    ):
        assert word in text.stdout
    done = dmabench("info", "--on", "fake", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    info: dict[str, Any] = json.loads(done.stdout)
    targets = {t["name"]: t for t in info["platform"]["targets"]}
    assert list(targets) == ["platform-noncoherent", "platform-coherent", "dmaengine:fake0"]
    assert targets["dmaengine:fake0"]["engine"] == {"name": "memcpy", "mask_bits": 32}
    assert "transfers by memcpy (addresses of 32 bits)" in text.stdout
    assert {s["name"] for s in info["strategies"]} >= {"null", "coherent", "streaming_single"}
    assert info["clock"]["resolution_ns"] > 0


def test_info_tells_which_memory_may_be_mapped() -> None:
    text = dmabench("info", "--memory", "--on", "fake")
    assert (text.returncode, text.stderr) == (0, "")
    assert "\x1b" not in text.stdout
    assert all(len(line) <= 110 for line in text.stdout.splitlines())
    done = dmabench("info", "--memory", "--on", "fake", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    kinds = {kind["kind"]: kind for kind in json.loads(done.stdout)["memory"]}
    verdicts = {name: kind["may_be_mapped"] for name, kind in kinds.items()}
    modules = {f"module {part}": "no" for part in ("data", "bss", "rodata", "text")}
    direct = {"page allocator": "yes", "kmalloc": "yes", "slab": "yes"}
    assert verdicts == {**direct, "vmalloc": "by page", "kmap": "by page", "user page": "by page", "stack": "no", **modules}
    for name, kind in kinds.items():
        assert f"  {name:<16}{kind['may_be_mapped']:<9}" in text.stdout
        assert kind["checks"]
        targets = [chain["target"] for chain in kind["targets"]]
        every = ["platform-noncoherent", "platform-coherent", "dmaengine:fake0"]
        assert targets == ([] if verdicts[name] == "no" else every)
    assert kinds["stack"]["checks"]["object_is_on_stack"] is True
    chain = {"phys_addr": "0x40003000", "dma_addr": "0x40003000", "relation": "identity"}
    assert kinds["vmalloc"]["targets"][0] == {"target": "platform-noncoherent", **chain}


def test_the_ownership_litmus_tells_its_verdicts(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    done = dmabench("run", "scenarios/ownership_litmus.json", "--on", "fake", "-o", str(report))
    assert done.returncode == 0, done.stderr
    for words in ("most of it", "data", "stale without sync_for_cpu", "stale without sync_for_device", "  fresh\n"):
        assert words in done.stdout
    assert "skipped 8 points: there is no target 'pci' here" in done.stdout
    rows = [row for row in json.loads(report.read_text())["benchmarks"] if "ownership" in row["dmabench"]]
    for row in rows:
        ownership = row["dmabench"]["ownership"]
        assert ownership["data"] == ("fresh" if ownership["sync"] == "synced" else "stale")
    assert len(rows) == 8


def test_a_note_is_said_even_when_quiet(scenario: Writer, tmp_path: Path) -> None:
    many = scenario(10)
    journal = tmp_path / "r.json.journal.jsonl"
    journal.write_text("old\n")
    done = dmabench("run", many, "--on", "fake", "-q", "-o", "r.json", cwd=tmp_path)
    assert done.stderr == "note: the journal of an unfinished run is kept as r.json.journal.jsonl.1\n"
