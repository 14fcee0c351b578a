# SPDX-License-Identifier: GPL-2.0-only
"""The command line of lab."""

import argparse
import dataclasses
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from . import binary, cache, emulator, guest, models, module, platforms, qemu, run
from . import kernel as kernels
from .errors import (
    EXIT_INFRASTRUCTURE,
    EXIT_INTERRUPTED,
    EXIT_NOT_POSSIBLE,
    EXIT_OK,
    EXIT_USAGE,
    InfrastructureError,
    NotPossible,
    UsageError,
)
from .platforms import Platform
from .progress import Line

EXIT_CODES = """\
exit codes: 0 ok; 1 to 5 are those of dmabench in the guest; 2 usage; 4 something is missing that you must build;
6 the lab itself failed, whatever ran in the guest is not to blame; 130 interrupted
"""


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_: str, examples: str
) -> argparse.ArgumentParser:
    lines = "\n".join(f"  {line}" for line in examples.splitlines())
    return commands.add_parser(
        name,
        help=help_,
        description=help_[0].upper() + help_[1:] + ".",
        epilog=f"examples:\n{lines}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise ValueError
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


_positive.__name__ = "number of seconds"
_count.__name__ = "number"


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="lab",
        description="Boots guests with real kernels in QEMU and runs dmabench in them.",
        epilog="'lab COMMAND --help' shows examples.\n\n" + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    sub = _add(commands, "list", "the platforms, and whether their parts are in the cache", "lab list\nlab list --json")
    sub.add_argument("--json", action="store_true", help="print JSON")
    sub.add_argument("--models", action="store_true", help="the models for PLATFORM@MODEL instead")

    sub = _add(
        commands,
        "fetch",
        "fetch kernels and build the module, so that runs need no network",
        "lab fetch\nlab fetch arm64 x86_64-vtd-strict\nlab fetch --again arm64    newer kernel packages, if there are",
    )
    sub.add_argument("platforms", nargs="*", metavar="PLATFORM", help="default: all")
    sub.add_argument("--again", action="store_true", help="fetch even what is in the cache")

    sub = _add(
        commands,
        "run",
        "run dmabench in guests and bring the reports back",
        "lab run x86_64-direct --scenario scenarios/quick.json -o out/\n"
        "lab run x86_64-vtd-strict,x86_64-vtd-lazy --scenario scenarios/quick.json -o out/ -- --set size=4096\n"
        "lab run arm64 --scenario scenarios/quick.json -o arm64.json --resume",
    )
    sub.add_argument("platforms", metavar="PLATFORM[,PLATFORM...]")
    sub.add_argument(
        "-o", "--output", required=True, type=Path, metavar="DIR|FILE", help="FILE, ending in .json: one platform only"
    )
    sub.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="[NAME=]FILE",
        help="scenario to run, called NAME in the guest; repeatable",
    )
    _add_guest_options(sub, 3600)
    sub.add_argument("--jobs", type=_count, default=os.cpu_count() or 1, metavar="N", help="guests at once (all CPUs)")
    sub.add_argument("--resume", action="store_true", help="go on from the journals in the output folder")
    sub.add_argument("--quiet", action="store_true", help="no progress")

    sub = _add(
        commands,
        "exec",
        "run any command in a guest, with the module loaded and the target bound",
        "lab exec x86_64-direct -- uname -a\nlab exec arm64 --share ./abi_test -- /mnt/in/abi_test",
    )
    sub.add_argument("platforms", metavar="PLATFORM")
    sub.add_argument("-o", "--output", type=Path, metavar="DIR", help="bring back what is put into /mnt/out")
    _add_guest_options(sub, 600)

    sub = _add(
        commands,
        "shell",
        "open a shell in a guest, on this terminal; Ctrl-A X leaves",
        "lab shell arm64-smmu-strict\nlab shell x86_64-direct --share scenarios/quick.json",
    )
    sub.add_argument("platforms", metavar="PLATFORM")
    _add_guest_options(sub, None)
    return top


