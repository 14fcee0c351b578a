# SPDX-License-Identifier: GPL-2.0-only
"""Advice against the truth: 100 workloads that no row measured, and what they then cost in the guest."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from workloads import DMABENCH, REPOSITORY, Workload, advice, draw, near, scenario

# Under the instruction clock a figure has no noise, so a miss is the model's.
PLATFORM, TARGET = "arm64", "platform-noncoherent"
COUNT = 100
GOOD = 1.05


def sweep(file: Path, report: Path) -> dict[str, float]:
    done = subprocess.run(
        [DMABENCH, "run", file, "--on", f"lab:{PLATFORM}", "-o", report, "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {row["name"]: row["real_time"] for row in json.loads(report.read_text())["benchmarks"]}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Workload, list[dict[str, Any]], dict[str, float]]]:
    """Each workload with its ranking and the true costs of the ways near its best."""
    folder = tmp_path_factory.mktemp("advise")
    known = folder / "known.json"
    sweep(REPOSITORY / "scenarios/advise.json", known)
    workloads = draw(seed=1, count=COUNT)
    advised = [advice(known, workload, TARGET) for workload in workloads]
    held_out = folder / "held_out.json"
    held_out.write_text(json.dumps(scenario(advised)))
    truth = sweep(held_out, folder / "truth.json")
    return [(w, near(said["ranking"]), truth) for w, said in zip(workloads, advised)]


def test_the_way_advised_is_the_best_or_within_5_percent(
    measured: list[tuple[Workload, list[dict[str, Any]], dict[str, float]]],
) -> None:
    good, misses = 0, []
    for workload, ranking, truth in measured:
        costs = {one["way"]: truth[one["point"]] for one in ranking if one["point"] in truth}
        first = ranking[0]["way"]
        best = min(costs, key=lambda way: costs[way])
        if costs[first] <= GOOD * costs[best]:
            good += 1
        else:
            misses.append(f"{' '.join(workload.options)}: {first} {costs[first]:.0f} ns, {best} {costs[best]:.0f} ns")
    print(f"\nadvice was the best or within 5 % of it in {good} of {len(measured)} held-out workloads")
    for miss in misses:
        print(f"  miss: {miss}")
    assert len(measured) == COUNT
    assert good >= 0.95 * COUNT


def test_most_costs_are_reckoned_within_10_percent(
    measured: list[tuple[Workload, list[dict[str, Any]], dict[str, float]]],
) -> None:
    errors = sorted(
        (abs(one["ns"] / truth[one["point"]] - 1), one["point"])
        for _, ranking, truth in measured
        for one in ranking
        if one["point"] in truth
    )
    worst, middle = errors[-1], errors[len(errors) // 2]
    print(f"\n{len(errors)} costs reckoned: median error {middle[0]:.1%}, largest {worst[0]:.1%} at {worst[1]}")
    within = sum(error <= 0.10 for error, _ in errors)
    # The greatest errors are those of calls of some 100 ns, where a lap's own instructions show.
    assert within >= 0.90 * len(errors) and middle[0] <= 0.02, errors[-20:]
