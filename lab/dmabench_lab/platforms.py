# SPDX-License-Identifier: GPL-2.0-only
"""Platforms and kernels as data: lab/platforms/*.json and lab/kernels.json."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

from . import models, paths
from .errors import UsageError

ARCHITECTURES = ("x86_64", "arm64")


@dataclasses.dataclass(frozen=True)
class KernelSpec:
    """Where a kernel comes from, and which of its modules a guest needs."""

    name: str
    description: str
    suites: tuple[str, ...]
    image: dict[str, str]
    modules: tuple[str, ...]
    # By architecture, what only some of its machines need: {"modules": [...], "dtbs": [...]}.
    boards: dict[str, dict[str, list[str]]]


@dataclasses.dataclass(frozen=True)
class Platform:
    """One guest machine."""

    name: str
    description: str
    arch: str
    kernel: KernelSpec
    machine: str
    cpu: str
    # How many the guest has. They take turns.
    cpus: int
    memory: str
    devices: tuple[str, ...]
    arguments: tuple[str, ...]
    append: str
    bind: tuple[str, ...]
    expect: dict[str, str]
    # How many CPUs the machine has, where it has to have more than the guest uses.
    smp: str
    # Of the kernel's boards: the device tree, "" for QEMU's own, and the modules.
    dtb: str
    modules: tuple[str, ...]
    # What results come out through: a virtio port, or the second serial line.
    results: str
    # What caches and memory cost there; None: nothing.
    model: models.Model | None = None


_FIELDS: dict[str, type] = {
    "description": str,
    "arch": str,
    "kernel": str,
    "machine": str,
    "cpu": str,
    "cpus": int,
    "memory": str,
    "devices": list,
    "arguments": list,
    "append": str,
    "bind": list,
    "expect": dict,
    "smp": str,
    "dtb": str,
    "modules": list,
    "results": str,
}
_OPTIONAL = {
    "cpus": 1,
    "arguments": [],
    "bind": [],
    "expect": {},
    "smp": "1",
    "dtb": "",
    "modules": [],
    "results": "virtio",
}
_RESULTS = ("virtio", "serial")
_MOST_CPUS = 8
_EXPECTABLE = {"iommu_domain": ("none", "DMA", "DMA-FQ", "identity")}


def _checked(where: str, data: Any, fields: dict[str, type], optional: dict[str, Any]) -> dict[str, Any]:
    """The object with all its fields, or a UsageError that says which one is wrong."""
    if not isinstance(data, dict):
        raise UsageError(f"{where}: must be a JSON object")
    for key in data:
        if key not in fields:
            raise UsageError(f"{where}: unknown field '{key}' (known: {', '.join(fields)})")
    for key, kind in fields.items():
        if key not in data:
            if key not in optional:
                raise UsageError(f"{where}: field '{key}' is missing")
        elif not isinstance(data[key], kind):
            raise UsageError(f"{where}: field '{key}' must be a {kind.__name__}")
        elif kind is list and not all(isinstance(item, str) for item in data[key]):
            raise UsageError(f"{where}: field '{key}' must be a list of strings")
    return {key: data.get(key, optional.get(key)) for key in fields}


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path.name}: not JSON: {error}") from None


def parse_kernels(data: Any, where: str = "kernels.json") -> dict[str, KernelSpec]:
    fields: dict[str, type] = {"description": str, "suites": list, "image": dict, "modules": list, "boards": dict}
    board: dict[str, type] = {"modules": list, "dtbs": list}
    kernels = {}
    for name, entry in data.items():
        values = _checked(f"{where}: {name}", entry, fields, {"boards": {}})
        boards = {
            arch: _checked(f"{where}: {name}: boards: {arch}", needs, board, {"modules": [], "dtbs": []})
            for arch, needs in values["boards"].items()
        }
        for arch in (*values["image"], *boards):
            if arch not in ARCHITECTURES:
                raise UsageError(f"{where}: {name}: unknown architecture '{arch}'")
        kernels[name] = KernelSpec(
            name, values["description"], tuple(values["suites"]), values["image"], tuple(values["modules"]), boards
        )
    return kernels


def _resolved(name: str, files: dict[str, Any]) -> Any:
    """A platform's fields, those of the platform that it is `like` included."""
    data = files[name]
    if not isinstance(data, dict) or "like" not in data:
        return data
    other = files.get(data["like"]) if isinstance(data["like"], str) else None
    if not isinstance(other, dict) or "like" in other:
        raise UsageError(
            f"platforms/{name}.json: like: '{data['like']}' must be a platform that is not itself like another"
        )
    return {**other, **{key: value for key, value in data.items() if key != "like"}}


