# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's command line for a platform."""

import dataclasses
import os
import shutil
from pathlib import Path

from . import emulator, models
from .errors import InfrastructureError, UsageError
from .platforms import Platform

INSTRUCTIONS = "instructions"
MODELLED = "modelled"
REALTIME = "realtime"
CLOCKS = (INSTRUCTIONS, MODELLED, REALTIME)

_PROGRAM = {"x86_64": ("qemu-system-x86_64", "qemu-system-x86"), "arm64": ("qemu-system-aarch64", "qemu-system-arm")}
_CONSOLE = {"x86_64": "ttyS0", "arm64": "ttyAMA0"}
# nokaslr: addresses, and with them hash chains and cache sets, are the same in every boot.
# loglevel=5: the console shows warnings, so that no splat goes unseen.
_APPEND = "loglevel=5 panic=-1 nokaslr nowatchdog audit=0"
# Counting instructions, QEMU takes seconds over the loop that calibrates the local APIC's timer; the HPET serves too.
_APPEND_EXACT = {"x86_64": "nolapic_timer", "arm64": ""}
# The guest's init starts the second CPU, because this QEMU gives it no time while the first one waits for it in a busy loop.
# Several sockets make Linux distrust the TSC and measure how fast a second CPU is, and it can't while CPUs take turns.
_APPEND_SMP = {"x86_64": "maxcpus=1 tsc=reliable lpj=4000000", "arm64": ""}
# One instruction is one ns; idle time passes at once. The random numbers a guest is given at boot are the same ones.
_EXACT = ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2024-01-01T00:00:00,clock=vm"]


@dataclasses.dataclass(frozen=True)
class Files:
    """The files of one run of a guest."""

    kernel: Path
    initrd: Path
    dtb: Path | None
    console: Path
    stream: Path


def program(arch: str) -> str:
    name, package = _PROGRAM[arch]
    found = shutil.which(name)
    if not found:
        raise InfrastructureError(f"{name} is not installed (package {package})")
    return found


def clock_of(platform: Platform, asked: str | None) -> str:
    """The platform's clock: what is asked for, else what counts there."""
    if asked == MODELLED and not platform.model:
        raise UsageError(f"the modelled clock needs a model: {platform.name}@MODEL ('lab list --models' shows them)")
    if platform.model and asked not in (None, MODELLED):
        raise UsageError(f"{platform.name} has the modelled clock, and not that of {asked}")
    return MODELLED if platform.model else asked or INSTRUCTIONS


def checks_addresses() -> bool:
    """Whether the model is to compare each access's address with QEMU's, and on arm64 to follow the whole boot."""
    return bool(os.environ.get("DMABENCH_MODEL_CHECK"))


def environment(platform: Platform) -> dict[str, str]:
    """What QEMU's environment has to have beside ours."""
    found = emulator.cached() if platform.model else None
    return found.environment if found else {}


def _with_model(model: models.Model, arch: str) -> list[str]:
    """The beginning of the command line of a machine with the modelled clock."""
    found = emulator.cached()
    if not found:
        raise InfrastructureError("the QEMU of the modelled clock is not in the cache")
    line = [str(found.program(arch))]
    for folder in found.firmware:
        line += ["-L", str(folder)]
    # x86 begins without page tables; a boot is followed on arm64 only.
    check = {"arm64": ["watch=always", "check=on"], "x86_64": ["check=on"]}[arch] if checks_addresses() else []
    return [*line, "-plugin", ",".join([str(models.plugin()), *model.arguments(), *check])]


def command(platform: Platform, clock: str, files: Files, interactive: bool = False) -> list[str]:
    """The whole command line. Nothing on it depends on the host, so that every host's guest is the same."""
    line = _with_model(platform.model, platform.arch) if platform.model else [program(platform.arch)]
    # Only a clock that does not count instructions lets CPUs run at the same time.
    thread = "multi" if clock == REALTIME and platform.cpus > 1 else "single"
    line += ["-accel", f"tcg,thread={thread}", "-machine", platform.machine]
    smp = f"{platform.cpus},sockets={platform.cpus}" if platform.cpus > 1 else platform.smp
    line += ["-cpu", platform.cpu, "-m", platform.memory, "-smp", smp]
    line += ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
    if clock != REALTIME:
        line += _EXACT
    # An IOMMU must come before what is behind it.
    for device in platform.devices:
        line += ["-device", device]
    line += platform.arguments
    # The first line of a board without virtio may be another device's, which has no terminal then.
    second = interactive and platform.results == "serial"
    if interactive:
        line += ["-serial", "null"] if second else []
        line += ["-serial", "mon:stdio"]
    else:
        line += ["-serial", f"file:{files.console}"]
    if not interactive and platform.results == "serial":
        line += ["-serial", f"file:{files.stream}"]
    elif not interactive:
        # Without ioeventfd a write to the port is over before the guest's next instruction.
        line += ["-device", "virtio-serial-pci,ioeventfd=off"]
        line += ["-chardev", f"file,id=out,path={files.stream}"]
        line += ["-device", "virtserialport,chardev=out,name=dmabench.out"]
    line += ["-kernel", str(files.kernel), "-initrd", str(files.initrd)]
    line += ["-dtb", str(files.dtb)] if files.dtb else []
    exact = _APPEND_EXACT[platform.arch] if clock != REALTIME else ""
    several = _APPEND_SMP[platform.arch] if platform.cpus > 1 else ""
    append = [f"console={'ttyS1' if second else _CONSOLE[platform.arch]}", _APPEND, exact, several]
    append += ["maxcpus=1" if platform.smp != "1" else "", platform.append]
    return [*line, "-append", " ".join(filter(None, append))]
