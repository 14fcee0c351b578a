# SPDX-License-Identifier: GPL-2.0-only
"""dmabench compare: verdicts, exit codes, formats, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, Callable

import pytest

from conftest import Done, QUICK, dmabench, fake, load, names, one_line

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("compare") / "base.json"
    fake(QUICK, "-o", path, "--filter", "single|coherent", "--set", "size=64,4096")
    return load(path)


def write(path: Path, report: dict[str, Any], change: Change | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    copy = json.loads(json.dumps(report))
    if change:
        change(copy)
    path.write_text(json.dumps(copy, indent=1))
    return path


def slower(pattern: str, factor: float) -> Change:
    """Makes the points whose name matches slower, in their sync_for_cpu where they have it."""

    def change(report: dict[str, Any]) -> None:
        for row in report["benchmarks"]:
            if not re.search(pattern, row["name"]):
                continue
            more = row["real_time"] * (factor - 1)
            if "sync_for_cpu_ns" in row:
                row["sync_for_cpu_ns"] += more
            for key in ("real_time", "ci_low_ns", "ci_high_ns"):
                row[key] *= factor
            row["dmabench"]["samples_ns"] = [s * factor for s in row["dmabench"]["samples_ns"]]

    return change


def as_exact(report: dict[str, Any]) -> None:
    report["dmabench"]["clock"]["kind"] = "instructions"
    report["dmabench"]["emulated"] = True


def compared(*words: str | Path, code: int = 0) -> Done:
    done = dmabench("compare", *words)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert done.stderr == ""
    return done


def points(done: Done) -> dict[str, dict[str, Any]]:
    [comparison] = json.loads(done.stdout)["comparisons"]
    return {point["name"]: point for point in comparison["points"]}


def test_the_same_report_is_unchanged(tmp_path: Path, report: dict[str, Any]) -> None:
    base = write(tmp_path / "a.json", report)
    count = len(names(report))
    done = compared(base, base)
    assert f"{count} unchanged of {count} points" in done.stdout
    assert report["dmabench"]["notice"] in done.stdout
    exact = write(tmp_path / "b.json", report, as_exact)
    assert f"{count} equal of {count} points" in compared(exact, exact).stdout


def test_what_got_slower_is_found_and_nothing_else(tmp_path: Path, report: dict[str, Any]) -> None:
    base = write(tmp_path / "a.json", report)
    new = write(tmp_path / "b.json", report, slower("single/.*size:4096", 1.3))
    wanted = {name for name in names(report) if re.search("single/.*size:4096", name)}
    assert wanted
    done = compared(base, new, "--format", "json", code=1)
    found = points(done)
    assert {name for name, point in found.items() if point["verdict"] == "regression"} == wanted
    assert {p["verdict"] for n, p in found.items() if n not in wanted} == {"unchanged"}
    for name in wanted:
        assert found[name]["ratio"] == pytest.approx(1.3, rel=0.01)
        assert found[name]["ratio_low"] <= 1.3 <= found[name]["ratio_high"]
        assert found[name]["p"] < 0.05
    # The other way round they are improvements, which fail nothing.
    back = points(compared(new, base, "--format", "json"))
    assert {name for name, point in back.items() if point["verdict"] == "improvement"} == wanted
    # And with a higher threshold they are no longer too much.
    compared(base, new, "--threshold", "35%")


def test_exact_clocks_show_any_change(tmp_path: Path, report: dict[str, Any]) -> None:
    base = write(tmp_path / "a.json", report, as_exact)

    def change(copy: dict[str, Any]) -> None:
        as_exact(copy)
        copy["benchmarks"][3]["real_time"] += 0.001
        slower("coherent/size:64/", 1.2)(copy)

    new = write(tmp_path / "b.json", report, change)
    done = compared(base, new, code=1)
    assert "1 changed within the threshold" in done.stdout
    assert names(report)[3] in done.stdout
    text = done.stdout.split("regression\n")[1]
    assert "coherent/size:64/" in text.splitlines()[0]


def test_text_tells_the_phase_and_sorts_by_badness(tmp_path: Path, report: dict[str, Any]) -> None:
    base = write(tmp_path / "a.json", report)

    def change(copy: dict[str, Any]) -> None:
        slower("single/direction:from.*/sync_every:1/", 1.2)(copy)
        slower("single/direction:to_device.*/sync_every:1/", 1.6)(copy)

    text = compared(base, write(tmp_path / "b.json", report, change), code=1).stdout
    changes = [float(c) for c in re.findall(r"^ +\+([\d.]+) %  ", text, re.MULTILINE)]
    assert len(changes) > 2 and changes == sorted(changes, reverse=True)
    assert re.search(r"^    sync_for_cpu \+\d+ %$", text, re.MULTILINE)
    assert "\x1b" not in text


def test_missing_points_are_listed_and_fail_when_strict(tmp_path: Path, report: dict[str, Any]) -> None:
    base = write(tmp_path / "a.json", report)

    def change(copy: dict[str, Any]) -> None:
        gone = copy["benchmarks"].pop()
        copy["dmabench"]["skipped"].append({"name": gone["name"], "reason": "no room", "params": {}})

    new = write(tmp_path / "b.json", report, change)
    done = compared(base, new)
    assert f"1 point only in {base}" in done.stdout
    assert f"{names(report)[-1]}  (other skipped: no room)" in done.stdout
    compared(base, new, "--strict", code=1)


def test_inconclusive_points_tell_what_could_be_seen(tmp_path: Path, report: dict[str, Any]) -> None:
    def noise(copy: dict[str, Any]) -> None:
        samples = copy["benchmarks"][0]["dmabench"]["samples_ns"]
        middle = copy["benchmarks"][0]["real_time"]
        samples[:] = [middle * (0.7 + 0.06 * i) for i in range(10)]

    base = write(tmp_path / "a.json", report, noise)
    done = compared(base, base)
    assert "1 inconclusive" in done.stdout
    assert re.search(r"the samples spread too far: a change below \+\d+(\.\d)? % could not be seen", done.stdout)
    compared(base, base, "--strict", code=1)


def test_junit(tmp_path: Path, report: dict[str, Any]) -> None:
    base = write(tmp_path / "a.json", report)

    def change(copy: dict[str, Any]) -> None:
        slower("single/.*size:4096", 1.3)(copy)
        copy["benchmarks"].pop(0)

    new = write(tmp_path / "b.json", report, change)
    for strict in ([], ["--strict"]):
        root = ElementTree.fromstring(compared(base, new, "--format", "junit", *strict, code=1).stdout)
        [suite] = root.findall("testsuite")
        cases = suite.findall("testcase")
        failures = [case for case in cases if case.find("failure") is not None]
        skipped = [case for case in cases if case.find("skipped") is not None]
        assert len(cases) == int(suite.attrib["tests"]) == len(names(report))
        assert len(failures) == int(suite.attrib["failures"])
        assert len(skipped) == int(suite.attrib["skipped"]) == (0 if strict else 1)
        regressions = [case for case in failures if case.find("failure").attrib["type"] == "regression"]
        assert {case.attrib["name"] for case in regressions} == {
            name for name in names(report) if re.search("single/.*size:4096", name)
        }


def test_csv(tmp_path: Path, report: dict[str, Any]) -> None:
    base = write(tmp_path / "a.json", report)
    new = write(tmp_path / "b.json", report, slower("single/.*size:4096", 1.3))
    rows = list(csv.DictReader(io.StringIO(compared(base, new, "--format", "csv", code=1).stdout)))
    assert sorted(row["point"] for row in rows) == sorted(names(report))
    worst = rows[0]
    assert worst["verdict"] == "regression" and float(worst["ratio"]) == pytest.approx(1.3, rel=0.01)
    assert None not in worst and None not in worst.values()


def test_markdown_fits_a_pull_request(tmp_path: Path, report: dict[str, Any]) -> None:
    def many(copy: dict[str, Any]) -> None:
        rows = copy["benchmarks"]
        copy["benchmarks"] = [
            {**row, "name": f"{row['name']}/sync_bytes:{i}"} for row in rows for i in range(2000 // len(rows) + 1)
        ]

    base = write(tmp_path / "a.json", report, many)

    def change(copy: dict[str, Any]) -> None:
        many(copy)
        slower("single/.*size:4096", 1.3)(copy)

    text = compared(base, write(tmp_path / "b.json", report, change), "--format", "markdown", code=1).stdout
    assert re.match(r"### dmabench: \d+ regressions\n", text)
    assert len(text) < 65_536
    assert text.count("<details>") == text.count("</details>") > 0
    visible = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    assert len(visible) < 4000 and visible.count("\n| +") == 10
    assert "sync\\_for\\_cpu" in text


def test_folders_are_paired_by_platform(tmp_path: Path, report: dict[str, Any]) -> None:
    for folder in ("old", "new"):
        for platform in ("arm64", "x86_64-direct"):

            def change(copy: dict[str, Any], platform: str = platform, folder: str = folder) -> None:
                copy["dmabench"]["platform"] = platform
                if folder == "new" and platform == "arm64":
                    slower("single/.*size:4096", 1.3)(copy)

            write(tmp_path / folder / f"{platform}.json", report, change)

    def rename(copy: dict[str, Any]) -> None:
        copy["dmabench"]["platform"] = "board"

    write(tmp_path / "old/board.json", report, rename)
    done = dmabench("compare", "old", "new", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.index("arm64  old/arm64.json") < done.stdout.index("x86_64-direct  old/x86_64-direct.json")
    assert "board: only in old" in done.stdout
    data = json.loads(dmabench("compare", "old", "new", "--format", "json", cwd=tmp_path).stdout)
    assert [c["failed"] for c in data["comparisons"]] == [True, False]


def kernel(release: str) -> Change:
    def change(copy: dict[str, Any]) -> None:
        copy["context"]["platform"]["kernel"] = release
        if release == "6.12":
            slower("single/.*size:4096", 2)(copy)

    return change


def test_another_platform_is_refused_forced_or_set_side_by_side(tmp_path: Path, report: dict[str, Any]) -> None:
    old = write(tmp_path / "old.json", report, kernel("6.1"))
    new = write(tmp_path / "new.json", report, kernel("6.12"))
    refusal = one_line(dmabench("compare", old, new), 3)
    assert "differ in: kernel (6.1 / 6.12)" in refusal and "--across" in refusal
    forced = compared(old, new, "--force", code=1).stdout
    assert "FORCED: these are not the same platform, they differ in kernel (6.1 / 6.12)" in forced
    matrix = compared(old, new, "--across", "kernel").stdout
    assert re.search(r"^point +6\.1 +6\.12$", matrix, re.MULTILINE)
    assert matrix.count("+100 %") == sum(bool(re.search("single/.*size:4096", n)) for n in names(report))
    table = compared(old, new, "--across", "kernel", "--row", "size", "--col", "strategy").stdout
    assert re.search(r"^4096 .*\+100 %", table, re.MULTILINE)
    one_line(dmabench("compare", old, new, "--across", "iommu"), 3)


def modelled(name: str, sha256: str) -> Change:
    def change(copy: dict[str, Any]) -> None:
        as_exact(copy)
        copy["dmabench"]["clock"]["kind"] = "modelled"
        copy["context"]["platform"]["model"] = {"name": name, "sha256": sha256}

    return change


def test_modelled_reports_are_compared_with_those_of_the_same_file_only(tmp_path: Path, report: dict[str, Any]) -> None:
    base = write(tmp_path / "base.json", report, modelled("zynqmp-like", "a" * 64))
    same = write(tmp_path / "same.json", report, modelled("zynqmp-like", "a" * 64))
    changed = write(tmp_path / "changed.json", report, modelled("zynqmp-like", "b" * 64))
    other = write(tmp_path / "other.json", report, modelled("rpi3-like", "c" * 64))
    plain = write(tmp_path / "plain.json", report, as_exact)
    count = len(names(report))
    assert f"{count} equal of {count} points" in compared(base, same).stdout
    refusal = one_line(dmabench("compare", base, changed), 3)
    assert "differ in: model.sha256 (aaaa" in refusal and "model.name" not in refusal
    refusal = one_line(dmabench("compare", base, other), 3)
    assert "model.name (zynqmp-like / rpi3-like), model.sha256 (" in refusal
    # Clocks are not mixed whatever is asked for.
    for words in ((base, plain), (plain, base), (base, plain, "--force"), (base, plain, "--across", "model")):
        assert "clock.kind (" in one_line(dmabench("compare", *words), 3)


def test_projections(tmp_path: Path, report: dict[str, Any]) -> None:
    base = write(tmp_path / "a.json", report)
    new = write(tmp_path / "b.json", report, slower("single/.*size:4096", 1.3))
    text = compared(base, new, "--row", "size", "--col", "strategy", code=1).stdout
    sizes = re.findall(r"^(\d+) ", text, re.MULTILINE)
    assert sizes == ["64", "4096"]
    assert re.search(r"^4096 .*\+30\.0 % !", text, re.MULTILINE)
    [table] = json.loads(compared(base, new, "--row", "size", "--format", "json", code=1).stdout)["dmabench_tables"]
    assert table["columns"] == ["worst", "regressions", "inconclusive", "improvements", "unchanged"]
    total = sum(int(cell["text"]) for row in table["rows"] for cell in row["cells"][1:])
    assert total == len(names(report))


def test_thresholds_of_the_scenario(tmp_path: Path, report: dict[str, Any]) -> None:
    def change(copy: dict[str, Any]) -> None:
        slower("single/.*size:4096", 1.3)(copy)
        copy["dmabench"]["scenarios"][0]["thresholds"] = {
            "default": "5%",
            "overrides": [{"match": "direction:to_device", "threshold": "50%"}],
        }

    found = points(
        compared(
            write(tmp_path / "a.json", report),
            write(tmp_path / "b.json", report, change),
            "--format",
            "json",
            code=1,
        )
    )
    for name, point in found.items():
        if "single/" in name and "size:4096" in name:
            assert point["verdict"] == ("unchanged" if "to_device" in name else "regression"), name


BAD: list[tuple[list[str], int, str]] = [
    (["a.json"], 2, "expected BASE and NEW"),
    (["a.json", "none.json"], 2, "none.json: No such file or directory"),
    (["a.json", "torn.json"], 2, "torn.json:3:1: expected"),
    (["a.json", "other.json"], 2, 'other.json:1:1: expected a report of dmabench run, but there is no "dmabench"'),
    (["a.json", "a.json", "--threshold", "5"], 2, "--threshold: '5' is no threshold; expected a percentage such as 5%"),
    (["a.json", "a.json", "--format", "jsn"], 2, "(did you mean 'json'?)"),
    (["a.json", "a.json", "--across", "kernl"], 2, "(did you mean 'kernel'?)"),
    (["a.json", "a.json", "--across", "kernel", "--strict"], 2, "--across gives no verdicts"),
    (["a.json", "a.json", "--row", "sise"], 2, "(did you mean 'size'?)"),
    (["a.json", "a.json", "--col", "size"], 2, "--col needs --row"),
    (["a.json", "."], 2, "files with files"),
    (["a.json", "clock.json", "--force"], 3, "differ in: clock.kind (fake / hardware)"),
    (["a.json", "clock.json", "--across", "kernel"], 3, "clock.kind (fake / hardware)"),
    (["a.json", "none-in-common.json"], 3, "no point in common"),
    (["a.json", "a.json", "--row", "size", "--format", "junit"], 2, "a table has no test cases"),
]


@pytest.mark.parametrize("words, code, says", BAD, ids=[" ".join(words) for words, _, _ in BAD])
def test_refusals(tmp_path: Path, report: dict[str, Any], words: list[str], code: int, says: str) -> None:
    write(tmp_path / "a.json", report)
    (tmp_path / "torn.json").write_text('{\n "benchmarks": [\n')
    (tmp_path / "other.json").write_text('{"context": {}, "benchmarks": []}')

    def hardware(copy: dict[str, Any]) -> None:
        copy["dmabench"]["clock"]["kind"] = "hardware"

    def others(copy: dict[str, Any]) -> None:
        for row in copy["benchmarks"]:
            row["name"] += "x"

    write(tmp_path / "clock.json", report, hardware)
    write(tmp_path / "none-in-common.json", report, others)
    assert says in one_line(dmabench("compare", *words, cwd=tmp_path), code)