def _add_guest_options(sub: argparse.ArgumentParser, timeout: float | None) -> None:
    interactive = timeout is None
    sub.add_argument(
        "--share", action="append", default=[], type=Path, metavar="FILE", help="put into /mnt/in; repeatable"
    )
    sub.add_argument("--binary", type=Path, metavar="PATH", help="the static dmabench to run in the guest")
    default = qemu.REALTIME if interactive else qemu.INSTRUCTIONS
    sub.add_argument(
        "--clock",
        choices=qemu.CLOCKS,
        help="1 ns per instruction, exact and repeatable; the same with caches and memory priced by a model; or the "
        f"host's time (default: modelled for PLATFORM@MODEL, {default} for others)",
    )
    if not interactive:
        sub.add_argument(
            "--timeout", type=_positive, default=timeout, metavar="S", help=f"seconds for a guest (default: {timeout})"
        )


def _optional_binary(arch: str, given: Path | None) -> Path | None:
    try:
        return binary.find(arch, given)
    except NotPossible:
        if given:
            raise
        return None


def _list_models(as_json: bool) -> int:
    known = models.load().values()
    if as_json:
        print(json.dumps([dataclasses.asdict(model) for model in known], indent=2))
        return EXIT_OK
    width = max(len(model.name) for model in known)
    for model in known:
        print(f"{model.name:<{width}}  {model.arch:<6}  {model.description}")
    return EXIT_OK


def _list(options: argparse.Namespace) -> int:
    if options.models:
        return _list_models(options.json)
    rows = []
    known = models.load()
    for platform in platforms.load().values():
        kernel = kernels.cached(platform.kernel, platform.arch)
        built = bool(kernel and module.cached(kernel))
        rows.append(
            {
                "name": platform.name,
                "description": platform.description,
                "arch": platform.arch,
                "kernel": platform.kernel.name,
                "kernel_release": kernel.release if kernel else None,
                "module_built": built,
                "ready": cache.cached(platform) is not None,
                "models": [model.name for model in known.values() if platforms.fits(model, platform)],
            }
        )
    if options.json:
        print(json.dumps(rows, indent=2))
        return EXIT_OK
    width = max(len(str(row["name"])) for row in rows)
    for row in rows:
        kernel_text = row["kernel_release"] or f"{row['kernel']} (not fetched)"
        state = "" if row["ready"] or not row["kernel_release"] else "  (module not built)"
        print(f"{row['name']:<{width}}  {kernel_text:<18}  {row['description']}{state}")
    return EXIT_OK


def _fetch(options: argparse.Namespace) -> int:
    known = platforms.load()
    chosen = platforms.choose(",".join(options.platforms), known) if options.platforms else list(known.values())
    done: set[tuple[str, str]] = set()
    for platform in chosen:
        parts_of = (platform.kernel.name, platform.arch)
        if parts_of not in done:
            _prepare(platform, again=options.again)
            done.add(parts_of)
    print(f"lab: {len(chosen)} platforms are ready", file=sys.stderr)
    return EXIT_OK


def _prepare(platform: Platform, again: bool = False) -> cache.Parts:
    try:
        if platform.model:
            models.plugin()
            emulator.prepare(cache.say_to_stderr)
        else:
            qemu.program(platform.arch)
        return cache.prepare(platform, cache.say_to_stderr, again)
    except InfrastructureError as error:
        raise _Failed(error.line(platform.name)) from None


class _Failed(Exception):
    """An infrastructure failure, as the line to print."""


