# SPDX-License-Identifier: GPL-2.0-only
"""Taking single files out of the kernel's source."""

import tarfile
from pathlib import Path

import pytest

from dmabench_lab import kernel_source
from dmabench_lab.errors import InfrastructureError


def archive_of(folder: Path) -> Path:
    tree = folder / "linux-source-1.0"
    for name in ("scripts/a.pl", "scripts/b.pl", "tools/dma/c.c", "kernel/d.c"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(name)
    with tarfile.open(folder / "source.tar.xz", "w:xz") as tar:
        tar.add(tree, tree.name)
    return folder / "source.tar.xz"


def test_only_what_is_wanted_is_unpacked(tmp_path: Path) -> None:
    archive, into = archive_of(tmp_path), tmp_path / "into"
    into.mkdir()
    kernel_source.extract(archive, ["scripts/a.pl", "tools/dma"], into)
    files = sorted(str(path.relative_to(into)) for path in into.rglob("*") if path.is_file())
    assert files == ["scripts/a.pl", "tools/dma/c.c"]


def test_a_file_that_the_source_lacks_is_told(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="cannot unpack source.tar.xz: .*scripts/none.pl: Not found"):
        kernel_source.extract(archive_of(tmp_path), ["scripts/none.pl"], tmp_path)
