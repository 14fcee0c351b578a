// SPDX-License-Identifier: GPL-2.0
/*
 * MEMORY: which memory may be DMA-mapped, by which the kernel tells it, and where it ends
 * up.  The rules are those of "What memory is DMA'able?" in dma-api-howto.rst.
 *
 * What may not be mapped is looked at and left alone: dma_map_single() of it would give a
 * splat at best and the wrong memory to the device at worst.
 */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "compat.h"
#include "dmabench.h"

/* Any size will do: less than a page, so that slabs are not whole pages. */
#define PIECE_BYTES	1024

/**
 * struct piece - memory that is looked at
 * @dev:	for which it may be mapped
 * @addr:	as a driver holds it: in the kernel, but for DMABENCH_MEMORY_USER
 * @bytes:	its size, within one page
 * @page:	the page behind it; NULL: not known, or must not be asked for
 * @slab:	where it is from
 */
struct piece {
	struct device *dev;
	void *addr;
	size_t bytes;
	struct page *page;
	struct kmem_cache *slab;
};

static u8 in_data[64] = { 1 };
static u8 in_bss[64];
static const u8 in_rodata[64] = { 1 };

static int get_pages(struct piece *p)
{
	p->addr = (void *)__get_free_page(GFP_KERNEL);
	p->bytes = PAGE_SIZE;
	return p->addr ? 0 : -ENOMEM;
}

static void put_pages(struct piece *p)
{
	free_page((unsigned long)p->addr);
}

static int get_kmalloc(struct piece *p)
{
	p->addr = kmalloc(p->bytes, GFP_KERNEL);
	return p->addr ? 0 : -ENOMEM;
}

static void put_kmalloc(struct piece *p)
{
	kfree(p->addr);
}

static int get_slab(struct piece *p)
{
	char name[64];

	snprintf(name, sizeof(name), "dmabench-memory-%s", dev_name(p->dev));
	p->slab = kmem_cache_create(name, p->bytes, dma_get_cache_alignment(),
				    SLAB_HWCACHE_ALIGN | DMABENCH_SLAB_NO_MERGE, NULL);
	if (!p->slab)
		return -ENOMEM;
	p->addr = kmem_cache_alloc(p->slab, GFP_KERNEL);
	if (p->addr)
		return 0;
	kmem_cache_destroy(p->slab);
	return -ENOMEM;
}

static void put_slab(struct piece *p)
{
	kmem_cache_free(p->slab, p->addr);
	kmem_cache_destroy(p->slab);
}

static int get_vmalloc(struct piece *p)
{
	p->addr = vmalloc(PAGE_SIZE);
	if (!p->addr)
		return -ENOMEM;
	p->bytes = PAGE_SIZE;
	p->page = vmalloc_to_page(p->addr);
	return 0;
}

static void put_vmalloc(struct piece *p)
{
	vfree(p->addr);
}

static int get_kmap(struct piece *p)
{
	p->page = alloc_page(GFP_HIGHUSER);
	if (!p->page)
		return -ENOMEM;
	p->addr = dmabench_kmap(p->page);
	p->bytes = PAGE_SIZE;
	return 0;
}

static void put_kmap(struct piece *p)
{
	dmabench_kunmap(p->page, p->addr);
	__free_page(p->page);
}

/* For the time of the call only, so that it need not be counted as locked. */
static int get_user_page(struct piece *p)
{
	int got = pin_user_pages_fast((unsigned long)p->addr, 1, FOLL_WRITE, &p->page);

	p->bytes = PAGE_SIZE;
	if (got == 1)
		return 0;
	return got == -ENOMEM ? -ENOMEM : -EFAULT;
}

static void put_user_page(struct piece *p)
{
	unpin_user_page(p->page);
}

/**
 * struct memory_kind - how to come by memory of a kind
 * @get:	makes a piece; NULL: it is there
 * @put:	frees it
 * @fixed:	where it is, when it is there
 */
struct memory_kind {
	int (*get)(struct piece *p);
	void (*put)(struct piece *p);
	const void *fixed;
};

