# SPDX-License-Identifier: GPL-2.0-only
"""`lab run`: dmabench in several guests at once, each one's report brought back."""

import concurrent.futures
import dataclasses
import datetime
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from . import leftovers, paths, qemu
from .cache import Parts
from .errors import EXIT_INFRASTRUCTURE, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, InfrastructureError, UsageError
from .guest import Cancelled, Guest, Job
from .platforms import Platform
from .progress import Display, JournalReader, Line, counted

_RUN_FAILED = 5
_TICK_SECONDS = 0.2


@dataclasses.dataclass(frozen=True)
class Request:
    """What the user asked for."""

    scenarios: Sequence[Path]
    share: Sequence[Path]
    arguments: Sequence[str]
    clock: str | None
    timeout: float
    resume: bool
    jobs: int
    quiet: bool


@dataclasses.dataclass
class Task:
    """One platform of the request."""

    platform: Platform
    parts: Parts
    binary: Path
    report: Path
    line: Line
    guest: Guest | None = None
    code: int = EXIT_OK
    problem: str | None = None
    out: bytes = b""
    err: bytes = b""

    @property
    def journal(self) -> Path:
        return self.report.with_name(self.report.name + ".journal.jsonl")


def guest_command(platform: Platform, request: Request, report: str, resume: bool) -> list[str]:
    """dmabench's command line in the guest."""
    command = ["dmabench", "run", *(f"/mnt/in/{path.name}" for path in request.scenarios), *request.arguments]
    command += ["--on", "host", "-o", f"/mnt/out/{report}"]
    command += ["--platform-name", platform.name, "--clock", qemu.clock_of(platform, request.clock)]
    command += ["--resume"] if resume else []
    return command + (["--quiet"] if request.quiet else [])


def worst(codes: Sequence[int]) -> int:
    """The exit code of several platforms' codes; they are ordered by how bad they are."""
    return max(codes, default=EXIT_OK)


def run(tasks: Sequence[Task], request: Request) -> int:
    """Runs all tasks, at most `jobs` at a time; gives the exit code."""
    display = Display([task.line for task in tasks], request.quiet)
    stopping = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(max_workers=request.jobs) as pool:
        waiting = [pool.submit(_run_one, task, request, stopping) for task in tasks]
        try:
            while not all(future.done() for future in waiting):
                display.tick(time.monotonic())
                concurrent.futures.wait(waiting, timeout=_TICK_SECONDS)
        except KeyboardInterrupt:
            stopping.set()
            for task in tasks:
                if task.guest:
                    task.guest.cancel()
                else:
                    task.line.phase = "not run"
            concurrent.futures.wait(waiting)
    display.finish()
    for future in waiting:
        future.result()
    for task in tasks:
        if len(tasks) > 1 and task.out and not request.quiet:
            print(f"== {task.platform.name}")
        _tell(task)
    if stopping.is_set():
        print("lab: interrupted; the same command with --resume goes on from the journals", file=sys.stderr)
        return EXIT_INTERRUPTED
    return worst([task.code for task in tasks])


def _run_one(task: Task, request: Request, stopping: threading.Event) -> None:
    if stopping.is_set():
        return
    line = task.line
    try:
        if leftovers.take_in(paths.runs(), task.report):
            print(f"lab: {task.platform.name}: took in what a killed run had left behind", file=sys.stderr)
        # Of several platforms some may have come to their end before, and some not to their beginning.
        resume = request.resume and task.journal.exists()
        if request.resume and not resume and task.report.exists():
            line.phase = "was done before"
            return
        preload = [path for path in (task.journal, task.report) if resume and path.exists()]
        if not resume:
            _keep(task.journal)
        line.journal = JournalReader(task.journal)
        line.at_start = line.journal.update().done
        # Under the instruction clock the guest's date is the same in every run; the real one is told this way, in
        # a text of fixed length so that it costs the same.
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+00:00")
        environment = {"DMABENCH_DATE": now, "DMABENCH_PROGRESS": "none"}
        if task.platform.model:
            environment["DMABENCH_MODEL"] = f"{task.platform.model.name}:{task.platform.model.sha256}"
        job = Job(
            command=guest_command(task.platform, request, task.report.name, resume),
            clock=qemu.clock_of(task.platform, request.clock),
            timeout=request.timeout,
            share=[*request.scenarios, *request.share],
            binary=task.binary,
            environment=environment,
            out=task.report.parent,
            preload=preload,
            report=task.report,
        )
        task.guest = Guest(task.platform, task.parts, job)
        line.started = time.monotonic()
        line.phase = "runs"
        task.code = task.guest.run(_collect(task, "out"), _collect(task, "err"))
        line.phase = "done" if task.code == EXIT_OK else f"exit code {task.code}"
    except InfrastructureError as error:
        task.code = EXIT_INFRASTRUCTURE
        task.problem = error.line(task.platform.name)
        line.phase = "failed"
    except UsageError as error:
        task.code = EXIT_USAGE
        task.problem = f"lab: {error}"
        line.phase = "failed"
    except Cancelled:
        task.code = EXIT_INTERRUPTED
        line.phase = "stopped"
    finally:
        line.ended = time.monotonic() if line.started is not None else None


def _keep(journal: Path) -> None:
    """Moves the journal of a run that never ended out of the way of a new one; dmabench itself names it so, too."""
    if not journal.exists():
        return
    number = 1
    while (kept := journal.with_name(f"{journal.name}.{number}")).exists():
        number += 1
    journal.rename(kept)
    print(f"lab: the journal of a run that never ended is kept as {kept}", file=sys.stderr)


def _collect(task: Task, name: str) -> Callable[[bytes], None]:
    def add(data: bytes) -> None:
        setattr(task, name, getattr(task, name) + data)

    return add


def _on_host(task: Task, text: bytes) -> str:
    return text.decode(errors="replace").replace("/mnt/out/", f"{task.report.parent}/".removeprefix("./"))


def _tell(task: Task) -> None:
    """What the guest printed, with the host's names for its files, and what became of it."""
    name = task.platform.name
    sys.stdout.write(_on_host(task, task.out))
    sys.stdout.flush()
    for text in _on_host(task, task.err).splitlines():
        print(f"{name}: {text}", file=sys.stderr)
    if task.problem:
        print(task.problem, file=sys.stderr)
    elif task.code > 128 and task.code != EXIT_INTERRUPTED:
        print(f"lab: {name}: dmabench was killed by signal {task.code - 128} in the guest", file=sys.stderr)
        task.code = _RUN_FAILED
    elif task.code and task.code != EXIT_INTERRUPTED:
        print(f"lab: {name}: dmabench ended with exit code {task.code} in the guest", file=sys.stderr)
        task.code = min(task.code, _RUN_FAILED)
    points = JournalReader(task.journal).update().done
    if task.code and points:
        kept = f"{counted(points, 'point')} kept in {task.journal}"
        print(f"lab: {name}: {kept}; --resume goes on from there", file=sys.stderr)
