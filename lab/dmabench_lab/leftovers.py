# SPDX-License-Identifier: GPL-2.0-only
"""What a guest had sent when its lab was killed: it is in the run's stream, and the next run takes it in.

A run's folder keeps its stream only if nobody was left to remove it.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .stream import Receiver, StreamError

_CLAIM = "report"


def claim(folder: Path, report: Path) -> BinaryIO:
    """Says that the run in this folder works on the report, for as long as the result is open."""
    file = open(folder / _CLAIM, "wb")
    fcntl.flock(file, fcntl.LOCK_EX)
    file.write(os.fsencode(report.resolve()))
    file.flush()
    return file


def take_in(runs: Path, report: Path) -> bool:
    """Brings the report's files to what the guest of a killed run had made of them; whether there was such a run."""
    found = False
    for stream in _abandoned(runs, report):
        receiver = Receiver(report.parent, lambda _: None, lambda _: None)
        try:
            receiver.feed(stream.read_bytes())
        except (OSError, StreamError):
            pass  # what came before is in its place
        stream.unlink(missing_ok=True)
        found = True
    return found


def _abandoned(runs: Path, report: Path) -> Iterator[Path]:
    for stream in sorted(runs.glob("*/stream"), key=lambda path: path.stat().st_mtime):
        try:
            with open(stream.parent / _CLAIM, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if file.read() == os.fsencode(report.resolve()):
                    yield stream
        except OSError:
            continue  # no report of anybody, or its run goes on
