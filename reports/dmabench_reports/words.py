# SPDX-License-Identifier: GPL-2.0-only
"""How figures and names are written for people."""

from __future__ import annotations

import re

NARROW_SPACE = "\u202f"  # no-break, so a figure never leaves its unit
MINUS = "\u2212"


def size(count: float) -> str:
    """Bytes with a binary unit: 4096 is "4 KiB", 5324.8 is "5.2 KiB"."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= factor:
            return f"{_short(count / factor)}{NARROW_SPACE}{unit}"
    return f"{_short(count)}{NARROW_SPACE}B"


def duration(ns: float) -> str:
    """Nanoseconds with a decimal unit and three figures: 4181 is "4.18 µs"."""
    for unit, factor in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= factor * 0.9995:
            return f"{_three(ns / factor)}{NARROW_SPACE}{unit}"
    return f"{_three(ns)}{NARROW_SPACE}ns"


def exact(value: float) -> str:
    """A table's figure: thousands set apart; decimals only where they say something."""
    if abs(value) >= 1000:
        text = f"{value:,.0f}"
    elif abs(value) >= 100:
        text = f"{value:.1f}"
    elif abs(value) >= 0.01:
        text = f"{value:.2f}"
    else:
        text = f"{value:.2g}"
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", NARROW_SPACE)


def times(ratio: float) -> str:
    """A ratio above 1: "3.1 times"."""
    return (
        f"{ratio:.0f} times"
        if ratio >= 10
        else f"{ratio:.2g} times"
        if ratio >= 1.95
        else f"{ratio:.2f} times"
    )


def percent(share: float) -> str:
    """A share of 1."""
    value = share * 100
    if value >= 99.95 or value == 0:
        return f"{value:.0f}{NARROW_SPACE}%"
    if value >= 10:
        return (
            f"{value:.0f}{NARROW_SPACE}%"
            if value < 99
            else f"{value:.1f}{NARROW_SPACE}%"
        )
    return f"{value:.2g}{NARROW_SPACE}%"


def count(number: int, singular: str, plural: str = "") -> str:
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def slug(text: str) -> str:
    """Letters, digits, dots, dashes and underscores only: for file names and anchors."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text.replace("/", "."))


def _short(value: float) -> str:
    if value >= 99.5:
        return f"{value:.0f}"
    text = f"{value:.1f}" if value < 9.995 or value != int(value) else f"{value:.0f}"
    return text[:-2] if text.endswith(".0") else text


def _three(value: float) -> str:
    if value >= 99.95:
        return f"{value:.0f}"
    if value >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}"
