# SPDX-License-Identifier: GPL-2.0-only
"""One run of one guest: puts its file system together, boots it, takes in what it sends, judges how it went."""

import contextlib
import ctypes
import dataclasses
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from . import console, leftovers, paths, qemu
from .cache import Parts
from .errors import InfrastructureError, UsageError
from .initramfs import Archive
from .platforms import Platform
from .stream import Receiver, StreamError

# A guest that has not begun its job by then never will: it takes some seconds, on a busy machine some more.
BOOT_SECONDS = 180
_KEPT_RUNS = 20
_LIBC = ctypes.CDLL(None)
_POLL_SECONDS = 0.05


@dataclasses.dataclass(frozen=True)
class Job:
    """What to do in the guest."""

    command: Sequence[str]
    clock: str
    timeout: float
    share: Sequence[Path] = ()
    binary: Path | None = None
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    # Where the guest's /mnt/out arrives, and which of its files are to be in the guest from the start.
    out: Path | None = None
    preload: Sequence[Path] = ()
    # The report among them, if the guest is to make one.
    report: Path | None = None


def _ignore(_: bytes) -> None:
    pass


def _guest_names(share: Sequence[Path]) -> dict[str, Path]:
    """/mnt/in is one flat folder."""
    named: dict[str, Path] = {}
    for path in share:
        if path.name in named and named[path.name].resolve() != path.resolve():
            raise UsageError(f"two files to share are both called '{path.name}'")
        named[path.name] = path
    return named


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def root_file_system(platform: Platform, parts: Parts, job: Job, mode: str) -> bytes:
    """The guest's initramfs."""
    archive = Archive()
    archive.file("init", _read(paths.GUEST_FILES / "init"), 0o755)
    archive.file("bin/busybox", _read(parts.busybox), 0o755)
    archive.file("lab/courier", _read(parts.courier), 0o755)
    archive.file("lab/dmabench.ko", _read(parts.module))
    for number, path in enumerate(parts.kernel.module_files(platform.modules)):
        archive.file(f"lab/modules/{number:02}-{path.name}", _read(path))
    if job.binary:
        archive.file("usr/bin/dmabench", _read(job.binary), 0o755)
    for name, path in _guest_names(job.share).items():
        executable = path.is_file() and path.stat().st_mode & 0o111
        archive.file(f"mnt/in/{name}", _read(path), 0o755 if executable else 0o644)
    for path in job.preload:
        archive.file(f"mnt/out/{path.name}", _read(path))
    settings = {
        "MODE": mode,
        "BIND": " ".join(platform.bind),
        "CPUS": str(platform.cpus),
        "EXPECT_IOMMU_DOMAIN": platform.expect.get("iommu_domain", ""),
        "RESULTS": platform.results,
    }
    archive.file("lab/job", "".join(f"{k}={shlex.quote(v)}\n" for k, v in settings.items()).encode())
    exports = "".join(f"export {k}={shlex.quote(v)}\n" for k, v in job.environment.items())
    run = f'{exports}cd /mnt/in\n/lab/courier "$port" /mnt/out {shlex.join(job.command)}\n'
    archive.file("lab/run", run.encode())
    welcome = (
        f"{platform.name}: {platform.description}\n"
        "dmabench.ko is loaded; shared files are in /mnt/in. 'exit' or Ctrl-A X leaves.\n"
    )
    archive.file("lab/welcome", welcome.encode())
    return archive.finished()


def _die_with_parent() -> None:
    """In the child: no guest outlives the lab, however the lab ends."""
    pr_set_pdeathsig = 1
    _LIBC.prctl(pr_set_pdeathsig, signal.SIGKILL)


