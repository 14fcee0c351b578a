# SPDX-License-Identifier: GPL-2.0-only
"""Takes the kernel proper out of an x86 boot image.

Unpacking itself takes the guest seconds under emulation. QEMU boots the unpacked kernel too (by its PVH entry).
Format: https://docs.kernel.org/arch/x86/boot.html
"""

import ctypes
import lzma
import struct
import zlib

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_MAGIC_AT, _MAGIC = 0x202, b"HdrS"
_SECTOR = 512


def _unpack_zstd(payload: bytes) -> bytes:
    """Python 3.11 knows nothing of zstd, but where apt is, this library is too. The last 4 bytes are the length."""
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    length = struct.unpack("<I", payload[-4:])[0]
    kernel = ctypes.create_string_buffer(length)
    done = library.ZSTD_decompress(kernel, ctypes.c_size_t(length), payload[:-4], ctypes.c_size_t(len(payload) - 4))
    # An error is a number larger than any length.
    return kernel.raw if done == length else b""


def unpacked(image: bytes) -> bytes:
    """The ELF kernel of an x86 boot image packed with xz, gzip or zstd; any other image as it is."""
    if image[_MAGIC_AT : _MAGIC_AT + 4] != _MAGIC:
        return image
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    begin = (setup_sectors + 1) * _SECTOR + offset
    payload = image[begin : begin + length]
    try:
        # A length follows the packed data, so that what comes after its end is no error.
        if payload.startswith(b"\xfd7zXZ\0"):
            kernel = lzma.LZMADecompressor().decompress(payload)
        elif payload.startswith(b"\x1f\x8b"):
            kernel = zlib.decompressobj(wbits=31).decompress(payload)
        elif payload.startswith(_ZSTD_MAGIC):
            kernel = _unpack_zstd(payload)
        else:
            return image
    except (lzma.LZMAError, zlib.error):
        return image
    return kernel if kernel.startswith(b"\x7fELF") else image
