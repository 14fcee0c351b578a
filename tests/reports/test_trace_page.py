# SPDX-License-Identifier: GPL-2.0-only
"""trace.html: what dmabench trace saw, on a page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conftest import Writer, sample
from dmabench_reports import cli, trace_page

SITE: dict[str, Any] = {
    "driver": "e1000",
    "device": "0000:00:02.0",
    "function": "sync_single_for_cpu",
    "kind": "sync_for_cpu",
    "direction": "from_device",
    "caller": "e1000_clean_rx_irq+0x26d [e1000]",
    "parent": "e1000_clean+0x2c1 [e1000]",
    "calls": 5836,
    "bytes": 5836 * 65536,
    "calls_per_s": 5836.0,
    "bytes_per_call": 65536.0,
    "cpu_ms": 390.0,
    "cpu_share": 0.39,
    "mean_ns": 66800.0,
    "p50_ns": 60000.0,
    "p99_ns": 600000.0,
    "min_ns": 59000.0,
    "max_ns": 610000.0,
    "notes": ["bounced", "whole buffer each time"],
    "histogram": {"relative_error": 0.125, "buckets": [[57344, 61440, 5700], [589824, 622592, 136]]},
}


def trace(*sites: dict[str, Any], **more: Any) -> dict[str, Any]:
    facts = {"schema": 1, "date": "2026-01-31", "host_name": "board", "backend": "kretprobes", "seconds": 1.0}
    sums = {"calls": sum(s["calls"] for s in sites), "cpu_ms": sum(s["cpu_ms"] for s in sites)}
    return {"dmabench_trace": {**facts, **sums, "bias_ns": 250.0, "cost_ns": 800.0, "sites": list(sites), **more}}


def page_of(path: Path, folder: Path) -> str:
    assert cli.main([str(path), "-o", str(folder), "--plots", "svg"]) == 0
    return (folder / "trace.html").read_text(encoding="utf-8")


def test_a_trace_alone_makes_one_page(write: Writer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = {**SITE, "driver": "nvme", "kind": "map", "function": "map_sg", "cpu_share": 0.01, "cpu_ms": 10.0}
    html = page_of(write(trace(SITE, other, nested=3)), tmp_path / "out")
    said = capsys.readouterr().out.replace("\u202f", " ").replace("\u00a0", " ").splitlines()
    assert said[0] == "board: 11672 calls in 1 s; most time, 39 % of a CPU, in sync_single_for_cpu from e1000_clean_rx_irq+0x26d [e1000]"
    assert said[1].endswith("trace.html")
    assert not (tmp_path / "out/index.html").exists()
    text = re.sub(r"[\u00a0\u202f\u2009]", " ", re.sub(r"<[^>]*>|\u200b", "", html))
    for words in ("e1000_clean+0x2c1", "whole buffer each time", "39 %", "60", "3 calls were made while another"):
        assert words in text, words
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", html), "nothing comes from elsewhere"


def test_remedies_are_a_table_by_the_bytes_in_use(write: Writer, tmp_path: Path) -> None:
    way = {"transfers_per_sync": 1, "with_access": True, "saved_share": 0.3}
    exchange = {
        "driver": "e1000",
        "device": "0000:00:02.0",
        "direction": "from_device",
        "handover": "mapped",
        "callers": ["e1000_clean_rx_irq+0x26d [e1000]"],
        "transfers_per_s": 5836.0,
        "cpu_share": 0.39,
        "by_report": {"ns": 70000.0},
        "ways": [
            {**way, "way": "copy, the part in use copied", "touch_bytes": 1536, "cpu_share": 0.02},
            {**way, "way": "coherent", "touch_bytes": 1536, "cpu_share": 0.03},
            {**way, "way": "coherent", "touch_bytes": 65536, "cpu_share": 0.01},
            {**way, "way": "coherent", "transfers_per_sync": 8, "touch_bytes": 65536, "cpu_share": 0.001, "with_access": False},
        ],
    }
    silent = {**exchange, "driver": "nvme", "ways": [], "reason": "its data bounce, the report's do not"}
    remedies = {"report": "board.json", "platform": "board", "clock": "hardware", "exchanges": [exchange, silent]}
    remedies["differs"] = [{"field": "kernel", "report": "6.1", "here": "6.12"}]
    html = page_of(write(trace(SITE, remedies=remedies)), tmp_path / "out")
    text = re.sub(r"[\u00a0\u202f\u2009]", " ", re.sub(r"<[^>]*>|\u200b", " ", html))
    for words in ("by board.json", "kernel (6.1 / 6.12)", "39 % of a CPU now; 41 % by the report", "its data bounce"):
        assert words in " ".join(text.split()), words
    rows = re.findall(r'<th scope="row">([^<]*)</th>((?:<td class="n">[^<]*</td>)+)', html.split("What would cost less</h3>")[1])
    cells = {way: re.sub(r"[\u00a0\u202f]", " ", re.sub(r"<[^>]*>", "|", cell)) for way, cell in rows}
    assert list(cells) == ["coherent", "copy, the part in use copied", "coherent, once for 8 transfers"]
    assert cells["coherent, once for 8 transfers"] == "|-||0.1 %*|"
    assert cells["coherent"] == "|3 %||1 %|" and cells["copy, the part in use copied"] == "|2 %||-|"


def test_a_histogram_has_a_bar_for_each_bucket_in_order() -> None:
    drawn = trace_page.histogram(SITE, (1e4, 1e6))
    bars = [tuple(map(float, found)) for found in re.findall(r'<rect x="([\d.]+)" y="([\d.]+)"', drawn)]
    assert len(bars) == 2 and bars[0][0] < bars[1][0]
    assert bars[0][1] < bars[1][1], "the more calls the taller"


def test_beside_reports_both_pages_come(write: Writer, tmp_path: Path) -> None:
    report = write(sample("arm64"), "arm64.json")
    traced = write(trace(SITE), "trace.json")
    assert cli.main([str(report), str(traced), "-o", str(tmp_path / "out"), "--plots", "svg"]) == 0
    assert "index.html" in (tmp_path / "out/trace.html").read_text()
    assert (tmp_path / "out/index.html").exists()


def test_the_page_says_by_what_the_calls_were_seen(write: Writer, tmp_path: Path) -> None:
    assert "seen by the module&#39;s kretprobes" in page_of(write(trace(SITE)), tmp_path / "module")
    html = page_of(write(trace(SITE, backend="bpf", untold=["bounced"])), tmp_path / "bpf")
    assert "seen by BPF programs" in html
    assert "Of some calls this kernel does not tell by BPF whether they bounced." in html


def test_an_empty_trace_says_so(write: Writer, tmp_path: Path) -> None:
    assert "No call of the DMA API was seen" in page_of(write(trace()), tmp_path / "out")


@pytest.mark.parametrize("change, message", [({"schema": 2}, "its trace schema is 2; 1 is known"), (None, "not a trace")])
def test_what_cannot_be_shown_is_one_line(
    change: dict[str, Any] | None, message: str, write: Writer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(trace(SITE, **(change or {})))
    if change is None:
        path.write_text(json.dumps(trace(SITE))[:-40])
    assert cli.main([str(path), "-o", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1


def test_names_from_a_trace_are_no_markup(write: Writer, tmp_path: Path) -> None:
    html = page_of(write(trace({**SITE, "caller": "<script>alert(1)</script>", "notes": ["<b>"]})), tmp_path / "out")
    assert "<script>alert" not in html and "&lt;b&gt;" in html
