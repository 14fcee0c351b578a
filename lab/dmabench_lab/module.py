# SPDX-License-Identifier: GPL-2.0-only
"""Builds what runs in a guest beside dmabench itself: the kernel module and the courier."""

import hashlib
import os
import platform as host
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from . import paths
from .errors import InfrastructureError
from .kernel import Kernel

_TRIPLET = {"x86_64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
_KERNEL_ARCH = {"x86_64": "x86", "arm64": "arm64"}
_HOST_ARCH = {"x86_64": "x86_64", "aarch64": "arm64"}
# What a kernel's configuration says of the tools it was built with, and that is not so of the host's.
_OVERRIDES = (
    # Type information would be taken from the kernel by pahole; nothing here reads it.
    "CONFIG_DEBUG_INFO_BTF_MODULES=",
    # gcc 14's -fmin-function-alignment; without it kbuild asks for the same by -falign-functions.
    "CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=",
)
# gcc before 15 does not know the attribute counted_by of newer kernels' headers, and warns. It changes no code of ours, so
# the compiler is given a harmless one for it.
_COMPILER_FLAGS = "'-D__counted_by__(member)=__unused__'"
# More warnings. A new kernel's own headers may have some of these, so here they are no errors; the tests allow none.
_WARNINGS = ("W=1",)
# What the compiler notes as the folder of all sources.
_NOTED_AS = "/usr/src"
_LOG = "build.log"
_SOURCES = ("*.c", "*.h", "*.S", "Kbuild", "Makefile")


def compiler_prefix(arch: str) -> str:
    """What to put before gcc to compile for guests of this architecture."""
    return "" if _HOST_ARCH.get(host.machine()) == arch else f"{_TRIPLET[arch]}-"


def require_compiler(arch: str) -> str:
    gcc = f"{compiler_prefix(arch)}gcc"
    if not shutil.which(gcc):
        raise InfrastructureError(f"{gcc} is not installed (package gcc-{_TRIPLET[arch].replace('_', '-')})")
    return gcc


def sources(folder: Path) -> list[Path]:
    """The files that a module is built from."""
    found = {path for pattern in _SOURCES for path in folder.rglob(pattern)}
    return sorted(path for path in found if not path.name.endswith(".mod.c"))


def digest(files: Sequence[Path], root: Path, *more: str) -> str:
    """One hash over names and contents, and whatever else the build depends on."""
    total = hashlib.sha256()
    for path in files:
        data = path.read_bytes()
        total.update(f"{path.relative_to(root)}\0{len(data)}\0".encode() + data)
    total.update("\0".join(more).encode())
    return total.hexdigest()


def _module_folder(kernel: Kernel) -> Path:
    return paths.cache() / "modules" / f"{kernel.release}-{kernel.arch}"


def _module_digest(kernel: Kernel, kmod: Path) -> str:
    return digest(sources(kmod), kmod, *(f"{k}={v}" for k, v in sorted(kernel.packages.items())), *_WARNINGS, _NOTED_AS)


def copy_sources(kmod: Path, tree: Path) -> None:
    """Copies what a module is built from, so that a build leaves nothing beside it."""
    for path in sources(kmod):
        copy = tree / path.relative_to(kmod)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _same_anywhere(kernel: Kernel, tree: Path) -> str:
    """Has the compiler note paths that tell nothing of this machine. A module's size decides where a guest's memory is,
    and so which allocations take the long way: the same sources have to give the same file, or two machines get two
    figures."""
    return " ".join(f"-ffile-prefix-map={folder}={_NOTED_AS}" for folder in (tree.parent, kernel.headers.parent))


def make(kernel: Kernel, tree: Path, *more: str, target: str = "modules") -> "subprocess.CompletedProcess[str]":
    """Builds the module in `tree`, or one file of it, by the kernel's own build system; `more` reaches make."""
    command = [
        "make",
        "-C",
        str(kernel.headers),
        f"M={tree}",
        f"-j{os.cpu_count() or 1}",
        f"ARCH={_KERNEL_ARCH[kernel.arch]}",
        f"CROSS_COMPILE={compiler_prefix(kernel.arch)}",
        f"CC={require_compiler(kernel.arch)}",
        f"KCFLAGS={_COMPILER_FLAGS} {_same_anywhere(kernel, tree)}",
        *_OVERRIDES,
        *more,
        target,
    ]
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL")}
    try:
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise InfrastructureError("make is not installed") from None


def cached(kernel: Kernel, kmod: Path = paths.KMOD) -> Path | None:
    """The module of the sources as they are now, when it was built before."""
    folder = _module_folder(kernel)
    try:
        made_of = (folder / "digest").read_text(encoding="utf-8")
    except OSError:
        return None
    return folder / "dmabench.ko" if made_of == _module_digest(kernel, kmod) else None


def warnings(log: str) -> list[str]:
    """The lines of a build's output in which the compiler, modpost or objtool warns of what they are given."""
    # kbuild tells of any compiler and pahole that are not those of the kernel.
    found = (line for line in log.splitlines() if "differs from the one used" not in line)
    return [line for line in found if re.search(r"\bwarning\b", line, re.IGNORECASE)]


def build_log(module: Path) -> str:
    """What building the module printed."""
    return (module.parent / _LOG).read_text(encoding="utf-8")


def build(kernel: Kernel, say: Callable[[str], None], kmod: Path = paths.KMOD) -> Path:
    """Builds dmabench.ko from a copy of its sources, so that kmod/ stays clean. The cache must be locked."""
    if not (kmod / "Kbuild").exists():
        raise InfrastructureError(f"no module sources in {kmod}")
    made_of = _module_digest(kernel, kmod)
    log = paths.cache() / "modules" / f"{kernel.release}-{kernel.arch}.log"
    say(f"building dmabench.ko for {kernel.release}")
    with paths.replacing(_module_folder(kernel)) as new, tempfile.TemporaryDirectory(prefix="dmabench-") as work:
        tree = Path(work) / "kmod"
        copy_sources(kmod, tree)
        done = make(kernel, tree, *_WARNINGS)
        module = tree / "dmabench.ko"
        said = (done.stdout + done.stderr).replace(str(tree), "kmod")
        log.write_text(said, encoding="utf-8")
        if done.returncode or not module.exists():
            errors = [line for line in said.splitlines() if "error" in line] or ["no dmabench.ko came out"]
            raise InfrastructureError(f"dmabench.ko does not build: {errors[0]}", str(log))
        shutil.copyfile(module, new / "dmabench.ko")
        log.rename(new / _LOG)
        (new / "digest").write_text(made_of, encoding="utf-8")
    return _module_folder(kernel) / "dmabench.ko"


def courier(arch: str) -> Path | None:
    """The courier for this architecture, when it was built before from the source as it is now."""
    source = paths.GUEST_FILES / "courier.c"
    built = paths.cache() / "courier" / f"{arch}-{digest([source], paths.GUEST_FILES)[:16]}"
    return built if built.exists() else None


def build_courier(arch: str) -> Path:
    """The cache must be locked."""
    source = paths.GUEST_FILES / "courier.c"
    folder = paths.cache() / "courier"
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / f"{arch}-{digest([source], paths.GUEST_FILES)[:16]}"
    new = folder / f".{built.name}"
    command = [require_compiler(arch), "-O2", "-static", "-Wall", "-o", str(new), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InfrastructureError(f"the courier does not build: {done.stderr.strip().splitlines()[0]}")
    for old in folder.glob(f"{arch}-*"):
        old.unlink()
    new.rename(built)
    return built
