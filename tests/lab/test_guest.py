# SPDX-License-Identifier: GPL-2.0-only
"""Real guests. Nothing here is skipped: a guest that can't be had is a failure."""

import dataclasses
import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from conftest import REPOSITORY, lab
from dmabench_lab import cache, guest, platforms, qemu
from dmabench_lab.errors import InfrastructureError

pytestmark = pytest.mark.guest

QUICK = "arm64"
DMABENCH = REPOSITORY / "build/host/dmabench"

# Stands in for dmabench: writes a journal point by point, then the report, as the real one does.
STAND_IN = """#!/bin/sh
echo "$*" >&2
while [ $# -gt 0 ]; do
    [ "$1" = -o ] && report=$2
    [ "$1" = --resume ] && resume=1
    shift
done
journal=$report.journal.jsonl
if [ -n "$resume" ]; then
    grep -c row "$journal"
else
    echo '{"points_planned": 3}' >"$journal"
fi
echo '{"row": 1}' >>"$journal"
WHAT
echo '{"row": 2}' >>"$journal"
cat "$journal" >"$report.tmp"
mv "$report.tmp" "$report"
rm "$journal"
echo "$report"
"""


def stand_in(folder: Path, what: str = "") -> Path:
    path = folder / "dmabench"
    path.write_text(STAND_IN.replace("WHAT", what))
    return path


