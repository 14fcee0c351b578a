// SPDX-License-Identifier: GPL-2.0
/* SETUP: fields, old callers, limits, and what it tells of the buffer. */
#include "abi_test.h"

void test_setup_fields(int fd)
{
	const uint32_t t = targets[0].id;
	struct dmabench_setup good = setup_of(DMABENCH_STREAMING_SINGLE, t, 8192), s;

#define EXPECT(field, value, want, reason) do {					\
	s = good;								\
	s.field = (value);							\
	expect_setup(fd, s, want, reason, #field " = " #value);			\
} while (0)
	expect_setup(fd, good, 0, 0, "plain");
	EXPECT(flags, 2, EINVAL, 0);
	EXPECT(strategy, 9999, EINVAL, 0);
	EXPECT(target, 9999, ENODEV, 0);
	EXPECT(buf_size, 0, EINVAL, 0);
	EXPECT(buf_size, DMABENCH_MAX_SIZE + 1, EINVAL, 0);
	EXPECT(buf_size, ~0ULL, EINVAL, 0);
	EXPECT(map_every, DMABENCH_MAX_EVERY, 0, 0);
	EXPECT(map_every, DMABENCH_MAX_EVERY + 1, EINVAL, 0);
	EXPECT(sync_every, DMABENCH_MAX_EVERY, 0, 0);
	EXPECT(sync_every, DMABENCH_MAX_EVERY + 1, EINVAL, 0);
	EXPECT(sync_offset, 8191, 0, 0);
	EXPECT(sync_offset, 8192, EINVAL, 0);
	EXPECT(sync_bytes, 8192, 0, 0);
	EXPECT(sync_bytes, 8193, EINVAL, 0);
	EXPECT(sync_bytes, ~0ULL, EINVAL, 0);
	EXPECT(touch_bytes, 8192, 0, 0);
	EXPECT(touch_bytes, 8193, EINVAL, 0);
	EXPECT(direction, 3, EINVAL, 0);
	EXPECT(source, 6, EINVAL, 0);
	EXPECT(user_addr, 4096, EINVAL, 0);
	EXPECT(dirty, 100, 0, 0);
	EXPECT(dirty, 101, EINVAL, 0);
	EXPECT(cache_state, DMABENCH_CACHE_COLD, 0, 0);
	EXPECT(cache_state, DMABENCH_CACHE_DIRTY, 0, 0);
	EXPECT(cache_state, DMABENCH_CACHE_DIRTY + 1, EINVAL, 0);
	EXPECT(source, DMABENCH_SOURCE_PAGES, 0, 0);
	EXPECT(touch, 4, EINVAL, 0);
	EXPECT(mmap_mode, 5, EINVAL, 0);
	EXPECT(mmap_mode, DMABENCH_MMAP_COHERENT, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);
	good.dirty = 50;
	EXPECT(cache_state, DMABENCH_CACHE_WARM, 0, 0);
	EXPECT(cache_state, DMABENCH_CACHE_COLD, EINVAL, 0);
	EXPECT(cache_state, DMABENCH_CACHE_DIRTY, EINVAL, 0);
	good.dirty = 0;

	good.source = DMABENCH_SOURCE_KMALLOC;
	EXPECT(mmap_mode, DMABENCH_MMAP_CACHED, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);

	good.source = DMABENCH_SOURCE_SLAB;
	EXPECT(mmap_mode, DMABENCH_MMAP_CACHED, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);
	good.source = DMABENCH_SOURCE_DEFAULT;
	EXPECT(source, DMABENCH_SOURCE_VMALLOC, EOPNOTSUPP, DMABENCH_REASON_SOURCE);
	EXPECT(source, DMABENCH_SOURCE_USER, EOPNOTSUPP, DMABENCH_REASON_SOURCE);
	good = setup_of(DMABENCH_STREAMING_PAGE, t, 8192);
	EXPECT(source, DMABENCH_SOURCE_SLAB, EOPNOTSUPP, DMABENCH_REASON_SOURCE);
	EXPECT(source, DMABENCH_SOURCE_KMALLOC, EOPNOTSUPP, DMABENCH_REASON_SOURCE);
	good = setup_of(DMABENCH_STREAMING_SG, t, 8192);
	EXPECT(sync_offset, 1, EOPNOTSUPP, DMABENCH_REASON_PARTIAL_SYNC);
	EXPECT(sync_bytes, 4096, EOPNOTSUPP, DMABENCH_REASON_PARTIAL_SYNC);
	EXPECT(sync_bytes, 8192, 0, 0);
	EXPECT(mmap_mode, DMABENCH_MMAP_CACHED, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);
	good = setup_of(DMABENCH_COHERENT, t, 8192);
	EXPECT(source, DMABENCH_SOURCE_PAGES, EOPNOTSUPP, DMABENCH_REASON_SOURCE);
	EXPECT(sync_bytes, 4096, 0, 0);
	EXPECT(mmap_mode, DMABENCH_MMAP_CACHED, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);
	good.map_every = 1;
	EXPECT(mmap_mode, DMABENCH_MMAP_COHERENT, EINVAL, 0);
	EXPECT(dirty, 1, EINVAL, 0);
	EXPECT(cache_state, DMABENCH_CACHE_COLD, EINVAL, 0);
	good.map_every = 0;
	EXPECT(dirty, 1, 0, 0);
	good = setup_of(DMABENCH_COPY, t, 8192);
	good.map_every = 1;
	EXPECT(dirty, 1, 0, 0);
	good = setup_of(DMABENCH_POOL, t, 8192);
	EXPECT(mmap_mode, DMABENCH_MMAP_COHERENT, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);
	EXPECT(buf_size, 1 << 20, ERANGE, DMABENCH_REASON_ABOVE_SOURCE_MAX);
	good = setup_of(DMABENCH_NULL, t, 8192);
	EXPECT(touch, DMABENCH_TOUCH_READ, EINVAL, 0);
	EXPECT(dirty, 1, EINVAL, 0);
	EXPECT(cache_state, DMABENCH_CACHE_WARM, EINVAL, 0);
	EXPECT(mmap_mode, DMABENCH_MMAP_CACHED, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);
	EXPECT(map_every, 3, 0, 0);
#undef EXPECT

	s = setup_of(DMABENCH_STREAMING_SINGLE, t, 4096);
	setup(fd, &s);
	ok(s.source_used == DMABENCH_SOURCE_KMALLOC, "default source of streaming_single");
	s.mmap_mode = DMABENCH_MMAP_CACHED;
	setup(fd, &s);
	ok(s.source_used == DMABENCH_SOURCE_PAGES,
	   "default source of streaming_single with mmap is pages");
	s = setup_of(DMABENCH_COHERENT, t, 4096);
	setup(fd, &s);
	ok(s.source_used == DMABENCH_SOURCE_DEFAULT, "DMA memory has no source");
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/* What was published first is what old callers know. */
void test_old_callers(int fd)
{
	struct {
		struct dmabench_setup s;
		unsigned char behind[64];
	} arg;
	const size_t old = offsetof(struct dmabench_setup, user_addr);
	unsigned char *p = (unsigned char *)&arg;
	struct dmabench_run r;
	bool intact = true;
	size_t i;

	memset(&arg, 0xa5, sizeof(arg));
	memset(&arg, 0, old);
	arg.s.size = old;
	arg.s.strategy = DMABENCH_STREAMING_SG;
	arg.s.target = targets[0].id;
	arg.s.buf_size = 8192;
	ok_errno(setup(fd, &arg.s), 0, "SETUP of 120 bytes, garbage behind it");
	for (i = old; i < sizeof(arg); i++)
		intact &= p[i] == 0xa5;
	ok(intact && arg.s.size == old && arg.s.phys_addr && arg.s.dma_mask,
	   "SETUP of 120 bytes answers in them, and not behind them");
	ok_errno(run(fd, 3, &r), 0, "RUN after it");
	arg.s.source = DMABENCH_SOURCE_USER;
	ok(setup(fd, &arg.s) && errno == EFAULT && arg.s.reason == DMABENCH_REASON_USER_PAGES,
	   "SETUP of 120 bytes with user memory, which they cannot tell");
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

void test_limits(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s;
	int got;

	if (t->max_mapping < DMABENCH_MAX_SIZE) {
		s = setup_of(DMABENCH_STREAMING_SINGLE, t->id, t->max_mapping + 1);
		got = setup(fd, &s) ? errno : 0;
		ok(got == ERANGE && s.reason == DMABENCH_REASON_ABOVE_MAX_MAPPING,
		   "%s: above max_mapping: errno %d reason %u", t->name, got, s.reason);
		s = setup_of(DMABENCH_STREAMING_SG, t->id, t->max_mapping + 1);
		ok_errno(setup(fd, &s), 0, "streaming_sg above max_mapping");
		s = setup_of(DMABENCH_STREAMING_PAGE, t->id, t->max_mapping);
		got = setup(fd, &s) ? errno : 0;
		ok(!got, "%s: exactly max_mapping: errno %d reason %u", t->name, got, s.reason);
	} else {
		skip("above max_mapping", "the target has no such limit");
	}

	s = setup_of(DMABENCH_STREAMING_PAGE, t->id, DMABENCH_MAX_SIZE);
	got = setup(fd, &s) ? errno : 0;
	ok(!got || (got == ERANGE && (s.reason == DMABENCH_REASON_ABOVE_SOURCE_MAX ||
				      s.reason == DMABENCH_REASON_ABOVE_MAX_MAPPING)) ||
	   (got == ENOMEM && s.reason == DMABENCH_REASON_NO_MEMORY),
	   "%s: streaming_page of 64 MiB: errno %d reason %u", t->name, got, s.reason);
	s = setup_of(DMABENCH_COHERENT, t->id, DMABENCH_MAX_SIZE);
	got = setup(fd, &s) ? errno : 0;
	ok(!got || (got == ENOMEM && s.reason == DMABENCH_REASON_NO_MEMORY),
	   "%s: coherent of 64 MiB: errno %d reason %u", t->name, got, s.reason);
	s = setup_of(DMABENCH_STREAMING_SG, t->id, DMABENCH_MAX_SIZE);
	got = setup(fd, &s) ? errno : 0;
	ok(!got || (got == ENOMEM && s.reason == DMABENCH_REASON_NO_MEMORY) ||
	   (got == EIO && s.reason == DMABENCH_REASON_MAP_FAILED),
	   "%s: streaming_sg of 64 MiB: errno %d reason %u", t->name, got, s.reason);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

void test_relation(int fd, const struct dmabench_target_info *t)
{
	static const char *const names[] = { "none", "identity", "offset", "iommu", "bounced" };
	const uint32_t syncs = BIT(DMABENCH_PHASE_SYNC_FOR_DEVICE) |
			       BIT(DMABENCH_PHASE_SYNC_FOR_CPU);
	struct dmabench_setup s;
	bool good = true;
	unsigned int i;

	for (i = 0; i < nr_strategies; i++) {
		const struct dmabench_strategy_info *si = &strategies[i];

		s = setup_of(si->id, t->id, 4096);
		if (setup(fd, &s)) {
			good = false;
			continue;
		}
		printf("# %s on %s: %s, phys %#llx dma %#llx mask %#llx elided %#x\n", si->name,
		       t->name, s.relation < ARRAY_SIZE(names) ? names[s.relation] : "?",
		       (unsigned long long)s.phys_addr, (unsigned long long)s.dma_addr,
		       (unsigned long long)s.dma_mask, s.elided);
		good &= relation_is_sound(&s) && s.dma_mask;
		good &= (si->id == DMABENCH_NULL) == (s.relation == DMABENCH_RELATION_NONE);
		good &= s.relation != DMABENCH_RELATION_IOMMU || t->flags & DMABENCH_TARGET_IOMMU;
		/* DMA memory does not bounce; barriers and copies are there on any kernel. */
		good &= si->sources || s.relation != DMABENCH_RELATION_BOUNCED;
		good &= calls_sync(si) || !s.elided;
		/* What bounces, or does not snoop, has something to sync. */
		if (s.relation == DMABENCH_RELATION_BOUNCED ||
		    (t->flags & (DMABENCH_TARGET_COHERENT | DMABENCH_TARGET_COHERENT_KNOWN)) ==
		    DMABENCH_TARGET_COHERENT_KNOWN)
			good &= !s.elided;
		good &= !(s.elided & ~syncs);
	}
	ok(good, "%s: relations and elisions make sense", t->name);
}
