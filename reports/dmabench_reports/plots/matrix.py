# SPDX-License-Identifier: GPL-2.0-only
"""IOMMU, swiotlb and kernel against the same few laps: a heat map, in times the plain platform."""

from __future__ import annotations

import re
from typing import Optional

from matplotlib.patches import Patch, Rectangle

from dmabench_reports import style, words
from dmabench_reports.model import Report, Row
from dmabench_reports.plots import hover
from dmabench_reports.plots.picture import Picture, footer
from dmabench_reports.plots.platforms import Place, Table

# The IOMMU's domain types as the kernel names them, in the order of the rows.
DOMAINS = {
    "": "no IOMMU",
    "none": "no IOMMU",
    "identity": "IOMMU passthrough",
    "DMA-FQ": "IOMMU lazy",
    "DMA": "IOMMU strict",
}
COLUMN, LINE = 0.72, 0.36  # inches
SAME = 1.05


def setting(place: Place) -> str:
    """What a platform does to a mapping, in words: "IOMMU strict", "no IOMMU, swiotlb forced"."""
    target = place.report.target(place.target)
    iommu = place.report.fingerprint.get("iommu") or {}
    domain = target.iommu_domain if target else ""
    text = DOMAINS.get(domain, f"IOMMU {domain}")
    if domain in ("", "none") and iommu.get("present"):
        text = "IOMMU not in use"
    return f"{text}, swiotlb forced" if bounces(place.report) else text


def bounces(report: Report) -> bool:
    swiotlb = report.fingerprint.get("swiotlb") or {}
    return swiotlb.get("forced") is True or "force" in str(swiotlb.get("parameter"))


def kernel(report: Report) -> str:
    """6.1 of 6.1.0-56-amd64."""
    found = re.match(r"\d+\.\d+", str(report.fingerprint.get("kernel") or ""))
    return found[0] if found else "?"


def _order(place: Place) -> tuple[object, ...]:
    version = [int(n) for n in re.findall(r"\d+", kernel(place.report))]
    target = place.report.target(place.target)
    domain = target.iommu_domain if target else ""
    return (
        str(place.report.fingerprint.get("arch")),
        bounces(place.report),
        list(DOMAINS).index(domain) if domain in DOMAINS else 99,
        place.target,
        version,
        place.label,
    )


def picture(table: Table, slug: str) -> Optional[Picture]:
    """None where there is one platform only, or nothing to tell it by."""
    order = sorted(range(len(table.places)), key=lambda i: _order(table.places[i]))
    if len({p.report.label for p in table.places}) < 2 or not table.chosen:
        return None
    places = [table.places[i] for i in order]
    report = places[0].report
    names = [place.label for place in places]
    left = 0.25 + 0.073 * max(
        max(len(n) for n in names),
        0.92 * max(len(_about(place)) for place in places),
    )
    width = left + COLUMN * len(table.chosen) + 0.15
    figure, axes = style.frame(
        "The same laps under each IOMMU mode, swiotlb and kernel",
        "Median cost of a lap, and how many times that of the plain platform: no IOMMU, no swiotlb, oldest kernel, "
        "of the same architecture (the first that has the lap)",
        footer(report),
        LINE * len(places),
        left=left,
        right=0.15,
        bottom=0.14 + 0.12 * max(_wrapped(c.short).count("\n") + 1 for c in table.chosen),
        legend_rows=1,
        wide=max(width, 6.6),
    )
    across = (figure.get_figwidth() - left - 0.15) / COLUMN
    axes.set_xlim(0, across)
    axes.set_ylim(len(places), 0)
    used: list[Row] = []
    for j in range(len(table.chosen)):
        plain = _plain(table, order, j)
        for y, i in enumerate(order):
            cell = table.cells[i, j]
            if cell.row is None:
                axes.text(
                    j + 0.5,
                    y + 0.5,
                    cell.word.replace(" ", "\n"),
                    ha="center",
                    va="center",
                    size=6,
                    style="italic",
                    color=style.MUTED.light,
                )
                continue
            used.append(cell.row)
            base = plain[table.places[i].report.fingerprint.get("arch")]
            ratio = cell.row.real_time / base.real_time
            axes.add_patch(
                Rectangle(
                    (j, y),
                    1,
                    1,
                    facecolor=style.heat(ratio).light,
                    edgecolor=style.PAPER.light,
                    linewidth=1.5,
                    url=hover.url(cell.row),
                )
            )
            axes.text(
                j + 0.5,
                y + 0.36,
                words.duration(cell.row.real_time),
                ha="center",
                va="center",
                size=7.5,
            )
            axes.text(
                j + 0.5,
                y + 0.73,
                _times(ratio, cell.row is base),
                ha="center",
                va="center",
                size=6.5,
            )
    for y, place in enumerate(places):
        axes.text(
            -0.12, y + 0.36, names[y], ha="right", va="center", size=8, weight="bold"
        )
        axes.text(
            -0.12,
            y + 0.73,
            _about(place),
            ha="right",
            va="center",
            size=7,
            color=style.MUTED.light,
        )
    axes.set_yticks([])
    axes.set_xticks([j + 0.5 for j in range(len(table.chosen))])
    axes.set_xticklabels([_wrapped(one.short) for one in table.chosen], size=7)
    axes.tick_params(axis="x", length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    bins = style.HEAT
    style.legend(
        figure,
        [Patch(facecolor=tone.light) for _, _, tone in bins],
        [label for _, label, _ in bins],
        columns=len(bins),
        handlelength=1.1,
    )
    return Picture(
        slug=f"{slug}.matrix",
        title="The same laps under each IOMMU mode, swiotlb and kernel",
        caption=_caption(table, order),
        figure=figure,
        rows=used,
    )


def _about(place: Place) -> str:
    return f"{setting(place)} · {kernel(place.report)}"


def _plain(table: Table, order: list[int], column: int) -> dict[object, Row]:
    """By architecture: the first of the rows, as they are sorted, that has this lap."""
    out: dict[object, Row] = {}
    for i in order:
        row = table.cells[i, column].row
        if row is not None:
            out.setdefault(table.places[i].report.fingerprint.get("arch"), row)
    return out


def _times(ratio: float, is_base: bool) -> str:
    if is_base:
        return "= 1"
    if 1 / SAME < ratio < SAME:
        return "same"
    return f"× {ratio:.0f}" if ratio >= 9.95 else f"× {ratio:.2g}"


def _wrapped(text: str) -> str:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) > 9:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _caption(table: Table, order: list[int]) -> str:
    """The greatest ratio in words."""
    worst: tuple[float, str] = (1.0, "")
    for j, one in enumerate(table.chosen):
        plain = _plain(table, order, j)
        for i in order:
            row = table.cells[i, j].row
            if row is None:
                continue
            place = table.places[i]
            ratio = row.real_time / plain[place.report.fingerprint.get("arch")].real_time
            if ratio > worst[0]:
                worst = (
                    ratio,
                    f"{one.title} on {place.label} ({setting(place)}, kernel {kernel(place.report)})",
                )
    if not worst[1]:
        return "No setting makes any of these laps dearer."
    return f"Dearest against the plain platform: {worst[1]}, {words.times(worst[0])} its cost."
