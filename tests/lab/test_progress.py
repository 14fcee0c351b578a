# SPDX-License-Identifier: GPL-2.0-only
"""Progress lines and the journal behind them."""

import io
import os
import re
import shutil
from pathlib import Path

import pytest

from dmabench_lab.progress import Display, JournalReader, Line, duration


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0s"), (59.6, "1m00s"), (65, "1m05s"), (7380, "2h03m")])
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_journal_is_counted_as_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "j"
    reader = JournalReader(path)
    assert (reader.update().done, reader.count.planned) == (0, None)
    path.write_text('{"dmabench_journal": 1, "points_pl')
    assert (reader.update().done, reader.count.planned) == (0, None)
    with open(path, "a", encoding="utf-8") as file:
        file.write('anned": 4}\n{"row": 1}\n{"ro')
    assert (reader.update().done, reader.count.planned) == (1, 4)
    with open(path, "a", encoding="utf-8") as file:
        file.write('w": 2}\n{"canary": {"block": 0}}\n{"can')
    assert reader.update().done == 2
    with open(path, "a", encoding="utf-8") as file:
        file.write('ary": {"block": 1}}\n')
    assert reader.update().done == 2
    path.unlink()
    assert reader.update().done == 2


def test_a_live_line_has_bar_count_and_time_to_go(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_text('{"points_planned": 4}\n{}\n')
    line = Line("arm64", JournalReader(path), "runs", started=90.0, measuring_since=100.0)
    assert line.text(110.0, 8) == "arm64     [#####...............] 1/4  0.1/s  20s, 30s to go"


def a_line(folder: Path, **changes: object) -> Line:
    path = folder / "j"
    path.write_text('{"points_planned": 4}\n{"row":{"name":"pool/size:64/target:pci","run_name":1}}\n{"canary":{}}\n')
    return Line("arm64", JournalReader(path), "runs", started=90.0, measuring_since=100.0, **changes)


def test_a_wide_terminal_has_room_for_the_last_point_and_a_narrow_one_for_the_figures(tmp_path: Path) -> None:
    line = a_line(tmp_path, live=True)
    assert line.text(110.0, 5, 200).endswith("20s, 30s to go  pool/size:64/target:pci")
    for columns in range(10, 201):
        text = line.text(110.0, 5, columns)
        assert len(text) <= columns or columns < 41
        assert "1/4  0.1/s  20s, 30s to go" in text
        assert ("[" in text) == (columns >= 41)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(written: str) -> list[str]:
    """The rows that a terminal shows: cursor up, erase to the end, text."""
    rows: list[str] = []
    for part in re.split(r"(\x1b\[\d*[AJ])", written):
        if part.endswith("A") and part.startswith("\x1b"):
            del rows[len(rows) - int(part[2:-1]) :]
        elif not part.startswith("\x1b"):
            rows += [row.lstrip("\r") for row in part.split("\n")[:-1]]
    return rows


def test_a_low_terminal_shows_the_platforms_that_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((80, 6)))
    lines = [Line(f"p{i}") for i in range(10)]
    stream = Terminal()
    display = Display(lines, quiet=False, stream=stream)
    display.tick(1.0)
    lines[0].started, lines[0].ended, lines[0].phase = 0.0, 1.0, "done"
    lines[8].started, lines[8].phase = 0.0, "runs"
    display.tick(2.0)
    rows = screen(stream.getvalue())
    assert rows[0] == "p0  done in 1s" and "p8  runs  2s" in rows
    assert rows[-1] == "10 platforms, 1 of them through"
    assert len(rows) == 5


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    Display([Line("a", None, "done", started=0.0, ended=3.0)], quiet=False, stream=stream).tick(3.0)
    assert stream.getvalue() == "lab: a  done in 3s\n"


def test_points_from_before_a_resume_do_not_count_as_speed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_text('{"points_planned": 4}\n{}\n{}\n')
    line = Line("a", JournalReader(path), "runs", started=0.0, at_start=1, measuring_since=0.0)
    assert line.text(10.0, 0).endswith("2/4  0.1/s  10s, 20s to go")


def test_not_a_terminal_gets_a_line_at_the_end_only_once() -> None:
    stream = io.StringIO()
    line = Line("a", None, "done", started=0.0, ended=3.0)
    display = Display([line], quiet=False, stream=stream)
    display.tick(3.0)
    display.tick(4.0)
    assert stream.getvalue() == "lab: a  done in 3s\n"


def test_quiet_is_quiet() -> None:
    stream = io.StringIO()
    Display([Line("a", None, "done", started=0.0, ended=3.0)], quiet=True, stream=stream).tick(3.0)
    assert stream.getvalue() == ""
