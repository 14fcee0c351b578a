# SPDX-License-Identifier: GPL-2.0-only
"""The man page and the completions know all that --help knows, and nothing else."""

from __future__ import annotations

import functools
import json
import os
import pty
import re
import select
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import DMABENCH, REPOSITORY, dmabench, environment

MAN = REPOSITORY / "docs/dmabench.1"
COMPLETIONS = REPOSITORY / "completions"
SCHEMA = json.loads((REPOSITORY / "scenarios/scenario.schema.json").read_text())
AXES = SCHEMA["definitions"]["matrix"]["properties"]
PLATFORMS = sorted(path.stem for path in (REPOSITORY / "lab/platforms").glob("*.json"))
COUNTER_SETS = sorted(path.stem for path in (REPOSITORY / "counters").glob("*.json"))
LONG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@functools.cache
def help_of(*command: str) -> str:
    done = dmabench(*command, "--help")
    assert done.returncode == 0, done.stderr
    return done.stdout


def listed_options(text: str) -> set[str]:
    """The long options that a help describes, each at the start of a line of its own."""
    return {
        option for line in text.splitlines() if line.startswith("  -") for option in LONG.findall(line[:36])
    }


@functools.cache
def commands() -> tuple[str, ...]:
    section = help_of().split("Subcommands:")[1].split("\n\n")[0]
    return tuple(re.findall(r"^  (\w+) ", section, re.MULTILINE))


@functools.cache
def lab_commands() -> tuple[str, ...]:
    return tuple(re.findall(r"^    (\w+) ", help_of("lab"), re.MULTILINE))


@functools.cache
def options(*command: str) -> frozenset[str]:
    return frozenset(listed_options(help_of(*command)))


def option_table() -> list[tuple[str, ...]]:
    """Each command whose options completion has to know."""
    return [(c,) for c in commands() if c != "lab"] + [("lab", c) for c in lab_commands()]


def test_the_helps_are_understood() -> None:
    assert set(commands()) >= {"run", "plan", "info", "report", "lab"}
    assert set(lab_commands()) >= {"list", "run", "shell"}
    assert options("run") >= {"--on", "--output", "--set", "--resume", "--help", "--clock"}
    assert options("lab", "run") >= {"--scenario", "--jobs", "--help"}
    assert len(AXES) >= 15


