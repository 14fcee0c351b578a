# SPDX-License-Identifier: GPL-2.0-only
"""Holds the platform models against what others have measured, and looks how much rests on guesses.

python3 -m dmabench_lab.validation -o FILE     runs the programs of lab/validation in guests and writes the page
                                               (--only published or guesses: one section, the other is kept)
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
_UDMABUF_README = "github.com/ikwzm/udmabuf, README"
# Seconds for 10 MB: the check 9 times, memset() 99 times.
_UDMABUF = {
    "check": (9, {"cached": 4.34, "writecombine": 16.56, "uncached": 22.83}),
    "memset": (99, {"cached": 0.72, "writecombine": 0.62, "uncached": 9.13}),
}
_UDMABUF_BYTES = 10e6
_FLUSH_SOURCE = "github.com/amd/xdna-driver/pull/1541"
# us to clflush a buffer, with the system call: bytes, us, whether the figure was fitted to. Less the first, for the call.
_FLUSH = ((4096, 0.6, False), (32768, 1.1, False), (_MIB, 17.1, True), (16 * _MIB, 264, False))
_SWEPT = "arm64@zynqmp-like"


@dataclasses.dataclass(frozen=True)
class Copy:
    """A published rate of reading a buffer, and the loop of lab/validation/copy.c that does the same."""

    platform: str
    source: str
    what: str
    mode: str
    loop: str
    mb_per_s: float
    fitted: bool = False


_ZYBO = "github.com/ikwzm/udmabuf/issues/120, ZYBO-Z7"
_ZCU102 = "github.com/ikwzm/udmabuf/issues/97, ZCU102"
_ZYNQMP = "github.com/ikwzm/udmabuf/issues/16, Zynq UltraScale+"
_PI = "ThomasKaiser/sbc-bench, results/1iI5.txt, Raspberry Pi 3 B+"
_MX8 = "ThomasKaiser/sbc-bench, results/27FC.txt, i.MX 8M Quad"
_COPIES = (
    # 32 times 16 MiB in 1.537 and 7.634 s.
    Copy("arm64@zynq7000-like", _ZYBO, "memcpy() from cached memory", "cached", "memcpy", 349.3),
    Copy("arm64@zynq7000-like", _ZYBO, "memcpy() from uncached memory", "uncached", "memcpy", 70.3),
    Copy("arm64@zynqmp-like", _ZCU102, "read() of non-cacheable memory", "writecombine", "copy_16", 130, True),
    Copy("arm64@zynqmp-like", _ZYNQMP, "copy from non-cacheable memory by pairs of quad words", "writecombine", "copy_32", 250),
    Copy("arm64@zynqmp-like", _ZYNQMP, "copy from cached memory by pairs of quad words", "cached", "copy_32", 800),
    Copy("arm64@rpi3-like", _PI, "NEON read from framebuffer", "writecombine", "read_8", 70.7, True),
    Copy("arm64@rpi3-like", _PI, "ARM copy from framebuffer", "writecombine", "copy_32", 224.1),
    Copy("arm64@rpi3-like", _PI, "VFP copy from framebuffer", "writecombine", "copy_64", 441.6),
    Copy("arm64@rpi3-like", _PI, "NEON copy, cached", "cached", "copy_32", 1203.4),
    Copy("arm64@imx8-like", _MX8, "NEON LDP/STP copy, cached", "cached", "copy_32", 2286.4),
)
_INTRODUCTION = """\
# The modelled clock beside measurements
Made by `scripts/model-validation`; do not edit. [MODEL.md](MODEL.md) says what the model is and is not.

"Fitted" rows were used to choose a parameter of the model, so that they show no more than that it can be made to agree. The
others were not, but they were known when the rules of the model were chosen (that an uncached access takes a transaction for each
width of the bus, that a store waits for evictions, that a prefetcher follows several runs). The ratio is modelled / published;
of rates it is the other way round, so that more than 1 is always a model that takes longer.

"""


_REMARKS = """\
How they are reproduced: by the programs of `lab/validation`, on buffers of dmabench's, in a guest of arm64 (x86: of x86-64). Where
32-bit code was measured, a load that moves as much in one instruction stands for it: a pair of q registers for `ldm` of eight
registers, `ld1` of four for half a `vldm` of sixteen, loads of 8 bytes for NEON's `vld1` (which such a CPU reads so: the rate shows it).
The udmabuf issues do not show the code of read(), memcpy() and the "quad word pair instructions"; they are taken for loads of 16
bytes, glibc's memcpy() and `ldp` of q registers. The flushes' published times include a system call, which the difference of two
sizes has not. They do not say whether lines were dirty; 1 ns for one tells that they were not.

