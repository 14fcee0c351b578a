# SPDX-License-Identifier: GPL-2.0-only
"""dmabench_reports REPORT... -o DIR: the page and its plots from report files."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Optional, Sequence

# matplotlib warns of an unwritable home on stderr, which is for our own errors
logging.getLogger("matplotlib").setLevel(logging.ERROR)

from dmabench_reports import analysis, answers, load, page, style, summary  # noqa: E402
from dmabench_reports.model import Report  # noqa: E402
from dmabench_reports.plots import access, parts, platforms, size, sync  # noqa: E402
from dmabench_reports.plots.picture import Picture  # noqa: E402

EXIT_OK, EXIT_USAGE = 0, 2


class Gallery:
    """Writes each picture to DIR/plots/ and keeps its form for the page."""

    def __init__(self, folder: Path, formats: Sequence[str]) -> None:
        self.folder = folder
        self.formats = formats

    def hang(self, pictures: Sequence[Picture]) -> list[page.Drawn]:
        return [self._hang_one(picture) for picture in pictures]

    def _hang_one(self, picture: Picture) -> page.Drawn:
        svg = style.to_svg(picture.figure)
        if "svg" in self.formats:
            (self.folder / f"{picture.slug}.svg").write_text(svg, encoding="utf-8")
        if "png" in self.formats:
            (self.folder / f"{picture.slug}.png").write_bytes(
                style.to_png(picture.figure)
            )
        return page.Drawn(picture, style.for_page(svg, picture.slug, picture.title))


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="dmabench report",
        description="Make a page with plots from dmabench reports.",
    )
    parser.add_argument("reports", nargs="+", type=Path, metavar="REPORT")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="where to write; made if needed",
    )
    parser.add_argument(
        "--plots",
        default="svg,png",
        metavar="FORMATS",
        help="files to write to DIR/plots (svg,png)",
    )
    parser.add_argument(
        "--repeat",
        nargs="+",
        default=[],
        action="extend",
        type=Path,
        metavar="REPORT",
        help="second runs, only to tell how well two runs agree",
    )
    args = parser.parse_args(arguments)
    args.plots = [f for f in args.plots.split(",") if f]
    unknown = set(args.plots) - {"svg", "png"}
    if unknown:
        parser.error(
            f"--plots: unknown format '{sorted(unknown)[0]}'; svg and png are known"
        )
    return args


def build(
    reports: Sequence[Report],
    repeats: Sequence[Report],
    output: Path,
    formats: Sequence[str],
) -> tuple[Path, str]:
    """Draw everything and write DIR/index.html. Returns its path, and the answers as text."""
    plots = output / "plots"
    plots.mkdir(parents=True, exist_ok=True)
    style.setup()
    gallery = Gallery(plots, formats)
    sections = []
    for report in reports:
        drawn, folded = {}, []
        for kind, module in (
            ("size", size),
            ("sync", sync),
            ("access", access),
            ("parts", parts),
        ):
            pictures = module.pictures(report)  # type: ignore[attr-defined]
            drawn[kind] = gallery.hang([p for p in pictures if p.main])
            folded += gallery.hang([p for p in pictures if not p.main])
        sections.append(page.Section(report, answers.answers(report), drawn, folded))
    side = []
    if len(reports) > 1 or len(reports[0].target_names) > 1:
        for table in platforms.tables(reports):
            name = f"side-by-side.{table.clock}" + (
                ".emulated" if table.emulated else ""
            )
            side.append(
                page.SideBySide(table, gallery.hang(platforms.pictures(table, name)))
            )
    agreements = analysis.agreements(reports, repeats)
    index = output / "index.html"
    index.write_text(
        page.render(reports, sections, side, agreements), encoding="utf-8"
    )
    found = [(section.report, section.answers) for section in sections]
    return index, summary.text(found, agreements)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    args = parse(arguments)
    try:
        reports = load.load(args.reports)
        repeats = load.load(args.repeat)
    except load.LoadError as error:
        print(f"dmabench report: {error}", file=sys.stderr)
        return EXIT_USAGE
    try:
        index, answers_in_words = build(reports, repeats, args.output, args.plots)
    except OSError as error:
        print(
            f"dmabench report: {error.filename or args.output}: {error.strerror}",
            file=sys.stderr,
        )
        return EXIT_USAGE
    print(answers_in_words)
    print(index)
    return EXIT_OK
