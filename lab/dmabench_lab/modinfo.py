# SPDX-License-Identifier: GPL-2.0-only
"""Which kernel modules must be loaded before which, read from the modules themselves.

`modules.dep` is made by depmod when a kernel package is installed; unpacked packages do not have it.
"""

import lzma
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from .errors import InfrastructureError


def name_of(file_name: str) -> str:
    """The module's name: dashes and underscores are one to the kernel."""
    return re.sub(r"\.ko(\.xz)?$", "", file_name).replace("-", "_")


def depends(data: bytes) -> list[str]:
    """The names in a module's `depends=` line of .modinfo."""
    found = re.search(rb"(?:^|\0)depends=([^\0]*)\0", data)
    return [name_of(n) for n in found.group(1).decode().split(",") if n] if found else []


def order(wanted: Iterable[str], depends_of: Callable[[str], list[str]]) -> list[str]:
    """`wanted` and all that they need, each once, needs first."""
    done: list[str] = []
    open_: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        if name in open_:
            raise InfrastructureError(f"kernel modules need each other in a circle: {' -> '.join([*open_, name])}")
        open_.append(name)
        for needed in depends_of(name):
            visit(needed)
        open_.pop()
        done.append(name)

    for name in wanted:
        visit(name_of(name))
    return done


def load_order(tree: Path, wanted: Iterable[str]) -> list[Path]:
    """The module files below /lib/modules/RELEASE, in loading order; those built into the kernel are left out."""
    files = {name_of(path.name): path for path in tree.rglob("*.ko*")}
    builtin_list = tree / "modules.builtin"
    builtin = set()
    if builtin_list.exists():
        builtin = {name_of(Path(line).name) for line in builtin_list.read_text(encoding="utf-8").split()}

    def depends_of(name: str) -> list[str]:
        if name in builtin:
            return []
        if name not in files:
            raise InfrastructureError(f"kernel {tree.name} has no module '{name}'")
        data = files[name].read_bytes()
        return depends(lzma.decompress(data) if files[name].suffix == ".xz" else data)

    return [files[name] for name in order(wanted, depends_of) if name not in builtin]
