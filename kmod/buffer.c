// SPDX-License-Identifier: GPL-2.0
/* A buffer, or the lot of a batch: allocated, found out about, and freed. */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "compat.h"
#include "lap.h"

/**
 * dmabench_check_mapping() - ask whether one mapping may be so large
 * @b:		buffer; its device is asked
 * @bytes:	size of one mapping, or of one entry of a list
 *
 * Return: 0 or -ERANGE.
 */
int dmabench_check_mapping(struct dmabench_buffer *b, size_t bytes)
{
	if (bytes > dma_max_mapping_size(b->dev))
		return dmabench_fail(b, DMABENCH_REASON_ABOVE_MAX_MAPPING);
	return 0;
}

static phys_addr_t buffer_phys(const struct dmabench_buffer *b)
{
	if (b->pages)
		return page_to_phys(b->pages[0]) + b->offset;
	if (is_vmalloc_addr(b->cpu))
		return PFN_PHYS(vmalloc_to_pfn(b->cpu)) + offset_in_page(b->cpu);
	return virt_to_phys(b->cpu);
}

/**
 * mapped_twice_alike() - map memory that is mapped a second time
 * @dev:	device that it is mapped for
 * @dma:	its DMA address
 * @phys:	its physical address
 * @bytes:	how much of it, within one page
 *
 * A bus offset is a function of the physical address, so it gives the same DMA
 * address again.  A bounce buffer is in use until it is unmapped, so a second mapping
 * gets another, or none.  The direction is to_device, which is the one that
 * DMA_API_DEBUG allows to be mapped twice at a time.
 *
 * Return: whether both have the same DMA address.
 */
