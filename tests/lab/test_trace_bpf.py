# SPDX-License-Identifier: GPL-2.0-only
"""dmabench trace --backend bpf in guests: against laps of a known cost and count, and where it cannot be done.

What it sees of drivers at work without the module, test_trace.py compares with what they count.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import lab
from test_trace import LAPS, trace_of

pytestmark = pytest.mark.guest

STAMPED = 700


# The target whose laps are dear enough to be compared; which functions they call; a note of theirs.
@pytest.mark.parametrize(
    "platform, target, function, note",
    [
        ("x86_64-swiotlb", "platform", "map_page", "bounced"),
        ("x86_64-swiotlb-6.12", "platform", "map_page", "bounced"),
        # Each comes by a function that does nothing else, whose caller is told.
        ("x86_64-vtd-strict-sid", "pci", "map_phys", "IOMMU"),
        ("arm64-6.12", "platform-noncoherent", "map_page", ""),
        ("arm64-sid", "platform-noncoherent", "map_phys", ""),
    ],
)
def test_laps_are_as_many_and_as_long_by_bpf(platform: str, target: str, function: str, note: str, tmp_path: Path) -> None:
    scenario = tmp_path / "laps.json"
    matrix = {**LAPS["matrix"], "target": target}
    scenario.write_text(json.dumps({**LAPS, "statistics": {"samples": 6, "discard": 1, "histogram_laps": STAMPED}, "matrix": matrix}))
    run = "dmabench run /mnt/in/laps.json --on host --clock instructions --counters none --quiet -o /mnt/out"
    traces = [
        f"dmabench trace --backend {backend} --function map,unmap --json /mnt/out/{backend}.json -- {run}/of-{backend}.json"
        for backend in ("bpf", "module")
    ]
    command = " && ".join([f"{run}/alone.json", *traces])
    done = lab("exec", platform, "--share", str(scenario), "-o", str(tmp_path), "--", "sh", "-c", command)
    assert done.returncode == 0, done.stderr
    assert "; seen by BPF\n" in done.stdout and "; seen by kretprobes\n" in done.stdout
    row = json.loads((tmp_path / "alone.json").read_text())["benchmarks"][0]
    each = {}
    for backend in ("bpf", "module"):
        trace = trace_of(tmp_path / f"{backend}.json")
        assert trace["missed"] == 0 and "untold" not in trace
        sized = [site for site in trace["sites"] if site["min_bytes"] == site["max_bytes"] == 16384]
        mapped = [site for site in sized if site["function"] == function]
        unmapped = [site for site in sized if site["function"] == "un" + function]
        laps = sum(site["calls"] for site in mapped)
        assert laps == sum(site["calls"] for site in unmapped) >= STAMPED
        per_lap = 1e6 * sum(site["cpu_ms"] for site in [*mapped, *unmapped]) / laps
        assert per_lap == pytest.approx(row["real_time"], rel=0.05), backend
        stamped = [site for site in sized if site["caller"].startswith("single_stamped+")]
        assert [site["calls"] for site in stamped] == [STAMPED, STAMPED]
        assert all(site["notes"] == ["bounced"] for site in mapped) if note == "bounced" else True
        assert all(note in site["notes"] for site in mapped if note)
        each[backend] = {
            (site["function"], site["device"], site["direction"], site["caller"], site["parent"]): site for site in sized
        }
    # The same rows by both, and in them the same.
    assert set(each["bpf"]) == set(each["module"])
    for key, site in each["bpf"].items():
        other = each["module"][key]
        assert all(site[name] == other[name] for name in ("driver", "kind", "iommu", "coherent", "syncs_elided", "failed", "skips_sync"))
        if min(site["calls"], other["calls"]) > 50:
            assert site["mean_ns"] == pytest.approx(other["mean_ns"], rel=0.03), key


@pytest.mark.parametrize(
    "platform, commands",
    [
        (
            "x86_64-direct",
            {
                "user": "su user -c 'dmabench trace --seconds 0.1 --backend bpf'",
                "missing": "dmabench trace --seconds 0.1 --function map_phys --backend bpf",
                "locked": "dmabench trace --seconds 0.1 --backend bpf",
                "neither": "dmabench trace --seconds 0.1",
            },
        ),
        ("x86_64-direct-5.10", {"old": "dmabench trace --seconds 0.1"}),
        ("arm64", {"trampolines": "dmabench trace --seconds 0.1"}),
    ],
)
def test_each_refusal_is_one_line_and_exit_code_4(platform: str, commands: dict[str, str]) -> None:
    lines = ["mkdir -p /etc; echo root::0:0:root:/:/bin/sh >/etc/passwd; echo user::1000:1000:user:/:/bin/sh >>/etc/passwd"]
    for case, command in commands.items():
        if case == "locked":
            lines += ["mount -t securityfs s /sys/kernel/security", "echo confidentiality >/sys/kernel/security/lockdown"]
        if case in ("neither", "old", "trampolines"):
            lines.append("rmmod dmabench")
        lines.append(f"echo == {case}; {command} 2>&1; echo $?")
    done = lab("exec", platform, "--", "sh", "-c", "\n".join(lines))
    assert done.returncode == 0, done.stderr
    said = {part.split("\n", 1)[0]: part.splitlines()[1:] for part in done.stdout.split("== ")[1:]}
    bpf = "tracing by BPF cannot be done: "
    expected = {
        "user": bpf + "it needs the capabilities CAP_BPF and CAP_PERFMON",
        "missing": bpf + "this kernel has none of the functions to trace (map_phys)",
        "locked": bpf + "this kernel is locked down for confidentiality",
        "neither": "sign dmabench.ko with a key it trusts",
        "old": "; " + bpf + "this kernel's BPF is too old: it has no bpf_loop()",
        "trampolines": "; " + bpf + "this kernel has no BPF trampolines: arm64 has them since Linux 6.4",
    }
    for case in commands:
        assert len(said[case]) == 2 and said[case][1] == "4", said
        assert said[case][0].startswith("dmabench: ") and expected[case] in said[case][0], said