@contextlib.contextmanager
def _run_folder(platform: Platform) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A folder for this run's files. Kept for its logs unless the returned function is called."""
    runs = paths.runs()
    runs.mkdir(parents=True, exist_ok=True)
    for old in sorted(runs.iterdir(), key=lambda path: path.stat().st_mtime)[:-_KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    folder = Path(tempfile.mkdtemp(prefix=f"{platform.name}-{stamp}-", dir=runs))
    keep = True

    def drop() -> None:
        nonlocal keep
        keep = False

    try:
        yield folder, drop
    finally:
        for name in ("initrd", "stream"):
            (folder / name).unlink(missing_ok=True)
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _files(platform: Platform, parts: Parts, folder: Path) -> qemu.Files:
    dtb = parts.kernel.dtb(platform.dtb) if platform.dtb else None
    return qemu.Files(parts.kernel.image, folder / "initrd", dtb, folder / "console.log", folder / "stream")


class Cancelled(Exception):
    """The user wants it to stop."""


class Guest:
    """Runs one job; `cancel` may be called from another thread."""

    def __init__(self, platform: Platform, parts: Parts, job: Job) -> None:
        self.platform = platform
        self.phase = "boots"
        self._parts = parts
        self._job = job
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        self._cancelled.set()

    def run(self, out: Callable[[bytes], None] = _ignore, err: Callable[[bytes], None] = _ignore) -> int:
        """The command's exit status; raises InfrastructureError when it has none, or the kernel complained."""
        with contextlib.ExitStack() as stack:
            folder, drop = stack.enter_context(_run_folder(self.platform))
            if self._job.report:
                stack.enter_context(leftovers.claim(folder, self._job.report))
            files = _files(self.platform, self._parts, folder)
            files.initrd.write_bytes(root_file_system(self.platform, self._parts, self._job, "run"))
            files.console.touch()
            files.stream.touch()
            receiver = Receiver(self._job.out, out, err)
            try:
                why = self._watch(files, receiver, folder / "qemu.log", err)
            except StreamError as error:
                raise InfrastructureError(
                    f"results came broken out of the guest: {error}", str(files.console)
                ) from None
            log = files.console.read_text(encoding="utf-8", errors="replace")
            why = console.failure(log) or why
            if why:
                raise InfrastructureError(why, str(files.console))
            assert receiver.status is not None
            drop()
            return receiver.status

    def _watch(
        self, files: qemu.Files, receiver: Receiver, qemu_log: Path, err: Callable[[bytes], None]
    ) -> str | None:
        """Runs QEMU to its end; gives what went wrong as seen from outside."""
        line = qemu.command(self.platform, self._job.clock, files)
        started = time.monotonic()
        with open(qemu_log, "wb") as errors, open(files.stream, "rb") as stream:
            process = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env={**os.environ, **qemu.environment(self.platform)},
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
            try:
                why = None
                while process.poll() is None and not why:
                    receiver.feed(stream.read())
                    why = self._overdue(files.console, time.monotonic() - started)
                    if self._cancelled.wait(_POLL_SECONDS):
                        raise Cancelled
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()
                receiver.feed(stream.read())
        if why:
            return why
        if process.returncode:
            lines = qemu_log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            said = f": {lines[-1]}" if lines else ""
            return f"QEMU ended with code {process.returncode}{said}"
        if qemu.checks_addresses():
            err(b"".join(line for line in qemu_log.read_bytes().splitlines(True) if line.startswith(b"dmabench-model:")))
        if receiver.status is None:
            return "the guest stopped without saying how its job went"
        return None

    def _overdue(self, log: Path, seconds: float) -> str | None:
        if self.phase == "boots" and console.is_ready(log.read_text(encoding="utf-8", errors="replace")):
            self.phase = "runs"
        if self.phase == "boots" and seconds > min(BOOT_SECONDS, self._job.timeout):
            return f"timeout: did not boot within {min(BOOT_SECONDS, self._job.timeout):g} s"
        if seconds > self._job.timeout:
            return f"timeout: not done after {self._job.timeout:g} s (--timeout sets it)"
        return None


def shell(platform: Platform, parts: Parts, job: Job) -> int:
    """An interactive guest on this terminal; QEMU's exit status."""
    with _run_folder(platform) as (folder, drop):
        files = _files(platform, parts, folder)
        files.initrd.write_bytes(root_file_system(platform, parts, job, "shell"))
        line = qemu.command(platform, job.clock, files, interactive=True)
        changed = {**os.environ, **qemu.environment(platform)}
        status = subprocess.run(line, check=False, env=changed, preexec_fn=_die_with_parent).returncode
        drop()
        return status
