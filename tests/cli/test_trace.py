# SPDX-License-Identifier: GPL-2.0-only
"""dmabench trace with made-up traffic, and where there is nothing to trace with."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conftest import DMABENCH, REPOSITORY, Done, dmabench, environment

SCHEMA = json.loads((REPOSITORY / "docs/trace.schema.json").read_text())
FAKE = ("trace", "--on", "fake", "--seconds", "0.1")


def trace(*words: str | Path, **changes: str) -> Done:
    done = dmabench(*FAKE, *words, **changes)
    assert done.returncode == 0, done.stderr
    return done


def document(*words: str | Path) -> dict[str, Any]:
    loaded = json.loads(trace(*words, "--json", "-").stdout)
    jsonschema.Draft7Validator(SCHEMA).validate(loaded)
    return loaded["dmabench_trace"]


def test_the_schema_is_a_schema_and_refuses() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    broken = {"dmabench_trace": {**document(), "sites": [{"driver": "e1000"}]}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(SCHEMA).validate(broken)


def test_plain_lines_where_the_output_is_no_terminal() -> None:
    done = trace()
    assert "\x1b" not in done.stdout and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("0.10 s: 1327 calls at 5 sites, ") and lines[0].endswith("; seen by fake")
    assert lines[1].split()[:4] == ["CPU", "%", "CPU", "ms"]
    assert len(lines) == 2 + 2 * 5
    # Dearest first.
    shares = [float(line.split()[0]) for line in lines[2::2]]
    assert shares == sorted(shares, reverse=True)
    assert lines[3].strip() == "e1000_clean_rx_irq+0x26d [e1000] < e1000_clean+0x2c1 [e1000]   [bounced, whole buffer each time]"


def test_tables_come_at_intervals_when_asked_for() -> None:
    done = trace("--interval", "0.04")
    assert done.stdout.count("CPU ms") == 3
    assert len(re.findall(r"^0\.04 s: ", done.stdout, re.MULTILINE)) == 2


def test_a_terminal_gets_a_live_table_that_goes_again() -> None:
    primary, secondary = pty.openpty()
    with subprocess.Popen(
        [str(DMABENCH), *FAKE, "--interval", "0.03"], stdout=secondary, env=environment(), stdin=subprocess.DEVNULL
    ) as process:
        os.close(secondary)
        shown = b""
        while True:
            try:
                some = os.read(primary, 65536)
            except OSError:
                break
            if not some:
                break
            shown += some
    os.close(primary)
    assert process.returncode == 0
    text = shown.decode()
    # Each table but the last is taken back: as many lines up as it has.
    parts = re.split(r"\x1b\[(\d+)A\x1b\[J", text)
    assert len(parts) >= 5
    for table, up in zip(parts[0:-1:2], parts[1::2]):
        assert table.count("\n") == int(up)
    assert parts[-1].count("CPU ms") == 1


def test_filters() -> None:
    assert {site["driver"] for site in document("--driver", "nvme,none")["sites"]} == {"nvme"}
    assert {site["device"] for site in document("--device", "0000:00:02.0")["sites"]} == {"0000:00:02.0"}
    assert {site["kind"] for site in document("--function", "sync,unmap")["sites"]} == {"sync_for_cpu", "unmap"}
    assert len(document("--min-time", "1ms")["sites"]) == 2


def test_a_filter_that_leaves_nothing_says_what_there_is() -> None:
    done = trace("--driver", "e100")
    assert done.stderr == "note: none of the 5 sites seen passes; drivers: e1000, nvme; devices: 0000:00:02.0, 0000:00:03.0\n"
    assert trace("--min-time", "2s").stderr == "note: none of the 5 sites seen took 2s or more\n"


def test_folded_stacks() -> None:
    lines = trace("--folded", "-").stdout.splitlines()
    assert len(lines) == 5
    for line in lines:
        stack, _, count = line.rpartition(" ")
        assert int(count) > 0 and len(stack.split(";")) == 5
    assert any(line.startswith("nvme;0000:00:03.0;nvme_queue_rq_[nvme];nvme_map_data_[nvme];dma_map_sg_attrs ") for line in lines)


def test_files(tmp_path: Path) -> None:
    trace("--json", tmp_path / "t.json", "--folded", tmp_path / "t.folded")
    jsonschema.Draft7Validator(SCHEMA).validate(json.loads((tmp_path / "t.json").read_text()))
    assert (tmp_path / "t.folded").read_text().count("\n") == 5


def test_a_command_is_run_and_its_end_is_the_traces(tmp_path: Path) -> None:
    done = dmabench("trace", "--on", "fake", "--interval", "0.05", "--json", tmp_path / "t.json", "--", "sh", "-c", "echo hello")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("hello\n")
    traced = json.loads((tmp_path / "t.json").read_text())["dmabench_trace"]
    assert traced["command"] == ["sh", "-c", "echo hello"] and traced["command_status"] == 0


def test_a_command_that_fails_does_so_after_the_table() -> None:
    done = dmabench("trace", "--on", "fake", "--", "sh", "-c", "exit 3")
    assert done.returncode == 5
    assert done.stderr == "dmabench: 'sh' ended with exit code 3\n"
    assert "CPU ms" in done.stdout


def test_a_command_is_ended_with_the_time() -> None:
    done = dmabench("trace", "--on", "fake", "--seconds", "0.1", "--", "sleep", "60", timeout=20)
    assert done.returncode == 0, done.stderr


RECEIVE = {
    "name": "receive",
    "question": "What would received data cost?",
    "statistics": {"samples": 6, "discard": 1, "sample_time": "100us", "histogram_laps": 50},
    "sweeps": [
        {
            "title": title,
            "matrix": {"strategy": strategy, "size": [1024, 16384, 131072], "target": "platform-coherent", "touch": "read", **more},
        }
        for title, strategy, more in [
            ("mapped", ["streaming_single", "streaming_sg"], {"direction": "from_device", "map_every": 1}),
            ("synced", ["streaming_single", "streaming_sg", "copy"], {"direction": "from_device", "map_every": 0, "sync_every": 1}),
            ("coherent", ["coherent"], {}),
        ]
    ],
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("advise")
    (folder / "receive.json").write_text(json.dumps(RECEIVE))
    done = dmabench("run", folder / "receive.json", "--on", "fake", "--quiet", "-o", folder / "report.json")
    assert done.returncode == 0, done.stderr
    return folder / "report.json"


def changed(measured: Path, name: str, swiotlb: bool) -> Path:
    """The report of a machine like this one, but that swiotlb copies there."""
    report = json.loads(measured.read_text())
    if swiotlb:
        report["context"]["platform"]["swiotlb"] = {"parameter": "force", "forced": True}
    else:
        report["dmabench"]["clock"]["kind"] = "instructions"
    path = measured.parent / name
    path.write_text(json.dumps(report))
    return path


def test_remedies_are_priced_by_a_report(measured: Path) -> None:
    forced = changed(measured, "forced.json", True)
    done = trace("--advise", forced, "--force", "--target", "platform-coherent")
    assert done.stderr.startswith(f"warning: {forced} is of another platform, and so are the remedies' figures: swiotlb.forced")
    lines = done.stdout.splitlines()
    at = lines.index(f"What would cost less, of a CPU, by {forced}")
    assert lines[at + 1].startswith("e1000 0000:00:02.0: syncs 64 KiB from_device 5 830 times a second, ")
    remedies = document("--advise", forced, "--force", "--target", "platform-coherent")["remedies"]
    assert {"swiotlb.forced"} <= {each["field"] for each in remedies["differs"]} <= {"swiotlb.forced", "swiotlb.parameter"}
    report = {row["name"]: row for row in json.loads(measured.read_text())["benchmarks"]}
    synced = remedies["exchanges"][0]
    assert synced["handover"] == "synced" and synced["buffer_bytes"] == 65536
    assert {way["touch_bytes"] for way in synced["ways"]} == {1536, 16384, 65536}
    # Alone it is more than a hundredth of what was traced.
    only = document("--advise", forced, "--force", "--target", "platform-coherent", "--driver", "nvme")["remedies"]
    (nvme,) = only["exchanges"]
    assert nvme["handover"] == "mapped" and len(nvme["callers"]) == 2 and nvme["transfers_per_s"] == pytest.approx(400)
    # 128 KiB were measured: what the report says of now, and of the other way, are its rows' own figures.
    phases = next(
        row["dmabench"]["phases"]
        for name, row in report.items()
        if name.startswith("streaming_sg/") and "/map_every:1/" in name and "/size:131072/" in name
    )
    assert nvme["by_report"]["ns"] == pytest.approx(phases["map"]["per_call_ns"] + phases["unmap"]["per_call_ns"])
    for each in [*remedies["exchanges"], nvme]:
        assert each["ways"]
        shares = [(way["touch_bytes"], way["cpu_share"]) for way in each["ways"]]
        assert shares == sorted(shares)
        for way in each["ways"]:
            assert way["cpu_share"] == pytest.approx(way["ns"] * each["transfers_per_s"] / 1e9)
            assert way["saved_share"] == pytest.approx(each["cpu_share"] - way["cpu_share"])
            assert way["low_ns"] <= way["ns"] <= way["high_ns"]


def test_what_is_used_may_be_said(measured: Path) -> None:
    forced = changed(measured, "said.json", True)
    words = ("--advise", forced, "--force", "--target", "platform-coherent", "--touch-bytes", "1400")
    ways = document(*words)["remedies"]["exchanges"][0]["ways"]
    assert ways and {way["touch_bytes"] for way in ways} == {1400}
    assert any("sync_bytes:1400" in way["point"] for way in ways)
    assert re.search(r"^ +1\.4 KiB  in use of each$", trace(*words).stdout, re.MULTILINE)


def test_nothing_is_said_of_what_the_report_does_not_hold_for(measured: Path) -> None:
    remedies = document("--advise", measured, "--function", "map,unmap")["remedies"]
    reasons = {each["driver"]: each["reason"] for each in remedies["exchanges"]}
    assert reasons == {
        "e1000": "its data bounce, the report's do not",
        "nvme": "the report has no target that is coherent and behind an IOMMU; --target names one",
    }
    assert remedies["differs"] == []


def test_a_report_of_another_platform_or_clock_is_refused(measured: Path) -> None:
    forced = changed(measured, "other.json", True)
    done = dmabench(*FAKE, "--advise", forced)
    assert done.returncode == 3 and done.stderr.count("\n") == 1 and done.stdout == ""
    assert done.stderr.startswith(f"dmabench: --advise: {forced} is of another platform: swiotlb.forced (true / ")
    clock = changed(measured, "clock.json", False)
    done = dmabench(*FAKE, "--advise", clock, "--force")
    assert done.returncode == 3 and done.stdout == ""
    assert done.stderr.startswith(f"dmabench: --advise: {clock} is by the clock 'instructions', this trace by 'fake': ")


@pytest.mark.parametrize(
    "words, message",
    [
        (["--touch-bytes", "64"], "--touch-bytes needs --advise"),
        (["--force"], "--force needs --advise"),
        (["--target", "pci"], "--target needs --advise"),
        (["--advise", "REPORT", "--touch-bytes", "0"], "--touch-bytes: expected at least 1 byte"),
        (["--advise", "REPORT", "--target", "platform-coherend"], "--target: REPORT has no rows for 'platform-coherend'; it has "
         "platform-coherent (did you mean 'platform-coherent'?)"),
        (["--advise", "/none.json"], "/none.json: "),
    ],
)
def test_a_mistaken_wish_for_advice_is_one_line(words: list[str], message: str, measured: Path) -> None:
    done = dmabench(*FAKE, *(word.replace("REPORT", str(measured)) for word in words))
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith("dmabench: " + message.replace("REPORT", str(measured))), done.stderr


@pytest.mark.parametrize(
    "words, code, message",
    [
        (["--function", "map,snyc"], 2, "--function 'snyc': expected sync, map, unmap, sync_for_cpu, sync_for_device, "
         "alloc, free or a function of the DMA API, as map_page (did you mean 'sync'?)"),
        (["--seconds", "0"], 2, "--seconds: '0' is not a number of seconds within 0.01 .. 1000000"),
        (["--seconds", "soon"], 2, "--seconds: 'soon' is not a number of seconds within 0.01 .. 1000000"),
        (["--sites", "3"], 2, "--sites: '3' is not a number within 16 .. 4096"),
        (["--backend", "ebpf"], 2, "--backend: unknown backend 'ebpf'; expected one of auto, module, bpf (did you mean 'bpf'?)"),
        (["--backend", "bpf"], 2, "--backend bpf: --on fake has none but its own"),
        (["--json", "-", "--folded", "-"], 2, "--json - and --folded -: only one of them can go to standard output"),
        (["--", "no-such-command-here"], 4, "'no-such-command-here' cannot be run: No such file or directory"),
    ],
)
def test_one_line_says_what_is_wrong(words: list[str], code: int, message: str) -> None:
    done = dmabench("trace", "--on", "fake", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"dmabench: {message}") and done.stderr.count("\n") == 1


def test_a_bad_time_is_refused() -> None:
    done = dmabench(*FAKE, "--min-time", "1 hour")
    assert done.returncode == 2 and done.stderr.startswith("dmabench: --min-time: ") and done.stderr.count("\n") == 1


def test_a_guest_is_traced_from_within() -> None:
    done = dmabench("trace", "--on", "lab:arm64")
    assert done.returncode == 2
    assert "lab/lab exec arm64 -- dmabench trace -- COMMAND" in done.stderr


@pytest.mark.skipif(Path("/dev/dmabench").exists(), reason="the module is loaded here")
def test_without_the_module_one_line_says_what_to_do() -> None:
    done = dmabench("trace", "--seconds", "0.1")
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1 and "module" in done.stderr
    # Nor is there a way without it, or this would trace.
    assert "; tracing by BPF cannot be done: " in done.stderr


@pytest.mark.skipif(Path("/dev/dmabench").exists(), reason="the module is loaded here")
@pytest.mark.parametrize("backend, says", [("module", "module"), ("bpf", "tracing by BPF cannot be done: ")])
def test_a_backend_that_is_asked_for_is_the_only_one_tried(backend: str, says: str) -> None:
    # Without capabilities neither can be, wherever this runs.
    user = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*user, str(DMABENCH), "trace", "--seconds", "0.1", "--backend", backend], capture_output=True, text=True, env=environment()
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.count("\n") == 1 and says in done.stderr
    assert ("BPF" in done.stderr) == (backend == "bpf")
