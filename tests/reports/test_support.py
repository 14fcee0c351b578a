# SPDX-License-Identifier: GPL-2.0-only
"""The table of what there is: its cells, its text, and what comes back out of the text."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from conftest import Writer, sample
from dmabench_reports import load, support
from dmabench_reports.support import Column, Line

ELIDED = "this kernel skips the call for a coherent device (dma_skip_sync)"
OLD = Column("5.10", "box-5.10", "pci")
USUAL = Column("6.1", "box", "pci")
SOME = Column("sid", "box-sid", "platform-coherent")
NULL = Line("null", "", "nothing")
SYNC = Line("streaming_single", "kmalloc", "synced each lap")
USER = Line("streaming_page", "pages", "user space, uncached")
TABLE = {
    SOME: {NULL: "measured", SYNC: "elided", USER: "skipped: no such thing: not here"},
    OLD: {NULL: "measured", SYNC: "measured", USER: "measured: uncached-minus"},
    USUAL: {NULL: "measured", SYNC: "failed: it broke"},
}


def test_every_cell_comes_back_out_of_the_text() -> None:
    text = support.render(TABLE, ["this takes no that"])
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Linux 5.10",
        "## Linux 6.1",
        "## Debian sid's Linux",
        "## On no platform",
    ]
    read = support.read(text)
    assert read["Linux 5.10", "box<br>pci"] == TABLE[OLD]
    assert read["Debian sid's Linux", "box<br>platform-coherent"] == TABLE[SOME]
    assert read["Linux 6.1", "box<br>pci"] == {**TABLE[USUAL], USER: "not planned"}
    assert "- this takes no that\n" in text


def test_only_the_columns_measured_are_compared() -> None:
    committed = support.render(TABLE, [])
    assert support.differences(support.render({SOME: TABLE[SOME]}, []), committed) == []
    changed = support.render({SOME: {**TABLE[SOME], SYNC: "measured", USER: "skipped: another reason"}}, [])
    where = "Debian sid's Linux, box platform-coherent"
    assert support.differences(changed, committed) == [
        f"{where}: streaming_single kmalloc synced each lap: is 'measured', the table has 'elided'",
        f"{where}: streaming_page pages user space, uncached: is 'skipped: another reason', "
        "the table has 'skipped: no such thing: not here'",
    ]
    new = support.render({Column("6.1", "other", "pci"): {NULL: "measured"}}, [])
    assert support.differences(new, committed) == ["Linux 6.1, other pci: is not in the table"]


def test_elided_is_told_from_measured(write: Writer) -> None:
    report = sample("arm64")
    row = next(row for row in report["benchmarks"] if "map_every:0/size:4096/sync_every:1/" in row["name"])
    for phase in ("sync_for_device", "sync_for_cpu"):
        row["dmabench"]["phases"][phase] = {"elided": ELIDED}
        row.pop(f"{phase}_ns", None)
    loaded = load.load([write(report)])[0]
    one = next(found for found in loaded.rows if found.name == row["name"])
    assert support.status(one) == "elided"
    others = [found for found in loaded.rows if found.params.access == "none" and found is not one]
    assert {support.status(found) for found in others} == {"measured"}
    never_synced = dataclasses.replace(one, params=dataclasses.replace(one.params, map_every=1, sync_every=0))
    assert support.status(never_synced) == "measured"


def test_the_command_writes_and_checks(
    write: Writer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = str(write(sample("arm64")))
    platforms = write([{"name": "arm64", "kernel": "6.1"}], "platforms.json")
    plan = write({"excluded": [{"name": "a", "reason": "r"}, {"name": "b", "reason": "r"}]}, "plan.json")
    table = tmp_path / "TABLE.md"
    common = [report, "--platforms", str(platforms)]
    assert support.main([*common, "--plan", str(plan), "-o", str(table)]) == 0
    assert table.read_text().count("- r\n") == 1
    assert support.main([*common, "--check", str(table)]) == 0
    table.write_text(table.read_text().replace("| measured |", "| elided |", 1))
    assert support.main([*common, "--check", str(table)]) == 1
    assert "is 'measured', the table has 'elided'" in capsys.readouterr().out
    platforms.write_text(json.dumps([]))
    assert support.main([*common, "--check", str(table)]) == 2
    assert "is none of the lab's" in capsys.readouterr().err
