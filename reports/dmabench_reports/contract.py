# SPDX-License-Identifier: GPL-2.0-only
"""Check reports against the contract of docs/DESIGN.md.

    python3 -m dmabench_reports.contract REPORT...

Prints a line for each violation, "FILE: /json/pointer: what", and exits with 1 if there was any.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, Iterator, Optional, Sequence

from dmabench_reports.contract_fields import CACHE, CANARY, CLOCKS, CONTEXT, DRIFTS, OWN, PLATFORM
from dmabench_reports.contract_rows import check_rows
from dmabench_reports.contract_values import (
    Found,
    as_dict,
    as_list,
    fields,
    is_a,
    no_nulls,
    number_of,
    pointer,
    positive,
)

_SHARE = re.compile(r"[0-9]+([.][0-9]*)? *%")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check(report: Any) -> list[Found]:
    """All violations of a report, in the order of the document's parts."""
    if not isinstance(report, dict):
        return [("", "the report is not an object")]
    found = list(no_nulls(report, ""))
    found += _context(report.get("context"))
    found += check_rows(report.get("benchmarks"))
    found += _own(report.get("dmabench"), report)
    return found


def _context(context: Any) -> Iterator[Found]:
    yield from fields(context, "/context", CONTEXT)
    if not isinstance(context, dict):
        return
    if context.get("json_schema_version", 1) != 1:
        yield "/context/json_schema_version", f"is {context['json_schema_version']}, not 1"
    if is_a(context.get("num_cpus"), int) and context["num_cpus"] < 1:
        yield "/context/num_cpus", f"is {context['num_cpus']}"
    for index, cache in enumerate(as_list(context.get("caches"))):
        yield from fields(cache, pointer("context", "caches", index), CACHE)
    for index, load in enumerate(as_list(context.get("load_avg"))):
        if number_of(load) is None:
            yield pointer("context", "load_avg", index), "is not a number"
    platform = context.get("platform")
    if isinstance(platform, dict):
        yield from fields(platform, "/context/platform", PLATFORM)
        names = []
        for index, target in enumerate(as_list(platform.get("targets"))):
            at = pointer("context", "platform", "targets", index)
            yield from fields(target, at, {"name": str, "kind": str})
            if isinstance(target, dict):
                names.append(target.get("name"))
        if len(set(names)) != len(names):
            yield "/context/platform/targets", "two targets have the same name"


def _own(own: Any, report: dict[str, Any]) -> Iterator[Found]:
    yield from fields(own, "/dmabench", OWN)
    if not isinstance(own, dict):
        return
    if own.get("schema", 1) != 1:
        yield "/dmabench/schema", f"is {json.dumps(own['schema'])}, not 1"
    fingerprint = as_dict(as_dict(report.get("context")).get("platform"))
    if own.get("platform") != fingerprint.get("name"):
        yield "/dmabench/platform", (
            f"is {json.dumps(own.get('platform'))}, but /context/platform/name is "
            f"{json.dumps(fingerprint.get('name'))}"
        )
    yield from _clock(own)
    for index, scenario in enumerate(as_list(own.get("scenarios"))):
        at = pointer("dmabench", "scenarios", index)
        yield from fields(scenario, at, {"name": str, "file": str, "sha256": str})
        digest = as_dict(scenario).get("sha256")
        if isinstance(digest, str) and not _SHA256.fullmatch(digest):
            yield at + "/sha256", f"'{digest}' is not 64 hexadecimal digits"
        if "thresholds" in as_dict(scenario):
            yield from _thresholds(scenario["thresholds"], at + "/thresholds")
    if isinstance(own.get("scenarios"), list) and not own["scenarios"]:
        yield "/dmabench/scenarios", "is empty"
    yield from _missing_points(own, report)
    counters = as_dict(own.get("counters"))
    for key in ("available", "unavailable"):
        if counters is own.get("counters") and not isinstance(counters.get(key), list):
            yield pointer("dmabench", "counters", key), "is missing or not a list"
    for index, one in enumerate(as_list(counters.get("unavailable"))):
        at = pointer("dmabench", "counters", "unavailable", index)
        yield from fields(one, at, {"event": str, "reason": str})
        if isinstance(one, dict) and one.get("reason") == "":
            yield at + "/reason", "is empty"
    for key, value in as_dict(own.get("overheads")).items():
        yield from positive(value, pointer("dmabench", "overheads", key))
    yield from _canaries(own)
    for key, value in as_dict(own.get("time")).items():
        yield from positive(value, pointer("dmabench", "time", key))


def _canaries(own: dict[str, Any]) -> Iterator[Found]:
    blocks: dict[str, int] = {}
    for index, canary in enumerate(as_list(own.get("canaries"))):
        at = pointer("dmabench", "canaries", index)
        yield from fields(canary, at, CANARY)
        if not isinstance(canary, dict):
            continue
        yield from positive(canary.get("real_time"), at + "/real_time")
        name, block = canary.get("name"), canary.get("block")
        if isinstance(name, str) and isinstance(block, int):
            if block < blocks.get(name, 0):
                yield at + "/block", f"is {block}, behind block {blocks[name]}"
            blocks[name] = block
    drift = as_dict(own.get("drift"))
    verdict = drift.get("verdict")
    if drift and verdict not in DRIFTS:
        yield "/dmabench/drift/verdict", f"is {json.dumps(verdict)}, not one of {', '.join(DRIFTS)}"
    if verdict in ("steady", "moved"):
        kinds = {"limit": (int, float), "name": str, "low_ns": (int, float), "high_ns": (int, float)}
        yield from fields(drift, "/dmabench/drift", {**kinds, "relative": (int, float)})


def _thresholds(thresholds: Any, at: str) -> Iterator[Found]:
    if not isinstance(thresholds, dict) or not thresholds:
        yield at, "is not an object with default or overrides"
        return
    shares = [(at + "/default", thresholds["default"])] if "default" in thresholds else []
    for index, override in enumerate(as_list(thresholds.get("overrides", []))):
        where = f"{at}/overrides/{index}"
        yield from fields(override, where, {"match": str, "threshold": str})
        shares.append((where + "/threshold", as_dict(override).get("threshold")))
    for where, share in shares:
        if not isinstance(share, str) or not _SHARE.fullmatch(share):
            yield where, f"is {json.dumps(share)}, not a share such as 5%"


def _clock(own: dict[str, Any]) -> Iterator[Found]:
    clock = as_dict(own.get("clock"))
    kind = clock.get("kind")
    if kind not in CLOCKS:
        yield "/dmabench/clock/kind", f"is {json.dumps(kind)}, not one of {', '.join(CLOCKS)}"
    for key in ("resolution_ns", "read_cost_ns"):
        yield from positive(clock.get(key), pointer("dmabench", "clock", key))
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
    for index, row in enumerate(as_list(report.get("benchmarks"))):
        if isinstance(as_dict(row).get("name"), str):
            names.setdefault(row["name"], pointer("benchmarks", index))
    for kind in ("skipped", "errors"):
        for index, one in enumerate(as_list(own.get(kind))):
            at = pointer("dmabench", kind, index)
            yield from fields(one, at, {"name": str, "reason": str, "params": dict})
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
        len(as_list(x))
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
