# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own map_benchmark as a module, to hold our figures against its: built from Debian's kernel source into the
cache, and no part of this repository.

python3 -m dmabench_lab.peers PLATFORM     builds it for the platform's kernel and prints where it is
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from . import cache, kernel_source, module, paths, platforms
from .errors import EXIT_INFRASTRUCTURE, EXIT_OK, EXIT_USAGE, InfrastructureError, UsageError
from .platforms import Platform

_SOURCE = "kernel/dma/map_benchmark.c"
_HEADER = "include/linux/map_benchmark.h"
# Not exported to modules; for a thread that has not run yet, the same.
_REPLACED = ("kthread_bind_mask(", "set_cpus_allowed_ptr(")


def as_module(text: str) -> str:
    """map_benchmark's source, which is made to be built in, changed so that it builds as a module."""
    if text.count(_REPLACED[0]) != 1:
        raise InfrastructureError(f"{_SOURCE} does not call {_REPLACED[0][:-1]} once, so it cannot be made a module")
    return text.replace(*_REPLACED)


def map_benchmark(platform: Platform, say: Callable[[str], None]) -> Path:
    """map_benchmark.ko for the platform's kernel."""
    kernel = cache.prepare(platform, say).kernel
    source = kernel_source.files(say)
    built = paths.cache() / "peers" / f"{kernel.release}-{source.version}" / "map_benchmark.ko"
    if built.exists():
        return built
    with paths.cache_lock(), paths.replacing(built.parent) as new, tempfile.TemporaryDirectory() as work:
        say(f"building map_benchmark.ko for {kernel.release}")
        tree = Path(work)
        (tree / "map_benchmark.c").write_text(as_module((source.folder / _SOURCE).read_text(encoding="utf-8")))
        header = tree / _HEADER
        header.parent.mkdir(parents=True)
        shutil.copyfile(source.folder / _HEADER, header)
        (tree / "Kbuild").write_text(f"obj-m := map_benchmark.o\nccflags-y := -I$(src)/{Path(_HEADER).parts[0]}\n")
        done = module.make(kernel, tree)
        if done.returncode:
            raise InfrastructureError(f"map_benchmark.ko does not build: {done.stderr.strip()}")
        shutil.copyfile(tree / "map_benchmark.ko", new / "map_benchmark.ko")
    return built


def main(argv: Sequence[str]) -> int:
    try:
        for platform in platforms.choose(",".join(argv), platforms.load()):
            print(map_benchmark(platform, cache.say_to_stderr))
    except UsageError as error:
        print(f"peers: {error}", file=sys.stderr)
        return EXIT_USAGE
    except InfrastructureError as error:
        print(error.line(" ".join(argv)), file=sys.stderr)
        return EXIT_INFRASTRUCTURE
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
