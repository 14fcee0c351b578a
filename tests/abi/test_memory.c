// SPDX-License-Identifier: GPL-2.0
/* Which memory may be mapped, and that what may not is left alone. */
#include "abi_test.h"

struct expected {
	const char *name;
	uint32_t verdict;
	uint32_t why;
	uint32_t yes;	/* questions that must have been asked and answered with yes */
	uint32_t no;	/* and those that must have been answered with no */
};

static const struct expected expected[] = {
	[DMABENCH_MEMORY_PAGES] = {
		"page allocator", DMABENCH_MEMORY_YES, DMABENCH_MEMORY_WHY_NONE,
		DMABENCH_MEMORY_DIRECT, DMABENCH_MEMORY_OF_SLAB | DMABENCH_MEMORY_IN_VMALLOC,
	},
	[DMABENCH_MEMORY_KMALLOC] = {
		"kmalloc", DMABENCH_MEMORY_YES, DMABENCH_MEMORY_WHY_NONE,
		DMABENCH_MEMORY_DIRECT | DMABENCH_MEMORY_OF_SLAB, DMABENCH_MEMORY_IN_VMALLOC,
	},
	[DMABENCH_MEMORY_SLAB] = {
		"slab", DMABENCH_MEMORY_YES, DMABENCH_MEMORY_WHY_NONE,
		DMABENCH_MEMORY_DIRECT | DMABENCH_MEMORY_OF_SLAB, DMABENCH_MEMORY_IN_VMALLOC,
	},
	[DMABENCH_MEMORY_VMALLOC] = {
		"vmalloc", DMABENCH_MEMORY_BY_PAGE, DMABENCH_MEMORY_WHY_VMALLOC,
		DMABENCH_MEMORY_IN_VMALLOC | DMABENCH_MEMORY_PFN_VALID,
		DMABENCH_MEMORY_DIRECT | DMABENCH_MEMORY_IN_MODULE,
	},
	[DMABENCH_MEMORY_KMAP] = {
		/* The guests have no highmem, so the address is the direct mapping's. */
		"kmap", DMABENCH_MEMORY_BY_PAGE, DMABENCH_MEMORY_WHY_KMAP,
		DMABENCH_MEMORY_PAGE_ADDRESS | DMABENCH_MEMORY_DIRECT,
		DMABENCH_MEMORY_IN_VMALLOC,
	},
	[DMABENCH_MEMORY_USER] = {
		"user page", DMABENCH_MEMORY_BY_PAGE, DMABENCH_MEMORY_WHY_USER,
		DMABENCH_MEMORY_OF_USER | DMABENCH_MEMORY_PINNED | DMABENCH_MEMORY_PFN_VALID, 0,
	},
	[DMABENCH_MEMORY_STACK] = {
		/* CONFIG_VMAP_STACK: Debian has it */
		"stack", DMABENCH_MEMORY_NO, DMABENCH_MEMORY_WHY_STACK,
		DMABENCH_MEMORY_ON_STACK | DMABENCH_MEMORY_IN_VMALLOC,
		DMABENCH_MEMORY_IN_MODULE,
	},
	[DMABENCH_MEMORY_DATA] = {
		"module data", DMABENCH_MEMORY_NO, DMABENCH_MEMORY_WHY_MODULE,
		DMABENCH_MEMORY_IN_MODULE, DMABENCH_MEMORY_ON_STACK | DMABENCH_MEMORY_DIRECT,
	},
	[DMABENCH_MEMORY_BSS] = {
		"module bss", DMABENCH_MEMORY_NO, DMABENCH_MEMORY_WHY_MODULE,
		DMABENCH_MEMORY_IN_MODULE, DMABENCH_MEMORY_ON_STACK | DMABENCH_MEMORY_DIRECT,
	},
	[DMABENCH_MEMORY_RODATA] = {
		"module rodata", DMABENCH_MEMORY_NO, DMABENCH_MEMORY_WHY_MODULE,
		DMABENCH_MEMORY_IN_MODULE, DMABENCH_MEMORY_ON_STACK | DMABENCH_MEMORY_DIRECT,
	},
	[DMABENCH_MEMORY_TEXT] = {
		"module text", DMABENCH_MEMORY_NO, DMABENCH_MEMORY_WHY_MODULE,
		DMABENCH_MEMORY_IN_MODULE, DMABENCH_MEMORY_ON_STACK | DMABENCH_MEMORY_DIRECT,
	},
};

