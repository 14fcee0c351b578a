# SPDX-License-Identifier: GPL-2.0-only
"""The benchmarks that hold dmabench against itself and against a peer: what they print is within what is promised."""

import re
import subprocess

import pytest

from conftest import REPOSITORY
from dmabench_lab import peers
from dmabench_lab.errors import InfrastructureError

NUMBER = r"\s+(-?[0-9.]+)"


def script(name: str, *arguments: str) -> dict[str, str]:
    """What the script prints, by platform."""
    command = [str(REPOSITORY / "scripts" / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stderr
    parts = re.split(r"(?m)^((?:x86_64|arm64)\S*)\n", done.stdout)
    return dict(zip(parts[1::2], parts[2::2]))


def numbers(words: str, text: str) -> list[float]:
    return [float(found) for found in re.findall(rf"(?m)^\s*{words}{NUMBER}", text)]


@pytest.mark.guest
def test_a_lap_costs_what_the_difference_says_and_the_loop_next_to_nothing() -> None:
    printed = script("bench-laps")
    assert list(printed) == ["x86_64-direct", "arm64"]
    for text in printed.values():
        assert 1 < numbers("empty loop", text)[0] < 10
        assert 0 < numbers("beyond the loop", text)[0] <= 12
        off = numbers("mean is off by", text)
        assert len(off) >= 4 and all(abs(percent) < 1 for percent in off)


@pytest.mark.guest
def test_dmabench_agrees_with_the_difference_sooner_than_map_benchmark() -> None:
    printed = script("bench-peers", "1")
    assert list(printed) == ["x86_64-vtd-strict", "x86_64-vtd-lazy", "x86_64-direct"]
    for text in printed.values():
        (reference,) = numbers("by difference", text)
        row = rf"{NUMBER}{NUMBER}{NUMBER}{NUMBER} %{NUMBER} s"
        figures = {
            name: [float(word) for word in re.search(rf"(?m)^{name}{row}$", text).groups()]  # type: ignore[union-attr]
            for name in ("dmabench", "map_benchmark")
        }
        map_ns, unmap_ns, both, _, seconds = figures["dmabench"]
        assert both == pytest.approx(map_ns + unmap_ns, abs=0.02)
        assert both == pytest.approx(reference, rel=0.02)
        assert seconds <= 1
        # In steps of 100 ns, and a second of it takes a second.
        assert figures["map_benchmark"][0] % 100 == 0 and figures["map_benchmark"][4] >= 1


def test_a_source_that_cannot_be_made_a_module_is_told() -> None:
    assert peers.as_module("a; kthread_bind_mask(tsk, mask);") == "a; set_cpus_allowed_ptr(tsk, mask);"
    with pytest.raises(InfrastructureError, match="does not call kthread_bind_mask once"):
        peers.as_module("nothing of the kind")
