#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a traced call of the DMA API costs: dmabench trace beside bpftrace and perf, in one guest.

Laps that map and unmap are timed untraced, and while each tool follows both functions with caller and duration. The
difference for each call is its cost; under the lab's default clock one nanosecond is one instruction.

    bench/trace_cost.py [--platform x86_64-direct] [--clock instructions]

Takes this machine's bpftrace and perf along (packages bpftrace and linux-perf); without one of them, its row says so.
Ends with 0 if dmabench trace costs at most half of what bpftrace does.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(REPOSITORY / "lab"))

from dmabench_lab import binary, cache, guest, platforms, qemu  # noqa: E402

SCENARIO = {
    "name": "laps",
    # Few laps: what a tool costs each is the same under the default clock, and perf takes its time.
    "statistics": {"samples": 6, "discard": 1, "sample_time": "200us", "histogram_laps": 0},
    "matrix": {"strategy": "streaming_single", "size": 4096, "target": "platform", "map_every": 1, "sync_every": 0},
}
CALLS_PER_LAP = 2
# The usual script: when, from where, and a histogram of how long.
BPFTRACE = """
kprobe:dma_map_page_attrs, kprobe:dma_unmap_page_attrs
{
    @start[tid] = nsecs;
    @caller[tid] = *(uint64 *)reg("sp");
}
kretprobe:dma_map_page_attrs, kretprobe:dma_unmap_page_attrs
/@start[tid]/
{
    @ns[ksym(@caller[tid]), func] = hist(nsecs - @start[tid]);
    delete(@start[tid]);
    delete(@caller[tid]);
}
"""
EVENTS = "".join(
    f"{kind}:dma/{function}_{kind} dma_{function}_page_attrs\\n" for function in ("map", "unmap") for kind in ("p", "r")
)
GUEST = """
exec 2>&1
laps() { dmabench run /mnt/in/laps.json --clock CLOCK --counters none --quiet --seed 1 -o /mnt/out/$1.json; }
loader="/mnt/in/ld-linux-x86-64.so.2 --library-path /mnt/in"
laps plain || exit 1
echo dmabench; dmabench trace --backend module --function map,unmap --json /mnt/out/trace.json -- sh /mnt/in/job laps dmabench || exit 1
echo bpf; dmabench trace --backend bpf --function map,unmap --json /mnt/out/trace-bpf.json -- sh /mnt/in/job laps bpf
if [ -e /mnt/in/bpftrace ]; then
    $loader /mnt/in/bpftrace -o /tmp/bpftrace.out /mnt/in/calls.bt &
    for i in $(seq 600); do [ "$(wc -l </sys/kernel/debug/kprobes/list)" -ge 4 ] && break; sleep 1; done
    sleep 2
    laps bpftrace
    kill $!
    wait
    grep -c @ns /tmp/bpftrace.out
fi
if [ -e /mnt/in/perf ]; then
    printf 'EVENTS' >/sys/kernel/tracing/kprobe_events
    timeout 120 $loader /mnt/in/perf record -q -a -g -e 'dma:*' -o /tmp/perf.data -- sh /mnt/in/job laps perf
fi
exit 0
"""


def closure(program: str) -> list[Path]:
    """The program, and all libraries that it is linked with."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    libraries = re.findall(r"(?:=> )?(/\S+) \(0x", listed)
    return [Path(program), *map(Path, libraries)]


def real_program(name: str) -> str | None:
    """Where it is; Debian's perf is a script that looks for the one of the kernel."""
    found = shutil.which(name)
    if name == "perf" and found and not Path(found).read_bytes().startswith(b"\x7fELF"):
        others = sorted(Path("/usr/bin").glob("perf_*"))
        return str(others[-1]) if others else None
    return found


def per_lap(folder: Path, name: str) -> float | None:
    path = folder / f"{name}.json"
    return float(json.loads(path.read_text())["benchmarks"][0]["real_time"]) if path.exists() else None


def measure(options: argparse.Namespace, folder: Path) -> dict[str, float | str]:
    platform = dataclasses.replace(platforms.load()[options.platform], memory="3G")
    inputs = folder / "in"
    out = folder / "out"
    inputs.mkdir()
    out.mkdir()
    script = GUEST.replace("CLOCK", options.clock).replace("EVENTS", EVENTS)
    (inputs / "laps.json").write_text(json.dumps(SCENARIO))
    (inputs / "calls.bt").write_text(BPFTRACE)
    (inputs / "compare").write_text(script)
    definition = next(line for line in script.splitlines() if line.startswith("laps()"))
    (inputs / "job").write_text(f'{definition}\n"$@"\n')
    shares = {path.name: path for path in inputs.iterdir()}
    missing = {}
    for name in ("bpftrace", "perf"):
        program = real_program(name)
        if not program:
            missing[name] = f"skipped: {name} is not installed here"
            continue
        for path in closure(program):
            renamed = folder / "bin" / (name if path == Path(program) else path.name)
            renamed.parent.mkdir(exist_ok=True)
            shutil.copy(path, renamed)
            shares[renamed.name] = renamed
    job = guest.Job(
        ["sh", "/mnt/in/compare"],
        options.clock,
        1800,
        share=list(shares.values()),
        binary=binary.find(platform.arch, None),
        out=out,
    )
    code = guest.Guest(platform, cache.prepare(platform, cache.say_to_stderr), job).run(sys.stderr.buffer.write)
    if code:
        sys.exit(f"trace_cost: the guest's job ended with {code}")
    plain = per_lap(out, "plain")
    assert plain is not None
    costs: dict[str, float | str] = {}
    for name in ("dmabench", "bpf", "bpftrace", "perf"):
        traced = per_lap(out, name)
        failed = missing.get(name, f"skipped: {name} did not come to its end in the guest")
        costs[name] = failed if traced is None else (traced - plain) / CALLS_PER_LAP
    for name, file in {"told": "trace.json", "bpf told": "trace-bpf.json"}.items():
        costs[name] = "skipped: not traced"
        if (out / file).exists():
            costs[name] = float(json.loads((out / file).read_text())["dmabench_trace"]["cost_ns"])
    return costs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", default="x86_64-direct")
    parser.add_argument("--clock", choices=qemu.CLOCKS, default=qemu.INSTRUCTIONS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dmabench-trace-cost-") as folder:
        costs = measure(options, Path(folder))
    unit = "instructions" if options.clock == qemu.INSTRUCTIONS else "ns"
    names = {
        "dmabench": "dmabench trace (caller, its caller, bytes, histogram)",
        "told": "  as it tells itself",
        "bpf": "dmabench trace --backend bpf (the same, by fentry and fexit)",
        "bpf told": "  as it tells itself",
        "bpftrace": "bpftrace (kprobe and kretprobe; caller, histogram)",
        "perf": "perf record (kprobe and kretprobe events with call chains)",
    }
    print(f"{options.platform}: {unit} that a call costs more for being traced")
    for name, text in names.items():
        cost = costs[name]
        print(f"  {text:<60} {cost if isinstance(cost, str) else f'{cost:8.0f}'}")
    ours, theirs = costs["dmabench"], costs["bpftrace"]
    if isinstance(ours, str) or isinstance(theirs, str):
        return 4
    return 0 if ours <= theirs / 2 else 1


if __name__ == "__main__":
    sys.exit(main())