@pytest.mark.parametrize("name", ["x86_64-vtd-strict", "arm64-smmu-strict"])
def test_two_boots_are_the_same_to_the_nanosecond(name: str) -> None:
    look = "dmesg; cat /proc/interrupts /proc/timer_list /proc/meminfo; cat /proc/uptime"
    first, second = (lab("exec", name, "--", "sh", "-c", look) for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout


def test_time_has_a_grain_of_one_nanosecond() -> None:
    for name, source in (("x86_64-direct", "tsc"), (QUICK, "arch_sys_counter")):
        clock = "cat /sys/devices/system/clocksource/clocksource0/current_clocksource; dmesg | grep cp15"
        done = lab("exec", name, "--", "sh", "-c", clock)
        assert done.stdout.splitlines()[0] == source
        if name == QUICK:
            assert "1000.00MHz" in done.stdout


def test_the_realtime_clock_boots_too() -> None:
    done = lab("exec", "x86_64-direct", "--clock", "realtime", "--", "true")
    assert done.returncode == 0, done.stderr


def test_the_exit_code_and_both_outputs_come_back() -> None:
    done = lab("exec", QUICK, "--", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")


def test_a_panic_is_told_and_nothing_written_is_lost(tmp_path: Path) -> None:
    crash = "echo point >/mnt/out/journal; echo c >/proc/sysrq-trigger"
    done = lab("exec", "x86_64-direct", "-o", str(tmp_path), "--", "sh", "-c", crash)
    assert done.returncode == 6
    assert done.stderr.startswith("lab: infrastructure: x86_64-direct: kernel panicked: sysrq triggered crash (see ")
    assert (tmp_path / "journal").read_text() == "point\n"
    log = Path(done.stderr.split("(see ")[1].rstrip(")\n"))
    assert "sysrq triggered crash" in log.read_text()


def test_a_hanging_guest_meets_its_timeout() -> None:
    done = lab("exec", QUICK, "--timeout", "15", "--", "sh", "-c", "while :; do :; done")
    assert done.returncode == 6
    assert done.stderr.startswith(f"lab: infrastructure: {QUICK}: timeout: not done after 15 s")


def run_in_process(platform: platforms.Platform, parts: cache.Parts) -> None:
    guest.Guest(platform, parts, guest.Job(["true"], qemu.INSTRUCTIONS, 120)).run()


def test_another_iommu_mode_than_promised_is_a_failure() -> None:
    platform = platforms.load()["arm64-smmu-strict"]
    parts = cache.prepare(platform, print)
    lazy = dataclasses.replace(platform, append="iommu.passthrough=0 iommu.strict=0")
    with pytest.raises(InfrastructureError, match="is 'DMA-FQ', the platform promises 'DMA'"):
        run_in_process(lazy, parts)


def test_a_module_that_does_not_load_is_a_failure(tmp_path: Path) -> None:
    platform = platforms.load()[QUICK]
    parts = cache.prepare(platform, print)
    (tmp_path / "dmabench.ko").write_bytes(b"not a module")
    with pytest.raises(InfrastructureError, match="module dmabench.ko failed to load: "):
        run_in_process(platform, dataclasses.replace(parts, module=tmp_path / "dmabench.ko"))


def test_a_missing_device_is_a_failure() -> None:
    platform = platforms.load()["arm64-smmu-strict"]
    parts = cache.prepare(platform, print)
    with pytest.raises(InfrastructureError, match="no PCI function 1234:11e8"):
        run_in_process(dataclasses.replace(platform, devices=()), parts)


def test_qemu_refusing_its_command_line_is_a_failure() -> None:
    platform = platforms.load()[QUICK]
    parts = cache.prepare(platform, print)
    with pytest.raises(InfrastructureError, match="QEMU ended with code 1: .*no-such-device"):
        run_in_process(dataclasses.replace(platform, devices=("no-such-device",)), parts)


def test_run_brings_reports_back_and_hands_arguments_on(tmp_path: Path) -> None:
    scenario = tmp_path / "s.json"
    scenario.write_text("{}")
    out = tmp_path / "out"
    binary = str(stand_in(tmp_path, 'cat "/mnt/in/s.json" >/dev/null || exit 5'))
    names = f"{QUICK},x86_64-direct"
    done = lab("run", names, "--scenario", str(scenario), "-o", str(out), "--binary", binary, "--", "--seed", "7")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["arm64.json", "x86_64-direct.json"]
    expected = f"{QUICK}: run /mnt/in/s.json --seed 7 --on host -o {out}/{QUICK}.json"
    assert f"{expected} --platform-name {QUICK} --clock instructions" in done.stderr
    assert (out / "arm64.json").read_text().count("row") == 2


def test_a_crash_keeps_the_journal_and_resume_goes_on(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    binary = str(stand_in(tmp_path, "echo c >/proc/sysrq-trigger"))
    done = lab("run", QUICK, "-o", str(report), "--binary", binary)
    assert done.returncode == 6
    assert "kernel panicked" in done.stderr and f"1 point kept in {report}.journal.jsonl" in done.stderr
    done = lab("run", QUICK, "-o", str(report), "--binary", str(stand_in(tmp_path)), "--resume")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"1\n{report}\n"
    assert [json.loads(line).get("row") for line in report.read_text().splitlines()] == [None, 1, 1, 2]
    assert not Path(f"{report}.journal.jsonl").exists()


# dmabench itself, and a crash of the kernel once its journal has as many points. What it says, it says before.
CRASH_AFTER = """#!/bin/sh
while [ $# -gt 0 ]; do
    words="$words $1"
    [ "$1" = -o ] && report=$2
    shift
done
/mnt/in/real-dmabench $words &
until points=$(grep -c '^{"row"' "$report.journal.jsonl") && [ "$points" -ge POINTS ]; do :; done
echo "$points"
echo c >/proc/sysrq-trigger
"""


def test_a_crashed_guest_and_a_killed_lab_lose_no_point_that_was_done(tmp_path: Path) -> None:
    """The real program: its guest panics, then the lab is killed, then the rest is measured; nothing is missing."""
    scenario = tmp_path / "many.json"
    statistics = {"samples": 6, "max_samples": 6, "discard": 0, "sample_time": "50us", "histogram_laps": 0}
    matrix = {"strategy": ["null", "coherent", "streaming_single"], "size": "64..2K x2", "touch": ["none", "read"]}
    scenario.write_text(json.dumps({"name": "many", "statistics": statistics, "matrix": matrix}))
    (tmp_path / "real-dmabench").symlink_to(DMABENCH)
    report = tmp_path / "r.json"
    journal = Path(f"{report}.journal.jsonl")
    command = ["run", "x86_64-direct", "--scenario", str(scenario), "-o", str(report)]

    def rows() -> list[str]:
        lines = journal.read_text().splitlines()[1:]
        return [row["name"] for row in (json.loads(line).get("row") for line in lines) if row]

    (tmp_path / "crashing").write_text(CRASH_AFTER.replace("POINTS", "10"))
    done = lab(*command, "--binary", str(tmp_path / "crashing"), "--share", str(tmp_path / "real-dmabench"))
    assert done.returncode == 6, done.stderr
    assert "kernel panicked" in done.stderr and f"kept in {journal}; --resume goes on from there" in done.stderr
    in_guest = int(done.stdout)
    crashed = rows()
    # Some more may come between the count and the panic; none that was counted is missing.
    assert 10 <= in_guest <= len(crashed) < 25

    running = subprocess.Popen([str(REPOSITORY / "lab/lab"), *command, "--resume"], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while journal.read_text().count('\n{"row"') < len(crashed) + 5:
        assert time.monotonic() < until and running.poll() is None
        time.sleep(0.02)
    running.kill()
    running.wait()
    killed = rows()
    assert killed[: len(crashed)] == crashed

    done = lab(*command, "--resume")
    assert done.returncode == 0, done.stderr
    assert "took in what a killed run had left behind" in done.stderr
    measured = [row["name"] for row in json.loads(report.read_text())["benchmarks"]]
    assert set(killed) <= set(measured)
    assert not journal.exists()
    plan = subprocess.run([str(DMABENCH), "plan", str(scenario), "--json"], capture_output=True, check=True)
    planned = [point["name"].replace("target:auto", "target:pci") for point in json.loads(plan.stdout)["points"]]
    assert sorted(measured) == sorted(planned)


def test_resume_goes_on_begins_and_leaves_alone_as_each_platform_needs(tmp_path: Path) -> None:
    unfinished, finished, new = QUICK, "arm64-smmu-pt", "arm64-smmu-lazy"
    journal = '{"points_planned": 3}\n{"row": 1}\n'
    (tmp_path / f"{unfinished}.json.journal.jsonl").write_text(journal)
    (tmp_path / f"{finished}.json").write_text("finished")
    names = f"{unfinished},{finished},{new}"
    done = lab("run", names, "-o", str(tmp_path), "--binary", str(stand_in(tmp_path)), "--resume")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / f"{unfinished}.json").read_text().count("row") == 3
    assert (tmp_path / f"{finished}.json").read_text() == "finished"
    assert (tmp_path / f"{new}.json").read_text().count("row") == 2


def test_one_failing_platform_does_not_stop_the_others(tmp_path: Path) -> None:
    binary = str(stand_in(tmp_path, "case $(uname -m) in aarch64) exit 5;; esac"))
    done = lab("run", f"{QUICK},x86_64-direct", "-o", str(tmp_path / "out"), "--binary", binary)
    assert done.returncode == 5
    assert f"lab: {QUICK}: dmabench ended with exit code 5 in the guest" in done.stderr
    assert (tmp_path / "out/x86_64-direct.json").exists()
    assert not (tmp_path / "out/arm64.json").exists()


def test_interrupting_leaves_no_guest_and_says_how_to_go_on(tmp_path: Path) -> None:
    binary = str(stand_in(tmp_path, "while :; do :; done"))
    journal = tmp_path / "arm64.json.journal.jsonl"
    command = [str(REPOSITORY / "lab/lab"), "run", QUICK, "-o", str(tmp_path), "--binary", binary]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while not (journal.exists() and "row" in journal.read_text()):
        assert time.monotonic() < until and running.poll() is None
        time.sleep(0.1)
    threads = Path(f"/proc/{running.pid}/task").iterdir()
    guests = [pid for thread in threads for pid in (thread / "children").read_text().split()]
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "--resume goes on" in told
    assert journal.read_text().count("row") == 1
    assert guests and not any(Path(f"/proc/{pid}").exists() for pid in guests)


def test_a_cached_platform_needs_no_network_and_no_second(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = platforms.load()[QUICK]
    cache.prepare(platform, print)
    monkeypatch.setenv("PATH", "")
    started = time.monotonic()
    cache.prepare(platform, lambda text: pytest.fail(text))
    assert time.monotonic() - started < 1
