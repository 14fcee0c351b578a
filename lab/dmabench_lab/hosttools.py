# SPDX-License-Identifier: GPL-2.0-only
"""Lets the build tools of a newer Debian's kernel (objtool, modpost, ...) run on this host.

They come as programs that may want a newer C library than the host has. Then each is started by the loader of the C
library that it was linked against, which lies in the cache beside the kernel.
"""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from .errors import InfrastructureError
from .packages import Apt

_WRAPPER = """\
#!/bin/sh
libraries=${{0%/*}}/{libraries}
exec "$libraries/{loader}" --argv0 "$0" --library-path "$libraries" "$0.real" "$@"
"""


def programs(folder: Path) -> list[Path]:
    """The ELF programs below the folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return [path for path in files if os.access(path, os.X_OK) and path.read_bytes()[:4] == b"\x7fELF"]


def too_new(program: Path) -> bool:
    """Whether the program wants a newer library than the host has; one that the host has not at all is no matter,
    as programs that sign modules want other versions of OpenSSL and are not used.
    """
    done = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
    return re.search(r"version `\S+' not found", done.stdout + done.stderr) is not None


def library_packages(package: str, depends: Callable[[str], list[str]]) -> list[str]:
    """The packages of all libraries that the package's programs are linked against."""
    found: list[str] = []
    open_ = [package]
    while open_:
        for name in depends(open_.pop()):
            if re.fullmatch(r"(lib|zlib).*", name) and name not in found:
                found.append(name)
                open_.append(name)
    return sorted(found)


def wrap(program: Path, loader: Path) -> None:
    """Puts a script in the program's place that starts it by the loader, with the libraries beside the loader.

    The script finds them by its own place, so that the cache may be moved.
    """
    real = program.with_name(program.name + ".real")
    program.rename(real)
    libraries = os.path.relpath(loader.parent, program.parent)
    program.write_text(_WRAPPER.format(libraries=libraries, loader=loader.name), encoding="utf-8")
    program.chmod(0o755)


def make_runnable(folder: Path, package: str, apt: Apt, libraries: Path) -> dict[str, str]:
    """Makes the package's programs below `folder` run here, fetching newer libraries into `libraries`.

    Gives the versions of the packages that had to be fetched.
    """
    tools = [program for program in programs(folder) if too_new(program)]
    if not tools:
        return {}
    versions = apt.download(library_packages(package, apt.depends), libraries)
    loaders = sorted(path for path in libraries.rglob("ld-linux*.so.*") if path.parent.name != "lib64")
    if not loaders:
        raise InfrastructureError(f"the libraries of {package} hold no loader")
    for tool in tools:
        wrap(tool, loaders[0])
    return versions