Found, but not held against a model: memcpy() from uncached memory on a Zynq-7000 by `ldm` of eight registers, 210 MiB/s
(github.com/genodelabs/genode/issues/4456): a load of 32 bytes there is one burst, and `zynq7000-like` makes four of it, so that it would
take 3.4 times as long. No published figure of cache maintenance per KiB on arm64 was found.
"""


@dataclasses.dataclass(frozen=True)
class Comparison:
    source: str
    what: str
    model: str
    published: float
    modelled: float
    unit: str
    fitted: bool

    @property
    def ratio(self) -> float:
        """How much longer the model takes."""
        ratio = self.modelled / self.published
        return 1 / ratio if self.unit.endswith("/s") else ratio

    @property
    def factor(self) -> float:
        return max(self.ratio, 1 / self.ratio)


def table(rows: list[Comparison]) -> str:
    lines = ["| source | measurement | model | published | modelled | ratio | |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        fitted = "fitted" if row.fitted else "not fitted"
        lines.append(
            f"| {row.source} | {row.what} | `{row.model}` | {row.published:.4g} {row.unit} | {row.modelled:.4g} {row.unit} "
            f"| {row.ratio:.2f} | {fitted} |"
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
            name = f"{what} of {mode} memory"
            rows.append(
                Comparison(_UDMABUF_README, name, "zynq7000-like", published[mode], seconds, "s", what == "check")
            )
    return sorted(rows, key=lambda row: not row.fitted)


def copies() -> list[Comparison]:
    taken: dict[tuple[str, str, str], int] = {}
    for name in dict.fromkeys(copy.platform for copy in _COPIES):
        for line in _program("copy", _one(name)).splitlines():
            mode, loop, ns = line.split()
            taken[name, mode, loop] = int(ns)
    rows = []
    for copy in _COPIES:
        rate = _MIB / taken[copy.platform, copy.mode, copy.loop] * 1000
        model = copy.platform.split("@")[1]
        rows.append(Comparison(copy.source, copy.what, model, copy.mb_per_s, rate, "MB/s", copy.fitted))
    return rows


def flush() -> list[Comparison]:
    taken = dict(map(int, line.split()) for line in _program("flush", _one("x86_64-direct@x86-client-like")).splitlines())
    (least, call, _), *larger = _FLUSH
    rows = []
    for size, us, fitted in larger:
        what = f"clflush of {size >> 10} KiB, less that of {least >> 10} KiB"
        more = (taken[size] - taken[least]) / 1000
        rows.append(Comparison(_FLUSH_SOURCE, what, "x86-client-like", us - call, more, "us", fitted))
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
        "x86 has no such point: coherent memory is cached there.",
        "",
        "| parameter | kind | halved | doubled |",
        "|---|---|---|---|",
    ]
    for key, parameter in platform.model.parameters.items():
        if parameter.kind == "published" or not key.endswith(("_ns", "_share")) or not parameter.value:
            continue
        moved = []
        for factor in (0.5, 2.0):
            if key == "store_share" and parameter.value * factor > 1:
                continue
            bytes_ = measure_crossover(changed(platform, key, factor))
            moved.append("never" if bytes_ is None else f"{bytes_:.0f} ({round(100 * (bytes_ / base - 1)):+d} %)")
        lines.append(f"| `{key}` ({parameter.value:g}) | {parameter.kind} | {' | '.join(moved)} |")
    return "\n".join(lines) + "\n"


def published() -> str:
    rows = [*udmabuf(), *copies(), *flush()]
    tested = [row for row in rows if not row.fitted]
    beyond = [row for row in tested if row.factor > 2]
    worst = max(tested, key=lambda row: row.factor)
    told = (
        f"Of the {len(tested)} rows that were not fitted {len(tested) - len(beyond)} are within a factor of 2; the worst, "
        f"{worst.what}\non `{worst.model}`, is off by {worst.factor:.2f}."
    )
    return f"{table(rows)}\n{told}\n\n{_REMARKS}"


_SECTIONS = {"published": ("## Published measurements\n", published), "guesses": ("## How much rests on what is not published\n", sweep)}


def page(old: str, only: str | None) -> str:
    """The whole page; with `only`, the other section is that of the old one."""
    text = _INTRODUCTION
    for name, (heading, make) in _SECTIONS.items():
        if only in (None, name):
            body = make()
        else:
            body = old.partition(heading)[2].partition("\n## ")[0].rstrip("\n") + "\n"
        text += heading + body + "\n"
    return text.rstrip("\n") + "\n"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dmabench_lab.validation")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--only", choices=_SECTIONS, help="make this section anew and keep the other")
    options = parser.parse_args(argv)
    try:
        old = options.output.read_text(encoding="utf-8") if options.only else ""
        options.output.write_text(page(old, options.only), encoding="utf-8")
    except (InfrastructureError, NotPossible, UsageError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 6
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
