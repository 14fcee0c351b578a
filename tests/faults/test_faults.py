# SPDX-License-Identifier: GPL-2.0-only
"""Whatever fails, the module undoes what it had done: each of its calls that can fail does, in guests."""

import concurrent.futures
import dataclasses
import fnmatch
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

import wrapped
from conftest import REPOSITORY
from dmabench_lab import cache, guest, module, platforms, qemu

PLATFORMS = platforms.load()
# One with an IOMMU, two CPUs, a PCI function and its engine; and one of another architecture, with a DMA engine, of which
# only that is of interest which the first has not: its own, and what mapping takes there.
GUESTS = {
    "x86_64-vtd-strict-smp": (),
    "rpi3b": ("queries", "mmap", "transfers"),
}
# What cannot be done in them: the one has no PCI function to bind.
SKIPPED: dict[str, set[str]] = {
    "x86_64-vtd-strict-smp": set(),
    "rpi3b": {"binding"},
}
# Freed memory is filled, and looked at again when it is allocated; objects of a cache have room around them.
WATCHFUL = "slub_debug=FZP page_poison=1"
GUEST_SECONDS = 1200

# Calls that do not fail here: what is called, the function that calls it, and why not.
SPARED = {
    ("vmap", r"export_\w+"): "dma-buf takes it for an exporter's bug, and WARNs",
    ("dma_set_coherent_mask", "set_default_masks"): "the second one follows a failure of the first",
    ("account_locked_vm", r"dmabench_user_(un)?pin"): "but for the first, these give back",
    (r"dma_\w+", r"(coherent|write_combine|pool|noncoherent|noncontiguous)_xfer"): "SETUP refuses memory that laps allocate",
}

# Failures that their caller does not hear of, and what becomes of them.
TOLERATED = {
    ("dma_set_mask", "set_default_masks"): "32 bits, then",
    ("dma_set_coherent_mask", "set_default_masks"): "32 bits, then",
    ("dma_map_page_attrs", "dmabench_memory"): "MEMORY tells it as the reason of the answer",
    ("dma_map_page_attrs", "dmabench_relation"): "then it is bounced: there is no second bounce buffer",
    ("register_kretprobe", "probe_one"): "the kernel has no such function",
    ("register_kprobe", "find_text"): "the kernel has no such function",
    ("capable", "dmabench_trace_start"): "CAP_SYS_ADMIN will do where CAP_PERFMON is missing",
    ("dma_request_chan_by_mask", "dmabench_dmaengine_init"): "the machine has no DMA engine",
    ("kmalloc_trace", "dmabench_pci_probe"): "the driver core tells in the kernel's log",
    ("kmalloc_trace", "dmabench_edu_probe"): "likewise",
    ("pci_enable_device_mem", "dmabench_edu_probe"): "likewise",
    ("pci_request_region", "dmabench_edu_probe"): "likewise",
    ("pci_iomap", "dmabench_edu_probe"): "likewise",
}


def function_of(site: str) -> str:
    """The function of a site, as its source calls it."""
    return re.split(r"[.+]", site)[0]


def pairs(sites: set[wrapped.Site]) -> set[tuple[str, str]]:
    """What is called, and the function that calls it."""
    return {(called, function_of(at)) for called, at in sites}


def is_spared(called: str, caller: str) -> bool:
    return any(re.fullmatch(one, called) and re.fullmatch(other, caller) for one, other in SPARED)


@dataclasses.dataclass
class Outcome:
    """What fault_test printed in a guest, and the module that it tested."""

    code: int
    out: str = dataclasses.field(repr=False)
    err: str
    module: Path

    def lines(self, pattern: str) -> list[re.Match[str]]:
        return list(re.finditer(pattern, self.out, re.MULTILINE))

    def failed(self) -> set[wrapped.Site]:
        """The places whose call has failed at least once."""
        return {(m[2], m[3]) for m in self.lines(r"^#   \d+ (\d+) (\w+) (\S+)/\S+ \[dmabench\]$") if int(m[1])}

    def tolerated(self) -> set[tuple[str, str]]:
        return {(m[1], function_of(m[2])) for m in self.lines(r"^# tolerated: (\w+) at (\S+)")}


def boot(name: str, parts_of_it: Sequence[str], modules: Path, folder: Path) -> Outcome:
    """Runs fault_test in a guest, with the modules that are there."""
    platform = PLATFORMS[name]
    parts = cache.prepare(platform, print)
    watchful = dataclasses.replace(platform, append=f"{platform.append} {WATCHFUL}")
    program = folder / "fault_test"
    make = ["make", "-s", "-C", str(Path(__file__).parent), f"CC={module.require_compiler(platform.arch)}"]
    subprocess.run([*make, f"OUT={program}"], check=True)
    command = "insmod /mnt/in/importer.ko && exec /mnt/in/fault_test /mnt/in/faults.ko /mnt/in/dmabench.ko "
    command += f"${{DMABENCH_PCI:-none}} {' '.join(parts_of_it)}"
    share = [program, *(modules / f"{built}.ko" for built in ("importer", "faults", "dmabench"))]
    job = guest.Job(["sh", "-c", command], qemu.INSTRUCTIONS, GUEST_SECONDS, share=share)
    out: list[bytes] = []
    err: list[bytes] = []
    code = guest.Guest(watchful, parts, job).run(out.append, err.append)
    return Outcome(code, b"".join(out).decode(), b"".join(err).decode(), modules / "dmabench.ko")


