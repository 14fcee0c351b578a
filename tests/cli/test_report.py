# SPDX-License-Identifier: GPL-2.0-only
"""What stands in a report: the contract, the same for the same seed, and what the options change."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest

from conftest import QUICK, SCENARIOS, Writer, dmabench, fake, load, names, violations


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda f: f.stem)
def test_contract(file: Path, tmp_path: Path) -> None:
    few = ("--set", "size=64") if file.stem == "mmap_cache_modes" else ()
    report = tmp_path / "report.json"
    fake(file, *few, "-o", report)
    assert violations(report) == []
    own = load(report)["dmabench"]
    assert (own["clock"]["kind"], own["emulated"], own["interrupted"]) == ("fake", False, False)
    assert [s["file"] for s in own["scenarios"]] == [file.name]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.json"], "nothing but the report is left"


def test_several_scenarios_in_one_report(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    first, second = SCENARIOS[0], QUICK
    fake(first, second, "-o", report)
    assert violations(report) == []
    document = load(report)
    assert [s["name"] for s in document["dmabench"]["scenarios"]] == [first.stem, "quick"]
    assert len(names(document)) == len(set(names(document)))


def test_thresholds_of_the_scenario_reach_compare(scenario: Writer, tmp_path: Path) -> None:
    many = scenario(10)
    text = load(many)
    text["thresholds"] = {"default": "3%", "overrides": [{"match": "size:8/", "threshold": "20%"}]}
    many.write_text(json.dumps(text))
    report = tmp_path / "r.json"
    fake(many, "-o", report)
    assert violations(report) == []
    assert load(report)["dmabench"]["scenarios"][0]["thresholds"] == text["thresholds"]
    done = dmabench("compare", report, report, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = set(re.findall(r'"threshold": ([\d.]+)', done.stdout))
    assert found == {"0.03", "0.2"}


def test_plan_estimates_the_time_from_a_report(scenario: Writer, tmp_path: Path) -> None:
    many = scenario(10)
    report = tmp_path / "r.json"
    fake(many, "-o", report)
    rows = load(report)["benchmarks"]
    # No discarded samples and no histogram in this scenario: the kept laps are all of the time.
    spent = sum(row["iterations"] * row["real_time"] for row in rows) / 1e9
    plan = json.loads(dmabench("plan", many, "--like", report, "--json").stdout)
    assert plan["count"] == 5 and plan["seconds"]["known_points"] == 5, "each is measured on two targets"
    assert plan["seconds"]["expected"] == pytest.approx(spent, rel=1e-9)
    half = dmabench("plan", many, "--set", "size=8,16,8000,8008", "--like", report, "--json")
    assert json.loads(half.stdout)["seconds"]["known_points"] == 2
    text = dmabench("plan", many, "--like", report).stdout
    assert re.search(rf"^as {report} took for 5 of them: about \d+ ms of fake's time in all$", text, re.MULTILINE)
    for wrong, said in (("nope.json", "no such file"), (str(many), "not a report of dmabench")):
        done = dmabench("plan", many, "--like", wrong)
        assert done.returncode == 2
        assert done.stderr == f"dmabench: --like {wrong}: {said}\n"


def test_max_points(scenario: Writer, tmp_path: Path) -> None:
    many = scenario(100)  # 50 sizes
    assert dmabench("plan", many, "--max-points", "50").returncode == 0
    done = dmabench("run", many, "--on", "fake", "--max-points", "49", cwd=tmp_path)
    assert done.returncode == 2
    assert "50 combinations are more than the 49 allowed; use fewer values, several scenarios, or --max-points" in done.stderr
    done = dmabench("plan", many, "--max-points", "many")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def without_time(report: Path) -> dict[str, Any]:
    document = load(report)
    for key in ("date", "load_avg", "mhz_per_cpu"):
        del document["context"][key]
    for row in document["benchmarks"]:
        # What the machine counts, it counts anew each time.
        row["dmabench"].pop("counters", None)
        for key in [k for k in row if k.endswith("_per_lap") and k != "bytes_per_lap"]:
            del row[key]
    return document


def test_same_seed_same_report(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        fake(QUICK, "--seed", "7", "-o", tmp_path / name)
    assert without_time(tmp_path / "a.json") == without_time(tmp_path / "b.json")


def test_another_seed_other_figures(tmp_path: Path) -> None:
    orders = []
    for seed in ("1", "2", "1"):
        done = dmabench("run", QUICK, "--on", "fake", "--seed", seed, "-o", tmp_path / "r.json")
        assert done.returncode == 0
        document = load(tmp_path / "r.json")
        assert document["dmabench"]["seed"] == int(seed)
        orders.append([row["dmabench"]["samples_ns"] for row in document["benchmarks"]])
    # Rows stand in the order of the plan whatever the seed; figures depend on when a point had its turn.
    assert orders[0] == orders[2] != orders[1]


def test_rows_stand_in_the_order_of_the_plan(tmp_path: Path) -> None:
    listed = []
    for seed in ("1", "99"):
        fake(QUICK, "--seed", seed, "-o", tmp_path / "r.json")
        listed.append(names(tmp_path / "r.json"))
    assert listed[0] == listed[1]
    assert listed[0][0].startswith("null/")


def test_canaries_in_every_block(scenario: Writer, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    fake(scenario(100), "--counters", "none", "-o", report)
    document = load(report)
    canaries = document["dmabench"]["canaries"]
    # 100 points are three blocks of 32 and one of 4; a last reading follows them.
    assert [c["block"] for c in canaries] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert {c["name"].split("/")[0] for c in canaries} == {"null", "streaming_single"}
    # On the fake nothing moves but for the noise of its model.
    assert document["dmabench"]["drift"]["verdict"] == "steady"
    assert not {c["name"] for c in canaries} & set(names(document)), "canaries are no points of the scenario"


def test_time_adds_up(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    fake(QUICK, "--counters", "none", "-o", report)
    time = load(report)["dmabench"]["time"]
    laps = sum(time[part + "_ns"] for part in ("calibration", "warm_up", "samples", "stamped", "canaries"))
    assert laps == pytest.approx(time["laps_ns"])
    rest = sum(time.get(part + "_ns", 0) for part in ("dirtying", "setup", "teardown", "report", "other"))
    assert laps + rest == pytest.approx(time["total_ns"])
    assert time["laps_share"] == pytest.approx(time["laps_ns"] / time["total_ns"])


def test_set(tmp_path: Path) -> None:
    fake(QUICK, "--set", "size=128,1K..4K x2", "--set", "target=platform-coherent", cwd=tmp_path)
    rows = load(tmp_path / "dmabench-quick-fake.json")["benchmarks"]
    assert {row["dmabench"]["params"]["size"] for row in rows} == {128, 1024, 2048, 4096}
    assert {row["dmabench"]["params"]["target"] for row in rows} == {"platform-coherent"}


def test_filter(tmp_path: Path) -> None:
    fake(QUICK, cwd=tmp_path)
    everything = names(tmp_path / "dmabench-quick-fake.json")
    pattern = r"sync_every:(1|4)/.*-noncoherent"
    fake(QUICK, "--filter", pattern, cwd=tmp_path)
    some = names(tmp_path / "dmabench-quick-fake.json")
    assert some == [name for name in everything if re.search(pattern, name)]
    assert 0 < len(some) < len(everything)


def test_budget(tmp_path: Path) -> None:
    fake(QUICK, "--filter", "touch:read", "--budget", "50us", cwd=tmp_path)
    rows = load(tmp_path / "dmabench-quick-fake.json")["benchmarks"]
    assert {row["dmabench"]["stop"]["why"] for row in rows} == {"budget"}
    fake(QUICK, "--filter", "touch:read", cwd=tmp_path)
    rows = load(tmp_path / "dmabench-quick-fake.json")["benchmarks"]
    assert "budget" not in {row["dmabench"]["stop"]["why"] for row in rows}
    assert violations(tmp_path / "dmabench-quick-fake.json") == []


def test_counters(tmp_path: Path) -> None:
    report = tmp_path / "dmabench-quick-fake.json"
    fake(QUICK, "--filter", "^pool", "--counters", "none", cwd=tmp_path)
    document = load(report)
    assert document["dmabench"]["counters"] == {"available": [], "unavailable": []}
    assert not any(row["dmabench"].get("counters") for row in document["benchmarks"])
    assert violations(report) == []

    fake(QUICK, "--filter", "^pool", "--counters", "page-faults,no-such-event", cwd=tmp_path)
    counters = load(report)["dmabench"]["counters"]
    unavailable = {entry["event"]: entry["reason"] for entry in counters["unavailable"]}
    assert set(counters["available"]) | set(unavailable) == {"page-faults", "no-such-event"}
    assert "no such event" in unavailable["no-such-event"]
    assert violations(report) == []


def test_output(tmp_path: Path) -> None:
    few = (QUICK, "--filter", "^null")
    assert fake(*few, cwd=tmp_path).stdout == "dmabench-quick-fake.json\n"
    assert fake(*few, "-o", "mine.json", cwd=tmp_path).stdout == "mine.json\n"
    assert fake(*few, "-o", "new/folder", cwd=tmp_path).stdout == "new/folder/fake.json\n"
    (tmp_path / "dotted.json").mkdir()
    assert fake(*few, "-o", "dotted.json", cwd=tmp_path).stdout == "dotted.json/fake.json\n"
    named = fake(*few, "--platform-name", "board-7", cwd=tmp_path)
    assert named.stdout == "dmabench-quick-board-7.json\n"
    assert load(tmp_path / "dmabench-quick-board-7.json")["dmabench"]["platform"] == "board-7"
    found = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert found == [
        "dmabench-quick-board-7.json",
        "dmabench-quick-fake.json",
        "dotted.json/fake.json",
        "mine.json",
        "new/folder/fake.json",
    ]


def test_an_earlier_report_is_replaced(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    report.write_text("old")
    fake(QUICK, "--filter", "^null", "-o", report)
    assert names(report)


@pytest.mark.parametrize(
    "date", ["2001-02-03T04:05:06+00:00", "2031-12-31T23:59:59Z", "2001-02-03T04:05:06.7-08:00"]
)
def test_date_from_outside(date: str, tmp_path: Path) -> None:
    fake(QUICK, "--filter", "^null", "-o", tmp_path / "r.json", DMABENCH_DATE=date)
    assert load(tmp_path / "r.json")["context"]["date"] == date
    assert violations(tmp_path / "r.json") == []


@pytest.mark.parametrize("wrong", ["", "yesterday", "2001-02-03", '2001-02-03T04:05:06Z"'])
def test_a_date_that_is_none(wrong: str, tmp_path: Path) -> None:
    fake(QUICK, "--filter", "^null", "-o", tmp_path / "r.json", DMABENCH_DATE=wrong)
    date = datetime.datetime.fromisoformat(load(tmp_path / "r.json")["context"]["date"])
    age = datetime.datetime.now(datetime.timezone.utc) - date
    assert abs(age) < datetime.timedelta(minutes=5)
