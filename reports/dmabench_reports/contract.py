# SPDX-License-Identifier: GPL-2.0-only
"""Check reports against the contract of docs/DESIGN.md.

    python3 -m dmabench_reports.contract REPORT...

Prints a line for each violation, "FILE: /json/pointer: what", and exits with 1 if there was any.
"""

from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path
from typing import Any, Iterator, Optional, Sequence

from dmabench_reports.contract_fields import (
    DEVICE_SIDES,
    CACHE,
    CANARY,
    CLOCKS,
    CONTEXT,
    DRIFTS,
    INDEXES,
    Kinds,
    LEAST_LAPS,
    OWN,
    PERCENTILES,
    PLATFORM,
    ROW,
    ROW_OWN,
    STOPS,
    VERDICTS,
)
from dmabench_reports.model import AXES, LATER_AXES, PHASES
from dmabench_reports.names import check_name, name_of

Found = tuple[str, str]  # (JSON pointer, what)

_SHARE = re.compile(r"[0-9]+([.][0-9]*)? *%")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def pointer(*parts: object) -> str:
    """RFC 6901."""
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in parts)


def check(report: Any) -> list[Found]:
    """All violations of a report, in the order of the document's parts."""
    if not isinstance(report, dict):
        return [("", "the report is not an object")]
    found = list(_no_nulls(report, ""))
    found += _context(report.get("context"))
    found += _rows(report.get("benchmarks"))
    found += _own(report.get("dmabench"), report)
    return found


