# SPDX-License-Identifier: GPL-2.0-only
"""The answers of analysis.py in words, each with the rows that it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, Sequence

from dmabench_reports import analysis, words
from dmabench_reports.model import Report, Row, Workload, is_streaming

K4, K64 = 4096, 65536


@dataclass(frozen=True)
class Statement:
    """A sentence, in parts that the page shows apart."""

    subject: str
    answer: str
    detail: str
    rows: list[Row]
    work: str = ""
    verdict: str = ""  # coherent, streaming, tie, crosses, mixed


@dataclass
class TargetAnswers:
    """All that is said of one target of one platform."""

    target: str
    headline: str
    choice: list[Statement] = field(default_factory=list)
    time: list[Statement] = field(default_factory=list)
    sync: list[Statement] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def answers(report: Report) -> list[TargetAnswers]:
    return [_answers_for(report, target) for target in report.target_names]


def _answers_for(report: Report, target: str) -> TargetAnswers:
    out = TargetAnswers(target, "")
    compared: list[tuple[Workload, analysis.Comparison, Statement]] = []
    for workload in report.workloads:
        if workload.target != target:
            continue
        found = analysis.comparisons(report, workload)
        for group in _same_answers(found):
            statement = _choice(workload, group)
            out.choice.append(statement)
            compared.append((workload, group[0], statement))
    out.headline = _headline(compared)
    if any(w.touch == w.access == "none" for w, _, _ in compared):
        out.remarks.append(
            "Laps with no CPU access tell what the calls cost, not what it costs to read or write the memory."
        )
    if report.clock == "instructions":
        out.remarks.append(
            "On this clock memory that is not cached costs as much as cached memory, so every answer here leaves "
            "out what uncached coherent memory costs to access: streaming can only look worse than it is."
        )
    out.time = [
        s for s in (_where_time_goes(report, target, size) for size in (K4, K64)) if s
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
        verdict=first.kind,
    )


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
        return "equal" if len(one.sizes) == 1 else "equal at all sizes"
    if one.kind == "mixed":
        return _mixed(one)
    return f"{one.kind} is cheaper" + ("" if len(one.sizes) == 1 else " at all sizes")


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


def _headline(compared: list[tuple[Workload, analysis.Comparison, Statement]]) -> str:
    """The answer for the fullest comparison: with CPU access to the whole buffer where there is one."""
    if not compared:
        return "No answer: coherent and streaming were not both measured with the same work."

    def rank(
        item: tuple[Workload, analysis.Comparison, Statement]
    ) -> tuple[bool, bool, int]:
        workload, one, _ = item
        return (
            workload.touch == workload.access == "none",
            workload.access != "none",
            -len(one.sizes),
        )

    best = sorted(compared, key=rank)[0][0]
    chosen = [(c, s) for w, c, s in compared if w == best]
    usages = _unique(s.answer for _, s in chosen)
    where = (
        f"When {best.text}"
        if best.touch != "none" or best.access != "none"
        else "Calls only, no CPU access"
    )
    if len(usages) == 1:
        return f"{where}: {usages[0]}, however streaming is used."
    seen: dict[str, str] = {}
    for one, statement in chosen:
        seen.setdefault(
            f"{one.streaming.strategy}, {one.streaming.usage}", statement.answer
        )
    single = {k: v for k, v in seen.items() if k.startswith("streaming_single")} or seen
    return (
        f"{where}: "
        + "; ".join(f"{answer} ({usage})" for usage, answer in single.items())
        + "."
    )


def _find(
    report: Report, target: str, size: int, map_every: int, sync_every: int
) -> Optional[Row]:
    """The streaming row of this usage; streaming_single, bidirectional and with no CPU access first."""
    found = [
        r
        for r in report.rows
        if is_streaming(r.params.strategy)
        and r.params.target == target
        and r.params.size == size
        and (r.params.map_every, r.params.sync_every) == (map_every, sync_every)
        and r.params.series.whole_sync
        and r.params.access == "none"
    ]
    if not found:
        return None
    touch = {"copy": 0, "read": 1, "write": 2, "none": 3}
    return min(
        found,
        key=lambda r: (
            r.params.strategy != "streaming_single",
            r.params.direction != "bidirectional",
            r.params.touch_bytes != 0,
            touch.get(r.params.touch, 9),
            r.name,
        ),
    )


def _where_time_goes(report: Report, target: str, size: int) -> Optional[Statement]:
    row = _find(report, target, size, 1, 0)
    if row is None:
        return None
    subject = f"{words.size(size)}, {row.params.strategy}, mapped for each transfer, {row.params.workload.text}"
    top = analysis.greatest_phase(row)
    if top is None:
        return Statement(subject, "no phase has a figure", _no_figures(row), [row])
    phase, cost, share = top
    rest = [
        f"{p} {words.percent(v / sum(row.figures.values()))}"
        for p, v in row.figures.items()
        if p != phase
    ]
    detail = f"{words.duration(cost)} of a lap of {words.duration(row.real_time)}"
    detail += f"; {', '.join(rest)}." if rest else "."
    none = _no_figures(row)
    return Statement(
        subject,
        f"{phase} takes {words.percent(share)}",
        f"{detail} {none}".strip(),
        [row],
    )


def _sync_share(report: Report, target: str, size: int) -> Optional[Statement]:
    row = _find(report, target, size, 0, 1)
    if row is None:
        return None
    subject = f"{words.size(size)}, {row.params.strategy}, mapped once, synced each transfer, {row.params.workload.text}"
    share = row.share("sync_for_device", "sync_for_cpu")
    if share is None:
        return Statement(subject, "no figure for sync", _no_figures(row), [row])
    cost = sum(row.figures.get(p, 0.0) for p in ("sync_for_device", "sync_for_cpu"))
    detail = f"{words.duration(cost)} of a lap of {words.duration(row.real_time)}. {_no_figures(row)}"
    return Statement(
        subject, f"sync takes {words.percent(share)}", detail.strip(), [row]
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
