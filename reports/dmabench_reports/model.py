# SPDX-License-Identifier: GPL-2.0-only
"""What a report holds, in the words of docs/DESIGN.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Optional, Sequence

from dmabench_reports import words

# Order of a lap; `access` takes the place of touch when user space does the access.
PHASES = (
    "map",
    "sync_for_device",
    "transfer",
    "sync_for_cpu",
    "touch",
    "access",
    "unmap",
)

AXES: Mapping[str, Any] = {
    "strategy": "",
    "size": 0,
    "direction": "bidirectional",
    "target": "",
    "source": "default",
    "map_every": 0,
    "sync_every": 0,
    "sync_offset": 0,
    "sync_bytes": 0,
    "touch": "none",
    "touch_bytes": 0,
    "dirty": 0,
    "cache_state": "as_is",
    "transfer": "none",
    "ownership": "synced",
    "cache_mode": "none",
    "access": "none",
    "pattern": "sequential",
    "width": "word",
    "batch": 1,
    "unmap_cpu": "none",
    "offset": 0,
    "mask_bits": 0,
    "node": "any",
    "threads": 1,
}

# Axes that reports of schema 1 need not have: they came after it. All at their default.
LATER_AXES = frozenset(
    {
        "dirty",
        "cache_state",
        "width",
        "transfer",
        "ownership",
        "batch",
        "unmap_cpu",
        "offset",
        "mask_bits",
        "node",
        "threads",
    }
)


def is_streaming(strategy: str) -> bool:
    return strategy.startswith("streaming_")


def is_synced(strategy: str) -> bool:
    """Whether it has a direction, and syncs when one is due."""
    return is_streaming(strategy) or strategy in (
        "noncoherent",
        "noncontiguous",
        "copy",
    )


@dataclass(frozen=True)
class Params:
    """The axis values of a point."""

    strategy: str = ""
    size: int = 0
    direction: str = "bidirectional"
    target: str = ""
    source: str = "default"
    map_every: int = 0
    sync_every: int = 0
    sync_offset: int = 0
    sync_bytes: int = 0
    touch: str = "none"
    touch_bytes: int = 0
    cache_mode: str = "none"
    access: str = "none"
    pattern: str = "sequential"
    dirty: int = 0
    cache_state: str = "as_is"
    width: str = "word"
    transfer: str = "none"
    ownership: str = "synced"
    batch: int = 1
    unmap_cpu: str = "none"
    offset: int = 0
    mask_bits: int = 0
    node: str = "any"
    threads: int = 1

    @property
    def workload(self) -> Workload:
        return Workload(
            self.target,
            self.touch,
            self.access,
            self.touch_bytes if (self.touch, self.access) != ("none", "none") else 0,
            self.pattern if self.access != "none" else "sequential",
            self.dirty,
            self.width if self.access != "none" else "word",
            "" if self.transfer == "none" else f"{self.transfer} {self.direction}",
            self.ownership,
            self.cache_state,
        )

    @property
    def series(self) -> Series:
        synced = is_synced(self.strategy)
        return Series(
            self.strategy,
            self.direction if synced else "",
            self.map_every,
            self.sync_every if synced else 0,
            self.source,
            self.sync_offset,
            self.sync_bytes,
            self.cache_mode,
            self.batch,
            self.unmap_cpu,
            self.offset,
            self.mask_bits,
            self.node,
            self.threads,
        )


@dataclass(frozen=True, order=True)
class Workload:
    """What the CPU does with the buffer in a lap: only laps with the same work are compared."""

    target: str
    touch: str
    access: str
    touch_bytes: int
    pattern: str
    dirty: int = 0
    width: str = "word"
    # What moves data and which way, such as "memcpy from_device"; "": nothing does.
    transfer: str = ""
    ownership: str = "synced"
    cache_state: str = "as_is"

    @property
    def text(self) -> str:
        """A clause: "the kernel copies the whole buffer"."""
        parts = [self._access_text]
        if self.dirty:
            parts.append(f"{self.dirty} % of the cache lines dirty")
        if self.cache_state != "as_is":
            parts.append(f"caches {self.cache_state} before")
        if self.transfer:
            engine, direction = self.transfer.split()
            parts.append(f"data moved {direction.replace('_', ' the ', 1)} by {engine}")
        if self.ownership != "synced":
            parts.append(self.ownership.replace("no_", "without ", 1))
        return ", ".join(parts)

    @property
    def _access_text(self) -> str:
        verbs = {"read": "reads", "write": "writes", "copy": "copies"}
        amount = (
            "the whole buffer" if not self.touch_bytes else words.size(self.touch_bytes)
        )
        if self.access != "none":
            ways = [self.pattern] if self.pattern != "sequential" else []
            ways += ["widest vectors"] if self.width == "vector" else []
            how = f" ({', '.join(ways)})" if ways else ""
            return f"user space {verbs.get(self.access, self.access)} {amount}{how}"
        if self.touch != "none":
            return f"the kernel {verbs.get(self.touch, self.touch)} {amount}"
        return "no CPU access"

    @property
    def slug(self) -> str:
        parts = []
        if self.access != "none":
            parts = ["user", self.access]
        elif self.touch != "none":
            parts = ["kernel", self.touch]
        else:
            parts = ["untouched"]
        if self.touch_bytes:
            parts.append(f"{self.touch_bytes}B")
        if self.pattern != "sequential":
            parts.append(self.pattern)
        if self.width != "word":
            parts.append(self.width)
        if self.dirty:
            parts.append(f"dirty{self.dirty}")
        if self.cache_state != "as_is":
            parts.append(f"caches-{self.cache_state}")
        if self.transfer:
            parts.append(self.transfer.replace(" ", "-"))
        if self.ownership != "synced":
            parts.append(self.ownership)
        return "-".join(parts)


@dataclass(frozen=True, order=True)
class Series:
    """All that a point is besides its workload and its size: one line of a plot."""

    strategy: str
    direction: str
    map_every: int
    sync_every: int
    source: str
    sync_offset: int
    sync_bytes: int
    cache_mode: str
    batch: int = 1
    unmap_cpu: str = "none"
    offset: int = 0
    mask_bits: int = 0
    node: str = "any"
    threads: int = 1

    @property
    def usage(self) -> str:
        """How the strategy is used: "mapped for each transfer"."""
        parts = []
        if is_streaming(self.strategy):
            if self.map_every == 1:
                parts.append("mapped for each transfer")
            elif self.map_every:
                parts.append(f"mapped every {self.map_every} transfers")
            else:
                parts.append(
                    "mapped once" if self.cache_mode == "none" else self.cache_mode
                )
            if self.sync_every == 1:
                parts.append(
                    "synced each transfer" if not self.map_every else "and synced"
                )
            elif self.sync_every:
                parts.append(f"synced every {self.sync_every} transfers")
            elif not self.map_every:
                parts.append(
                    "never synced" if self.cache_mode == "none" else "not synced"
                )
            if self.sync_bytes or self.sync_offset:
                span = words.size(self.sync_bytes) if self.sync_bytes else "to the end"
                parts.append(f"sync of {span} from byte {self.sync_offset}")
        elif self.map_every == 1:
            parts.append("allocated for each transfer")
        elif self.map_every:
            parts.append(f"allocated every {self.map_every} transfers")
        elif self.cache_mode != "none":
            parts.append(
                "dma_mmap_coherent()"
                if self.cache_mode == "coherent"
                else self.cache_mode
            )
        elif self.strategy != "null":
            parts.append("allocated once")
        if is_synced(self.strategy) and not is_streaming(self.strategy):
            verb = "copied" if self.strategy == "copy" else "synced"
            if self.sync_every == 1:
                parts.append(f"{verb} each transfer")
            elif self.sync_every:
                parts.append(f"{verb} every {self.sync_every} transfers")
            else:
                parts.append(f"never {verb}")
            if self.sync_bytes or self.sync_offset:
                span = words.size(self.sync_bytes) if self.sync_bytes else "to the end"
                parts.append(f"{span} from byte {self.sync_offset}")
        if self.source != "default":
            parts.append(f"from {self.source}")
        parts += self._circumstances
        return ", ".join(parts)

    @property
    def _circumstances(self) -> list[str]:
        """How many at a time, by whom, and where: what is not as usual."""
        parts = []
        if self.batch != 1:
            parts.append(f"{self.batch} buffers at a time")
        if self.unmap_cpu != "none":
            parts.append("unmapped on another CPU")
        if self.threads != 1:
            parts.append(f"by {self.threads} threads")
        if self.offset:
            parts.append(f"{words.count(self.offset, 'byte')} into a page")
        if self.mask_bits:
            parts.append(f"within {self.mask_bits} bits")
        if self.node != "any":
            parts.append(f"on node {self.node}")
        return parts

    @property
    def usual(self) -> bool:
        """One buffer at a time, mapped and unmapped by one thread, wherever it happens to be."""
        return not self._circumstances

    @property
    def whole_sync(self) -> bool:
        return not (self.sync_bytes or self.sync_offset)


@dataclass(frozen=True)
class Phase:
    """A part of the lap: a figure, or a word for why there is none."""

    name: str
    per_lap_ns: Optional[float] = None
    per_call_ns: Optional[float] = None
    calls: Optional[int] = None
    p50_ns: Optional[float] = None
    p99_ns: Optional[float] = None
    max_ns: Optional[float] = None
    elided: str = ""
    below_clock_ns: Optional[float] = None


@dataclass(frozen=True)
class Row:
    """One measured point."""

    name: str
    params: Params
    anchor: str
    real_time: float
    ci: Optional[tuple[float, float]]
    phases: Mapping[str, Phase]
    bytes_per_lap: Optional[float]
    numbers: Mapping[str, float]
    mapping: Mapping[str, Any]
    buffer: Mapping[str, Any]
    ownership: Mapping[str, Any] = field(default_factory=dict)
    histogram: Sequence[tuple[float, float, float]] = ()  # (low, high, laps), with stamps

    @property
    def figures(self) -> dict[str, float]:
        """ns per lap of the phases that have a figure, in the order of the lap."""
        return {
            n: p.per_lap_ns for n, p in self.phases.items() if p.per_lap_ns is not None
        }

    def share(self, *names: str) -> Optional[float]:
        """What part of the sum of all phases these take; None without any figure."""
        figures = self.figures
        total = sum(figures.values())
        if not total or not any(n in figures for n in names):
            return None
        return sum(figures.get(n, 0.0) for n in names) / total


@dataclass(frozen=True)
class Missing:
    """A point that was skipped, or that failed."""

    name: str
    reason: str
    params: Optional[Params]


@dataclass(frozen=True)
class Target:
    name: str
    kind: str
    coherent: Optional[bool]
    iommu_domain: str


@dataclass(frozen=True)
class Timebase:
    """What a report's nanoseconds are. Figures of different ones are never set side by side or counted together."""

    clock: str
    emulated: bool
    model: str = ""  # of the modelled clock: the timing model's name
    model_sha256: str = ""

    @property
    def text(self) -> str:
        """For people: "modelled (zynqmp-like), emulated"."""
        name = {"realtime": "real time"}.get(self.clock, self.clock)
        return name + (f" ({self.model})" if self.model else "") + (", emulated" if self.emulated else "")

    @property
    def slug(self) -> str:
        """For file names and ids. Two versions of a model have one name, so that its hash is in it."""
        return words.slug(".".join(filter(None, (self.clock, self.model, self.model_sha256[:8]))))


