# SPDX-License-Identifier: GPL-2.0-only
"""The lab as a gate for changes: the instruction clock has no noise, so what is flagged has changed, and what has
changed is flagged. With guests."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY
from dmabench_lab import paths
from slower_sync import copy_cache, slow_down

pytestmark = pytest.mark.guest

PLATFORMS = ("arm64", "x86_64-direct")
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


class Lab:
    """The lab with a cache of its own, so that another module does not push the usual one out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scenario = folder / "gate.json"
        self.scenario.write_text(json.dumps(SCENARIO))
        copy_cache(paths.cache(), folder / "cache/lab")

    def run(self, platform: str, kmod: Path, times: int, name: str) -> list[Path]:
        """The reports of so many runs, each in a guest booted for it."""
        # Of one name, for a name of another length is another number of instructions before the first point.
        reports = [self.folder / f"{platform}-{name}{i}/gate.json" for i in range(times)]
        for report in reports:
            report.parent.mkdir()
            done = subprocess.run(
                [DMABENCH, "run", self.scenario, "--on", f"lab:{platform}", "-o", report, "--quiet"],
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
def bases(lab: Lab) -> dict[str, Path]:
    return {platform: lab.run(platform, REPOSITORY / "kmod", 1, "base")[0] for platform in PLATFORMS}


def compare(base: Path, new: Path) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [DMABENCH, "compare", base, new, "--format", "json"], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    [comparison] = json.loads(done.stdout)["comparisons"]
    return done.returncode, comparison


@pytest.fixture(scope="module")
def slower(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slower") / "kmod"
    shutil.copytree(REPOSITORY / "kmod", folder)
    slow_down(folder)
    return folder


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_extra_loop_in_the_sync_is_flagged_where_it_runs_and_nowhere_else(
    platform: str, lab: Lab, bases: dict[str, Path], slower: Path
) -> None:
    [slow] = lab.run(platform, slower, 1, "slow")
    code, comparison = compare(bases[platform], slow)
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


@pytest.mark.parametrize(("platform", "times"), [("arm64", 20), ("x86_64-direct", 5)])
def test_runs_of_identical_builds_are_equal(
    platform: str, times: int, lab: Lab, bases: dict[str, Path], tmp_path: Path
) -> None:
    again = shutil.copytree(REPOSITORY / "kmod", tmp_path / "kmod")
    (again / "Kbuild").write_text((again / "Kbuild").read_text() + "# built once more\n")
    for report in lab.run(platform, again, times, "again"):
        code, comparison = compare(bases[platform], report)
        assert code == 0
        assert [p for p in comparison["points"] if p["ratio"] != 1] == []
        assert comparison["only_base"] == comparison["only_new"] == []
