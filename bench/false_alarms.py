#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How often `dmabench compare` cries wolf, and how often it misses one, on a noisy clock under load.

Boots an emulated machine on the real-time clock, keeps the host's CPUs busy, and measures the same 200 points again and
again: first unchanged, then with the module told to be slower (its parameter inject_slowdown_pct). Each unchanged run is
compared with the one before it and each slowed run with the last unchanged one.

    bench/false_alarms.py [--platform x86_64-direct] [--pairs 10] [--slowed 10] [--percent 10] [--load 2]

Ends with 0 if there was no false alarm and at least nine of ten slowdowns were found.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
DMABENCH = REPOSITORY / "build/host/dmabench"
POINTS = 200
SCENARIO = {
    "name": "false_alarms",
    # Shorter than usual, for there are many runs. Short samples are the noisier ones.
    "statistics": {"sample_time": "200us", "discard": 1, "histogram_laps": 0},
    "matrix": {"strategy": "streaming_single", "size": f"64..{64 * POINTS} +64", "map_every": 1},
}
GUEST = """
run() { dmabench run /mnt/in/points.json --clock realtime --platform-name lab --quiet --seed "$2" -o /mnt/out/$1.json; }
for i in $(seq 0 PAIRS); do run plain-$i $i || exit; done
echo PERCENT >/sys/module/dmabench/parameters/inject_slowdown_pct
for i in $(seq 1 SLOWED); do run slow-$i 1$i || exit; done
"""


def busy() -> None:
    while True:
        pass


def measure(options: argparse.Namespace, folder: Path) -> None:
    scenario = folder / "points.json"
    scenario.write_text(json.dumps(SCENARIO))
    script = GUEST
    for word in ("pairs", "percent", "slowed"):
        script = script.replace(word.upper(), str(getattr(options, word)))
    load = [multiprocessing.Process(target=busy, daemon=True) for _ in range(options.load)]
    for process in load:
        process.start()
    command = [DMABENCH, "lab", "exec", options.platform, "--clock", "realtime", "--timeout", "3600"]
    command += ["--share", scenario, "-o", folder, "--", "sh", "-c", script]
    try:
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    finally:
        for process in load:
            process.kill()


def compare(base: Path, new: Path) -> tuple[int, dict[str, int], bool]:
    """The exit code, how many points have which verdict, and whether the machine was said to have moved."""
    done = subprocess.run(
        [DMABENCH, "compare", base, new, "--format", "json"], capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    [comparison] = json.loads(done.stdout)["comparisons"]
    return done.returncode, comparison["counts"], comparison["machine_moved"]


def show(title: str, found: tuple[int, dict[str, int], bool]) -> None:
    code, counts, moved = found
    text = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    print(f"{title:<12} exit code {code}: {text}{', the machine moved' if moved else ''}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", default="x86_64-direct", help="machine of the lab")
    parser.add_argument("--pairs", type=int, default=10, help="comparisons without a change")
    parser.add_argument("--slowed", type=int, default=10, help="comparisons with a slowdown")
    parser.add_argument("--percent", type=int, default=10, help="the slowdown")
    parser.add_argument("--load", type=int, default=os.cpu_count() or 1, help="busy processes on the host")
    parser.add_argument("--keep", type=Path, help="folder for the reports (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        measure(options, folder)
        alarms = misses = 0
        for i in range(options.pairs):
            found = compare(folder / f"plain-{i}.json", folder / f"plain-{i + 1}.json")
            show(f"unchanged {i + 1}", found)
            alarms += found[0]
        for i in range(1, options.slowed + 1):
            found = compare(folder / f"plain-{options.pairs}.json", folder / f"slow-{i}.json")
            show(f"slower {i}", found)
            misses += 1 - found[0]
    print(
        f"{POINTS} points, real-time clock of an emulated machine, {options.load} busy processes: "
        f"{alarms} false alarms in {options.pairs} comparisons; a slowdown of {options.percent} % was found in "
        f"{options.slowed - misses} of {options.slowed}"
    )
    return 0 if alarms == 0 and misses * 10 <= options.slowed else 1


if __name__ == "__main__":
    sys.exit(main())
