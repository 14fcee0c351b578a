# SPDX-License-Identifier: GPL-2.0-only
"""Every platform: it binds, every cell of docs/SUPPORT.md comes out as committed, the ABI holds."""

import concurrent.futures
import dataclasses
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY, lab
from dmabench_lab import cache, module, platforms, qemu
from dmabench_lab.errors import NotOffered

TABLE = REPOSITORY / "docs/SUPPORT.md"
SCENARIO = REPOSITORY / "scenarios/support.json"
GUEST_BYTES = 1.5 * 2**30
# It takes a minute, and many on a host that others keep busy.
GUEST_SECONDS = 1200
PLATFORMS = platforms.load()
# The importer is for this kernel; its module's interface to dma-buf is another in others.
USUAL_KERNEL = "6.1"


@dataclasses.dataclass
class Boot:
    """How one platform's guests went: the sweep, then the ABI test."""

    swept: subprocess.CompletedProcess[str]
    tested: subprocess.CompletedProcess[str]
    report: Path
    warnings: list[str]


def guests_at_once() -> int:
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(2, os.cpu_count() or 1, int(available / GUEST_BYTES)))


def build_importer(parts: cache.Parts, tree: Path) -> Path:
    """tests/abi/importer, a driver that uses our dma-bufs."""
    shutil.copytree(REPOSITORY / "tests/abi/importer", tree)
    done = module.make(parts.kernel, tree)
    assert done.returncode == 0, done.stderr
    return tree / "importer.ko"


def boot(name: str, abi_test: Path, folder: Path) -> Boot:
    """Sweeps, and tests the ABI in the same guest afterwards, because that removes targets. Raises NotOffered.

    CPUs that take turns, as the instruction clock wants it, leave one of them little time while another runs laps without
    end, and the ABI test has such laps in a dozen places. It hardly asks how long anything takes, so where there are
    several CPUs it has a guest of its own, in which they run at once.
    """
    parts = cache.prepare(PLATFORMS[name], print)
    report = folder / f"{name}.json"
    sweep = f"dmabench run /mnt/in/{SCENARIO.name} --on host -o /mnt/out/{report.name} --quiet"
    sweep += f" --platform-name {name} --clock instructions"
    share = ["--share", str(abi_test), "--share", str(SCENARIO)]
    imports = PLATFORMS[name].kernel.name == USUAL_KERNEL
    if imports:
        share += ["--share", str(build_importer(parts, folder / f"importer-{name}"))]
    test = "insmod /mnt/in/importer.ko && " if imports else ""
    apart = PLATFORMS[name].cpus > 1
    test += f"/mnt/in/{abi_test.name} {'--unsteady' if apart else ''} $DMABENCH_PCI"

    def guest(command: str, *clock: str) -> subprocess.CompletedProcess[str]:
        line = ["exec", name, "--timeout", str(GUEST_SECONDS), *clock, *share, "-o", str(folder)]
        return lab(*line, "--", "sh", "-c", command, timeout=2 * GUEST_SECONDS)

    swept = guest(sweep if apart else f"{sweep} && {test}")
    tested = guest(test, "--clock", qemu.REALTIME) if apart else swept
    return Boot(swept, tested, report, module.warnings(module.build_log(parts.module)))


@pytest.fixture(scope="session")
def boots(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "concurrent.futures.Future[Boot]"]]:
    """The guests of all platforms whose tests were chosen, some at a time, each to be waited for."""
    folder = tmp_path_factory.mktemp("boots")
    programs = {}
    for arch in platforms.ARCHITECTURES:
        programs[arch] = folder / f"abi_test-{arch}"
        make = ["make", "-s", "-C", str(REPOSITORY / "tests/abi"), f"CC={module.require_compiler(arch)}"]
        subprocess.run([*make, f"OUT={programs[arch]}"], check=True)
    waiting = (item for item in request.session.items if isinstance(item, pytest.Function))
    names = [item.callspec.params["platform"] for item in waiting if "boots" in item.fixturenames]
    with concurrent.futures.ThreadPoolExecutor(guests_at_once()) as pool:
        yield {name: pool.submit(boot, name, programs[PLATFORMS[name].arch], folder) for name in names}


