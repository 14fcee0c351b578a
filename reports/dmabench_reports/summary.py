# SPDX-License-Identifier: GPL-2.0-only
"""The page's answers as plain text, for the terminal."""

from __future__ import annotations

from typing import Sequence

from dmabench_reports.analysis import Agreement
from dmabench_reports.answers import TargetAnswers
from dmabench_reports.lead import Lead
from dmabench_reports.model import Report
from dmabench_reports.words import count, percent


def text(
    found: Sequence[tuple[Report, Sequence[TargetAnswers]]],
    agreements: Sequence[Agreement],
    leads: Sequence[Lead] = (),
) -> str:
    """Per platform and target: who wins, against each way of streaming; then how well two runs agree.

    Last, as it is read first in a terminal, what the page leads with.
    """
    led = {(one.report.label, one.target) for one in leads}
    lines = ["Coherent or streaming?"]
    for report, targets in found:
        for target in targets:
            lines.append(f"  {report.label}, {target.target}")
            for usage, statement in target.short.items():
                lines.append(f"    against streaming {usage}: {statement.answer}")
            if not target.short:
                lines.append("    not measured with the same work, so neither is called cheaper")
            for statement in target.loop if (report.label, target.target) not in led else ():
                lines.append(f"    {statement.subject}: {statement.answer}")
            if target.loop_caution:
                lines.append(f"    ({target.loop_caution})")
            if target.caution:
                lines.append(f"    ({target.caution})")
    for agreement in agreements:
        how = (
            "to the last digit"
            if agreement.greatest == 0
            else f"within {percent(agreement.greatest)}"
        )
        lines.append(
            f"{agreement.platform}: two runs agree {how}, over {count(agreement.compared, 'point')}"
        )
    notices = dict.fromkeys(report.notice for report, _ in found if report.notice)
    lines += notices
    if leads:
        lines.append("User space reads a DMA buffer: uncached, or cached and synced?")
        lines += [f"  {line}" for one in leads for line in one.lines]
    return "\n".join(lines)
