// SPDX-License-Identifier: GPL-2.0
/* SETUP and TEARDOWN: from a description to a buffer that is ready, and back. */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "compat.h"
#include "lap.h"

/**
 * dmabench_fail() - say why something is not possible here
 * @b:		buffer
 * @reason:	why
 *
 * Return: the error that belongs to @reason, as the ABI header tells.
 */
int dmabench_fail(struct dmabench_buffer *b, enum dmabench_reason reason)
{
	b->reason = reason;
	switch (reason) {
	case DMABENCH_REASON_MAP_FAILED:
	case DMABENCH_REASON_DMA_MASK:
		return -EIO;
	case DMABENCH_REASON_ABOVE_MAX_MAPPING:
	case DMABENCH_REASON_ABOVE_SOURCE_MAX:
		return -ERANGE;
	case DMABENCH_REASON_NO_MEMORY:
	case DMABENCH_REASON_MEMLOCK:
		return -ENOMEM;
	case DMABENCH_REASON_USER_PAGES:
		return -EFAULT;
	case DMABENCH_REASON_SOURCE:
	case DMABENCH_REASON_MMAP_MODE:
	case DMABENCH_REASON_MMAP_ARCH:
	case DMABENCH_REASON_PARTIAL_SYNC:
		return -EOPNOTSUPP;
	case DMABENCH_REASON_TARGET_BUSY:
		return -EBUSY;
	case DMABENCH_REASON_NONE:
		break;
	}
	return -EINVAL;
}

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

/**
 * dmabench_ready() - ask for a buffer that is set up
 * @ctx:	context, locked
 *
 * A target that is going away waits for our lock.  Who notices first tears down, so
 * that all calls give -ENODEV as soon as one has.
 *
 * Return: 0, -ENODATA, or -ENODEV when its target took it away.
 */
int dmabench_ready(struct dmabench_context *ctx)
{
	if (ctx->ready && READ_ONCE(ctx->target->gone))
		dmabench_teardown(ctx, -ENODEV);
	if (ctx->gone)
		return -ENODEV;
	return ctx->ready ? 0 : -ENODATA;
}

static phys_addr_t buffer_phys(const struct dmabench_buffer *b)
{
	if (b->pages)
		return page_to_phys(b->pages[0]);
	if (is_vmalloc_addr(b->cpu))
		return PFN_PHYS(vmalloc_to_pfn(b->cpu)) + offset_in_page(b->cpu);
	return virt_to_phys(b->cpu);
}

/**
 * mapped_twice_alike() - map the first page of a mapped buffer a second time
 * @b:		mapped streaming buffer
 * @phys:	its physical address
 *
 * A bus offset is a function of the physical address, so it gives the same DMA
 * address again.  A bounce buffer is in use until it is unmapped, so a second mapping
 * gets another, or none.  The direction is to_device, which is the one that
 * DMA_API_DEBUG allows to be mapped twice at a time.
 *
 * Return: whether both have the same DMA address.
 */
static bool mapped_twice_alike(struct dmabench_buffer *b, phys_addr_t phys)
{
	size_t bytes = min_t(size_t, b->size, PAGE_SIZE - offset_in_page(phys));
	dma_addr_t dma;
	bool alike;

	dma = dma_map_page_attrs(b->dev, pfn_to_page(PHYS_PFN(phys)),
				 offset_in_page(phys), bytes, DMA_TO_DEVICE,
				 DMA_ATTR_SKIP_CPU_SYNC | DMA_ATTR_NO_WARN);
	if (dma_mapping_error(b->dev, dma))
		return false;
	alike = dma == b->dma;
	dma_unmap_page_attrs(b->dev, dma, bytes, DMA_TO_DEVICE,
			     DMA_ATTR_SKIP_CPU_SYNC);
	return alike;
}

/* How the DMA address of a mapped buffer follows from its physical address. */
static u32 buffer_relation(struct dmabench_buffer *b, phys_addr_t phys)
{
	struct iommu_domain *domain;

	if (b->dma == phys)
		return DMABENCH_RELATION_IDENTITY;

	/* An identity domain leads back to the DMA address, and translates nothing. */
	domain = iommu_get_domain_for_dev(b->dev);
	if (domain) {
		phys_addr_t to = iommu_iova_to_phys(domain, b->dma);

		if (PHYS_PFN(to) == PHYS_PFN(phys))
			return DMABENCH_RELATION_IOMMU;
		if (to != b->dma)
			return DMABENCH_RELATION_BOUNCED;
	}

	/* DMA memory is allocated within reach of the device. */
	if (!b->strategy->sources || mapped_twice_alike(b, phys))
		return DMABENCH_RELATION_OFFSET;
	return DMABENCH_RELATION_BOUNCED;
}