def parse_platform(name: str, data: Any, kernels: dict[str, KernelSpec]) -> Platform:
    where = f"platforms/{name}.json"
    values = _checked(where, data, _FIELDS, _OPTIONAL)
    if values["arch"] not in ARCHITECTURES:
        raise UsageError(f"{where}: arch must be one of {', '.join(ARCHITECTURES)}")
    if values["kernel"] not in kernels:
        raise UsageError(f"{where}: kernel '{values['kernel']}' is not in kernels.json")
    if values["arch"] not in kernels[values["kernel"]].image:
        raise UsageError(f"{where}: kernel '{values['kernel']}' has no image for {values['arch']}")
    if not re.fullmatch(r"[1-9]\d*", values["smp"]):
        raise UsageError(f"{where}: smp: '{values['smp']}' is not a number of CPUs")
    if values["results"] not in _RESULTS:
        raise UsageError(f"{where}: results must be one of {', '.join(_RESULTS)}")
    board = kernels[values["kernel"]].boards.get(values["arch"], {})
    for key, needed in (("dtbs", [values["dtb"]] if values["dtb"] else []), ("modules", values["modules"])):
        for name_ in needed:
            if name_ not in board.get(key, []):
                raise UsageError(f"{where}: '{name_}' is not among the {key} of kernels.json's boards")
    for pci in values["bind"]:
        if not re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{4}", pci):
            raise UsageError(f"{where}: bind: '{pci}' is not VENDOR:DEVICE in lower-case hex, like 1234:11e8")
    for key, value in values["expect"].items():
        if key not in _EXPECTABLE:
            raise UsageError(f"{where}: expect: unknown key '{key}' (known: {', '.join(_EXPECTABLE)})")
        if value not in _EXPECTABLE[key]:
            raise UsageError(f"{where}: expect: {key} must be one of {', '.join(_EXPECTABLE[key])}")
    # JSON's true is Python's 1.
    if isinstance(values["cpus"], bool) or not 1 <= values["cpus"] <= _MOST_CPUS:
        raise UsageError(f"{where}: cpus must be 1 .. {_MOST_CPUS}")
    values["kernel"] = kernels[values["kernel"]]
    for key in ("devices", "arguments", "bind", "modules"):
        values[key] = tuple(values[key])
    return Platform(name=name, **values)


def load(folder: Path = paths.LAB) -> dict[str, Platform]:
    """All platforms, by name."""
    kernels = parse_kernels(_read(folder / "kernels.json"))
    files = {path.stem: _read(path) for path in sorted((folder / "platforms").glob("*.json"))}
    return {name: parse_platform(name, _resolved(name, files), kernels) for name in files}


def choose(names: str, known: dict[str, Platform]) -> list[Platform]:
    """The platforms of a comma-separated list of names, each once."""
    chosen: list[Platform] = []
    for name in names.split(","):
        platform = _modelled(name, known) if "@" in name else known.get(name)
        if platform is None:
            raise UsageError(f"unknown platform '{name}' (known: {', '.join(known)})")
        if platform not in chosen:
            chosen.append(platform)
    return chosen


def fits(model: models.Model, platform: Platform) -> bool:
    """Whether a model can price the platform's accesses: it follows one CPU."""
    return model.arch == platform.arch and platform.cpus == 1


def _modelled(name: str, known: dict[str, Platform]) -> Platform:
    """The platform PLATFORM@MODEL."""
    base, _, wanted = name.partition("@")
    if base not in known:
        raise UsageError(f"unknown platform '{base}' (known: {', '.join(known)})")
    platform = known[base]
    if platform.cpus > 1:
        raise UsageError(f"{base} has {platform.cpus} CPUs, and the modelled clock is for machines of one")
    model = models.choose(wanted, platform.arch)
    description = f"{platform.description}; {model.description}"
    return dataclasses.replace(platform, name=name, description=description, model=model)
