# SPDX-License-Identifier: GPL-2.0-only
"""The table of what there is: its cells, its text, and what comes back out of the text."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Writer, sample
from dmabench_reports import load, support
from dmabench_reports.model import Params
from dmabench_reports.support import AXIS_VALUES, MEMORY, TRANSFERS, Column, Line

ELIDED = "this kernel skips the call for a coherent device (dma_skip_sync)"
OLD = Column("5.10", "box-5.10", "pci")
USUAL = Column("6.1", "box", "pci")
SOME = Column("sid", "box-sid", "platform-coherent")
OTHER = Column("6.1", "other", "pci")
ENGINE = Column("6.1", "box", "edu")
NULL = Line(MEMORY, "null", "", "nothing")
SYNC = Line(MEMORY, "streaming_single", "kmalloc", "synced each lap")
USER = Line(MEMORY, "streaming_page", "pages", "user space, uncached")
MOVED = Line(TRANSFERS, "copy", "", "synced each lap")
BATCH = Line(AXIS_VALUES, "batch 16", "streaming_single", "mapped each lap")
TABLE = {
    SOME: {NULL: "measured", SYNC: "elided", USER: "skipped: no such thing: not here"},
    OLD: {NULL: "measured", SYNC: "measured", USER: "measured: uncached-minus"},
    USUAL: {NULL: "measured", SYNC: "failed: it broke", BATCH: "measured"},
    OTHER: {NULL: "measured", SYNC: "failed: it broke", BATCH: "skipped: too many"},
    ENGINE: {MOVED: "measured"},
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
    assert read["Linux 5.10", "box pci"] == TABLE[OLD]
    assert read["Debian sid's Linux", "box platform-coherent"] == TABLE[SOME]
    assert read["Linux 6.1", "box pci"] == {**TABLE[USUAL], USER: "not planned"}
    assert read["Linux 6.1", "other pci"] == {**TABLE[OTHER], USER: "not planned"}
    assert read["Linux 6.1", "box edu"] == TABLE[ENGINE]
    assert "- this takes no that\n" in text


def test_columns_with_the_same_cells_are_one() -> None:
    text = support.render(TABLE, [])
    assert "- **A**: box pci, other pci\n\n| strategy | source | use | A |\n" in text
    assert "- **A**: box edu\n\n| strategy | source | use | A |\n" in text
    assert "- **A**: box pci\n- **B**: other pci\n\n| axis | strategy | use | A | B |\n" in text
    many = {dataclasses.replace(USUAL, platform=f"box{n:02}"): {NULL: f"measured: {n}"} for n in range(30)}
    text = support.render(many, [])
    assert "- **AD**: box29 pci\n" in text and support.read(text)["Linux 6.1", "box29 pci"] == {NULL: "measured: 29"}


def params(**changes: Any) -> Params:
    return dataclasses.replace(Params("streaming_single", 4096, map_every=1), **changes)


def test_each_point_has_its_table() -> None:
    assert support.line_of(params(), "kmalloc") == Line(MEMORY, "streaming_single", "kmalloc", "mapped each lap")
    moved = params(size=2048, transfer="edu", direction="to_device", map_every=0, sync_every=1)
    assert support.line_of(moved, "slab") == Line(TRANSFERS, "streaming_single", "slab", "synced each lap")
    left_out = dataclasses.replace(moved, ownership="no_sync_for_device")
    assert support.line_of(left_out, "").use == "synced each lap, without sync_for_device"
    assert support.line_of(params(batch=16), "kmalloc") == BATCH
    assert support.axes_of(params(touch="read", touch_bytes=2048)) == "touch read, touch_bytes 2K"
    assert support.axes_of(params(map_every=4, size=1 << 20)) == "size 1M, map_every 4"


def test_axes_stand_in_order_of_their_values() -> None:
    axes = ["size 1", "size 1M", "batch 16", "mask_bits 4", "mask_bits 32"]
    lines = [Line(AXIS_VALUES, axis, "copy", "") for axis in sorted(axes)]
    text = support.render({USUAL: {line: "measured" for line in lines}}, [])
    assert re.findall(r"(?m)^\| (\w+ \w+) \| copy", text) == axes


def test_a_transfer_that_fails_one_way_is_not_measured(write: Writer) -> None:
    report = sample("arm64")
    name = "streaming_page/direction:to_device/map_every:1/size:2048/sync_every:0/target:pci/transfer:edu"
    row = {**report["benchmarks"][0], "name": name, "run_name": name, "dmabench": {"buffer": {"source": "pages"}}}
    report["benchmarks"].append(row)
    other = name.replace("to_device", "from_device")
    report["dmabench"]["skipped"].append({"name": other, "reason": "why", "params": {}})
    table = support.cells(load.load([write(report)]), {"arm64": "6.1"})
    assert table[Column("6.1", "arm64", "edu")] == {
        Line(TRANSFERS, "streaming_page", "pages", "mapped each lap"): "skipped: why"
    }


def test_memory_within_a_narrow_mask_is_told_as_chance(write: Writer) -> None:
    rows = load.load([write(sample("arm64"))])[0].rows
    plain = next(row for row in rows if row.params.strategy == "streaming_single")

    def told(relation: str, mask: str, strategy: str = "streaming_single", **axes: Any) -> str:
        found = dataclasses.replace(plain.params, strategy=strategy, map_every=1, sync_every=0, **axes)
        return support.status(dataclasses.replace(plain, params=found, buffer={"relation": relation, "dma_mask": mask}))

    assert told("identity", "0xfffffff") == "measured, by chance"
    assert told("offset", "0xfffffff") == "measured, by chance"
    assert told("identity", "0xffffff", mask_bits=24) == "measured: identity, by chance"
    assert told("bounced", "0xffffff", mask_bits=24) == "measured: bounced"
    assert told("iommu", "0xfffffff") == "measured"
    assert told("identity", "0xffffffff") == "measured"
    assert told("identity", "0xfffffff", strategy="coherent") == "measured"


def test_chance_may_go_the_other_way() -> None:
    beyond = "skipped: no memory within the DMA mask: what there is lies beyond it"
    assert support.same("measured, by chance", beyond) and support.same(beyond, "elided, by chance")
    assert support.same("measured, by chance", "measured: fresh, by chance")
    assert not support.same("measured, by chance", "skipped: another reason")
    assert not support.same("measured, by chance", "measured")
    assert not support.same(beyond, "measured") and not support.same(beyond, "skipped: another reason")


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
    new = support.render({Column("6.1", "third", "pci"): {NULL: "measured"}}, [])
    assert support.differences(new, committed) == ["Linux 6.1, third pci: is not in the table"]


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
