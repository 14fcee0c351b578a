// SPDX-License-Identifier: GPL-2.0
/*
 * Strategy pool: blocks of coherent memory out of a dma_pool, as drivers take their
 * descriptors.
 */
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/sizes.h>
#include <asm/barrier.h>
#include "lap.h"

/*
 * A pool is for blocks of a page or less; above that it only passes dma_alloc_coherent()
 * on.  16 pages of 4 KiB let that step be seen.
 */
#define DMABENCH_POOL_MAX	SZ_64K

static __always_inline int pool_map(struct dmabench_buffer *b)
{
	b->cpu = dma_pool_alloc(b->pool, GFP_KERNEL | __GFP_NOWARN, &b->dma);
	return b->cpu ? 0 : -ENOMEM;
}

static __always_inline void pool_unmap(struct dmabench_buffer *b)
{
	dma_pool_free(b->pool, b->cpu, b->dma);
	b->cpu = NULL;
}

static __always_inline void pool_sync_for_device(struct dmabench_buffer *b,
						 size_t offset, size_t bytes)
{
	dma_wmb();
}

static __always_inline void pool_sync_for_cpu(struct dmabench_buffer *b,
					      size_t offset, size_t bytes)
{
	dma_rmb();
}

static const struct dmabench_lap_ops pool_ops = {
	.map			= pool_map,
	.unmap			= pool_unmap,
	.sync_for_device	= pool_sync_for_device,
	.sync_for_cpu		= pool_sync_for_cpu,
	.sync_always		= true,
	.touch			= true,
	.unmap_frees		= true,
};

DMABENCH_DEFINE_LAPS(pool, pool_ops)
DMABENCH_DEFINE_ROUNDS(pool, pool_ops)

static int pool_create(struct dmabench_buffer *b)
{
	if (b->size > DMABENCH_POOL_MAX)
		return dmabench_fail(b, DMABENCH_REASON_ABOVE_SOURCE_MAX);
	/* A batch takes its blocks from one pool. */
	b->pool = b->first->pool;
	if (b->pool)
		return 0;
	b->pool = dma_pool_create("dmabench", b->dev, b->size,
				  dma_get_cache_alignment(), 0);
	return b->pool ? 0 : dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
}

static void pool_destroy(struct dmabench_buffer *b)
{
	if (b == b->first)
		dma_pool_destroy(b->pool);
	b->pool = NULL;
}

const struct dmabench_strategy dmabench_pool = {
	.id		= DMABENCH_POOL,
	.flags		= DMABENCH_STRATEGY_BARRIER,
	.name		= "pool",
	.text		= "dma_pool_alloc, dma_wmb, dma_rmb, dma_pool_free",
	.ops		= &pool_ops,
	.mean		= pool_mean,
	.stamped	= pool_stamped,
	.rounds		= pool_rounds,
	.round		= &pool_round,
	.transfer	= pool_xfer,
	.create		= pool_create,
	.destroy	= pool_destroy,
};
