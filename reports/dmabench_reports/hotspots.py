# SPDX-License-Identifier: GPL-2.0-only
"""Which phases a platform's laps spend their time in, and what the report has to explain it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Sequence

from dmabench_reports import words
from dmabench_reports.load import number
from dmabench_reports.model import PHASES, Params, Report, Row, is_streaming

TOP = 12  # calls that are listed
TAIL = 1.5  # a p99 this many times the median is worth a word

# What of a modelled lap is cache maintenance; the rest of the model's counters are of memory that is accessed.
MODELLED = ("model_maintained_lines", "model_dirty_lines_cleaned")

# Counters that a phase can have caused; what is in none of them counts for the whole lap.
CAUSES = {
    "map": (
        "swiotlb_bounces",
        "iommu_maps",
        "dma_map_pages",
        "dma_map_phys",
        "dma_map_sgs",
        "dma_allocs",
        "page_allocs",
        "kmallocs",
        "cache_allocs",
        "bounced_bytes",
    ),
    "unmap": (
        "iommu_unmaps",
        "dma_unmap_pages",
        "dma_unmap_phys",
        "dma_unmap_sgs",
        "dma_frees",
        "page_frees",
        "kfrees",
        "cache_frees",
    ),
    "sync_for_device": ("dma_syncs_for_device", *MODELLED),
    "sync_for_cpu": ("dma_syncs_for_cpu", *MODELLED),
}
_OWNED = {f"{name}_per_lap" for names in CAUSES.values() for name in names}


@dataclass(frozen=True)
class Total:
    """A phase over all laps of a target in which it has a figure."""

    phase: str
    share: float  # of the average lap: each row weighs the same
    rows: int
    dearest: Row  # in which it takes the most ns

    @property
    def cost(self) -> float:
        return self.dearest.figures[self.phase]


@dataclass(frozen=True)
class Call:
    """One call of the DMA API of one way to use a buffer, at one size."""

    what: str
    phase: str
    row: Row
    cost: float
    share: float  # of that row's phases
    why: list[str]


@dataclass
class Hotspots:
    target: str
    totals: list[Total] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def top(self) -> Optional[Total]:
        """Of the DMA API's own phases the one that takes the most."""
        return next((t for t in self.totals if t.phase in CAUSES), None)


def hotspots(report: Report, target: str) -> Hotspots:
    rows = [r for r in report.rows if r.params.target == target and r.figures]
    return Hotspots(target, _totals(rows), _calls(report, rows))


def _totals(rows: Sequence[Row]) -> list[Total]:
    out = []
    for phase in PHASES:
        having = [r for r in rows if phase in r.figures]
        if having:
            share = sum(r.share(phase) or 0.0 for r in rows) / len(rows)
            dearest = max(having, key=lambda r: (r.figures[phase], r.name))
            out.append(Total(phase, share, len(having), dearest))
    return sorted(out, key=lambda t: -t.share)


def way(params: Params) -> str:
    """How the buffer is used, without its size: "streaming_single, mapped for each transfer"."""
    parts = [params.strategy, params.series.usage]
    if params.workload.touch != "none" or params.workload.access != "none":
        parts.append(params.workload.text)
    return ", ".join(filter(None, parts))


def representatives(rows: Sequence[Row]) -> dict[str, Row]:
    """Of each way its row with the largest size that is usual for a packet or a block (64 KiB), else the least."""
    out: dict[str, Row] = {}
    for row in rows:
        if not row.params.series.whole_sync or row.params.dirty or row.params.cache_state != "as_is":
            continue
        key = way(row.params)
        if key not in out or _fitness(row) > _fitness(out[key]):
            out[key] = row
    return out


def _fitness(row: Row) -> tuple[bool, int, bool, str]:
    size = row.params.size
    usual = size <= 64 << 10
    first = row.params.direction == "bidirectional"
    return usual, size if usual else -size, first, row.name


def _calls(report: Report, rows: Sequence[Row]) -> list[Call]:
    out = []
    for name, row in representatives(rows).items():
        for phase, cost in row.figures.items():
            if phase not in CAUSES:  # an access is no call
                continue
            share = row.share(phase) or 0.0
            out.append(
                Call(name, phase, row, cost, share, explain(report, row, phase))
            )
    out.sort(key=lambda c: (-c.cost, c.what, c.phase))
    return out[:TOP]


def explain(report: Report, row: Row, phase: str) -> list[str]:
    """What the report knows of a phase's cost: counters first, then facts of the buffer and its device."""
    out = [_counter(key, value) for key, value in counters(report, row, phase).items()]
    target = report.target(row.params.target)
    relation = row.buffer.get("relation")
    if relation == "bounced":
        out.append("the buffer is bounced: copied by swiotlb")
    domain = target.iommu_domain if target else ""
    translated = relation == "iommu" and row.params.strategy != "pool"  # whose pages stay mapped
    if translated and phase == "unmap":
        if domain == "DMA":
            out.append("IOMMU strict: the call waits for the IOTLB's invalidation")
        elif domain == "DMA-FQ":
            out.append("IOMMU lazy: invalidation is put off and shared")
    if translated and phase == "map":
        out.append("the IOMMU's page table is written")
    cached = is_streaming(row.params.strategy) or row.params.strategy in (
        "noncoherent",
        "noncontiguous",
    )
    if target and target.coherent is False and cached:
        out.append("the device is not coherent: the CPU maintains its cache, line by line")
    if row.params.strategy == "copy" and phase.startswith("sync_"):
        out.append("the CPU copies the buffer")
    ioctl = number((report.meta.get("overheads") or {}).get("ioctl_ns"))
    if row.params.access != "none" and phase.startswith("sync_") and ioctl:
        out.append(f"an ioctl, {words.duration(ioctl)} by itself")
    measured = row.phases[phase]
    if measured.p99_ns and measured.p50_ns and measured.p99_ns > TAIL * measured.p50_ns:
        out.append(f"p99 is {words.times(measured.p99_ns / measured.p50_ns)} the median")
    return out


def counters(report: Report, row: Row, phase: str) -> Mapping[str, float]:
    """Counters of this row that go with the phase: its own tracepoints, and where it is most of the lap, the lap's."""
    own = [f"{name}_per_lap" for name in CAUSES.get(phase, ())]
    most = (row.share(phase) or 0.0) > 0.5
    keys = [
        key
        for key in report.counters
        if key in own or most and key not in _OWNED and key != "page_faults_per_lap" and not key.startswith("model_")
    ]
    if row.params.strategy == "streaming_sg":
        # The metric takes each bounce for the whole buffer; here it is of a piece.
        keys = [key for key in keys if key != "bounced_bytes_per_lap"]
    return {key: row.numbers[key] for key in keys if row.numbers.get(key)}


def _counter(key: str, value: float) -> str:
    name = key.removesuffix("_per_lap").replace("_", " ")
    per = " per lap" if key.endswith("_per_lap") else ""
    return f"{name} {words.exact(value)}{per}"


def has_counters(report: Report) -> bool:
    """Whether tracepoints were counted; a count of 0 is in no row."""
    available = (report.meta.get("counters") or {}).get("available") or []
    return any(":" in str(event) for event in available)
