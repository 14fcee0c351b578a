# SPDX-License-Identifier: GPL-2.0-only
"""The fields that the report contract asks for, and of which kind."""

from __future__ import annotations

Kinds = dict[str, "type | tuple[type, ...]"]

CLOCKS = ("hardware", "realtime", "instructions", "modelled", "fake")
STOPS = ("ci", "samples", "budget")
DRIFTS = ("steady", "moved", "unknown")
VERDICTS = ("fresh", "stale", "mixed")
DEVICE_SIDES = ("snooped", "bypassed", "not_modelled")

CONTEXT: Kinds = {
    "date": str,
    "host_name": str,
    "executable": str,
    "num_cpus": int,
    "mhz_per_cpu": (int, float),
    "cpu_scaling_enabled": bool,
    "caches": list,
    "load_avg": list,
    "library_version": str,
    "library_build_type": str,
    "json_schema_version": int,
    "platform": dict,
}
CACHE: Kinds = {
    "type": str,
    "level": int,
    "size": int,
    "num_sharing": int,
}
PLATFORM: Kinds = {
    "name": str,
    "kernel": str,
    "kernel_version": str,
    "arch": str,
    "cpus_online": int,
    "page_size": int,
    "iommu": dict,
    "dma_debug": bool,
    "harness_version": str,
    "targets": list,
    "slow_configs": list,
}
ROW: Kinds = {
    "name": str,
    "run_name": str,
    "run_type": str,
    "repetitions": int,
    "repetition_index": int,
    "threads": int,
    "iterations": int,
    "real_time": (int, float),
    "cpu_time": (int, float),
    "time_unit": str,
    "dmabench": dict,
}
OWN: Kinds = {
    "schema": int,
    "platform": str,
    "clock": dict,
    "emulated": bool,
    "scenarios": list,
    "seed": int,
    "points_planned": int,
    "skipped": list,
    "errors": list,
    "counters": dict,
    "interrupted": bool,
    "overheads": dict,
    "canaries": list,
    "drift": dict,
}
CANARY: Kinds = {
    "block": int,
    "name": str,
    "real_time": (int, float),
}
ROW_OWN: Kinds = {
    "params": dict,
    "samples_ns": list,
    "discarded": int,
    "laps_per_sample": int,
    "stop": dict,
    "phases": dict,
    "buffer": dict,
}

# Numbers of a row that count or index, and so may be 0. All others are measured: unknown is left out.
INDEXES = {
    "iterations",
    "repetition_index",
    "family_index",
    "per_family_instance_index",
}
# From how many laps on these percentiles are told.
LEAST_LAPS = {"lap_p99_ns": 1000, "lap_p999_ns": 10_000}
PERCENTILES = ("lap_p50_ns", "lap_p90_ns", "lap_p99_ns", "lap_p999_ns", "lap_max_ns")
