# SPDX-License-Identifier: GPL-2.0-only
"""The page: everything a template needs, and nothing that changes from run to run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Sequence

import jinja2
from markupsafe import Markup, escape

from dmabench_reports import analysis, answers, hotspots, lead, mapping, overview, style, words
from dmabench_reports.model import PHASES, Missing, Report, Row
from dmabench_reports.plots import platforms
from dmabench_reports.plots.picture import Picture

HERE = Path(__file__).resolve().parent

LAP_KEYS = {
    "lap_p50_ns": "lap p50",
    "lap_p99_ns": "lap p99",
    "lap_max_ns": "lap max",
}
ONE_LINE = 3  # pictures beside one another on a wide screen

NOTICES = {
    "instructions": (
        "These figures are NOT hardware time.",
        "They are from an emulated machine whose clock counts instructions: 1 ns = 1 instruction. They are exact and "
        "the same on every run, so they show what a kernel, a module or a setting executes. Caches, buses and "
        "devices cost nothing there: an uncached read costs as much as a cached one, a device answers at once.",
    ),
    "modelled": (
        "These figures are modelled, NOT hardware time.",
        "They are from an emulated machine whose clock counts instructions and adds what a model of caches, memory "
        "types and cache maintenance asks for. They are exact and repeatable. They show order and magnitude; they "
        "do not predict a real board.",
    ),
    "realtime": (
        "These figures are NOT hardware time.",
        "They are from an emulated machine in real time: they measure the emulator and its host, with noise. Never "
        "rank hardware by them.",
    ),
    "fake": (
        "These figures are made up.",
        "They are from the fake device session, which exists to test the program: no machine ran this.",
    ),
}
_OTHER = ("These figures are NOT hardware time.", "They are from an emulated machine.")


@dataclass(frozen=True)
class Notice:
    title: str
    text: str
    own: list[str]  # what the reports themselves say
    platforms: list[str]


@dataclass
class Drawn:
    """A picture that is on the page."""

    picture: Picture
    svg: str

    @property
    def wide(self) -> bool:
        """Too wide for a column; on a narrow screen it scrolls by itself."""
        return self.picture.figure.get_figwidth() > 1.3 * style.WIDTH

    @property
    def least(self) -> str:
        """The width below which its letters would be too small, in rem."""
        return f"{self.picture.figure.get_figwidth() * 5:.0f}"


@dataclass
class Section:
    """One report."""

    report: Report
    answers: list[answers.TargetAnswers]
    hotspots: list[hotspots.Hotspots]  # by target
    pictures: dict[str, list[Drawn]]  # by kind: size, sync, access, ...
    folded: list[Drawn]

    def by_target(self, kind: str) -> list[tuple[str, list[Drawn]]]:
        groups: dict[str, list[Drawn]] = {t: [] for t in self.report.target_names}
        for one in self.pictures[kind]:
            groups[one.picture.rows[0].params.target].append(one)
        found = [(target, drawn) for target, drawn in groups.items() if drawn]
        if sum(len(drawn) for _, drawn in found) <= ONE_LINE:
            return [("", [one for _, drawn in found for one in drawn])]
        return found

    @property
    def skipped(self) -> list[tuple[str, list[Missing]]]:
        return group_by_reason(self.report.skipped)

    @property
    def errors(self) -> list[tuple[str, list[Missing]]]:
        return group_by_reason(self.report.errors)

    @property
    def phases(self) -> list[str]:
        return [p for p in PHASES if any(p in r.phases for r in self.report.rows)]

    @property
    def lap_keys(self) -> dict[str, str]:
        """Quantiles of single laps that this report has, with their heads."""
        return {
            key: head
            for key, head in LAP_KEYS.items()
            if any(key in r.numbers for r in self.report.rows)
        }

    @property
    def has_mappings(self) -> bool:
        return any(r.mapping for r in self.report.rows)

    @property
    def unavailable(self) -> list[tuple[str, list[str]]]:
        groups: dict[str, list[str]] = {}
        for one in (self.report.meta.get("counters") or {}).get("unavailable") or []:
            groups.setdefault(str(one.get("reason") or "no reason given"), []).append(
                str(one.get("event"))
            )
        return list(groups.items())

    @property
    def available(self) -> list[str]:
        return [
            str(one)
            for one in (self.report.meta.get("counters") or {}).get("available") or []
        ]


@dataclass(frozen=True)
class Leading:
    """What the page begins with, of one target; with its picture where that says more than the words."""

    lead: lead.Lead
    drawn: Optional[Drawn]


@dataclass
class SideBySide:
    table: platforms.Table
    pictures: list[Drawn]
    matrix: list[Drawn]  # one, or none

    def best(self, column: int) -> float:
        cells = self.table.cells
        return min(
            c.row.real_time for (_, j), c in cells.items() if j == column and c.row
        )

    def heat(self, place: int, column: int) -> int:
        """0 (the least of the column) to 5 (50 times it and more)."""
        row = self.table.cells[place, column].row
        if row is None:
            return 0
        ratio = row.real_time / self.best(column)
        return sum(ratio >= limit for limit in (1.05, 1.5, 3, 10, 50))

    def ratio(self, place: int, column: int) -> str:
        row = self.table.cells[place, column].row
        if row is None:
            return ""
        ratio = row.real_time / self.best(column)
        if ratio < 1.05:
            return ""
        return f"×{ratio:.0f}" if ratio >= 9.95 else f"×{ratio:.2g}"


def group_by_reason(missing: Sequence[Missing]) -> list[tuple[str, list[Missing]]]:
    groups: dict[str, list[Missing]] = {}
    for one in missing:
        groups.setdefault(one.reason, []).append(one)
    return sorted(groups.items(), key=lambda kv: (-len(kv[1]), kv[0]))


def notices(reports: Sequence[Report]) -> list[Notice]:
    """One per kind of clock that is not hardware's."""
    groups: dict[str, list[Report]] = {}
    for report in reports:
        if report.emulated or report.clock == "fake":
            groups.setdefault(report.clock, []).append(report)
    out = []
    for clock, group in groups.items():
        title, text = NOTICES.get(clock, _OTHER)
        own = list(dict.fromkeys(r.notice for r in group if r.notice))
        out.append(Notice(title, text, own, [r.label for r in group]))
    return out


