# SPDX-License-Identifier: GPL-2.0-only
"""Kernels from Debian packages: image, the few modules a guest needs, and the headers to build ours against."""

import dataclasses
import json
import lzma
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from . import bootimage, modinfo, paths
from .errors import InfrastructureError
from .packages import DEBIAN_ARCH, Apt, pick
from .platforms import KernelSpec

INDEX = "kernel.json"


@dataclasses.dataclass(frozen=True)
class Kernel:
    """An unpacked kernel in the cache."""

    folder: Path
    arch: str
    release: str
    modules: tuple[str, ...]
    packages: dict[str, str]

    @property
    def image(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def headers(self) -> Path:
        return self.folder / "usr/src" / f"linux-headers-{self.release}"

    @property
    def module_files(self) -> list[Path]:
        """In the order in which they must be loaded."""
        return [self.folder / "modules" / name for name in self.modules]


def folder(spec: KernelSpec, arch: str) -> Path:
    return paths.cache() / "kernels" / f"{spec.name}-{arch}"


def cached(spec: KernelSpec, arch: str) -> Kernel | None:
    """The kernel as it was fetched before; None when it was not, or for another list of modules."""
    where = folder(spec, arch)
    try:
        index = json.loads((where / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if index["wanted"] != list(spec.modules):
        return None
    return Kernel(where, arch, index["release"], tuple(index["modules"]), index["packages"])


def fetch(spec: KernelSpec, arch: str, apt: Apt, say: Callable[[str], None]) -> Kernel:
    """Downloads and unpacks the kernel into the cache. The cache must be locked."""
    debian = DEBIAN_ARCH[arch]
    apt.update()
    image = pick(apt.depends(f"{spec.image[arch]}:{debian}"), r"linux-image-\d.*", spec.image[arch])
    release = image.removeprefix("linux-image-")
    headers = f"linux-headers-{release}"
    needs = apt.depends(f"{headers}:{debian}")
    common = pick(needs, r"linux-headers-.*-common.*", headers)
    kbuild = pick(needs, r"linux-kbuild-.*", headers)
    with paths.replacing(folder(spec, arch)) as new:
        unpacked = new / "unpacked"
        wanted = [f"{image}:{debian}", f"{headers}:{debian}", common, kbuild]
        versions = apt.download(wanted, unpacked)
        say(f"unpacking kernel {release}")
        _keep(unpacked, new, release, spec, versions)
        shutil.rmtree(unpacked)
    kernel = cached(spec, arch)
    assert kernel is not None
    return kernel


def _keep(unpacked: Path, new: Path, release: str, spec: KernelSpec, versions: dict[str, str]) -> None:
    """Moves what a guest needs out of the unpacked packages and writes the index."""
    image = unpacked / "boot" / f"vmlinuz-{release}"
    if not image.exists():
        raise InfrastructureError(f"the packages of kernel {release} hold no vmlinuz")
    (new / "vmlinuz").write_bytes(bootimage.unpacked(image.read_bytes()))
    (new / "modules").mkdir()
    tree = unpacked / "lib/modules" / release
    names = []
    for path in modinfo.load_order(tree, spec.modules):
        name = path.name.removesuffix(".xz")
        data = path.read_bytes()
        (new / "modules" / name).write_bytes(lzma.decompress(data) if path.suffix == ".xz" else data)
        names.append(name)
    (new / "usr").mkdir()
    for part in ("src", "lib"):
        (unpacked / "usr" / part).rename(new / "usr" / part)
    for makefile in (new / "usr/src").glob("linux-headers-*/Makefile"):
        # The header packages name each other by the place where a system has them.
        text = makefile.read_text(encoding="utf-8")
        beside = "$(dir $(lastword $(MAKEFILE_LIST)))../"
        moved = re.sub(r"(?m)^include /usr/src/", f"include {beside}", text)
        if moved != text:
            makefile.write_text(moved, encoding="utf-8")
    index = {"release": release, "wanted": list(spec.modules), "modules": names, "packages": versions}
    (new / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
