# SPDX-License-Identifier: GPL-2.0-only
"""Files of the kernel's own source, from Debian's package of it: tools to check our module with, programs to compare
our figures with, and the whole tree to build a kernel from. They lie in the cache and are never part of this repository.
"""

import dataclasses
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from . import paths
from .errors import InfrastructureError
from .packages import Apt

PACKAGE = "linux-source-6.1"
SUITES = ("bookworm", "bookworm-security")
# Files, and folders with all that is in them.
FILES = (
    "include/linux/map_benchmark.h",
    "kernel/dma/map_benchmark.c",
    "scripts/checkpatch.pl",
    "scripts/const_structs.checkpatch",
    "scripts/kernel-doc",
    "scripts/spelling.txt",
    "tools/testing/selftests/dma",
)
_INDEX = "source.json"


@dataclasses.dataclass(frozen=True)
class Source:
    """Files of the kernel's source below `folder`, named as in the kernel's tree."""

    folder: Path
    version: str


def _folder() -> Path:
    return paths.cache() / "source" / PACKAGE


def cached() -> Source | None:
    """The files as they were fetched before; None when they were not, or for another list of them."""
    try:
        index = json.loads((_folder() / _INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Source(_folder(), index["version"]) if index["wanted"] == list(FILES) else None


def files(say: Callable[[str], None]) -> Source:
    """All of FILES; fetched when they are not in the cache (some 140 MB, of which little is kept)."""
    source = cached()
    if source:
        return source
    with paths.cache_lock():
        source = cached()
        if source:
            return source
        with paths.replacing(_folder()) as new:
            version = unpack(FILES, new, say)
            index = {"version": version, "wanted": list(FILES)}
            (new / _INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    return Source(_folder(), version)


def unpack(wanted: Sequence[str], into: Path, say: Callable[[str], None]) -> str:
    """Fetches the package and unpacks what is wanted of the tree, or all of it when nothing is named; gives the
    package's version. The cache must be locked.
    """
    apt = Apt(paths.cache() / "apt" / SUITES[0], SUITES, say)
    apt.update()
    with tempfile.TemporaryDirectory(prefix=".package.", dir=paths.cache()) as package:
        version = apt.download([f"{PACKAGE}:all"], Path(package))[PACKAGE]
        say(f"unpacking {PACKAGE}")
        extract(Path(package) / "usr/src" / f"{PACKAGE}.tar.xz", wanted, into)
    return version


def extract(archive: Path, wanted: Sequence[str], into: Path) -> None:
    """Unpacks files and folders of a tree that is one folder in the archive, without that folder."""
    names = [f"{_top(archive)}/{name}" for name in wanted]
    command = ["tar", "-xJf", str(archive), "-C", str(into), "--no-same-owner", "--strip-components=1", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InfrastructureError(f"cannot unpack {archive.name}: {done.stderr.strip().splitlines()[0]}")


def _top(archive: Path) -> str:
    with tarfile.open(archive) as tar:
        first = tar.next()
    if first is None:
        raise InfrastructureError(f"{archive.name} is empty")
    return first.name.split("/")[0]
