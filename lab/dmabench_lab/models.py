# SPDX-License-Identifier: GPL-2.0-only
"""Platform models as data: lab/models/*.json, what the caches of a machine and their misses cost."""

import dataclasses
import difflib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from . import paths
from .errors import NotPossible, UsageError

# What a number rests on: somebody's publication, a table that it was made to agree with, or nothing but judgement.
KINDS = ("published", "fitted", "guess")
_CACHES = tuple(f"l{level}_{what}" for level in (1, 2, 3) for what in ("bytes", "ways", "hit_ns"))
_COSTS = (
    "instruction_ns",
    "memory_ns",
    "stream_ns",
    "prefetch_streams",
    "writeback_ns",
    "store_share",
    "combined_write_ns",
    "combined_burst_ns",
    "combined_read_ns",
    "uncached_read_ns",
    "uncached_write_ns",
    "maintenance_ns",
    "maintenance_writeback_ns",
)
_REQUIRED = ("line_bytes", "bus_bytes", *_CACHES[:6], *_COSTS)
PARAMETERS = ("line_bytes", "bus_bytes", *_CACHES, *_COSTS)
PLUGIN = "dmabench_model.so"


@dataclasses.dataclass(frozen=True)
class Parameter:
    value: float
    kind: str
    # Where it was published, to which table it was fitted, or why this guess.
    source: str


@dataclasses.dataclass(frozen=True)
class Model:
    name: str
    description: str
    arch: str
    parameters: dict[str, Parameter]
    # Of the file.
    sha256: str

    def arguments(self) -> list[str]:
        """For the plugin."""
        return [f"{key}={parameter.value!r}" for key, parameter in self.parameters.items()]


def _parameter(where: str, key: str, data: Any) -> Parameter:
    if key not in PARAMETERS:
        close = difflib.get_close_matches(key, PARAMETERS, 1)
        raise UsageError(f"{where}: unknown parameter '{key}'" + (f" (did you mean '{close[0]}'?)" if close else ""))
    if not isinstance(data, dict) or set(data) != {"value", "kind", "source"}:
        raise UsageError(f"{where}: {key}: must have 'value', 'kind' and 'source'")
    value, kind, source = data["value"], data["kind"], data["source"]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1e9:
        raise UsageError(f"{where}: {key}: value must be a number from 0 to 1e9")
    if kind not in KINDS:
        raise UsageError(f"{where}: {key}: kind must be one of {', '.join(KINDS)}")
    if not isinstance(source, str) or not source:
        raise UsageError(f"{where}: {key}: source must say where it was published, what it was fitted to, or why so")
    return Parameter(value, kind, source)


def parse(name: str, text: bytes) -> Model:
    where = f"models/{name}.json"
    try:
        data = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{where}: not JSON: {error}") from None
    if not isinstance(data, dict) or set(data) != {"description", "arch", "parameters"}:
        raise UsageError(f"{where}: must have 'description', 'arch' and 'parameters'")
    if data["arch"] not in ("arm64", "x86_64"):
        raise UsageError(f"{where}: arch must be arm64 or x86_64")
    if not isinstance(data["parameters"], dict):
        raise UsageError(f"{where}: parameters must be a JSON object")
    parameters = {key: _parameter(where, key, value) for key, value in data["parameters"].items()}
    for key in _REQUIRED:
        if key not in parameters:
            raise UsageError(f"{where}: parameter '{key}' is missing")
    if parameters["instruction_ns"].value <= 0:
        raise UsageError(f"{where}: instruction_ns must be more than 0")
    return Model(name, data["description"], data["arch"], parameters, hashlib.sha256(text).hexdigest())


def load(folder: Path = paths.LAB / "models") -> dict[str, Model]:
    """All models, by name."""
    return {path.stem: parse(path.stem, path.read_bytes()) for path in sorted(folder.glob("*.json"))}


def choose(name: str, arch: str) -> Model:
    known = load()
    fitting = ", ".join(model.name for model in known.values() if model.arch == arch)
    if name not in known:
        raise UsageError(f"unknown model '{name}' (for {arch}: {fitting})")
    if known[name].arch != arch:
        raise UsageError(f"model '{name}' is for {known[name].arch} platforms (for {arch}: {fitting})")
    return known[name]


def plugin() -> Path:
    """What QEMU loads; NotPossible, with what to do, when it was not built."""
    named = os.environ.get("DMABENCH_MODEL_PLUGIN")
    places = [Path(named)] if named else [paths.LAB / PLUGIN, paths.REPOSITORY / "build/host" / PLUGIN]
    for place in places:
        if place.is_file():
            return place
    build = "cmake --preset host && cmake --build --preset host --target dmabench_model"
    raise NotPossible(f"no {places[-1]}, which the modelled clock needs; this builds it: {build}")
