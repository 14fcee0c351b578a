# SPDX-License-Identifier: GPL-2.0-only
"""Kernels from Debian packages: image, the few modules a guest needs, and the headers to build ours against."""

import dataclasses
import json
import lzma
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from . import bootimage, hosttools, modinfo, paths
from .errors import InfrastructureError, NotOffered
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
    # Those among them that only some platforms load.
    board_modules: tuple[str, ...]
    packages: dict[str, str]

    @property
    def image(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def headers(self) -> Path:
        return self.folder / "usr/src" / f"linux-headers-{self.release}"

    def module_files(self, extra: Sequence[str]) -> list[Path]:
        """What every guest loads and the extra ones, in the order in which they must be loaded."""
        left_out = {modinfo.name_of(name) for name in self.board_modules} - {modinfo.name_of(name) for name in extra}
        return [self.folder / "modules" / name for name in self.modules if modinfo.name_of(name) not in left_out]

    def dtb(self, name: str) -> Path:
        return self.folder / "dtbs" / Path(name).name


def folder(spec: KernelSpec, arch: str) -> Path:
    return paths.cache() / "kernels" / f"{spec.name}-{arch}"


def cached(spec: KernelSpec, arch: str) -> Kernel | None:
    """The kernel as it was fetched before; None when it was not, or for another list of modules."""
    where = folder(spec, arch)
    try:
        index = json.loads((where / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    board = spec.boards.get(arch, {})
    if index["wanted"] != list(spec.modules) or index.get("board", {}) != board:
        return None
    extra = tuple(board.get("modules", ()))
    return Kernel(where, arch, index["release"], tuple(index["modules"]), extra, index["packages"])


def fetch(spec: KernelSpec, arch: str, apt: Apt, say: Callable[[str], None]) -> Kernel:
    """Downloads and unpacks the kernel into the cache. The cache must be locked."""
    debian = DEBIAN_ARCH[arch]
    apt.update()
    image = pick(apt.depends(f"{spec.image[arch]}:{debian}"), r"linux-image-\d.*", spec.image[arch])
    release = image.removeprefix("linux-image-")
    if spec.name[0].isdigit() and not release.startswith(f"{spec.name}."):
        raise NotOffered(f"{spec.image[arch]} of {spec.suites[0]} is {release} by now, and not {spec.name}")
    board = spec.boards.get(arch, {})
    needed = [*spec.modules, *board.get("modules", ())]
    images = _image_packages(image, apt.depends(f"{image}:{debian}"), bool(needed))
    headers = f"linux-headers-{release}"
    needs = apt.depends(f"{headers}:{debian}")
    common = pick(needs, r"linux-headers-.*-common.*", headers)
    kbuild = pick(needs, r"linux-kbuild-.*", headers)
    with paths.replacing(folder(spec, arch)) as new:
        unpacked = new / "unpacked"
        wanted = [*(f"{name}:{debian}" for name in [*images, headers]), common, kbuild]
        versions = apt.download(wanted, unpacked)
        say(f"unpacking kernel {release}")
        modules = _keep(unpacked, new, release, needed)
        _keep_dtbs(unpacked, new, release, board.get("dtbs", ()))
        shutil.rmtree(unpacked)
        versions |= hosttools.make_runnable(new / "usr/lib", kbuild, apt, new / "libraries")
        index = {"release": release, "wanted": list(spec.modules), "modules": modules, "packages": versions}
        index |= {"board": board} if board else {}
        (new / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    kernel = cached(spec, arch)
    assert kernel is not None
    return kernel


def _image_packages(image: str, depends: Sequence[str], modules: bool) -> list[str]:
    """The packages that hold the kernel and, when they are needed, its modules: since 7.2 two more, `image` is empty."""
    binary = [name for name in depends if re.fullmatch(r"linux-binary-\d.*", name)]
    return [*binary, *(n for n in depends if modules and re.fullmatch(r"linux-modules-\d.*", n))] if binary else [image]


def _keep(unpacked: Path, new: Path, release: str, wanted: Sequence[str]) -> list[str]:
    """Moves what a guest and a build need out of the unpacked packages; gives the modules' names in loading order."""
    places = [unpacked / "boot" / f"vmlinuz-{release}", unpacked / "usr/lib/modules" / release / "vmlinuz"]
    image = next((path for path in places if path.exists()), None)
    if not image:
        raise InfrastructureError(f"the packages of kernel {release} hold no vmlinuz")
    (new / "vmlinuz").write_bytes(bootimage.unpacked(image.read_bytes()))
    (new / "modules").mkdir()
    trees = [unpacked / top / release for top in ("lib/modules", "usr/lib/modules")]
    tree = next((path for path in trees if path.exists()), trees[0])
    names = []
    for path in modinfo.load_order(tree, wanted):
        name = path.name.removesuffix(".xz")
        data = path.read_bytes()
        (new / "modules" / name).write_bytes(lzma.decompress(data) if path.suffix == ".xz" else data)
        names.append(name)
    (new / "usr/lib").mkdir(parents=True)
    (unpacked / "usr/src").rename(new / "usr/src")
    for kbuild in (unpacked / "usr/lib").glob("linux-kbuild-*"):
        kbuild.rename(new / "usr/lib" / kbuild.name)
    for makefile in (new / "usr/src").glob("linux-headers-*/Makefile"):
        text = makefile.read_text(encoding="utf-8")
        moved = relocated(text)
        if moved != text:
            makefile.write_text(moved, encoding="utf-8")
    return names


def _keep_dtbs(unpacked: Path, new: Path, release: str, names: Sequence[str]) -> None:
    """Moves the boards' device trees out of the unpacked packages."""
    for name in names:
        path = unpacked / "usr/lib" / f"linux-image-{release}" / name
        if not path.exists():
            raise InfrastructureError(f"the packages of kernel {release} hold no {name}")
        (new / "dtbs").mkdir(exist_ok=True)
        path.rename(new / "dtbs" / path.name)


def relocated(makefile: str) -> str:
    """The header packages name each other by the place where a system has them; makes that beside each other."""
    moved = re.sub(r"(?m)^(include |KBUILD_OUTPUT=)/usr/src/", r"\1$(headers_beside)/", makefile)
    beside = "headers_beside := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)\n"
    return beside + moved if moved != makefile else makefile
