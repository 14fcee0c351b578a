// SPDX-License-Identifier: GPL-2.0
/*
 * Strategies noncoherent and noncontiguous: DMA memory that the CPU always sees cached,
 * so that a change of owner takes a sync as it does for streaming memory, but no mapping.
 */
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include "compat.h"
#include "lap.h"

/* A size that cannot be had is an answer, not a reason for a splat. */
#define DMABENCH_GFP	(GFP_KERNEL | __GFP_NOWARN)

/* DMA_API_DEBUG wants the address checked, although NULL tells all. */
static __always_inline int noncoherent_map(struct dmabench_buffer *b)
{
	b->cpu = dma_alloc_noncoherent(b->dev, b->size, &b->dma, b->dir, DMABENCH_GFP);
	if (!b->cpu)
		return -ENOMEM;
	return dma_mapping_error(b->dev, b->dma) ? -EIO : 0;
}

static __always_inline void noncoherent_unmap(struct dmabench_buffer *b)
{
	dma_free_noncoherent(b->dev, b->size, b->cpu, b->dma, b->dir);
	b->cpu = NULL;
}

static __always_inline void noncoherent_sync_for_device(struct dmabench_buffer *b,
							size_t offset, size_t bytes)
{
	dma_sync_single_range_for_device(b->dev, b->dma, offset, bytes, b->dir);
}

static __always_inline void noncoherent_sync_for_cpu(struct dmabench_buffer *b,
						     size_t offset, size_t bytes)
{
	dma_sync_single_range_for_cpu(b->dev, b->dma, offset, bytes, b->dir);
}

static const struct dmabench_lap_ops noncoherent_ops = {
	.map			= noncoherent_map,
	.unmap			= noncoherent_unmap,
	.sync_for_device	= noncoherent_sync_for_device,
	.sync_for_cpu		= noncoherent_sync_for_cpu,
	.touch			= true,
	.unmap_frees		= true,
};

DMABENCH_DEFINE_LAPS(noncoherent, noncoherent_ops)
DMABENCH_DEFINE_ROUNDS(noncoherent, noncoherent_ops)

const struct dmabench_strategy dmabench_noncoherent = {
	.id		= DMABENCH_NONCOHERENT,
	.flags		= DMABENCH_STRATEGY_DIRECTION | DMABENCH_STRATEGY_RANGED_SYNC,
	.name		= "noncoherent",
	.text		= "dma_alloc_noncoherent, dma_sync_single_range_*, dma_free_noncoherent",
	.ops		= &noncoherent_ops,
	.mean		= noncoherent_mean,
	.stamped	= noncoherent_stamped,
	.rounds		= noncoherent_rounds,
	.round		= &noncoherent_round,
	.transfer	= noncoherent_xfer,
};

#if DMABENCH_HAVE_NONCONTIGUOUS
static __always_inline int noncontiguous_map(struct dmabench_buffer *b)
{
	b->noncontiguous = dma_alloc_noncontiguous(b->dev, b->size, b->dir, DMABENCH_GFP, 0);
	if (!b->noncontiguous)
		return -ENOMEM;
	b->cpu = dma_vmap_noncontiguous(b->dev, b->size, b->noncontiguous);
	if (!b->cpu) {
		dma_free_noncontiguous(b->dev, b->size, b->noncontiguous, b->dir);
		return -ENOMEM;
	}
	b->dma = sg_dma_address(b->noncontiguous->sgl);
	return 0;
}

static __always_inline void noncontiguous_unmap(struct dmabench_buffer *b)
{
	dma_vunmap_noncontiguous(b->dev, b->cpu);
	dma_free_noncontiguous(b->dev, b->size, b->noncontiguous, b->dir);
	b->cpu = NULL;
}

/* "flush_kernel_vmap_range()" in dma-api.rst: for caches that know virtual addresses */
static __always_inline void noncontiguous_sync_for_device(struct dmabench_buffer *b,
							  size_t offset, size_t bytes)
{
	flush_kernel_vmap_range(b->cpu, b->size);
	dma_sync_sgtable_for_device(b->dev, b->noncontiguous, b->dir);
}

static __always_inline void noncontiguous_sync_for_cpu(struct dmabench_buffer *b,
						       size_t offset, size_t bytes)
{
	dma_sync_sgtable_for_cpu(b->dev, b->noncontiguous, b->dir);
	invalidate_kernel_vmap_range(b->cpu, b->size);
}

static const struct dmabench_lap_ops noncontiguous_ops = {
	.map			= noncontiguous_map,
	.unmap			= noncontiguous_unmap,
	.sync_for_device	= noncontiguous_sync_for_device,
	.sync_for_cpu		= noncontiguous_sync_for_cpu,
	.touch			= true,
	.unmap_frees		= true,
};

DMABENCH_DEFINE_LAPS(noncontiguous, noncontiguous_ops)
DMABENCH_DEFINE_ROUNDS(noncontiguous, noncontiguous_ops)

const struct dmabench_strategy dmabench_noncontiguous = {
	.id		= DMABENCH_NONCONTIGUOUS,
	.flags		= DMABENCH_STRATEGY_DIRECTION,
	.name		= "noncontiguous",
	.text		= "dma_alloc_noncontiguous, dma_vmap_noncontiguous, dma_sync_sgtable_*",
	.ops		= &noncontiguous_ops,
	.mean		= noncontiguous_mean,
	.stamped	= noncontiguous_stamped,
	.rounds		= noncontiguous_rounds,
	.round		= &noncontiguous_round,
	.transfer	= noncontiguous_xfer,
};
#endif /* DMABENCH_HAVE_NONCONTIGUOUS */
