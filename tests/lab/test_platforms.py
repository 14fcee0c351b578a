# SPDX-License-Identifier: GPL-2.0-only
"""Platform and kernel files: those we ship, and what is wrong in those we do not."""

import copy
import dataclasses
import json
from typing import Any

import pytest

from conftest import REPOSITORY
from dmabench_lab import platforms, qemu
from dmabench_lab.errors import UsageError

KERNELS = {
    "6.1": {"description": "d", "suites": ["bookworm"], "image": {"arm64": "linux-image-arm64"}, "modules": ["9p"]}
}
GOOD: dict[str, Any] = {
    "description": "a machine",
    "arch": "arm64",
    "kernel": "6.1",
    "machine": "virt",
    "cpu": "max",
    "memory": "1G",
    "devices": ["edu"],
    "append": "",
    "bind": ["1234:11e8"],
    "expect": {"iommu_domain": "DMA-FQ"},
}


def parse(changes: dict[str, Any], drop: str | None = None) -> platforms.Platform:
    data = {**copy.deepcopy(GOOD), **changes}
    data.pop(drop, None)
    return platforms.parse_platform("p", data, platforms.parse_kernels(KERNELS))


def test_all_shipped_platforms_are_valid() -> None:
    known = platforms.load()
    assert {"x86_64-direct", "x86_64-swiotlb", "x86_64-vtd-strict", "arm64", "arm64-smmu-strict"} <= set(known)
    for platform in known.values():
        assert platform.description and (platform.name.startswith(platform.arch) or platform.dtb)


def test_iommu_platforms_say_what_they_expect() -> None:
    for platform in platforms.load().values():
        assert platform.bind == () or "iommu_domain" in platform.expect


def test_shipped_files_have_no_address_of_a_registry() -> None:
    for path in [REPOSITORY / "lab/kernels.json", *(REPOSITORY / "lab").rglob("*.py")]:
        for host in ("debian.org/debian", "snapshot."):
            assert host not in path.read_text(encoding="utf-8")


def test_cpus_are_one_unless_said() -> None:
    files = qemu.Files(*(REPOSITORY / name for name in ("k", "i", "d", "c", "s")))
    for cpus, platform in ((1, parse({})), (2, parse({"cpus": 2}))):
        line = qemu.command(platform, qemu.INSTRUCTIONS, files)
        assert line[line.index("-smp") + 1] == ("1" if cpus == 1 else "2,sockets=2")
    for wrong in (0, 9, True, "2", 1.5):
        with pytest.raises(UsageError, match="cpus"):
            parse({"cpus": wrong})


def test_cpus_run_at_once_where_instructions_are_not_counted() -> None:
    files = qemu.Files(*(REPOSITORY / name for name in ("k", "i", "d", "c", "s")))
    cases = ((1, qemu.REALTIME, "single"), (2, qemu.REALTIME, "multi"), (2, qemu.INSTRUCTIONS, "single"))
    for cpus, clock, thread in cases:
        line = qemu.command(parse({"cpus": cpus}), clock, files)
        assert line[line.index("-accel") + 1] == f"tcg,thread={thread}"


def test_optional_fields_have_defaults() -> None:
    platform = parse({}, drop="bind")
    assert platform.bind == ()
    assert platform.arguments == ()


