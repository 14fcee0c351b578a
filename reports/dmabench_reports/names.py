# SPDX-License-Identifier: GPL-2.0-only
"""The grammar of a point's name, as told under "Names" in docs/DESIGN.md."""

from __future__ import annotations

import re
from typing import Any, Optional

from dmabench_reports.model import AXES, is_streaming, is_synced

_ENUMS = {
    "direction": {"bidirectional", "to_device", "from_device"},
    "source": {"default", "kmalloc", "pages", "slab", "vmalloc", "user"},
    "touch": {"none", "read", "write", "copy"},
    "transfer": {"none", "memcpy", "edu"},
    "ownership": {"synced", "no_sync_for_cpu", "no_sync_for_device"},
    "cache_mode": {"none", "cached", "writecombine", "uncached", "coherent"},
    "access": {"none", "read", "write", "copy"},
    "pattern": {"sequential", "strided", "random"},
    "width": {"word", "vector"},
    "cache_state": {"as_is", "cold", "warm", "dirty"},
    "unmap_cpu": {"none", "other"},
    "node": {"any", "0", "1", "2", "3", "4", "5", "6", "7"},
}
_TARGET = re.compile(
    r"platform(-coherent|-noncoherent)?|pci(:[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])?|dmaengine(:[a-z0-9]+)?"
)
_STRATEGY = re.compile(r"[a-z][a-z0-9_]*")
_INTEGER = re.compile(r"0|[1-9][0-9]*")
MAX_SIZE = 64 << 20


def check_name(name: str) -> Optional[str]:
    """What is wrong with a name by the grammar under "Names", or None."""
    strategy, *parts = name.split("/")
    if not _STRATEGY.fullmatch(strategy):
        return f"the strategy '{strategy}' is not a word of a-z, 0-9 and _"
    values: dict[str, str] = {}
    for part in parts:
        key, colon, value = part.partition(":")
        if not colon or not value:
            return f"'{part}' is not key:value"
        if key not in AXES or key == "strategy":
            return f"'{key}' is not an axis"
        if key in values:
            return f"'{key}' occurs twice"
        values[key] = value
    if list(values) != sorted(values):
        return "the parts are not sorted by key"
    for key, value in values.items():
        wrong = _wrong_value(key, value)
        if wrong:
            return wrong
    always = _always(strategy)
    missing = sorted(always - set(values))
    if missing:
        return f"'{missing[0]}' is missing"
    for key, value in values.items():
        if key not in always and value == str(AXES[key]):
            return f"'{key}' is at its default and so does not belong into the name"
        moved = key == "direction" and "transfer" in values
        if key in ("direction", "sync_every") and not moved and not is_synced(strategy):
            return f"'{key}' does not apply to {strategy}"
    return None


def name_of(params: dict[str, Any]) -> str:
    """The name that these axis values make."""
    always = _always(str(params.get("strategy")))
    parts = [
        f"{key}:{params.get(key, AXES[key])}"
        for key in sorted(AXES)
        if key != "strategy"
        and (key in always or params.get(key, AXES[key]) != AXES[key])
    ]
    return "/".join([str(params.get("strategy")), *parts])


def _always(strategy: str) -> set[str]:
    keys = {"size", "target"}
    if strategy == "pool" or is_streaming(strategy):
        keys.add("map_every")
    if is_synced(strategy):
        keys |= {"direction", "sync_every"}
    return keys


def _wrong_value(key: str, value: str) -> Optional[str]:
    if isinstance(AXES[key], int):
        if not _INTEGER.fullmatch(value):
            return f"the value of '{key}' is not a plain decimal: '{value}'"
        if key == "size" and not 1 <= int(value) <= MAX_SIZE:
            return f"the size {value} is not within 1 .. {MAX_SIZE}"
    elif key == "target":
        if not _TARGET.fullmatch(value):
            return f"'{value}' is not a target" + (
                ": 'auto' is resolved before the run" if value == "auto" else ""
            )
    elif value not in _ENUMS[key]:
        return f"'{value}' is not a value of '{key}'"
    return None
