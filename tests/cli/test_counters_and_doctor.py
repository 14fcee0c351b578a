# SPDX-License-Identifier: GPL-2.0-only
"""dmabench counters and dmabench doctor, as far as they go without a guest."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from conftest import QUICK, REPOSITORY, dmabench

SETS = sorted(path.stem for path in (REPOSITORY / "counters").glob("*.json"))
OWN = '{"name": "own", "question": "q", "events": ["page-faults"], "metrics": [{"name": "a_pct", "formula": "%s"}]}'


def test_counters_lists_all_sets() -> None:
    done = dmabench("counters")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()[: len(SETS)]] == SETS
    assert "\x1b" not in done.stdout
    assert dmabench("counters", "--names").stdout.split() == SETS
    described = json.loads(dmabench("counters", "mapping", "--json").stdout)
    events = {event["event"]: event for event in described[0]["events"]}
    bounced = events["swiotlb:swiotlb_bounced"]
    assert (bounced["key"], bounced["tracepoint"]) == ("swiotlb_bounces_per_lap", True)
    assert bounced["available"] != ("reason" in bounced)


@pytest.mark.parametrize(
    "words, said",
    [
        (["counters", "defualt"], "unknown counter set 'defualt'; expected one of "),
        (["counters", "defualt"], "(did you mean 'default'?)"),
        (["run", QUICK, "--on", "fake", "--counters", "maping"], "(did you mean 'mapping'?)"),
        (["run", QUICK, "--on", "fake", "--counters", "nope.json"], "nope.json: no such file"),
        (["run", QUICK, "--on", "lab:arm64", "--counters", "own.json"], "own.json:1:103: formula: unknown name 'page'"),
        (["run", QUICK, "--on", "fake", "--fix"], "--fix: a cost model has nothing to fix"),
        (["doctor", "--on", "fake"], "--on fake: nothing disturbs a cost model"),
        (["doctor", "--fix", "--undo"], "--fix and --undo exclude each other"),
        (["doctor", "--fix", "--on", "lab:arm64"], "use dmabench run --fix"),
    ],
)
def test_usage(words: list[str | Path], said: str, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text(OWN % "page / 2")
    done = dmabench(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr and done.stderr.count("\n") == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_set_of_ones_own_makes_metrics(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text(OWN % "100 * ns / ns")
    done = dmabench(
        "run", QUICK, "--on", "fake", "-q", "--filter", "^null", "--counters", "own.json", "-o", "r.json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["dmabench"]["counters"]["sets"][0]["metrics"][0]["formula"] == "100 * ns / ns"
    assert all(row["a_pct"] == 100 for row in report["benchmarks"] if row["real_time"])


@pytest.mark.skipif(os.path.exists("/dev/dmabench"), reason="the module is loaded here")
def test_doctor_says_what_prevents_a_run() -> None:
    done = dmabench("doctor")
    assert (done.returncode, done.stderr) == (4, "")
    assert done.stdout.startswith("prevents  ")
    assert "\x1b" not in done.stdout
    found = json.loads(dmabench("doctor", "--json").stdout)
    assert found["findings"][0]["severity"] == "prevents"
    assert found["findings"][0]["command"]
    assert len(found["checked"]) == 19
    assert dmabench("doctor", "--undo").stdout == "nothing to undo\n"
