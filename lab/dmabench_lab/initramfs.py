# SPDX-License-Identifier: GPL-2.0-only
"""A cpio archive in the "newc" format, which the kernel unpacks as a guest's root file system.

Format: https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
"""

import io
import stat
from pathlib import PurePosixPath


class Archive:
    """Collects folders, files and the console, and gives the archive's bytes. Owners are root, times are 0."""

    def __init__(self) -> None:
        self._out = io.BytesIO()
        self._folders: set[str] = set()
        self._inode = 0
        # The kernel opens it for init before anything is mounted.
        self.folder("dev")
        self._entry("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1))

    def folder(self, path: str) -> None:
        """Adds the folder and those above it."""
        for part in [*reversed(PurePosixPath(path).parents), PurePosixPath(path)]:
            name = str(part)
            if name not in (".", "/") and name not in self._folders:
                self._folders.add(name)
                self._entry(name, stat.S_IFDIR | 0o755, b"")

    def file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        self.folder(str(PurePosixPath(path).parent))
        self._entry(path, stat.S_IFREG | mode, data)

    def finished(self) -> bytes:
        """The whole archive; nothing can be added afterwards."""
        self._entry("TRAILER!!!", 0, b"")
        return self._out.getvalue()

    def _entry(self, name: str, mode: int, data: bytes, device: tuple[int, int] = (0, 0)) -> None:
        self._inode += 1
        encoded = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
        self._out.write(b"070701" + b"".join(b"%08X" % field for field in fields) + encoded)
        self._pad()
        self._out.write(data)
        self._pad()

    def _pad(self) -> None:
        self._out.write(b"\0" * (-self._out.tell() % 4))
