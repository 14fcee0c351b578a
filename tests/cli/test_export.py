# SPDX-License-Identifier: GPL-2.0-only
"""dmabench export, and what dashboards read of a report as it is."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from conftest import QUICK, dmabench, fake, load, names, one_line

COMPARE_PY = Path("/usr/share/benchmark/compare.py")  # Debian's libbenchmark-tools


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "report.json"
    fake(QUICK, "-o", path, "--filter", "null|single|coherent", "--set", "size=64,4096")
    report = load(path)
    # Words that need care in every format.
    reason = "it's \"not\" <possible> & so # on, $(here)"
    for key, name in (("skipped", "pool/size:64/target:pci:0000:00:03.0"), ("errors", "pool/size:128/target:pci")):
        report["dmabench"][key].append({"name": name, "reason": reason, "params": {}})
    report["benchmarks"][2]["cycles_per_lap"] = 123.5
    path.write_text(json.dumps(report))
    return path


def export(path: Path, *words: str) -> str:
    done = dmabench("export", path, "--format", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_bmf(path: Path) -> None:
    data = json.loads(export(path, "bmf"))
    report = load(path)
    assert list(data) == names(report)
    for row in report["benchmarks"]:
        latency = data[row["name"]]["latency"]
        assert latency == {
            "value": row["real_time"],
            "lower_value": row["ci_low_ns"],
            "upper_value": row["ci_high_ns"],
        }
        for measure, metric in data[row["name"]].items():
            # What Bencher takes as a slug: kebab case, at most 64 characters.
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", measure) and len(measure) <= 64
            assert set(metric) <= {"value", "lower_value", "upper_value"} and metric["value"] > 0


def test_openmetrics_by_a_strict_parser(path: Path) -> None:
    parser = pytest.importorskip("prometheus_client.openmetrics.parser", reason="needs python3-prometheus-client")
    text = export(path, "openmetrics")
    assert text.endswith("# EOF\n")
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    report = load(path)
    laps = families["dmabench_lap_seconds"]
    assert (laps.type, laps.unit) == ("gauge", "seconds")
    values = {sample.labels["point"]: sample.value for sample in laps.samples}
    assert values == {row["name"]: pytest.approx(row["real_time"] * 1e-9) for row in report["benchmarks"]}
    labels = next(s.labels for s in laps.samples if s.labels["strategy"] == "streaming_single")
    assert labels["size"] in ("64", "4096") and labels["platform"] == "fake" and labels["target"]
    phases = families["dmabench_phase_seconds"].samples
    assert {s.labels["phase"] for s in phases} >= {"map", "unmap", "sync_for_cpu"}
    [cycles] = [s for s in families["dmabench_events_per_lap"].samples if s.labels["event"] == "cycles"]
    assert cycles.value == 123.5
    assert families["dmabench_points_skipped"].samples[0].value == 1
    for family in families.values():
        if family.unit:
            assert family.name.endswith("_" + family.unit)


def test_junit(path: Path) -> None:
    [suite] = ElementTree.fromstring(export(path, "junit")).findall("testsuite")
    cases = suite.findall("testcase")
    report = load(path)
    assert len(cases) == int(suite.attrib["tests"]) == len(names(report)) + 2
    assert (suite.attrib["errors"], suite.attrib["skipped"]) == ("1", "1")
    times = {c.attrib["name"]: float(c.attrib["time"]) for c in cases if "time" in c.attrib}
    assert times == {r["name"]: pytest.approx(r["real_time"] * 1e-9, abs=1e-12) for r in report["benchmarks"]}
    [skipped] = suite.findall("testcase/skipped")
    assert skipped.attrib["message"] == report["dmabench"]["skipped"][0]["reason"]


def test_ktap(path: Path) -> None:
    lines = export(path, "ktap").splitlines()
    assert lines[0] == "KTAP version 1"
    count = int(re.fullmatch(r"1\.\.(\d+)", lines[1]).group(1))
    results = [line for line in lines[2:] if not line.startswith("# ")]
    assert len(results) == count == len(names(path)) + 2
    for number, line in enumerate(results, 1):
        match = re.fullmatch(rf"(not )?ok {number} ([^#]+?)( # SKIP (.+))?", line)
        assert match, line
    assert [r.split()[2] for r in results[: count - 2]] == names(path)
    assert " # SKIP it's" in results[-2] and results[-1].startswith("not ok ")


def test_kcidb(path: Path) -> None:
    data = json.loads(export(path, "kcidb", "--build", "myci:build-1"))
    assert data["version"] == {"major": 5, "minor": 3}
    known = {"id", "origin", "build_id", "path", "status", "start_time", "number", "misc"}
    report = load(path)
    assert len(data["tests"]) == len(names(report)) + 2
    assert len({test["id"] for test in data["tests"]}) == len({test["path"] for test in data["tests"]})
    for test in data["tests"]:
        assert set(test) <= known
        assert re.fullmatch(r"[a-z0-9_]+:.+", test["id"]) and test["build_id"] == "myci:build-1"
        assert test["origin"] == "myci"
        assert re.fullmatch(r"[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*", test["path"])
        assert test["status"] in ("DONE", "SKIP", "ERROR")
    first = data["tests"][0]
    assert first["number"]["unit"] == "s" and first["number"]["prefix"] == "metric"
    assert first["number"]["value"] == pytest.approx(report["benchmarks"][0]["real_time"] * 1e-9)
    assert "--build" in one_line(dmabench("export", path, "--format", "kcidb"), 2)


def test_lava_is_a_script_of_test_cases(path: Path, tmp_path: Path) -> None:
    script = tmp_path / "results.sh"
    done = dmabench("export", path, "--format", "lava", "-o", script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    stand_in = tmp_path / "lava-test-case"
    stand_in.write_text('#!/bin/sh\nprintf "%s\\n" "$*"\n')
    stand_in.chmod(0o755)
    ran = subprocess.run(
        ["sh", "-eu", str(script)],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = ran.stdout.splitlines()
    report = load(path)
    assert len(lines) == len(names(report)) + 2
    row = report["benchmarks"][0]
    measured = re.fullmatch(r"([\w.-]+) --result pass --measurement (\S+) --units ns", lines[0])
    assert measured and float(measured.group(2)) == row["real_time"]
    assert lines[-2].endswith(" --result skip") and lines[-1].endswith(" --result fail")


def test_csv(path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(export(path, "csv"), newline="")))
    for got, row in zip(rows, load(path)["benchmarks"], strict=True):
        assert got["name"] == row["name"] and float(got["real_time"]) == row["real_time"]
        for axis, value in row["dmabench"]["params"].items():
            assert got[axis] == str(value)
        flat = {k for k, v in row.items() if isinstance(v, (int, float)) and not isinstance(v, bool)}
        assert {k for k in got if got[k] != ""} - {"platform", "name"} == flat | set(row["dmabench"]["params"])


def test_a_hundred_letters_of_help() -> None:
    done = dmabench("export", "--help")
    assert "bmf" in done.stdout and "Examples:" in done.stdout


BAD = [
    (["--format", "xml"], "unknown format 'xml'"),
    ([], "--format"),
    (["--format", "csv", "--build", "a:b"], "--build is for --format kcidb only"),
    (["--format", "kcidb", "--build", "My CI"], "expected ORIGIN:ID"),
    (["--format", "csv", "-o", "none/x.csv"], "-o"),
]


@pytest.mark.parametrize("words, says", BAD, ids=[" ".join(words) for words, _ in BAD])
def test_refusals(path: Path, tmp_path: Path, words: list[str], says: str) -> None:
    assert says in one_line(dmabench("export", path, *words, cwd=tmp_path), 2)


# What each tool reads of Google Benchmark's JSON, by its own source. A report is given to them as it is.


def test_github_action_benchmark_googlecpp(path: Path) -> None:
    """src/extract.ts, extractGoogleCppResult()."""
    data = json.loads(path.read_text())
    entries = [
        {
            "name": b["name"],
            "value": b["real_time"],
            "unit": b["time_unit"] + "/iter",
            "extra": f"iterations: {b['iterations']}\ncpu: {b['cpu_time']} {b['time_unit']}\nthreads: {b['threads']}",
        }
        for b in data["benchmarks"]
    ]
    assert len({entry["name"] for entry in entries}) == len(entries) > 10
    assert all(isinstance(e["value"], float) and math.isfinite(e["value"]) for e in entries)
    assert {entry["unit"] for entry in entries} == {"ns/iter"}


def test_bencher_cpp_google(path: Path) -> None:
    """lib/bencher_adapter/src/adapters/cpp/google.rs: a list of caches; name, real_time and time_unit of every row."""
    data = json.loads(path.read_text())
    assert isinstance(data["context"]["caches"], list)
    assert all(isinstance(cache, dict) for cache in data["context"]["caches"])
    for row in data["benchmarks"]:
        assert isinstance(row["name"], str) and 0 < len(row["name"]) <= 1024
        assert isinstance(row["real_time"], (int, float)) and row["time_unit"] in ("ns", "us", "ms", "s")


def test_conbench_gbench_adapter(path: Path) -> None:
    """benchadapt/adapters/gbench.py: keyword arguments; a rate would be shown in place of the time."""

    def observation(name: str, real_time: float, cpu_time: float, time_unit: str, run_type: str, **counters: Any) -> Any:
        assert run_type != "aggregate" and "bytes_per_second" not in counters and "items_per_second" not in counters
        return name.split("/", 1), real_time, cpu_time, time_unit

    data = json.loads(path.read_text())
    for row in data["benchmarks"]:
        parts, _, cpu_time, unit = observation(**row)
        assert len(parts) == 2 and cpu_time > 0 and unit == "ns"


@pytest.mark.skipif(not COMPARE_PY.exists(), reason="needs libbenchmark-tools")
def test_googles_compare_py(path: Path) -> None:
    done = subprocess.run(
        ["/usr/bin/python3", str(COMPARE_PY), "--no-color", "benchmarks", str(path), str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    for row in load(path)["benchmarks"]:
        [line] = [line for line in done.stdout.splitlines() if line.startswith(row["name"] + " ")]
        assert line.split()[1] == "+0.0000"
