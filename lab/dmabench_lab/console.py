# SPDX-License-Identifier: GPL-2.0-only
"""What a guest's console log says about how it went."""

import re

READY = "@lab: ready"
_FAIL = re.compile(r"@lab: fail: (.*)")
_STAMP = re.compile(r"^\[\s*\d+\.\d+\]\s?(?:\[[^\]]*\]\s?)?")
_PANIC = re.compile(r"Kernel panic - not syncing: .*")
# What the kernel prints when it finds itself at fault. Ordered by how much the line tells.
_SPLATS = [
    re.compile(pattern)
    for pattern in (
        r"Unable to handle kernel .*",
        r"BUG: .*",
        r"kernel BUG at .*",
        r"Internal error: .*",
        r"general protection fault.*",
        r"Oops: .*",
        r"DMA-API: .*",
        r"WARNING: .*",
        r"INFO: task .* blocked for more than .*",
        r"rcu: INFO: .*(?:stall|starved).*",
    )
]


def _lines(log: str) -> list[str]:
    return [_STAMP.sub("", line.rstrip("\r")) for line in log.splitlines()]


def panic(log: str) -> str | None:
    """The panic's own line, or None."""
    for line in _lines(log):
        found = _PANIC.search(line)
        if found:
            return found.group(0)
    return None


def splat(log: str) -> str | None:
    """The first complaint of the kernel about itself, or None."""
    for line in _lines(log):
        for pattern in _SPLATS:
            found = pattern.search(line)
            if found:
                return found.group(0)
    return None


def failed_step(log: str) -> str | None:
    """What the guest's init could not do, or None."""
    found = _FAIL.search(log)
    return found.group(1).rstrip("\r") if found else None


def is_ready(log: str) -> bool:
    """The guest got as far as starting the command."""
    return READY in log


def failure(log: str) -> str | None:
    """One line on what went wrong in the guest, the cause before its consequences; None when nothing did."""
    step = failed_step(log)
    if step:
        return step
    found = panic(log)
    first = splat(log)
    if found:
        because = f" (after: {first})" if first and first not in found else ""
        return f"kernel panicked: {found.removeprefix('Kernel panic - not syncing: ')}{because}"
    if first:
        return f"the kernel complained: {first}"
    return None
