# SPDX-License-Identifier: GPL-2.0-only
"""dmabench.ko with its calls into the kernel wrapped, and which places in it make such calls."""

import bisect
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from dmabench_lab import module, paths
from dmabench_lab.kernel import Kernel

SOURCES = Path(__file__).parent / "module"
IMPORTER = Path(__file__).parents[1] / "abi/importer/importer.c"
# An instruction that calls ends so many bytes behind where the linker puts what it calls: x86 and arm64.
_CALL_BYTES = 4
_CALLS = ("R_X86_64_PLT32", "R_AARCH64_CALL26", "R_AARCH64_JUMP26")
_PREFIX = "__wrap_"
# What the kernel knows by two names: where a module begins and ends.
_ALIASES = ("init_module", "cleanup_module")
# A place that makes a call: the function called, and the address that the call returns to, as "function+0x12".
Site = tuple[str, str]


def _texts() -> str:
    return "".join(path.read_text() for path in SOURCES.glob("wrap_*.c"))


def names() -> set[str]:
    """The functions that there are wrappers for."""
    text = _texts()
    return set(re.findall(r"__wrap_(\w+)\(", text)) | set(re.findall(r"^WRAP_\w+\((\w+)", text, re.MULTILINE))


def can_fail() -> set[str]:
    """Those of them that can fail."""
    text = _texts()
    macros = re.findall(r"^WRAP_(?:CALL|GET|ALLOC)\((\w+)", text, re.MULTILINE)
    return set(macros) | set(re.findall(r'faults_fail\("(\w+)"', text))


def build(kernel: Kernel, tree: Path, kmod: Path = paths.KMOD) -> Path:
    """Builds faults.ko, importer.ko and the wrapped dmabench.ko in `tree`, which must not exist; gives it back."""
    module.copy_sources(kmod, tree)
    for path in (*SOURCES.glob("*.[ch]"), IMPORTER):
        shutil.copyfile(path, tree / path.name)
    with (tree / "Kbuild").open("a") as kbuild:
        kbuild.write((SOURCES / "Kbuild").read_text())
    (tree / "wrapped").write_text("\n".join(sorted(names())))
    done = module.make(kernel, tree, "W=1")
    assert done.returncode == 0, done.stderr
    assert module.warnings(done.stdout + done.stderr) == []
    return tree


def _readelf(path: Path, option: str) -> Iterator[list[str]]:
    command = ["readelf", option, "--wide", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return (line.split() for line in done.stdout.splitlines())


def _functions(path: Path) -> dict[str, list[tuple[int, str]]]:
    """By number of section: where functions begin, in order."""
    found: dict[str, list[tuple[int, str]]] = {}
    for words in _readelf(path, "--symbols"):
        if len(words) == 8 and words[3] == "FUNC" and words[6] != "UND" and words[7] not in _ALIASES:
            found.setdefault(words[6], []).append((int(words[1], 16), words[7]))
    return {section: sorted(functions) for section, functions in found.items()}


def _sections(path: Path) -> dict[str, str]:
    """The numbers of sections by their names."""
    found = {}
    for words in _readelf(path, "--section-headers"):
        match = re.match(r"\[ *(\d+)\] (\S+)", " ".join(words))
        if match:
            found[match[2]] = match[1]
    return found


def calls(path: Path) -> set[Site]:
    """The places in a module that call something by its name."""
    numbers, functions = _sections(path), _functions(path)
    found: set[Site] = set()
    of: list[tuple[int, str]] = []
    for words in _readelf(path, "--relocs"):
        if words[:2] == ["Relocation", "section"]:
            of = functions.get(numbers[words[2].strip("'").removeprefix(".rela")], [])
        elif len(words) > 4 and words[2] in _CALLS and of:
            returns_to = int(words[0], 16) + _CALL_BYTES
            begin, name = of[bisect.bisect_left(of, (returns_to, "")) - 1]
            found.add((words[4], f"{name}+{returns_to - begin:#x}"))
    return found


def sites(path: Path) -> set[Site]:
    """The places in the wrapped module that call something wrapped, by what that is."""
    return {(name.removeprefix(_PREFIX), at) for name, at in calls(path) if name.startswith(_PREFIX)}


def unwrapped(path: Path) -> set[str]:
    """What the wrapped module calls of the kernel and is not wrapped."""
    undefined = {words[7] for words in _readelf(path, "--symbols") if len(words) == 8 and words[6] == "UND"}
    outside = {name for name, at in calls(path) if name in undefined and not at.startswith(_PREFIX)}
    return outside - names()
