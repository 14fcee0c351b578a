# SPDX-License-Identifier: GPL-2.0-only
"""A change that a gate has to find: the module with one more loop over the cache lines in its sync for the CPU."""

import os
import re
import shutil
from pathlib import Path

# In front of streaming memory's sync: reads a byte of each line that the sync covers.
LOOP = """
	for (size_t at = 0; at < bytes; at += L1_CACHE_BYTES)
		(void)READ_ONCE(((u8 *)b->cpu)[offset + at]);
"""
SYNC = re.compile(r"(void streaming_sync_for_cpu\(.*?\)\n\{)\n", re.DOTALL)


def slow_down(kmod: Path) -> None:
    """Changes the module's source in this folder."""
    source = kmod / "strategy_streaming.c"
    text, count = SYNC.subn(lambda match: match[1] + LOOP, source.read_text())
    assert count == 1
    source.write_text(text)


def copy_cache(cache: Path, into: Path) -> None:
    """The lab's cache once more, so that another module does not push the usual one out of it.

    Takes no space where both are on one file system.
    """
    ignored = shutil.ignore_patterns("runs", "lock")
    shutil.copytree(cache, into, copy_function=_link_or_copy, symlinks=True, ignore=ignored)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