def rendered() -> str:
    """The man page as text, without line breaks inside of paragraphs."""
    if not shutil.which("man"):
        pytest.skip("needs man")
    done = subprocess.run(
        ["man", "--warnings", "-E", "ascii", "-l", str(MAN)],
        env=environment(MANWIDTH="400", MAN_KEEP_FORMATTING=""),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == "", "warnings"
    return re.sub(r"\x1b\[[\d;]*m|.\x08", "", done.stdout)


def sections() -> dict[str, str]:
    parts = re.split(r"^([A-Z][A-Z' ]+)$", rendered(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def test_man_page_is_well_formed() -> None:
    assert list(sections()) == [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "COMMANDS",
        "OPTIONS",
        "AXES",
        "POINTS' NAMES",
        "REPORTS",
        "EXIT STATUS",
        "ENVIRONMENT",
        "FILES",
        "EXAMPLES",
        "SEE ALSO",
    ]
    if shutil.which("mandoc"):
        linted = subprocess.run(
            ["mandoc", "-T", "lint", "-W", "warning", str(MAN)], capture_output=True, text=True, check=False
        )
        assert linted.stdout + linted.stderr == ""


def test_man_page_commands_and_options() -> None:
    parts = re.split(r"^   (\w+)$", sections()["COMMANDS"], flags=re.MULTILINE)
    described = dict(zip(parts[1::2], parts[2::2]))
    assert set(described) == set(commands())
    for command, text in described.items():
        tags = {o for line in text.splitlines() if re.match(r"       -", line) for o in LONG.findall(line)}
        assert tags == (options(command) - {"--help"} if command != "lab" else set()), command
    tags = set(re.findall(r"^       (\w+) +\S", described["lab"], re.MULTILINE))
    assert tags >= set(lab_commands())
    top = {o for line in sections()["OPTIONS"].splitlines() for o in LONG.findall(line)}
    assert top == options()
    synopsis = sections()["SYNOPSIS"]
    for command in commands():
        assert f"dmabench {command} " in synopsis
    known = set().union(
        options(), *(options(c) for c in commands()), *(options("lab", c) for c in lab_commands())
    )
    assert set(LONG.findall(rendered())) <= known


def values_of(axis: str) -> str:
    """As the man page writes them."""
    value = AXES[axis]["anyOf"][0]
    if "enum" in value:
        return " | ".join(word for word in value["enum"] if isinstance(word, str))
    first = value["anyOf"][0]
    if "enum" in first:
        return " | ".join([*first["enum"], "pci:ADDRESS"])
    return f"{first['minimum']} .. {first['maximum']}"


def test_man_page_axes() -> None:
    text = re.sub(r"(?<=[.:]) +", " ", sections()["AXES"])
    found = re.findall(r"^       (\w+)\n? +(\S.*)\n +(\S.*)$", text, re.MULTILINE)
    rows = {name: (values, description) for name, values, description in found if name in AXES}
    assert list(rows) == list(AXES)
    for axis, (values, description) in rows.items():
        assert values == values_of(axis), axis
        assert description == AXES[axis]["description"], axis


def test_man_page_exit_codes_and_environment() -> None:
    footer = help_of().split("Exit codes:")[1]
    codes = set(re.findall(r"(?:^|,)\s*(\d) ", footer))
    assert set(re.findall(r"^       (\d) ", sections()["EXIT STATUS"], re.MULTILINE)) == codes
    read = set()
    for folder, pattern in (("harness", "*.cpp"), ("lab/dmabench_lab", "*.py")):
        for path in (REPOSITORY / folder).rglob(pattern):
            read |= set(re.findall(r'(?:getenv\(|environ(?:\.get\(|\[))"(\w+)"', path.read_text()))
    assert "DMABENCH_HOME" in read
    assert set(re.findall(r"^       ([A-Z_]+)\b", sections()["ENVIRONMENT"], re.MULTILINE)) == read


def test_man_page_examples() -> None:
    """They are understood: each is tried as far as it goes without a device."""
    lines = re.findall(r"^ +((?:sudo )?dmabench .*)$", sections()["EXAMPLES"], re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        words = line.removeprefix("sudo ").removeprefix("dmabench ")
        if words.startswith(("report", "compare", "export", "advise")):
            continue
        words = re.sub(r"^run (.*?)( --on \S+| -o \S+| --resume| --counters \S+)*$", r"plan \1", words)
        words = re.sub(r" --on \S+| -o \S+| --counters \S+", "", words)
        done = subprocess.run(
            ["bash", "-c", f'"$0" {words}', str(DMABENCH)],
            cwd=REPOSITORY,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (line, done.stderr)


def program_path() -> str:
    return f"{DMABENCH.parent}:{os.environ['PATH']}"


needs_name = pytest.mark.skipif(DMABENCH.name != "dmabench", reason="the program has to be called dmabench")


def bash(*lines: str, breaks: str = "") -> list[list[str]]:
    """What bash offers after each of these lines."""
    script = (
        f"source {COMPLETIONS}/dmabench.bash\n{breaks}\n"
        + r"""
for line in "$@"; do
    COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
    read -ra COMP_WORDS <<<"$line"
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _dmabench dmabench
    printf '%s\n' "${COMPREPLY[@]}" =end=
done"""
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", *lines],
        cwd=REPOSITORY,
        env=environment(PATH=program_path()),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return [[word for word in part.split("\n") if word] for part in done.stdout.split("=end=\n")[:-1]]


@needs_name
def test_bash_commands_and_options() -> None:
    [top] = bash("dmabench ")
    assert set(top) == set(commands()) | options()
    [lab] = bash("dmabench lab ")
    assert set(lab) == set(lab_commands()) | {"--help"}
    table = option_table()
    for command, offered in zip(table, bash(*(f"dmabench {' '.join(command)} x --" for command in table))):
        assert set(offered) == options(*command), command
    assert bash("dmabench r", "dmabench run --res", "dmabench plan --re") == [
        ["run", "report"],
        ["--resume"],
        [],
    ]


@needs_name
def test_bash_values() -> None:
    offered = bash(
        "dmabench run --on ",
        "dmabench run --on lab:",
        "dmabench run --on=lab:arm64,x86_64-am",
        "dmabench lab run arm64,x86_64-am",
        "dmabench lab exec x86_64-am",
        "dmabench run --set ",
        "dmabench run --clock ",
        "dmabench run --counters ",
        "dmabench lab run arm64 --clock ",
        "dmabench report x.json --plots ",
    )
    assert offered[0] == ["auto", "host", "fake", "lab:"]
    assert sorted(offered[1]) == PLATFORMS
    assert offered[2:5] == [["arm64,x86_64-amdvi-strict"], ["arm64,x86_64-amdvi-strict"], ["x86_64-amdvi-strict"]]
    assert offered[5] == [f"{axis}=" for axis in AXES]
    clocks = re.search(r"--clock TEXT:\{(.*?)\}", help_of("run"))
    assert clocks and sorted(offered[6]) == sorted(clocks.group(1).split(","))
    assert sorted(offered[7]) == sorted([*COUNTER_SETS, "none"])
    clocks = re.search(r"--clock \{(.*?)\}", help_of("lab", "run"))
    assert clocks and sorted(offered[8]) == sorted(clocks.group(1).split(","))
    assert offered[9] == ["svg", "png", "svg,png"]
    # Where bash does not cut words at ':' and '=', the whole word is offered.
    whole = bash(
        "dmabench run --on lab:x86_64-am", "dmabench run --set touch=re", breaks="COMP_WORDBREAKS=' '"
    )
    assert whole == [["lab:x86_64-amdvi-strict"], ["touch=read"]]


@needs_name
@pytest.mark.parametrize("axis", AXES)
def test_bash_axis_values(axis: str) -> None:
    value = AXES[axis]["anyOf"][0]
    listed = value.get("enum") or value["anyOf"][0].get("enum") or []
    words = [word for word in listed if isinstance(word, str)]
    extra = ["pci:"] if axis == "target" else []
    assert bash(f"dmabench plan x --set {axis}=") == [words + extra]


@needs_name
def test_bash_scenarios() -> None:
    files = sorted(str(p.relative_to(REPOSITORY)) for p in (REPOSITORY / "scenarios").glob("*.json"))
    files_and_folder = sorted([*files, "scenarios/presets"])
    for line in ("run", "plan", "run --on fake", "report", "compare", "export"):
        assert sorted(bash(f"dmabench {line} scenarios/")[0]) == files_and_folder
    assert bash("dmabench run scenarios/qu") == [["scenarios/quick.json"]]
    assert "README" not in " ".join(bash("dmabench run ")[0])


def fish(line: str) -> list[str]:
    done = subprocess.run(
        [
            "fish",
            "--no-config",
            "-c",
            "source $argv[1]; complete -C $argv[2]",
            f"{COMPLETIONS}/dmabench.fish",
            line,
        ],
        cwd=REPOSITORY,
        env=environment(PATH=program_path(), HOME="/nonexistent", XDG_CACHE_HOME="/tmp"),
        capture_output=True,
        text=True,
        check=True,
    )
    return [word.split("\t")[0] for word in done.stdout.splitlines()]


@needs_name
@pytest.mark.skipif(not shutil.which("fish"), reason="needs fish")
def test_fish() -> None:
    assert set(fish("dmabench ")) == set(commands())
    assert set(fish("dmabench --")) == options()
    assert set(fish("dmabench lab ")) == set(lab_commands())
    for command in option_table():
        assert set(fish(f"dmabench {' '.join(command)} --")) == options(*command), command
    assert set(fish("dmabench run --on ")) == {
        "auto",
        "host",
        "fake",
        "lab:",
        *(f"lab:{p}" for p in PLATFORMS),
    }
    assert fish("dmabench run --on lab:arm64,x86_64-am") == ["lab:arm64,x86_64-amdvi-strict"]
    assert fish("dmabench lab run arm64,x86_64-am") == ["arm64,x86_64-amdvi-strict"]
    assert set(fish("dmabench run --counters ")) == {*COUNTER_SETS, "none"}
    assert fish("dmabench run --counters default,tl") == ["default,tlb"]
    assert set(fish("dmabench plan --set ")) == {f"{axis}=" for axis in AXES}
    assert fish("dmabench plan --set touch=re") == ["touch=read"]
    assert "scenarios/quick.json" in fish("dmabench run scenarios/q")


def zsh(line: str) -> str:
    """The screen of a zsh after TAB on this line."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(REPOSITORY)
        os.execvpe("zsh", ["zsh", "-f"], environment(PATH=program_path(), TERM="dumb", HOME="/nonexistent"))

    def read(until: bytes = b"", pause: float = 20) -> str:
        """Up to a text, or until nothing more has come for a while."""
        seen = b""
        while not until or until not in seen:
            if not select.select([terminal], [], [], pause)[0]:
                break
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
        return seen.decode(errors="replace")

    setup = (
        "stty cols 200 rows 60; autoload -U compinit; compinit -u -D; LISTMAX=1000; unsetopt automenu; "
        f"source {COMPLETIONS}/dmabench.zsh; PROMPT='% '; print RE''ADY\n"
    )
    os.write(terminal, setup.encode())
    read(b"READY\r")
    os.write(terminal, line.encode() + b"\t\t")
    # The platforms come from a program that takes a moment to begin.
    seen = read(pause=1.5 if "lab:" in line else 0.5)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(terminal)
    return seen


@needs_name
@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
@pytest.mark.parametrize(
    "line, offered",
    [
        ("dmabench ", commands),
        ("dmabench run --", lambda: options("run")),
        ("dmabench plan --", lambda: options("plan")),
        ("dmabench lab ", lab_commands),
        ("dmabench run --on lab:", lambda: PLATFORMS),
        ("dmabench run --set ", lambda: list(AXES)),
        ("dmabench run --counters ", lambda: COUNTER_SETS),
        ("dmabench counters ", lambda: COUNTER_SETS),
        ("dmabench plan scenarios/", lambda: ["quick.json", "sync_frequency.json"]),
    ],
)
def test_zsh(line, offered) -> None:
    seen = zsh(line)
    for word in offered():
        assert re.search(rf"(?<![\w-]){word}(?![\w-])", seen), (word, seen)


def zsh_options(command: tuple[str, ...]) -> set[str]:
    text = (COMPLETIONS / "dmabench.zsh").read_text()
    body = re.search(rf"^_dmabench_{'_'.join(command)}\(\) {{\n(.*?)^}}", text, re.MULTILINE | re.DOTALL)
    assert body, command
    return set(LONG.findall(body.group(1)))


def test_zsh_options() -> None:
    for command in option_table():
        assert zsh_options(command) == options(*command), command


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_syntax(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"needs {shell}")
    subprocess.run([shell, "-n", str(COMPLETIONS / f"dmabench.{shell}")], check=True)
