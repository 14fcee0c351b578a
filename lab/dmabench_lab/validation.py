# SPDX-License-Identifier: GPL-2.0-only
"""Holds the platform models against what others have measured, and looks how much rests on guesses.

python3 -m dmabench_lab.validation -o FILE     runs the programs of lab/validation in guests and writes the page
"""

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import binary, cache, emulator, guest, models, module, paths, platforms, qemu
from .errors import InfrastructureError, NotPossible, UsageError
from .platforms import Platform

_SOURCES = paths.LAB / "validation"
_SCENARIO = _SOURCES / "crossover.json"
_MIB = 1 << 20
# udmabuf's README, seconds for 10 MB: the check 9 times, memset() 99 times.
_UDMABUF = {
    "check": (9, {"cached": 4.34, "writecombine": 16.56, "uncached": 22.83}),
    "memset": (99, {"cached": 0.72, "writecombine": 0.62, "uncached": 9.13}),
}
_UDMABUF_BYTES = 10e6
# amd/xdna-driver issue 1541, us to clflush a buffer.
_FLUSH = {4096: 0.6, _MIB: 17.1}
_SWEPT = "arm64@zynqmp-like"
_INTRODUCTION = """\
# The modelled clock beside measurements
Made by `scripts/model-validation`; do not edit. [MODEL.md](MODEL.md) says what the model is and is not.

"Fitted" rows were used to choose a parameter of the model, so that they show no more than that it can be made to agree. The
others were not, but they were known when the rules of the model were chosen (that an uncached access takes a beat for each width
of the bus, that a store waits for evictions). The ratio is modelled / published.

"""


@dataclasses.dataclass(frozen=True)
class Comparison:
    what: str
    published: float
    modelled: float
    unit: str
    fitted: bool

    @property
    def ratio(self) -> float:
        return self.modelled / self.published


def table(rows: list[Comparison]) -> str:
    lines = ["| measurement | published | modelled | ratio | |", "|---|---|---|---|---|"]
    for row in rows:
        fitted = "fitted" if row.fitted else "not fitted"
        lines.append(
            f"| {row.what} | {row.published:g} {row.unit} | {row.modelled:.2f} {row.unit} | {row.ratio:.2f} | {fitted} |"
        )
    return "\n".join(lines) + "\n"


def _one(name: str) -> Platform:
    return platforms.choose(name, platforms.load())[0]


def _run(platform: Platform, job: guest.Job) -> str:
    emulator.prepare(cache.say_to_stderr)
    out: list[bytes] = []
    err: list[bytes] = []
    code = guest.Guest(platform, cache.prepare(platform, cache.say_to_stderr), job).run(out.append, err.append)
    if code:
        raise InfrastructureError(f"{platform.name}: exit code {code}: {b''.join(err).decode(errors='replace').strip()}")
    return b"".join(out).decode()


def _program(name: str, platform: Platform) -> str:
    """What a program of lab/validation prints in the guest."""
    with tempfile.TemporaryDirectory(prefix="dmabench-validation-") as folder:
        built = Path(folder) / name
        # As a system header's folder, so that <linux/...> stays the system's.
        include = ["-I", str(paths.KMOD / "include/uapi"), "-idirafter", str(paths.KMOD)]
        source = str(_SOURCES / f"{name}.c")
        command = [module.require_compiler(platform.arch), "-O2", "-static", *include, "-o", str(built), source]
        subprocess.run(command, check=True)
        job = guest.Job(command=[f"/mnt/in/{name}"], clock=qemu.MODELLED, timeout=600, share=[built])
        return _run(platform, job)


def udmabuf() -> list[Comparison]:
    platform = _one("arm64@zynq7000-like")
    rows = []
    for line in _program("udmabuf", platform).splitlines():
        mode, *ns = line.split()
        for what, taken in zip(_UDMABUF, ns):
            times, published = _UDMABUF[what]
            seconds = int(taken) / 1e9 * times * _UDMABUF_BYTES / _MIB
            name = f"udmabuf's README, {what} of {mode} memory"
            rows.append(Comparison(name, published[mode], seconds, "s", what == "check"))
    return sorted(rows, key=lambda row: not row.fitted)


def flush() -> list[Comparison]:
    rows = []
    for line in _program("flush", _one("x86_64-direct@x86-client-like")).splitlines():
        size, ns = map(int, line.split())
        rows.append(Comparison(f"xdna-driver #1541, clflush of {size >> 10} KiB", _FLUSH[size], ns / 1000, "us", True))
    return rows


