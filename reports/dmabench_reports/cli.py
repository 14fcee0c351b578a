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

from dmabench_reports import analysis, answers, history_page, hotspots, lead, load, page  # noqa: E402
from dmabench_reports import style, summary, trace_page, trend  # noqa: E402
from dmabench_reports.model import Report  # noqa: E402
from dmabench_reports.plots import access, consumer_loop, hover, latency, matrix, parts, platforms, size, sync  # noqa: E402
from dmabench_reports.plots import hotspots as hotspot_plots  # noqa: E402
from dmabench_reports.plots import trend as trend_plots  # noqa: E402
from dmabench_reports.plots.picture import Picture  # noqa: E402

EXIT_OK, EXIT_USAGE = 0, 2


class Gallery:
    """Writes each picture to DIR/plots/ and keeps its form for the page."""

    def __init__(self, folder: Path, formats: Sequence[str], page: str) -> None:
        self.folder = folder
        self.page = page  # the file that shows them
        self.formats = formats

    def hang(self, pictures: Sequence[Picture]) -> list[page.Drawn]:
        return [self._hang_one(picture) for picture in pictures]

    def _hang_one(self, picture: Picture) -> page.Drawn:
        raw = style.to_svg(picture.figure)
        if "svg" in self.formats:
            alone = hover.finish(raw, picture, f"../{self.page}")
            (self.folder / f"{picture.slug}.svg").write_text(alone, encoding="utf-8")
        if "png" in self.formats:
            (self.folder / f"{picture.slug}.png").write_bytes(
                style.to_png(picture.figure)
            )
        svg = style.for_page(raw, picture.slug, picture.title)
        return page.Drawn(picture, hover.finish(svg, picture, ""))


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
    parser.add_argument(
        "--history",
        nargs="+",
        default=[],
        action="extend",
        type=Path,
        metavar="REPORT",
        help="earlier runs, for history.html: each point's cost from run to run, and where it changed",
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
    history: bool = False,
) -> tuple[Path, str]:
    """Draw everything and write DIR/index.html. Returns its path, and the answers as text.

    `history`: whether there is a history.html beside it.
    """
    plots = output / "plots"
    plots.mkdir(parents=True, exist_ok=True)
    style.setup()
    gallery = Gallery(plots, formats, "index.html")
    leads = lead.leads(reports)
    first = {consumer_loop.slug(one.report, one.choice): one for one in leads if one.turns or one is leads[0]}
    leading: dict[str, page.Drawn] = {}
    sections = []
    for report in reports:
        drawn, folded = {}, []
        for kind, module in (
            ("loop", consumer_loop),
            ("size", size),
            ("sync", sync),
            ("access", access),
            ("parts", parts),
            ("latency", latency),
            ("hotspots", hotspot_plots),
        ):
            pictures = module.pictures(report)  # type: ignore[attr-defined]
            led = [p for p in pictures if p.slug in first]
            leading |= {p.slug: one for p, one in zip(led, gallery.hang(led))}
            pictures = [p for p in pictures if p.slug not in first]
            drawn[kind] = gallery.hang([p for p in pictures if p.main])
            folded += gallery.hang([p for p in pictures if not p.main])
        hot = [hotspots.hotspots(report, target) for target in report.target_names]
        sections.append(
            page.Section(report, answers.answers(report), hot, drawn, folded)
        )
    side = []
    for table in platforms.tables(reports):
        if len(table.places) < 2:
            continue  # nothing stands beside it
        name = f"side-by-side.{table.timebase.slug}" + (
            ".emulated" if table.timebase.emulated else ""
        )
        heat = matrix.picture(table, name)
        side.append(
            page.SideBySide(
                table,
                gallery.hang(platforms.pictures(table, name)),
                gallery.hang([heat] if heat else []),
            )
        )
    agreements = analysis.agreements(reports, repeats)
    index = output / "index.html"
    index.write_text(
        page.render(
            reports,
            [page.Leading(one, leading.get(consumer_loop.slug(one.report, one.choice))) for one in leads],
            sections,
            side,
            agreements,
            history,
        ),
        encoding="utf-8",
    )
    found = [(section.report, section.answers) for section in sections]
    return index, summary.text(found, agreements, leads)


def build_history(
    found: Sequence[trend.History], output: Path, formats: Sequence[str]
) -> Path:
    """Draw the trends and write DIR/history.html. Returns its path."""
    plots = output / "plots"
    plots.mkdir(parents=True, exist_ok=True)
    style.setup()
    gallery = Gallery(plots, formats, history_page.FILE)
    history_page.name_anchors(found)
    drawn = [gallery.hang(trend_plots.pictures(one, history_page.links)) for one in found]
    path = output / history_page.FILE
    path.write_text(history_page.render(found, drawn), encoding="utf-8")
    return path


def main(arguments: Optional[Sequence[str]] = None) -> int:
    args = parse(arguments)
    traced = [path for path in args.reports if trace_page.is_trace(path)]
    args.reports = [path for path in args.reports if path not in traced]
    try:
        traces = [trace_page.load(path) for path in traced]
        reports = load.load(args.reports)
        repeats = load.load(args.repeat)
        # read anew: on a page of their own their rows have other anchors
        runs = load.load([*args.history, *args.reports]) if args.history else []
    except load.LoadError as error:
        print(f"dmabench report: {error}", file=sys.stderr)
        return EXIT_USAGE
    histories = trend.histories(runs)
    if args.history and not histories:
        print(
            "dmabench report: --history: no platform has two runs with the same clock",
            file=sys.stderr,
        )
        return EXIT_USAGE
    try:
        if traces:
            shown = trace_page.write(traces, args.output, "index.html" if reports else None)
            print("\n".join(map(trace_page.summary, traces)), shown, sep="\n")
        if not reports:
            return EXIT_OK
        index, answers_in_words = build(
            reports, repeats, args.output, args.plots, bool(histories)
        )
        if histories:
            build_history(histories, args.output, args.plots)
    except OSError as error:
        print(
            f"dmabench report: {error.filename or args.output}: {error.strerror}",
            file=sys.stderr,
        )
        return EXIT_USAGE
    print(answers_in_words)
    for said in trend.summary(histories):
        print(f"{said['history'].platform}: {said['text']}")
    print(index)
    return EXIT_OK
