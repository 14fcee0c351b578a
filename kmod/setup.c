// SPDX-License-Identifier: GPL-2.0
/* SETUP and TEARDOWN: from a description to a buffer that is ready, and back. */
#include <linux/dma-mapping.h>
#include <linux/nodemask.h>
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
	case DMABENCH_REASON_COHERENT_MASK:
	case DMABENCH_REASON_BEYOND_MASK:
	case DMABENCH_REASON_TRANSFER_FAILED:
		return -EIO;
	case DMABENCH_REASON_ABOVE_MAX_MAPPING:
	case DMABENCH_REASON_ABOVE_SOURCE_MAX:
	case DMABENCH_REASON_ABOVE_MAX_TRANSFER:
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
	case DMABENCH_REASON_ONE_CPU:
	case DMABENCH_REASON_NODE:
	case DMABENCH_REASON_ENGINE:
	case DMABENCH_REASON_TRANSFER_ALIGN:
	case DMABENCH_REASON_UNCACHED:
	case DMABENCH_REASON_NO_PROBES:
		return -EOPNOTSUPP;
	case DMABENCH_REASON_TARGET_BUSY:
	case DMABENCH_REASON_TRACED:
		return -EBUSY;
	case DMABENCH_REASON_NO_FUNCTION:
		return -ENOENT;
	case DMABENCH_REASON_LOCKED_DOWN:
	case DMABENCH_REASON_PRIVILEGE:
		return -EPERM;
	case DMABENCH_REASON_TRANSFER_TIMEOUT:
		return -ETIMEDOUT;
	case DMABENCH_REASON_DATA:
		return -EBADMSG;
	case DMABENCH_REASON_NONE:
		break;
	}
	return -EINVAL;
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

static int setup_check_ranges(const struct dmabench_setup *arg)
{
	if (arg->flags & ~DMABENCH_SETUP_SHARED)
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
	    arg->dirty > 100 || arg->cache_state > DMABENCH_CACHE_DIRTY ||
	    arg->transfer > DMABENCH_ENGINE_EDU ||
	    arg->ownership > DMABENCH_OWNERSHIP_NO_SYNC_FOR_DEVICE)
		return -EINVAL;
	/* Of lines that are in no cache, or all dirty, no share can be dirty. */
	if (arg->dirty && (arg->cache_state == DMABENCH_CACHE_COLD ||
			   arg->cache_state == DMABENCH_CACHE_DIRTY))
		return -EINVAL;
	if (arg->mask_bits && (arg->mask_bits < DMABENCH_MIN_MASK_BITS ||
			       arg->mask_bits > DMABENCH_MAX_MASK_BITS))
		return -EINVAL;
	if (arg->batch > DMABENCH_MAX_BATCH || arg->offset > DMABENCH_MAX_OFFSET ||
	    arg->unmap_cpu > DMABENCH_UNMAP_CPU_OTHER || arg->node > DMABENCH_MAX_NODE + 1)
		return -EINVAL;
	return 0;
}

/* Several buffers at a time, and another CPU to unmap them: both are of laps that map. */
static int setup_rounds(struct dmabench_buffer *b, struct dmabench_setup *arg)
{
	int cpu;

	b->batch = arg->batch ?: 1;
	b->unmap_other = arg->unmap_cpu == DMABENCH_UNMAP_CPU_OTHER;
	b->apart = b->prepared || b->batch > 1 || b->unmap_other;
	b->first = b;
	if (b->batch == 1 && !b->unmap_other)
		return 0;
	if (!b->strategy->round || b->map_every != 1)
		return -EINVAL;
	if (b->batch > 1 && (arg->mmap_mode || b->batch > DMABENCH_MAX_SIZE / b->size))
		return -EINVAL;
	if (!b->unmap_other)
		return 0;
	cpu = dmabench_other_cpu();
	if (cpu < 0)
		return cpu == -ENODEV ? dmabench_fail(b, DMABENCH_REASON_ONE_CPU) : cpu;
	arg->unmapped_on = cpu;
	return 0;
}

