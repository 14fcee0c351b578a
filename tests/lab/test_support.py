# SPDX-License-Identifier: GPL-2.0-only
"""Every platform, in one boot each: it binds, every cell of docs/SUPPORT.md comes out as committed, the ABI holds."""

import concurrent.futures
import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import REPOSITORY, lab
from dmabench_lab import cache, module, platforms
from dmabench_lab.errors import NotOffered

TABLE = REPOSITORY / "docs/SUPPORT.md"
SCENARIO = REPOSITORY / "scenarios/support.json"
GUEST_BYTES = 1.5 * 2**30
PLATFORMS = platforms.load()
# Two CPUs take turns under the instruction clock: the ABI test takes ten minutes there, and is run by hand.
BOOTED = [name for name, platform in PLATFORMS.items() if platform.cpus == 1]
# The importer is for this kernel; its module's interface to dma-buf is another in others.
USUAL_KERNEL = "6.1"


@dataclasses.dataclass
class Boot:
    """How one platform's guest went."""

    done: subprocess.CompletedProcess[str]
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
    """Sweeps first, because the ABI test removes targets. Raises NotOffered."""
    parts = cache.prepare(PLATFORMS[name], print)
    report = folder / f"{name}.json"
    sweep = f"dmabench run /mnt/in/{SCENARIO.name} --on host -o /mnt/out/{report.name} --quiet"
    sweep += f" --platform-name {name} --clock instructions"
    share = ["--share", str(abi_test), "--share", str(SCENARIO)]
    imports = PLATFORMS[name].kernel.name == USUAL_KERNEL
    if imports:
        share += ["--share", str(build_importer(parts, folder / f"importer-{name}"))]
    load = "insmod /mnt/in/importer.ko && " if imports else ""
    command = f"{sweep} && {load}/mnt/in/{abi_test.name} $DMABENCH_PCI"
    done = lab("exec", name, *share, "-o", str(folder), "--", "sh", "-c", command)
    return Boot(done, report, module.warnings(module.build_log(parts.module)))


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
    chosen = [getattr(item, "callspec").params for item in request.session.items if hasattr(item, "callspec")]
    names = dict.fromkeys(params["platform"] for params in chosen if "platform" in params)
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
@pytest.mark.parametrize("platform", BOOTED)
def test_platform_gives_what_the_table_says_and_keeps_the_abi(
    platform: str, boots: dict[str, "concurrent.futures.Future[Boot]"], listed: Path
) -> None:
    try:
        found = boots[platform].result()
    except NotOffered as error:
        pytest.skip(str(error))
    assert found.warnings == []
    failed = [line for line in found.done.stdout.splitlines() if line.startswith("not ok")]
    assert (found.done.returncode, failed) == (0, []), found.done.stderr
    assert "\nok " in found.done.stdout
    assert ("importer.ko is not loaded" in found.done.stdout) != (PLATFORMS[platform].kernel.name == USUAL_KERNEL)
    checked = support("dmabench_reports.contract", found.report)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    compared = support("dmabench_reports.support", "--platforms", listed, found.report, "--check", TABLE)
    assert compared.returncode == 0, compared.stdout + compared.stderr


def test_the_table_has_every_platform() -> None:
    """scripts/support-table makes it anew."""
    text = TABLE.read_text()
    without_kernel = {name: name.removesuffix(f"-{platform.kernel.name}") for name, platform in PLATFORMS.items()}
    headings = {row for row in text.splitlines() if row.startswith("| strategy")}
    assert [name for name, title in without_kernel.items() if not any(f" {title}<br>" in row for row in headings)] == []


def test_syncs_that_a_kernel_skips_are_elided_in_the_table() -> None:
    """From 6.10 on, for coherent devices, unless something bounces."""
    sys.path.insert(0, str(REPOSITORY / "reports"))
    from dmabench_reports.support import Line, read  # noqa: PLC0415

    table = read(TABLE.read_text())
    line = Line("streaming_single", "kmalloc", "synced each lap")
    found = {column: cells[line] for column, cells in table.items()}
    assert found["Linux 5.10", "x86_64-direct<br>pci"] == "measured"
    assert found["Linux 6.1", "x86_64-direct<br>pci"] == "measured"
    assert found["Linux 6.12", "x86_64-direct<br>pci"] == "elided"
    assert found["Debian sid's Linux", "x86_64-direct<br>pci"] == "elided"
    assert found["Linux 6.12", "x86_64-swiotlb<br>pci"] == "measured"
    assert found["Linux 6.12", "arm64<br>platform-coherent"] == "elided"
    assert found["Linux 6.12", "arm64<br>platform-noncoherent"] == "measured"


def test_version_tests_are_in_compat_h_only() -> None:
    users = [
        path.name
        for path in module.sources(REPOSITORY / "kmod")
        if any(word in path.read_text() for word in ("LINUX_VERSION_CODE", "KERNEL_VERSION(", "<linux/version.h>"))
    ]
    assert users == ["compat.h"]
