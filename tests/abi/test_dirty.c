// SPDX-License-Identifier: GPL-2.0
/* Dirty lines. */
#include "abi_test.h"

/* How many lines of this much memory differ from what it was filled with. */
static unsigned int lines_changed(const unsigned char *p, size_t bytes, unsigned char fill)
{
	unsigned int lines = 0;
	size_t at, i;

	for (at = 0; at < bytes; at += 64) {
		for (i = at; i < bytes && i < at + 64; i++) {
			if (p[i] != fill) {
				lines++;
				break;
			}
		}
	}
	return lines;
}

void test_dirty(int fd, const struct dmabench_target_info *t)
{
	static const struct {
		uint64_t size;
		uint32_t percent, lines, in_first_half;
	} cases[] = {
		{ 8192, 0, 0, 0 }, { 8192, 1, 2, 1 }, { 8192, 50, 64, 32 }, { 8192, 100, 128, 64 },
		{ 8192, 99, 127, 64 }, { 8192, 25, 32, 16 }, { 1, 1, 1, 1 }, { 65, 100, 2, 1 },
		{ 4097, 100, 65, 32 },
	};
	struct dmabench_setup s;
	struct dmabench_run r;
	unsigned char *user = user_memory(8192, PROT_READ | PROT_WRITE), *p;
	bool spread = true;
	unsigned int i, j, k;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		/* Contiguous memory, and page by page. */
		for (k = 0; k < 2; k++) {
			s = setup_of(k ? DMABENCH_STREAMING_SG : DMABENCH_STREAMING_PAGE, t->id,
				     cases[i].size);
			s.dirty = cases[i].percent;
			s.direction = DMABENCH_TO_DEVICE;
			s.map_every = 1;
			if (k) {
				s.source = DMABENCH_SOURCE_USER;
				s.user_addr = (uintptr_t)user;
			} else {
				s.mmap_mode = DMABENCH_MMAP_CACHED;
			}
			if (setup(fd, &s)) {
				spread = false;
				continue;
			}
			p = k ? user : map_buffer(fd, cases[i].size);
			memset(p, 0x33, cases[i].size);
			if (run(fd, 3, &r) ||
			    lines_changed(p, cases[i].size, 0x33) != cases[i].lines ||
			    lines_changed(p, cases[i].size / 128 * 64, 0x33) >
				cases[i].in_first_half + 1) {
				printf("# %u %% of %llu: %u lines\n", cases[i].percent,
				       (unsigned long long)cases[i].size,
				       lines_changed(p, cases[i].size, 0x33));
				spread = false;
			}
			if (!k)
				munmap(p, cases[i].size);
		}
	}
	ok(spread, "%s: as many lines as told are dirtied, evenly", t->name);

	spread = true;
	for (i = 0; i < nr_strategies; i++) {
		for (j = 0; j < 2; j++) {
			s = setup_of(strategies[i].id, t->id, 5000);
			s.dirty = 30;
			s.map_every = strategies[i].sources || s.strategy == DMABENCH_COPY ? j : 0;
			s.sync_every = 3;
			s.touch = DMABENCH_TOUCH_READ;
			if (has_phase(&strategies[i], DMABENCH_PHASE_TOUCH))
				spread &= check_case(fd, &strategies[i], &s, 1500);
		}
	}
	ok(spread, "%s: laps are counted and stamped as without dirty lines", t->name);
	munmap(user, 8192);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/* Only the laps are timed, not what the CPU does before them. */
void test_dirty_is_not_timed(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_COHERENT, t->id, 1 << 20);
	uint64_t ns[2][21] = { 0 };
	struct dmabench_run r;
	unsigned int i, j;

	for (i = 0; i < 2; i++) {
		s.dirty = i ? 100 : 0;
		setup(fd, &s);
		for (j = 0; j < 21; j++) {
			run(fd, 50, &r);
			ns[i][j] = r.total_ns / 50;
		}
		qsort(ns[i], 21, sizeof(ns[i][0]), compare_ns);
	}
	ok_time(ns[0][10] && ns[1][10] < ns[0][10] + 1000,
		"%s: a lap of two barriers takes %llu ns, after dirtying 1 MiB %llu", t->name,
		(unsigned long long)ns[0][10], (unsigned long long)ns[1][10]);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}
