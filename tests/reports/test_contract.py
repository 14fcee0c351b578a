# SPDX-License-Identifier: GPL-2.0-only
"""The validator of the report contract: good reports pass, each broken rule is named."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Callable

import make_sample
import pytest
from conftest import Writer, sample
from dmabench_reports import contract, names

GOOD = sample("arm64")
Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize("platform", [p.name for p in make_sample.PLATFORMS])
def test_samples_keep_the_contract(platform: str) -> None:
    assert contract.check(sample(platform)) == []
    assert contract.check(sample(platform, clock="hardware")) == []


def streaming(report: dict[str, Any]) -> dict[str, Any]:
    """The first row that maps in each lap."""
    return next(r for r in report["benchmarks"] if "map_ns" in r)


def at(
    report: dict[str, Any], *keys: Any, value: Any = None, drop: bool = False
) -> None:
    for key in keys[:-1]:
        report = report[key]
    if drop:
        del report[keys[-1]]
    else:
        report[keys[-1]] = value


B = "benchmarks"
BROKEN: dict[str, tuple[Change, str, str]] = {
    "NaN": (
        lambda r: at(r, B, 0, "real_time", value=float("nan")),
        "/benchmarks/0/real_time",
        "nan",
    ),
    "device side": (
        lambda r: at(r, B, 0, "dmabench", "device_side", value="snooped"),
        "/benchmarks/0/dmabench/device_side",
        "not one of not_modelled",
    ),
    "null": (
        lambda r: at(r, B, 0, "lap_p50_ns", value=None),
        "/benchmarks/0/lap_p50_ns",
        "null",
    ),
    "nested null": (
        lambda r: at(r, "context", "platform", "x", value=[1, None]),
        "/context/platform/x/1",
        "null",
    ),
    "0": (
        lambda r: at(r, B, 0, "cycles_per_lap", value=0),
        "/benchmarks/0/cycles_per_lap",
        "above 0",
    ),
    "0 in a sample": (
        lambda r: at(r, B, 0, "dmabench", "samples_ns", 0, value=0.0),
        "/benchmarks/0/dmabench/samples_ns/0",
        "above 0",
    ),
    "0 overhead": (
        lambda r: at(r, "dmabench", "overheads", "ioctl_ns", value=0),
        "/dmabench/overheads/ioctl_ns",
        "above 0",
    ),
    "no caches": (
        lambda r: at(r, "context", "caches", drop=True),
        "/context/caches",
        "missing",
    ),
    "caches not a list": (
        lambda r: at(r, "context", "caches", value={}),
        "/context/caches",
        "not list",
    ),
    "Google's schema": (
        lambda r: at(r, "context", "json_schema_version", value=2),
        "/context/json_schema_version",
        "not 1",
    ),
    "a flag for a number": (
        lambda r: at(r, "context", "num_cpus", value=True),
        "/context/num_cpus",
        "not int",
    ),
    "no platform": (
        lambda r: at(r, "context", "platform", drop=True),
        "/context/platform",
        "missing",
    ),
    "no benchmarks": (lambda r: at(r, B, drop=True), "/benchmarks", "missing"),
    "run_type": (
        lambda r: at(r, B, 0, "run_type", value="aggregate"),
        "/benchmarks/0/run_type",
        "iteration",
    ),
    "unit": (
        lambda r: at(r, B, 0, "time_unit", value="us"),
        "/benchmarks/0/time_unit",
        '"ns"',
    ),
    "repetitions": (
        lambda r: at(r, B, 0, "repetitions", value=3),
        "/benchmarks/0/repetitions",
        "not 1",
    ),
    "run_name": (
        lambda r: at(r, B, 0, "run_name", value="x"),
        "/benchmarks/0/run_name",
        "null/",
    ),
    "no cpu_time": (
        lambda r: at(r, B, 0, "cpu_time", drop=True),
        "/benchmarks/0/cpu_time",
        "missing",
    ),
    "nested row": (
        lambda r: at(r, B, 0, "extra", value={"a": 1}),
        "/benchmarks/0/extra",
        "nested",
    ),
    "a name twice": (
        lambda r: r[B].append(copy.deepcopy(r[B][3])),
        f"/benchmarks/{len(GOOD[B])}/name",
        "row 3",
    ),
    "ci reversed": (
        lambda r: at(r, B, 0, "ci_low_ns", value=1e9),
        "/benchmarks/0/real_time",
        "less than ci_low_ns",
    ),
    "half an interval": (
        lambda r: at(r, B, 0, "ci_low_ns", drop=True),
        "/benchmarks/0",
        "only one of ci_low_ns",
    ),
    "percentiles fall": (
        lambda r: at(r, B, 0, "lap_p90_ns", value=1.0),
        "/benchmarks/0/lap_p90_ns",
        "less than lap_p50_ns",
    ),
    "p999 of few laps": (
        lambda r: at(r, B, 0, "lap_p999_ns", value=r[B][0]["lap_max_ns"]),
        "/benchmarks/0/lap_p999_ns",
        "needs 10000",
    ),
    "iterations": (
        lambda r: at(r, B, 0, "iterations", value=7),
        "/benchmarks/0/iterations",
        "laps_per_sample",
    ),
    "stop": (
        lambda r: at(r, B, 0, "dmabench", "stop", "why", value="bored"),
        "/benchmarks/0/dmabench/stop/why",
        "bored",
    ),
    "params and name differ": (
        lambda r: at(r, B, 0, "dmabench", "params", "size", value=64),
        "/benchmarks/0/dmabench/params",
        "make the name",
    ),
    "an axis is missing": (
        lambda r: at(r, B, 0, "dmabench", "params", "pattern", drop=True),
        "/benchmarks/0/dmabench/params/pattern",
        "all axes",
    ),
    "an unknown axis": (
        lambda r: at(r, B, 0, "dmabench", "params", "colour", value="red"),
        "/benchmarks/0/dmabench/params/colour",
        "not an axis",
    ),
    "elided with a figure": (
        lambda r: streaming(r)["dmabench"]["phases"].update(map={"elided": "why"}),
        "/map_ns",
        "but the phase is elided",
    ),
    "elided without a reason": (
        lambda r: streaming(r)["dmabench"]["phases"].update(touch={"elided": ""}),
        "/phases/touch/elided",
        "not a reason",
    ),
    "0 below the clock": (
        lambda r: streaming(r)["dmabench"]["phases"].update(touch={"below_clock": 0}),
        "/phases/touch/below_clock",
        "above 0",
    ),
    "flat and nested differ": (
        lambda r: streaming(r).update(map_ns=1.5),
        "/map_ns",
        "dmabench.phases says",
    ),
    "a phase that is none": (
        lambda r: at(r, B, 0, "dmabench", "phases", "nap", value={"elided": "x"}),
        "/benchmarks/0/dmabench/phases/nap",
        "not a phase",
    ),
    "buckets do not add up": (
        lambda r: at(r, B, 0, "dmabench", "histogram", "laps", value=5000),
        "/benchmarks/0/dmabench/histogram/laps",
        "hold 1000",
    ),
    "running more than always": (
        lambda r: at(r, B, 0, "dmabench", "counters", 0, "running_pct", value=400.0),
        "/benchmarks/0/dmabench/counters/0/running_pct",
        "0 .. 100",
    ),
    "no mapping of a user row": (
        lambda r: at(r, B, -1, "dmabench", "mapping", drop=True),
        f"/benchmarks/{len(GOOD[B]) - 1}/dmabench/mapping",
        "missing",
    ),
    "schema": (
        lambda r: at(r, "dmabench", "schema", value=2),
        "/dmabench/schema",
        "not 1",
    ),
    "clock": (
        lambda r: at(r, "dmabench", "clock", "kind", value="sundial"),
        "/dmabench/clock/kind",
        "sundial",
    ),
    "no notice": (
        lambda r: at(r, "dmabench", "notice", drop=True),
        "/dmabench/notice",
        "need one",
    ),
    "emulated or not": (
        lambda r: at(r, "dmabench", "emulated", value=False),
        "/dmabench/emulated",
        "instructions",
    ),
    "two names": (
        lambda r: at(r, "dmabench", "platform", value="other"),
        "/dmabench/platform",
        "arm64",
    ),
    "no reason": (
        lambda r: at(r, "dmabench", "skipped", 0, "reason", value=""),
        "/dmabench/skipped/0/reason",
        "empty",
    ),
    "skipped and measured": (
        lambda r: at(r, "dmabench", "skipped", 0, "name", value=r[B][0]["name"]),
        "/dmabench/skipped/0/name",
        "also at /benchmarks/0",
    ),
    "a point is lost": (
        lambda r: r[B].pop(),
        "/dmabench/points_planned",
        "rows, skipped and errors",
    ),
    "no counters": (
        lambda r: at(r, "dmabench", "counters", "unavailable", drop=True),
        "/dmabench/counters/unavailable",
        "missing",
    ),
    "a digest": (
        lambda r: at(r, "dmabench", "scenarios", 0, "sha256", value="beef"),
        "/dmabench/scenarios/0/sha256",
        "64",
    ),
    "a threshold": (
        lambda r: r["dmabench"]["scenarios"][0].update(thresholds={"overrides": [{"match": "^null/", "threshold": 5}]}),
        "/dmabench/scenarios/0/thresholds/overrides/0/threshold",
        "not a share such as 5%",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_each_broken_rule_is_named(what: str) -> None:
    change, where, text = BROKEN[what]
    report = copy.deepcopy(GOOD)
    change(report)
    found = contract.check(report)
    assert any(p.endswith(where) and text in w for p, w in found), found


def test_an_interrupted_run_may_lack_points() -> None:
    report = copy.deepcopy(GOOD)
    report["benchmarks"].pop()
    report["dmabench"]["interrupted"] = True
    assert contract.check(report) == []


@pytest.mark.parametrize(
    "name",
    [
        "null/size:4096/target:platform",
        "coherent/size:64/target:platform-coherent/touch:read",
        "pool/map_every:1/size:64/target:pci",
        "streaming_single/direction:to_device/map_every:0/size:4096/sync_every:4/target:platform-noncoherent",
        "streaming_page/access:read/cache_mode:cached/direction:bidirectional/map_every:0/size:4096/sync_every:1/"
        "target:pci:0000:00:03.0/touch_bytes:64",
    ],
)
def test_good_names(name: str) -> None:
    assert names.check_name(name) is None


@pytest.mark.parametrize(
    "name, why",
    [
        ("Coherent/size:64/target:pci", "strategy"),
        ("coherent/target:pci/size:64", "not sorted"),
        ("coherent/size:64", "'target' is missing"),
        ("coherent/size:0/target:pci", "not within"),
        ("coherent/size:064/target:pci", "plain decimal"),
        ("coherent/size:4K/target:pci", "plain decimal"),
        ("coherent/size:64/target:auto", "resolved"),
        ("coherent/host:a/size:64/target:pci", "not an axis"),
        ("coherent/size:64/size:65/target:pci", "twice"),
        ("coherent/size:64/target:pci/touch:none", "at its default"),
        ("coherent/direction:to_device/size:64/target:pci", "does not apply"),
        ("coherent/size:64/target:pci/touch:hug", "not a value of"),
        ("coherent/size/target:pci", "not key:value"),
        ("pool/size:64/target:pci", "'map_every' is missing"),
        (
            "streaming_sg/map_every:1/size:64/sync_every:0/target:pci",
            "'direction' is missing",
        ),
    ],
)
def test_bad_names(name: str, why: str) -> None:
    found = names.check_name(name)
    assert found is not None and why in found


def test_command_prints_a_line_each_and_exits_1(
    write: Writer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(GOOD, "good.json")
    assert contract.main([str(good)]) == 0
    assert capsys.readouterr().out == ""
    broken = copy.deepcopy(GOOD)
    del broken["context"]["caches"]
    broken["benchmarks"][2]["threads"] = 0
    bad = write(broken, "bad.json")
    twice = tmp_path / "twice.json"
    twice.write_text(json.dumps(GOOD).replace('"seed":', '"seed": 5, "seed":', 1))
    assert contract.main([str(good), str(bad), str(twice), str(tmp_path / "no")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{bad}: /context/caches: is missing"
    assert lines[1].startswith(f"{bad}: /benchmarks/2/threads: is 0")
    assert "'seed' occurs twice" in lines[2]
    assert "cannot be read" in lines[3] and len(lines) == 4


def test_not_an_object(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for text, what in (("[]", "not an object"), ("{", "not JSON"), ("{}", "/context")):
        path.write_text(text)
        assert any(what in p + w for p, w in contract.check_file(path))