@dataclass
class Report:
    """One run on one platform."""

    label: str  # unique on a page
    slug: str
    file: str
    platform: str
    context: Mapping[str, Any]
    fingerprint: Mapping[str, Any]
    meta: Mapping[str, Any]
    clock: str
    emulated: bool
    notice: str
    targets: list[Target]
    rows: list[Row]
    skipped: list[Missing]
    errors: list[Missing]
    counters: list[str] = field(default_factory=list)

    @property
    def timebase(self) -> Timebase:
        model = self.fingerprint.get("model") or {}
        return Timebase(self.clock, self.emulated, str(model.get("name") or ""), str(model.get("sha256") or ""))

    def in_workload(self, workload: Workload) -> list[Row]:
        return [r for r in self.rows if r.params.workload == workload]

    @property
    def rows_count(self) -> int:
        return len(self.rows)

    @property
    def workloads(self) -> list[Workload]:
        found = {r.params.workload for r in self.rows if r.params.strategy != "null"}
        order = {name: i for i, name in enumerate(self.target_names)}
        return sorted(
            found,
            key=lambda w: (
                order.get(w.target, 99),
                w.access != "none",
                w.touch == "none",
                w,
            ),
        )

    @property
    def target_names(self) -> list[str]:
        """Targets that something was measured on, in the platform's order."""
        used = {r.params.target for r in self.rows}
        known = [t.name for t in self.targets if t.name in used]
        return known + sorted(used - set(known))

    def target(self, name: str) -> Optional[Target]:
        """The target of this name; "pci" is the only PCI function that is bound."""
        for one in self.targets:
            if one.name == name or name == "pci" and one.name.startswith("pci:"):
                return one
        return None

    def find_missing(self, params: Params) -> Optional[tuple[str, Missing]]:
        for kind, group in (("skipped", self.skipped), ("error", self.errors)):
            for one in group:
                if one.params == params:
                    return kind, one
        return None


def by_size(rows: Iterable[Row]) -> dict[Series, dict[int, Row]]:
    """Lines of a plot: the rows of each series by size, both in order."""
    out: dict[Series, dict[int, Row]] = {}
    for row in sorted(rows, key=lambda r: (r.params.series, r.params.size)):
        out.setdefault(row.params.series, {})[row.params.size] = row
    return out
