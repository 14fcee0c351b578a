# SPDX-License-Identifier: GPL-2.0-only
"""dmabench trace in guests: against laps of a known cost, and against what drivers count of real traffic."""

from __future__ import annotations

import dataclasses
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conftest import REPOSITORY, lab
from dmabench_lab import binary, cache, guest, platforms, qemu

pytestmark = pytest.mark.guest

SCHEMA = json.loads((REPOSITORY / "docs/trace.schema.json").read_text())
PLATFORMS = platforms.load()
LAPS = {
    "name": "laps",
    "question": "What does a lap cost that is traced?",
    "matrix": {
        "strategy": "streaming_single",
        "size": 16384,
        "direction": "bidirectional",
        "target": "platform-noncoherent",
        "map_every": 1,
        "sync_every": 0,
    },
}


def trace_of(path: Path) -> dict[str, Any]:
    document = json.loads(path.read_text())
    jsonschema.Draft7Validator(SCHEMA).validate(document)
    trace: dict[str, Any] = document["dmabench_trace"]
    assert trace["missed"] == trace["homeless"] == trace["other"] == 0
    return trace


def total(trace: dict[str, Any], key: str, **like: Any) -> float:
    found = [site for site in trace["sites"] if all(site[k] == v for k, v in like.items())]
    return float(sum(site[key] for site in found))


@pytest.mark.parametrize("platform, target", [("x86_64-swiotlb", "platform"), ("arm64", "platform-noncoherent")])
def test_laps_take_as_long_traced_as_measured(platform: str, target: str, tmp_path: Path) -> None:
    scenario = tmp_path / "laps.json"
    scenario.write_text(json.dumps({**LAPS, "matrix": {**LAPS["matrix"], "target": target}}))
    run = "dmabench run /mnt/in/laps.json --on host --clock instructions --counters none --quiet -o /mnt/out"
    command = f"{run}/alone.json && dmabench trace --json /mnt/out/trace.json --folded /mnt/out/trace.folded -- {run}/traced.json"
    done = lab("exec", platform, "--share", str(scenario), "-o", str(tmp_path), "--", "sh", "-c", command)
    assert done.returncode == 0, done.stderr
    trace = trace_of(tmp_path / "trace.json")
    row = json.loads((tmp_path / "alone.json").read_text())["benchmarks"][0]
    # What comes before and after the laps of a run is little against them; canaries have sizes of their own.
    mapped = [site for site in trace["sites"] if site["kind"] == "map" and site["min_bytes"] == site["max_bytes"] == 16384]
    assert mapped, trace["sites"]
    laps = sum(site["calls"] for site in mapped)
    unmapped = [site for site in trace["sites"] if site["kind"] == "unmap" and site["min_bytes"] == 16384]
    assert laps == sum(site["calls"] for site in unmapped)
    per_lap = 1e6 * sum(site["cpu_ms"] for site in [*mapped, *unmapped]) / laps
    assert per_lap == pytest.approx(row["real_time"], rel=0.05)
    assert all("[dmabench]" in site["caller"] for site in mapped)
    if "swiotlb" in platform:
        assert all(site["notes"] == ["bounced"] for site in mapped)
    assert "_[dmabench];dma_" in (tmp_path / "trace.folded").read_text()


def test_each_refusal_is_one_line_and_exit_code_4() -> None:
    commands = [
        "mkdir -p /etc; echo root::0:0:root:/:/bin/sh >/etc/passwd; echo user::1000:1000:user:/:/bin/sh >>/etc/passwd",
        "echo == user; su user -c 'dmabench trace --seconds 0.1' 2>&1; echo $?",
        "echo == missing; dmabench trace --seconds 0.1 --function map_phys 2>&1; echo $?",
        "echo == off; echo 0 >/sys/kernel/debug/kprobes/enabled; dmabench trace --seconds 0.1 2>&1; echo $?",
        "echo 1 >/sys/kernel/debug/kprobes/enabled; mount -t securityfs s /sys/kernel/security",
        "echo confidentiality >/sys/kernel/security/lockdown",
        "echo == locked; dmabench trace --seconds 0.1 2>&1; echo $?",
    ]
    done = lab("exec", "x86_64-direct", "--", "sh", "-c", "\n".join(commands))
    assert done.returncode == 0, done.stderr
    said = {part.split("\n", 1)[0]: part.splitlines()[1:] for part in done.stdout.split("== ")[1:]}
    expected = {
        "user": "run dmabench as root",
        "missing": "this kernel has none of the functions to trace (map_phys)",
        "off": "this kernel sets no probes",
        "locked": "this kernel is locked down",
    }
    assert set(said) == set(expected)
    for case, words in expected.items():
        assert len(said[case]) == 2 and said[case][1] == "4", said
        assert said[case][0].startswith("dmabench: ") and words in said[case][0], said


