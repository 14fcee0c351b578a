# SPDX-License-Identifier: GPL-2.0-only
"""Where things are: the repository, the cache, and the lock that guards the cache."""

import contextlib
import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LAB = REPOSITORY / "lab"
# Another folder of module sources can be tried without touching the tree.
KMOD = Path(os.environ.get("DMABENCH_KMOD") or REPOSITORY / "kmod").absolute()
GUEST_FILES = Path(__file__).resolve().parent / "guest"


def cache() -> Path:
    """The lab's cache folder; DMABENCH_CACHE moves the whole cache."""
    root = os.environ.get("DMABENCH_CACHE") or REPOSITORY / ".cache"
    return Path(root).absolute() / "lab"


def runs() -> Path:
    """A folder for each guest that runs, or went wrong."""
    return cache() / "runs"


@contextlib.contextmanager
def cache_lock() -> Iterator[None]:
    """Only one process at a time fills the cache."""
    cache().mkdir(parents=True, exist_ok=True)
    with open(cache() / "lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("lab: waiting for another run that is filling the cache", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new folder that takes the place of `folder` at the end, or leaves no trace when the body fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield new
        new.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
