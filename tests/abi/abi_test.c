// SPDX-License-Identifier: GPL-2.0
/*
 * Tests /dev/dmabench against what include/uapi/dmabench.h promises.
 *
 * Run as root with dmabench.ko loaded and nothing else using it:
 *
 *	abi_test [--unsteady] [PCI-ADDRESS]
 *
 * --unsteady: the clock is the real one of an emulator, whose neighbours disturb it, so that
 * nothing is held to how long it takes.
 * PCI-ADDRESS ("0000:00:03.0") is a function bound to dmabench through driver_override;
 * it is unbound and bound again several times.  Without it those tests are skipped.  A DMA
 * engine that has lent the module a channel is unbound from its driver at the end.  TAP
 * goes to stdout; exit code 0: all passed or skipped, 1: a test failed or nothing could be
 * tested.  What the platform cannot do is skipped with the reason; all else is strict.
 *
 * Build: see Makefile here.  Needs no library and no other file at run time.
 */
#include "abi_test.h"

_Static_assert(sizeof(struct dmabench_info) == 64, "info");
_Static_assert(sizeof(struct dmabench_clock) == 40, "clock");
_Static_assert(sizeof(struct dmabench_strategy_info) == 192, "strategy_info");
_Static_assert(sizeof(struct dmabench_target_info) == 96, "target_info");
_Static_assert(sizeof(struct dmabench_setup) == 176, "setup");
_Static_assert(offsetof(struct dmabench_setup, user_addr) == 120, "setup.user_addr");
_Static_assert(offsetof(struct dmabench_setup, dirty) == 128, "setup.dirty");
_Static_assert(offsetof(struct dmabench_setup, cache_state) == 132, "setup.cache_state");
_Static_assert(offsetof(struct dmabench_setup, batch) == 136, "setup.batch");
_Static_assert(sizeof(struct dmabench_hist) == 8224, "hist");
_Static_assert(sizeof(struct dmabench_run) == 48, "run");
_Static_assert(sizeof(struct dmabench_sync) == 24, "sync");
_Static_assert(sizeof(struct dmabench_mapping) == 32, "mapping");
_Static_assert(sizeof(struct dmabench_memory) == 72, "memory");
_Static_assert(sizeof(struct dmabench_dmabuf) == 24, "dmabuf");
_Static_assert(sizeof(struct dmabench_transfers) == 56, "transfers");
_Static_assert(sizeof(struct dmabench_prepare) == 8, "prepare");
_Static_assert(sizeof(struct dmabench_trace_start) == 64, "trace_start");
_Static_assert(sizeof(struct dmabench_trace_row) == 1576, "trace_row");
_Static_assert(sizeof(struct dmabench_trace_read) == 80, "trace_read");

int main(int argc, char **argv)
{
	unsigned int i, j, mode;
	const char *pci;
	int fd;

	steady_clock = argc < 2 || strcmp(argv[1], "--unsteady");
	pci = argv[steady_clock ? 1 : 2];
	page_size = sysconf(_SC_PAGESIZE);
	fd = device_open();

	test_info(fd);
	test_clock(fd);
	test_sizes(fd);
	test_setup_fields(fd);
	test_old_callers(fd);
	test_run(fd);
	test_signal(fd);
	test_sync(fd);
	for (i = 0; i < nr_targets; i++) {
		const struct dmabench_target_info *t = &targets[i];

		for (j = 0; j < nr_strategies; j++) {
			test_strategy(fd, t, &strategies[j]);
			test_sources(fd, t, &strategies[j]);
			test_offset(fd, t, &strategies[j]);
			test_batch(fd, t, &strategies[j]);
		}
		test_user_memory(fd, t);
		test_limits(fd, t);
		test_relation(fd, t);
		test_copy(fd, t);
		test_recycle(fd, t);
		test_dirty(fd, t);
		test_batch_takes_turns(fd, t);
		test_node(fd, t);
		test_masks(fd, t);
		test_preparing_is_not_timed(fd, t);
		test_cache_state(fd, t);
		test_sync_moves_data(fd, t);
		test_touch_order(fd, t);
		test_transfer(fd, t);
		test_memory(fd, t);
		test_dmabuf(fd, t);
		test_dmabuf_import(fd, t);
		test_trace(fd, t);
		for (j = 0; j < nr_strategies; j++) {
			for (mode = 1; mode <= DMABENCH_MMAP_COHERENT; mode++)
				if (strategies[j].mmap_modes & BIT(mode))
					test_mmap_mode(fd, t, &strategies[j], mode);
		}
	}
	test_mmap(fd);
	test_touch_copy(fd);
	test_batch_fields(fd);
	test_mask_fields(fd);
	test_memory_fields(fd);
	test_dmabuf_is_the_buffer(fd);
	test_trace_fields(fd);
	test_busy(fd);
	test_shared(fd);
	test_permissions();
	test_module_stays();
	test_kill(fd);
	test_threads(fd);
	test_unbind(fd, pci);
	test_shared_unbind(pci);
	test_transfer_unbind(fd, pci);
	test_engine_unbind(fd);
	close(fd);
	ok(read_number("/sys/module/dmabench/refcnt") == 0, "nothing holds the module");

	return tests_done();
}
