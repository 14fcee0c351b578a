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
from dmabench_reports.model import AXES, Params, Report, Row, is_streaming

EXIT_OK, EXIT_DIFFERENT, EXIT_USAGE = 0, 1, 2

HEAD = """\
# What can be measured where

Each strategy, memory source, cache mode, transfer and axis on each of the lab's platforms, as `scripts/support-table` has
measured it: it runs [`scenarios/support.json`](../scenarios/support.json) in every guest and writes this file from the
reports. `scripts/test` does the same, and compares. Buffers have 4 KiB, those that a device's engine moves 2 KiB, and others
where it says so. Platforms whose cells are all the same in a table share a column of it;
above the table is told who they are.

- **measured**: there are figures. In the rows of user space the memory type follows that the mapping really has, read back
  from the page tables; under a narrow DMA mask how the buffer's DMA address came about; where a sync was left out, what the
  data were.
- **elided**: measured, and found that this kernel skips the syncs inline, because the device is coherent and nothing bounces.
- **by chance**: the buffer happened to lie within the DMA mask. In the next boot it may lie beyond, and be skipped.
- **skipped**: cannot be had there, for the reason below the kernel's tables.

A row of a transfer stands for both directions.
"""


@dataclass(frozen=True)
class Table:
    """One of a kernel's tables."""

    title: str
    heads: tuple[str, str, str]


MEMORY = Table("Strategies, sources and cache modes", ("strategy", "source", "use"))
TRANSFERS = Table("Transfers", ("strategy", "source", "use"))
AXIS_VALUES = Table("Axes", ("axis", "strategy", "use"))
KINDS = (MEMORY, TRANSFERS, AXIS_VALUES)

# The axes that the other tables are made of, at the values that have rows there.
_ELSEWHERE: Mapping[str, tuple[Any, ...]] = {
    "size": (4096,),
    "map_every": (0, 1),
    "sync_every": (0, 1),
    "access": ("none", "read"),
}
_BYTES = ("size", "sync_offset", "sync_bytes", "touch_bytes", "offset")

# An engine or a mask of fewer address bits does not reach all of the smallest platform's memory.
_NARROW = 32
_BEYOND = "skipped: no memory within the DMA mask"
_CHANCE = ", by chance"


@dataclass(frozen=True, order=True)
class Column:
    """A target of a platform; of transfers, an engine."""

    kernel: str
    platform: str
    target: str

    @property
    def title(self) -> str:
        return f"{self.platform.removesuffix(f'-{self.kernel}')} {self.target}".rstrip()


@dataclass(frozen=True)
class Line:
    """A row of a table: what stands in its first columns."""

    table: Table
    first: str
    second: str
    use: str


Cells = dict[Column, dict[Line, str]]


class TableError(Exception):
    """What was given makes no table; the message is for the user."""


def _laps(every: int) -> str:
    return "each lap" if every == 1 else f"every {every} laps"


def use_of(params: Params) -> str:
    """How a point uses its strategy, in the words of the table."""
    if params.access != "none":
        return f"user space, {params.cache_mode}"
    if params.strategy == "null":
        return "nothing"
    made = "mapped" if is_streaming(params.strategy) else "allocated"
    if params.map_every:
        use = f"{made} {_laps(params.map_every)}"
    else:
        use = f"synced {_laps(params.sync_every)}" if params.sync_every else f"{made} once"
    if params.ownership != "synced":
        use += f", {params.ownership.replace('no_', 'without ', 1)}"
    return use


def _value(axis: str, value: Any) -> str:
    if axis in _BYTES:
        for unit, factor in (("M", 1 << 20), ("K", 1 << 10)):
            if value and value % factor == 0:
                return f"{value // factor}{unit}"
    return str(value)


def axes_of(params: Params) -> str:
    """The axes that a point is measured for, with their values; "": none."""
    others = {"strategy", "target", "source", "cache_mode", "transfer", "ownership"}
    found = []
    for axis, default in AXES.items():
        value = getattr(params, axis)
        if axis not in others and value not in _ELSEWHERE.get(axis, (default,)):
            found.append(f"{axis} {_value(axis, value)}")
    return ", ".join(found)


