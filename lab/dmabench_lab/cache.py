# SPDX-License-Identifier: GPL-2.0-only
"""Everything a platform's guest is made of, from the cache or fetched and built into it."""

import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import kernel as kernels
from . import module, paths
from .kernel import Kernel
from .packages import DEBIAN_ARCH, Apt
from .platforms import Platform

# One for all kernels, so that guests differ by nothing but their kernel.
_BUSYBOX_SUITES = ("bookworm", "bookworm-security")


@dataclasses.dataclass(frozen=True)
class Parts:
    kernel: Kernel
    module: Path
    courier: Path
    busybox: Path


def _apt(suites: Sequence[str], say: Callable[[str], None]) -> Apt:
    return Apt(paths.cache() / "apt" / suites[0], suites, say)


def _busybox(arch: str) -> Path:
    return paths.cache() / "busybox" / arch / "busybox"


def _fetch_busybox(arch: str, say: Callable[[str], None]) -> None:
    apt = _apt(_BUSYBOX_SUITES, say)
    apt.update()
    with paths.replacing(_busybox(arch).parent) as new:
        apt.download([f"busybox-static:{DEBIAN_ARCH[arch]}"], new)
        (new / "bin/busybox").rename(new / "busybox")


def cached(platform: Platform) -> Parts | None:
    """All parts, when none has to be fetched or built; needs neither network nor lock."""
    kernel = kernels.cached(platform.kernel, platform.arch)
    if kernel is None:
        return None
    built = module.cached(kernel)
    courier = module.courier(platform.arch)
    if built is None or courier is None or not _busybox(platform.arch).exists():
        return None
    return Parts(kernel, built, courier, _busybox(platform.arch))


def prepare(platform: Platform, say: Callable[[str], None], again: bool = False) -> Parts:
    """All parts; fetches and builds those that are missing, or all of them `again`."""
    parts = None if again else cached(platform)
    if parts:
        return parts
    with paths.cache_lock():
        parts = None if again else cached(platform)
        if parts:
            return parts
        kernel = None if again else kernels.cached(platform.kernel, platform.arch)
        if kernel is None:
            kernel = kernels.fetch(platform.kernel, platform.arch, _apt(platform.kernel.suites, say), say)
        if again or not _busybox(platform.arch).exists():
            _fetch_busybox(platform.arch, say)
        built = module.cached(kernel) or module.build(kernel, say)
        courier = module.courier(platform.arch) or module.build_courier(platform.arch)
        return Parts(kernel, built, courier, _busybox(platform.arch))


def say_to_stderr(text: str) -> None:
    print(f"lab: {text}", file=sys.stderr, flush=True)