def crossover(report: dict[str, Any]) -> float | None:
    """Up to how many bytes read per sync coherent memory is cheaper: where the two straight lines meet."""
    points: dict[str, list[tuple[float, float]]] = {}
    for row in report["benchmarks"]:
        params = row["dmabench"]["params"]
        if params["strategy"] in ("coherent", "streaming_page"):
            read = params.get("touch_bytes") or params["size"]
            points.setdefault(params["strategy"], []).append((read, row["real_time"]))
    lines = []
    for strategy in ("coherent", "streaming_page"):
        (x0, y0), *_, (x1, y1) = sorted(points[strategy])
        slope = (y1 - y0) / (x1 - x0)
        lines.append((y0 - slope * x0, slope))
    (start, steep), (sync, flat) = lines
    return (sync - start) / (steep - flat) if steep > flat else None


def measure_crossover(platform: Platform) -> float | None:
    with tempfile.TemporaryDirectory(prefix="dmabench-validation-") as folder:
        command = ["dmabench", "run", f"/mnt/in/{_SCENARIO.name}", "--on", "host", "-o", "/mnt/out/r.json", "--quiet"]
        job = guest.Job(
            command=[*command, "--clock", qemu.MODELLED, "--platform-name", "crossover"],
            clock=qemu.MODELLED,
            timeout=600,
            share=[_SCENARIO],
            binary=binary.find(platform.arch, None),
            environment={"DMABENCH_PROGRESS": "none"},
            out=Path(folder),
        )
        _run(platform, job)
        return crossover(json.loads((Path(folder) / "r.json").read_text(encoding="utf-8")))


def changed(platform: Platform, key: str, factor: float) -> Platform:
    """The platform with one parameter of its model multiplied."""
    assert platform.model
    parameter = platform.model.parameters[key]
    new = dataclasses.replace(parameter, value=parameter.value * factor)
    model = dataclasses.replace(platform.model, parameters={**platform.model.parameters, key: new})
    return dataclasses.replace(platform, model=model)


def sweep() -> str:
    platform = _one(_SWEPT)
    assert platform.model
    base = measure_crossover(platform)
    if base is None:
        raise InfrastructureError(f"{_SWEPT}: coherent memory is cheaper however much is read")
    lines = [
        f"On `{_SWEPT}`, a buffer of 64 KiB that user space reads a part of, and the device owns in between: up to",
        f"**{base:.0f} bytes** read per change of ownership, uncached coherent memory is cheaper than cached memory and its syncs.",
        "",
        "| guessed parameter | halved | doubled |",
        "|---|---|---|",
    ]
    for key, parameter in platform.model.parameters.items():
        if parameter.kind != "guess" or not parameter.value or key in ("bus_bytes", "instruction_ns"):
            continue
        moved = []
        for factor in (0.5, 2.0):
            if key == "store_share" and parameter.value * factor > 1:
                continue
            bytes_ = measure_crossover(changed(platform, key, factor))
            moved.append("never" if bytes_ is None else f"{bytes_:.0f} ({100 * (bytes_ / base - 1):+.0f} %)")
        lines.append(f"| `{key}` ({parameter.value:g}) | {' | '.join(moved)} |")
    return "\n".join(lines) + "\n"


def page() -> str:
    rows = udmabuf()
    worst = max((max(row.ratio, 1 / row.ratio) for row in rows if not row.fitted))
    return (
        _INTRODUCTION
        + "## Published measurements\n"
        + table([*rows, *flush()])
        + f"\nOf the rows that were not fitted the worst is off by a factor of {worst:.2f}. The flushes show a limit of the model: an\n"
        "instruction takes 1 ns at least, and each line is waited for, where a CPU has many on their way. The issue does not say\n"
        "whether lines were dirty; 1 ns for one tells that they were not. Two sources are few: no published figure of\n"
        "memcpy() from uncached memory on a Cortex-A53, or of cache maintenance per KiB on arm64, has been held against a model yet.\n"
        + "\n## How much rests on guesses\n"
        + sweep()
    )


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dmabench_lab.validation")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(argv)
    try:
        options.output.write_text(page(), encoding="utf-8")
    except (InfrastructureError, NotPossible, UsageError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 6
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
