# SPDX-License-Identifier: GPL-2.0-only
"""Memory types of a mapping: what was asked for, and what is really in force."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dmabench_reports.model import Row

# What counts as having got the mode that was asked for. With "coherent" the kernel chooses.
_HONOURS = {
    "cached": {"writeback", "writethrough"},
    "writecombine": {"writecombining", "writecombine", "normalnoncacheable"},
    "uncached": {"uncached", "uncachedminus", "device"},
}


@dataclass(frozen=True)
class MemoryType:
    """The effective memory types of one mmap()ed buffer."""

    requested: str
    user: str
    kernel: str

    @property
    def flag(self) -> str:
        """What is not as asked for; empty when all is."""
        wanted = _HONOURS.get(self.requested)
        if wanted and _known(self.user) and _plain(self.user) not in wanted:
            return f"asked for {self.requested}, got {self.user}"
        if (
            _known(self.user)
            and _known(self.kernel)
            and _plain(self.user) != _plain(self.kernel)
        ):
            return "user and kernel mappings differ"
        return ""

    @property
    def text(self) -> str:
        return f"user {self.user or 'unknown'}, kernel {self.kernel or 'unknown'}"


def of(row: Row) -> MemoryType:
    asked = str(row.mapping.get("requested") or row.params.cache_mode)
    return MemoryType(
        asked, str(row.mapping.get("user") or ""), str(row.mapping.get("kernel") or "")
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _known(name: str) -> bool:
    return bool(name) and not name.startswith("unknown")
