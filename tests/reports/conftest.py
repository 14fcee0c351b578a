# SPDX-License-Identifier: GPL-2.0-only
"""Reports and a page that the tests share."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parents[1] / "reports"))

import make_sample  # noqa: E402
from browser import Browser  # noqa: E402
from dmabench_reports import cli  # noqa: E402

Writer = Callable[..., Path]


def sample(name: str, seed: int = 1, clock: str = "instructions") -> dict[str, Any]:
    """The synthetic report of a platform."""
    platform = next(p for p in make_sample.PLATFORMS if p.name == name)
    return make_sample.make_report(platform, seed, clock)


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Writes a report to a file of its own."""

    def writer(report: Any, name: str = "report.json") -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(report), encoding="utf-8")
        return path

    return writer


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """A page of three platforms with two clocks, a second run of each, and the reports."""
    folder = tmp_path_factory.mktemp("built")
    runs = []
    for run in (1, 2):
        files = []
        for name in ("x86_64-swiotlb", "x86_64-direct-6.12", "arm64", "arm64-modelled"):
            clock = "modelled" if name == "arm64-modelled" else "instructions"
            path = folder / f"{name}.{run}.json"
            path.write_text(json.dumps(sample(name, run, clock)), encoding="utf-8")
            files.append(path)
        runs.append(files)
    output = folder / "page"
    words = [*map(str, runs[0]), "-o", str(output), "--plots", "svg"]
    assert cli.main([*words, "--repeat", *map(str, runs[1])]) == 0
    return output, runs[0]


@pytest.fixture(scope="session")
def page(built: tuple[Path, list[Path]]) -> str:
    return (built[0] / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Fails, never skips, without a browser: an unseen page is an untested page."""
    with Browser() as one:
        yield one
