// SPDX-License-Identifier: GPL-2.0
/*
 * Strategies streaming_single and streaming_page: contiguous memory that is lent to
 * the device and taken back.
 */
#include <linux/dma-mapping.h>
#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include "compat.h"
#include "lap.h"

static __always_inline int single_map(struct dmabench_buffer *b)
{
	b->dma = dma_map_single(b->dev, b->cpu, b->size, b->dir);
	return dma_mapping_error(b->dev, b->dma) ? -EIO : 0;
}

static __always_inline void single_unmap(struct dmabench_buffer *b)
{
	dma_unmap_single(b->dev, b->dma, b->size, b->dir);
}

static __always_inline int page_map(struct dmabench_buffer *b)
{
	b->dma = dma_map_page(b->dev, virt_to_page(b->cpu), b->offset, b->size, b->dir);
	return dma_mapping_error(b->dev, b->dma) ? -EIO : 0;
}

static __always_inline void page_unmap(struct dmabench_buffer *b)
{
	dma_unmap_page(b->dev, b->dma, b->size, b->dir);
}

static __always_inline void streaming_sync_for_device(struct dmabench_buffer *b,
						      size_t offset, size_t bytes)
{
	dma_sync_single_range_for_device(b->dev, b->dma, offset, bytes, b->dir);
}

static __always_inline void streaming_sync_for_cpu(struct dmabench_buffer *b,
						   size_t offset, size_t bytes)
{
	dma_sync_single_range_for_cpu(b->dev, b->dma, offset, bytes, b->dir);
}

static const struct dmabench_lap_ops single_ops = {
	.map			= single_map,
	.unmap			= single_unmap,
	.sync_for_device	= streaming_sync_for_device,
	.sync_for_cpu		= streaming_sync_for_cpu,
	.map_syncs		= true,
	.touch			= true,
};

static const struct dmabench_lap_ops page_ops = {
	.map			= page_map,
	.unmap			= page_unmap,
	.sync_for_device	= streaming_sync_for_device,
	.sync_for_cpu		= streaming_sync_for_cpu,
	.map_syncs		= true,
	.touch			= true,
};

DMABENCH_DEFINE_LAPS(single, single_ops)
DMABENCH_DEFINE_ROUNDS(single, single_ops)
DMABENCH_DEFINE_LAPS(page, page_ops)
DMABENCH_DEFINE_ROUNDS(page, page_ops)

/*
 * What a slab's largest order holds with room for the debugging data that slub_debug adds to
 * each object.  A larger kmem_cache would fail with a splat.
 */
#define DMABENCH_SLAB_MAX	(KMALLOC_MAX_SIZE / 2)

/*
 * A cache for one buffer or the lot of a batch, with what a driver's cache of DMA buffers has
 * to ask for: objects that share no cache line.  There is a number in the name because names
 * must be unique, and files that share a device have a cache each.
 */
static void *slab_alloc(struct dmabench_buffer *b, size_t bytes, gfp_t gfp)
{
	static atomic_t caches = ATOMIC_INIT(0);
	size_t align = b->offset ? PAGE_SIZE : dma_get_cache_alignment();
	struct kmem_cache *slab = b->first->slab;
	char name[64];
	void *object;

	if (!slab) {
		snprintf(name, sizeof(name), "dmabench-%d", atomic_inc_return(&caches));
		slab = kmem_cache_create(name, bytes, align,
					 SLAB_HWCACHE_ALIGN | DMABENCH_SLAB_NO_MERGE, NULL);
		if (!slab)
			return NULL;
	}
	object = kmem_cache_alloc_node(slab, gfp, b->node);
	if (object)
		b->slab = slab;
	else if (!b->first->slab)
		kmem_cache_destroy(slab);
	return object;
}

/* The first one goes last. */
static void slab_free(struct dmabench_buffer *b, void *object)
{
	kmem_cache_free(b->slab, object);
	if (b == b->first)
		kmem_cache_destroy(b->slab);
	b->slab = NULL;
}

/* alloc_pages_exact(), but from a node of one's choice. */
static void *pages_alloc(struct dmabench_buffer *b, size_t bytes, gfp_t gfp)
{
	unsigned int order = get_order(bytes);
	struct page *page;

	if (b->node == NUMA_NO_NODE)
		return alloc_pages_exact(bytes, gfp);
	page = alloc_pages_node(b->node, gfp, order);
	if (!page)
		return NULL;
	if (order) {
		unsigned long used = PAGE_ALIGN(bytes) >> PAGE_SHIFT;

		split_page(page, order);
		for (; used < 1UL << order; used++)
			__free_page(page + used);
	}
	return page_address(page);
}

