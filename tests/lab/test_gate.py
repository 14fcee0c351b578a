# SPDX-License-Identifier: GPL-2.0-only
"""The lab as a gate for changes: the instruction clock has no noise, so what is flagged has changed, and what has
changed is flagged. With guests."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY
from dmabench_lab import paths

pytestmark = pytest.mark.guest

PLATFORM = "arm64"
DMABENCH = REPOSITORY / "build/host/dmabench"
SCENARIO = {
    "name": "gate",
    "statistics": {
        "samples": 6,
        "max_samples": 6,
        "discard": 1,
        "sample_time": "50us",
        "histogram_laps": 20,
    },
    "matrix": {
        "strategy": ["coherent", "streaming_single", "streaming_sg", "noncoherent"],
        "size": [1024, 16384],
        "direction": ["to_device", "from_device"],
        "map_every": [0, 1],
        "sync_every": [0, 1],
    },
}
# A loop over the cache lines that a sync covers, in front of the sync itself.
LOOP = """
	for (size_t at = 0; at < bytes; at += L1_CACHE_BYTES)
		(void)READ_ONCE(((u8 *)b->cpu)[offset + at]);
"""
SYNC = re.compile(r"(void streaming_sync_for_cpu\(.*?\)\n\{)\n", re.DOTALL)


class Lab:
    """The lab with a cache of its own, so that another module does not push the usual one out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scenario = folder / "gate.json"
        self.scenario.write_text(json.dumps(SCENARIO))
        shutil.copytree(
            paths.cache(),
            folder / "cache/lab",
            copy_function=os.link,
            symlinks=True,
            ignore=shutil.ignore_patterns("runs", "lock"),
        )

    def run(self, kmod: Path, times: int, name: str) -> list[Path]:
        """The reports of so many runs, each in a guest booted for it."""
        # Of one name, for a name of another length is another number of instructions before the first point.
        reports = [self.folder / f"{name}{i}/gate.json" for i in range(times)]
        for report in reports:
            report.parent.mkdir()
            done = subprocess.run(
                [DMABENCH, "run", self.scenario, "--on", f"lab:{PLATFORM}", "-o", report, "--quiet"],
                env={**os.environ, "DMABENCH_KMOD": str(kmod), "DMABENCH_CACHE": str(self.folder / "cache")},
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        return reports


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with tempfile.TemporaryDirectory(prefix="dmabench-gate-") as folder:
        yield Lab(Path(folder))


@pytest.fixture(scope="module")
def base(lab: Lab) -> Path:
    [report] = lab.run(REPOSITORY / "kmod", 1, "base")
    return report


def compare(base: Path, new: Path) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [DMABENCH, "compare", base, new, "--format", "json"], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    [comparison] = json.loads(done.stdout)["comparisons"]
    return done.returncode, comparison


def patched(folder: Path) -> Path:
    """The module with an extra loop over the cache lines in streaming_single's sync for the CPU."""
    shutil.copytree(REPOSITORY / "kmod", folder)
    source = folder / "strategy_streaming.c"
    text, count = SYNC.subn(lambda match: match[1] + LOOP, source.read_text())
    assert count == 1
    source.write_text(text)
    return folder


def test_an_extra_loop_in_the_sync_is_flagged_where_it_runs_and_nowhere_else(lab: Lab, base: Path, tmp_path: Path) -> None:
    [slow] = lab.run(patched(tmp_path / "kmod"), 1, "slow")
    code, comparison = compare(base, slow)
    assert code == 1 and comparison["exact"]
    flagged = {point["name"] for point in comparison["points"] if point["verdict"] == "regression"}
    affected = {
        point["name"]
        for point in comparison["points"]
        if point["name"].startswith("streaming_single/") and "/sync_every:1/" in point["name"]
    }
    assert len(affected) >= 8
    assert flagged == affected
    assert comparison["counts"]["improvement"] == 0
    # The cause is named: it is in the sync for the CPU, and only there.
    causes = [cause["phase"] for p in comparison["points"] if p["name"] in flagged for cause in p.get("causes", [])]
    assert set(causes) == {"sync_for_cpu"} and len(causes) == len(flagged)


def test_twenty_runs_of_identical_builds_are_equal(lab: Lab, base: Path, tmp_path: Path) -> None:
    again = shutil.copytree(REPOSITORY / "kmod", tmp_path / "kmod")
    (again / "Kbuild").write_text((again / "Kbuild").read_text() + "# built once more\n")
    for report in lab.run(again, 20, "again"):
        code, comparison = compare(base, report)
        assert code == 0
        assert [p for p in comparison["points"] if p["ratio"] != 1] == []
        assert comparison["only_base"] == comparison["only_new"] == []
