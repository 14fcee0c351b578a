#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Where the time of a sweep in the lab goes: the share of guest time that is laps, and points per second of wall time.

usage: bench/sweep_time.py [--on PLATFORM] [--scenario FILE] [--report FILE] [dmabench run OPTION...]
example: bench/sweep_time.py --on x86_64-direct --filter streaming_sg
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
DMABENCH = REPOSITORY / "build/host/dmabench"
PARTS = ("calibration", "warm_up", "samples", "stamped", "canaries")
REST = ("dirtying", "setup", "teardown", "report", "other")


def wait_for_sweep(process: subprocess.Popen[bytes], journal: Path, started: float) -> float:
    """Seconds until the sweep began (its journal is there), or until all was over."""
    while process.poll() is None and not journal.exists():
        time.sleep(0.02)
    return time.monotonic() - started


def measure(platform: str, scenario: Path, report: Path, options: list[str]) -> tuple[float, float]:
    """Runs the sweep; gives the seconds until it began and those that it took."""
    command = [str(DMABENCH), "run", str(scenario), "--on", f"lab:{platform}", "--quiet", "-o", str(report), *options]
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        boot = wait_for_sweep(process, report.with_name(report.name + ".journal.jsonl"), started)
        code = process.wait()
    if code:
        sys.exit(code)
    return boot, time.monotonic() - started - boot


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--on", default="x86_64-direct", metavar="PLATFORM")
    parser.add_argument("--scenario", type=Path, default=REPOSITORY / "scenarios/buffer_sizes.json")
    parser.add_argument("--report", type=Path, help="keep the report there")
    arguments, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        report = arguments.report or Path(folder) / "sweep.json"
        boot, sweep = measure(arguments.on, arguments.scenario, report, options)
        document = json.loads(report.read_text(encoding="utf-8"))
    own = document["dmabench"]
    spent = own["time"]
    total = spent["total_ns"]
    points = len(document["benchmarks"]) + len(own["skipped"])
    print(f"sweep       {arguments.scenario.stem} on {arguments.on}: {len(document['benchmarks'])} points measured, "
          f"{len(own['skipped'])} skipped")
    print(f"guest time  {total / 1e9:.3f} s by the guest's clock ({own['clock']['kind']})")
    print(f"  laps      {100 * spent['laps_share']:6.2f} %")
    for part in PARTS:
        print(f"    {part:<11} {100 * spent.get(part + '_ns', 0) / total:6.2f} %")
    for part in REST:
        print(f"  {part:<9} {100 * spent.get(part + '_ns', 0) / total:6.2f} %")
    print(f"wall time   {sweep:.1f} s of sweep, {boot:.1f} s of boot before it")
    print(f"rate        {points / sweep:.1f} points/s in the sweep, {points / (sweep + boot):.1f} with the boot")
    return 0


if __name__ == "__main__":
    sys.exit(main())