@pytest.mark.parametrize(
    ("changes", "drop", "message"),
    [
        ({}, "cpu", "platforms/p.json: field 'cpu' is missing"),
        ({"colour": "red"}, None, "unknown field 'colour'"),
        ({"memory": 1024}, None, "field 'memory' must be a str"),
        ({"devices": [1]}, None, "field 'devices' must be a list of strings"),
        ({"arch": "riscv"}, None, "arch must be one of x86_64, arm64"),
        ({"kernel": "9.9"}, None, "kernel '9.9' is not in kernels.json"),
        ({"arch": "x86_64"}, None, "kernel '6.1' has no image for x86_64"),
        ({"bind": ["0x1234:11e8"]}, None, "is not VENDOR:DEVICE"),
        ({"smp": "four"}, None, "smp: 'four' is not a number of CPUs"),
        ({"results": "9p"}, None, "results must be one of virtio, serial"),
        ({"dtb": "a.dtb"}, None, "'a.dtb' is not among the dtbs of kernels.json's boards"),
        ({"modules": ["wdt"]}, None, "'wdt' is not among the modules of kernels.json's boards"),
        ({"expect": {"colour": "red"}}, None, "expect: unknown key 'colour'"),
        ({"expect": {"iommu_domain": "strict"}}, None, "iommu_domain must be one of none, DMA, DMA-FQ, identity"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], drop: str | None, message: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(changes, drop)
    assert message in str(error.value)


def test_like_takes_all_but_what_it_says_itself(tmp_path: Any) -> None:
    (tmp_path / "platforms").mkdir()
    newer = {**KERNELS["6.1"], "suites": ["next"]}
    (tmp_path / "kernels.json").write_text(json.dumps({**KERNELS, "9.9": newer}))
    (tmp_path / "platforms/a.json").write_text(json.dumps(GOOD))
    (tmp_path / "platforms/a-9.9.json").write_text(json.dumps({"like": "a", "kernel": "9.9"}))
    known = platforms.load(tmp_path)
    assert dataclasses.replace(known["a-9.9"], name="a", kernel=known["a"].kernel) == known["a"]
    assert known["a-9.9"].kernel.suites == ("next",)
    (tmp_path / "platforms/b.json").write_text(json.dumps({"like": "a-9.9"}))
    with pytest.raises(UsageError, match="platforms/b.json: like: 'a-9.9' must be a platform that is not itself"):
        platforms.load(tmp_path)


def test_platforms_of_other_kernels_are_named_by_them() -> None:
    known = platforms.load()
    for name, platform in known.items():
        if platform.kernel.name != "6.1":
            assert name == f"{name.removesuffix('-' + platform.kernel.name)}-{platform.kernel.name}"
            assert known[name.removesuffix(f"-{platform.kernel.name}")].machine == platform.machine


def test_not_json_names_the_file(tmp_path: Any) -> None:
    (tmp_path / "platforms").mkdir()
    (tmp_path / "kernels.json").write_text(json.dumps(KERNELS))
    (tmp_path / "platforms/bad.json").write_text("{")
    with pytest.raises(UsageError, match="bad.json: not JSON"):
        platforms.load(tmp_path)


def test_choose_takes_each_once_and_names_the_unknown() -> None:
    known = platforms.load()
    assert [p.name for p in platforms.choose("arm64,x86_64-direct,arm64", known)] == ["arm64", "x86_64-direct"]
    with pytest.raises(UsageError, match="unknown platform 'arm65'"):
        platforms.choose("arm65", known)


def test_command_line_is_the_same_everywhere_and_exact(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qemu, "program", lambda arch: f"qemu-{arch}")
    files = qemu.Files(tmp_path / "k", tmp_path / "i", tmp_path / "d", tmp_path / "c", tmp_path / "s")
    line = qemu.command(platforms.load()["x86_64-vtd-strict"], qemu.INSTRUCTIONS, files)
    assert line[line.index("-icount") + 1] == "shift=0,sleep=off"
    assert line[line.index("-append") + 1].endswith("intel_iommu=on iommu.strict=1")
    assert line.index("intel-iommu,intremap=on") < line.index("edu")
    assert "-icount" not in qemu.command(platforms.load()["arm64"], qemu.REALTIME, files)


def test_a_board_without_virtio_sends_its_results_over_its_second_serial_line(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qemu, "program", lambda arch: f"qemu-{arch}")
    files = qemu.Files(tmp_path / "k", tmp_path / "i", tmp_path / "d", tmp_path / "c", tmp_path / "s")
    line = qemu.command(platforms.load()["rpi3b"], qemu.INSTRUCTIONS, files)
    assert [line[at + 1] for at, word in enumerate(line) if word == "-serial"] == [
        f"file:{files.console}",
        f"file:{files.stream}",
    ]
    assert line[line.index("-dtb") + 1] == str(files.dtb)
    assert "maxcpus=1" in line[line.index("-append") + 1].split()
    assert "virtserialport" not in " ".join(line)
    assert "-dtb" not in qemu.command(platforms.load()["arm64"], qemu.INSTRUCTIONS, dataclasses.replace(files, dtb=None))
