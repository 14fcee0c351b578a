# SPDX-License-Identifier: GPL-2.0-only
"""Kernels other than the usual one: what is particular to their packages."""

import subprocess
from pathlib import Path
from typing import cast

import pytest

from dmabench_lab import hosttools, kernel
from dmabench_lab.errors import InfrastructureError
from dmabench_lab.packages import Apt
from dmabench_lab.platforms import KernelSpec


def test_headers_find_each_other_wherever_they_are() -> None:
    text = "KBUILD_OUTPUT=/usr/src/linux-headers-7-amd64\ninclude /usr/src/linux-headers-7-common/Makefile\n"
    assert kernel.relocated(text) == (
        "headers_beside := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)\n"
        "KBUILD_OUTPUT=$(headers_beside)/linux-headers-7-amd64\n"
        "include $(headers_beside)/linux-headers-7-common/Makefile\n"
    )
    assert kernel.relocated("all:\n") == "all:\n"


class OtherRelease:
    """Stands in for Apt."""

    def update(self) -> None:
        pass

    def depends(self, package: str) -> list[str]:
        return ["linux-image-6.16.3-amd64"]


def test_a_suite_that_went_on_to_another_kernel_is_told() -> None:
    spec = KernelSpec("6.12", "d", ("next",), {"x86_64": "linux-image-amd64"}, (), {})
    with pytest.raises(InfrastructureError, match="linux-image-amd64 of next is 6.16.3-amd64 by now, and not 6.12"):
        kernel.fetch(spec, "x86_64", cast(Apt, OtherRelease()), lambda text: None)


def test_libraries_are_found_through_each_other() -> None:
    depends = {
        "kbuild": ["pahole", "libelf1", "libc6"],
        "libelf1": ["libc6", "zlib1g"],
        "libc6": [],
        "zlib1g": ["libc6"],
    }
    assert hosttools.library_packages("kbuild", depends.__getitem__) == ["libc6", "libelf1", "zlib1g"]


def test_a_wrapped_program_runs_and_knows_its_name(tmp_path: Path) -> None:
    (tmp_path / "p.c").write_text('#include <stdio.h>\nint main(int c, char **v) { printf("%s %s", v[0], v[1]); }')
    program = tmp_path / "tools/program"
    program.parent.mkdir()
    subprocess.run(["gcc", "-o", program, tmp_path / "p.c"], check=True)
    assert hosttools.programs(tmp_path) == [program]
    assert not hosttools.too_new(program)
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    lines = [line.split() for line in subprocess.check_output(["ldd", program], text=True).splitlines()]
    for path in (Path(word) for words in lines for word in words if word.startswith("/")):
        (libraries / path.name).write_bytes(path.read_bytes())
        (libraries / path.name).chmod(0o755)
    hosttools.wrap(program, next(libraries.glob("ld-linux*")))
    moved = tmp_path.with_name(f"{tmp_path.name}-moved")
    tmp_path.rename(moved)
    program = moved / "tools/program"
    assert subprocess.check_output([program, "a b"], text=True) == f"{program} a b"
