# SPDX-License-Identifier: GPL-2.0-only
"""Takes the kernel proper out of an x86 boot image.

Unpacking itself takes the guest seconds under emulation. QEMU boots the unpacked kernel too (by its PVH entry).
Format: https://docs.kernel.org/arch/x86/boot.html
"""

import lzma
import struct
import zlib

_MAGIC_AT, _MAGIC = 0x202, b"HdrS"
_SECTOR = 512


def unpacked(image: bytes) -> bytes:
    """The ELF kernel of an x86 boot image packed with xz or gzip; any other image as it is."""
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
        else:
            return image
    except (lzma.LZMAError, zlib.error):
        return image
    return kernel if kernel.startswith(b"\x7fELF") else image
