#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`dmabench compare` against Google Benchmark's compare.py, on the same rows.

    bench/compare_speed.py [--points 100000] [--times 50] [--to-the-end]

Makes two reports out of the cost model's rows, with their samples, histograms and phases, the second with some noise. Each
tool is given the two files as its users give them: `dmabench compare A B` and `compare.py benchmarks A B`. compare.py's
time grows with the square of the points, so that it is stopped once it has taken so many times as long as dmabench; the
ratio is then a lower bound. Of a twentieth of the points it is let come to its end, and what the square makes of that
is told; with --to-the-end it is let run for all of them (hours, for 100000 points).

Ends with 0 if dmabench took less than 2 s of CPU time and compare.py at least so many times as long.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
DMABENCH = REPOSITORY / "build/host/dmabench"
COMPARE_PY = Path("/usr/share/benchmark/compare.py")  # Debian's libbenchmark-tools


def template(folder: Path) -> dict[str, Any]:
    """A report with a few dozen rows of the default statistics."""
    path = folder / "template.json"
    scenario = REPOSITORY / "scenarios/coherent_vs_streaming.json"
    subprocess.run([DMABENCH, "run", scenario, "--on", "fake", "--quiet", "-o", path], stdout=subprocess.DEVNULL, check=True)
    return json.loads(path.read_text())


def write(path: Path, report: dict[str, Any], points: int, seed: int) -> None:
    noise = random.Random(seed)
    rows = report["benchmarks"]
    with open(path, "w") as out:
        head = {key: value for key, value in report.items() if key != "benchmarks"}
        out.write(json.dumps(head)[:-1] + ', "benchmarks": [\n')
        for i in range(points):
            row = rows[i % len(rows)]
            factor = noise.gauss(1, 0.002)
            samples = sorted(s * noise.gauss(factor, 0.005) for s in row["dmabench"]["samples_ns"])
            middle = (samples[(len(samples) - 1) // 2] + samples[len(samples) // 2]) / 2
            name = f"{row['name']}/sync_bytes:{i}"
            nested = {**row["dmabench"], "samples_ns": [round(s, 3) for s in samples]}
            copy = {**row, "name": name, "run_name": name, "real_time": round(middle, 3), "dmabench": nested}
            out.write((",\n" if i else "") + json.dumps(copy, separators=(",", ":")))
        out.write("\n]}\n")


def cpu_time(pid: int) -> float:
    """CPU seconds of a running process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def timed(command: list[str | Path], cpu_limit: float | None = None) -> tuple[float, float, bool]:
    """Wall time and CPU time, and whether it came to its end within so many seconds of CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    stopped = False
    while process.poll() is None:
        # RLIMIT_CPU counts ticks, which a busy virtual machine's host may make too many.
        if cpu_limit and not stopped and cpu_time(process.pid) > cpu_limit:
            process.kill()
            stopped = True
        time.sleep(0.01)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in (0, 1) and not stopped:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, not stopped


def race(folder: Path, report: dict[str, Any], points: int, times: float | None) -> tuple[float, float, bool]:
    """CPU time of dmabench and of compare.py, and whether the latter came to its end; printed too.

    With `times`, compare.py is stopped once it has taken so many times as long: the ratio is at least that.
    """
    files = [folder / f"{name}-{points}.json" for name in ("base", "new")]
    for seed, path in enumerate(files):
        write(path, report, points, seed)
    size = sum(path.stat().st_size for path in files) / 1e6
    wall, cpu, _ = timed([DMABENCH, "compare", *files])
    print(f"{points} points, two reports of {size / 2:.0f} MB each")
    print(f"  dmabench compare: {wall:.2f} s wall, {cpu:.2f} s CPU", flush=True)
    # Wall time grows with what else the machine does, CPU time hardly: the ratio is of CPU times.
    command = ["/usr/bin/python3", COMPARE_PY, "--no-color", "benchmarks", *files]
    their_wall, their_cpu, finished = timed(command, 1.1 * times * cpu + 1 if times else None)
    ratio = their_cpu / cpu
    print(
        f"  compare.py:       {their_wall:.2f} s wall, {their_cpu:.2f} s CPU{'' if finished else ', stopped: not done yet'}"
        f" -> {'' if finished else 'more than '}{ratio:.0f} times as long",
        flush=True,
    )
    return cpu, their_cpu, finished


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--times", type=float, default=50)
    parser.add_argument("--to-the-end", action="store_true", help="let compare.py come to its end, however long it takes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report = template(folder)
        limit = None if options.to_the_end else options.times
        few = max(options.points // 20, 1)
        _, small_cpu, _ = race(folder, report, few, None)
        cpu, their_cpu, finished = race(folder, report, options.points, limit)
        if not finished:
            reckoned = small_cpu * (options.points / few) ** 2
            print(f"  compare.py to its end, reckoned from a twentieth: {reckoned:.0f} s CPU -> {reckoned / cpu:.0f} times as long")
    return 0 if cpu < 2 and their_cpu >= options.times * cpu else 1


if __name__ == "__main__":
    sys.exit(main())
