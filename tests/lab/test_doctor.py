# SPDX-License-Identifier: GPL-2.0-only
"""dmabench doctor on real kernels: what it finds, what it mends, and that all of it is undone."""

import json
from pathlib import Path

import pytest

from conftest import REPOSITORY, lab

pytestmark = pytest.mark.guest

DMABENCH = REPOSITORY / "build/host/dmabench"
LONG = {
    "name": "long",
    "statistics": {"samples": 20, "max_samples": 20, "sample_time": "20ms", "budget": "600s"},
    "matrix": {"strategy": ["null"], "size": "64..4K x2"},
}

# Each line of output is a step's. TERM ends a run as Ctrl-C does; a shell lets its background jobs ignore INT.
STEPS = """
paranoid=/proc/sys/kernel/perf_event_paranoid
say() { echo "$1: $(cat $paranoid) $(grep -cE ' /sys/kernel/(debug|tracing) ' /proc/mounts) $(ls /run | tr '\\n' ' ')"; }
begin() {
    dmabench run /mnt/in/long.json --on host --fix -q -o /tmp/r.json >/dev/null 2>/tmp/err &
    until [ -e /tmp/r.json.journal.jsonl ]; do usleep 20000; done
}
dmabench doctor --json >/mnt/out/first.json; echo "first: $?"
echo 2 >$paranoid; umount /sys/kernel/tracing
umount /sys/kernel/debug/tracing 2>/dev/null; umount /sys/kernel/debug
dmabench doctor --json >/mnt/out/second.json
dmabench doctor --fix >/mnt/out/fix; say fix
dmabench run /mnt/in/long.json --on host --fix -o /tmp/r.json 2>&1; echo "twice: $?"
dmabench doctor --undo >/mnt/out/undo; say undo
begin; say run
kill -TERM $!; wait $!; echo "interrupted: $?"; say interrupted
rm /tmp/r.json*; begin
kill -KILL $!; wait $! 2>/dev/null; say killed
dmabench doctor >/mnt/out/doctor; say doctor
rm /tmp/r.json*
rmmod dmabench; dmabench doctor --json >/mnt/out/last.json; echo "last: $?"
"""


def test_doctor_finds_mends_and_undoes(tmp_path: Path) -> None:
    (tmp_path / "long.json").write_text(json.dumps(LONG))
    (tmp_path / "steps.sh").write_text(STEPS)
    share = ("--share", str(tmp_path / "long.json"), "--share", str(tmp_path / "steps.sh"))
    binary = ("--binary", str(DMABENCH))
    out = tmp_path / "out"
    done = lab("exec", "x86_64-vtd-strict", *share, *binary, "-o", str(out), "--", "sh", "/mnt/in/steps.sh")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "first: 0",
        "fix: -1 2 dmabench-fixes.json ",
        "dmabench: fixes of dmabench doctor --fix are in force; dmabench doctor --undo undoes them",
        "twice: 4",
        "undo: 2 0 ",
        "run: -1 2 dmabench-fixes.json ",
        "interrupted: 5",
        "interrupted: 2 0 ",
        "killed: -1 2 dmabench-fixes.json ",
        "doctor: 2 0 ",
        "last: 4",
    ], done.stderr
    found = {name: json.loads((out / f"{name}.json").read_text())["findings"] for name in ("first", "second", "last")}
    ids = {name: [finding["id"] for finding in findings] for name, findings in found.items()}
    assert set(ids["first"]) >= {"pmu", "virtual"}
    # The platform's boot flags are in force, and this is Debian's usual kernel.
    assert not {"module", "privilege", "boot_flag", "slow_kernel", "lockdep", "dma_debug"} & set(ids["first"])
    assert set(ids["second"]) - set(ids["first"]) == {"debugfs"}
    assert ids["last"][0] == "module"
    assert "perf_event_paranoid: 2 -> -1\n" in (out / "fix").read_text()
    undone = ["perf_event_paranoid: back to 2", "tracefs: unmounted", "debugfs: unmounted"]
    assert (out / "undo").read_text().splitlines() == undone
    assert "was killed before it undid its fixes; undone now:\n" in (out / "doctor").read_text()