/* Where in a page, and on which node, memory of ours is: not that of the DMA API. */
static int setup_place(struct dmabench_buffer *b, const struct dmabench_setup *arg)
{
	b->offset = arg->offset;
	b->node = arg->node ? (int)arg->node - 1 : NUMA_NO_NODE;
	if (b->offset && (!b->strategy->sources || arg->mmap_mode))
		return -EINVAL;
	if (!arg->node)
		return 0;
	if (!b->strategy->sources || b->source == DMABENCH_SOURCE_USER)
		return -EINVAL;
	if (b->node >= MAX_NUMNODES || !node_state(b->node, N_MEMORY))
		return dmabench_fail(b, DMABENCH_REASON_NODE);
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
static int setup_describe(struct dmabench_buffer *b, struct dmabench_setup *arg)
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
	if ((arg->touch || arg->dirty || arg->cache_state) && !ops->touch)
		return -EINVAL;
	/* What a lap allocates is not there before it. */
	if ((arg->dirty || arg->cache_state) && arg->map_every && ops->unmap_frees)
		return -EINVAL;

	b->size = arg->buf_size;
	b->map_every = arg->map_every;
	b->sync_every = arg->sync_every;
	b->sync_offset = arg->sync_offset;
	b->sync_bytes = arg->sync_bytes ?: arg->buf_size - arg->sync_offset;
	b->touch = arg->touch;
	b->touch_bytes = arg->touch_bytes ?: arg->buf_size;
	b->dirty = arg->dirty;
	b->cache_state = arg->cache_state;
	if (b->cache_state == DMABENCH_CACHE_DIRTY) {
		b->cache_state = DMABENCH_CACHE_AS_IS;
		b->dirty = 100;
	}
	b->prepared = b->dirty || b->cache_state;
	b->dir = (enum dma_data_direction)arg->direction;

	if (ops->sync_for_cpu && !ops->sync_always && b->sync_bytes != b->size &&
	    !(b->strategy->flags & DMABENCH_STRATEGY_RANGED_SYNC))
		return dmabench_fail(b, DMABENCH_REASON_PARTIAL_SYNC);
	err = setup_rounds(b, arg);
	if (err)
		return err;
	err = setup_source(b, arg);
	if (err)
		return err;
	err = setup_place(b, arg);
	if (err)
		return err;
	err = setup_mmap_mode(b, arg);
	if (err)
		return err;
	return dmabench_xfer_describe(b, arg);
}

/* Memory that no cache holds has no such state; which memory that is, the MMU knows. */
static int setup_cache_state(struct dmabench_buffer *b, const struct dmabench_setup *arg)
{
	const bool uncached = b->mmap_mode == DMABENCH_MMAP_WRITECOMBINE ||
			      b->mmap_mode == DMABENCH_MMAP_UNCACHED;

	if (arg->cache_state && (uncached || !dmabench_cached(b->lot ?: b)))
		return dmabench_fail(b, DMABENCH_REASON_UNCACHED);
	return 0;
}

/*
 * Whether it is the masks that were asked for that are to blame: does it work without them?
 * Who shares the target has masks in use, which must not change.
 */
static bool mask_is_to_blame(struct dmabench_context *ctx, const struct dmabench_setup *arg)
{
	struct dmabench_buffer trial = ctx->buf;
	u32 reason;

	/* What it makes for a batch is its own. */
	trial.first = &trial;
	if (!arg->mask_bits || (trial.reason != DMABENCH_REASON_MAP_FAILED &&
				trial.reason != DMABENCH_REASON_NO_MEMORY))
		return false;
	if (!dmabench_target_seclude(ctx) || dmabench_set_masks(trial.dev, 0, &reason))
		return false;
	if (dmabench_buffer_create(&trial))
		return false;
	dmabench_buffer_destroy(&trial);
	return true;
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
	ctx->generation++;
	memset(b, 0, sizeof(*b));
	arg->reason = DMABENCH_REASON_NONE;
	arg->relation = DMABENCH_RELATION_NONE;
	arg->elided = 0;
	arg->source_used = DMABENCH_SOURCE_DEFAULT;
	arg->phys_addr = 0;
	arg->dma_addr = 0;
	arg->dma_mask = 0;
	arg->coherent_mask = 0;
	arg->unmapped_on = 0;

	err = setup_describe(b, arg);
	if (err)
		goto out;
	arg->source_used = b->source;
	err = dmabench_target_claim(ctx, arg->target, arg->flags & DMABENCH_SETUP_SHARED,
				    arg->mask_bits);
	if (err)
		goto out;
	b->dev = ctx->target->dev;
	arg->dma_mask = dma_get_mask(b->dev);
	arg->coherent_mask = b->dev->coherent_dma_mask;
	err = dmabench_buffer_create(b);
	if (!err) {
		err = setup_cache_state(b, arg);
		if (!err)
			err = dmabench_xfer_create(b);
		if (err)
			dmabench_buffer_destroy(b);
	}
	if (err) {
		if (mask_is_to_blame(ctx, arg))
			err = dmabench_fail(b, DMABENCH_REASON_BEYOND_MASK);
		dmabench_target_release(ctx);
		goto out;
	}
	dmabench_buffer_describe(b, arg);
	dmabench_xfer_device_side(b, arg->relation);
	if (b->map_every)
		dmabench_buffer_unmap(b);
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
	/* Better to lose the memory than to give it back while an engine may write to it. */
	if (!b->xfer.stuck) {
		dmabench_xfer_destroy(b);
		dmabench_buffer_destroy(b);
	}
	dmabench_target_release(ctx);
}