class Files(http.server.BaseHTTPRequestHandler):
    """A file of as many bytes as its name says."""

    def do_GET(self) -> None:  # noqa: N802
        size = int(self.path.strip("/"))
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(bytes(size))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """The port of a loopback server, which a guest finds at its network's .2."""
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served.server_address[1]
    served.shutdown()


NICS = {"e1000": "e1000", "e1000e": "e1000e", "virtio_net": "virtio-net-pci,iommu_platform=on,disable-legacy=on"}
DOWNLOAD = 6 << 20
READ = 32 << 20

# Brings each network card up, and traces a download and a read of the disk.
TRAFFIC = """
for path in /sys/class/net/*; do
    [ -e "$path/device/driver" ] || continue
    name=${path##*/} driver=$(basename "$(readlink -f "$path/device/driver")")
    case $driver in e1000) net=21 ;; e1000e) net=22 ;; virtio_net) net=23 ;; *) continue ;; esac
    ifconfig "$name" 10.0.$net.15 netmask 255.255.255.0 up
    for i in 1 2 3 4 5 6 7 8 9 10; do [ "$(cat $path/carrier)" = 1 ] && break; sleep 1; done
    sleep 1
    for when in before after; do
        [ $when = after ] && { dmabench trace --json /mnt/out/$driver.json -- \\
            wget -q -O /dev/null http://10.0.$net.2:PORT/DOWNLOAD >/mnt/out/$driver.txt || exit 1; }
        for what in rx_packets rx_bytes tx_packets tx_bytes rx_errors rx_dropped tx_errors; do
            echo $what $(cat $path/statistics/$what) >>/mnt/out/$driver.$when
        done
    done
    ifconfig "$name" down
done
cat /sys/block/nvme0n1/stat >/mnt/out/nvme.before
dmabench trace --json /mnt/out/nvme.json -- dd if=/dev/nvme0n1 of=/dev/null bs=1M count=32 >/mnt/out/nvme.txt || exit 1
cat /sys/block/nvme0n1/stat >/mnt/out/nvme.after
dmesg | grep -i "BUG\\|WARNING\\|Oops\\|leak" >/mnt/out/complaints
true
"""


def with_drivers(name: str, disk: Path) -> platforms.Platform:
    """The platform with network cards and a disk of its own."""
    like = PLATFORMS[name]
    kernel = dataclasses.replace(
        like.kernel,
        name=f"drivers-{like.kernel.name}",
        modules=(*like.kernel.modules, "e1000", "e1000e", "virtio_net", "nvme"),
    )
    devices = list(like.devices)
    arguments = ["-drive", f"file={disk},if=none,id=disk,format=raw,readonly=on"]
    for number, (card, device) in enumerate(NICS.items()):
        devices.append(f"{device},netdev={card}")
        arguments += ["-netdev", f"user,id={card},net=10.0.{21 + number}.0/24"]
    devices.append("nvme,drive=disk,serial=1")
    return dataclasses.replace(like, kernel=kernel, devices=tuple(devices), arguments=tuple(arguments))


def read_counters(folder: Path, driver: str) -> dict[str, int]:
    found = []
    for when in ("before", "after"):
        lines = (folder / f"{driver}.{when}").read_text().splitlines()
        found.append({name: int(value) for name, value in (line.split() for line in lines)})
    return {name: found[1][name] - found[0][name] for name in found[0]}
