// SPDX-License-Identifier: GPL-2.0
/*
 * Strategies coherent and write_combine: memory that CPU and device share for long,
 * where a change of owner takes no more than a barrier.
 */
#include <linux/dma-mapping.h>
#include <asm/barrier.h>
#include "lap.h"

/* A size that cannot be had is an answer, not a reason for a splat. */
#define DMABENCH_GFP	(GFP_KERNEL | __GFP_NOWARN)

static __always_inline int coherent_map(struct dmabench_buffer *b)
{
	b->cpu = dma_alloc_coherent(b->dev, b->size, &b->dma, DMABENCH_GFP);
	return b->cpu ? 0 : -ENOMEM;
}

static __always_inline void coherent_unmap(struct dmabench_buffer *b)
{
	dma_free_coherent(b->dev, b->size, b->cpu, b->dma);
	b->cpu = NULL;
}

static __always_inline int write_combine_map(struct dmabench_buffer *b)
{
	b->cpu = dma_alloc_wc(b->dev, b->size, &b->dma, DMABENCH_GFP);
	return b->cpu ? 0 : -ENOMEM;
}

static __always_inline void write_combine_unmap(struct dmabench_buffer *b)
{
	dma_free_wc(b->dev, b->size, b->cpu, b->dma);
	b->cpu = NULL;
}

/* What is left of dma_sync_*() for such memory: see "dma_wmb()" in memory-barriers.txt */
static __always_inline void coherent_sync_for_device(struct dmabench_buffer *b,
						     size_t offset, size_t bytes)
{
	dma_wmb();
}

static __always_inline void coherent_sync_for_cpu(struct dmabench_buffer *b,
						  size_t offset, size_t bytes)
{
	dma_rmb();
}

static const struct dmabench_lap_ops coherent_ops = {
	.map			= coherent_map,
	.unmap			= coherent_unmap,
	.sync_for_device	= coherent_sync_for_device,
	.sync_for_cpu		= coherent_sync_for_cpu,
	.sync_always		= true,
	.touch			= true,
	.unmap_frees		= true,
};

static const struct dmabench_lap_ops write_combine_ops = {
	.map			= write_combine_map,
	.unmap			= write_combine_unmap,
	.sync_for_device	= coherent_sync_for_device,
	.sync_for_cpu		= coherent_sync_for_cpu,
	.sync_always		= true,
	.touch			= true,
	.unmap_frees		= true,
};

DMABENCH_DEFINE_LAPS(coherent, coherent_ops)
DMABENCH_DEFINE_ROUNDS(coherent, coherent_ops)
DMABENCH_DEFINE_LAPS(write_combine, write_combine_ops)
DMABENCH_DEFINE_ROUNDS(write_combine, write_combine_ops)

static int coherent_mmap(struct dmabench_buffer *b, struct vm_area_struct *vma)
{
	return dma_mmap_coherent(b->dev, vma, b->cpu, b->dma, b->size);
}

static int write_combine_mmap(struct dmabench_buffer *b, struct vm_area_struct *vma)
{
	return dma_mmap_wc(b->dev, vma, b->cpu, b->dma, b->size);
}

const struct dmabench_strategy dmabench_coherent = {
	.id		= DMABENCH_COHERENT,
	.flags		= DMABENCH_STRATEGY_BARRIER,
	.mmap_modes	= BIT(DMABENCH_MMAP_COHERENT),
	.name		= "coherent",
	.text		= "dma_alloc_coherent, dma_wmb, dma_rmb, dma_free_coherent",
	.ops		= &coherent_ops,
	.mean		= coherent_mean,
	.stamped	= coherent_stamped,
	.rounds		= coherent_rounds,
	.round		= &coherent_round,
	.transfer	= coherent_xfer,
	.mmap		= coherent_mmap,
};

const struct dmabench_strategy dmabench_write_combine = {
	.id		= DMABENCH_WRITE_COMBINE,
	.flags		= DMABENCH_STRATEGY_BARRIER,
	.mmap_modes	= BIT(DMABENCH_MMAP_WRITECOMBINE),
	.name		= "write_combine",
	.text		= "dma_alloc_wc, dma_wmb, dma_rmb, dma_free_wc",
	.ops		= &write_combine_ops,
	.mean		= write_combine_mean,
	.stamped	= write_combine_stamped,
	.rounds		= write_combine_rounds,
	.round		= &write_combine_round,
	.transfer	= write_combine_xfer,
	.mmap		= write_combine_mmap,
};
