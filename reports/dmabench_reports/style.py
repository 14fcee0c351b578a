# SPDX-License-Identifier: GPL-2.0-only
"""Colours, markers and the frame of every picture.

Each colour is a Tone: a light and a dark form. A picture is drawn with the light ones; on the page
they become CSS variables, so that one SVG serves both. Okabe-Ito for strategies, Paul Tol's "muted"
for phases and accesses, so that the same colour never means two things.
"""

from __future__ import annotations

import io
import math
import re
import textwrap
from dataclasses import dataclass
from typing import Iterable, Sequence

import matplotlib
from markupsafe import escape
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from dmabench_reports import words


@dataclass(frozen=True)
class Tone:
    light: str
    dark: str


INK = Tone("#1b1f24", "#e8eaed")
MUTED = Tone("#59626d", "#a7b0bb")
GRID = Tone("#dde1e6", "#353c45")
PAPER = Tone("#ffffff", "#1a1e24")
WARN = Tone("#b3261e", "#ff8a80")
REST = Tone("#b9c0c8", "#5d6671")


@dataclass(frozen=True)
class Look:
    tone: Tone
    marker: str


STRATEGIES = {
    "coherent": Look(Tone("#0072b2", "#4ea8de"), "o"),
    "streaming_single": Look(Tone("#d55e00", "#f58442"), "^"),
    "streaming_page": Look(Tone("#e69f00", "#f0b43a"), "v"),
    "streaming_sg": Look(Tone("#009e73", "#2cc79a"), "D"),
    "write_combine": Look(Tone("#56b4e9", "#9fd4f5"), "s"),
    "pool": Look(Tone("#cc79a7", "#e39cc4"), "P"),
    "null": Look(Tone("#7d8590", "#8b949e"), "x"),
    "noncoherent": Look(Tone("#8a6d00", "#d9bf4d"), "<"),
    "noncontiguous": Look(Tone("#5b3a8e", "#b497e6"), ">"),
    "streaming_recycle": Look(Tone("#7a3b00", "#c98a4f"), "*"),
    "copy": Look(Tone("#4d4d4d", "#c9ced4"), "h"),
}
_UNKNOWN = Look(Tone("#6e7781", "#98a2ad"), "X")

PHASE_TONES = {
    "map": Tone("#332288", "#8478e8"),
    "sync_for_device": Tone("#882255", "#c84f8a"),
    "transfer": Tone("#117733", "#45b06c"),
    "sync_for_cpu": Tone("#cc6677", "#e88a99"),
    "touch": Tone("#ddcc77", "#e6d684"),
    "access": Tone("#ddcc78", "#e6d685"),
    "unmap": Tone("#88ccee", "#8fd0f0"),
}
ACCESS_TONES = {
    "read": Tone("#44aa99", "#56c3b1"),
    "write": Tone("#aa4499", "#d070c0"),
    "copy": Tone("#999933", "#bdbd55"),
}

# Ratios to a base, from (below which, words, tone): purple below it, orange above (ColorBrewer's PuOr, colour-blind
# safe). Of the dark forms, too, letters in INK can be read.
HEAT = (
    (0.67, "below 0.67", Tone("#b2abd2", "#4f4687")),
    (0.95, "below 0.95", Tone("#d8daeb", "#3a3760")),
    (1.05, "the same", Tone("#f4f4f5", "#262b33")),
    (1.5, "to 1.5", Tone("#fef0d9", "#3d2f1c")),
    (3.0, "to 3", Tone("#fdd49e", "#5c4017")),
    (10.0, "to 10", Tone("#fdb863", "#855311")),
    (math.inf, "above 10", Tone("#f08a24", "#ad5f04")),
)


def heat(ratio: float) -> Tone:
    return next(tone for limit, _, tone in HEAT if ratio < limit)


def look(strategy: str) -> Look:
    return STRATEGIES.get(strategy, _UNKNOWN)


def colour(strategy: str) -> str:
    return look(strategy).tone.light


