# SPDX-License-Identifier: GPL-2.0-only
"""What a console log says: the lines are from real guests."""

import pytest

from dmabench_lab import console

CLEAN = """\
[    0.842345] dmabench: loading out-of-tree module taints kernel.\r
[    0.842386] dmabench: module verification failed: signature and/or required key missing - tainting kernel\r
@lab: ready\r
[    2.348221] reboot: Power down\r
"""
PANIC = """\
[    2.100000] sysrq: Trigger a crash
[    2.100100] Kernel panic - not syncing: sysrq triggered crash
[    2.100200] CPU: 0 PID: 71 Comm: sh Tainted: G           OE      6.1.0-56-amd64 #1  Debian 6.1.192-2
"""
OOPS = """\
@lab: ready
[    1.900000] BUG: kernel NULL pointer dereference, address: 0000000000000008
[    1.900001] #PF: supervisor read access in kernel mode
[    1.900002] Oops: 0000 [#1] PREEMPT SMP PTI
[    1.900003] Kernel panic - not syncing: Fatal exception
"""


def test_a_clean_log() -> None:
    assert console.failure(CLEAN) is None
    assert console.is_ready(CLEAN)
    assert not console.is_ready("[    0.1] booting")


def test_a_panic() -> None:
    assert console.failure(PANIC) == "kernel panicked: sysrq triggered crash"


def test_a_panic_tells_what_came_before() -> None:
    told = console.failure(OOPS)
    assert told is not None
    assert told.startswith("kernel panicked: Fatal exception (after: BUG: kernel NULL pointer dereference")


@pytest.mark.parametrize(
    "line",
    [
        "[    1.2] WARNING: CPU: 0 PID: 70 at kernel/dma/debug.c:973 check_unmap+0x1a4/0x8d0",
        "[    1.2] BUG: KASAN: slab-out-of-bounds in dmabench_run+0x10/0x20 [dmabench]",
        "[    1.2] BUG: sleeping function called from invalid context at mm/slab.h:400",
        "[    1.2] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000000",
        "[    1.2] Internal error: Oops: 0000000096000004 [#1] SMP",
        "[    1.2] rcu: INFO: rcu_sched self-detected stall on CPU",
        "[    1.2] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [dmabench:70]",
        "[    1.2] DMA-API: device driver maps memory from stack [addr=00000000deadbeef]",
    ],
)
def test_a_splat_is_never_silent(line: str) -> None:
    told = console.failure(CLEAN + line + "\n")
    assert told is not None and told.startswith("the kernel complained: ")
    assert told.split(": ", 1)[1] in line


def test_a_failed_step_of_the_guest() -> None:
    log = "[    1.0] x\n@lab: fail: IOMMU domain of 0000:00:02.0 is 'DMA-FQ', the platform promises 'DMA'\r\n"
    assert console.failure(log) == "IOMMU domain of 0000:00:02.0 is 'DMA-FQ', the platform promises 'DMA'"
