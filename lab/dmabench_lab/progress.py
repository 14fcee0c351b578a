# SPDX-License-Identifier: GPL-2.0-only
"""How far the guests are, on standard error: a live line for each on a terminal, now and then a line elsewhere."""

import dataclasses
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

PLAIN_EVERY_SECONDS = 30.0
_BAR = 20
# Lines that are no point: canaries, and what a later pass counted of a point that is there already.
_NO_POINT = (b'{"canary"', b'{"counts"')
_NARROWEST_BAR = 5
# A row begins with its name, so that the rest of its long line is left alone.
_NAME = re.compile(rb'\{"(?:row|skipped|error)":\{"name":"([^"\\]+)"')


def duration(seconds: float) -> str:
    """Short and of steady width: 7s, 1m05s, 2h03m."""
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3600}h{whole // 60 % 60:02}m"


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


@dataclasses.dataclass
class Count:
    """Points in a journal."""

    done: int = 0
    planned: int | None = None
    last: str = ""  # the point that was done last


class JournalReader:
    """Counts the points of a growing journal without reading any of it twice.

    Each line after the first is a point, but for those of canaries.
    """

    def __init__(self, path: Path) -> None:
        self.count = Count()
        self._path = path
        self._offset = 0
        self._rest = b""
        self._lines = 0

    def update(self) -> Count:
        try:
            with open(self._path, "rb") as file:
                file.seek(self._offset)
                new = file.read()
        except OSError:
            # Not begun, or finished and removed: what was counted stays.
            return self.count
        self._offset += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        if lines and self._lines == 0:
            self.count.planned = _planned(lines[0])
        points = [line for line in lines if not line.startswith(_NO_POINT)]
        self.count.done += len(points) - (1 if lines and self._lines == 0 else 0)
        self._lines += len(lines)
        name = _NAME.match(points[-1]) if points else None
        if name:
            self.count.last = name[1].decode(errors="replace")
        return self.count


def _planned(header: bytes) -> int | None:
    try:
        value = json.loads(header).get("points_planned")
    except (ValueError, AttributeError):
        return None
    return value if isinstance(value, int) else None


@dataclasses.dataclass
class Line:
    """The state of one platform."""

    name: str
    journal: JournalReader | None = None
    phase: str = "waits"
    started: float | None = None
    ended: float | None = None
    # Neither booting nor points that were there when the run was resumed say anything on its speed.
    at_start: int = 0
    measuring_since: float | None = None
    live: bool = False  # the name of the point that was done last is for those who look on

    def text(self, now: float, name_width: int, columns: int = 79) -> str:
        name = self.name.ljust(name_width)
        if self.started is None:
            return f"{name}  {self.phase}"
        elapsed = (self.ended if self.ended is not None else now) - self.started
        count = self.journal.update() if self.journal else Count()
        if self.ended is not None:
            # The journal goes when the report is there, its last lines perhaps unseen: a run that is done did all.
            points_done = count.planned if self.phase == "done" and count.planned else count.done
            points = f", {counted(points_done, 'point')}" if points_done else ""
            return f"{name}  {self.phase} in {duration(elapsed)}{points}"
        if not count.planned:
            return f"{name}  {self.phase}  {duration(elapsed)}"
        if self.measuring_since is None:
            self.measuring_since = now
        figures = f" {count.done}/{count.planned}"
        measured = count.done - self.at_start
        since = now - self.measuring_since
        if measured > 0 and since > 0:
            figures += f"  {measured / since:.1f}/s"
        figures += f"  {duration(elapsed)}"
        if measured > 0 and count.done < count.planned:
            figures += f", {duration(since / measured * (count.planned - count.done))} to go"
        # On a narrow terminal the bar shrinks first, then goes; the last point's name comes if there is room.
        cells = min(_BAR, columns - len(name) - 4 - len(figures))
        filled = max(0, cells) * min(count.done, count.planned) // count.planned
        bar = f"[{'#' * filled}{'.' * (cells - filled)}]" if cells >= _NARROWEST_BAR else ""
        text = f"{name}  {bar}{figures if bar else figures.lstrip()}"
        room = columns - len(text) - 2
        return f"{text}  {count.last[:room]}" if count.last and room > 8 and self.live else text


class Display:
    """Draws the lines; `tick` several times a second."""

    def __init__(self, lines: Sequence[Line], quiet: bool, stream: TextIO = sys.stderr) -> None:
        self._lines = lines
        self._quiet = quiet
        self._stream = stream
        self._live = not quiet and stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        for line in lines:
            line.live = self._live
        self._width = max(len(line.name) for line in lines)
        self._drawn = 0
        self._last_plain: dict[str, float] = {}
        self._told_end: set[str] = set()

    def tick(self, now: float) -> None:
        if self._quiet:
            return
        if self._live:
            self._draw(now)
        else:
            self._tell(now)

    def finish(self) -> None:
        self.tick(time.monotonic())
        self._drawn = 0

    def _draw(self, now: float) -> None:
        size = shutil.get_terminal_size()
        columns = max(1, size.columns - 1)
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        shown = self._that_fit(max(1, size.lines - 1))
        texts = [line.text(now, self._width, columns) for line in shown]
        if len(shown) < len(self._lines):
            ended = sum(line.ended is not None for line in self._lines)
            texts.append(f"{len(self._lines)} platforms, {ended} of them through")
        self._stream.write(up + "\x1b[J" + "".join(f"\r{text[:columns]}\n" for text in texts))
        self._stream.flush()
        self._drawn = len(texts)

    def _that_fit(self, rows: int) -> Sequence[Line]:
        """All of them, or on a low terminal those that run, then those that are through, but for one row."""
        if len(self._lines) <= rows:
            return self._lines
        by_interest = sorted(self._lines, key=lambda line: (line.started is None, line.ended is not None))
        chosen = by_interest[: rows - 1]
        return [line for line in self._lines if line in chosen]

    def _tell(self, now: float) -> None:
        for line in self._lines:
            if line.started is None or line.name in self._told_end:
                continue
            last = self._last_plain.setdefault(line.name, line.started)
            if line.ended is not None:
                self._told_end.add(line.name)
            elif now - last < PLAIN_EVERY_SECONDS:
                continue
            self._last_plain[line.name] = now
            print(f"lab: {line.text(now, 0)}", file=self._stream, flush=True)
