// SPDX-License-Identifier: GPL-2.0
/* What is done to the buffer's cache lines before a lap. */
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
void test_preparing_is_not_timed(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_PAGE, t->id, 1 << 20);
	uint64_t ns[3][21] = { 0 };
	struct dmabench_run r;
	unsigned int i, j;
	int err = 0;

	/* Mapped once and never synced: nothing happens in the lap. */
	for (i = 0; i < 3; i++) {
		s.dirty = i == 1 ? 100 : 0;
		s.cache_state = i == 2 ? DMABENCH_CACHE_WARM : DMABENCH_CACHE_AS_IS;
		if (t->max_mapping < s.buf_size)
			s.buf_size = t->max_mapping;
		err |= setup(fd, &s);
		for (j = 0; j < 21; j++) {
			err |= run(fd, 50, &r);
			ns[i][j] = r.total_ns / 50;
		}
		qsort(ns[i], 21, sizeof(ns[i][0]), compare_ns);
	}
	ok_time(!err && ns[1][10] < ns[0][10] + 1000 && ns[2][10] < ns[0][10] + 1000,
		"%s: an empty lap takes %llu ns, after dirtying 1 MiB %llu, after warming it %llu",
		t->name, (unsigned long long)ns[0][10], (unsigned long long)ns[1][10],
		(unsigned long long)ns[2][10]);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

static int prepare(int fd, uint32_t flags)
{
	struct dmabench_prepare p = { .size = sizeof(p), .flags = flags };

	return ioctl(fd, DMABENCH_IOC_PREPARE, &p);
}

/* Memory that the device does not snoop, and that is no one's to sync, is not cached. */
static bool is_cached(const struct dmabench_strategy_info *si, const struct dmabench_target_info *t)
{
	const uint32_t coherent = t->flags & (DMABENCH_TARGET_COHERENT | DMABENCH_TARGET_COHERENT_KNOWN);

	return coherent != DMABENCH_TARGET_COHERENT_KNOWN || !(si->flags & DMABENCH_STRATEGY_BARRIER);
}

/* Each state of caches leaves the data as they are, but for dirty ones, and the laps, too. */
static void test_states(int fd, const struct dmabench_target_info *t)
{
	static const unsigned int changed[] = { 0, 0, 0, 128 };
	struct dmabench_setup s;
	struct dmabench_run r;
	bool by_laps = true, by_call = true, laps = true, refused = true;
	uint32_t state, i;
	unsigned char *p;

	for (state = DMABENCH_CACHE_AS_IS; state <= DMABENCH_CACHE_DIRTY; state++) {
		s = setup_of(DMABENCH_STREAMING_PAGE, t->id, 8192);
		s.cache_state = state;
		s.direction = DMABENCH_TO_DEVICE;
		s.mmap_mode = DMABENCH_MMAP_CACHED;
		if (setup(fd, &s)) {
			by_laps = false;
			break;
		}
		p = map_buffer(fd, 8192);
		memset(p, 0x33, 8192);
		by_laps &= !run(fd, 3, &r) && lines_changed(p, 8192, 0x33) == changed[state];
		memset(p, 0x33, 8192);
		by_call &= !prepare(fd, 0) && lines_changed(p, 8192, 0x33) == changed[state];
		munmap(p, 8192);
		for (i = 0; i < nr_strategies; i++) {
			const struct dmabench_strategy_info *si = &strategies[i];

			if (si->id == DMABENCH_NULL)
				continue;
			s = setup_of(si->id, t->id, 5000);
			s.cache_state = state;
			s.sync_every = 3;
			s.touch = DMABENCH_TOUCH_READ;
			if (!state || is_cached(si, t))
				laps &= check_case(fd, si, &s, 200);
			else
				refused &= setup(fd, &s) && errno == EOPNOTSUPP &&
					   s.reason == DMABENCH_REASON_UNCACHED;
		}
	}
	ok(by_laps, "%s: caches are prepared before laps, and the data stay", t->name);
	ok(by_call, "%s: caches are prepared by PREPARE, and the data stay", t->name);
	ok(laps, "%s: laps are counted and stamped in each state of caches", t->name);
	ok(refused, "%s: memory that is not cached has no state of caches", t->name);
}

void test_cache_state(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_PAGE, t->id, 8192);
	uint32_t mode;

	test_states(fd, t);
	s.cache_state = DMABENCH_CACHE_WARM;
	for (mode = DMABENCH_MMAP_WRITECOMBINE; mode <= DMABENCH_MMAP_UNCACHED; mode++) {
		s.mmap_mode = mode;
		ok(setup(fd, &s) && errno == EOPNOTSUPP &&
		   (s.reason == DMABENCH_REASON_UNCACHED || s.reason == DMABENCH_REASON_MMAP_ARCH),
		   "%s: mmap mode %u has no state of caches: reason %u", t->name, mode, s.reason);
	}
	ok_errno(prepare(fd, 0), ENODATA, "PREPARE of nothing");
	s.mmap_mode = DMABENCH_MMAP_NONE;
	s.map_every = 1;
	s.batch = 4;
	setup(fd, &s);
	ok_errno(prepare(fd, 0), 0, "PREPARE of a batch");
	ok_errno(prepare(fd, 1), EINVAL, "PREPARE with unknown flags");
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}
