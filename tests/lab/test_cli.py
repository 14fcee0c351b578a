# SPDX-License-Identifier: GPL-2.0-only
"""What the user gets for asking wrongly, and the exit codes; no guest is started."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import lab
from dmabench_lab import binary, run


@pytest.mark.parametrize("command", ["list", "fetch", "run", "exec", "shell"])
def test_help_has_examples_and_exit_codes(command: str) -> None:
    done = lab(command, "--help")
    assert done.returncode == 0
    assert f"  lab {command}" in done.stdout
    assert "6 the lab itself failed" in done.stdout


def test_list_as_json() -> None:
    rows = json.loads(lab("list", "--json").stdout)
    expected = {"name", "description", "arch", "kernel", "kernel_release", "module_built", "ready", "models"}
    assert expected == set(rows[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["exec", "nothing", "--", "true"], "unknown platform 'nothing' (known: "),
        (["exec", "arm64"], "which command?"),
        (["exec", "arm64,x86_64-direct", "--", "true"], "takes one platform"),
        (["run", "arm64,x86_64-direct", "-o", "one.json"], "several platforms need a folder"),
        (["run", "arm64", "-o", "out", "--scenario", "nothing.json"], "nothing.json: no such file"),
        (["list", "--", "x"], "takes nothing after --"),
    ],
)
def test_usage_errors(arguments: list[str], message: str) -> None:
    done = lab(*arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_missing_binary_is_not_possible(tmp_path: Path) -> None:
    done = lab("run", "arm64", "-o", str(tmp_path), "--binary", str(tmp_path / "nothing"))
    assert done.returncode == 4
    assert "no such file" in done.stderr


def test_the_worst_exit_code_wins() -> None:
    assert run.worst([0, 1, 0]) == 1
    assert run.worst([5, 6, 0]) == 6
    assert run.worst([]) == 0


def test_a_program_that_a_guest_cannot_run_is_refused(tmp_path: Path) -> None:
    dynamic = shutil.which("true")
    assert dynamic
    assert "not linked statically" in (binary.unfit(Path(dynamic).read_bytes(), "x86_64") or "")
    assert binary.unfit(Path(dynamic).read_bytes(), "arm64") == "it is not for arm64"
    (tmp_path / "t.c").write_text("int main(void) { return 0; }")
    subprocess.run(["gcc", "-static", "-o", tmp_path / "t", tmp_path / "t.c"], check=True)
    assert binary.unfit((tmp_path / "t").read_bytes(), "x86_64") is None
    assert binary.unfit(b"#!/bin/sh", "arm64") is None
