// SPDX-License-Identifier: GPL-2.0
/*
 * Strategy streaming_recycle: pages that stay mapped while they are used again and again,
 * as page_pool does for network drivers.  As only syncs pass on ownership, mapping and
 * unmapping skip theirs, and each lap syncs what is in use: sync_offset and sync_bytes.
 */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include "lap.h"

static __always_inline int recycle_map(struct dmabench_buffer *b)
{
	b->dma = dma_map_page_attrs(b->dev, virt_to_page(b->cpu), b->offset, b->size, b->dir,
				    DMA_ATTR_SKIP_CPU_SYNC);
	return dma_mapping_error(b->dev, b->dma) ? -EIO : 0;
}

static __always_inline void recycle_unmap(struct dmabench_buffer *b)
{
	dma_unmap_page_attrs(b->dev, b->dma, b->size, b->dir, DMA_ATTR_SKIP_CPU_SYNC);
}

static __always_inline void recycle_sync_for_device(struct dmabench_buffer *b,
						    size_t offset, size_t bytes)
{
	dma_sync_single_range_for_device(b->dev, b->dma, offset, bytes, b->dir);
}

static __always_inline void recycle_sync_for_cpu(struct dmabench_buffer *b,
						 size_t offset, size_t bytes)
{
	dma_sync_single_range_for_cpu(b->dev, b->dma, offset, bytes, b->dir);
}

static const struct dmabench_lap_ops recycle_ops = {
	.map			= recycle_map,
	.unmap			= recycle_unmap,
	.sync_for_device	= recycle_sync_for_device,
	.sync_for_cpu		= recycle_sync_for_cpu,
	.touch			= true,
};

DMABENCH_DEFINE_LAPS(recycle, recycle_ops)
DMABENCH_DEFINE_ROUNDS(recycle, recycle_ops)

const struct dmabench_strategy dmabench_streaming_recycle = {
	.id		= DMABENCH_STREAMING_RECYCLE,
	.flags		= DMABENCH_STRATEGY_DIRECTION | DMABENCH_STRATEGY_RANGED_SYNC,
	.sources	= BIT(DMABENCH_SOURCE_PAGES),
	.default_source	= DMABENCH_SOURCE_PAGES,
	.name		= "streaming_recycle",
	.text		= "dma_map_page_attrs(DMA_ATTR_SKIP_CPU_SYNC), dma_sync_single_range_*",
	.ops		= &recycle_ops,
	.mean		= recycle_mean,
	.stamped	= recycle_stamped,
	.rounds		= recycle_rounds,
	.round		= &recycle_round,
	.transfer	= recycle_xfer,
	.create		= dmabench_streaming_create,
	.destroy	= dmabench_streaming_destroy,
};
