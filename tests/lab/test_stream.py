# SPDX-License-Identifier: GPL-2.0-only
"""What comes out of a guest, in whatever pieces."""

from pathlib import Path

import pytest

from dmabench_lab import leftovers
from dmabench_lab.stream import Receiver, StreamError


def receive(
    folder: Path | None, data: bytes, piece: int = 1 << 20, begin: bytes = b"B courier\n"
) -> tuple[Receiver, bytes, bytes]:
    out, err = bytearray(), bytearray()
    receiver = Receiver(folder, out.extend, err.extend)
    data = begin + data
    for start in range(0, len(data), piece):
        receiver.feed(data[start : start + piece])
    return receiver, bytes(out), bytes(err)


@pytest.mark.parametrize("piece", [1, 2, 7, 1000])
def test_any_pieces(tmp_path: Path, piece: int) -> None:
    data = b"O 3\na\nbE 2\n!\nW 0 0 j\nW 0 2 j\nx\nW 2 3 j\ny\nzM 5 j\nfinalS 3\n"
    receiver, out, err = receive(tmp_path, data, piece)
    assert (receiver.status, out, err) == (3, b"a\nb", b"!\n")
    assert (tmp_path / "final").read_bytes() == b"x\ny\nz"
    assert not (tmp_path / "j").exists()


@pytest.mark.parametrize("piece", [1, 1000])
def test_what_a_serial_line_sends_by_itself_is_left_out(tmp_path: Path, piece: int) -> None:
    receiver, out, _ = receive(tmp_path, b"O 1\naS 0\n", piece, b"XX\nO 9\nXB courier\n")
    assert (receiver.status, out) == (0, b"a")


def test_what_arrived_stays_when_the_guest_dies(tmp_path: Path) -> None:
    receiver, _, _ = receive(tmp_path, b"W 0 0 j\nW 0 6 j\npoint\nW 6 6 j\npoi")
    assert receiver.status is None
    assert (tmp_path / "j").read_bytes() == b"point\n"


def test_a_file_that_is_begun_anew_or_removed(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("something long")
    receive(tmp_path, b"W 0 0 old\nW 0 1 old\nxW 0 0 gone\nX gone\nX never\n")
    assert (tmp_path / "old").read_text() == "x"
    assert not (tmp_path / "gone").exists()


def test_a_resumed_journal_is_appended_to(tmp_path: Path) -> None:
    (tmp_path / "j").write_text("1\n")
    receive(tmp_path, b"W 2 2 j\n2\n")
    assert (tmp_path / "j").read_text() == "1\n2\n"


@pytest.mark.parametrize("data", [b"junk\n", b"W 0 0 ../up\n", b"W 0 0 ..\n", b"W -1 0 a\n", b"M 4 a\n../b", b"S x\n"])
def test_anything_else_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(StreamError):
        receive(tmp_path, data)


def test_without_a_folder_files_are_dropped() -> None:
    receiver, out, _ = receive(None, b"W 0 1 j\nxO 1\nyS 0\n")
    assert (receiver.status, out) == (0, b"y")


def left_by_a_killed_lab(runs: Path, report: Path, stream: bytes) -> Path:
    folder = runs / "arm64-1"
    folder.mkdir(parents=True)
    leftovers.claim(folder, report).close()
    (folder / "stream").write_bytes(stream)
    return folder / "stream"


def test_what_a_killed_lab_had_not_taken_in_is_taken_in_later(tmp_path: Path) -> None:
    report = tmp_path / "out/r.json"
    report.parent.mkdir()
    journal = report.with_name("r.json.journal.jsonl")
    journal.write_bytes(b"head\none\n")
    frames = b"B courier\nW 9 4 r.json.journal.jsonl\ntwo\nW 13 6 r.json.journal.jsonl\nthree\nW 19 9 r.json.journal.jsonl\nto"
    stream = left_by_a_killed_lab(tmp_path / "runs", report, frames)
    assert not leftovers.take_in(tmp_path / "runs", tmp_path / "out/other.json")
    assert leftovers.take_in(tmp_path / "runs", report)
    assert journal.read_bytes() == b"head\none\ntwo\nthree\n"
    assert not stream.exists()
    assert not leftovers.take_in(tmp_path / "runs", report)


def test_the_stream_of_a_run_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    stream = left_by_a_killed_lab(tmp_path / "runs", report, b"B courier\nW 0 4 r.json.journal.jsonl\ntwo\n")
    with leftovers.claim(stream.parent, report):
        assert not leftovers.take_in(tmp_path / "runs", report)
    assert leftovers.take_in(tmp_path / "runs", report)
