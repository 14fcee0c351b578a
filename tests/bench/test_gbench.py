# SPDX-License-Identifier: GPL-2.0-only
"""The Google Benchmark program: its usual flags, Google's own compare.py, and a real guest."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build/host"
GBENCH = BUILD / "bench/dmabench_gbench"
QUICK = REPOSITORY / "scenarios/quick.json"
COMPARE = "/usr/share/benchmark/compare.py"  # Debian's libbenchmark-tools


def run(*words: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done


def gbench(*flags: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    return run(GBENCH, "--on=fake", QUICK, "--benchmark_min_time=0.001", *flags, code=code)


def names(text: str) -> set[str]:
    return {re.sub("/manual_time$", "", row["run_name"]) for row in json.loads(text)["benchmarks"]}


def test_every_point_is_a_benchmark(tmp_path: Path) -> None:
    report = tmp_path / "fake.json"
    run(BUILD / "dmabench", "run", QUICK, "--on", "fake", "--quiet", "-o", report)
    points = {row["name"] for row in json.loads(report.read_text())["benchmarks"]}
    assert names(gbench("--benchmark_format=json").stdout) == points


def test_figures_are_those_of_dmabench_run() -> None:
    point = "streaming_single/direction:bidirectional/map_every:1/size:4096/sync_every:0/target:platform-noncoherent"
    rows = json.loads(gbench("--benchmark_format=json", f"--benchmark_filter=^{point}/").stdout)["benchmarks"]
    assert len(rows) == 1
    # the fake's cost model: loop, map and unmap with 64 cache lines each
    assert rows[0]["real_time"] == pytest.approx(2 + 40 + 35 + 2 * 64 * 4.2, rel=0.01)


def test_filter_and_list() -> None:
    listed = gbench("--benchmark_list_tests", "--benchmark_filter=^pool/").stdout.split()
    assert listed and all(name.startswith("pool/") for name in listed)
    assert "matches none" in gbench("--benchmark_filter=nosuchthing", code=2).stderr


def test_bad_input_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"name": "x", "question": "?", "matrix": {"size": 0}}')
    done = run(GBENCH, "--on=fake", bad, code=2)
    assert f"{bad}:1:" in done.stderr and len(done.stderr.splitlines()) == 1


def test_googles_compare_reads_both_its_own_output_and_reports(tmp_path: Path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    for path in (first, second):
        path.write_text(gbench("--benchmark_format=json", "--benchmark_filter=size:4096/").stdout)
    assert "OVERALL_GEOMEAN" in run("/usr/bin/python3", COMPARE, "benchmarks", first, second).stdout
    reports = [tmp_path / "ra.json", tmp_path / "rb.json"]
    for seed, path in enumerate(reports, 1):
        run(BUILD / "dmabench", "run", QUICK, "--on", "fake", "--seed", str(seed), "--quiet", "-o", path)
    compared = run("/usr/bin/python3", COMPARE, "benchmarks", *reports).stdout
    assert "streaming_single/direction:bidirectional/map_every:1/size:4096" in compared
    assert "OVERALL_GEOMEAN" in compared


def test_on_the_module_in_a_guest() -> None:
    """The program is linked dynamically: the guest gets its loader and libraries along."""
    lines = run("ldd", GBENCH).stdout.splitlines()
    libraries = sorted({Path(path) for line in lines for path in re.findall(r"(/\S+) \(0x", line)})
    loader = next(path for path in libraries if path.name.startswith("ld-linux"))
    shares = [word for path in [GBENCH, QUICK, *libraries] for word in ("--share", str(path))]
    script = ["--", f"/mnt/in/{loader.name}", "--library-path", "/mnt/in", "/mnt/in/dmabench_gbench"]
    flags = ["--on=host", "/mnt/in/quick.json", "--benchmark_filter=^(null|coherent)/size", "--benchmark_format=json"]
    flags.append("--benchmark_min_time=0.0002")
    environment = os.environ | {"DMABENCH_GUEST_BINARY": str(BUILD / "dmabench")}
    done = subprocess.run(
        [str(REPOSITORY / "lab/lab"), "exec", "x86_64-direct", *shares, *script, *flags],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert found["context"]["dmabench_session"] == "module"
    times = {row["run_name"]: row["real_time"] for row in found["benchmarks"]}
    assert times["null/size:4096/target:pci/manual_time"] == pytest.approx(8, rel=0.1)
