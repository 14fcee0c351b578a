// SPDX-License-Identifier: GPL-2.0
/*
 * Strategy copy: the alternative to mapping.  The data stay in ordinary memory, where the
 * CPU works on them, and are copied to and from coherent memory that only the device uses.
 * The copy takes the place of a sync, and is in that sync's phase: to the device in
 * sync_for_device, from it in sync_for_cpu, and in both when the direction is both.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/barrier.h>
#include "lap.h"

static __always_inline int copy_map(struct dmabench_buffer *b)
{
	b->cpu = dma_alloc_coherent(b->dev, b->size, &b->dma, GFP_KERNEL | __GFP_NOWARN);
	return b->cpu ? 0 : -ENOMEM;
}

static __always_inline void copy_unmap(struct dmabench_buffer *b)
{
	dma_free_coherent(b->dev, b->size, b->cpu, b->dma);
	b->cpu = NULL;
}

static __always_inline void copy_sync_for_device(struct dmabench_buffer *b,
						 size_t offset, size_t bytes)
{
	if (b->dir != DMA_FROM_DEVICE)
		memcpy(b->cpu + offset, b->plain + offset, bytes);
	dma_wmb();
}

static __always_inline void copy_sync_for_cpu(struct dmabench_buffer *b,
					      size_t offset, size_t bytes)
{
	dma_rmb();
	if (b->dir != DMA_TO_DEVICE)
		memcpy(b->plain + offset, b->cpu + offset, bytes);
}

static const struct dmabench_lap_ops copy_ops = {
	.map			= copy_map,
	.unmap			= copy_unmap,
	.sync_for_device	= copy_sync_for_device,
	.sync_for_cpu		= copy_sync_for_cpu,
	.touch			= true,
};

DMABENCH_DEFINE_LAPS(copy, copy_ops)
DMABENCH_DEFINE_ROUNDS(copy, copy_ops)

static int copy_create(struct dmabench_buffer *b)
{
	b->plain = kvzalloc(b->size, GFP_KERNEL);
	return b->plain ? 0 : dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
}

static void copy_destroy(struct dmabench_buffer *b)
{
	kvfree(b->plain);
	b->plain = NULL;
}

const struct dmabench_strategy dmabench_copy = {
	.id		= DMABENCH_COPY,
	.flags		= DMABENCH_STRATEGY_DIRECTION | DMABENCH_STRATEGY_RANGED_SYNC,
	.plain		= true,
	.name		= "copy",
	.text		= "dma_alloc_coherent; memcpy to it to sync for device, from it for CPU",
	.ops		= &copy_ops,
	.mean		= copy_mean,
	.stamped	= copy_stamped,
	.rounds		= copy_rounds,
	.round		= &copy_round,
	.transfer	= copy_xfer,
	.create		= copy_create,
	.destroy	= copy_destroy,
};
