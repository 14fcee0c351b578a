# SPDX-License-Identifier: GPL-2.0-only
"""The page in a few sentences, each with the rows that it rests on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Sequence

from dmabench_reports import words
from dmabench_reports.answers import TargetAnswers
from dmabench_reports.hotspots import Hotspots
from dmabench_reports.model import Report, Row, Timebase
from dmabench_reports.plots.platforms import Table

FAR = 1.5  # a setting that costs less than this many times another is not worth a sentence


Found = tuple[Report, Sequence[TargetAnswers], Sequence[Hotspots]]


@dataclass(frozen=True)
class Verdict:
    subject: str
    text: str
    rows: list[Row] = field(default_factory=list)
    bad: bool = False


def verdicts(
    found: Sequence[Found],
    tables: Sequence[Table],
) -> list[Verdict]:
    """Those that count or rank figures are given for each kind of nanosecond by itself."""
    reports = [report for report, _, _ in found]
    groups: dict[Timebase, list[Found]] = {}
    for one in found:
        groups.setdefault(one[0].timebase, []).append(one)
    notes = {
        timebase: f" (clock: {timebase.text})" if len(groups) > 1 else ""
        for timebase in groups
    }
    out = _trouble(reports)
    for timebase, group in groups.items():
        out += _choice(group, notes[timebase])
    for table in tables:
        out += _settings(table, notes[table.timebase])
    for timebase, group in groups.items():
        out += _hottest(group, notes[timebase])
    return out + _elided(reports)


def _choice(found: Sequence[Found], note: str) -> list[Verdict]:
    by_usage: dict[str, list[tuple[str, str, list[Row]]]] = {}
    cautions: dict[str, list[str]] = {}  # the places that each applies to
    for report, answers, _ in found:
        for one in answers:
            place = report.label + (f" {one.target}" if len(answers) > 1 else "")
            if one.caution and one.short:
                cautions.setdefault(one.caution, []).append(place)
            for usage, statement in one.short.items():
                by_usage.setdefault(usage, []).append(
                    (statement.answer, place, statement.rows)
                )
    out = []
    mind = "".join(
        f" Mind on {', '.join(places)}: {caution}."
        for caution, places in cautions.items()
    )
    for usage, given in by_usage.items():
        counted = Counter(answer for answer, _, _ in given)
        parts = []
        for answer, times in counted.most_common(3):
            places = [place for said, place, _ in given if said == answer]
            where = (
                "everywhere"
                if len(counted) == 1 and times > 1
                else "on " + (", ".join(places) if times <= 3 else f"{times} of {len(given)} devices")
            )
            parts.append(f"{answer} ({where})")
        rest = len(counted) - len(parts)
        text = "; ".join(parts) + (f"; and {words.count(rest, 'other answer')}" if rest else "")
        text = text[:1].upper() + text[1:]
        out.append(Verdict(f"Coherent, or streaming {usage}?{note}", f"{text}.{mind}", given[0][2][:2]))
    return out


def _settings(table: Table, note: str) -> list[Verdict]:
    """The lap that differs the most between the platforms."""
    best: tuple[float, str, list[Row]] = (FAR, "", [])
    for j, one in enumerate(table.chosen):
        cells = [
            (table.cells[i, j].row, place.label)
            for i, place in enumerate(table.places)
            if table.cells[i, j].row
        ]
        if len(cells) < 2:
            continue
        low = min(cells, key=lambda c: c[0].real_time)  # type: ignore[union-attr]
        high = max(cells, key=lambda c: c[0].real_time)  # type: ignore[union-attr]
        assert low[0] and high[0]
        ratio = high[0].real_time / low[0].real_time
        if ratio > best[0]:
            text = (
                f"“{one.title}” takes {words.duration(low[0].real_time)} on {low[1]} and "
                f"{words.duration(high[0].real_time)} on {high[1]}, {words.times(ratio)} as much."
            )
            best = (ratio, text, [low[0], high[0]])
    if not best[1]:
        return []
    return [Verdict(f"What differs the most between platforms?{note}", best[1], best[2])]


def _hottest(found: Sequence[Found], note: str) -> list[Verdict]:
    tops = [
        (one.top, report.label + (f" {one.target}" if len(hot) > 1 else ""))
        for report, _, hot in found
        for one in hot
        if one.top
    ]
    if not tops:
        return []
    counted = Counter(top.phase for top, _ in tops)
    phase, times = counted.most_common(1)[0]
    top, place = max(
        ((t, p) for t, p in tops if t.phase == phase), key=lambda tp: tp[0].share
    )
    where = "everywhere" if len(counted) == 1 and len(tops) > 1 else f"on {times} of {len(tops)} devices"
    lead = f"Of the DMA API's calls most in {phase}"
    lead += f" {where}; most of all on" if len(tops) > 1 else ", on"
    text = f"{lead} {place}, where it is {words.percent(top.share)} of the average lap."
    return [Verdict(f"Where does the time go?{note}", text, [top.dearest])]


def _elided(reports: Sequence[Report]) -> list[Verdict]:
    found = {
        report.label: row
        for report in reports
        for row in report.rows
        if any(phase.elided for phase in row.phases.values())
    }
    if not found:
        return []
    text = f"On {', '.join(found)} this kernel does nothing for them: they cost no call."
    return [Verdict("Are syncs elided?", text, list(found.values())[:2])]


def _trouble(reports: Sequence[Report]) -> list[Verdict]:
    parts = []
    for report in reports:
        said = []
        if report.errors:
            said.append(words.count(len(report.errors), "point") + " failed")
        if report.meta.get("interrupted"):
            said.append("the run was interrupted")
        if (report.meta.get("drift") or {}).get("verdict") == "moved":
            said.append("the machine moved while it was measured")
        if said:
            parts.append(f"{report.label}: {', '.join(said)}")
    return [Verdict("What went wrong?", "; ".join(parts) + ".", bad=True)] if parts else []
