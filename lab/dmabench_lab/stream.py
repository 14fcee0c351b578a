# SPDX-License-Identifier: GPL-2.0-only
"""The reader of what guest/courier.c sends: puts a guest's files and output on the host as they arrive."""

import os
import re
from collections.abc import Callable
from pathlib import Path

_BEGIN = b"B courier\n"
_HEADERS = {
    b"O": re.compile(rb"O (?P<length>\d+)"),
    b"E": re.compile(rb"E (?P<length>\d+)"),
    b"W": re.compile(rb"W (?P<offset>\d+) (?P<length>\d+) (?P<name>[^/\0]+)"),
    b"M": re.compile(rb"M (?P<length>\d+) (?P<name>[^/\0]+)"),
    b"X": re.compile(rb"X (?P<name>[^/\0]+)"),
    b"S": re.compile(rb"S (?P<status>\d+)"),
}


class StreamError(Exception):
    """The stream is not what a courier sends."""


class Receiver:
    """Takes the stream's bytes in pieces of any size."""

    def __init__(self, folder: Path | None, out: Callable[[bytes], None], err: Callable[[bytes], None]) -> None:
        self.status: int | None = None
        self._folder = folder
        self._out = out
        self._err = err
        self._pending = b""
        self._begun = False

    def feed(self, data: bytes) -> None:
        """Handles all frames that are complete; keeps the rest."""
        self._pending += data
        if not self._begun and not self._begin():
            return
        while self.status is None:
            end = self._pending.find(b"\n")
            if end < 0:
                return
            header = self._pending[:end]
            form = _HEADERS.get(header[:1])
            match = form.fullmatch(header) if form else None
            if not match:
                raise StreamError(f"not a frame: {header[:80]!r}")
            fields = match.groupdict()
            length = int(fields.get("length", 0))
            if len(self._pending) < end + 1 + length:
                return
            body = self._pending[end + 1 : end + 1 + length]
            self._pending = self._pending[end + 1 + length :]
            self._handle(header[:1], fields, body)

    def _begin(self) -> bool:
        """Finds the first frame: opening a serial line sends some bytes of its own before it."""
        _, begin, rest = self._pending.partition(_BEGIN)
        if begin:
            self._begun = True
            self._pending = rest
        return self._begun

    def _handle(self, kind: bytes, fields: dict[str, bytes], body: bytes) -> None:
        if kind == b"O":
            self._out(body)
        elif kind == b"E":
            self._err(body)
        elif kind == b"S":
            self.status = int(fields["status"])
        elif self._folder is not None:
            self._change_file(kind, self._path(fields["name"]), fields, body)

    def _path(self, name: bytes) -> Path:
        text = os.fsdecode(name)
        if text in (".", "..") or "/" in text or "\0" in text:
            raise StreamError(f"not a file's name: {text!r}")
        assert self._folder is not None
        return self._folder / text

    def _change_file(self, kind: bytes, path: Path, fields: dict[str, bytes], body: bytes) -> None:
        if kind == b"X":
            path.unlink(missing_ok=True)
        elif kind == b"M":
            path.replace(self._path(body))
        else:
            offset = int(fields["offset"])
            with open(path, "r+b" if offset else "wb") as file:
                file.seek(offset)
                file.write(body)
                file.truncate()
                if body:
                    file.flush()
                    os.fsync(file.fileno())