def _run(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    chosen = platforms.choose(options.platforms, platforms.load())
    output: Path = options.output
    one_file = output.suffix == ".json" and not output.is_dir()
    if one_file and len(chosen) > 1:
        raise UsageError(f"-o {output}: several platforms need a folder to put their reports into")
    with tempfile.TemporaryDirectory(prefix="dmabench-scenarios-") as renamed:
        return _run_scenarios(options, arguments, chosen, [_scenario(text, Path(renamed)) for text in options.scenario])


def _scenario(text: str, folder: Path) -> Path:
    """The file; one with another name for the guest is copied into the folder under that name."""
    name, equals, file = text.partition("=")
    if not equals or "/" in name or not name or Path(text).exists():
        return Path(text)
    if not Path(file).is_file():
        raise UsageError(f"{file}: no such file")
    return Path(shutil.copyfile(file, folder / name))


def _run_scenarios(
    options: argparse.Namespace, arguments: Sequence[str], chosen: Sequence[Platform], scenarios: Sequence[Path]
) -> int:
    output: Path = options.output
    one_file = output.suffix == ".json" and not output.is_dir()
    for path in [*scenarios, *options.share]:
        if not path.is_file():
            raise UsageError(f"{path}: no such file")
    request = run.Request(
        scenarios=scenarios,
        share=options.share,
        arguments=arguments,
        clock=options.clock,
        timeout=options.timeout,
        resume=options.resume,
        jobs=options.jobs,
        quiet=options.quiet,
    )
    folder = output.parent if one_file else output
    binaries = {platform.name: binary.find(platform.arch, options.binary) for platform in chosen}
    tasks, failures = [], []
    for platform in chosen:
        try:
            parts = _prepare(platform)
        except _Failed as error:
            failures.append(str(error))
            continue
        report = output if one_file else output / f"{platform.name}.json"
        tasks.append(run.Task(platform, parts, binaries[platform.name], report, Line(platform.name)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"-o {output}: {error.strerror}") from None
    code = run.run(tasks, request) if tasks else EXIT_OK
    for line in failures:
        print(line, file=sys.stderr)
    return run.worst([code, EXIT_INFRASTRUCTURE if failures else EXIT_OK])


def _one(options: argparse.Namespace) -> Platform:
    chosen = platforms.choose(options.platforms, platforms.load())
    if len(chosen) > 1:
        raise UsageError("this command takes one platform")
    return chosen[0]


def _exec(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    if not arguments:
        raise UsageError("which command? 'lab exec PLATFORM -- COMMAND'")
    platform = _one(options)
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
    job = guest.Job(
        command=arguments,
        clock=qemu.clock_of(platform, options.clock),
        timeout=options.timeout,
        share=options.share,
        binary=_optional_binary(platform.arch, options.binary),
        out=options.output,
    )
    started = guest.Guest(platform, _prepare(platform), job)
    try:
        return started.run(_write_to(sys.stdout.buffer), _write_to(sys.stderr.buffer))
    except InfrastructureError as error:
        raise _Failed(error.line(platform.name)) from None


def _write_to(stream: BinaryIO) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        stream.write(data)
        stream.flush()

    return write


def _shell(options: argparse.Namespace) -> int:
    platform = _one(options)
    job = guest.Job(
        command=(),
        clock=qemu.clock_of(platform, options.clock or (None if platform.model else qemu.REALTIME)),
        timeout=0,
        share=options.share,
        binary=_optional_binary(platform.arch, options.binary),
    )
    if not job.binary:
        print(f"lab: there is no dmabench for {platform.arch} guests yet, the shell comes without it", file=sys.stderr)
    return guest.shell(platform, _prepare(platform), job)


def main(argv: Sequence[str]) -> int:
    """Runs one command; gives the exit code."""
    split = argv.index("--") if "--" in argv else len(argv)
    options = parser().parse_args(argv[:split])
    rest = list(argv[split + 1 :])
    signal.signal(signal.SIGTERM, lambda *_: _interrupt())
    try:
        if rest and options.command not in ("run", "exec"):
            raise UsageError(f"'lab {options.command}' takes nothing after --")
        if options.command == "list":
            return _list(options)
        if options.command == "fetch":
            return _fetch(options)
        if options.command == "run":
            return _run(options, rest)
        if options.command == "exec":
            return _exec(options, rest)
        return _shell(options)
    except UsageError as error:
        print(f"lab: {error}", file=sys.stderr)
        return EXIT_USAGE
    except NotPossible as error:
        print(f"lab: {error}", file=sys.stderr)
        return EXIT_NOT_POSSIBLE
    except _Failed as error:
        print(error, file=sys.stderr)
        return EXIT_INFRASTRUCTURE
    except KeyboardInterrupt:
        print("lab: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


def _interrupt() -> None:
    raise KeyboardInterrupt
