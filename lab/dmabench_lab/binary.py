# SPDX-License-Identifier: GPL-2.0-only
"""The dmabench that a guest runs: where the build puts it, and whether a guest can run it at all."""

import os
import struct
from pathlib import Path

from . import module, paths
from .errors import NotPossible

_MACHINE = {"x86_64": 62, "arm64": 183}
_PT_INTERP = 3


def preset(arch: str) -> str:
    """The CMake preset that builds for guests of this architecture."""
    return "host" if not module.compiler_prefix(arch) else arch


def unfit(data: bytes, arch: str) -> str | None:
    """Why a guest of this architecture can't run the program; None when it can, or when it is no ELF file."""
    if not data.startswith(b"\x7fELF"):
        return None
    if struct.unpack_from("<H", data, 18)[0] != _MACHINE[arch]:
        return f"it is not for {arch}"
    start, size, count = *struct.unpack_from("<Q", data, 32), *struct.unpack_from("<HH", data, 54)
    kinds = [struct.unpack_from("<I", data, start + size * number)[0] for number in range(count)]
    return "it is not linked statically, and a guest has no libraries" if _PT_INTERP in kinds else None


def find(arch: str, given: Path | None) -> Path:
    """The program; NotPossible, with what to do, when there is none that fits."""
    named = given or (Path(os.environ["DMABENCH_GUEST_BINARY"]) if "DMABENCH_GUEST_BINARY" in os.environ else None)
    places = (
        [named] if named else [paths.REPOSITORY / "build" / f / "dmabench" for f in (f"guest-{arch}", preset(arch))]
    )
    for place in places:
        if place.is_file():
            why = unfit(place.read_bytes(), arch)
            if why:
                raise NotPossible(f"{place} can't run in {arch} guests: {why}")
            return place
    if named:
        raise NotPossible(f"no such file: {named}")
    build = f"cmake --preset {preset(arch)} && cmake --build --preset {preset(arch)}"
    raise NotPossible(f"no dmabench for {arch} guests in build/{preset(arch)}; this builds it: {build}")
