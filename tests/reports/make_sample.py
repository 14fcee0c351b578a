# SPDX-License-Identifier: GPL-2.0-only
"""Make synthetic reports, for the tests of the report pages only.

The values come from the small cost model in this file, not from any machine. They follow the
report contract of docs/DESIGN.md, so that the pages can be worked on without a kernel at hand.

    make_sample.py DIR [--seed N] [--clock KIND]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Iterator

KIB = 1024
SIZES = [64, 256, 1024, 4096, 16384, 65536, 262144, 1048576]
SYNC_SIZES = [4096, 65536, 1048576]
SYNC_EVERY = [1, 2, 4, 16, 64, 0]
DIRECTIONS = ["bidirectional", "to_device", "from_device"]

DEFAULTS: dict[str, Any] = {
    "strategy": "",
    "size": 0,
    "direction": "bidirectional",
    "target": "",
    "source": "default",
    "map_every": 0,
    "sync_every": 0,
    "sync_offset": 0,
    "sync_bytes": 0,
    "touch": "none",
    "touch_bytes": 0,
    "cache_mode": "none",
    "access": "none",
    "pattern": "sequential",
}


@dataclass(frozen=True)
class Target:
    """A struct device of a made-up platform, with what its calls cost in ns."""

    name: str
    kind: str
    coherent: bool
    domain: str = ""
    map_ns: float = 45.0
    unmap_ns: float = 40.0
    bounce: bool = False
    line_ns: float = 0.0  # cache maintenance, per byte


@dataclass(frozen=True)
class Platform:
    name: str
    arch: str
    kernel: str
    targets: tuple[Target, ...]
    has_pmu: bool
    elides_sync: bool = False
    uncached_ns: float = 0.0  # more per byte for memory that is not cached


PLATFORMS = (
    Platform(
        "x86_64-direct",
        "x86_64",
        "6.1.0-53-amd64",
        (Target("pci", "pci", True),),
        False,
    ),
    Platform(
        "x86_64-direct-6.12",
        "x86_64",
        "6.12.95+deb12-amd64",
        (Target("pci", "pci", True, map_ns=42, unmap_ns=36),),
        False,
        elides_sync=True,
    ),
    Platform(
        "x86_64-swiotlb",
        "x86_64",
        "6.1.0-53-amd64",
        (Target("pci", "pci", True, map_ns=900, unmap_ns=700, bounce=True),),
        False,
    ),
    Platform(
        "x86_64-vtd-strict",
        "x86_64",
        "6.1.0-53-amd64",
        (Target("pci", "pci", True, "DMA", 1250, 1500),),
        False,
    ),
    Platform(
        "x86_64-vtd-lazy",
        "x86_64",
        "6.1.0-53-amd64",
        (Target("pci", "pci", True, "DMA-FQ", 1240, 510),),
        False,
    ),
    Platform(
        "x86_64-vtd-pt",
        "x86_64",
        "6.1.0-53-amd64",
        (Target("pci", "pci", True, "identity", 46, 41),),
        False,
    ),
    Platform(
        "arm64",
        "aarch64",
        "6.1.0-53-arm64",
        (
            Target("platform-coherent", "platform", True, map_ns=60, unmap_ns=48),
            Target(
                "platform-noncoherent",
                "platform",
                False,
                map_ns=75,
                unmap_ns=60,
                line_ns=0.064,
            ),
        ),
        True,
    ),
    Platform(
        "arm64-smmu-strict",
        "aarch64",
        "6.1.0-53-arm64",
        (Target("pci", "pci", True, "DMA", 1400, 1610),),
        True,
    ),
    Platform(
        "arm64-modelled",
        "aarch64",
        "6.1.0-53-arm64",
        (
            Target(
                "platform-noncoherent",
                "platform",
                False,
                map_ns=1500,
                unmap_ns=1300,
                line_ns=0.3,
            ),
        ),
        True,
        uncached_ns=9.0,
    ),
)


def name_of(params: dict[str, Any]) -> str:
    """The name of a point, by the rules under "Names"."""
    strategy = params["strategy"]
    always = {"size", "target"}
    if strategy == "pool" or strategy.startswith("streaming_"):
        always.add("map_every")
    if strategy.startswith("streaming_"):
        always |= {"direction", "sync_every"}
    parts = [
        f"{key}:{params[key]}"
        for key in sorted(params)
        if key != "strategy" and (key in always or params[key] != DEFAULTS[key])
    ]
    return "/".join([strategy, *parts])


def points(platform: Platform) -> Iterator[tuple[Target, dict[str, Any]]]:
    """Much like the scenarios that are shipped."""
    for target in platform.targets:

        def point(
            strategy: str, size: int, **axes: Any
        ) -> tuple[Target, dict[str, Any]]:
            return target, {
                **DEFAULTS,
                "strategy": strategy,
                "size": size,
                "target": target.name,
                **axes,
            }

        single, page, sg = "streaming_single", "streaming_page", "streaming_sg"
        receive = {"direction": "from_device"}
        yield point("null", 4096)
        for size in SIZES:
            yield point("coherent", size)
            yield point("write_combine", size)
            if size <= 4096:
                yield point("pool", size, map_every=1)
            for strategy in (single, page, sg):
                yield point(strategy, size, map_every=1)
            yield point(single, size, map_every=1, direction="to_device")
            for direction in DIRECTIONS:
                yield point(single, size, direction=direction, sync_every=1)
            yield point("coherent", size, touch="read")
            yield point("write_combine", size, touch="read")
            for strategy in (single, sg):
                yield point(strategy, size, map_every=1, touch="read", **receive)
            yield point(single, size, sync_every=1, touch="read", **receive)
        for size in SYNC_SIZES:
            for every in SYNC_EVERY:
                if every != 1:
                    yield point(single, size, sync_every=every, touch="read", **receive)
            for every in (4, 16, 64):
                yield point(single, size, map_every=every, **receive)
            yield point("coherent", size, map_every=1)
        for part in (64, 1024, 4096, 16384):
            yield point(single, 65536, sync_every=1, sync_bytes=part)
        for size in SYNC_SIZES:
            for access in ("read", "write", "copy"):
                for every in (0, 1):
                    yield point(
                        page,
                        size,
                        sync_every=every,
                        cache_mode="cached",
                        access=access,
                    )
                for mode in ("writecombine", "uncached"):
                    yield point(page, size, cache_mode=mode, access=access)
                yield point("coherent", size, cache_mode="coherent", access=access)
                yield point(
                    "write_combine", size, cache_mode="writecombine", access=access
                )
        for part in (64, 4096, 65536):
            read = {"access": "read", "touch_bytes": part}
            for every in (1, 4, 16):
                yield point(page, 1048576, sync_every=every, cache_mode="cached", **read)
            yield point(page, 1048576, cache_mode="writecombine", **read)
            yield point("coherent", 1048576, cache_mode="coherent", **read)


def skip_reason(platform: Platform, target: Target, params: dict[str, Any]) -> str:
    if (
        target.bounce
        and params["strategy"].startswith("streaming_")
        and params["size"] > 256 * KIB
    ):
        return "larger than dma_max_mapping_size() of this device (262144 bytes)"
    if (
        platform.arch == "aarch64"
        and params["strategy"] == "write_combine"
        and params["cache_mode"] != "none"
    ):
        return "the strategy has no such mmap() mode here"
    return ""


def phases_of(
    platform: Platform, target: Target, params: dict[str, Any]
) -> dict[str, Any]:
    """What each phase of the lap costs in ns, or why it has no figure."""
    size, strategy = params["size"], params["strategy"]
    streaming = strategy.startswith("streaming_")
    direction = params["direction"]
    out: dict[str, Any] = {}
    if strategy == "null":
        return {"map": {"below_clock": 1.0}}
    extra = {"streaming_page": 3.0, "streaming_sg": 62.0 + size / 4096 * 9}.get(
        strategy, 0.0
    )
    if params["map_every"]:
        each = params["map_every"]
        if streaming:
            pages = max(1, size // 4096)
            copy_in = size * 1.0 if target.bounce and direction != "from_device" else 0
            copy_out = size * 1.0 if target.bounce and direction != "to_device" else 0
            iommu = pages * 14 if target.domain.startswith("DMA") else 0
            out["map"] = (
                target.map_ns + extra + copy_in + iommu + size * target.line_ns
            ) / each
            undo = size * target.line_ns if direction != "to_device" else 0
            out["unmap"] = (
                target.unmap_ns + extra / 2 + copy_out + iommu * 0.7 + undo
            ) / each
        elif strategy == "pool":
            out["map"], out["unmap"] = 71.0, 58.0
        else:
            out["map"], out["unmap"] = 610.0 + size / 11, 480.0 + size / 90
    if streaming and params["sync_every"]:
        span = params["sync_bytes"] or size
        if platform.elides_sync:
            why = "dma_sync_*() returns inline: the device is coherent (dma_skip_sync)"
            out["sync_for_device"] = {"elided": why}
            out["sync_for_cpu"] = {"elided": why}
        else:
            copy = 1.0 if target.bounce else 0.0
            out["sync_for_device"] = (11.0 + span * (target.line_ns + copy)) / params[
                "sync_every"
            ]
            out["sync_for_cpu"] = (12.0 + span * (target.line_ns + copy)) / params[
                "sync_every"
            ]
    elif not streaming and not params["map_every"] and params["access"] == "none":
        out["sync_for_device"] = (
            {"below_clock": 1.0} if platform.arch == "x86_64" else 2.0
        )
        out["sync_for_cpu"] = {"below_clock": 1.0} if platform.arch == "x86_64" else 2.0
    if params["touch"] != "none":
        out["touch"] = 9.0 + size * (0.14 + (0 if streaming else platform.uncached_ns))
    return out


def memory_types(
    platform: Platform, target: Target, params: dict[str, Any]
) -> tuple[str, str]:
    if platform.arch == "x86_64":
        by_mode = {
            "cached": "write-back",
            "writecombine": "write-combining",
            "uncached": "uncached-minus",
        }
        if params["strategy"] == "streaming_page":
            return by_mode[params["cache_mode"]], by_mode[params["cache_mode"]]
        return "write-back", "write-back"
    if params["cache_mode"] == "coherent" and target.coherent:
        return "write-back", "write-back"
    by_mode = {
        "cached": "write-back",
        "writecombine": "normal non-cacheable",
        "uncached": "device",
    }
    user = by_mode.get(params["cache_mode"], "normal non-cacheable")
    return user, "write-back" if params["strategy"] == "streaming_page" else user


def row_of(
    platform: Platform, target: Target, params: dict[str, Any], noise: random.Random
) -> dict[str, Any]:
    phases = phases_of(platform, target, params)
    size = params["size"]
    access_ns = 0.0
    if params["access"] != "none":
        per_byte = {"read": 0.376, "write": 0.626, "copy": 0.25}[params["access"]]
        if params["cache_mode"] != "cached":
            per_byte += platform.uncached_ns
        access_ns = 14.0 + (params["touch_bytes"] or size) * per_byte
        for name, value in list(phases.items()):
            if isinstance(value, float):
                phases[name] = value + 310.0  # the ioctl
    total = 14.0 + access_ns + sum(v for v in phases.values() if isinstance(v, float))
    samples = sorted(round(total * (1 + noise.uniform(0, 2e-4)), 4) for _ in range(10))
    middle = round(median(samples), 4)
    laps = 1000
    row: dict[str, Any] = {
        "name": name_of(params),
        "run_name": name_of(params),
        "run_type": "iteration",
        "repetitions": 1,
        "repetition_index": 0,
        "family_index": 0,
        "per_family_instance_index": 0,
        "threads": 1,
        "iterations": 10 * laps,
        "real_time": middle,
        "cpu_time": round(middle * 1.0001, 4),
        "time_unit": "ns",
        "ci_low_ns": samples[1],
        "ci_high_ns": samples[8],
        "min_ns": samples[0],
        "max_sample_ns": samples[-1],
        "lap_p50_ns": round(total + 2),
        "lap_p90_ns": round(total * 1.01 + 2),
        "lap_p99_ns": round(total * 1.06 + 9),
        "lap_max_ns": round(total * 1.4 + 2600),
    }
    nested_phases: dict[str, Any] = {}
    for name, value in phases.items():
        if isinstance(value, dict):
            nested_phases[name] = value
            continue
        every = (
            params["sync_every"]
            if name.startswith("sync") and params["sync_every"]
            else 1
        )
        value = round(value, 4)
        row[f"{name}_ns"] = value
        nested_phases[name] = {
            "calls": laps // every,
            "per_call_ns": round(value * every, 4),
            "per_lap_ns": value,
            "p50_ns": max(1, round(value * every)),
            "p99_ns": max(1, round(value * every * 1.05)),
            "max_ns": max(1, round(value * every * 1.5)),
        }
    counters = []
    if access_ns:
        row["access_ns"] = round(access_ns, 4)
        nested_phases["access"] = {
            "calls": laps,
            "per_call_ns": round(access_ns, 4),
            "per_lap_ns": round(access_ns, 4),
        }
        row["bytes_per_lap"] = params["touch_bytes"] or size
    if platform.has_pmu:
        row["cycles_per_lap"] = round(middle, 2)
        row["instructions_per_lap"] = round(middle, 2)
        counters = [
            {"event": "cycles", "per_lap": round(middle, 2), "running_pct": 100.0},
            {
                "event": "instructions",
                "per_lap": round(middle, 2),
                "running_pct": 100.0,
            },
        ]
    relation = "none" if params["strategy"] == "null" else "identity"
    if params["strategy"].startswith("streaming_"):
        relation = (
            "bounced"
            if target.bounce
            else "iommu"
            if target.domain.startswith("DMA")
            else "identity"
        )
    row["dmabench"] = {
        "params": params,
        "samples_ns": samples,
        "discarded": 3,
        "laps_per_sample": laps,
        "stop": {
            "why": "ci",
            "ci_relative": round((samples[8] - samples[1]) / 2 / middle, 8),
        },
        "outliers": 0,
        "phases": nested_phases,
        "histogram": {
            "relative_error": 0.016,
            "laps": laps,
            "buckets": [
                [int(total), int(total) + 4, laps - 1],
                [int(total * 1.4) + 2590, int(total * 1.4) + 2700, 1],
            ],
        },
        "counters": counters,
        "buffer": {
            "relation": relation,
            "phys_addr": "0x4a80000",
            "dma_addr": "0x4a80000",
            "source": "kmalloc",
        },
    }
    if params["cache_mode"] != "none":
        user, kernel = memory_types(platform, target, params)
        row["dmabench"]["mapping"] = {
            "requested": params["cache_mode"],
            "user": user,
            "kernel": kernel,
            "user_attr": 6,
            "kernel_attr": 6,
        }
    return row


def make_report(
    platform: Platform, seed: int = 1, clock: str = "instructions"
) -> dict[str, Any]:
    noise = random.Random(f"{platform.name}-{seed}")
    rows, skipped = [], []
    for target, params in points(platform):
        reason = skip_reason(platform, target, params)
        if reason:
            skipped.append(
                {"name": name_of(params), "reason": reason, "params": params}
            )
        else:
            rows.append(row_of(platform, target, params, noise))
    errors = []
    if platform.name == "x86_64-swiotlb":
        broken = rows.pop()
        errors.append(
            {
                "name": broken["name"],
                "reason": "mapping failed: dma_mapping_error() (EIO)",
                "params": broken["dmabench"]["params"],
            }
        )
    hardware = clock == "hardware"
    report: dict[str, Any] = {
        "context": {
            "date": "2024-01-01T00:00:00+00:00",
            "host_name": "sample",
            "executable": "dmabench",
            "num_cpus": 1,
            "mhz_per_cpu": 1000,
            "cpu_scaling_enabled": False,
            "caches": [],
            "load_avg": [0.1],
            "library_version": "1.7.1",
            "library_build_type": "release",
            "json_schema_version": 1,
            "platform": {
                "name": platform.name,
                "kernel": platform.kernel,
                "kernel_version": "#1 SMP Debian",
                "command_line": "console=ttyS0 quiet",
                "arch": platform.arch,
                "cpu_model": "synthetic test data",
                "cpus_online": 1,
                "page_size": 4096,
                "virtualization": "none" if hardware else "qemu",
                "clocksource": "tsc",
                "iommu": {
                    "present": any(t.domain for t in platform.targets),
                    "domain_type": {
                        t.name: t.domain for t in platform.targets if t.domain
                    },
                },
                "swiotlb": {
                    "forced": any(t.bounce for t in platform.targets),
                    "slots": 32768,
                },
                "dma_debug": False,
                "module_version": "0.1.0",
                "harness_version": "0.1.0",
                "targets": [
                    {
                        "name": t.name if t.kind != "pci" else "pci:0000:00:03.0",
                        "kind": t.kind,
                        "coherent": t.coherent,
                        "iommu_domain": t.domain or "none",
                        "dma_mask": "0xffffffff",
                        "max_mapping": 262144 if t.bounce else 4294967295,
                    }
                    for t in platform.targets
                ],
                "slow_configs": [],
            },
        },
        "benchmarks": rows,
        "dmabench": {
            "schema": 1,
            "platform": platform.name,
            "clock": {"kind": clock, "resolution_ns": 1, "read_cost_ns": 14.0},
            "emulated": not hardware,
            "scenarios": [
                {
                    "name": "sample",
                    "title": "Synthetic test data",
                    "question": "Does the page show everything?",
                    "file": "sample.json",
                    "sha256": "0" * 64,
                }
            ],
            "seed": seed,
            "points_planned": len(rows) + len(skipped) + len(errors),
            "skipped": skipped,
            "errors": errors,
            "counters": {
                "available": ["cycles", "instructions"] if platform.has_pmu else [],
                "unavailable": [
                    {
                        "event": "cache-misses",
                        "reason": "the PMU counts no such event (ENOENT)",
                    }
                ]
                if platform.has_pmu
                else [
                    {"event": event, "reason": "no PMU in this machine (ENOENT)"}
                    for event in ("cycles", "instructions", "cache-misses")
                ],
            },
            "interrupted": False,
            "overheads": {"ioctl_ns": 310.0, "stamp_ns": 14.0},
            "canaries": [
                {"block": block, "name": "null/size:4096/target:pci", "real_time": 2.0 + 0.01 * block}
                for block in range(3)
            ],
            "drift": {
                "verdict": "steady",
                "limit": 0.05,
                "name": "null/size:4096/target:pci",
                "low_ns": 2.0,
                "high_ns": 2.02,
                "relative": 0.01,
            },
            "time": {"total_ns": 1e9, "laps_ns": 9.7e8, "laps_share": 0.97},
        },
    }
    if not hardware:
        report["dmabench"][
            "notice"
        ] = "Synthetic test data, made by tests/reports/make_sample.py: no machine ran this."
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clock", default="instructions")
    args = parser.parse_args()
    args.directory.mkdir(parents=True, exist_ok=True)
    for platform in PLATFORMS:
        clock = (
            "modelled"
            if platform.uncached_ns and args.clock == "instructions"
            else args.clock
        )
        report = make_report(platform, args.seed, clock)
        path = args.directory / f"{platform.name}.json"
        path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
