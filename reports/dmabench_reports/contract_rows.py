# SPDX-License-Identifier: GPL-2.0-only
"""Check the rows of a report against the contract of docs/DESIGN.md."""

from __future__ import annotations

import json
import math
from typing import Any, Iterator, Sequence

from dmabench_reports.contract_fields import (
    DEVICE_SIDES,
    INDEXES,
    LEAST_LAPS,
    PERCENTILES,
    ROW,
    ROW_OWN,
    STOPS,
    VERDICTS,
)
from dmabench_reports.contract_values import Found, as_dict, as_list, fields, is_a, number_of, pointer, positive
from dmabench_reports.model import AXES, LATER_AXES, PHASES
from dmabench_reports.names import check_name, name_of


def check_rows(rows: Any) -> Iterator[Found]:
    """All violations of a report's rows."""
    if not isinstance(rows, list):
        yield "/benchmarks", "is missing or not a list"
        return
    seen: dict[str, int] = {}
    for index, row in enumerate(rows):
        at = pointer("benchmarks", index)
        if not isinstance(row, dict):
            yield at, "is not an object"
            continue
        yield from _row(row, at)
        name = row.get("name")
        if isinstance(name, str):
            if name in seen:
                yield at + "/name", f"'{name}' is the name of row {seen[name]} already"
            seen.setdefault(name, index)


def _row(row: dict[str, Any], at: str) -> Iterator[Found]:
    yield from fields(row, at, ROW)
    for key, wanted in (
        ("run_type", "iteration"),
        ("time_unit", "ns"),
        ("repetitions", 1),
        ("repetition_index", 0),
        ("run_name", row.get("name")),
    ):
        if key in row and row[key] != wanted:
            yield at + pointer(
                key
            ), f"is {json.dumps(row[key])}, not {json.dumps(wanted)}"
    for key, value in row.items():
        if isinstance(value, (list, dict)) and key != "dmabench":
            yield at + pointer(key), "is nested; only 'dmabench' may be"
        if key not in INDEXES:
            yield from positive(value, at + pointer(key))
    if is_a(row.get("iterations"), int) and row["iterations"] < 1:
        yield at + "/iterations", f"is {row['iterations']}"
    if isinstance(row.get("name"), str):
        wrong = check_name(row["name"])
        if wrong:
            yield at + "/name", f"'{row['name']}': {wrong}"
    yield from _order(row, at, ("ci_low_ns", "real_time", "ci_high_ns"))
    yield from _order(row, at, ("min_ns", "real_time", "max_sample_ns"))
    yield from _order(row, at, PERCENTILES)
    for one, other in (("ci_low_ns", "ci_high_ns"), ("min_ns", "max_sample_ns")):
        if (one in row) != (other in row):
            yield at, f"has only one of {one} and {other}"
    if isinstance(row.get("dmabench"), dict):
        yield from _row_own(row, row["dmabench"], at)


def _order(row: dict[str, Any], at: str, keys: Sequence[str]) -> Iterator[Found]:
    """Those that are there must not fall."""
    known = [(k, n) for k in keys if (n := number_of(row.get(k))) is not None]
    for (low, a), (high, b) in zip(known, known[1:]):
        if a > b:
            yield at + pointer(high), f"is {b:g}, less than {low}, which is {a:g}"


def _row_own(row: dict[str, Any], own: dict[str, Any], at: str) -> Iterator[Found]:
    here = at + "/dmabench"
    yield from fields(own, here, ROW_OWN)
    params = own.get("params")
    if isinstance(params, dict):
        yield from _params(params, here + "/params", row.get("name"))
    samples = as_list(own.get("samples_ns"))
    if isinstance(own.get("samples_ns"), list) and not samples:
        yield here + "/samples_ns", "is empty"
    for index, sample in enumerate(samples):
        if number_of(sample) is None and sample is not None:
            yield here + pointer("samples_ns", index), "is not a number"
        yield from positive(sample, here + pointer("samples_ns", index))
    laps = own.get("laps_per_sample")
    if isinstance(laps, int) and laps < 1:
        yield here + "/laps_per_sample", f"is {laps}"
    if samples and isinstance(laps, int) and is_a(row.get("iterations"), int):
        threads = row["threads"] if is_a(row.get("threads"), int) and row["threads"] > 0 else 1
        if row["iterations"] != laps * len(samples) * threads:
            yield at + "/iterations", (
                f"is {row['iterations']}, not laps_per_sample ({laps}) x samples ({len(samples)})"
                + (f" x threads ({threads})" if threads != 1 else "")
            )
    stop = as_dict(own.get("stop"))
    if stop and stop.get("why") not in STOPS:
        yield here + "/stop/why", f"is {json.dumps(stop.get('why'))}, not one of {', '.join(STOPS)}"
    for name, phase in as_dict(own.get("phases")).items():
        yield from _phase(row, name, phase, at)
    for key in PHASES:
        if f"{key}_ns" in row and key not in as_dict(own.get("phases")):
            yield at + pointer(f"{key}_ns"), f"has no dmabench.phases.{key}"
    histogram = own.get("histogram")
    if histogram is not None:
        yield from _histogram(row, histogram, at)
    else:
        for key in PERCENTILES:
            if key in row:
                yield at + pointer(key), "is there, but no dmabench.histogram"
    for index, counter in enumerate(as_list(own.get("counters"))):
        where = here + pointer("counters", index)
        yield from fields(
            counter,
            where,
            {"event": str, "per_lap": (int, float), "running_pct": (int, float)},
        )
        percent = number_of(as_dict(counter).get("running_pct"))
        if percent is not None and not 0 < percent <= 100.5:
            yield where + "/running_pct", f"is {percent:g}, not within 0 .. 100"
    yield from fields(own.get("buffer", {}), here + "/buffer", {"relation": str})
    if as_dict(params).get("access", "none") != "none":
        yield from fields(
            own.get("mapping"),
            here + "/mapping",
            {"requested": str, "user": str, "kernel": str},
        )
    if as_dict(params).get("transfer", "none") != "none":
        yield from fields(
            own.get("ownership"),
            here + "/ownership",
            {"sync": str, "data": str, "fresh_laps": int, "stale_laps": int},
        )
        data = as_dict(own.get("ownership")).get("data")
        if data not in VERDICTS:
            yield here + "/ownership/data", f"is {json.dumps(data)}, not one of {', '.join(VERDICTS)}"
    side = own.get("device_side", DEVICE_SIDES[-1])
    transfers = as_dict(params).get("transfer", "none") != "none"
    if side not in DEVICE_SIDES or (side != DEVICE_SIDES[-1] and not transfers):
        allowed = DEVICE_SIDES if transfers else DEVICE_SIDES[-1:]
        yield here + "/device_side", f"is {json.dumps(side)}, not one of {', '.join(allowed)}"
    if {as_dict(params).get(key, "none") for key in ("access", "transfer")} != {"none"}:
        if "bytes_per_lap" not in row:
            yield at + "/bytes_per_lap", "is missing in a row that accesses from user space or transfers"