def support(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the maker of the table."""
    environment = dict(os.environ, PYTHONPATH=str(REPOSITORY / "reports"), PYTHONDONTWRITEBYTECODE="1")
    command = [sys.executable, "-m", *(str(argument) for argument in arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("listed") / "platforms.json"
    path.write_text(lab("list", "--json").stdout)
    return path


@pytest.mark.guest
@pytest.mark.parametrize("platform", PLATFORMS)
def test_platform_gives_what_the_table_says_and_keeps_the_abi(
    platform: str, boots: dict[str, "concurrent.futures.Future[Boot]"], listed: Path
) -> None:
    try:
        found = boots[platform].result()
    except NotOffered as error:
        pytest.skip(str(error))
    assert found.warnings == []
    assert found.report.exists(), found.swept.stderr
    failed = re.findall(r"^(?:#.*\n)*not ok.*", found.tested.stdout, re.MULTILINE)
    assert (found.swept.returncode, found.tested.returncode, failed) == (0, 0, []), "\n".join(
        [*failed, found.swept.stderr, found.tested.stderr]
    )
    assert "\nok " in found.tested.stdout
    assert ("importer.ko is not loaded" in found.tested.stdout) != (PLATFORMS[platform].kernel.name == USUAL_KERNEL)
    checked = support("dmabench_reports.contract", found.report)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    compared = support("dmabench_reports.support", "--platforms", listed, found.report, "--check", TABLE)
    assert compared.returncode == 0, compared.stdout + compared.stderr


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, str], dict[Any, str]]:
    """The committed table, by kernel's heading and column."""
    sys.path.insert(0, str(REPOSITORY / "reports"))
    from dmabench_reports.support import read  # noqa: PLC0415

    return read(TABLE.read_text())


def cell(table: dict[tuple[str, str], dict[Any, str]], kernel: str, column: str, *line: str) -> str:
    """The one cell of the line that begins so, in any of the kernel's tables."""
    found = [
        text for at, text in table[kernel, column].items() if (at.first, at.second, at.use)[: len(line)] == line
    ]
    assert len(found) == 1, (kernel, column, line, found)
    return found[0]


def test_the_table_has_every_platform(table: dict[tuple[str, str], dict[Any, str]]) -> None:
    """scripts/support-table makes it anew."""
    columns = {column for _, column in table}
    for name, platform in PLATFORMS.items():
        title = name.removesuffix(f"-{platform.kernel.name}")
        assert {f"{title} memcpy", f"{title} edu"} <= columns, name
        assert [column for column in columns if re.fullmatch(rf"{title} (pci|platform.*)", column)], name


def test_no_cell_is_missing(table: dict[tuple[str, str], dict[Any, str]]) -> None:
    words = {text.split(":")[0].split(",")[0] for lines in table.values() for text in lines.values()}
    assert words == {"measured", "elided", "skipped"}


SYNCED = ("streaming_single", "kmalloc", "synced each lap")


def test_syncs_that_a_kernel_skips_are_elided_in_the_table(table: dict[tuple[str, str], dict[Any, str]]) -> None:
    """From 6.10 on, for coherent devices, unless something bounces; whether a device moves the data or not."""
    assert cell(table, "Linux 5.10", "x86_64-direct pci", *SYNCED) == "measured"
    assert cell(table, "Linux 6.1", "x86_64-direct pci", *SYNCED) == "measured"
    assert cell(table, "Linux 6.12", "x86_64-direct pci", *SYNCED) == "elided"
    assert cell(table, "Debian sid's Linux", "x86_64-direct pci", *SYNCED) == "elided"
    assert cell(table, "Linux 6.12", "x86_64-swiotlb pci", *SYNCED) == "measured"
    assert cell(table, "Linux 6.12", "arm64 platform-coherent", *SYNCED) == "elided"
    assert cell(table, "Linux 6.12", "arm64 platform-noncoherent", *SYNCED) == "measured"
    assert cell(table, "Linux 6.1", "arm64-smmu-strict edu", *SYNCED) == "measured"
    assert cell(table, "Linux 6.12", "arm64-smmu-strict edu", *SYNCED) == "elided"


def test_transfers_are_where_there_is_an_engine_in_the_table(table: dict[tuple[str, str], dict[Any, str]]) -> None:
    assert cell(table, "Linux 6.1", "rpi3b memcpy", *SYNCED) == "measured"
    assert cell(table, "Linux 6.1", "x86_64-edu-swiotlb edu", *SYNCED) == "measured"
    forgotten = (*SYNCED[:2], "synced each lap, without sync_for_cpu")
    assert cell(table, "Linux 6.1", "x86_64-edu-swiotlb edu", *forgotten) == "measured: stale"
    assert cell(table, "Linux 6.1", "x86_64-vtd-strict edu", *forgotten) == "measured: fresh"
    assert cell(table, "Linux 6.1", "arm64 edu", *SYNCED).startswith("skipped: ")
    assert cell(table, "Linux 6.1", "x86_64-direct memcpy", *SYNCED).startswith("skipped: ")


def test_what_needs_two_cpus_or_two_nodes_is_where_they_are_in_the_table(
    table: dict[tuple[str, str], dict[Any, str]],
) -> None:
    for axis in ("unmap_cpu other", "threads 2"):
        assert cell(table, "Linux 6.1", "arm64-smmu-strict-smp pci", axis) == "measured"
        assert cell(table, "Linux 6.1", "x86_64-vtd-strict-smp pci", axis) == "measured"
        assert cell(table, "Linux 6.1", "x86_64-vtd-strict pci", axis).startswith("skipped: ")
    assert cell(table, "Linux 6.1", "x86_64-vtd-strict-smp pci", "node 1") == "measured"
    assert cell(table, "Linux 6.1", "arm64-smmu-strict-smp pci", "node 1").startswith("skipped: ")


def test_version_tests_are_in_compat_h_only() -> None:
    users = [
        path.name
        for path in module.sources(REPOSITORY / "kmod")
        if any(word in path.read_text() for word in ("LINUX_VERSION_CODE", "KERNEL_VERSION(", "<linux/version.h>"))
    ]
    assert users == ["compat.h"]
