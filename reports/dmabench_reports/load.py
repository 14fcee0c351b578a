# SPDX-License-Identifier: GPL-2.0-only
"""Read reports. What is not ours is refused with one line that says why."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

from dmabench_reports import words
from dmabench_reports.model import (
    AXES,
    PHASES,
    Missing,
    Params,
    Phase,
    Report,
    Row,
    Target,
)

SCHEMA = 1

# Flat numbers of a row that have a place of their own on the page; all others are counters.
_KNOWN = {
    "real_time",
    "cpu_time",
    "iterations",
    "repetitions",
    "repetition_index",
    "threads",
    "family_index",
    "per_family_instance_index",
    "ci_low_ns",
    "ci_high_ns",
    "min_ns",
    "max_sample_ns",
    "bytes_per_lap",
    *(f"lap_{part}_ns" for part in ("p50", "p90", "p99", "p999", "max")),
    *(f"{phase}_ns" for phase in PHASES),
}


class LoadError(Exception):
    """A file that is not a report we can show; the message is for the user."""


def load(files: Sequence[Path]) -> list[Report]:
    """All reports, each with a label and a slug of its own."""
    reports = [_load_one(path) for path in files]
    for report in reports:
        twins = [r for r in reports if r.platform == report.platform]
        if len(twins) > 1:
            report.label = f"{report.platform} #{twins.index(report) + 1}"
        report.slug = words.slug(report.label.replace(" #", "-"))
    for report in reports:
        _name_anchors(report)
    return reports


def parse_name(name: str) -> dict[str, Any]:
    """The axis values that a name tells: strategy, then key:value parts."""
    strategy, *parts = name.split("/")
    out: dict[str, Any] = {"strategy": strategy}
    for part in parts:
        key, _, value = part.partition(":")
        out[key] = (
            int(value) if isinstance(AXES.get(key), int) and value.isdigit() else value
        )
    return out


def number(value: Any) -> Optional[float]:
    """A finite number, or None: nothing else is ever drawn."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def _load_one(path: Path) -> Report:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise LoadError(f"{path}: cannot be read: {why}") from error
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise LoadError(f"{path}: not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("dmabench"), dict):
        raise LoadError(
            f"{path}: not a dmabench report: it has no top-level 'dmabench' object"
        )
    meta = data["dmabench"]
    if meta.get("schema") != SCHEMA:
        raise LoadError(
            f"{path}: report schema {meta.get('schema')!r} is not supported, this version reads schema {SCHEMA}"
        )
    raw_rows = data.get("benchmarks")
    if not isinstance(raw_rows, list):
        raise LoadError(f"{path}: not a dmabench report: 'benchmarks' is not a list")
    rows = []
    for index, raw in enumerate(raw_rows):
        try:
            rows.append(_row(raw))
        except (KeyError, TypeError, ValueError) as error:
            raise LoadError(f"{path}: /benchmarks/{index}: {error}") from error
    if not rows:
        raise LoadError(f"{path}: the report has no measured rows")
    try:
        return _report(path, data, rows)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise LoadError(f"{path}: not a valid dmabench report: {error}") from error


def _report(path: Path, data: Mapping[str, Any], rows: list[Row]) -> Report:
    meta = data["dmabench"]
    context = data.get("context") or {}
    fingerprint = context.get("platform") or {}
    platform = str(meta.get("platform") or fingerprint.get("name") or path.stem)
    clock = str((meta.get("clock") or {}).get("kind") or "")
    if not clock:
        raise ValueError(
            "'dmabench.clock.kind' is missing, so the figures have no unit"
        )
    domains = (fingerprint.get("iommu") or {}).get("domain_type") or {}
    targets = [
        Target(
            str(t["name"]),
            str(t.get("kind") or ""),
            t.get("coherent") if isinstance(t.get("coherent"), bool) else None,
            str(t.get("iommu_domain") or domains.get(t["name"]) or ""),
        )
        for t in fingerprint.get("targets") or []
    ]
    counters = sorted({key for row in rows for key in row.numbers if key not in _KNOWN})
    first = ["cycles_per_lap", "instructions_per_lap"]
    return Report(
        label=platform,
        slug=words.slug(platform),
        file=path.name,
        platform=platform,
        context=context,
        fingerprint=fingerprint,
        meta=meta,
        clock=clock,
        emulated=bool(meta.get("emulated")),
        notice=str(meta.get("notice") or ""),
        targets=targets,
        rows=rows,
        skipped=[_missing(one) for one in meta.get("skipped") or []],
        errors=[_missing(one) for one in meta.get("errors") or []],
        counters=[c for c in first if c in counters]
        + [c for c in counters if c not in first],
    )


def _row(raw: Any) -> Row:
    if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
        raise ValueError("a row has no name")
    name = raw["name"]
    real_time = number(raw.get("real_time"))
    if real_time is None or real_time <= 0:
        raise ValueError(
            f"real_time of '{name}' is {raw.get('real_time')!r}, not a time"
        )
    if raw.get("time_unit", "ns") != "ns":
        raise ValueError(f"time_unit of '{name}' is {raw['time_unit']!r}, not 'ns'")
    nested = raw.get("dmabench") or {}
    numbers = {
        k: v for k, v in ((k, number(v)) for k, v in raw.items()) if v is not None
    }
    low, high = numbers.get("ci_low_ns"), numbers.get("ci_high_ns")
    return Row(
        name=name,
        params=_params({**parse_name(name), **(nested.get("params") or {})}),
        anchor="",
        real_time=real_time,
        ci=(low, high) if low is not None and high is not None else None,
        phases=_phases(numbers, nested.get("phases") or {}),
        bytes_per_lap=numbers.get("bytes_per_lap"),
        numbers=numbers,
        mapping=nested.get("mapping") or {},
        buffer=nested.get("buffer") or {},
        ownership=nested.get("ownership") or {},
        histogram=_histogram(nested.get("histogram") or {}),
    )


def _histogram(raw: Mapping[str, Any]) -> list[tuple[float, float, float]]:
    out = []
    for bucket in raw.get("buckets") or []:
        low, high, count = bucket
        values = (number(low), number(high), number(count))
        if None in values:
            raise ValueError(f"the histogram's bucket {bucket!r} is not three numbers")
        out.append((float(low), float(high), float(count)))
    return out


def _phases(
    numbers: Mapping[str, float], nested: Mapping[str, Any]
) -> dict[str, Phase]:
    out = {}
    for name in PHASES:
        raw = nested.get(name) or {}
        flat = numbers.get(f"{name}_ns")
        if raw.get("elided"):
            out[name] = Phase(name, elided=str(raw["elided"]))
        elif number(raw.get("below_clock")) is not None:
            out[name] = Phase(name, below_clock_ns=number(raw["below_clock"]))
        elif raw or flat is not None:
            per_lap = number(raw.get("per_lap_ns"))
            per_lap = flat if per_lap is None else per_lap
            if per_lap is None or per_lap <= 0:  # not a figure: never drawn as 0
                continue
            calls = number(raw.get("calls"))
            out[name] = Phase(
                name,
                per_lap,
                number(raw.get("per_call_ns")),
                int(calls) if calls is not None else None,
                number(raw.get("p50_ns")),
                number(raw.get("p99_ns")),
                number(raw.get("max_ns")),
            )
    return out


def _params(raw: Mapping[str, Any]) -> Params:
    values = {}
    for key, default in AXES.items():
        value = raw.get(key, default)
        if isinstance(default, int) and (
            isinstance(value, bool) or not isinstance(value, int)
        ):
            raise ValueError(f"axis '{key}' is {value!r}, not an integer")
        if isinstance(default, str) and not isinstance(value, str):
            raise ValueError(f"axis '{key}' is {value!r}, not a string")
        values[key] = value
    return Params(**values)


def _missing(raw: Mapping[str, Any]) -> Missing:
    name = str(raw["name"])
    params = _params({**parse_name(name), **(raw.get("params") or {})})
    return Missing(name, str(raw.get("reason") or "no reason given"), params)


def _name_anchors(report: Report) -> None:
    seen: dict[str, int] = {}
    for index, row in enumerate(report.rows):
        anchor = f"{report.slug}.{words.slug(row.name)}"
        seen[anchor] = seen.get(anchor, 0) + 1
        if seen[anchor] > 1:
            anchor += f".{seen[anchor]}"
        object.__setattr__(report.rows[index], "anchor", anchor)
