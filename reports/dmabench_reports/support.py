# SPDX-License-Identifier: GPL-2.0-only
"""What there is on each platform, from reports of scenarios/support.json.

python3 -m dmabench_reports.support --platforms FILE [--plan FILE] REPORT... -o TABLE.md     writes the table
python3 -m dmabench_reports.support --platforms FILE REPORT... --check TABLE.md              compares with one

FILE of --platforms is what `lab list --json` prints, FILE of --plan what `dmabench plan --json` does.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Mapping, Optional, Sequence

from dmabench_reports import load
from dmabench_reports.model import Params, Report, Row, is_streaming

EXIT_OK, EXIT_DIFFERENT, EXIT_USAGE = 0, 1, 2

HEAD = """\
# What can be measured where

Each strategy, memory source and cache mode on each of the lab's platforms, at 4 KiB, as `scripts/support-table` has measured
it: it runs [`scenarios/support.json`](../scenarios/support.json) in every guest and writes this file from the reports.
`scripts/test` does the same on platforms with one CPU, and compares.

- **measured**: there are figures. In the rows of user space the memory type follows that the mapping really has, read back
  from the page tables.
- **elided**: measured, and found that this kernel skips the syncs inline, because the device is coherent and nothing bounces.
- **skipped**: cannot be had there, for the reason below the table.
"""


@dataclass(frozen=True, order=True)
class Column:
    """A target of a platform."""

    kernel: str
    platform: str
    target: str

    @property
    def title(self) -> str:
        suffix = f"-{self.kernel}"
        return f"{self.platform.removesuffix(suffix)}<br>{self.target}"


@dataclass(frozen=True)
class Line:
    """A row of the table."""

    strategy: str
    source: str
    use: str


Cells = dict[Column, dict[Line, str]]


class TableError(Exception):
    """What was given makes no table; the message is for the user."""


def use_of(params: Params) -> str:
    """How a point uses its strategy, in the words of the table."""
    if params.access != "none":
        return f"user space, {params.cache_mode}"
    if params.strategy == "null":
        return "nothing"
    made = "mapped" if is_streaming(params.strategy) else "allocated"
    if params.map_every:
        return f"{made} each lap"
    return "synced each lap" if params.sync_every else f"{made} once"


def status(row: Row) -> str:
    """The cell of a measured row: `elided` where every sync of it is."""
    if row.params.access != "none":
        return f"measured: {row.mapping.get('user', 'unknown')}"
    # Reports once told of rows that never sync what would be elided, too.
    syncs = [phase for name, phase in row.phases.items() if name.startswith("sync_") and row.params.sync_every]
    return "elided" if syncs and all(phase.elided for phase in syncs) else "measured"


def sources(reports: Iterable[Report]) -> dict[tuple[str, str], str]:
    """Where the memory of a strategy comes from, by the source that was asked for."""
    return {
        (row.params.strategy, row.params.source): str(row.buffer["source"])
        for report in reports
        for row in report.rows
        if row.buffer.get("source")
    }


def cells(reports: Sequence[Report], kernels: Mapping[str, str]) -> Cells:
    """All cells, by column and row, in the order of the reports."""
    known = sources(reports)
    table: Cells = {}

    def put(report: Report, params: Params, text: str) -> None:
        # Where a function is on its bus is no matter here.
        target = params.target.split(":")[0]
        column = Column(kernels[report.platform], report.platform, target)
        source = known.get((params.strategy, params.source), "")
        line = Line(params.strategy, source or params.source.replace("default", ""), use_of(params))
        table.setdefault(column, {})[line] = text

    for report in reports:
        if report.platform not in kernels:
            raise TableError(f"{report.file}: platform '{report.platform}' is none of the lab's")
        for row in report.rows:
            put(report, row.params, status(row))
        for word, missing in (("skipped", report.skipped), ("failed", report.errors)):
            for one in missing:
                put(report, one.params, f"{word}: {one.reason}")
    return table


def _kernel_order(kernel: str) -> tuple[int, tuple[int, ...], str]:
    """Numbers ascending, names after them."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", kernel))
    return (0, numbers, "") if kernel[:1].isdigit() else (1, (), kernel)


def _lines(table: Cells) -> list[Line]:
    """Strategies and their sources as they come in the reports; user space last."""
    found = list(dict.fromkeys(line for column in table.values() for line in column))
    places = {key: n for n, key in enumerate(dict.fromkeys(line.strategy for line in found))}
    memory = {key: n for n, key in enumerate(dict.fromkeys((line.strategy, line.source) for line in found))}
    return sorted(
        found,
        key=lambda line: (
            places[line.strategy],
            line.use.startswith("user space"),
            memory[line.strategy, line.source],
        ),
    )