static int setup_check_ranges(const struct dmabench_setup *arg)
{
	if (arg->flags)
		return -EINVAL;
	if (arg->buf_size < DMABENCH_MIN_SIZE || arg->buf_size > DMABENCH_MAX_SIZE)
		return -EINVAL;
	if (arg->map_every > DMABENCH_MAX_EVERY || arg->sync_every > DMABENCH_MAX_EVERY)
		return -EINVAL;
	if (arg->touch_bytes > arg->buf_size)
		return -EINVAL;
	if (arg->sync_offset >= arg->buf_size ||
	    arg->sync_bytes > arg->buf_size - arg->sync_offset)
		return -EINVAL;
	if (arg->direction > DMABENCH_FROM_DEVICE ||
	    arg->source > DMABENCH_SOURCE_USER ||
	    arg->touch > DMABENCH_TOUCH_COPY ||
	    arg->mmap_mode > DMABENCH_MMAP_COHERENT ||
	    arg->dirty > 100 || arg->reserved)
		return -EINVAL;
	return 0;
}

static int setup_source(struct dmabench_buffer *b, const struct dmabench_setup *arg)
{
	b->source = arg->source;
	if (arg->source == DMABENCH_SOURCE_DEFAULT) {
		b->source = b->strategy->default_source;
		/* What a user maps has to be whole pages. */
		if (arg->mmap_mode && b->strategy->sources & BIT(DMABENCH_SOURCE_PAGES))
			b->source = DMABENCH_SOURCE_PAGES;
	} else if (!(b->strategy->sources & BIT(arg->source))) {
		return dmabench_fail(b, DMABENCH_REASON_SOURCE);
	}
	if (b->source != DMABENCH_SOURCE_USER)
		return arg->user_addr ? -EINVAL : 0;
	if (!PAGE_ALIGNED(arg->user_addr))
		return -EINVAL;
	b->user_addr = arg->user_addr;
	if (b->user_addr != arg->user_addr)
		return dmabench_fail(b, DMABENCH_REASON_USER_PAGES);
	return 0;
}

static int setup_mmap_mode(struct dmabench_buffer *b, const struct dmabench_setup *arg)
{
	const struct dmabench_strategy *strategy = b->strategy;

	b->mmap_mode = arg->mmap_mode;
	if (arg->mmap_mode == DMABENCH_MMAP_NONE)
		return 0;
	if (!(strategy->mmap_modes & BIT(arg->mmap_mode)))
		return dmabench_fail(b, DMABENCH_REASON_MMAP_MODE);
	if (!(dmabench_mmap_modes_here(strategy) & BIT(arg->mmap_mode)))
		return dmabench_fail(b, DMABENCH_REASON_MMAP_ARCH);
	if (strategy->sources && b->source != DMABENCH_SOURCE_PAGES)
		return dmabench_fail(b, DMABENCH_REASON_MMAP_MODE);
	/* DMA memory that comes and goes with the laps cannot stay mapped. */
	if (!strategy->sources && arg->map_every)
		return -EINVAL;
	return 0;
}

/* Take over what user space asks for, as far as it is possible. */
static int setup_describe(struct dmabench_buffer *b, const struct dmabench_setup *arg)
{
	const struct dmabench_lap_ops *ops;
	int err;

	err = setup_check_ranges(arg);
	if (err)
		return err;
	b->strategy = dmabench_strategy_get(arg->strategy);
	if (!b->strategy)
		return -EINVAL;
	ops = b->strategy->ops;
	if ((arg->touch || arg->dirty) && !ops->touch)
		return -EINVAL;
	/* What a lap allocates is not there before it. */
	if (arg->dirty && arg->map_every && ops->unmap_frees)
		return -EINVAL;

	b->size = arg->buf_size;
	b->map_every = arg->map_every;
	b->sync_every = arg->sync_every;
	b->sync_offset = arg->sync_offset;
	b->sync_bytes = arg->sync_bytes ?: arg->buf_size - arg->sync_offset;
	b->touch = arg->touch;
	b->touch_bytes = arg->touch_bytes ?: arg->buf_size;
	b->dirty = arg->dirty;
	b->dir = (enum dma_data_direction)arg->direction;

	if (ops->sync_for_cpu && !ops->sync_always && b->sync_bytes != b->size &&
	    !(b->strategy->flags & DMABENCH_STRATEGY_RANGED_SYNC))
		return dmabench_fail(b, DMABENCH_REASON_PARTIAL_SYNC);
	err = setup_source(b, arg);
	if (err)
		return err;
	return setup_mmap_mode(b, arg);
}