/**
 * dmabench_streaming_create() - allocate contiguous memory to be lent to a device
 * @b:		buffer
 *
 * Return: 0 or an error, with the reason set.
 */
int dmabench_streaming_create(struct dmabench_buffer *b)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN |
			  (b->node == NUMA_NO_NODE ? 0 : __GFP_THISNODE);
	size_t bytes = b->offset + b->size;
	size_t limit;
	int err;

	err = dmabench_check_mapping(b, b->size);
	if (err)
		return err;

	switch (b->source) {
	case DMABENCH_SOURCE_KMALLOC:
		limit = KMALLOC_MAX_SIZE;
		break;
	case DMABENCH_SOURCE_SLAB:
		limit = DMABENCH_SLAB_MAX;
		break;
	default:
		limit = PAGE_SIZE << DMABENCH_MAX_PAGE_ORDER;
		break;
	}
	/* What is a power of two is aligned to itself. */
	if (b->offset && b->source == DMABENCH_SOURCE_KMALLOC)
		bytes = max_t(size_t, roundup_pow_of_two(bytes), PAGE_SIZE);
	if (bytes > limit)
		return dmabench_fail(b, DMABENCH_REASON_ABOVE_SOURCE_MAX);

	switch (b->source) {
	case DMABENCH_SOURCE_KMALLOC:
		/* No two buffers share a cache line. */
		b->cpu = kmalloc_node(max_t(size_t, bytes, L1_CACHE_BYTES), gfp, b->node);
		break;
	case DMABENCH_SOURCE_SLAB:
		b->cpu = slab_alloc(b, bytes, gfp);
		break;
	default:
		b->cpu = pages_alloc(b, bytes, gfp);
		break;
	}
	if (!b->cpu)
		return dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
	b->cpu += b->offset;
	return 0;
}

/**
 * dmabench_streaming_destroy() - free what dmabench_streaming_create() allocated
 * @b:		buffer
 */
void dmabench_streaming_destroy(struct dmabench_buffer *b)
{
	void *memory = b->cpu - b->offset;

	switch (b->source) {
	case DMABENCH_SOURCE_KMALLOC:
		kfree(memory);
		break;
	case DMABENCH_SOURCE_SLAB:
		slab_free(b, memory);
		break;
	default:
		free_pages_exact(memory, b->offset + b->size);
		break;
	}
	b->cpu = NULL;
}

#define STREAMING_MMAP_MODES	(BIT(DMABENCH_MMAP_CACHED) | \
				 BIT(DMABENCH_MMAP_WRITECOMBINE) | \
				 BIT(DMABENCH_MMAP_UNCACHED))

const struct dmabench_strategy dmabench_streaming_single = {
	.id		= DMABENCH_STREAMING_SINGLE,
	.flags		= DMABENCH_STRATEGY_DIRECTION | DMABENCH_STRATEGY_RANGED_SYNC,
	.sources	= BIT(DMABENCH_SOURCE_KMALLOC) | BIT(DMABENCH_SOURCE_PAGES) |
			  BIT(DMABENCH_SOURCE_SLAB),
	.default_source	= DMABENCH_SOURCE_KMALLOC,
	.mmap_modes	= STREAMING_MMAP_MODES,
	.name		= "streaming_single",
	.text		= "dma_map_single, dma_sync_single_range_*, dma_unmap_single",
	.ops		= &single_ops,
	.mean		= single_mean,
	.stamped	= single_stamped,
	.rounds		= single_rounds,
	.round		= &single_round,
	.transfer	= single_xfer,
	.create		= dmabench_streaming_create,
	.destroy	= dmabench_streaming_destroy,
	.mmap		= dmabench_mmap_pages,
};

const struct dmabench_strategy dmabench_streaming_page = {
	.id		= DMABENCH_STREAMING_PAGE,
	.flags		= DMABENCH_STRATEGY_DIRECTION | DMABENCH_STRATEGY_RANGED_SYNC,
	.sources	= BIT(DMABENCH_SOURCE_PAGES),
	.default_source	= DMABENCH_SOURCE_PAGES,
	.mmap_modes	= STREAMING_MMAP_MODES,
	.name		= "streaming_page",
	.text		= "dma_map_page, dma_sync_single_range_*, dma_unmap_page",
	.ops		= &page_ops,
	.mean		= page_mean,
	.stamped	= page_stamped,
	.rounds		= page_rounds,
	.round		= &page_round,
	.transfer	= page_xfer,
	.create		= dmabench_streaming_create,
	.destroy	= dmabench_streaming_destroy,
	.mmap		= dmabench_mmap_pages,
};
