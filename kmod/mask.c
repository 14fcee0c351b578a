// SPDX-License-Identifier: GPL-2.0
/* DMA masks: what a device accepts, and whether memory can be mapped within them. */
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include "compat.h"
#include "dmabench.h"

static int set_default_masks(struct device *dev)
{
	if (!dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64)))
		return 0;
	return dma_set_mask_and_coherent(dev, DMA_BIT_MASK(32));
}

/**
 * dmabench_set_masks() - set a device's streaming and coherent DMA masks
 * @dev:	device, not in use
 * @bits:	width of both; 0: all memory, or as much as it can reach
 * @reason:	set when it fails: enum dmabench_reason
 *
 * Also resets what the kernel has learnt of the device from earlier mappings (since
 * 6.10, whether syncs can be skipped), so that one buffer does not depend on another.
 *
 * Return: 0, or -EIO, and then the masks are those of @bits 0.
 */
int dmabench_set_masks(struct device *dev, u32 bits, u32 *reason)
{
	if (!bits) {
		if (!set_default_masks(dev))
			return 0;
		*reason = DMABENCH_REASON_DMA_MASK;
		return -EIO;
	}
	if (dma_set_mask(dev, DMA_BIT_MASK(bits)))
		*reason = DMABENCH_REASON_DMA_MASK;
	else if (dma_set_coherent_mask(dev, DMA_BIT_MASK(bits)))
		*reason = DMABENCH_REASON_COHERENT_MASK;
	else
		return 0;
	set_default_masks(dev);
	return -EIO;
}

static bool within_mask(struct device *dev, phys_addr_t phys, size_t bytes)
{
	return dma_capable(dev, phys_to_dma(dev, phys), bytes, true);
}

/* Whether the DMA address of this memory would be beyond the mask. */
static bool range_beyond_mask(struct device *dev, phys_addr_t phys, size_t bytes)
{
	struct dmabench_bounces bounces = dmabench_bounces(dev);

	if (!bounces.forced && within_mask(dev, phys, bytes))
		return false;
	return !bounces.active || !within_mask(dev, bounces.last, 1);
}

/**
 * dmabench_beyond_mask() - ask whether a mapping would fail because of the mask
 * @b:		buffer, allocated; its device has the masks in force
 *
 * To try and see would do, but the kernel takes such a mapping for a driver's bug and warns of
 * it, which ends with a panic where panic_on_warn is set.  So we look first: without an IOMMU
 * that translates, DMA addresses follow from physical ones, and memory that is out of reach has
 * to bounce.  An IOMMU is just asked, because it has addresses for any mask.
 *
 * Return: whether it would fail; false where that cannot be told.
 */
bool dmabench_beyond_mask(struct dmabench_buffer *b)
{
	unsigned int i;

	if (!b->strategy->sources || dmabench_translates(b->dev))
		return false;
	if (!b->pages)
		return range_beyond_mask(b->dev, virt_to_phys(b->cpu), b->size);
	for (i = 0; i < b->nr_pages; i++)
		if (range_beyond_mask(b->dev, page_to_phys(b->pages[i]), PAGE_SIZE))
			return true;
	return false;
}
