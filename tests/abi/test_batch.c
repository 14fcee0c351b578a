// SPDX-License-Identifier: GPL-2.0
/* Batches: several buffers mapped at a time, dirtied, unmapped on another CPU. */
#include "abi_test.h"

/* A batch in all its ways, held against what the header says of any laps. */
void test_batch(int fd, const struct dmabench_target_info *t,
		const struct dmabench_strategy_info *si)
{
	static const uint32_t batches[] = { 3, 64 };
	const bool two_cpus = sysconf(_SC_NPROCESSORS_ONLN) > 1;
	const cpu_set_t old = pin();
	unsigned char *memory = user_memory(64 * 2 * page_size, PROT_READ | PROT_WRITE);
	bool good = true;
	unsigned int i;

	if (!has_phase(si, DMABENCH_PHASE_MAP)) {
		unpin(old);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(batches); i++) {
		struct dmabench_setup s = setup_of(si->id, t->id, 5000);

		s.batch = batches[i];
		s.map_every = 1;
		s.touch = DMABENCH_TOUCH_READ;
		for (s.sync_every = 0; s.sync_every <= 3; s.sync_every++) {
			good &= check_case(fd, si, &s, 130);
			good &= check_case(fd, si, &s, 1);
			good &= check_case(fd, si, &s, 0);
		}
		if (si->sources & BIT(DMABENCH_SOURCE_SLAB)) {
			s.source = DMABENCH_SOURCE_SLAB;
			good &= check_case(fd, si, &s, 130);
			s.source = 0;
		}
		if (si->sources & BIT(DMABENCH_SOURCE_USER)) {
			s.source = DMABENCH_SOURCE_USER;
			s.user_addr = (uintptr_t)memory;
			s.offset = 100;
			good &= check_case(fd, si, &s, 130);
			s.source = 0;
			s.user_addr = 0;
			s.offset = 0;
		}
		if (si->sources || si->id == DMABENCH_COPY) {
			s.dirty = 30;
			good &= check_case(fd, si, &s, 130);
		}
		if (two_cpus) {
			s.unmap_cpu = DMABENCH_UNMAP_CPU_OTHER;
			good &= check_case(fd, si, &s, 130);
			s.batch = 1;
			good &= check_case(fd, si, &s, 20);
		}
	}
	ok(good, "%s on %s: batches are counted and stamped as told", si->name, t->name);
	munmap(memory, 64 * 2 * page_size);
	unpin(old);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/* The lot is one buffer after the other, each with the same laps done to it. */
void test_batch_takes_turns(int fd, const struct dmabench_target_info *t)
{
	const size_t bytes = 8 * page_size;
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SG, t->id, 256);
	unsigned char *p = user_memory(bytes, PROT_READ | PROT_WRITE);
	struct dmabench_run r;
	bool good = true;
	unsigned int i;

	s.source = DMABENCH_SOURCE_USER;
	s.user_addr = (uintptr_t)p;
	s.offset = 64;
	s.batch = 4;
	s.map_every = 1;
	s.direction = DMABENCH_TO_DEVICE;
	s.touch = DMABENCH_TOUCH_WRITE;
	if (!strategy_by_id(s.strategy) ||
	    !(strategy_by_id(s.strategy)->sources & BIT(DMABENCH_SOURCE_USER))) {
		skip("a batch takes turns", "this kernel has highmem");
		return;
	}
	memset(p, 0x66, bytes);
	ok_errno(setup(fd, &s), 0, "SETUP of a batch of user memory");
	ok(s.phys_addr % page_size == 64, "%s: the first buffer begins at its offset", t->name);
	run(fd, 3, &r);
	for (i = 0; i < bytes; i++) {
		const size_t in_page = i % page_size;
		const bool touched = i / page_size < 3 && in_page >= 64 && in_page < 320;

		/* 8-byte stores of small numbers: byte 1 is 0 */
		if (i % 8 == 1)
			good &= (p[i] != 0x66) == touched;
	}
	ok(good, "%s: three laps of a batch of four touch three buffers, from offset to end",
	   t->name);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	munmap(p, bytes);
}

void test_batch_fields(int fd)
{
	const uint32_t t = targets[0].id;
	const cpu_set_t old = pin();
	struct dmabench_setup good = setup_of(DMABENCH_STREAMING_SINGLE, t, 8192), s;
	struct dmabench_run r;

#define EXPECT(field, value, want, reason, name) do {				\
	s = good;								\
	s.field = (value);							\
	expect_setup(fd, s, want, reason, name);				\
} while (0)
	good.map_every = 1;
	EXPECT(batch, 1, 0, 0, "of a batch of one");
	EXPECT(batch, DMABENCH_MAX_BATCH, 0, 0, "of the largest batch");
	EXPECT(batch, DMABENCH_MAX_BATCH + 1, EINVAL, 0, "of a larger batch");
	good.batch = 2;
	EXPECT(map_every, 0, EINVAL, 0, "of a batch that stays mapped");
	EXPECT(map_every, 2, EINVAL, 0, "of a batch that is mapped now and then");
	EXPECT(mmap_mode, DMABENCH_MMAP_CACHED, EINVAL, 0, "of a batch with mmap");
	EXPECT(buf_size, DMABENCH_MAX_SIZE / 2 + 1, EINVAL, 0, "of a batch that is too large");
	EXPECT(strategy, DMABENCH_NULL, EINVAL, 0, "of a batch of nothing");
	EXPECT(unmap_cpu, 2, EINVAL, 0, "of an unknown unmap_cpu");

	s = good;
	s.unmap_cpu = DMABENCH_UNMAP_CPU_OTHER;
	if (sysconf(_SC_NPROCESSORS_ONLN) == 1) {
		expect_setup(fd, s, EOPNOTSUPP, DMABENCH_REASON_ONE_CPU,
			     "with unmap_cpu, and no other CPU");
		return;
	}
	ok_errno(setup(fd, &s), 0, "SETUP with unmap_cpu");
	ok(s.unmapped_on != (uint32_t)sched_getcpu(), "CPU %d maps, CPU %u unmaps",
	   sched_getcpu(), s.unmapped_on);
	unpin(old);
	ok_errno(run(fd, 1, &r), EINVAL, "RUN with unmap_cpu, on any CPU");
	ok_errno(setup(fd, &s), EINVAL, "SETUP with unmap_cpu, on any CPU");
	pin();
	good.map_every = 1;
	EXPECT(unmap_cpu, DMABENCH_UNMAP_CPU_OTHER, 0, 0, "with unmap_cpu, and a batch");
	good.batch = 0;
	good.map_every = 0;
	EXPECT(unmap_cpu, DMABENCH_UNMAP_CPU_OTHER, EINVAL, 0, "with unmap_cpu, never unmapped");
	unpin(old);
#undef EXPECT
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}
