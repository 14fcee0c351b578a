# SPDX-License-Identifier: GPL-2.0-only
"""Progress lines and the journal behind them."""

import io
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
    assert line.text(110.0, 8) == "arm64     [#####...............] 1/4  20s, 30s to go"


def test_points_from_before_a_resume_do_not_count_as_speed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_text('{"points_planned": 4}\n{}\n{}\n')
    line = Line("a", JournalReader(path), "runs", started=0.0, at_start=1, measuring_since=0.0)
    assert line.text(10.0, 0).endswith("2/4  10s, 20s to go")


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
