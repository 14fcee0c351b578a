// SPDX-License-Identifier: GPL-2.0
/* Where a buffer is: its offset in a page, its node, and whether the DMA masks reach it. */
#include "abi_test.h"

void test_offset(int fd, const struct dmabench_target_info *t,
		 const struct dmabench_strategy_info *si)
{
	static const uint32_t offsets[] = { 1, 64, 4095 };
	static const uint64_t sizes[] = { 1, 100, 9000 };
	struct dmabench_setup s = setup_of(si->id, t->id, 4096);
	unsigned char *memory = user_memory(8 * page_size, PROT_READ | PROT_WRITE);
	bool laps = true, begins = true;
	unsigned int i, j;
	uint32_t source;

	s.offset = 8;
	if (!si->sources) {
		expect_setup(fd, s, EINVAL, 0, "with an offset in memory that is not ours");
		munmap(memory, 8 * page_size);
		return;
	}
	s.offset = DMABENCH_MAX_OFFSET + 1;
	expect_setup(fd, s, EINVAL, 0, "with an offset beyond a page");
	for (source = 1; source < 32; source++) {
		if (!(si->sources & BIT(source)))
			continue;
		for (i = 0; i < ARRAY_SIZE(offsets); i++) {
			for (j = 0; j < ARRAY_SIZE(sizes); j++) {
				s = setup_of(si->id, t->id, sizes[j]);
				s.source = source;
				s.offset = offsets[i];
				s.touch = DMABENCH_TOUCH_COPY;
				s.dirty = 50;
				if (source == DMABENCH_SOURCE_USER)
					s.user_addr = (uintptr_t)memory;
				for (s.map_every = 0; s.map_every <= 1; s.map_every++)
					laps &= check_case(fd, si, &s, 6);
				begins &= !setup(fd, &s) &&
					  s.phys_addr % page_size == offsets[i];
			}
		}
	}
	ok(laps, "%s on %s: all offsets and sources", si->name, t->name);
	ok(begins, "%s on %s: the buffer begins at its offset in a page", si->name, t->name);
	munmap(memory, 8 * page_size);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

static bool node_exists(unsigned int node)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/meminfo", node);
	return access(path, R_OK) == 0;
}

void test_node(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_PAGE, t->id, 4096), none;
	uint64_t phys[2] = { 0 };
	unsigned int node, i;
	bool good = true;

	for (node = 0; node < 2; node++) {
		if (!node_exists(node))
			break;
		for (i = 0; i < nr_strategies; i++) {
			const struct dmabench_strategy_info *si = &strategies[i];
			uint32_t source;

			for (source = 1; source < 32; source++) {
				if (!(si->sources & BIT(source)) ||
				    source == DMABENCH_SOURCE_USER)
					continue;
				s = setup_of(si->id, t->id, 20000);
				s.node = node + 1;
				s.source = source;
				good &= check_case(fd, si, &s, 3);
			}
		}
		s = setup_of(DMABENCH_STREAMING_PAGE, t->id, 4096);
		s.node = node + 1;
		setup(fd, &s);
		phys[node] = s.phys_addr;
	}
	if (!node)
		skip("nodes", "this kernel has no NUMA");
	else
		ok(good, "%s: memory of %u nodes", t->name, node);
	if (node == 2)
		/* The lab's nodes lie one after the other. */
		ok(phys[1] > phys[0], "%s: node 0 at %#llx, node 1 at %#llx", t->name,
		   (unsigned long long)phys[0], (unsigned long long)phys[1]);
	none = setup_of(DMABENCH_STREAMING_PAGE, t->id, 4096);
	none.node = DMABENCH_MAX_NODE + 1;
	expect_setup(fd, none, EOPNOTSUPP, DMABENCH_REASON_NODE, "with a node that is not there");
	none.node++;
	expect_setup(fd, none, EINVAL, 0, "with a node beyond all");
	none = setup_of(DMABENCH_COHERENT, t->id, 4096);
	none.node = 1;
	expect_setup(fd, none, EINVAL, 0, "with a node for memory that is not ours");
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/*
 * Where unmapping is lazy, an address stays in use until a queue of 256 is flushed; a mask that
 * has no room for so many, two pages each, runs out of them.
 */
