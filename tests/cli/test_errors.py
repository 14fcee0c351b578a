# SPDX-License-Identifier: GPL-2.0-only
"""What is wrong is told in one line, with the exit code that fits."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import DMABENCH, QUICK, REPOSITORY, Done, dmabench, environment, one_line

RUN = ("run", QUICK, "--on", "fake")


@pytest.mark.parametrize(
    "words, said",
    [
        (["rnu"], "unknown command 'rnu' (did you mean 'run'?); see dmabench --help"),
        (["--resume", "paln"], "unknown command 'paln' (did you mean 'plan'?); see dmabench --help"),
        (["zzz"], "unknown command 'zzz'; see dmabench --help"),
        ([], "no command given; see dmabench --help"),
        (["--verison"], "unknown option '--verison' (did you mean '--version'?); see dmabench --help"),
        (["run"], "SCENARIO is required; see dmabench run --help"),
        (["run", "--resme"], "unknown option '--resme' (did you mean '--resume'?); see dmabench run --help"),
        (
            [*RUN, "--filtr=x"],
            "unknown option '--filtr=x' (did you mean '--filter'?); see dmabench run --help",
        ),
        ([*RUN, "-z"], "unknown option '-z'; see dmabench run --help"),
        (
            ["plan", QUICK, "--jsn"],
            "unknown option '--jsn' (did you mean '--json'?); see dmabench plan --help",
        ),
        (["info", "here"], "unexpected argument 'here'; see dmabench info --help"),
        (["report", "x.json"], "--output is required; see dmabench report --help"),
        ([*RUN, "--set"], "--set needs a value; see dmabench run --help"),
        ([*RUN, "--on", "host"], "--on is given more than once; see dmabench run --help"),
        (
            ["run", QUICK, "--on", "fak"],
            "--on fak: expected auto, host, fake or lab:NAME[,NAME...] (did you mean 'fake'?)",
        ),
        (["run", QUICK, "--on", "hots"], "(did you mean 'host'?)"),
        (["info", "--on", "lab:"], "--on lab:: expected"),
        ([*RUN, "--set", "siez=4"], "--set siez=4: unknown axis 'siez'"),
        ([*RUN, "--set", "siez=4"], "(did you mean 'size'?)"),
        ([*RUN, "--set", "size"], "--set size: expected AXIS=VALUES, such as size=4K,64K"),
        ([*RUN, "--set", "size=4Q"], "unknown unit 'Q'"),
        ([*RUN, "--set", "size=0"], "0 is out of range; expected 1 .. 67108864 (64M) bytes"),
        ([*RUN, "--set", "touch=raed"], "(did you mean 'read'?)"),
        (["plan", QUICK, "--set", "siez=4"], "(did you mean 'size'?)"),
        ([*RUN, "--filter", "("], "--filter '(': unbalanced '(' or ')'"),
        (
            [*RUN, "--filter", "zzz"],
            " points passes; names are like null/size:4096/",
        ),
        (["plan", QUICK, "--filter", "zzz"], " points passes --filter 'zzz'"),
        (
            [*RUN, "--budget", "5"],
            "--budget 5: '5' has no unit; expected a whole number with a unit, such as 250us",
        ),
        ([*RUN, "--budget", "0ms"], "--budget 0ms: out of range; expected 10us .. 3600s"),
        ([*RUN, "--budget", "2h"], "--budget 2h: '2h' has the unknown unit 'h'"),
        (
            [*RUN, "--clock", "realtme"],
            "unknown clock 'realtme'; expected one of hardware, realtime, instructions, modelled (did you mean 'realtime'?)",
        ),
        ([*RUN, "--seed", "-1"], "--seed: '-1' is not an integer within 0 .. 2^64 - 1"),
        ([*RUN, "--seed", "x"], "--seed: 'x' is not an integer"),
        ([*RUN, "--platform-name", "../a"], "--platform-name: '../a' cannot name a file"),
        ([*RUN, "--resume"], "dmabench-quick-fake.json.journal.jsonl: there is no unfinished run to resume"),
        ([*RUN, "-o", "missing/report.json"], "-o missing/report.json: there is no folder missing"),
        (["run", "nope.json", "--on", "fake"], "nope.json: no such file"),
        (["run", "/", "--on", "fake"], "/: is a directory; expected a file"),
        (["plan", "nope.json"], "nope.json: no such file"),
    ],
)
def test_usage(words: list[str | Path], said: str, tmp_path: Path) -> None:
    line = one_line(dmabench(*words, cwd=tmp_path), 2)
    assert said in line
    assert len(line) < 350
    assert not list(tmp_path.iterdir()), "something was left behind"


def test_the_filter_is_checked_before_a_device_is_opened(tmp_path: Path) -> None:
    assert "unbalanced" in one_line(dmabench("run", QUICK, "--filter", "(", cwd=tmp_path), 2)


def as_nobody(*words: str | Path, cwd: Path) -> Done:
    """Root may read and write anything, so those who are root become nobody for this."""
    command = [str(DMABENCH), *map(str, words)]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("needs setpriv, of util-linux, to give up being root")
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that nobody may look into; pytest's own are for their owner alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        if as_nobody("--version", cwd=folder).returncode != 0:
            pytest.skip("dmabench lies where only root may go")
        yield folder


def test_unreadable_scenario(open_folder: Path) -> None:
    secret = open_folder / "secret.json"
    secret.write_text("{}")
    secret.chmod(0)
    done = as_nobody("run", secret, "--on", "fake", cwd=open_folder)
    assert one_line(done, 2) == f"{secret}: cannot be read: Permission denied"


def test_unwritable_output(open_folder: Path) -> None:
    shutil.copy(QUICK, open_folder / "quick.json")
    closed = open_folder / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    for output, said in (
        ("closed/report.json", "-o closed/report.json: cannot be written: Permission denied"),
        ("closed", "-o closed/fake.json: cannot be written: Permission denied"),
        ("closed/new", "-o closed/new: the folder cannot be made: Permission denied"),
    ):
        done = as_nobody("run", "quick.json", "--on", "fake", "-o", output, cwd=open_folder)
        assert one_line(done, 2) == said


def test_output_that_is_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    line = one_line(dmabench(*RUN, "-o", "notes", cwd=tmp_path), 2)
    assert line == "-o notes: is a file, but not a .json file; expected FILE.json or a folder"
    assert (tmp_path / "notes").read_text() == "mine"


@pytest.mark.skipif(os.path.exists("/dev/dmabench"), reason="the module is loaded here")
@pytest.mark.parametrize("words", [["run", QUICK], ["run", QUICK, "--on", "host"], ["info"]])
def test_without_the_module(words: list[str | Path], tmp_path: Path) -> None:
    line = one_line(dmabench(*words, cwd=tmp_path), 4)
    assert "--on lab:arm64" in line
    assert not list(tmp_path.iterdir())


class Machine:
    """A root folder of its own, where the static program sees the /proc and /dev that a test makes up."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("dev", "proc/sys/kernel"):
            (root / folder).mkdir(parents=True)
        shutil.copy(DMABENCH, root / "dmabench")

    def info(self, user: int = 0) -> Done:
        command = ["chroot", f"--userspec={user}:{user}", "--groups=", str(self.root), "/dmabench", "info"]
        return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    if os.geteuid() != 0:
        pytest.skip("needs root, for chroot")
    made = Machine(tmp_path / "root")
    tmp_path.joinpath("root").chmod(0o755)
    if made.info().returncode in (126, 127):
        pytest.skip("dmabench is not linked statically")
    return made


