# SPDX-License-Identifier: GPL-2.0-only
"""What user space pays to access a mapped buffer, by cache mode."""

from __future__ import annotations

from typing import Optional

from matplotlib.patches import Patch

from dmabench_reports import mapping, style, words
from dmabench_reports.model import Report, Row
from dmabench_reports.plots import hover
from dmabench_reports.plots.picture import Picture, footer, cost_label

ACCESSES = ("read", "write", "copy")
MODES = ("cached", "coherent", "writecombine", "uncached")
KIB = 1024

# Points of a picture's height
HEAD, TYPE, FLAG, BAR, GAP = 13, 12, 12, 13, 9


def per_kib(row: Row) -> Optional[tuple[float, float]]:
    """(ns per KiB of the access itself, ns per KiB of the rest of the lap: syncs and loop)."""
    if not row.bytes_per_lap:
        return None
    scale = KIB / row.bytes_per_lap
    access = row.figures.get("access")
    if access is None:
        return row.real_time * scale, 0.0
    return access * scale, max(0.0, row.real_time - access) * scale


def _order(row: Row) -> str:
    """The order of access, and how wide one is: bars of one picture share both."""
    vectors = "-vectors" if row.params.width == "vector" else ""
    return row.params.pattern + vectors


def pictures(report: Report) -> list[Picture]:
    out = []
    rows = [
        r
        for r in report.rows
        if r.params.access != "none" and not r.params.touch_bytes and per_kib(r)
    ]
    keys = {(r.params.target, _order(r), r.params.size) for r in rows}
    targets = {name: i for i, name in enumerate(report.target_names)}
    for target, pattern, size in sorted(
        keys, key=lambda k: (targets[k[0]], k[1] != "sequential", k[1], k[2])
    ):
        here = [
            r
            for r in rows
            if (r.params.target, _order(r), r.params.size)
            == (target, pattern, size)
        ]
        out.append(_picture(report, target, pattern, size, here))
    return out


def groups_of(rows: list[Row]) -> dict[tuple[str, str], dict[str, Row]]:
    """Bars by (strategy, cache mode) and access; the lap that syncs each time where there are several."""
    out: dict[tuple[str, str], dict[str, Row]] = {}
    direction = {"bidirectional": 0, "from_device": 1, "to_device": 2}
    for row in sorted(
        rows,
        key=lambda r: (
            r.params.sync_every != 1,
            direction.get(r.params.direction, 9),
            r.name,
        ),
    ):
        out.setdefault((row.params.strategy, row.params.cache_mode), {}).setdefault(
            row.params.access, row
        )
    mode = {m: i for i, m in enumerate(MODES)}
    strategy = {s: i for i, s in enumerate(style.STRATEGIES)}
    return dict(
        sorted(
            out.items(),
            key=lambda kv: (mode.get(kv[0][1], 9), strategy.get(kv[0][0], 99), kv[0]),
        )
    )


def _picture(
    report: Report, target: str, pattern: str, size: int, rows: list[Row]
) -> Picture:
    groups = groups_of(rows)
    used = [row for by in groups.values() for row in by.values()]
    accesses = [a for a in ACCESSES if any(a in by for by in groups.values())]
    flags = {
        key: mapping.of(next(iter(by.values()))).flag for key, by in groups.items()
    }
    height = sum(
        HEAD + TYPE + (FLAG if flags[k] else 0) + BAR * len(by) + GAP
        for k, by in groups.items()
    )
    subtitle = f"{report.label} · {target}" + (
        "" if pattern == "sequential" else f" · {pattern}"
    )
    figure, axes = style.frame(
        f"{words.size(size)}: user-space access by cache mode",
        subtitle,
        footer(report),
        height * style.POINT,
        left=0.56,
        legend_rows=1,
    )
    widest = max(sum(per_kib(row) or (0, 0)) for row in used)
    y = 0.0
    ticks, names = [], []
    for key, by in groups.items():
        strategy, mode = key
        kind = mapping.of(next(iter(by.values())))
        asked = mode if mode != "coherent" else "dma_mmap_coherent()"
        y += HEAD / 2
        axes.text(
            0.008 * widest,
            y,
            f"{strategy}, asked for {asked}",
            size=8,
            weight="bold",
            va="center",
        )
        y += HEAD / 2 + TYPE / 2
        axes.text(0.008 * widest, y, f"in force: {kind.text}", size=7.5, va="center")
        y += TYPE / 2
        if flags[key]:
            y += FLAG / 2
            axes.text(
                0.008 * widest,
                y,
                f"! {flags[key]}",
                size=7.5,
                weight="bold",
                va="center",
                color=style.WARN.light,
            )
            y += FLAG / 2
        for access in [a for a in ACCESSES if a in by]:
            access_ns, rest_ns = per_kib(by[access]) or (0.0, 0.0)
            tone = style.ACCESS_TONES[access].light
            y += BAR / 2
            bars = axes.barh(y, access_ns, BAR * 0.78, color=tone).patches
            bars += axes.barh(
                y,
                rest_ns,
                BAR * 0.78,
                left=access_ns,
                facecolor=style.PAPER.light,
                edgecolor=tone,
                hatch="/////",
                linewidth=0.7,
            ).patches
            for bar in bars:
                bar.set_url(hover.url(by[access]))
            axes.annotate(
                words.duration(access_ns + rest_ns),
                (access_ns + rest_ns, y),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                size=7.5,
            )
            ticks.append(y)
            names.append(access)
            y += BAR / 2
        y += GAP
    axes.set_ylim(y, 0)
    axes.set_yticks(ticks)
    axes.set_yticklabels(names)
    axes.tick_params(axis="y", length=0)
    style.linear_durations(axes, widest * 1.18, "x")
    axes.set_xlabel(cost_label(report, "cost per KiB", " "))
    style.legend(
        figure,
        [
            Patch(facecolor=style.MUTED.light),
            Patch(
                facecolor=style.PAPER.light, edgecolor=style.MUTED.light, hatch="/////"
            ),
        ],
        ["the access", "sync ioctls and the loop"],
        columns=2,
    )
    return Picture(
        slug=f"{report.slug}.{words.slug(target)}.access.{pattern}.{size}",
        title=f"{words.size(size)}: user-space access by cache mode",
        caption=_caption(flags, accesses),
        figure=figure,
        rows=used,
        main=pattern == "sequential",
    )


def _caption(flags: dict[tuple[str, str], str], accesses: list[str]) -> str:
    wrong = [
        f"{strategy} ({mode}): {flag}"
        for (strategy, mode), flag in flags.items()
        if flag
    ]
    if wrong:
        return "Mind the memory types: " + "; ".join(wrong) + "."
    return f"{', '.join(accesses).capitalize()} of the whole buffer; every mapping has the memory type asked for."
