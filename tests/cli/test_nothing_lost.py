# SPDX-License-Identifier: GPL-2.0-only
"""However a run ends, the points it has measured are there, and --resume brings the rest."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import DMABENCH, Done, Writer, dmabench, environment, fake, load, names, one_line, violations

POINTS = 6000  # the cost model is fast; of these there is time to kill a run
RUN = ("--on", "fake", "--quiet", "--counters", "none")


def start(*words: str | Path, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(DMABENCH), "run", *map(str, words)],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def journal_of(report: Path) -> Path:
    return report.with_name(report.name + ".journal.jsonl")


def wait_for_lines(journal: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Until the journal has as many points; the run must still be going on then."""
    while not journal.exists() or points_in(journal) < count:
        assert process.poll() is None, "the run was over before it could be disturbed"
        time.sleep(0.002)


def size_of(journal: Path) -> int:
    try:
        return journal.stat().st_size
    except FileNotFoundError:
        return -1


def points_in(journal: Path) -> int:
    """Lines behind the first, but for those of canaries; a torn one is none."""
    lines = journal.read_bytes().split(b"\n")[1:-1]
    return sum(not line.startswith(b'{"canary"') for line in lines)


def resume(*words: str | Path, cwd: Path) -> Done:
    return dmabench("run", *words, "--resume", cwd=cwd)


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
def test_interrupt(signal_: signal.Signals, scenario: Writer, tmp_path: Path) -> None:
    many = scenario(POINTS)
    report = tmp_path / "r.json"
    command = (many, *RUN, "-o", report)
    process = start(*command, cwd=tmp_path)
    wait_for_lines(journal_of(report), 50, process)
    process.send_signal(signal_)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 5
    assert out == f"{report}\n"
    document = load(report)
    measured = names(document)
    assert err == (
        f"dmabench: interrupted after {len(measured)} of {POINTS} points; the same command with --resume goes on\n"
    )
    assert document["dmabench"]["interrupted"] is True
    assert 50 <= len(measured) < POINTS
    assert violations(report) == []
    assert points_in(journal_of(report)) == len(measured)

    done = resume(*command, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{report}\n", "")
    assert violations(report) == []
    assert load(report)["dmabench"]["interrupted"] is False
    assert not journal_of(report).exists()
    fake(many, "--counters", "none", "-o", tmp_path / "whole.json")
    assert names(report) == names(tmp_path / "whole.json")
    # The rows of the first part are as they were.
    rows = {row["name"]: row for row in load(report)["benchmarks"]}
    for row in document["benchmarks"]:
        assert rows[row["name"]]["dmabench"]["samples_ns"] == row["dmabench"]["samples_ns"]


def test_second_interrupt_ends_at_once(scenario: Writer, tmp_path: Path) -> None:
    process = start(scenario(POINTS), *RUN, "-o", "r.json", cwd=tmp_path)
    wait_for_lines(tmp_path / "r.json.journal.jsonl", 20, process)
    process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=30)
    assert process.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM)


def test_kill_at_100_random_moments(scenario: Writer, tmp_path: Path) -> None:
    """Wherever the run is killed, and its resumption, and so on: all points are there in the end, each once."""
    points = 240
    many = scenario(points)
    fake(many, "--counters", "none", "-o", tmp_path / "whole.json")
    wanted = names(tmp_path / "whole.json")
    assert len(wanted) == points
    random_ = random.Random(2024)
    report = tmp_path / "killed.json"
    journal = journal_of(report)
    command = (many, *RUN, "-o", report)
    midway = finished = 0
    for moment in range(100):
        known = points_in(journal) if journal.exists() else 0
        process = start(*command, *(["--resume"] if journal.exists() else []), cwd=tmp_path)
        # Before there is a journal, at any of its bytes, and, when it has all points, while the report is written.
        size = size_of(journal) + random_.randrange(points * 300)
        if known == points:
            size = -1 if random_.random() < 0.5 else 1 << 30
        until = time.monotonic() + 20
        while process.poll() is None and size_of(journal) < size:
            assert time.monotonic() < until
            time.sleep(0.0003)
        time.sleep(random_.uniform(0, 0.002) if known < points else random_.uniform(0, 0.02))
        process.kill()
        process.communicate(timeout=30)
        if journal.exists():
            assert points_in(journal) >= known, f"points were lost at moment {moment}"
            midway += 0 < points_in(journal) < points
        if report.exists():
            assert names(report) == wanted, f"moment {moment}"
            assert violations(report) == []
            finished += 1
            report.unlink()
            journal.unlink(missing_ok=True)
    if not report.exists():
        assert dmabench("run", *command, *(["--resume"] if journal.exists() else [])).returncode == 0
    assert names(report) == wanted
    assert violations(report) == []
    assert not journal.exists()
    assert midway >= 30 and finished >= 5, (midway, finished)


def test_kill_again_and_again(scenario: Writer, tmp_path: Path) -> None:
    many = scenario(POINTS)
    report = tmp_path / "r.json"
    command = (many, *RUN, "-o", report)
    journal = journal_of(report)
    random_ = random.Random(0)
    known = kills = 0
    process = start(*command, cwd=tmp_path)
    wait_for_lines(journal, 5, process)
    while kills < 10 and process.poll() is None:
        process.kill()
        process.communicate(timeout=30)
        if not journal.exists():
            break  # it was through at that very moment
        kills += 1
        assert points_in(journal) >= known, "points were lost"
        known = points_in(journal)
        process = start(*command, "--resume", cwd=tmp_path)
        more = size_of(journal) + random_.randrange(150_000)  # bytes: up to some 150 points
        while process.poll() is None and 0 <= size_of(journal) < more:
            time.sleep(0.0003)
    process.kill()
    process.communicate(timeout=30)
    if journal.exists():
        assert resume(*command, cwd=tmp_path).returncode == 0
    assert kills >= 3, "the run was over too soon"
    fake(many, "--counters", "none", "-o", tmp_path / "whole.json")
    assert names(report) == names(tmp_path / "whole.json")