def all_tones() -> list[Tone]:
    tones = [INK, MUTED, GRID, PAPER, WARN, REST, _UNKNOWN.tone]
    tones += [s.tone for s in STRATEGIES.values()]
    tones += [tone for _, _, tone in HEAT]
    return tones + list(PHASE_TONES.values()) + list(ACCESS_TONES.values())


# Picture width in inches: 4.6 in are 442 CSS pixels, one column of a phone, three of a wide page.
WIDTH = 4.6
POINT = 1 / 72


def setup() -> None:
    """Make drawing independent of the user's matplotlibrc, and the same each time."""
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(
        {
            "svg.hashsalt": "dmabench",
            "svg.fonttype": "none",
            "font.family": "DejaVu Sans",
            "font.size": 8.5,
            "text.color": INK.light,
            "axes.labelcolor": INK.light,
            "axes.edgecolor": MUTED.light,
            "axes.linewidth": 0.7,
            "axes.facecolor": PAPER.light,
            "axes.axisbelow": True,
            "figure.facecolor": PAPER.light,
            "xtick.color": MUTED.light,
            "ytick.color": MUTED.light,
            "xtick.labelcolor": INK.light,
            "ytick.labelcolor": INK.light,
            "grid.color": GRID.light,
            "grid.linewidth": 0.7,
            "hatch.linewidth": 0.6,
            "legend.frameon": False,
            "legend.fontsize": 8,
            "lines.linewidth": 1.5,
            "lines.markersize": 4.5,
        }
    )


def frame(
    title: str,
    subtitle: str,
    footer: str,
    plot_height: float,
    left: float = 0.84,
    right: float = 0.14,
    bottom: float = 0.47,
    legend_rows: int = 0,
    wide: float = WIDTH,
) -> tuple[Figure, Axes]:
    """A figure with title above and legend below the axes, laid out in inches so that nothing collides.

    `plot_height` is the height of the axes, `bottom` the room for ticks and label.
    """
    title_lines = textwrap.wrap(title, int(wide * 10.4))
    subtitle_lines = textwrap.wrap(subtitle, int(wide * 14.2))
    footer_lines = textwrap.wrap(footer, int(wide * 16.4))
    top = 0.1 + 0.18 * len(title_lines) + 0.155 * len(subtitle_lines) + 0.1
    below = (
        bottom
        + 0.163 * legend_rows
        + (0.12 if legend_rows else 0)
        + 0.14 * len(footer_lines)
        + 0.08
    )
    height = top + plot_height + below
    figure = Figure(figsize=(wide, height))
    axes = figure.add_axes(
        (
            left / wide,
            below / height,
            (wide - left - right) / wide,
            plot_height / height,
        )
    )
    y = height - 0.1
    for line in title_lines:
        figure.text(0.1 / wide, y / height, line, weight="bold", size=10, va="top")
        y -= 0.18
    for line in subtitle_lines:
        figure.text(0.1 / wide, y / height, line, size=8, va="top", color=MUTED.light)
        y -= 0.155
    y = 0.08 + 0.14 * len(footer_lines)
    for line in footer_lines:
        figure.text(0.1 / wide, y / height, line, size=7, va="top", color=MUTED.light)
        y -= 0.14
    figure.legend_bottom = (0.1 + 0.14 * len(footer_lines)) / height  # type: ignore[attr-defined]
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def legend(
    figure: Figure,
    handles: Sequence[object],
    labels: Sequence[str],
    columns: int = 1,
    handlelength: float = 2.4,
) -> None:
    """A legend under the axes, in the rows that frame() kept free. Long labels get smaller letters, not a cut."""
    # letters at the usual size, beside the handle
    fitting = 66 * figure.get_figwidth() / WIDTH / columns
    longest = max((len(label) for label in labels), default=0)
    usual = matplotlib.rcParams["legend.fontsize"]
    figure.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0.06 / figure.get_figwidth(), figure.legend_bottom),  # type: ignore[attr-defined]
        ncol=columns,
        fontsize=usual * min(1.0, fitting / max(longest, 1)),
        borderaxespad=0.2,
        borderpad=0.3,
        handlelength=handlelength,
        labelspacing=0.42,
        columnspacing=1.4,
    )


