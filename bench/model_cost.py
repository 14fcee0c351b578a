#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the lab's timing model costs the host: boots without laps, with and without the plugin, and sweeps under it.

Boots the same QEMU with the plugin and without, in turn, and prints how much more CPU time the plugin's boots took: no
lap is measured, so this is what it costs while it has nothing to watch. Then it measures a hundred points or more under
the model, and prints wall and CPU time for a hundred. CPU time is that of QEMU and its helpers, whatever else the host does.

    bench/model_cost.py [--platform arm64@zynqmp-like] [--boots 7] [--scenario scenarios/buffer_sizes.json] [--points 100]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "lab"))
from dmabench_lab import cache, emulator, guest, platforms, qemu  # noqa: E402

# Some work of the guest's beside its boot: a second of it, by its clock.
WORK = ["sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]


def cpu_seconds() -> float:
    """Of the processes that this one started and that ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def boot(platform: platforms.Platform, files: qemu.Files) -> float:
    before = cpu_seconds()
    job = guest.Job(command=WORK, clock=qemu.MODELLED, timeout=600)
    code = guest.Guest(platform, files, job).run(lambda _: None, sys.stderr.buffer.write)
    if code:
        sys.exit(f"the guest ended with {code}")
    return cpu_seconds() - before


def boots(platform: platforms.Platform, count: int) -> None:
    with_plugin = qemu.command

    def without_plugin(*arguments: object, **named: object) -> list[str]:
        line = with_plugin(*arguments, **named)  # type: ignore[arg-type]
        at = line.index("-plugin")
        return line[:at] + line[at + 2 :]

    emulator.prepare(cache.say_to_stderr)
    files = cache.prepare(platform, cache.say_to_stderr)
    boot(platform, files)  # brings QEMU and the kernel into the host's page cache
    plain, watched = [], []
    for _ in range(count):
        qemu.command = without_plugin  # type: ignore[assignment]
        plain.append(boot(platform, files))
        qemu.command = with_plugin
        watched.append(boot(platform, files))
    ratios = [b / a for a, b in zip(plain, watched)]
    print(f"boot and a loop on {platform.name}, no lap in it: CPU time, medians of {count}")
    print(f"  without the plugin  {statistics.median(plain):6.2f} s  ({min(plain):.2f} to {max(plain):.2f})")
    print(f"  with it             {statistics.median(watched):6.2f} s  ({min(watched):.2f} to {max(watched):.2f})")
    print(f"  ratio               {statistics.median(ratios):6.3f}    ({min(ratios):.3f} to {max(ratios):.3f}, pair by pair)")


def sweep(platform: str, scenario: Path, least: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "sweep.json"
        command = [str(REPOSITORY / "build/host/dmabench"), "run", str(scenario), "--on", f"lab:{platform}", "--quiet"]
        before, started = cpu_seconds(), time.monotonic()
        subprocess.run([*command, "-o", str(report)], check=True, stdout=subprocess.DEVNULL)
        spent, wall = cpu_seconds() - before, time.monotonic() - started
        points = len(json.loads(report.read_text(encoding="utf-8"))["benchmarks"])
    if points < least:
        sys.exit(f"{scenario.stem}: {points} points only")
    print(f"{scenario.stem} on {platform}: {points} points, its boot included")
    print(f"  CPU time   {spent:6.1f} s, {100 * spent / points:.1f} s for 100 points")
    print(f"  wall time  {wall:6.1f} s, {100 * wall / points:.1f} s for 100 points")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", default="arm64@zynqmp-like")
    parser.add_argument("--boots", type=int, default=7, help="of each kind; 0: none")
    parser.add_argument("--scenario", type=Path, default=REPOSITORY / "scenarios/buffer_sizes.json")
    parser.add_argument("--points", type=int, default=100, help="that the scenario has to have; 0: no sweep")
    options = parser.parse_args()
    if options.boots:
        boots(platforms.choose(options.platform, platforms.load())[0], options.boots)
    if options.points:
        sweep(options.platform, options.scenario, options.points)


if __name__ == "__main__":
    main()
