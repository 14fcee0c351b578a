# SPDX-License-Identifier: GPL-2.0-only
"""Where a lap's time goes, for each way of using a buffer: bars of 100 %, split by phase."""

from __future__ import annotations

from typing import Sequence

from matplotlib.patches import Patch

from dmabench_reports import hotspots, style, words
from dmabench_reports.model import PHASES, Report, Row
from dmabench_reports.plots import hover
from dmabench_reports.plots.picture import Picture, footer

MOST = 14  # bars
BAR = 0.31  # inches


def pictures(report: Report) -> list[Picture]:
    out = []
    for target in report.target_names:
        rows = [r for r in report.rows if r.params.target == target and r.figures]
        # What user space pays has pictures of its own, and would push all else out of this one.
        rows = [r for r in rows if r.params.access == "none"]
        chosen = hotspots.representatives(rows)
        dearest = sorted(chosen.items(), key=lambda kv: (-kv[1].real_time, kv[0]))
        if len(dearest) >= 2:
            out.append(_picture(report, target, dearest[:MOST], len(dearest)))
    return out


def _label(way: str, row: Row) -> str:
    """Short, or its letters would be too small: nobody but the kernel accesses memory in these rows."""
    for long, short in (("the kernel ", "kernel "), (" the whole buffer", "")):
        way = way.replace(long, short)
    return f"{way}, {words.size(row.params.size)}"


def _picture(
    report: Report, target: str, bars: Sequence[tuple[str, Row]], of: int
) -> Picture:
    phases = [p for p in PHASES if any(p in row.figures for _, row in bars)]
    figure, axes = style.frame(
        "Where the time goes",
        f"{report.label} · {target} · phases of a lap, the dearest laps first",
        footer(report),
        BAR * len(bars),
        left=0.18,
        right=0.78,
        legend_rows=-(-len(phases) // 3),
    )
    labels = [_label(name, row) for name, row in bars]
    letters = 7.5 * min(1, 66 / max(map(len, labels)))
    for place, (_, row) in enumerate(bars):
        left = 0.0
        for phase in phases:
            share = 100 * (row.share(phase) or 0.0)
            if share:
                bar = axes.barh(
                    place + 0.2,
                    share,
                    0.42,
                    left=left,
                    color=style.PHASE_TONES[phase].light,
                    edgecolor=style.PAPER.light,
                    linewidth=0.5,
                )
                bar.patches[0].set_url(hover.url(row))
            left += share
        axes.text(0, place - 0.2, labels[place], va="center", size=letters)
        axes.annotate(
            words.duration(row.real_time),
            (100, place + 0.2),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            size=7.5,
            annotation_clip=False,
        )
    axes.set_xlim(0, 100)
    axes.set_ylim(len(bars) - 0.45, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.set_xticklabels([f"{v} %" for v in (0, 25, 50, 75, 100)])
    axes.set_xlabel("share of the lap's phases")
    style.legend(
        figure,
        [Patch(facecolor=style.PHASE_TONES[p].light) for p in phases],
        phases,
        columns=3,
        handlelength=1.3,
    )
    left_out = of - len(bars)
    return Picture(
        slug=f"{report.slug}.{words.slug(target)}.hotspots",
        title="Where the time goes",
        caption="Beside each bar: the median lap."
        + (f" {words.count(left_out, 'cheaper way')} left out." if left_out else ""),
        figure=figure,
        rows=[row for _, row in bars],
    )
