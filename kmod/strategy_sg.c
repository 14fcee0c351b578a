// SPDX-License-Identifier: GPL-2.0
/*
 * Strategy streaming_sg: scattered pages that are lent to the device together.  Each
 * page has an entry of its own, even where two happen to be neighbours, so that the
 * length of the list depends on the size alone.
 */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/slab.h>
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

static __always_inline void sg_sync_for_device(struct dmabench_buffer *b,
					       size_t offset, size_t bytes)
{
	dma_sync_sgtable_for_device(b->dev, &b->sgt, b->dir);
}

static __always_inline void sg_sync_for_cpu(struct dmabench_buffer *b,
					    size_t offset, size_t bytes)
{
	dma_sync_sgtable_for_cpu(b->dev, &b->sgt, b->dir);
}

static const struct dmabench_lap_ops sg_ops = {
	.map			= sg_map,
	.unmap			= sg_unmap,
	.sync_for_device	= sg_sync_for_device,
	.sync_for_cpu		= sg_sync_for_cpu,
	.touch			= true,
};

DMABENCH_DEFINE_LAPS(sg, sg_ops)

static void sg_free_pages(struct dmabench_buffer *b)
{
	while (b->nr_pages)
		__free_page(b->pages[--b->nr_pages]);
	kvfree(b->pages);
	b->pages = NULL;
}

static int sg_create(struct dmabench_buffer *b)
{
	const unsigned int nr = DIV_ROUND_UP(b->size, PAGE_SIZE);
	struct scatterlist *sg;
	size_t left = b->size;
	unsigned int i;
	int err;

	err = dmabench_check_mapping(b, min_t(size_t, b->size, PAGE_SIZE));
	if (err)
		return err;

	b->pages = kvcalloc(nr, sizeof(*b->pages), GFP_KERNEL);
	if (!b->pages)
		return dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
	while (b->nr_pages < nr) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		if (!page)
			goto err_free_pages;
		b->pages[b->nr_pages++] = page;
	}

	if (sg_alloc_table(&b->sgt, nr, GFP_KERNEL))
		goto err_free_pages;
	for_each_sgtable_sg(&b->sgt, sg, i) {
		sg_set_page(sg, b->pages[i], min_t(size_t, left, PAGE_SIZE), 0);
		left -= sg->length;
	}
	return 0;

err_free_pages:
	sg_free_pages(b);
	return dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
}

static void sg_destroy(struct dmabench_buffer *b)
{
	sg_free_table(&b->sgt);
	sg_free_pages(b);
}

const struct dmabench_strategy dmabench_streaming_sg = {
	.id		= DMABENCH_STREAMING_SG,
	.flags		= DMABENCH_STRATEGY_DIRECTION,
	.sources	= BIT(DMABENCH_SOURCE_PAGES),
	.default_source	= DMABENCH_SOURCE_PAGES,
	.name		= "streaming_sg",
	.text		= "dma_map_sgtable, dma_sync_sgtable_for_{device,cpu}, dma_unmap_sgtable",
	.ops		= &sg_ops,
	.mean		= sg_mean,
	.stamped	= sg_stamped,
	.create		= sg_create,
	.destroy	= sg_destroy,
};
