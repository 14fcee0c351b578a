# SPDX-License-Identifier: GPL-2.0-only
"""The answers of analysis.py in words, each with the rows that it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Optional, Sequence

from dmabench_reports import analysis, consumer_loop, words
from dmabench_reports.model import Report, Row, Workload, is_streaming

K4, K64 = 4096, 65536
SYNCS = ("sync_for_device", "sync_for_cpu")


@dataclass(frozen=True)
class Statement:
    """A sentence, in parts that the page shows apart."""

    subject: str
    answer: str
    detail: str
    rows: list[Row]
    work: str = ""
    mark: str = ""  # the colour shown with it: coherent, streaming, crosses or none


@dataclass
class TargetAnswers:
    """All that is said of one target of one platform."""

    target: str
    work: str = ""
    short: dict[str, Statement] = field(default_factory=dict)  # by usage
    choice: list[Statement] = field(default_factory=list)
    time: list[Statement] = field(default_factory=list)
    sync: list[Statement] = field(default_factory=list)
    loop: list[Statement] = field(default_factory=list)  # the consumer in user space
    loop_caution: str = ""  # belongs beside each of them
    remarks: list[str] = field(default_factory=list)
    caution: str = ""  # belongs beside every answer of this target


def answers(report: Report) -> list[TargetAnswers]:
    return [_answers_for(report, target) for target in report.target_names]


def _answers_for(report: Report, target: str) -> TargetAnswers:
    out = TargetAnswers(target)
    compared: list[tuple[Workload, analysis.Comparison, Statement]] = []
    for workload in report.workloads:
        if workload.target != target:
            continue
        found = analysis.comparisons(report, workload)
        for group in _same_answers(found):
            statement = _choice(workload, group)
            out.choice.append(statement)
            compared.append((workload, group[0], statement))
    out.work, out.short = _short(compared)
    if any(w.touch == w.access == "none" for w, _, _ in compared):
        out.remarks.append(
            "Laps with no CPU access tell what the calls cost, not what it costs to read or write the memory."
        )
    out.loop = [
        Statement(one.subject, one.answer, one.detail, one.basis)
        for one in consumer_loop.loops(report, target)
        if one.every == 1
    ]
    if out.loop and report.clock == "instructions":
        out.loop_caution = (
            "an uncached read costs no more than a cached one on this clock, so the uncached side looks too cheap here; "
            "on hardware caching pays from fewer bytes on"
        )
    device = report.target(target)
    if report.clock == "instructions" and not (device and device.coherent):
        out.caution = "an uncached read costs nothing extra on this clock; on hardware expect streaming to do better"
        out.remarks.append(
            "This device is not coherent, so its coherent memory is not cached. On this clock that costs nothing: "
            "where the CPU accesses the buffer, real hardware favours streaming more than these answers do."
        )
    out.time = [
        s
        for touched in (False, True)
        for size in (K4, K64)
        if (s := _where_time_goes(report, target, size, touched))
    ]
    out.sync = [
        s for s in (_sync_share(report, target, size) for size in (K4, K64)) if s
    ]
    return out


def _same_answers(
    found: Sequence[analysis.Comparison],
) -> list[list[analysis.Comparison]]:
    """Directions and strategies whose answer is the same word for word are told together."""
    groups: dict[tuple[str, str, str], list[analysis.Comparison]] = {}
    for one in found:
        key = (
            one.streaming.usage,
            one.kind,
            _answer(one) if one.kind in ("crosses", "mixed") else "",
        )
        groups.setdefault(key, []).append(one)
    order = {"streaming_single": 0, "streaming_page": 1, "streaming_sg": 2}
    direction = {"bidirectional": 0, "from_device": 1, "to_device": 2}
    for group in groups.values():
        group.sort(
            key=lambda c: (
                order.get(c.streaming.strategy, 9),
                direction.get(c.streaming.direction, 9),
            )
        )
    return list(groups.values())


def _choice(workload: Workload, group: list[analysis.Comparison]) -> Statement:
    first = group[0]
    strategies = _unique(c.streaming.strategy for c in group)
    directions = _unique(c.streaming.direction for c in group)
    subject = (
        f"{', '.join(strategies)} ({', '.join(directions)}), {first.streaming.usage}"
    )
    return Statement(
        subject=subject,
        answer=_answer(first),
        detail=_detail(first, of_several=len(group) > 1),
        rows=first.basis,
        work=workload.text,
        mark=_mark(first),
    )


def _mark(one: analysis.Comparison) -> str:
    """Who wins, as a colour; ties have none."""
    winners = set(one.verdicts) - {"tie"}
    return winners.pop() if len(winners) == 1 else "crosses" if winners else ""


def _answer(one: analysis.Comparison) -> str:
    if one.kind == "crosses":
        parts = [
            f"{one.crossovers[0].cheaper_below} is cheaper below {words.size(one.crossovers[0].size)}"
        ]
        for i, cross in enumerate(one.crossovers):
            upper = one.crossovers[i + 1].size if i + 1 < len(one.crossovers) else None
            parts.append(
                f"{cross.cheaper_above} "
                + (f"up to {words.size(upper)}" if upper else "above")
            )
        return ", ".join(parts)
    if one.kind == "tie":
        return f"equal {_where(one)}"
    if one.kind == "mixed":
        return _mixed(one)
    return f"{one.kind} is cheaper {_where(one)}"


def _where(one: analysis.Comparison) -> str:
    if len(one.sizes) == 1:
        return f"at {words.size(one.sizes[0])}"
    return "at all sizes"


def _mixed(one: analysis.Comparison) -> str:
    """Ties at some sizes, one winner at the others."""
    winner = next(v for v in one.verdicts if v != "tie")
    won = [s for s, v in zip(one.sizes, one.verdicts) if v == winner]
    tied = [s for s, v in zip(one.sizes, one.verdicts) if v == "tie"]
    if max(tied) < min(won):
        return f"equal up to {words.size(max(tied))}, {winner} is cheaper from {words.size(min(won))} on"
    if max(won) < min(tied):
        return f"{winner} is cheaper up to {words.size(max(won))}, equal from {words.size(min(tied))} on"
    return f"{winner} is cheaper at {len(won)} of {len(one.sizes)} sizes, equal at the others"


def _detail(one: analysis.Comparison, of_several: bool) -> str:
    if one.kind == "crosses":
        between = " and ".join(
            f"{words.size(c.below)} and {words.size(c.above)}" for c in one.crossovers
        )
        places = "place is" if len(one.crossovers) == 1 else "places are"
        return f"The {places} log-interpolated between the measured {between}."
    if one.kind == "tie":
        return f"They differ by less than {words.percent(analysis.TIE)}, or their intervals overlap."
    shown = (
        f" ({one.streaming.strategy}, {one.streaming.direction})" if of_several else ""
    )
    if len(one.sizes) == 1:
        return f"{_ratio(one, 0)} at {words.size(one.sizes[0])}, the only size measured{shown}."
    return (
        f"{_ratio(one, 0)} at {words.size(one.sizes[0])}, {_ratio(one, -1)} at {words.size(one.sizes[-1])}{shown}; "
        f"{len(one.sizes)} sizes measured."
    )


def _ratio(one: analysis.Comparison, index: int) -> str:
    ratio = one.ratios[index]
    if one.verdicts[index] == "tie":
        return "equal"
    return f"{words.times(max(ratio, 1 / ratio))} cheaper"


def _short(
    compared: list[tuple[Workload, analysis.Comparison, Statement]]
) -> tuple[str, dict[str, Statement]]:
    """The work and the answers of the fullest comparison: with access to the whole buffer, or most of it, if any."""
    if not compared:
        return "", {}

    def rank(
        item: tuple[Workload, analysis.Comparison, Statement]
    ) -> tuple[bool, float, bool, int, int]:
        workload, one, _ = item
        touch = ("read", "copy", "write", "none").index(workload.touch)
        untouched = workload.touch == workload.access == "none"
        part = workload.touch_bytes if workload.touch_bytes < max(one.sizes) else 0
        return (
            untouched,
            -part if part else -math.inf,
            workload.access != "none",
            touch,
            -len(one.sizes),
        )

    best = sorted(compared, key=rank)[0][0]
    out: dict[str, Statement] = {}
    for workload, one, statement in compared:
        if workload == best:
            out.setdefault(one.streaming.usage, statement)
    return best.text, out


def _find(
    report: Report,
    target: str,
    size: int,
    usage: tuple[int, int],
    touched: bool,
) -> Optional[Row]:
    """The streaming row of this (map_every, sync_every); streaming_single first."""
    found = [
        r
        for r in report.rows
        if is_streaming(r.params.strategy)
        and r.params.target == target
        and r.params.size == size
        and (r.params.map_every, r.params.sync_every) == usage
        and r.params.series.whole_sync
        and r.params.series.usual
        and r.params.access == "none"
        and not r.params.touch_bytes
        and (r.params.touch != "none") == touched
    ]
    touch = {"read": 0, "copy": 1, "write": 2, "none": 3}
    if not found:
        return None
    return min(
        found,
        key=lambda r: (
            r.params.strategy != "streaming_single",
            touch.get(r.params.touch, 9),
            r.params.direction != "bidirectional",
            r.name,
        ),
    )


def _subject(row: Row) -> str:
    p = row.params
    return f"{words.size(p.size)}, {p.strategy} ({p.direction}) {p.series.usage}, {p.workload.text}"


def _where_time_goes(
    report: Report, target: str, size: int, touched: bool
) -> Optional[Statement]:
    row = _find(report, target, size, (1, 0), touched)
    if row is None:
        return None
    top = analysis.greatest_phase(row)
    if top is None:
        return Statement(
            _subject(row), "no phase has a figure", _no_figures(row), [row]
        )
    phase, cost, share = top
    of_lap = f"{words.duration(cost)} of a lap of {words.duration(row.real_time)}"
    if any(p.below_clock_ns is not None for p in row.phases.values()):
        # The phases do not add up, so their shares would be too great.
        part = words.percent(min(1.0, cost / row.real_time))
        return Statement(
            _subject(row),
            f"{phase} takes the most",
            f"{of_lap} ({part}). {_no_figures(row)}",
            [row],
        )
    total = sum(row.figures.values())
    rest = [
        f"{p} {words.percent(v / total)}" for p, v in row.figures.items() if p != phase
    ]
    detail = f"{of_lap}; {', '.join(rest)}." if rest else f"{of_lap}."
    return Statement(
        _subject(row),
        f"{phase} takes {words.percent(share)}",
        f"{detail} {_no_figures(row)}".strip(),
        [row],
    )


def _sync_share(report: Report, target: str, size: int) -> Optional[Statement]:
    """With CPU access where that was measured: in a lap that only syncs, sync is all there is."""
    row = _find(report, target, size, (0, 1), True)
    alone = row is None
    if row is None:
        row = _find(report, target, size, (0, 1), False)
    if row is None:
        return None
    syncs = [row.phases[p] for p in SYNCS if p in row.phases]
    cost = sum(p.per_lap_ns or 0.0 for p in syncs)
    floor = sum(p.below_clock_ns or 0.0 for p in syncs)
    detail = f"{words.duration(cost)} of a lap of {words.duration(row.real_time)}."
    if not cost and not floor:
        return Statement(_subject(row), "no figure for sync", _no_figures(row), [row])
    if floor:  # told from above only
        answer = f"sync takes less than {words.duration(cost + floor)}"
        detail = f"The lap is {words.duration(row.real_time)}."
    elif alone:
        answer = "the lap is nothing but sync"
    else:
        answer = f"sync takes {words.percent(row.share(*SYNCS) or 0)}"
    return Statement(
        _subject(row), answer, f"{detail} {_no_figures(row)}".strip(), [row]
    )


def _no_figures(row: Row) -> str:
    parts = []
    for name, phase in row.phases.items():
        if phase.elided:
            parts.append(f"{name} is elided: {phase.elided}.")
        elif phase.below_clock_ns is not None:
            parts.append(
                f"{name} is below the clock (shorter than {words.duration(phase.below_clock_ns)})."
            )
    return " ".join(parts)


def _unique(items):  # type: ignore[no-untyped-def]
    return list(dict.fromkeys(items))
