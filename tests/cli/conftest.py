# SPDX-License-Identifier: GPL-2.0-only
"""Drives the real program with --on fake. $DMABENCH names another one than build/host/dmabench."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable, Sequence

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DMABENCH = Path(os.environ.get("DMABENCH") or REPOSITORY / "build/host/dmabench").absolute()
SCENARIOS = sorted(
    path for path in (REPOSITORY / "scenarios").glob("*.json") if path.name != "scenario.schema.json"
)
QUICK = REPOSITORY / "scenarios/quick.json"

sys.dont_write_bytecode = True
sys.path.insert(0, str(REPOSITORY / "reports"))

Done = subprocess.CompletedProcess[str]


def pytest_sessionstart() -> None:
    if not os.access(DMABENCH, os.X_OK):
        pytest.exit(f"{DMABENCH} is missing: cmake --build --preset host --target dmabench", returncode=2)


def environment(**changes: str) -> dict[str, str]:
    """This process's, without what would change dmabench's ways."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("DMABENCH")}
    return {**plain, "TERM": "xterm", "LC_ALL": "C.UTF-8", **changes}


def dmabench(*words: str | Path, cwd: Path | None = None, timeout: float = 60, **changes: str) -> Done:
    """Runs it to its end, with neither stream a terminal."""
    return subprocess.run(
        [str(DMABENCH), *map(str, words)],
        cwd=cwd,
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def fake(*words: str | Path, cwd: Path | None = None, **changes: str) -> Done:
    """`dmabench run ... --on fake --quiet`, which has to go well."""
    done = dmabench("run", *words, "--on", "fake", "--quiet", cwd=cwd, **changes)
    assert done.returncode == 0, done.stderr
    return done


def load(report: Path) -> dict[str, Any]:
    return json.loads(report.read_text(encoding="utf-8"))


def names(report: Path | dict[str, Any]) -> list[str]:
    """Those of the rows, in their order."""
    document = load(report) if isinstance(report, Path) else report
    return [row["name"] for row in document["benchmarks"]]


def one_line(done: Done, code: int) -> str:
    """The one line on stderr of a command that ended with `code` and printed no result."""
    assert done.returncode == code, (done.returncode, done.stderr)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("dmabench: "), lines[0]
    assert not lines[0].endswith((".", " ")), lines[0]
    assert "\x1b" not in lines[0]
    return lines[0].removeprefix("dmabench: ")


def violations(report: Path) -> Sequence[str]:
    from dmabench_reports import contract

    return [f"{at}: {what}" for at, what in contract.check_file(report)]


Writer = Callable[..., Path]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder in memory where there is one: each point is flushed to the disk, and a busy disk takes its time."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


@pytest.fixture
def scenario(tmp_path: Path) -> Writer:
    """Writes a scenario of light points: scenario(points) or scenario(matrix={...})."""

    def write(points: int = 100, **matrix: Any) -> Path:
        # Two targets, so half as many sizes.
        axes = {"strategy": "streaming_single", "size": f"8..{4 * points} +8", **matrix}
        path = tmp_path / "many.json"
        statistics = {
            "samples": 6,
            "max_samples": 6,
            "discard": 0,
            "sample_time": "10us",
            "histogram_laps": 0,
        }
        path.write_text(json.dumps({"name": "many", "statistics": statistics, "matrix": axes}))
        return path

    return write