def test_kernel_without_modules(machine: Machine) -> None:
    line = one_line(machine.info(), 4)
    assert line == (
        "this kernel is built without loadable modules, so the dmabench module cannot be here: measure in an "
        "emulated guest with --on lab:arm64 or --on lab:x86_64-direct"
    )


def test_module_not_loaded(machine: Machine) -> None:
    (machine.root / "proc/modules").write_text("dmabench_other 1 0 - Live 0x0\n")
    assert one_line(machine.info(), 4) == (
        "the kernel module is not loaded: load it (make -C kmod && sudo insmod kmod/dmabench.ko), or measure in an "
        "emulated guest with --on lab:arm64 or --on lab:x86_64-direct"
    )


def test_loading_modules_is_off(machine: Machine) -> None:
    (machine.root / "proc/modules").write_text("")
    (machine.root / "proc/sys/kernel/modules_disabled").write_text("1\n")
    assert "(kernel.modules_disabled=1): load it after a reboot" in one_line(machine.info(), 4)


def test_loaded_but_no_device(machine: Machine) -> None:
    (machine.root / "proc/modules").write_text("dmabench 65536 0 - Live 0x0 (O)\n")
    line = one_line(machine.info(), 4)
    assert line.startswith(
        "the module is loaded, but there is no /dev/dmabench: run dmabench outside of this container"
    )


def test_device_is_not_ours_to_open(machine: Machine) -> None:
    device = machine.root / "dev/dmabench"
    device.write_text("")
    device.chmod(0o600)
    line = one_line(machine.info(user=65534), 4)
    assert line == "/dev/dmabench may not be opened by this user: run dmabench as root"


def test_device_is_something_else(machine: Machine) -> None:
    (machine.root / "dev/dmabench").write_text("")
    assert one_line(machine.info(), 4).startswith("/dev/dmabench does not answer as dmabench does: ")


@pytest.mark.parametrize(
    "file", sorted((REPOSITORY / "tests/bad_input").glob("*.json")), ids=lambda f: f.stem
)
def test_bad_scenario(file: Path, tmp_path: Path) -> None:
    line = one_line(dmabench("run", file, "--on", "fake", cwd=tmp_path), 2)
    assert re.match(re.escape(str(file)) + r":\d+:\d+: \S", line), line
    assert line.isprintable()
    assert not list(tmp_path.iterdir())