def line_of(params: Params, source: str) -> Line:
    """Where a point stands."""
    if params.transfer != "none":
        return Line(TRANSFERS, params.strategy, source, use_of(params))
    axes = axes_of(params)
    if axes:
        return Line(AXIS_VALUES, axes, params.strategy, use_of(params))
    return Line(MEMORY, params.strategy, source, use_of(params))


def _by_chance(row: Row) -> bool:
    """Whether the buffer is ordinary memory, from anywhere, and yet within a narrow mask without any help."""
    mask = int(str(row.buffer.get("dma_mask", "0")), 16)
    direct = row.buffer.get("relation") in ("identity", "offset")
    return is_streaming(row.params.strategy) and direct and 0 < mask < (1 << _NARROW) - 1


def status(row: Row) -> str:
    """The cell of a measured row: `elided` where every sync of it is."""
    # Reports once told of rows that never sync what would be elided, too.
    syncs = [phase for name, phase in row.phases.items() if name.startswith("sync_") and row.params.sync_every]
    word = "elided" if syncs and all(phase.elided for phase in syncs) else "measured"
    if row.params.access != "none":
        word = f"measured: {row.mapping.get('user', 'unknown')}"
    elif row.params.ownership != "synced":
        word = f"measured: {row.ownership.get('data', 'unknown')}"
    elif row.params.mask_bits:
        word = f"measured: {row.buffer.get('relation', 'unknown')}"
    return word + (_CHANCE if _by_chance(row) else "")


def _memory_of(params: Params) -> tuple[str, str, bool]:
    """What a strategy's memory depends on: `default` is another source where user space has it."""
    return params.strategy, params.source, params.access != "none"


def sources(reports: Iterable[Report]) -> dict[tuple[str, str, bool], str]:
    """Where the memory of a strategy comes from."""
    return {
        _memory_of(row.params): str(row.buffer["source"])
        for report in reports
        for row in report.rows
        if row.buffer.get("source")
    }


def _worse(one: str, other: str) -> str:
    """Of the cells of two points of a line the one that says more of what is missing."""

    def missing(text: str) -> tuple[bool, bool, bool]:
        return text.startswith("failed"), text.startswith("skipped"), text.endswith(_CHANCE)

    return max(one, other, key=missing)


def cells(reports: Sequence[Report], kernels: Mapping[str, str]) -> Cells:
    """All cells, by column and row, in the order of the reports."""
    known = sources(reports)
    table: Cells = {}

    def put(report: Report, params: Params, text: str) -> None:
        line = line_of(params, known.get(_memory_of(params), "") or params.source.replace("default", ""))
        # Where a function is on its bus is no matter here.
        target = params.transfer if line.table is TRANSFERS else params.target.split(":")[0]
        column = table.setdefault(Column(kernels[report.platform], report.platform, target), {})
        column[line] = _worse(column[line], text) if line in column else text

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


def _axis_order(line: Line) -> tuple[int, int, str]:
    """By axis, then by value."""
    axis, _, value = line.first.partition(",")[0].partition(" ")
    number = re.match(r"\d+", value)
    scale = {"K": 1 << 10, "M": 1 << 20}.get(value[-1:], 1)
    return (list(AXES).index(axis), int(number[0]) * scale if number else 0, line.second)


def _lines(table: Cells, kind: Table) -> list[Line]:
    """Strategies and their sources as they come in the reports, user space last; axes as they come in params."""
    found = list(dict.fromkeys(line for column in table.values() for line in column if line.table is kind))
    if kind is AXIS_VALUES:
        return sorted(found, key=_axis_order)
    places = {key: n for n, key in enumerate(dict.fromkeys(line.first for line in found))}
    memory = {key: n for n, key in enumerate(dict.fromkeys((line.first, line.second) for line in found))}
    return sorted(
        found,
        key=lambda line: (
            places[line.first],
            line.use.startswith("user space"),
            memory[line.first, line.second],
        ),
    )


