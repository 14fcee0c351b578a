# SPDX-License-Identifier: GPL-2.0-only
"""Random workloads, advice on each, and a scenario that measures all that was advised on."""

import json
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
DMABENCH = REPOSITORY / "build" / "host" / "dmabench"
# Ways that are said to cost so many times the best are not measured: if one of them won, the advice on the best
# would be far off itself, and that is tested too.
MEASURED_WITHIN = 3.0


@dataclass(frozen=True)
class Workload:
    transfer: int
    touch: int
    how: str
    every: int
    place: str

    @property
    def options(self) -> list[str]:
        return [
            *("--transfer-bytes", str(self.transfer), "--touch-bytes", str(self.touch), "--touch", self.how),
            *("--transfers-per-sync", str(self.every), "--in", self.place),
        ]


def draw(seed: int, count: int) -> list[Workload]:
    """Sizes are spread evenly over their logarithm, and fall between the measured ones."""
    rng = random.Random(seed)
    found = []
    while len(found) < count:
        place = rng.choice(["kernel", "kernel", "kernel", "user"])
        transfer = round(2 ** rng.uniform(6, 18))
        touch = transfer if rng.random() < 0.3 else round(2 ** rng.uniform(6, 18))
        how = rng.choice(["read", "copy"] if place == "user" else ["read", "write", "copy"])
        if touch <= transfer:
            found.append(Workload(transfer, touch, how, rng.choice([1, 1, 2, 4, 8]), place))
    return found


def advice(report: Path, workload: Workload, target: str) -> dict[str, Any]:
    """What `dmabench advise` says of it, for one target."""
    done = subprocess.run(
        [DMABENCH, "advise", report, "--json", "--target", target, *workload.options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["targets"][0]


def near(ranking: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in ranking if one["ns"] <= MEASURED_WITHIN * ranking[0]["ns"]]


def scenario(advised: list[dict[str, Any]]) -> dict[str, Any]:
    """All ways that are near the best of some workload, as points."""
    points = {one["point"]: one["params"] for said in advised for one in near(said["ranking"])}
    return {
        "name": "held_out",
        "title": "Held-out workloads",
        "question": "Does advice hold where nothing was measured?",
        "statistics": {
            **{"samples": 6, "max_samples": 12, "discard": 2, "sample_time": "100us"},
            **{"budget": "50ms", "histogram_laps": 0},
        },
        "sweeps": [{"title": name, "matrix": params} for name, params in points.items()],
    }
