// SPDX-License-Identifier: GPL-2.0
/* RUN, SYNC and CLOCK: what is timed, and the clock that times it. */
#include <linux/math64.h>
#include <linux/moduleparam.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include "lap.h"
#include "model_mark.h"

/* Between groups a run gives way, so a group is bounded both in bytes and in laps. */
#define GROUP_BYTES	SZ_16M
#define GROUP_LAPS	1024

#define MAX_CLOCK_READS	1000000

#define MAX_SLOWDOWN_PCT	1000U

static unsigned int inject_slowdown_pct;
module_param(inject_slowdown_pct, uint, 0600);
MODULE_PARM_DESC(inject_slowdown_pct,
		 "percent by which to make laps slower, to see whether a comparison finds it (default: 0)");

int dmabench_clock(struct dmabench_clock *arg)
{
	u64 first, last, min_step = U64_MAX, zero_steps = 0;
	u64 i;

	if (arg->reserved || arg->reads < 2 || arg->reads > MAX_CLOCK_READS)
		return -EINVAL;
	first = ktime_get_raw_fast_ns();
	last = first;
	for (i = 1; i < arg->reads; i++) {
		u64 now = ktime_get_raw_fast_ns();
		u64 step = now - last;

		if (!step)
			zero_steps++;
		else if (step < min_step)
			min_step = step;
		last = now;
	}
	arg->total_ns = last - first;
	arg->min_step_ns = min_step == U64_MAX ? 0 : min_step;
	arg->zero_steps = zero_steps;
	return 0;
}

static void touch_read(const void *p, size_t bytes)
{
	const u64 *word = p;
	const u8 *byte;
	size_t i;

	for (i = 0; i < bytes / sizeof(*word); i++)
		(void)READ_ONCE(word[i]);
	byte = (const u8 *)&word[i];
	for (i = 0; i < bytes % sizeof(*word); i++)
		(void)READ_ONCE(byte[i]);
}

static void touch_write(void *p, size_t bytes)
{
	u64 *word = p;
	u8 *byte;
	size_t i;

	for (i = 0; i < bytes / sizeof(*word); i++)
		WRITE_ONCE(word[i], i);
	byte = (u8 *)&word[i];
	for (i = 0; i < bytes % sizeof(*word); i++)
		WRITE_ONCE(byte[i], i);
}

/* @at: where in the buffer @p is */
static void touch_range(struct dmabench_buffer *b, void *p, void *side, size_t bytes,
			size_t at)
{
	switch (b->touch) {
	case DMABENCH_TOUCH_READ:
		touch_read(p, bytes);
		break;
	case DMABENCH_TOUCH_WRITE:
		if (b->xfer.engine)
			dmabench_xfer_produce(b, p, bytes, at);
		else
			touch_write(p, bytes);
		break;
	case DMABENCH_TOUCH_COPY:
		if (b->dir == DMA_TO_DEVICE)
			memcpy(p, side, bytes);
		else
			memcpy(side, p, bytes);
		break;
	}
}

/**
 * dmabench_touch() - access the buffer as its consumer would
 * @b:		buffer, owned by the CPU
 */
void dmabench_touch(struct dmabench_buffer *b)
{
	void *memory = b->plain ?: b->cpu;
	size_t left = b->touch_bytes;
	void *side = b->side;
	unsigned int i;

	if (memory) {
		touch_range(b, memory, side, left, 0);
		return;
	}
	for (i = 0; left; i++) {
		size_t bytes = min_t(size_t, left, PAGE_SIZE);

		touch_range(b, page_address(b->pages[i]), side, bytes, i * PAGE_SIZE);
		if (side)
			side += bytes;
		left -= bytes;
	}
}

static u64 run_group(struct dmabench_buffer *b, struct dmabench_batch *s, u64 laps,
		     struct dmabench_hist *hist)
{
	if (b->xfer.engine)
		return dmabench_laps_xfer(b, s, laps, hist);
	if (b->apart)
		return dmabench_laps_apart(b, s, laps, hist);
	if (hist)
		return b->strategy->stamped(b, s, laps, hist);
	return b->strategy->mean(b, s, laps);
}

/*
 * How much slower to be.  Not null: it calls nothing of the DMA API, so that it tells a slower
 * API from a slower machine.  Not where laps are timed one by one.
 */
static unsigned int slowdown_pct(const struct dmabench_buffer *b)
{
	if (b->prepared || b->unmap_other || b->xfer.engine || b->strategy->id == DMABENCH_NULL)
		return 0;
	return min(READ_ONCE(inject_slowdown_pct), MAX_SLOWDOWN_PCT);
}

static noinline void slow_down(u64 since, unsigned int percent)
{
	u64 now = ktime_get_raw_fast_ns();
	u64 end = now + div_u64((now - since) * percent, 100);

	while (ktime_get_raw_fast_ns() < end)
		cpu_relax();
}

/* How many laps to run before giving way: whole rounds of a batch. */
static noinline u64 group_of(const struct dmabench_buffer *b)
{
	u64 laps = clamp_t(u64, GROUP_BYTES / b->size, 1, GROUP_LAPS);

	if (b->xfer.engine)
		return 1;
	return max_t(u64, laps - laps % b->batch, b->batch);
}

static noinline int find_other_cpu(struct dmabench_buffer *b)
{
	b->other_cpu = dmabench_other_cpu();
	if (b->other_cpu == -ENODEV)
		return dmabench_fail(b, DMABENCH_REASON_ONE_CPU);
	return min(b->other_cpu, 0);
}