static int memory(int fd, uint32_t kind, uint32_t target, void *user,
		  struct dmabench_memory *m)
{
	*m = (struct dmabench_memory){
		.size = sizeof(*m),
		.kind = kind,
		.target = target,
		.user_addr = (uintptr_t)user,
	};
	return ioctl(fd, DMABENCH_IOC_MEMORY, m);
}

static bool chain_is_sound(const struct dmabench_memory *m)
{
	const struct dmabench_setup like = {
		.relation = m->relation,
		.phys_addr = m->phys_addr,
		.dma_addr = m->dma_addr,
	};

	return relation_is_sound(&like) &&
	       (m->verdict == DMABENCH_MEMORY_NO) == (m->relation == DMABENCH_RELATION_NONE);
}

/* The relation is the same for all memory here that may be mapped, as it is for a buffer. */
void test_memory(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, t->id, page_size);
	unsigned char *user = user_memory(page_size, PROT_READ | PROT_WRITE);
	struct dmabench_memory m;
	uint32_t kind;

	setup(fd, &s);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	for (kind = 0; kind < ARRAY_SIZE(expected); kind++) {
		const struct expected *e = &expected[kind];
		int err = memory(fd, kind, t->id, kind == DMABENCH_MEMORY_USER ? user : NULL,
				 &m) ? errno : 0;

		ok(!err && !m.reason && m.verdict == e->verdict && m.why == e->why &&
		   (m.answers & e->yes) == e->yes &&
		   (m.asked & ~m.answers & e->no) == e->no && m.bytes && chain_is_sound(&m) &&
		   (!m.relation || m.relation == s.relation),
		   "MEMORY %s on %s (errno %d, verdict %u, why %u, %#x of %#x, relation %u, reason %u)",
		   e->name, t->name, err, m.verdict, m.why, m.answers, m.asked, m.relation,
		   m.reason);
	}
	munmap(user, page_size);
}

void test_memory_fields(int fd)
{
	unsigned char *user = user_memory(page_size, PROT_READ);
	uint32_t id = targets[0].id;
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, id, page_size);
	struct dmabench_memory m;
	int other;

	ok_errno(memory(fd, ARRAY_SIZE(expected), id, NULL, &m), EINVAL, "MEMORY of no kind");
	ok_errno(memory(fd, 0, 0xffff, NULL, &m), ENODEV, "MEMORY for no target");
	ok_errno(memory(fd, 0, id, user, &m), EINVAL, "MEMORY with a user's address to spare");
	ok_errno(memory(fd, DMABENCH_MEMORY_USER, id, NULL, &m), EINVAL, "MEMORY without one");
	ok_errno(memory(fd, DMABENCH_MEMORY_USER, id, user + 8, &m), EINVAL,
		 "MEMORY at no page's beginning");
	ok_errno(memory(fd, DMABENCH_MEMORY_USER, id, user, &m), EFAULT,
		 "MEMORY of a page that cannot be written");
	ok(m.reason == DMABENCH_REASON_USER_PAGES, "and the reason says so");
	munmap(user, page_size);
	ok_errno(memory(fd, DMABENCH_MEMORY_USER, id, user, &m), EFAULT, "MEMORY of no page");
	m = (struct dmabench_memory){ .size = sizeof(m), .target = id, .reserved = 1 };
	ok_errno(ioctl(fd, DMABENCH_IOC_MEMORY, &m), EINVAL, "MEMORY with a reserved field");

	setup(fd, &s);
	ok_errno(memory(fd, 0, id, NULL, &m), EBUSY, "MEMORY beside a buffer");
	other = device_open();
	ok_errno(memory(other, 0, id, NULL, &m), EBUSY, "MEMORY for a target in use");
	close(other);
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 0), 0, "the buffer is left alone");
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	ok_errno(memory(fd, 0, id, NULL, &m), 0, "MEMORY after it");
}