static const struct memory_kind kinds[] = {
	[DMABENCH_MEMORY_PAGES]		= { .get = get_pages, .put = put_pages },
	[DMABENCH_MEMORY_KMALLOC]	= { .get = get_kmalloc, .put = put_kmalloc },
	[DMABENCH_MEMORY_SLAB]		= { .get = get_slab, .put = put_slab },
	[DMABENCH_MEMORY_VMALLOC]	= { .get = get_vmalloc, .put = put_vmalloc },
	[DMABENCH_MEMORY_KMAP]		= { .get = get_kmap, .put = put_kmap },
	[DMABENCH_MEMORY_USER]		= { .get = get_user_page, .put = put_user_page },
	[DMABENCH_MEMORY_STACK]		= { },
	[DMABENCH_MEMORY_DATA]		= { .fixed = in_data },
	[DMABENCH_MEMORY_BSS]		= { .fixed = in_bss },
	[DMABENCH_MEMORY_RODATA]	= { .fixed = in_rodata },
	[DMABENCH_MEMORY_TEXT]		= { .fixed = dmabench_memory },
};

static bool ask(struct dmabench_memory *arg, u32 question, bool answer)
{
	arg->asked |= question;
	if (answer)
		arg->answers |= question;
	return answer;
}

static void conclude(struct dmabench_memory *arg, enum dmabench_memory_verdict verdict,
		     enum dmabench_memory_why why)
{
	arg->verdict = verdict;
	arg->why = why;
}

/* Of a process: the address says nothing to a device, nor does it to the DMA API. */
static void judge_user(struct piece *p, struct dmabench_memory *arg)
{
	ask(arg, DMABENCH_MEMORY_OF_USER, access_ok((void __user *)p->addr, p->bytes));
	ask(arg, DMABENCH_MEMORY_PINNED, p->page);
	if (ask(arg, DMABENCH_MEMORY_PFN_VALID, pfn_valid(page_to_pfn(p->page))))
		conclude(arg, DMABENCH_MEMORY_BY_PAGE, DMABENCH_MEMORY_WHY_USER);
	else
		conclude(arg, DMABENCH_MEMORY_NO, DMABENCH_MEMORY_WHY_NOT_DIRECT);
}

static void judge(struct piece *p, struct dmabench_memory *arg)
{
	bool stack = ask(arg, DMABENCH_MEMORY_ON_STACK, object_is_on_stack(p->addr));
	bool module = ask(arg, DMABENCH_MEMORY_IN_MODULE,
			  within_module((unsigned long)p->addr, THIS_MODULE));
	bool vmalloc = ask(arg, DMABENCH_MEMORY_IN_VMALLOC, is_vmalloc_addr(p->addr));
	bool direct = ask(arg, DMABENCH_MEMORY_DIRECT, virt_addr_valid(p->addr));

	if (stack) {
		conclude(arg, DMABENCH_MEMORY_NO, DMABENCH_MEMORY_WHY_STACK);
	} else if (module) {
		conclude(arg, DMABENCH_MEMORY_NO, DMABENCH_MEMORY_WHY_MODULE);
	} else if (vmalloc && p->page) {
		ask(arg, DMABENCH_MEMORY_PFN_VALID, pfn_valid(page_to_pfn(p->page)));
		conclude(arg, DMABENCH_MEMORY_BY_PAGE, DMABENCH_MEMORY_WHY_VMALLOC);
	} else if (arg->kind == DMABENCH_MEMORY_KMAP) {
		/* Without highmem it is the direct mapping, which no driver may rely on. */
		ask(arg, DMABENCH_MEMORY_PAGE_ADDRESS, page_address(p->page) == p->addr);
		conclude(arg, DMABENCH_MEMORY_BY_PAGE, DMABENCH_MEMORY_WHY_KMAP);
	} else if (direct) {
		ask(arg, DMABENCH_MEMORY_OF_SLAB, PageSlab(virt_to_head_page(p->addr)));
		conclude(arg, DMABENCH_MEMORY_YES, DMABENCH_MEMORY_WHY_NONE);
	} else {
		conclude(arg, DMABENCH_MEMORY_NO, DMABENCH_MEMORY_WHY_NOT_DIRECT);
	}
}

