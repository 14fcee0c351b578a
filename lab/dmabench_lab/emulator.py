# SPDX-License-Identifier: GPL-2.0-only
"""The QEMU of the modelled clock: 10.0 of bookworm-backports, unpacked into the cache beside the system's own, which
shows no registers to plugins.
"""

import dataclasses
import json
import platform as host
from collections.abc import Callable
from pathlib import Path

from . import hosttools, paths
from .errors import InfrastructureError
from .packages import DEBIAN_ARCH, Apt

SUITES = ("bookworm-backports",)
_PROGRAMS = ("qemu-system-arm", "qemu-system-x86", "qemu-system-common")
_DATA = "qemu-system-data:all"
_HOST_ARCH = {"x86_64": "x86_64", "aarch64": "arm64"}
# Of Debian's own suite: the firmware that x86 boots with.
_FIRMWARE_SUITES = ("bookworm", "bookworm-security")
_FIRMWARE = ("seabios:all",)
_PROGRAM = {"x86_64": "qemu-system-x86_64", "arm64": "qemu-system-aarch64"}
_INDEX = "qemu.json"


@dataclasses.dataclass(frozen=True)
class Emulator:
    """An unpacked QEMU in the cache."""

    folder: Path
    version: str

    def program(self, arch: str) -> Path:
        return self.folder / "usr/bin" / _PROGRAM[arch]

    @property
    def firmware(self) -> tuple[Path, ...]:
        return self.folder / "usr/share/qemu", self.folder / "usr/share/seabios"

    @property
    def environment(self) -> dict[str, str]:
        """What it finds its modules by: they lie elsewhere than where it was built for."""
        return {"QEMU_MODULE_DIR": str(next((self.folder / "usr/lib").glob("*/qemu"), self.folder))}


def _folder() -> Path:
    return paths.cache() / "qemu"


def cached() -> Emulator | None:
    try:
        index = json.loads((_folder() / _INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Emulator(_folder(), index["packages"]["qemu-system-arm"])


def prepare(say: Callable[[str], None]) -> Emulator:
    """The emulator, fetched when it is not in the cache (some 40 MB)."""
    found = cached()
    if found:
        return found
    with paths.cache_lock():
        found = cached()
        if found:
            return found
        ours = DEBIAN_ARCH[_HOST_ARCH[host.machine()]]
        wanted = (*(f"{name}:{ours}" for name in _PROGRAMS), _DATA)
        with paths.replacing(_folder()) as new:
            versions = _download(SUITES, wanted, new, say) | _download(_FIRMWARE_SUITES, _FIRMWARE, new, say)
            _leave_out(new)
            for name in _PROGRAM.values():
                if hosttools.too_new(new / "usr/bin" / name):
                    raise InfrastructureError(f"{name} {versions['qemu-system-arm']} does not run on this Debian")
            (new / _INDEX).write_text(json.dumps({"packages": versions}, indent=2) + "\n", encoding="utf-8")
    found = cached()
    assert found is not None
    return found


def _download(
    suites: tuple[str, ...], packages: tuple[str, ...], into: Path, say: Callable[[str], None]
) -> dict[str, str]:
    apt = Apt(paths.cache() / "apt" / suites[0], suites, say)
    apt.update()
    return apt.download(packages, into)


def _leave_out(folder: Path) -> None:
    """Drops the programs for machines that the lab does not have."""
    for program in (folder / "usr/bin").iterdir():
        if program.name not in _PROGRAM.values():
            program.unlink()