@pytest.mark.parametrize("tail", ["", '{"row":{"name":"str', "garbage\n", '{"row"'])
def test_torn_line(tail: str, scenario: Writer, tmp_path: Path) -> None:
    many = scenario(1000)
    report = tmp_path / "r.json"
    process = start(many, *RUN, "-o", report, cwd=tmp_path)
    wait_for_lines(journal_of(report), 10, process)
    process.kill()
    process.communicate(timeout=30)
    lines = journal_of(report).read_text().splitlines(keepends=True)[:8]
    journal_of(report).write_text("".join(lines) + tail)
    assert resume(many, *RUN, "-o", report, cwd=tmp_path).returncode == 0
    assert len(names(report)) == 1000
    assert violations(report) == []


def interrupted(many: Path, report: Path) -> int:
    """A run that was interrupted; how many points it has."""
    process = start(many, *RUN, "-o", report, cwd=report.parent)
    wait_for_lines(journal_of(report), 20, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 5
    return points_in(journal_of(report))


def test_the_seed_gives_the_order(scenario: Writer, tmp_path: Path) -> None:
    many = scenario(POINTS)
    orders = []
    for number, seed in enumerate(("1", "1", "2")):
        report = tmp_path / f"r{number}.json"
        process = start(many, *RUN, "--seed", seed, "-o", report, cwd=tmp_path)
        wait_for_lines(journal_of(report), 20, process)
        process.kill()
        process.communicate(timeout=30)
        lines = [json.loads(line) for line in journal_of(report).read_text().splitlines()[:-1]]
        orders.append([line["row"]["name"] for line in lines if "row" in line][:20])
    assert orders[0] == orders[1] != orders[2]
    plan = json.loads(dmabench("plan", many, "--json").stdout)
    assert orders[0] != [point["name"] for point in plan["points"]][:20]


def test_a_new_run_keeps_the_old_journal(scenario: Writer, tmp_path: Path) -> None:
    many = scenario(POINTS)
    report = tmp_path / "r.json"
    for number in (1, 2):
        interrupted(many, report)
        old = journal_of(report).read_bytes()
        done = dmabench("run", many, *RUN, "--filter", "size:(8|16)/", "-o", report)
        kept = tmp_path / f"r.json.journal.jsonl.{number}"
        assert done.returncode == 0
        assert done.stderr == f"note: the journal of an unfinished run is kept as {kept}\n"
        assert kept.read_bytes() == old
        assert not journal_of(report).exists()


@pytest.mark.parametrize(
    "other, fields",
    [
        (["--seed", "2"], "seed"),
        (["--set", "touch=read"], "plan"),
        (["--budget", "1s"], "plan"),
        (["--platform-name", "other"], "platform"),
    ],
)
def test_only_the_same_run_can_be_resumed(
    other: list[str], fields: str, scenario: Writer, tmp_path: Path
) -> None:
    many = scenario(POINTS)
    report = tmp_path / "r.json"
    interrupted(many, report)
    journal = journal_of(report).read_bytes()
    line = one_line(resume(many, *RUN, *other, "-o", report, cwd=tmp_path), 2)
    assert line == f"{report}.journal.jsonl: cannot be resumed, this run differs in: {fields}"
    assert journal_of(report).read_bytes() == journal, "the journal is untouched"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small tmpfs")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"tmpfs cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk_in_the_journal(small_disk: Path, scenario: Writer, tmp_path: Path) -> None:
    many = scenario(200)
    report = small_disk / "r.json"
    command = (many, *RUN, "-o", report)
    line = one_line(dmabench("run", *command), 5)
    assert line == (
        f"{report}.journal.jsonl: No space left on device; the points before this one are safe, go on with --resume"
    )
    saved = points_in(journal_of(report))
    assert 5 < saved < 200
    # Still full: the same again, and nothing more is lost.
    assert one_line(resume(*command, cwd=tmp_path), 5).startswith(f"{report}.journal.jsonl: No space left")
    assert points_in(journal_of(report)) == saved
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    assert resume(*command, cwd=tmp_path).returncode == 0
    assert violations(report) == []
    assert len(names(report)) == 200


def test_full_disk_at_the_report(small_disk: Path, scenario: Writer, tmp_path: Path) -> None:
    # The journal of so many points fits; the report beside it does not.
    many = scenario(36)
    report = small_disk / "r.json"
    command = (many, *RUN, "-o", report)
    line = one_line(dmabench("run", *command), 5)
    assert line == f"{report}: No space left on device; the points are safe in {report}.journal.jsonl"
    assert sorted(p.name for p in small_disk.iterdir()) == ["r.json.journal.jsonl"]
    assert points_in(journal_of(report)) == 36
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    assert resume(*command, cwd=tmp_path).returncode == 0
    assert len(names(report)) == 36


def test_full_disk_from_the_start(small_disk: Path, scenario: Writer) -> None:
    many = scenario(20)
    (small_disk / "ballast").write_bytes(b"x" * 65536)
    line = one_line(dmabench("run", many, *RUN, "-o", small_disk / "r.json"), 5)
    assert "No space left on device" in line
