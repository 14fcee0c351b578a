# SPDX-License-Identifier: GPL-2.0-only
"""dmabench trace in guests: against laps of a known cost, and against what drivers count of real traffic."""

from __future__ import annotations

import dataclasses
import http.server
import json
import os
import re
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


# Of the calls of real traffic: a kretprobe in an interrupt of another one is missed, and so is a BPF program in one of itself.
MISSED = {"kretprobes": 0.0005, "bpf": 0.005}


def trace_of(path: Path, missed_share: float = 0) -> dict[str, Any]:
    """Of a few calls two may be missed, where a share may be."""
    document = json.loads(path.read_text())
    jsonschema.Draft7Validator(SCHEMA).validate(document)
    trace: dict[str, Any] = document["dmabench_trace"]
    assert trace["homeless"] == trace["other"] == 0
    assert trace["missed"] <= (max(2, missed_share * trace["calls"]) if missed_share else 0)
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
        "rmmod dmabench; insmod /lab/dmabench.ko 2>/dev/null && echo loaded",
        "echo == unsigned; dmabench trace --seconds 0.1 2>&1; echo $?",
    ]
    done = lab("exec", "x86_64-direct", "--", "sh", "-c", "\n".join(commands))
    assert done.returncode == 0, done.stderr
    said = {part.split("\n", 1)[0]: part.splitlines()[1:] for part in done.stdout.split("== ")[1:]}
    expected = {
        "user": "run dmabench as root",
        "missing": "this kernel has none of the functions to trace (map_phys)",
        "off": "this kernel sets no probes",
        "locked": "this kernel is locked down",
        "unsigned": "locked down (confidentiality), so that it loads signed modules only: sign dmabench.ko",
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

# Brings each network card up, and traces a download and a read of the disk. Counters are read while the trace goes on.
TRAFFIC = """
counters() {
    for what in rx_packets rx_bytes tx_packets tx_bytes rx_errors rx_dropped rx_missed_errors tx_errors; do
        echo $what $(cat /sys/class/net/$1/statistics/$what)
    done
    echo out_of_order $(awk '/TcpExt/ { for (i = 1; i <= NF; i++) if (!n) name[i] = $i; else if (name[i] == "TCPOFOQueue") print $i; n = 1 }' /proc/net/netstat)
}
case $1 in
net) counters $2 >$4.before; wget -q -O /dev/null $3 || exit 1; counters $2 >$4.after; exit ;;
disk) cat /sys/block/nvme0n1/stat >$4.before; dd if=/dev/nvme0n1 of=/dev/null bs=1M count=COUNT 2>/dev/null || exit 1
    cat /sys/block/nvme0n1/stat >$4.after; exit ;;
esac
[ -z "$UNLOAD" ] || rmmod dmabench || exit 1
for path in /sys/class/net/*; do
    [ -e "$path/device/driver" ] || continue
    name=${path##*/} driver=$(basename "$(readlink -f "$path/device/driver")")
    case $driver in e1000) net=21 ;; e1000e) net=22 ;; virtio_net) net=23 ;; *) continue ;; esac
    ifconfig "$name" 10.0.$net.15 netmask 255.255.255.0 up
    for i in 1 2 3 4 5 6 7 8 9 10; do [ "$(cat $path/carrier)" = 1 ] && break; sleep 1; done
    url=http://10.0.$net.2:PORT/DOWNLOAD
    dmabench trace --json /mnt/out/$driver.json -- sh $0 net $name $url /mnt/out/$driver || exit 1
    [ "$driver" = "$CHURN" ] && . /mnt/in/churn
    ifconfig "$name" down
done
dmabench trace --json /mnt/out/nvme.json -- sh $0 disk - - /mnt/out/nvme || exit 1
"""

# Loads, traces with and unloads the module again and again while packets come in. A hundred rounds take ten minutes.
ROUNDS = int(os.environ.get("DMABENCH_CHURN", "20"))
CHURN = """
( while [ ! -e /tmp/enough ]; do wget -q -O /tmp/got $url; [ $(wc -c </tmp/got) = DOWNLOAD ] || echo short; done >/tmp/short ) &
free() { echo $1 $(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) >>/mnt/out/churn; }
rmmod dmabench
counters $name >/mnt/out/churn.before
for i in $(seq ROUNDS); do
    insmod /lab/dmabench.ko || exit 1
    dmabench trace --seconds 0.02 --json /tmp/trace.json >/dev/null || exit 1
    grep -q '"driver": "CARD"' /tmp/trace.json && echo seen $i >>/mnt/out/churn
    rmmod dmabench || exit 1
    [ $i = 2 ] && free before
done
counters $name >/mnt/out/churn.after
free after
echo probes $(wc -l </sys/kernel/debug/kprobes/list) >>/mnt/out/churn
touch /tmp/enough
wait
echo short $(wc -l </tmp/short) >>/mnt/out/churn
insmod /lab/dmabench.ko
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
    # On a busy host the timer may tick too seldom for the kernel's look at its interrupt, which then panics.
    append = f"{like.append} no_timer_check"
    return dataclasses.replace(like, kernel=kernel, append=append, devices=tuple(devices), arguments=tuple(arguments))


# Ways of receiving, with their calls and accesses apart.
RECEIVE = {
    "name": "receive",
    "question": "What does it cost to receive?",
    "statistics": {"samples": 6, "discard": 1, "sample_time": "200us", "histogram_laps": 50},
    "sweeps": [
        {
            "title": title,
            "matrix": {"strategy": "streaming_sg", "direction": "from_device", "target": "pci", "touch": "read", "size": "SIZES", **more},
        }
        for title, more in [
            ("mapped", {"map_every": 1}),
            ("synced", {"map_every": 0, "sync_every": 1}),
        ]
    ],
}


def receive(folder: Path, name: str, sizes: list[int]) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(RECEIVE).replace('"SIZES"', json.dumps(sizes)))
    return path


def test_a_remedy_costs_what_a_run_of_it_measures(tmp_path: Path) -> None:
    disk = tmp_path / "disk.img"
    disk.write_bytes(bytes(READ))
    platform = with_drivers("x86_64-swiotlb", disk)
    parts = cache.prepare(platform, print)

    def run(command: str, *share: Path) -> None:
        job = guest.Job(
            ["sh", "-c", command],
            qemu.INSTRUCTIONS,
            300,
            share=share,
            binary=binary.find("x86_64", None),
            out=tmp_path,
        )
        errors: list[bytes] = []
        assert guest.Guest(platform, parts, job).run(err=errors.append) == 0, b"".join(errors).decode()

    measure = "dmabench run /mnt/in/{0}.json --clock instructions --counters none --quiet -o /mnt/out/{0}.report.json"
    read = "dd if=/dev/nvme0n1 of=/dev/null bs=1M count=8"
    trace_it = "dmabench trace --clock instructions --advise /mnt/out/rough.report.json --json /mnt/out/{0}.json -- {1} >/mnt/out/{0}.txt"
    run(
        f"{measure.format('rough')} && {trace_it.format('trace', read)} && rmmod dmabench && echo 3 >/proc/sys/vm/drop_caches && {trace_it.format('bpf', read)}",
        receive(tmp_path, "rough", [4096, 32768, 262144]),
    )
    trace = trace_of(tmp_path / "trace.json")
    assert trace["remedies"]["differs"] == []
    exchange = next(each for each in trace["remedies"]["exchanges"] if each["driver"] == "nvme" and each["scattered"])
    assert exchange["handover"] == "mapped" and any("nvme_" in caller for caller in exchange["callers"])
    # The driver maps lists of pages of its own, and is as dear as laps of that size.
    assert exchange["ns"] == pytest.approx(exchange["by_report"]["ns"], rel=0.25)
    size = exchange["buffer_bytes"]
    assert 4096 < size < 262144
    ways = {way["way"]: way for way in exchange["ways"] if way["touch_bytes"] == size and way["transfers_per_sync"] == 1}
    remedy = ways["streaming_sg, stays mapped, all of it synced"]
    assert remedy["interpolated"] and remedy["saved_share"] > 0.2 * exchange["cpu_share"]
    text = (tmp_path / "trace.txt").read_text()
    assert re.search(r"^nvme .*: maps and unmaps lists of .* times a second, .* of a CPU \(by the report", text, re.MULTILINE)

    # The same by BPF, where there is no module to tell of targets.
    by_bpf = trace_of(tmp_path / "bpf.json")
    assert by_bpf["backend"] == "bpf" and by_bpf["remedies"]["differs"] == []
    same = next(each for each in by_bpf["remedies"]["exchanges"] if each["driver"] == "nvme" and each["scattered"])
    assert same["ns"] == pytest.approx(same["by_report"]["ns"], rel=0.25) and same["by_report"] == exchange["by_report"]
    assert [way["way"] for way in same["ways"]] == [way["way"] for way in exchange["ways"]]

    # What a run measures of just that.
    run(measure.format("just"), receive(tmp_path, "just", [size]))
    rows = json.loads((tmp_path / "just.report.json").read_text())["benchmarks"]
    phases = {row["dmabench"]["params"]["map_every"]: row["dmabench"]["phases"] for row in rows}
    calls = {n: sum(one["per_call_ns"] for name, one in found.items() if name != "touch") for n, found in phases.items()}
    assert remedy["point"] in {row["name"] for row in rows}
    touch = phases[0]["touch"]["per_call_ns"] - phases[1]["touch"]["per_call_ns"]
    doubt = 0.02 * calls[0]
    assert remedy["low_ns"] - doubt <= calls[0] + touch <= remedy["high_ns"] + doubt
    doubt = 0.02 * calls[1]
    assert exchange["by_report"]["low_ns"] - doubt <= calls[1] <= exchange["by_report"]["high_ns"] + doubt


def counted(folder: Path, name: str) -> dict[str, int]:
    """How far each counter went."""
    found = []
    for when in ("before", "after"):
        lines = (folder / f"{name}.{when}").read_text().splitlines()
        found.append({key: int(value) for key, value in (line.split() for line in lines)})
    return {key: found[1][key] - found[0][key] for key in found[0]}


def drive(name: str, folder: Path, port: int, churn: str, unload: bool = False) -> None:
    """Boots the guest with traffic, with the module or without; what it found is in the folder afterwards."""
    disk = folder / "disk.img"
    disk.write_bytes(bytes(2 * READ))
    platform = with_drivers(name, disk)
    parts = cache.prepare(platform, print)
    words = {"PORT": str(port), "DOWNLOAD": str(DOWNLOAD), "COUNT": str(READ >> 20), "CARD": churn, "ROUNDS": str(ROUNDS)}
    shared = []
    for file, text in {"traffic": TRAFFIC, "churn": CHURN}.items():
        for word, value in words.items():
            text = text.replace(word, value)
        (folder / file).write_text(text)
        shared.append(folder / file)
    out = folder / "out"
    out.mkdir()
    job = guest.Job(
        ["env", f"CHURN={churn}", f"UNLOAD={1 if unload else ''}", "sh", "/mnt/in/traffic"],
        qemu.REALTIME,
        600,
        share=shared,
        binary=binary.find("x86_64", None),
        out=out,
    )
    errors: list[bytes] = []
    # A warning, an oops or an unhappy lock in the guest's log is an error in itself.
    assert guest.Guest(platform, parts, job).run(err=errors.append) == 0, b"".join(errors).decode()


@pytest.mark.parametrize(
    "platform, backend", [("x86_64-swiotlb", "kretprobes"), ("x86_64-swiotlb", "bpf"), ("x86_64-vtd-strict", "kretprobes")]
)
def test_real_drivers_calls_and_bytes_are_those_they_count(platform: str, backend: str, tmp_path: Path, server: int) -> None:
    churn = "e1000e" if "vtd" in platform else ""
    drive(platform, tmp_path, server, churn, unload=backend == "bpf")
    out = tmp_path / "out"
    note = "bounced" if "swiotlb" in platform else "IOMMU"
    for card in NICS:
        trace, stats = trace_of(out / f"{card}.json", MISSED[backend]), counted(out, card)
        assert trace["backend"] == backend
        assert stats["rx_packets"] > 4000 and stats["rx_errors"] == stats["tx_errors"] == 0
        driver = "virtio-pci" if card == "virtio_net" else card
        mine = {"driver": driver, "direction": "from_device"}
        # Each packet that came in was unmapped, or synced and copied where it was small.
        received = total(trace, "calls", kind="unmap", **mine) + total(trace, "calls", kind="sync_for_cpu", **mine)
        assert received == pytest.approx(stats["rx_packets"], rel=0.02), card
        # Whole buffers are unmapped: as many bytes as there were packets, times what a driver maps for one.
        buffer = total(trace, "bytes", kind="map", **mine) / total(trace, "calls", kind="map", **mine)
        unmapped = total(trace, "bytes", kind="unmap", **mine)
        assert unmapped == pytest.approx(stats["rx_packets"] * buffer, rel=0.02), card
        # A packet may have two pieces, and is counted some time after it was sent. virtio puts a header before each.
        sent = {"driver": driver, "direction": "to_device", "kind": "map"}
        assert total(trace, "calls", **sent) == pytest.approx(stats["tx_packets"], rel=0.02, abs=8), card
        header = 12 if card == "virtio_net" else 0
        expected = stats["tx_bytes"] + header * total(trace, "calls", **sent)
        assert total(trace, "bytes", **sent) == pytest.approx(expected, rel=0.02, abs=8 * 66), card
        top = trace["sites"][0]
        assert top["driver"] == driver and note in top["notes"], top
        functions = {"virtio_net": "[virtio_ring]", "e1000": "e1000_clean_rx_irq", "e1000e": "e1000_clean_rx_irq"}
        assert functions[card] in top["caller"] + top["parent"]
    check_disk(out, note)
    if churn:
        check_churn(out)


def check_disk(out: Path, note: str) -> None:
    trace = trace_of(out / "nvme.json", max(MISSED.values()))
    before, after = ([int(n) for n in (out / f"nvme.{when}").read_text().split()] for when in ("before", "after"))
    read = 512 * (after[2] - before[2])
    assert read >= READ
    for kind in ("map", "unmap"):
        mine = {"driver": "nvme", "direction": "from_device", "kind": kind}
        assert total(trace, "bytes", **mine) == pytest.approx(read, rel=0.02)
    mapped = total(trace, "calls", driver="nvme", direction="from_device", kind="map")
    assert mapped == pytest.approx(after[0] - before[0], rel=0.02)
    top = trace["sites"][0]
    assert "nvme_" in top["caller"] and note in top["notes"], top


def check_churn(out: Path) -> None:
    lines = [line.split() for line in (out / "churn").read_text().splitlines()]
    said = {words[0]: int(words[1]) for words in lines}
    assert said["probes"] == 0 and said["short"] == 0
    # One table alone is 400 kB, and 18 rounds make 7 MB of them.
    assert said["before"] - said["after"] < 4096
    assert sum(words[0] == "seen" for words in lines) > ROUNDS / 2
    stats = counted(out, "churn")
    assert stats["rx_packets"] > 100 * ROUNDS
    for key in ("rx_errors", "rx_dropped", "rx_missed_errors", "tx_errors", "out_of_order"):
        assert stats[key] == 0, key