static int buffer_map(struct dmabench_buffer *b)
{
	int err = b->strategy->ops->map(b);

	if (err)
		return dmabench_fail(b, err == -ENOMEM ? DMABENCH_REASON_NO_MEMORY :
							 DMABENCH_REASON_MAP_FAILED);
	b->mapped = true;
	return 0;
}

static void buffer_unmap(struct dmabench_buffer *b)
{
	if (b->mapped)
		b->strategy->ops->unmap(b);
	b->mapped = false;
}

static void buffer_destroy(struct dmabench_buffer *b)
{
	/* Better to lose the memory than to give it back with a foreign memory type. */
	if (!dmabench_mmap_unprepare(b))
		return;
	if (b->strategy->destroy)
		b->strategy->destroy(b);
}

/* Allocate the buffer and map it once, which tells where it is. */
static int buffer_create(struct dmabench_buffer *b, struct dmabench_setup *arg)
{
	const struct dmabench_strategy *strategy = b->strategy;
	phys_addr_t phys;
	int err;

	if (dmabench_set_mask(b->dev))
		return dmabench_fail(b, DMABENCH_REASON_DMA_MASK);
	arg->dma_mask = dma_get_mask(b->dev);
	if (!strategy->sources && b->mmap_mode && !dma_can_mmap(b->dev))
		return dmabench_fail(b, DMABENCH_REASON_MMAP_ARCH);

	if (strategy->create) {
		err = strategy->create(b);
		if (err)
			return err;
	}
	err = dmabench_mmap_prepare(b);
	if (err)
		goto err_destroy;
	if (b->touch == DMABENCH_TOUCH_COPY) {
		b->side = kvzalloc(b->touch_bytes, GFP_KERNEL);
		if (!b->side) {
			err = dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
			goto err_destroy;
		}
	}
	if (!strategy->ops->map)
		return 0;
	err = buffer_map(b);
	if (err)
		goto err_free_side;

	phys = buffer_phys(b);
	arg->phys_addr = phys;
	arg->dma_addr = b->dma;
	arg->relation = buffer_relation(b, phys);
	/* After mapping: the first bounced mapping is what ends the elision. */
	if (!strategy->ops->sync_always && !strategy->plain &&
	    dmabench_sync_elided(b->dev))
		arg->elided = BIT(DMABENCH_PHASE_SYNC_FOR_DEVICE) |
			      BIT(DMABENCH_PHASE_SYNC_FOR_CPU);
	if (b->map_every)
		buffer_unmap(b);
	return 0;

err_free_side:
	kvfree(b->side);
err_destroy:
	buffer_destroy(b);
	return err;
}

/**
 * dmabench_setup() - make a buffer ready, in place of the one before
 * @ctx:	context, locked
 * @arg:	what to make; takes the answers
 *
 * Return: 0 or an error, with arg->reason set; then nothing is set up.
 */
int dmabench_setup(struct dmabench_context *ctx, struct dmabench_setup *arg)
{
	struct dmabench_buffer *b = &ctx->buf;
	int err;

	dmabench_teardown(ctx, -ENODATA);
	memset(b, 0, sizeof(*b));
	arg->reason = DMABENCH_REASON_NONE;
	arg->relation = DMABENCH_RELATION_NONE;
	arg->elided = 0;
	arg->source_used = DMABENCH_SOURCE_DEFAULT;
	arg->phys_addr = 0;
	arg->dma_addr = 0;
	arg->dma_mask = 0;

	err = setup_describe(b, arg);
	if (err)
		goto out;
	arg->source_used = b->source;
	err = dmabench_target_claim(ctx, arg->target);
	if (err) {
		if (err == -EBUSY)
			dmabench_fail(b, DMABENCH_REASON_TARGET_BUSY);
		goto out;
	}
	b->dev = ctx->target->dev;
	err = buffer_create(b, arg);
	if (err) {
		dmabench_target_release(ctx);
		goto out;
	}
	ctx->ready = true;
	dmabench_mmap_allow(ctx);
out:
	arg->reason = b->reason;
	return err;
}

/**
 * dmabench_teardown() - free the buffer, if there is one
 * @ctx:	context, locked
 * @map_error:	what mmap() and, as -ENODEV, the other calls are to return from now on
 */
void dmabench_teardown(struct dmabench_context *ctx, int map_error)
{
	struct dmabench_buffer *b = &ctx->buf;

	dmabench_mmap_revoke(ctx, map_error);
	ctx->gone = map_error == -ENODEV;
	if (!ctx->ready)
		return;
	ctx->ready = false;
	buffer_unmap(b);
	kvfree(b->side);
	buffer_destroy(b);
	dmabench_target_release(ctx);
}
