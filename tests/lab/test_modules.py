# SPDX-License-Identifier: GPL-2.0-only
"""Order of kernel modules, the file system they come in, and the kernel out of its boot image."""

import ctypes
import lzma
import stat
import struct
import subprocess
from pathlib import Path

import pytest

from dmabench_lab import bootimage, modinfo, module
from dmabench_lab.errors import InfrastructureError
from dmabench_lab.initramfs import Archive


def test_needs_come_first_and_once() -> None:
    needs = {"a": ["b", "c"], "b": ["c"], "c": [], "d": ["b"]}
    assert modinfo.order(["a", "d"], needs.__getitem__) == ["c", "b", "a", "d"]


def test_a_circle_is_named() -> None:
    with pytest.raises(InfrastructureError, match="a -> b -> a"):
        modinfo.order(["a"], {"a": ["b"], "b": ["a"]}.__getitem__)


def test_depends_line() -> None:
    assert modinfo.depends(b"\x7fELF..\0license=GPL\0depends=virtio-ring,virtio\0name=x\0") == ["virtio_ring", "virtio"]
    assert modinfo.depends(b"depends=\0") == []
    assert modinfo.depends(b"license=GPL\0") == []


def test_load_order_of_a_tree(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel/virtio-pci.ko").write_bytes(b"\0depends=virtio,virtio_ring\0")
    (tmp_path / "kernel/virtio_ring.ko.xz").write_bytes(lzma.compress(b"\0depends=virtio\0"))
    (tmp_path / "modules.builtin").write_text("kernel/drivers/virtio/virtio.ko\n")
    names = [path.name for path in modinfo.load_order(tmp_path, ["virtio_pci"])]
    assert names == ["virtio_ring.ko.xz", "virtio-pci.ko"]


def test_a_missing_module_is_named(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="has no module 'nothing'"):
        modinfo.load_order(tmp_path, ["nothing"])


def test_cpio_reads_back(tmp_path: Path) -> None:
    archive = Archive()
    archive.file("init", b"#!/bin/sh\n", 0o755)
    archive.file("a/b/odd", b"123")
    data = archive.finished()
    listing = subprocess.run(
        ["busybox", "cpio", "-t"], input=data, capture_output=True, check=True, cwd=tmp_path
    ).stdout.decode()
    assert listing.split() == ["dev", "dev/console", "init", "a", "a/b", "a/b/odd"]
    assert data.count(b"TRAILER!!!") == 1
    assert f"{stat.S_IFREG | 0o755:08X}".encode() in data


def boot_image(payload: bytes) -> bytes:
    image = bytearray(1024)
    image[0x1F1] = 1
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<II", image, 0x248, 0, len(payload))
    return bytes(image) + payload


def test_kernel_out_of_a_boot_image() -> None:
    kernel = b"\x7fELF" + b"k" * 5000
    length = struct.pack("<I", len(kernel))
    assert bootimage.unpacked(boot_image(lzma.compress(kernel) + length)) == kernel


def test_kernel_out_of_a_boot_image_packed_with_zstd() -> None:
    kernel = b"\x7fELF" + b"k" * 5000
    packed = ctypes.create_string_buffer(6000)
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_compress.restype = ctypes.c_size_t
    length = library.ZSTD_compress(packed, ctypes.c_size_t(6000), kernel, ctypes.c_size_t(len(kernel)), 3)
    assert bootimage.unpacked(boot_image(packed.raw[:length] + struct.pack("<I", len(kernel)))) == kernel
    broken = boot_image(packed.raw[:length] + struct.pack("<I", 5))
    assert bootimage.unpacked(broken) == broken


@pytest.mark.parametrize("image", [b"MZ" + b"\0" * 2000, boot_image(b"unknown"), boot_image(lzma.compress(b"no ELF"))])
def test_any_other_image_stays_as_it_is(image: bytes) -> None:
    assert bootimage.unpacked(image) == image


def test_digest_sees_names_contents_and_the_kernel(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("one")
    first = module.digest(module.sources(tmp_path), tmp_path, "6.1")
    assert module.digest(module.sources(tmp_path), tmp_path, "6.1") == first
    assert module.digest(module.sources(tmp_path), tmp_path, "6.2") != first
    (tmp_path / "a.mod.c").write_text("made by a build")
    (tmp_path / "a.o").write_text("made by a build")
    assert module.digest(module.sources(tmp_path), tmp_path, "6.1") == first
    (tmp_path / "a.c").write_text("two")
    assert module.digest(module.sources(tmp_path), tmp_path, "6.1") != first


def test_warnings_of_compiler_and_modpost_are_found() -> None:
    log = (
        "  CC [M]  main.o\n"
        "warning: the compiler differs from the one used to build the kernel\n"
        "kmod/main.c:3:5: warning: unused variable 'a' [-Wunused-variable]\n"
        "WARNING: modpost: missing MODULE_DESCRIPTION() in dmabench.o\n"
    )
    assert module.warnings(log) == log.splitlines()[2:]


def test_a_module_that_warns_is_seen_in_its_build_log(tmp_path: Path) -> None:
    (tmp_path / "build.log").write_text("kmod/main.c:1:1: warning: w\n")
    assert module.warnings(module.build_log(tmp_path / "dmabench.ko")) == ["kmod/main.c:1:1: warning: w"]