def render(table: Cells, excluded: Sequence[str]) -> str:
    """The table as Markdown."""
    parts = [HEAD]
    lines = _lines(table)
    for kernel in sorted({column.kernel for column in table}, key=_kernel_order):
        columns = sorted(column for column in table if column.kernel == kernel)
        reasons: dict[str, int] = {}
        name = f"Linux {kernel}" if kernel[:1].isdigit() else f"Debian {kernel}'s Linux"
        parts.append(f"\n## {name}\n\n")
        parts.append(_row(["strategy", "source", "", *(column.title for column in columns)]))
        parts.append("|" + "---|" * (3 + len(columns)) + "\n")
        for line in lines:
            texts = [_noted(table[column].get(line, "not planned"), reasons) for column in columns]
            parts.append(_row([line.strategy, line.source, line.use, *texts]))
        if reasons:
            parts.append("\n" + "".join(f"{number}. {reason}\n" for reason, number in reasons.items()))
    if excluded:
        parts.append("\n## On no platform\n\n" + "".join(f"- {reason}\n" for reason in excluded))
    return "".join(parts)


def _row(texts: Sequence[str]) -> str:
    return "| " + " | ".join(texts) + " |\n"


def _noted(text: str, reasons: dict[str, int]) -> str:
    """The cell, its reason replaced by the number of a note."""
    word, colon, reason = text.partition(": ")
    if word == "measured" or not colon:
        return text
    return f"{word} [{reasons.setdefault(reason, len(reasons) + 1)}]"


def read(text: str) -> dict[tuple[str, str], dict[Line, str]]:
    """A rendered table's cells, by kernel's heading and column's title; the notes put back in."""
    found: dict[tuple[str, str], dict[Line, str]] = {}
    for section in re.split(r"(?m)^## ", text)[1:]:
        heading, _, body = section.partition("\n")
        notes = dict(re.findall(r"(?m)^(\d+)\. (.+)$", body))
        rows = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in re.findall(r"(?m)^\| .*$", body)]
        for row in rows[1:]:
            for title, cell in zip(rows[0][3:], row[3:]):
                noted = re.sub(r" \[(\d+)\]$", lambda note: f": {notes.get(note[1], '?')}", cell)
                found.setdefault((heading, title), {})[Line(*row[:3])] = noted
    return found


def differences(measured: str, committed: str) -> list[str]:
    """Where the columns of one rendered table differ from those of another, which may have more of them."""
    ours, theirs = read(measured), read(committed)
    out = []
    for column, lines in ours.items():
        where = f"{column[0]}, {column[1].replace('<br>', ' ')}"
        if column not in theirs:
            out.append(f"{where}: is not in the table")
            continue
        for line in dict.fromkeys([*lines, *theirs[column]]):
            now, then = lines.get(line, "not planned"), theirs[column].get(line, "not planned")
            if now != then:
                what = " ".join(filter(None, (line.strategy, line.source, line.use)))
                out.append(f"{where}: {what}: is '{now}', the table has '{then}'")
    return out


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(f"{path}: cannot be read: {error}") from None


def _excluded(path: Optional[Path]) -> list[str]:
    """The reasons why combinations of the scenario cannot be, each once."""
    return list(dict.fromkeys(one["reason"] for one in _json(path)["excluded"])) if path else []


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="dmabench_reports.support", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("reports", nargs="+", type=Path, metavar="REPORT")
    parser.add_argument("--platforms", required=True, type=Path, metavar="FILE", help="what 'lab list --json' prints")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="what 'dmabench plan --json' prints")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("-o", "--output", type=Path, metavar="TABLE", help="write the table")
    what.add_argument("--check", type=Path, metavar="TABLE", help="compare the reports with the table")
    args = parser.parse_args(arguments)
    try:
        kernels = {one["name"]: one["kernel"] for one in _json(args.platforms)}
        text = render(cells(load.load(args.reports), kernels), _excluded(args.plan))
        if args.output:
            args.output.write_text(text, encoding="utf-8")
            return EXIT_OK
        found = differences(text, args.check.read_text(encoding="utf-8"))
    except (TableError, load.LoadError, OSError) as error:
        print(f"dmabench_reports.support: {error}", file=sys.stderr)
        return EXIT_USAGE
    for line in found:
        print(line)
    return EXIT_DIFFERENT if found else EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