/* Map what may be mapped, the way in which it may be. */
static void follow(struct piece *p, struct dmabench_memory *arg)
{
	bool single = arg->verdict == DMABENCH_MEMORY_YES;
	phys_addr_t phys = single ? virt_to_phys(p->addr) : page_to_phys(p->page);
	dma_addr_t dma;

	if (single)
		dma = dma_map_single(p->dev, p->addr, p->bytes, DMA_TO_DEVICE);
	else
		dma = dma_map_page(p->dev, p->page, 0, p->bytes, DMA_TO_DEVICE);
	if (dma_mapping_error(p->dev, dma)) {
		arg->reason = DMABENCH_REASON_MAP_FAILED;
		return;
	}
	arg->phys_addr = phys;
	arg->dma_addr = dma;
	arg->relation = dmabench_relation(p->dev, dma, phys, p->bytes, true);
	if (single)
		dma_unmap_single(p->dev, dma, p->bytes, DMA_TO_DEVICE);
	else
		dma_unmap_page(p->dev, dma, p->bytes, DMA_TO_DEVICE);
}

static int look_at(struct piece *p, struct dmabench_memory *arg)
{
	const struct memory_kind *kind = &kinds[arg->kind];
	int err;

	if (kind->get) {
		err = kind->get(p);
		if (err) {
			arg->reason = err == -ENOMEM ? DMABENCH_REASON_NO_MEMORY :
						       DMABENCH_REASON_USER_PAGES;
			return err;
		}
	}
	arg->bytes = p->bytes;
	if (arg->kind == DMABENCH_MEMORY_USER)
		judge_user(p, arg);
	else
		judge(p, arg);
	if (arg->verdict != DMABENCH_MEMORY_NO)
		follow(p, arg);
	if (kind->put)
		kind->put(p);
	return 0;
}

static int memory_check(const struct dmabench_memory *arg)
{
	if (arg->kind >= ARRAY_SIZE(kinds) || arg->reserved)
		return -EINVAL;
	if (arg->kind != DMABENCH_MEMORY_USER)
		return arg->user_addr ? -EINVAL : 0;
	if (!arg->user_addr || !PAGE_ALIGNED(arg->user_addr) ||
	    arg->user_addr != (unsigned long)arg->user_addr)
		return -EINVAL;
	return 0;
}

/**
 * dmabench_memory() - tell whether memory of a kind may be mapped, and map it if so
 * @ctx:	context, locked, with nothing set up
 * @arg:	which kind, for which target; takes the answers
 *
 * Return: 0 or an error, with arg->reason set.
 */
int dmabench_memory(struct dmabench_context *ctx, struct dmabench_memory *arg)
{
	u8 on_stack[64] = { 1 };
	struct piece p = { .bytes = PIECE_BYTES };
	int err;

	arg->bytes = 0;
	arg->verdict = DMABENCH_MEMORY_NO;
	arg->why = DMABENCH_MEMORY_WHY_NONE;
	arg->asked = 0;
	arg->answers = 0;
	arg->relation = DMABENCH_RELATION_NONE;
	arg->reason = DMABENCH_REASON_NONE;
	arg->phys_addr = 0;
	arg->dma_addr = 0;

	err = memory_check(arg);
	if (err)
		return err;
	if (ctx->ready) {
		arg->reason = DMABENCH_REASON_TARGET_BUSY;
		return -EBUSY;
	}
	ctx->buf.reason = DMABENCH_REASON_NONE;
	err = dmabench_target_claim(ctx, arg->target, false, 0);
	if (err) {
		arg->reason = ctx->buf.reason;
		return err;
	}
	p.dev = ctx->target->dev;

	if (arg->kind == DMABENCH_MEMORY_USER) {
		p.addr = (void *)(unsigned long)arg->user_addr;
	} else if (arg->kind == DMABENCH_MEMORY_STACK) {
		p.addr = on_stack;
		p.bytes = sizeof(on_stack);
	} else if (!kinds[arg->kind].get) {
		p.addr = (void *)kinds[arg->kind].fixed;
		p.bytes = sizeof(in_data);
	}
	err = look_at(&p, arg);
	dmabench_target_release(ctx);
	return err;
}