static bool mapped_twice_alike(struct device *dev, dma_addr_t dma, phys_addr_t phys,
			       size_t bytes)
{
	dma_addr_t again;
	bool alike;

	again = dma_map_page_attrs(dev, pfn_to_page(PHYS_PFN(phys)), offset_in_page(phys),
				   bytes, DMA_TO_DEVICE,
				   DMA_ATTR_SKIP_CPU_SYNC | DMA_ATTR_NO_WARN);
	if (dma_mapping_error(dev, again))
		return false;
	alike = again == dma;
	dma_unmap_page_attrs(dev, again, bytes, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
	return alike;
}

/**
 * dmabench_relation() - find how a DMA address follows from a physical address
 * @dev:	device that the memory is mapped for
 * @dma:	its DMA address
 * @phys:	its physical address
 * @bytes:	its size
 * @lent:	it is lent to the device, which may have to bounce it; DMA memory is
 *		allocated within reach of the device
 *
 * Return: enum dmabench_relation.
 */
u32 dmabench_relation(struct device *dev, dma_addr_t dma, phys_addr_t phys, size_t bytes,
		      bool lent)
{
	struct iommu_domain *domain;

	if (dma == phys)
		return DMABENCH_RELATION_IDENTITY;

	/* An identity domain leads back to the DMA address, and translates nothing. */
	domain = iommu_get_domain_for_dev(dev);
	if (domain) {
		phys_addr_t to = iommu_iova_to_phys(domain, dma);

		if (PHYS_PFN(to) == PHYS_PFN(phys))
			return DMABENCH_RELATION_IOMMU;
		if (to != dma)
			return DMABENCH_RELATION_BOUNCED;
	}

	bytes = min_t(size_t, bytes, PAGE_SIZE - offset_in_page(phys));
	if (!lent || mapped_twice_alike(dev, dma, phys, bytes))
		return DMABENCH_RELATION_OFFSET;
	return DMABENCH_RELATION_BOUNCED;
}

static int map_one(struct dmabench_buffer *b)
{
	int err;

	if (dmabench_beyond_mask(b))
		return dmabench_fail(b, DMABENCH_REASON_BEYOND_MASK);
	err = b->strategy->ops->map(b);
	if (err)
		return dmabench_fail(b, err == -ENOMEM ? DMABENCH_REASON_NO_MEMORY :
							 DMABENCH_REASON_MAP_FAILED);
	b->mapped = true;
	return 0;
}

static void unmap_one(struct dmabench_buffer *b)
{
	if (b->mapped)
		b->strategy->ops->unmap(b);
	b->mapped = false;
}

static void free_one(struct dmabench_buffer *b)
{
	/* Better to lose the memory than to give it back with a foreign memory type. */
	if (!dmabench_mmap_unprepare(b))
		return;
	if (b->strategy->destroy)
		b->strategy->destroy(b);
}

/* Not every allocator can be held to a node, so look where the memory came from. */
static bool is_on_its_node(const struct dmabench_buffer *b)
{
	return b->node == NUMA_NO_NODE || pfn_to_nid(PHYS_PFN(buffer_phys(b))) == b->node;
}

static int alloc_one(struct dmabench_buffer *b)
{
	int err;

	if (b->strategy->create) {
		err = b->strategy->create(b);
		if (err)
			return err;
	}
	if (is_on_its_node(b))
		err = dmabench_mmap_prepare(b);
	else
		err = dmabench_fail(b, DMABENCH_REASON_NODE);
	if (err)
		free_one(b);
	return err;
}

static void free_lot(struct dmabench_buffer *b, unsigned int nr)
{
	while (nr--) {
		unmap_one(&b->lot[nr]);
		free_one(&b->lot[nr]);
	}
	kvfree(b->lot);
	b->lot = NULL;
}

/* The buffers of a batch are all like their pattern, but for where in user memory they are. */
static int alloc_lot(struct dmabench_buffer *b)
{
	unsigned int i;
	int err;

	b->lot = kvcalloc(b->batch, sizeof(*b->lot), GFP_KERNEL);
	if (!b->lot)
		return dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
	for (i = 0; i < b->batch; i++) {
		struct dmabench_buffer *one = &b->lot[i];

		*one = *b;
		one->lot = NULL;
		one->first = b->lot;
		if (b->user_addr)
			one->user_addr += i * PAGE_ALIGN(b->offset + b->size);
		err = alloc_one(one);
		if (!err) {
			err = map_one(one);
			if (err)
				free_one(one);
		}
		if (err) {
			b->reason = one->reason;
			free_lot(b, i);
			return err;
		}
		cond_resched();
	}
	return 0;
}

static int alloc_side(struct dmabench_buffer *b)
{
	if (b->touch == DMABENCH_TOUCH_COPY) {
		b->side = kvzalloc(b->touch_bytes, GFP_KERNEL);
		if (!b->side)
			return dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
	}
	if (b->batch > 1 || b->unmap_other) {
		b->stamps = kvcalloc(b->batch, sizeof(*b->stamps), GFP_KERNEL);
		if (!b->stamps)
			return dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
	}
	return 0;
}

static void free_side(struct dmabench_buffer *b)
{
	kvfree(b->stamps);
	b->stamps = NULL;
	kvfree(b->side);
	b->side = NULL;
}

/**
 * dmabench_buffer_create() - allocate the buffer, or its lot, and map it once
 * @b:		described; its device has the masks in force
 *
 * Return: 0, with all of it mapped that can be mapped, or an error, with the reason set.
 */
int dmabench_buffer_create(struct dmabench_buffer *b)
{
	int err;

	if (!b->strategy->sources && b->mmap_mode && !dma_can_mmap(b->dev))
		return dmabench_fail(b, DMABENCH_REASON_MMAP_ARCH);
	err = alloc_side(b);
	if (err)
		goto err_free_side;
	if (b->batch > 1) {
		err = alloc_lot(b);
		if (err)
			goto err_free_side;
		return 0;
	}
	err = alloc_one(b);
	if (err)
		goto err_free_side;
	if (b->strategy->ops->map) {
		err = map_one(b);
		if (err)
			goto err_free;
	}
	return 0;

err_free:
	free_one(b);
err_free_side:
	free_side(b);
	return err;
}

/**
 * dmabench_buffer_describe() - tell where a buffer that is mapped is
 * @b:		mapped buffer, or pattern of a lot, of which the first is told
 * @arg:	takes the answers
 */
void dmabench_buffer_describe(struct dmabench_buffer *b, struct dmabench_setup *arg)
{
	struct dmabench_buffer *one = b->lot ?: b;
	phys_addr_t phys;

	if (!one->mapped)
		return;
	phys = buffer_phys(one);
	arg->phys_addr = phys;
	arg->dma_addr = one->dma;
	arg->relation = dmabench_relation(one->dev, one->dma, phys, one->size,
					  one->strategy->sources);
	/* After mapping: the first bounced mapping is what ends the elision. */
	if (!b->strategy->ops->sync_always && !b->strategy->plain &&
	    dmabench_sync_elided(b->dev))
		arg->elided = BIT(DMABENCH_PHASE_SYNC_FOR_DEVICE) |
			      BIT(DMABENCH_PHASE_SYNC_FOR_CPU);
}

/**
 * dmabench_buffer_unmap() - undo the mapping of dmabench_buffer_create()
 * @b:		buffer, or pattern of a lot
 */
void dmabench_buffer_unmap(struct dmabench_buffer *b)
{
	unsigned int i;

	if (!b->lot)
		unmap_one(b);
	for (i = 0; b->lot && i < b->batch; i++)
		unmap_one(&b->lot[i]);
}

/**
 * dmabench_buffer_destroy() - undo dmabench_buffer_create()
 * @b:		buffer, or pattern of a lot
 */
void dmabench_buffer_destroy(struct dmabench_buffer *b)
{
	if (b->lot) {
		free_lot(b, b->batch);
	} else {
		unmap_one(b);
		free_one(b);
	}
	free_side(b);
}