def size_ticks(axes: Axes, sizes: Iterable[int], most: int = 7) -> None:
    """Sizes on a log2 axis, written as 4 KiB; every second (third, ...) one where they are many."""
    wanted = sorted(set(sizes))
    step = -(-len(wanted) // most)
    wanted = wanted[::step]
    axes.set_xscale("log", base=2)
    axes.set_xticks(wanted)
    axes.set_xticks([], minor=True)
    axes.set_xticklabels([words.size(s) for s in wanted])


def duration_ticks(axes: Axes, low: float, high: float, which: str = "y") -> None:
    """A log axis of durations over [low, high], written as 10 ns, 1 µs."""
    low, high = low / 1.25, high * 1.25
    if high / low < 3:  # nearly flat: let it look flat, and leave room for ticks
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(3), middle * math.sqrt(3)
    decades = math.log10(high / low)
    steps: tuple[float, ...] = (1,)
    if decades < 0.55:
        steps = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
    elif decades < 0.9:
        steps = (1, 2, 3, 4, 6, 8)
    elif decades < 1.7:
        steps = (1, 2, 5)
    ticks = [
        m * 10.0**e
        for e in range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
        for m in steps
    ]
    ticks = [t for t in ticks if low <= t <= high]
    if len(ticks) > 8:
        ticks = ticks[::2]
    axis = axes.yaxis if which == "y" else axes.xaxis
    (axes.set_yscale if which == "y" else axes.set_xscale)("log")
    (axes.set_ylim if which == "y" else axes.set_xlim)(low, high)
    axis.set_ticks(ticks)
    axis.set_ticks([], minor=True)
    axis.set_ticklabels([tick_duration(t) for t in ticks])


def tick_duration(ns: float) -> str:
    """As words.duration(), but 10 µs instead of 10.0 µs."""
    for unit, factor in (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1.0)):
        if ns >= factor * 0.9999 or unit == "ns":
            return f"{ns / factor:.4g}{words.NARROW_SPACE}{unit}"
    raise AssertionError("unreachable")


def linear_durations(axes: Axes, high: float, which: str = "y") -> None:
    """A linear axis of durations from 0."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(
        FuncFormatter(lambda v, _: "0" if v == 0 else tick_duration(v))
    )
    (axes.set_ylim if which == "y" else axes.set_xlim)(0, high)


def to_svg(figure: Figure) -> str:
    """The figure as SVG, without date and version so that it is the same each time."""
    FigureCanvasSVG(figure)
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue().decode("utf-8")


def to_png(figure: Figure) -> bytes:
    FigureCanvasAgg(figure)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=170, metadata={"Software": None})
    return out.getvalue()


_VARIABLES = {tone.light: f"var(--c{tone.light[1:]})" for tone in all_tones()}


def for_page(svg: str, slug: str, title: str) -> str:
    """An SVG to stand in the page: ids of its own, colours from CSS, nothing that is not needed."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.S)
    used = set(re.findall(r'href="#([^"]+)"', svg))
    used |= set(re.findall(r"url\(#([^)]+)\)", svg))
    svg = re.sub(
        r' id="([^"]+)"',
        lambda m: f' id="{slug}-{m[1]}"' if m[1] in used else "",
        svg,
    )
    svg = svg.replace('href="#', f'href="#{slug}-').replace("url(#", f"url(#{slug}-")
    svg = re.sub(
        r"#[0-9a-f]{6}\b", lambda m: _VARIABLES.get(m.group(0), m.group(0)), svg
    )
    for _ in ("width", "height"):
        svg = re.sub(r'^(<svg[^>]*?) (?:height|width)="[^"]*"', r"\1", svg)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)
    svg = re.sub(r"(\.\d\d)\d+", r"\1", svg)
    svg = re.sub(r"\s*\n\s*", " ", svg)
    return re.sub(r"> <", "><", svg).strip()


def css_variables() -> tuple[str, str]:
    """(light, dark) declarations of the colours that for_page() refers to."""
    tones = {t.light: t for t in all_tones()}
    light = "".join(f"--c{t.light[1:]}:{t.light};" for t in tones.values())
    dark = "".join(f"--c{t.light[1:]}:{t.dark};" for t in tones.values())
    return light, dark