# What is left out of the module, each where something else has failed; and how it comes to light.
FORGOTTEN = {
    "main.c": ("\t\tint err = ctx->id;\n\n\t\tkfree(ctx);\n", "memory by kmalloc_trace at dmabench_open+"),
    "dmabuf.c": ("\tif (err < 0) {\n\t\tdma_buf_put(dmabuf);\n", "dma-buf by dma_buf_export at dmabench_dmabuf+"),
    "trace.c": (
        "err_frames:\n\tdmabench_trace_frames_destroy();\n",
        "memory of each CPU by __alloc_percpu at dmabench_trace_frames_create+",
    ),
}
FORGETFUL = "x86_64-direct"
FORGETFUL_PARTS = ("queries", "dmabuf", "trace")


def forget(sources: Path) -> None:
    for name, (code, _) in FORGOTTEN.items():
        text = (sources / name).read_text()
        assert text.count(code) == 1, name
        forgotten = re.sub(r"\t+\w+\((ctx|dmabuf|)\);\n", "", code)
        assert forgotten != code
        (sources / name).write_text(text.replace(code, forgotten))


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Of all guests, two at a time."""
    jobs = {}
    for name in (*GUESTS, FORGETFUL):
        folder = tmp_path_factory.mktemp(name)
        shutil.copytree(REPOSITORY / "kmod", folder / "kmod")
        if name == FORGETFUL:
            forget(folder / "kmod")
        kernel = cache.prepare(PLATFORMS[name], print).kernel
        modules = wrapped.build(kernel, folder / "module", folder / "kmod")
        jobs[name] = (name, GUESTS.get(name, FORGETFUL_PARTS), modules, folder)
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        waiting = {name: pool.submit(boot, *job) for name, job in jobs.items()}
        return {name: future.result() for name, future in waiting.items()}


@pytest.mark.parametrize("name", GUESTS)
def test_nothing_is_left_whatever_fails(name: str, outcomes: dict[str, Outcome]) -> None:
    found = outcomes[name]
    bad = [match[0] for match in found.lines(r"^(?:#.*\n)*not ok.*")]
    assert (found.code, bad) == (0, []), "\n".join([*bad, found.err])
    assert len(found.lines(r"^ok .* calls fail, each alone, and nothing is left$")) > 20
    skipped = {re.sub(r".*, ", "", match[1]) for match in found.lines(r"^ok \d+ - (.*) # SKIP")}
    assert skipped == SKIPPED[name]


def test_every_call_that_can_fail_has_failed(outcomes: dict[str, Outcome]) -> None:
    """No place in the module is forgotten, whatever is added to it."""
    found = outcomes["x86_64-vtd-strict-smp"]
    missing = {site for site in wrapped.sites(found.module) if site[0] in wrapped.can_fail()} - found.failed()
    here, elsewhere = (pairs(outcomes[name].failed()) for name in GUESTS)
    # What needs a DMA engine, or a bus with an offset, has failed in the same functions elsewhere.
    missing_pairs = pairs(missing) - (elsewhere - here)
    assert {pair for pair in missing_pairs if not is_spared(*pair)} == set()
    assert len(found.failed()) > 100
    assert ("account_locked_vm", "dmabench_user_pin") in here
    assert ("bus_register_notifier", "dmabench_dmaengine_init") in elsewhere


@pytest.mark.parametrize("name", GUESTS)
def test_failures_are_told_or_known_to_be_tolerated(name: str, outcomes: dict[str, Outcome]) -> None:
    assert outcomes[name].tolerated() <= TOLERATED.keys()


def test_every_call_into_the_kernel_is_wrapped_or_known_to_need_none(outcomes: dict[str, Outcome]) -> None:
    text = (Path(__file__).parent / "unwrapped").read_text()
    known = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
    for found in outcomes.values():
        called = wrapped.unwrapped(found.module)
        assert len(called) > 50
        assert {name for name in called if not any(fnmatch.fnmatch(name, pattern) for pattern in known)} == set()


def test_what_is_forgotten_is_found(outcomes: dict[str, Outcome]) -> None:
    """The test can fail."""
    found = outcomes[FORGETFUL]
    assert found.code == 1
    for _, left in FORGOTTEN.values():
        assert left in found.out