def scenarios(reports: Sequence[Report]) -> list[dict[str, Any]]:
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for report in reports:
        for one in report.meta.get("scenarios") or []:
            seen.setdefault((str(one.get("name")), str(one.get("sha256"))), one)
    return list(seen.values())


def environment() -> jinja2.Environment:
    """With the filters that the templates use."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        duration=words.duration,
        exact=words.exact,
        bytesize=words.size,
        percent=words.percent,
        breakable=breakable,
        breakable_snake=lambda name: Markup("_<wbr>").join(
            escape(part) for part in name.split("_")
        ),
        slug=words.slug,
    )
    return made


def assets() -> dict[str, Markup]:
    """Style and script, to stand in the page itself."""
    light, dark = style.css_variables()
    css = (HERE / "templates" / "page.css").read_text(encoding="utf-8")
    css = css.replace("/*LIGHT*/", light).replace("/*DARK*/", dark)
    js = (HERE / "templates" / "page.js").read_text(encoding="utf-8")
    return {"css": Markup(css), "js": Markup(js)}


def render(
    reports: Sequence[Report],
    leads: Sequence[Leading],
    sections: Sequence[Section],
    side: Sequence[SideBySide],
    agreements: Sequence[analysis.Agreement],
    history: bool,
) -> str:
    return environment().get_template("page.html.j2").render(
        **assets(),
        history=history,
        reports=reports,
        leads=leads,
        syncs=lead.syncs,
        sections=sections,
        side=side,
        agreements=agreements,
        verdicts=overview.verdicts(
            [(s.report, s.answers, s.hotspots) for s in sections],
            [one.table for one in side],
        ),
        has_counters=hotspots.has_counters,
        phase_colour=lambda phase: style.PHASE_TONES[phase].light[1:],
        notices=notices(reports),
        scenarios=scenarios(reports),
        count=words.count,
        row_label=row_label,
        row_cells=row_cells,
        memory_type=mapping.of,
        domain=domain,
        usages=sorted(
            {u for s in sections for a in s.answers for u in a.short},
            key=lambda u: (not u.startswith("mapped for each"), u),
        ),
        tie=words.percent(analysis.TIE),
    )


def breakable(name: str) -> Markup:
    """A name that may be broken after each part."""
    return Markup("/<wbr>").join(escape(part) for part in name.split("/"))


def row_label(row: Row) -> str:
    """A short link text; the whole name is its title."""
    return f"{row.params.strategy} {words.size(row.params.size)}"


def domain(report: Report) -> str:
    """The IOMMU domain of each target, in words."""
    iommu = report.fingerprint.get("iommu") or {}
    found = list(
        dict.fromkeys(t.iommu_domain for t in report.targets if t.iommu_domain)
    )
    found = [f for f in found if f != "none"]
    if found:
        return ", ".join(found)
    if iommu.get("present") is True:
        return "present, not in use"
    return "none" if iommu.get("present") is False or report.targets else "unknown"


@dataclass(frozen=True)
class TableCell:
    text: str
    value: str = ""  # to sort by
    title: str = ""
    word: bool = False  # a word instead of a figure


def row_cells(section: Section, row: Row) -> list[TableCell]:
    """The figures of a row, in the order of the table's head (see page.html.j2)."""
    cells = [_figure(row.real_time)]
    if row.ci:
        low, high = row.ci
        half = (high - low) / 2 / row.real_time
        text = "exact" if half < 5e-7 else f"± {words.percent(half)}"
        cells.append(TableCell(text, f"{half:.6g}", f"{low:g} … {high:g} ns"))
    else:
        cells.append(_nothing())
    for name in section.phases:
        phase = row.phases.get(name)
        if phase is None:
            cells.append(_nothing("this lap has no such phase"))
        elif phase.elided:
            cells.append(TableCell("elided", "", phase.elided, word=True))
        elif phase.below_clock_ns is not None:
            cells.append(
                TableCell(
                    "below clock",
                    "",
                    f"shorter than {words.duration(phase.below_clock_ns)}",
                    word=True,
                )
            )
        else:
            title = ""
            if phase.calls and phase.per_call_ns:
                title = f"{words.exact(phase.per_call_ns)} ns per call, {words.count(phase.calls, 'call')}"
            cells.append(_figure(phase.per_lap_ns, title))
    for key in section.lap_keys:
        cells.append(_figure(row.numbers.get(key)))
    for key in section.report.counters:
        cells.append(_figure(row.numbers.get(key)))
    if section.has_mappings:
        if row.mapping:
            kind = mapping.of(row)
            cells.append(
                TableCell(
                    kind.text + (f" — {kind.flag}" if kind.flag else ""), kind.text
                )
            )
        else:
            cells.append(_nothing("not mapped into user space"))
    return cells


def _figure(value: Optional[float], title: str = "") -> TableCell:
    if value is None:
        return _nothing("not known")
    return TableCell(words.exact(value), f"{value:.9g}", title)


def _nothing(why: str = "not known") -> TableCell:
    return TableCell("–", "", why, word=True)
