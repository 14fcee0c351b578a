# SPDX-License-Identifier: GPL-2.0-only
"""The module's source under the kernel's own checkers: checkpatch, kernel-doc and sparse."""

import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import REPOSITORY
from dmabench_lab import cache, kernel_source, module, platforms

KMOD = REPOSITORY / "kmod"
# All that checkpatch says is an error here, but for what it says of a driver that is not in the kernel's tree.
IGNORED = (
    "LINUX_VERSION_CODE",  # compat.h, which is there for it
    "CONSTANT_COMPARISON",  # it takes KERNEL_VERSION() for the constant in a comparison with LINUX_VERSION_CODE
    "BIT_MACRO",  # there is no BIT() in a header for user space
    "MACRO_ARG_REUSE",  # lap.h: the argument is a name
)

# And of what is there for older kernels, which may have nothing newer.
IGNORED_IN_COMPAT = (*IGNORED, "DEPRECATED_API")
USUAL = {"x86_64": "x86_64-direct", "arm64": "arm64"}


@pytest.fixture(scope="module")
def scripts() -> Path:
    return kernel_source.files(cache.say_to_stderr).folder / "scripts"


def sources(folder: Path) -> list[Path]:
    found = module.sources(folder)
    assert len(found) > 20 and folder / "include/uapi/dmabench.h" in found
    return found


def checkpatch(scripts: Path, files: list[Path], folder: Path, ignored: tuple[str, ...] = IGNORED) -> str:
    """What checkpatch has to say; it runs in `folder`, where it leaves a file."""
    command = [str(scripts / "checkpatch.pl"), "--no-tree", "--strict", "--terse", "--no-summary"]
    command += [f"--ignore={','.join(ignored)}", "--file", *map(str, files)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1) and not done.stderr, done.stderr
    return done.stdout


def kernel_doc(scripts: Path, files: list[Path]) -> str:
    done = subprocess.run(
        [str(scripts / "kernel-doc"), "-none", "-Werror", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def sparse(arch: str, tree: Path, target: str = "modules") -> str:
    """What sparse has to say of the module in `tree`, or of one file of it, built for the usual kernel."""
    assert shutil.which("sparse"), "sparse is not installed"
    platform = platforms.load()[USUAL[arch]]
    done = module.make(cache.prepare(platform, cache.say_to_stderr).kernel, tree, "C=2", target=target)
    assert done.returncode == 0, done.stderr
    checked = done.stdout.count("  CHECK ")
    assert checked == (1 if target != "modules" else len(list(tree.glob("*.c"))) - 1), done.stdout
    return "".join(line for line in done.stderr.splitlines(True) if str(tree) in line)


def test_checkpatch_is_content(scripts: Path, tmp_path: Path) -> None:
    compat = KMOD / "compat.h"
    assert checkpatch(scripts, [path for path in sources(KMOD) if path != compat], tmp_path) == ""
    assert checkpatch(scripts, [compat], tmp_path, IGNORED_IN_COMPAT) == ""


def test_checkpatch_finds_a_violation(scripts: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.c"
    bad.write_text((KMOD / "prepare.c").read_text() + "\nint f( int a )\n{\n\treturn(a);\n}\n")
    found = checkpatch(scripts, [bad], tmp_path)
    assert "return is not a function" in found and "space prohibited" in found


def test_kernel_doc_is_content(scripts: Path) -> None:
    assert kernel_doc(scripts, [path for path in sources(KMOD) if path.suffix in (".c", ".h")]) == ""


def test_kernel_doc_finds_a_field_without_a_word(scripts: Path, tmp_path: Path) -> None:
    text = (KMOD / "include/uapi/dmabench.h").read_text()
    bad = tmp_path / "dmabench.h"
    bad.write_text(text.replace("\t__u32 abi_version;\n", "\t__u32 abi_version;\n\t__u32 secret;\n", 1))
    assert "'secret' not described" in kernel_doc(scripts, [bad])


def test_each_struct_and_call_of_the_abi_is_described() -> None:
    text = (KMOD / "include/uapi/dmabench.h").read_text()
    structs = [line.split()[1] for line in text.splitlines() if line.startswith("struct ") and line.endswith("{")]
    assert "dmabench_setup" in structs
    assert [name for name in structs if f"/**\n * struct {name} - " not in text] == []


@pytest.mark.parametrize("arch", ["x86_64", "arm64"])
def test_sparse_is_content(arch: str, tmp_path: Path) -> None:
    module.copy_sources(KMOD, tmp_path / "kmod")
    assert sparse(arch, tmp_path / "kmod") == ""


def test_sparse_finds_a_user_pointer_taken_for_the_kernels(tmp_path: Path) -> None:
    module.copy_sources(KMOD, tmp_path / "kmod")
    prepare = tmp_path / "kmod/prepare.c"
    bad = "\nint dmabench_bad(int __user *p);\nint dmabench_bad(int __user *p)\n{\n\treturn *p;\n}\n"
    prepare.write_text(prepare.read_text() + bad)
    assert "dereference of noderef expression" in sparse("x86_64", tmp_path / "kmod", "prepare.o")