/**
 * dmabench_run() - execute laps
 * @ctx:	context, locked
 * @arg:	how many; takes the answers
 * @hist:	zeroed histograms by phase for a stamped run, otherwise NULL
 *
 * Return: 0 or an error, with arg->reason set and arg->laps_done laps completed.
 */
int dmabench_run(struct dmabench_context *ctx, struct dmabench_run *arg,
		 struct dmabench_hist *hist)
{
	struct dmabench_buffer *b = &ctx->buf;
	struct dmabench_batch s = {
		.map_left = b->map_every ? 0 : U64_MAX,
		.sync_left = b->sync_every ? 1 : U64_MAX,
	};
	u64 group, start, since, done = 0;
	unsigned int slower;
	int err;

	err = dmabench_ready(ctx);
	if (err)
		return err;
	slower = slowdown_pct(b);
	b->reason = DMABENCH_REASON_NONE;
	if (b->unmap_other) {
		err = find_other_cpu(b);
		arg->reason = b->reason;
		if (err)
			return err;
	}
	group = group_of(b);

	dmabench_mark_begin();
	start = ktime_get_raw_fast_ns();
	since = start;
	while (done < arg->laps) {
		done += run_group(b, &s, min(group, arg->laps - done), hist);
		if (unlikely(slower)) {
			slow_down(since, slower);
			since = ktime_get_raw_fast_ns();
		}
		err = s.error;
		if (err || done == arg->laps)
			break;
		if (READ_ONCE(ctx->target->gone)) {
			err = -ENODEV;
			break;
		}
		if (signal_pending(current)) {
			err = -EINTR;
			break;
		}
		cond_resched();
	}
	arg->total_ns = ktime_get_raw_fast_ns() - start;
	dmabench_mark_end();
	if (b->prepared || b->unmap_other || b->xfer.engine)
		arg->total_ns = max_t(s64, s.ns, 0);
	arg->laps_done = done;

	/* The batch may have ended within a mapping. */
	if (b->map_every && s.map_left && b->strategy->ops->unmap && !b->xfer.stuck)
		b->strategy->ops->unmap(b);
	/* A transfer has told its reason, or has none: the target is gone, a signal came. */
	if (b->xfer.engine && (b->reason || s.error == -ENODEV || s.error == -EINTR))
		err = s.error;
	else if (s.error)
		err = dmabench_fail(b, s.error == -ENOMEM ? DMABENCH_REASON_NO_MEMORY :
				       s.error == -ENODEV ? DMABENCH_REASON_ONE_CPU :
							    DMABENCH_REASON_MAP_FAILED);
	arg->reason = b->reason;
	if (err == -ENODEV)
		dmabench_teardown(ctx, -ENODEV);
	return err;
}

static void sync_whole(struct dmabench_buffer *b, enum dmabench_sync_op op)
{
	const struct dmabench_lap_ops *ops = b->strategy->ops;

	if (op == DMABENCH_SYNC_FOR_CPU && ops->sync_for_cpu)
		ops->sync_for_cpu(b, 0, b->size);
	else if (op == DMABENCH_SYNC_FOR_DEVICE && ops->sync_for_device)
		ops->sync_for_device(b, 0, b->size);
}

/**
 * dmabench_sync_generation() - pass ownership of a buffer, if it is still there
 * @ctx:	context, not locked
 * @generation:	which of its buffers
 * @op:		to whom
 *
 * Return: 0, also when there is nothing mapped that could be synced, or -EINTR.
 */
int dmabench_sync_generation(struct dmabench_context *ctx, u64 generation,
			     enum dmabench_sync_op op)
{
	int err = mutex_lock_interruptible(&ctx->lock);

	if (err)
		return err;
	if (ctx->ready && ctx->generation == generation && ctx->buf.mapped)
		sync_whole(&ctx->buf, op);
	mutex_unlock(&ctx->lock);
	return 0;
}

/**
 * dmabench_sync() - pass ownership of the buffer on behalf of user space
 * @ctx:	context, locked
 * @arg:	to whom, and which bytes
 *
 * Return: 0, -ENODATA, -ENODEV, -EINVAL, or -EOPNOTSUPP for a range where the API has
 * none.
 */
int dmabench_sync(struct dmabench_context *ctx, const struct dmabench_sync *arg)
{
	struct dmabench_buffer *b = &ctx->buf;
	const struct dmabench_lap_ops *ops;
	size_t bytes;
	int err;

	err = dmabench_ready(ctx);
	if (err)
		return err;
	if (b->map_every || arg->offset >= b->size || arg->bytes > b->size - arg->offset)
		return -EINVAL;
	bytes = arg->bytes ?: b->size - arg->offset;
	ops = b->strategy->ops;
	if (bytes != b->size && ops->sync_for_cpu && !ops->sync_always &&
	    !(b->strategy->flags & DMABENCH_STRATEGY_RANGED_SYNC))
		return -EOPNOTSUPP;

	switch (arg->op) {
	case DMABENCH_SYNC_FOR_CPU:
		if (ops->sync_for_cpu)
			ops->sync_for_cpu(b, arg->offset, bytes);
		return 0;
	case DMABENCH_SYNC_FOR_DEVICE:
		if (ops->sync_for_device)
			ops->sync_for_device(b, arg->offset, bytes);
		return 0;
	}
	return -EINVAL;
}