def _no_nulls(value: Any, at: str) -> Iterator[Found]:
    """null, NaN and infinities have no place anywhere."""
    if value is None:
        yield at, "is null; what is not known is left out"
    elif isinstance(value, float) and not math.isfinite(value):
        yield at, f"is {value}, which is not JSON; what is not known is left out"
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _no_nulls(member, at + pointer(key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _no_nulls(member, at + pointer(index))


def _is(value: Any, kind: type | tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, kind)


def _fields(value: Any, at: str, wanted: Kinds) -> Iterator[Found]:
    """The fields that must be there, and of which kind."""
    if not isinstance(value, dict):
        yield at, "is missing or not an object"
        return
    for key, kind in wanted.items():
        if key not in value:
            yield at + pointer(key), "is missing"
        elif value[key] is not None and not _is(value[key], kind):
            names = kind if isinstance(kind, tuple) else (kind,)
            wanted_names = " or ".join(k.__name__ for k in names)
            yield at + pointer(
                key
            ), f"is {json.dumps(value[key])[:60]}, not {wanted_names}"


def _number(value: Any) -> Optional[float]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def _positive(value: Any, at: str) -> Iterator[Found]:
    """A measured number: more than 0 (nulls and NaN are told already)."""
    number = _number(value)
    if number is not None and number <= 0:
        yield at, f"is {value}; a measured number is above 0, what is not known is left out"


def _context(context: Any) -> Iterator[Found]:
    yield from _fields(context, "/context", CONTEXT)
    if not isinstance(context, dict):
        return
    if context.get("json_schema_version", 1) != 1:
        yield "/context/json_schema_version", f"is {context['json_schema_version']}, not 1"
    if _is(context.get("num_cpus"), int) and context["num_cpus"] < 1:
        yield "/context/num_cpus", f"is {context['num_cpus']}"
    for index, cache in enumerate(_list(context.get("caches"))):
        yield from _fields(cache, pointer("context", "caches", index), CACHE)
    for index, load in enumerate(_list(context.get("load_avg"))):
        if _number(load) is None:
            yield pointer("context", "load_avg", index), "is not a number"
    platform = context.get("platform")
    if isinstance(platform, dict):
        yield from _fields(platform, "/context/platform", PLATFORM)
        names = []
        for index, target in enumerate(_list(platform.get("targets"))):
            at = pointer("context", "platform", "targets", index)
            yield from _fields(target, at, {"name": str, "kind": str})
            if isinstance(target, dict):
                names.append(target.get("name"))
        if len(set(names)) != len(names):
            yield "/context/platform/targets", "two targets have the same name"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(rows: Any) -> Iterator[Found]:
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
    yield from _fields(row, at, ROW)
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
            yield from _positive(value, at + pointer(key))
    if _is(row.get("iterations"), int) and row["iterations"] < 1:
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
    known = [(k, n) for k in keys if (n := _number(row.get(k))) is not None]
    for (low, a), (high, b) in zip(known, known[1:]):
        if a > b:
            yield at + pointer(high), f"is {b:g}, less than {low}, which is {a:g}"


def _row_own(row: dict[str, Any], own: dict[str, Any], at: str) -> Iterator[Found]:
    here = at + "/dmabench"
    yield from _fields(own, here, ROW_OWN)
    params = own.get("params")
    if isinstance(params, dict):
        yield from _params(params, here + "/params", row.get("name"))
    samples = _list(own.get("samples_ns"))
    if isinstance(own.get("samples_ns"), list) and not samples:
        yield here + "/samples_ns", "is empty"
    for index, sample in enumerate(samples):
        if _number(sample) is None and sample is not None:
            yield here + pointer("samples_ns", index), "is not a number"
        yield from _positive(sample, here + pointer("samples_ns", index))
    laps = own.get("laps_per_sample")
    if isinstance(laps, int) and laps < 1:
        yield here + "/laps_per_sample", f"is {laps}"
    if samples and isinstance(laps, int) and _is(row.get("iterations"), int):
        threads = row["threads"] if _is(row.get("threads"), int) and row["threads"] > 0 else 1
        if row["iterations"] != laps * len(samples) * threads:
            yield at + "/iterations", (
                f"is {row['iterations']}, not laps_per_sample ({laps}) x samples ({len(samples)})"
                + (f" x threads ({threads})" if threads != 1 else "")
            )
    stop = _dict(own.get("stop"))
    if stop and stop.get("why") not in STOPS:
        yield here + "/stop/why", f"is {json.dumps(stop.get('why'))}, not one of {', '.join(STOPS)}"
    for name, phase in _dict(own.get("phases")).items():
        yield from _phase(row, name, phase, at)
    for key in PHASES:
        if f"{key}_ns" in row and key not in _dict(own.get("phases")):
            yield at + pointer(f"{key}_ns"), f"has no dmabench.phases.{key}"
    histogram = own.get("histogram")
    if histogram is not None:
        yield from _histogram(row, histogram, at)
    else:
        for key in PERCENTILES:
            if key in row:
                yield at + pointer(key), "is there, but no dmabench.histogram"
    for index, counter in enumerate(_list(own.get("counters"))):
        where = here + pointer("counters", index)
        yield from _fields(
            counter,
            where,
            {"event": str, "per_lap": (int, float), "running_pct": (int, float)},
        )
        percent = _number(_dict(counter).get("running_pct"))
        if percent is not None and not 0 < percent <= 100.5:
            yield where + "/running_pct", f"is {percent:g}, not within 0 .. 100"
    yield from _fields(own.get("buffer", {}), here + "/buffer", {"relation": str})
    if _dict(params).get("access", "none") != "none":
        yield from _fields(
            own.get("mapping"),
            here + "/mapping",
            {"requested": str, "user": str, "kernel": str},
        )
    if _dict(params).get("transfer", "none") != "none":
        yield from _fields(
            own.get("ownership"),
            here + "/ownership",
            {"sync": str, "data": str, "fresh_laps": int, "stale_laps": int},
        )
        data = _dict(own.get("ownership")).get("data")
        if data not in VERDICTS:
            yield here + "/ownership/data", f"is {json.dumps(data)}, not one of {', '.join(VERDICTS)}"
    side = own.get("device_side", DEVICE_SIDES[-1])
    transfers = _dict(params).get("transfer", "none") != "none"
    if side not in DEVICE_SIDES or (side != DEVICE_SIDES[-1] and not transfers):
        allowed = DEVICE_SIDES if transfers else DEVICE_SIDES[-1:]
        yield here + "/device_side", f"is {json.dumps(side)}, not one of {', '.join(allowed)}"
    if {_dict(params).get(key, "none") for key in ("access", "transfer")} != {"none"}:
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
        elif not _is(params[key], type(default)):
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
        if _number(phase["below_clock"]) is None:
            yield here + "/below_clock", "is not a number of ns"
        yield from _positive(phase["below_clock"], here + "/below_clock")
        return
    yield from _fields(
        phase,
        here,
        {"calls": int, "per_call_ns": (int, float), "per_lap_ns": (int, float)},
    )
    for key, value in phase.items():
        yield from _positive(value, here + pointer(key))
    per_lap, in_row = _number(phase.get("per_lap_ns")), _number(flat)
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
    yield from _fields(
        histogram,
        here,
        {"relative_error": (int, float), "laps": int, "buckets": list},
    )
    if not isinstance(histogram, dict):
        return
    laps = histogram.get("laps")
    total, before = 0, -1.0
    for index, bucket in enumerate(_list(histogram.get("buckets"))):
        where = here + pointer("buckets", index)
        if (
            not isinstance(bucket, list)
            or len(bucket) != 3
            or any(_number(v) is None for v in bucket)
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


def _own(own: Any, report: dict[str, Any]) -> Iterator[Found]:
    yield from _fields(own, "/dmabench", OWN)
    if not isinstance(own, dict):
        return
    if own.get("schema", 1) != 1:
        yield "/dmabench/schema", f"is {json.dumps(own['schema'])}, not 1"
    fingerprint = _dict(_dict(report.get("context")).get("platform"))
    if own.get("platform") != fingerprint.get("name"):
        yield "/dmabench/platform", (
            f"is {json.dumps(own.get('platform'))}, but /context/platform/name is "
            f"{json.dumps(fingerprint.get('name'))}"
        )
    yield from _clock(own)
    for index, scenario in enumerate(_list(own.get("scenarios"))):
        at = pointer("dmabench", "scenarios", index)
        yield from _fields(scenario, at, {"name": str, "file": str, "sha256": str})
        digest = _dict(scenario).get("sha256")
        if isinstance(digest, str) and not _SHA256.fullmatch(digest):
            yield at + "/sha256", f"'{digest}' is not 64 hexadecimal digits"
        if "thresholds" in _dict(scenario):
            yield from _thresholds(scenario["thresholds"], at + "/thresholds")
    if isinstance(own.get("scenarios"), list) and not own["scenarios"]:
        yield "/dmabench/scenarios", "is empty"
    yield from _missing_points(own, report)
    counters = _dict(own.get("counters"))
    for key in ("available", "unavailable"):
        if counters is own.get("counters") and not isinstance(counters.get(key), list):
            yield pointer("dmabench", "counters", key), "is missing or not a list"
    for index, one in enumerate(_list(counters.get("unavailable"))):
        at = pointer("dmabench", "counters", "unavailable", index)
        yield from _fields(one, at, {"event": str, "reason": str})
        if isinstance(one, dict) and one.get("reason") == "":
            yield at + "/reason", "is empty"
    for key, value in _dict(own.get("overheads")).items():
        yield from _positive(value, pointer("dmabench", "overheads", key))
    yield from _canaries(own)
    for key, value in _dict(own.get("time")).items():
        yield from _positive(value, pointer("dmabench", "time", key))


def _canaries(own: dict[str, Any]) -> Iterator[Found]:
    blocks: dict[str, int] = {}
    for index, canary in enumerate(_list(own.get("canaries"))):
        at = pointer("dmabench", "canaries", index)
        yield from _fields(canary, at, CANARY)
        if not isinstance(canary, dict):
            continue
        yield from _positive(canary.get("real_time"), at + "/real_time")
        name, block = canary.get("name"), canary.get("block")
        if isinstance(name, str) and isinstance(block, int):
            if block < blocks.get(name, 0):
                yield at + "/block", f"is {block}, behind block {blocks[name]}"
            blocks[name] = block
    drift = _dict(own.get("drift"))
    verdict = drift.get("verdict")
    if drift and verdict not in DRIFTS:
        yield "/dmabench/drift/verdict", f"is {json.dumps(verdict)}, not one of {', '.join(DRIFTS)}"
    if verdict in ("steady", "moved"):
        kinds = {"limit": (int, float), "name": str, "low_ns": (int, float), "high_ns": (int, float)}
        yield from _fields(drift, "/dmabench/drift", {**kinds, "relative": (int, float)})


def _thresholds(thresholds: Any, at: str) -> Iterator[Found]:
    if not isinstance(thresholds, dict) or not thresholds:
        yield at, "is not an object with default or overrides"
        return
    shares = [(at + "/default", thresholds["default"])] if "default" in thresholds else []
    for index, override in enumerate(_list(thresholds.get("overrides", []))):
        where = f"{at}/overrides/{index}"
        yield from _fields(override, where, {"match": str, "threshold": str})
        shares.append((where + "/threshold", _dict(override).get("threshold")))
    for where, share in shares:
        if not isinstance(share, str) or not _SHARE.fullmatch(share):
            yield where, f"is {json.dumps(share)}, not a share such as 5%"


def _clock(own: dict[str, Any]) -> Iterator[Found]:
    clock = _dict(own.get("clock"))
    kind = clock.get("kind")
    if kind not in CLOCKS:
        yield "/dmabench/clock/kind", f"is {json.dumps(kind)}, not one of {', '.join(CLOCKS)}"
    for key in ("resolution_ns", "read_cost_ns"):
        yield from _positive(clock.get(key), pointer("dmabench", "clock", key))
    if kind in ("instructions", "modelled") and own.get("emulated") is False:
        yield "/dmabench/emulated", f"is false, but the clock is {kind}"
    if kind == "hardware":
        if own.get("emulated") is True:
            yield "/dmabench/emulated", "is true, but the clock is hardware"
        if "notice" in own:
            yield "/dmabench/notice", "is there, but the clock is hardware"
    elif not isinstance(own.get("notice"), str) or not own["notice"]:
        yield "/dmabench/notice", "is missing: figures that are not from hardware need one"


def _missing_points(own: dict[str, Any], report: dict[str, Any]) -> Iterator[Found]:
    names: dict[str, str] = {}
    for index, row in enumerate(_list(report.get("benchmarks"))):
        if isinstance(_dict(row).get("name"), str):
            names.setdefault(row["name"], pointer("benchmarks", index))
    for kind in ("skipped", "errors"):
        for index, one in enumerate(_list(own.get(kind))):
            at = pointer("dmabench", kind, index)
            yield from _fields(one, at, {"name": str, "reason": str, "params": dict})
            if not isinstance(one, dict):
                continue
            if one.get("reason") == "":
                yield at + "/reason", "is empty"
            name = one.get("name")
            if not isinstance(name, str):
                continue
            if name in names:
                yield at + "/name", f"'{name}' is also at {names[name]}"
            names.setdefault(name, at)
    planned = own.get("points_planned")
    if not isinstance(planned, int):
        return
    done = sum(
        len(_list(x))
        for x in (report.get("benchmarks"), own.get("skipped"), own.get("errors"))
    )
    if done > planned or done < planned and own.get("interrupted") is False:
        yield "/dmabench/points_planned", (
            f"is {planned}, but rows, skipped and errors are {done}"
        )


def check_file(path: Path) -> list[Found]:
    """All violations of a file; one that cannot be read or parsed is a violation too."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return [("", f"cannot be read: {error}")]
    doubles: list[Found] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        doubles.extend(
            ("", f"the key '{key}' occurs twice in one object")
            for key in sorted({k for k in keys if keys.count(k) > 1})
        )
        return dict(pairs)

    try:
        report = json.loads(text, object_pairs_hook=once)
    except (json.JSONDecodeError, RecursionError) as error:
        return [("", f"is not JSON: {error}")]
    return doubles + check(report)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    files = list(sys.argv[1:] if arguments is None else arguments)
    if not files or files[0] in ("-h", "--help"):
        print((__doc__ or "").strip(), file=sys.stderr)
        return 0 if files else 2
    bad = False
    for name in files:
        for at, what in check_file(Path(name)):
            bad = True
            print(f"{name}: {at or '/'}: {what}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
