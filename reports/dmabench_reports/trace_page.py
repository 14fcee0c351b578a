# SPDX-License-Identifier: GPL-2.0-only
"""trace.html: the call sites that dmabench trace saw, dearest first."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Optional, Sequence

from markupsafe import Markup

from dmabench_reports import page, words
from dmabench_reports.load import LoadError

FILE = "trace.html"
SCHEMA = 1
KEY = "dmabench_trace"
WIDTH, HEIGHT = 140, 26  # of a histogram, as .spark in page.css


def is_trace(path: Path) -> bool:
    """Whether it is one of ours, by its first words: it may be a report of any size."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(64).replace(" ", "").replace("\n", "").startswith('{"' + KEY + '"')
    except OSError:
        return False


def load(path: Path) -> dict[str, Any]:
    """The trace; LoadError when it cannot be shown."""
    try:
        trace = json.loads(path.read_text(encoding="utf-8"))[KEY]
    except (OSError, ValueError, KeyError) as error:
        raise LoadError(f"{path}: not a trace: {error}") from None
    if trace.get("schema") != SCHEMA:
        raise LoadError(f"{path}: its trace schema is {trace.get('schema')!r}; {SCHEMA} is known")
    for key in ("sites", "seconds", "calls", "cpu_ms", "bias_ns", "cost_ns", "host_name", "date"):
        if key not in trace:
            raise LoadError(f"{path}: the trace has no '{key}'")
    if trace["host_name"] in ("", "(none)"):
        trace["host_name"] = path.stem
    return {"platform": {}, "command": [], "backend": "", **trace, "file": path.name}


def by_driver(trace: dict[str, Any]) -> list[dict[str, Any]]:
    """What each driver spent, dearest first."""
    drivers: dict[str, dict[str, Any]] = {}
    for site in trace["sites"]:
        one = drivers.setdefault(site["driver"], {"driver": site["driver"], "share": 0.0, "calls": 0, "bytes": 0, "kinds": {}})
        one["share"] += site["cpu_share"]
        one["calls"] += site["calls"]
        one["bytes"] += site["bytes"]
        one["kinds"][site["kind"]] = one["kinds"].get(site["kind"], 0.0) + site["cpu_share"]
    return sorted(drivers.values(), key=lambda one: (-one["share"], one["driver"]))


def bar(share: float, largest: float) -> Markup:
    """How much of the largest it is."""
    width = 100 * share / largest if largest > 0 else 0
    return Markup(
        '<svg class="spark bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect x="0" y="2" width="{:.1f}" height="6" fill="currentColor"/></svg>'
    ).format(width)


def histogram(site: dict[str, Any], span: tuple[float, float]) -> Markup:
    """How long the calls took, on a scale of times that is the same for all sites."""
    buckets = site["histogram"]["buckets"]
    most = max((calls / _breadth(low, high) for low, high, calls in buckets), default=0)
    bars = []
    for low, high, calls in buckets:
        left, right = _place(low, span), _place(high, span)
        tall = (HEIGHT - 2) * (calls / _breadth(low, high) / most) ** 0.5
        bars.append(
            Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="currentColor"/>').format(
                left, HEIGHT - max(tall, 1), max(right - left, 1.2), max(tall, 1)
            )
        )
    title = f"{words.duration(site['min_ns'])} to {words.duration(site['max_ns'])}; half below {words.duration(site['p50_ns'])}"
    return Markup('<svg class="spark" viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>').format(
        WIDTH, HEIGHT, title, Markup("").join(bars)
    )


def _breadth(low: float, high: float) -> float:
    """Of a bucket, on the scale that it is drawn on."""
    return math.log(max(high, 2) / max(low, 1)) or 1e-3


def _place(ns: float, span: tuple[float, float]) -> float:
    low, high = (math.log(edge) for edge in span)
    return WIDTH * (math.log(min(max(ns, span[0]), span[1])) - low) / (high - low)


def _span(traces: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Whole powers of ten around all durations."""
    sites = [site for trace in traces for site in trace["sites"]]
    low = max(1.0, min((site["min_ns"] for site in sites), default=1.0))
    high = max((site["max_ns"] for site in sites), default=10.0)
    return 10.0 ** math.floor(math.log10(low)), 10.0 ** max(math.ceil(math.log10(max(high, low * 2))), math.floor(math.log10(low)) + 1)


def rate(per_second: float) -> str:
    """As 5 836, or 1.3 where there are few."""
    return f"{per_second:,.0f}".replace(",", "\u202f") if per_second >= 10 else f"{per_second:.2g}"


def remedies(exchange: dict[str, Any]) -> tuple[list[dict[str, Any]], list[int]]:
    """A row for each way that costs less, its shares by the bytes in use; and those bytes. What takes a protocol
    that lets several transfers share a change of ownership comes last."""
    rows: dict[str, dict[str, Any]] = {}
    for way in exchange["ways"]:
        text = way["way"] + (f", once for {way['transfers_per_sync']} transfers" if way["transfers_per_sync"] > 1 else "")
        new: dict[str, Any] = {"way": text, "shares": {}, "calls_only": set(), "least": math.inf}
        row = rows.setdefault(text, {**new, "seldom": way["transfers_per_sync"] > 1})
        if not way["with_access"]:
            row["calls_only"].add(way["touch_bytes"])
        row["shares"][way["touch_bytes"]] = way["cpu_share"]
        row["least"] = min(row["least"], way["cpu_share"])
    sizes = sorted({way["touch_bytes"] for way in exchange["ways"]})
    return sorted(rows.values(), key=lambda row: (row["seldom"], row["least"])), sizes


SEEN_BY = {"kretprobes": ", seen by the module's kretprobes", "bpf": ", seen by BPF programs"}


def losses(trace: dict[str, Any]) -> list[str]:
    """What the figures do not have, or have twice."""
    texts = {
        "missed": "could not be followed",
        "homeless": "were made on CPUs that came online later",
        "other": "were made at sites beyond the table",
        "nested": "were made while another one was under way; their time is in both",
    }
    found = [f"{words.count(trace[key], 'call')} {text}" for key, text in texts.items() if trace.get(key)]
    return found + [f"Of some calls this kernel does not tell by BPF whether they {text}" for text in trace.get("untold", [])]


def render(traces: Sequence[dict[str, Any]], index: Optional[str]) -> str:
    """`index`: the page of reports beside it, if there is one."""
    span = _span(traces)
    return (
        page.environment()
        .get_template("trace.html.j2")
        .render(
            **page.assets(),
            traces=traces,
            by_driver=by_driver,
            bar=bar,
            histogram=lambda site: histogram(site, span),
            span=" to ".join(words.duration(edge) for edge in span),
            losses=losses,
            seen_by=SEEN_BY,
            remedies=remedies,
            rate=rate,
            count=words.count,
            size=words.size,
            percent=words.percent,
            index=index,
        )
    )


def summary(trace: dict[str, Any]) -> str:
    """One line for the terminal."""
    if not trace["sites"]:
        return f"{trace['host_name']}: no call of the DMA API was seen in {trace['seconds']:.3g} s"
    top = trace["sites"][0]
    return (
        f"{trace['host_name']}: {words.count(trace['calls'], 'call')} in {trace['seconds']:.3g} s; most time, "
        f"{words.percent(top['cpu_share'])} of a CPU, in {top['function']} from {top['caller']}"
    )


def write(traces: Sequence[dict[str, Any]], output: Path, index: Optional[str]) -> Path:
    output.mkdir(parents=True, exist_ok=True)
    path = output / FILE
    path.write_text(render(traces, index), encoding="utf-8")
    return path