static bool ran_out(uint32_t bits, const struct dmabench_run *r)
{
	return bits < 21 && ((errno == EIO && r->reason == DMABENCH_REASON_MAP_FAILED) ||
			     (errno == ENOMEM && r->reason == DMABENCH_REASON_NO_MEMORY));
}

/* Whether the mask is to blame is found by a try without it, of which nothing stays. */
static void test_mask_leaves_no_pool(int fd, const struct dmabench_target_info *t)
{
	/* Address 0 is nobody's, so that what is left of 16 bits is less. */
	struct dmabench_setup s = setup_of(DMABENCH_POOL, t->id, 65536);
	long before = count_pools(t), with, after;
	int got;

	if (before < 0) {
		skip("pools of a device", t->name);
		return;
	}
	s.map_every = 1;
	with = setup(fd, &s) ? -1 : count_pools(t);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	s.mask_bits = DMABENCH_MIN_MASK_BITS;
	got = setup(fd, &s) ? errno : 0;
	after = count_pools(t);
	ok(got == EIO && with == before + 1 && after == before,
	   "%s: a pool beyond the mask leaves none (errno %d, %ld, %ld, then %ld)", t->name, got,
	   before, with, after);
}

/* Whatever a mask does, it is told, and stays within what it allows. */
void test_masks(int fd, const struct dmabench_target_info *t)
{
	static const uint32_t ids[] = { DMABENCH_STREAMING_PAGE, DMABENCH_STREAMING_SG,
					DMABENCH_COHERENT };
	const uint64_t before = t->dma_mask;
	struct dmabench_target_info now;
	struct dmabench_run r;
	bool good = true, kept;
	uint32_t bits;
	unsigned int i;

	for (bits = DMABENCH_MIN_MASK_BITS; bits <= DMABENCH_MAX_MASK_BITS; bits++) {
		const uint64_t mask = bits == 64 ? ~0ULL : (1ULL << bits) - 1;

		for (i = 0; i < ARRAY_SIZE(ids); i++) {
			struct dmabench_setup s = setup_of(ids[i], t->id, 8192);
			int got;

			s.mask_bits = bits;
			s.map_every = 1;
			got = setup(fd, &s) ? errno : 0;
			if (bits == 64 || bits == 32 || bits == 24)
				printf("# %s: mask %u, strategy %u: errno %d reason %u phys %#llx "
				       "dma %#llx\n", t->name, bits, ids[i], got, s.reason,
				       (unsigned long long)s.phys_addr,
				       (unsigned long long)s.dma_addr);
			if (!got)
				kept = s.dma_mask == mask && s.coherent_mask == mask &&
				       s.dma_addr + 4095 <= mask &&
				       (!run(fd, 10, &r) || ran_out(bits, &r));
			else
				kept = got == EIO && (s.reason == DMABENCH_REASON_DMA_MASK ||
						      s.reason == DMABENCH_REASON_COHERENT_MASK ||
						      s.reason == DMABENCH_REASON_BEYOND_MASK ||
						      (bits < 21 && s.reason == DMABENCH_REASON_MAP_FAILED));
			/*
			 * All memory of these machines is within 40 bits.  The masks of a DMA
			 * engine are its own driver's, and are not changed.
			 */
			if (t->kind == DMABENCH_TARGET_DMAENGINE)
				kept &= got == EIO && s.reason == DMABENCH_REASON_DMA_MASK;
			else
				kept &= bits < 40 || !got;
			if (!kept)
				printf("# %s: mask %u, strategy %u: errno %d reason %u, run %s\n",
				       t->name, bits, ids[i], got, s.reason, strerror(errno));
			good &= kept;
		}
	}
	ok(good, "%s: masks are accepted and kept, or told why not", t->name);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	now = (struct dmabench_target_info){ .size = sizeof(now), .index = t - targets };
	ok(!ioctl(fd, DMABENCH_IOC_TARGET, &now) && now.dma_mask == before,
	   "%s: the mask is as before, %#llx", t->name, (unsigned long long)now.dma_mask);
	test_mask_leaves_no_pool(fd, t);
}

void test_mask_fields(int fd)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_PAGE, targets[0].id, 4096);

	s.mask_bits = DMABENCH_MIN_MASK_BITS - 1;
	expect_setup(fd, s, EINVAL, 0, "with too narrow a mask");
	s.mask_bits = DMABENCH_MAX_MASK_BITS + 1;
	expect_setup(fd, s, EINVAL, 0, "with too wide a mask");
}
