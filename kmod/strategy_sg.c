// SPDX-License-Identifier: GPL-2.0
/*
 * Strategy streaming_sg: scattered pages that are lent to the device together: of the page
 * allocator, of vmalloc(), or of a process.  Each page has an entry of its own, even where
 * two happen to be neighbours, so that the length of the list depends on the size alone.
 */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "lap.h"

static __always_inline int sg_map(struct dmabench_buffer *b)
{
	if (dma_map_sgtable(b->dev, &b->sgt, b->dir, 0))
		return -EIO;
	b->dma = sg_dma_address(b->sgt.sgl);
	return 0;
}

static __always_inline void sg_unmap(struct dmabench_buffer *b)
{
	dma_unmap_sgtable(b->dev, &b->sgt, b->dir, 0);
}

/* A second mapping matters to caches that know virtual addresses: cachetlb.rst */
static __always_inline void sg_sync_for_device(struct dmabench_buffer *b,
					       size_t offset, size_t bytes)
{
	if (b->source == DMABENCH_SOURCE_VMALLOC)
		flush_kernel_vmap_range(b->cpu, b->size);
	dma_sync_sgtable_for_device(b->dev, &b->sgt, b->dir);
}

static __always_inline void sg_sync_for_cpu(struct dmabench_buffer *b,
					    size_t offset, size_t bytes)
{
	dma_sync_sgtable_for_cpu(b->dev, &b->sgt, b->dir);
	if (b->source == DMABENCH_SOURCE_VMALLOC)
		invalidate_kernel_vmap_range(b->cpu, b->size);
}

static const struct dmabench_lap_ops sg_ops = {
	.map			= sg_map,
	.unmap			= sg_unmap,
	.sync_for_device	= sg_sync_for_device,
	.sync_for_cpu		= sg_sync_for_cpu,
	.map_syncs		= true,
	.touch			= true,
};

DMABENCH_DEFINE_LAPS(sg, sg_ops)
DMABENCH_DEFINE_ROUNDS(sg, sg_ops)

static int alloc_page_by_page(struct dmabench_buffer *b, unsigned int nr)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_ZERO |
			  (b->node == NUMA_NO_NODE ? 0 : __GFP_THISNODE | __GFP_NOWARN);

	while (b->nr_pages < nr) {
		struct page *page = alloc_pages_node(b->node, gfp, 0);

		if (!page)
			return dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
		b->pages[b->nr_pages++] = page;
	}
	return 0;
}

static int alloc_virtually(struct dmabench_buffer *b, unsigned int nr)
{
	void *memory = vzalloc_node(b->offset + b->size, b->node);

	if (!memory)
		return dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
	b->cpu = memory + b->offset;
	while (b->nr_pages < nr) {
		b->pages[b->nr_pages] = vmalloc_to_page(memory + b->nr_pages * PAGE_SIZE);
		b->nr_pages++;
	}
	return 0;
}

static int sg_get_pages(struct dmabench_buffer *b, unsigned int nr)
{
	switch (b->source) {
	case DMABENCH_SOURCE_VMALLOC:
		return alloc_virtually(b, nr);
	case DMABENCH_SOURCE_USER:
		return dmabench_user_pin(b, nr);
	default:
		return alloc_page_by_page(b, nr);
	}
}

/*
 * With an offset, the pages are not cut where the buffer is.  Then the CPU works on them through
 * one more mapping, in which the buffer is in one piece, so that no lap has to know of it.
 */
static int sg_join_pages(struct dmabench_buffer *b)
{
	void *memory;

	if (!b->offset || b->source == DMABENCH_SOURCE_VMALLOC)
		return 0;
	memory = vmap(b->pages, b->nr_pages, VM_MAP, PAGE_KERNEL);
	if (!memory)
		return dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
	b->cpu = memory + b->offset;
	return 0;
}

static void sg_part_pages(struct dmabench_buffer *b)
{
	if (!b->cpu || b->source == DMABENCH_SOURCE_VMALLOC)
		return;
	vunmap(b->cpu - b->offset);
	b->cpu = NULL;
}

/* Those that there are: sg_get_pages() may have failed. */
static void sg_put_pages(struct dmabench_buffer *b)
{
	switch (b->source) {
	case DMABENCH_SOURCE_VMALLOC:
		if (b->cpu)
			vfree(b->cpu - b->offset);
		b->cpu = NULL;
		b->nr_pages = 0;
		break;
	case DMABENCH_SOURCE_USER:
		if (b->nr_pages)
			dmabench_user_unpin(b);
		break;
	default:
		while (b->nr_pages)
			__free_page(b->pages[--b->nr_pages]);
		break;
	}
	kvfree(b->pages);
	b->pages = NULL;
}

static int sg_create(struct dmabench_buffer *b)
{
	const unsigned int nr = DIV_ROUND_UP(b->offset + b->size, PAGE_SIZE);
	struct scatterlist *sg;
	size_t left = b->size;
	size_t from = b->offset;
	unsigned int i;
	int err;

	err = dmabench_check_mapping(b, min_t(size_t, b->size, PAGE_SIZE));
	if (err)
		return err;

	b->pages = kvcalloc(nr, sizeof(*b->pages), GFP_KERNEL);
	if (!b->pages)
		return dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
	err = sg_get_pages(b, nr);
	if (err)
		goto err_put_pages;
	err = sg_join_pages(b);
	if (err)
		goto err_put_pages;
	if (sg_alloc_table(&b->sgt, nr, GFP_KERNEL)) {
		err = dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
		goto err_part_pages;
	}
	for_each_sgtable_sg(&b->sgt, sg, i) {
		sg_set_page(sg, b->pages[i], min_t(size_t, left, PAGE_SIZE - from), from);
		left -= sg->length;
		from = 0;
	}
	return 0;

err_part_pages:
	sg_part_pages(b);
err_put_pages:
	sg_put_pages(b);
	return err;
}

static void sg_destroy(struct dmabench_buffer *b)
{
	sg_free_table(&b->sgt);
	sg_part_pages(b);
	sg_put_pages(b);
}

/* The CPU reaches a process' pages by their address in the kernel: none where it is highmem. */
#define SG_USER		(IS_ENABLED(CONFIG_HIGHMEM) ? 0 : BIT(DMABENCH_SOURCE_USER))

const struct dmabench_strategy dmabench_streaming_sg = {
	.id		= DMABENCH_STREAMING_SG,
	.flags		= DMABENCH_STRATEGY_DIRECTION,
	.sources	= BIT(DMABENCH_SOURCE_PAGES) | BIT(DMABENCH_SOURCE_VMALLOC) | SG_USER,
	.default_source	= DMABENCH_SOURCE_PAGES,
	.name		= "streaming_sg",
	.text		= "dma_map_sgtable, dma_sync_sgtable_for_{device,cpu}, dma_unmap_sgtable",
	.ops		= &sg_ops,
	.mean		= sg_mean,
	.stamped	= sg_stamped,
	.rounds		= sg_rounds,
	.round		= &sg_round,
	.transfer	= sg_xfer,
	.create		= sg_create,
	.destroy	= sg_destroy,
};