def _params(params: dict[str, Any], at: str, name: Any) -> Iterator[Found]:
    good = True
    for key, default in AXES.items():
        if key not in params:
            if key in LATER_AXES:
                continue
            yield at + pointer(key), "is missing: params has all axes"
            good = False
        elif not is_a(params[key], type(default)):
            yield at + pointer(
                key
            ), f"is {json.dumps(params[key])}, not {type(default).__name__}"
            good = False
    for key in params:
        if key not in AXES:
            yield at + pointer(key), "is not an axis"
    if good and isinstance(name, str) and name_of(params) != name:
        yield at, f"make the name '{name_of(params)}', but the row is '{name}'"


def _phase(row: dict[str, Any], name: str, phase: Any, at: str) -> Iterator[Found]:
    here = at + pointer("dmabench", "phases", name)
    if name not in PHASES:
        yield here, f"is not a phase ({', '.join(PHASES)})"
    if not isinstance(phase, dict):
        yield here, "is not an object"
        return
    flat = row.get(f"{name}_ns")
    for word in ("elided", "below_clock"):
        if word in phase:
            if flat is not None:
                yield at + pointer(f"{name}_ns"), f"is {flat}, but the phase is {word}"
            if len(phase) > 1:
                yield here, f"has figures, but is {word}"
    if "elided" in phase:
        if not isinstance(phase["elided"], str) or not phase["elided"]:
            yield here + "/elided", "is not a reason"
        return
    if "below_clock" in phase:
        if number_of(phase["below_clock"]) is None:
            yield here + "/below_clock", "is not a number of ns"
        yield from positive(phase["below_clock"], here + "/below_clock")
        return
    yield from fields(
        phase,
        here,
        {"calls": int, "per_call_ns": (int, float), "per_lap_ns": (int, float)},
    )
    for key, value in phase.items():
        yield from positive(value, here + pointer(key))
    per_lap, in_row = number_of(phase.get("per_lap_ns")), number_of(flat)
    if per_lap is None:
        return
    if in_row is None:
        yield at + pointer(f"{name}_ns"), "is missing, but the phase has per_lap_ns"
    elif not math.isclose(per_lap, in_row, rel_tol=1e-6, abs_tol=1e-3):
        yield at + pointer(
            f"{name}_ns"
        ), f"is {flat}, but dmabench.phases says {per_lap:g}"


def _histogram(row: dict[str, Any], histogram: Any, at: str) -> Iterator[Found]:
    here = at + "/dmabench/histogram"
    yield from fields(
        histogram,
        here,
        {"relative_error": (int, float), "laps": int, "buckets": list},
    )
    if not isinstance(histogram, dict):
        return
    laps = histogram.get("laps")
    total, before = 0, -1.0
    for index, bucket in enumerate(as_list(histogram.get("buckets"))):
        where = here + pointer("buckets", index)
        if (
            not isinstance(bucket, list)
            or len(bucket) != 3
            or any(number_of(v) is None for v in bucket)
        ):
            yield where, "is not [low, high, count]"
            continue
        low, high, count = bucket
        if not low < high or low < before or count < 1:
            yield where, f"{bucket} is empty, reversed or out of order"
        before = high
        total += count
    if isinstance(laps, int):
        if total != laps:
            yield here + "/laps", f"is {laps}, but the buckets hold {total}"
        for key, least in LEAST_LAPS.items():
            if key in row and laps < least:
                yield at + pointer(key), f"is told from {laps} laps; it needs {least}"
