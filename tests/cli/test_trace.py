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
    assert lines[0].startswith("0.10 s: 1327 calls at 5 sites, ")
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


@pytest.mark.parametrize(
    "words, code, message",
    [
        (["--function", "map,snyc"], 2, "--function 'snyc': expected sync, map, unmap, sync_for_cpu, sync_for_device, "
         "alloc, free or a function of the DMA API, as map_page (did you mean 'sync'?)"),
        (["--seconds", "0"], 2, "--seconds: '0' is not a number of seconds within 0.01 .. 1000000"),
        (["--seconds", "soon"], 2, "--seconds: 'soon' is not a number of seconds within 0.01 .. 1000000"),
        (["--sites", "3"], 2, "--sites: '3' is not a number within 16 .. 4096"),
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