def _folded(table: Cells, columns: Iterable[Column], lines: Sequence[Line]) -> dict[tuple[str, ...], list[str]]:
    """The titles of the columns that have the same cells, by these cells."""
    found: dict[tuple[str, ...], list[str]] = {}
    for column in columns:
        own = table[column]
        if not own.keys().isdisjoint(lines):
            found.setdefault(tuple(own.get(line, "not planned") for line in lines), []).append(column.title)
    return found


def _letters(number: int) -> str:
    """A to Z, then AA and so on."""
    return (_letters(number // 26 - 1) if number > 25 else "") + chr(ord("A") + number % 26)


def render(table: Cells, excluded: Sequence[str]) -> str:
    """The tables as Markdown."""
    parts = [HEAD]
    for kernel in sorted({column.kernel for column in table}, key=_kernel_order):
        columns = sorted(column for column in table if column.kernel == kernel)
        reasons: dict[str, int] = {}
        name = f"Linux {kernel}" if kernel[:1].isdigit() else f"Debian {kernel}'s Linux"
        parts.append(f"\n## {name}\n")
        for kind in KINDS:
            lines = _lines(table, kind)
            folded = _folded(table, columns, lines)
            if not folded:
                continue
            parts.append(f"\n### {kind.title}\n\n")
            letters = [_letters(n) for n in range(len(folded))]
            parts += [f"- **{letter}**: {', '.join(titles)}\n" for letter, titles in zip(letters, folded.values())]
            parts.append("\n" + _row([*kind.heads, *letters]))
            parts.append("|" + "---|" * (len(kind.heads) + len(folded)) + "\n")
            for line, texts in zip(lines, zip(*folded)):
                parts.append(_row([line.first, line.second, line.use, *(_noted(text, reasons) for text in texts)]))
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
    """The cells of rendered tables, by kernel's heading and column's title; the notes put back in."""
    found: dict[tuple[str, str], dict[Line, str]] = {}
    kinds = {kind.title: kind for kind in KINDS}
    for section in re.split(r"(?m)^## ", text)[1:]:
        heading, _, body = section.partition("\n")
        notes = dict(re.findall(r"(?m)^(\d+)\. (.+)$", body))
        for part in re.split(r"(?m)^### ", body)[1:]:
            kind = kinds[part.partition("\n")[0]]
            titles = {letter: who.split(", ") for letter, who in re.findall(r"(?m)^- \*\*([A-Z]+)\*\*: (.+)$", part)}
            heads, *rows = (
                [cell.strip() for cell in row.strip().strip("|").split("|")] for row in re.findall(r"(?m)^\| .*$", part)
            )
            for row in rows:
                for letter, cell in zip(heads[3:], row[3:]):
                    noted = re.sub(r" \[(\d+)\]$", lambda note: f": {notes.get(note[1], '?')}", cell)
                    for title in titles[letter]:
                        found.setdefault((heading, title), {})[Line(kind, *row[:3])] = noted
    return found


def same(one: str, other: str) -> bool:
    """Whether two boots may give these cells."""
    chance = [text for text in (one, other) if text.endswith(_CHANCE)]
    return one == other or bool(chance) and all(text in chance or text.startswith(_BEYOND) for text in (one, other))


def differences(measured: str, committed: str) -> list[str]:
    """Where the columns of one rendered file differ from those of another, which may have more of them."""
    ours, theirs = read(measured), read(committed)
    out = []
    for column, lines in ours.items():
        where = ", ".join(column)
        if column not in theirs:
            out.append(f"{where}: is not in the table")
            continue
        for line in dict.fromkeys([*lines, *theirs[column]]):
            now, then = lines.get(line, "not planned"), theirs[column].get(line, "not planned")
            if not same(now, then):
                what = " ".join(filter(None, (line.first, line.second, line.use)))
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
