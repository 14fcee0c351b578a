// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers: the laps in which a device really moves the data, each with data of its own that
 * are checked afterwards.  What moves them is in xfer_dmaengine.c and xfer_edu.c.
 */
#include <linux/dma-mapping.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <asm/barrier.h>
#include "compat.h"
#include "lap.h"
#include "model_mark.h"

#define WORD	sizeof(u64)

/* What 8 bytes of the data hold: which data they are of, and where in them they belong. */
static u64 pattern_word(u32 seed, size_t at)
{
	return (u64)(at / WORD) << 32 | seed;
}

static void pattern_fill(void *p, size_t bytes, u32 seed, size_t at)
{
	u64 word;

	for (; bytes >= WORD; bytes -= WORD, p += WORD, at += WORD)
		put_unaligned(pattern_word(seed, at), (u64 *)p);
	word = pattern_word(seed, at);
	memcpy(p, &word, bytes);
}

/**
 * struct check - what the receiver was found to have
 * @seed:	the data that it should have
 * @stale:	there are data of before
 * @wrong:	there is something else
 * @result:	takes the first difference
 */
struct check {
	u32 seed;
	bool stale;
	bool wrong;
	struct dmabench_transfers *result;
};

static void check_differs(struct check *c, size_t at, u64 expected, u64 found, size_t bytes)
{
	/* An incomplete word has lost its place. */
	const bool whole = bytes == WORD;
	const u32 seed = whole ? lower_32_bits(found) : found & (BIT_ULL(8 * bytes) - 1);
	const bool stale = seed && seed < c->seed &&
			   (!whole || upper_32_bits(found) == upper_32_bits(expected));

	if ((!c->stale && !c->wrong) || (!stale && !c->wrong)) {
		c->result->offset = at;
		c->result->expected = expected;
		c->result->found = found;
	}
	if (stale)
		c->stale = true;
	else
		c->wrong = true;
}

static void pattern_check(struct check *c, const void *p, size_t bytes, size_t at)
{
	u64 word, found = 0;

	for (; bytes >= WORD; bytes -= WORD, p += WORD, at += WORD) {
		word = pattern_word(c->seed, at);
		found = get_unaligned((const u64 *)p);
		if (unlikely(found != word))
			check_differs(c, at, word, found, WORD);
	}
	if (!bytes)
		return;
	word = pattern_word(c->seed, at);
	found = 0;
	memcpy(&found, p, bytes);
	/* the first bytes of the word, wherever the machine keeps them */
	if (memcmp(&found, &word, bytes)) {
		u64 expected = 0;

		memcpy(&expected, &word, bytes);
		check_differs(c, at, expected, found, bytes);
	}
}

/* The CPU's side of the buffer at an offset, and how much of it is in one piece. */
static void *cpu_at(const struct dmabench_buffer *b, size_t offset, size_t *bytes)
{
	void *memory = b->plain ?: b->cpu;

	if (memory)
		return memory + offset;
	*bytes = min_t(size_t, *bytes, PAGE_SIZE - offset_in_page(offset));
	return page_address(b->pages[offset >> PAGE_SHIFT]) + offset_in_page(offset);
}

/**
 * dmabench_xfer_pieces() - get the pieces of the buffer as the device sees them
 * @b:		mapped buffer
 * @sgl:	takes their list; NULL: it is in one piece, at b->dma
 *
 * Return: how many.
 */
unsigned int dmabench_xfer_pieces(const struct dmabench_buffer *b, struct scatterlist **sgl)
{
	const struct sg_table *sgt = b->noncontiguous ?: b->sgt.sgl ? &b->sgt : NULL;

	*sgl = sgt ? sgt->sgl : NULL;
	return sgt ? sgt->nents : 1;
}

static void cpu_fill(struct dmabench_buffer *b, u32 seed)
{
	size_t at, bytes;

	for (at = 0; at < b->xfer.bytes; at += bytes) {
		bytes = b->xfer.bytes - at;
		pattern_fill(cpu_at(b, b->xfer.offset + at, &bytes), bytes, seed, at);
	}
}

static void cpu_check(struct dmabench_buffer *b, struct check *c)
{
	size_t at, bytes;

	for (at = 0; at < b->xfer.bytes; at += bytes) {
		void *p;

		bytes = b->xfer.bytes - at;
		p = cpu_at(b, b->xfer.offset + at, &bytes);
		pattern_check(c, p, bytes, at);
	}
}

/**
 * dmabench_xfer_produce() - the CPU's part of a transfer to the device, timed as touch
 * @b:		buffer
 * @p:		part of it
 * @bytes:	to be written
 * @at:		where in the buffer @p is
 */
void dmabench_xfer_produce(struct dmabench_buffer *b, void *p, size_t bytes, size_t at)
{
	pattern_fill(p, bytes, b->xfer.seed, at - b->xfer.offset);
}

static bool ownership_can_be(const struct dmabench_buffer *b, u32 ownership)
{
	if (ownership == DMABENCH_OWNERSHIP_SYNCED)
		return true;
	if (b->map_every || b->sync_every != 1 || b->strategy->ops->sync_always ||
	    b->strategy->plain)
		return false;
	return b->dir == (ownership == DMABENCH_OWNERSHIP_NO_SYNC_FOR_CPU ? DMA_FROM_DEVICE :
									    DMA_TO_DEVICE);
}

/**
 * dmabench_xfer_describe() - take over which transfers user space asks for
 * @b:		buffer, described but for this
 * @arg:	of which the ranges have been checked
 *
 * Return: 0 or -EINVAL.
 */
int dmabench_xfer_describe(struct dmabench_buffer *b, const struct dmabench_setup *arg)
{
	const struct dmabench_lap_ops *ops = b->strategy->ops;
	struct dmabench_xfer *x = &b->xfer;

	if (!arg->transfer)
		return arg->ownership ? -EINVAL : 0;
	/* One buffer at a time, and the engine is not to be shared. */
	if (b->batch > 1 || b->unmap_other || arg->flags & DMABENCH_SETUP_SHARED)
		return -EINVAL;
	/* Stores would spoil the data that are there before the lap. */
	if (b->dirty && b->cache_state)
		return -EINVAL;
	x->wanted = arg->transfer;
	if (!ops->touch || b->dir == DMA_BIDIRECTIONAL || (ops->unmap_frees && b->map_every))
		return -EINVAL;
	if (b->touch == DMABENCH_TOUCH_WRITE && b->dir == DMA_FROM_DEVICE)
		return -EINVAL;
	x->sync_each = ops->sync_always || b->sync_every == 1;
	if (!x->sync_each && !(ops->map_syncs && b->map_every == 1 && !b->sync_every))
		return -EINVAL;
	if (!ownership_can_be(b, arg->ownership))
		return -EINVAL;
	x->sync_for_cpu = arg->ownership != DMABENCH_OWNERSHIP_NO_SYNC_FOR_CPU;
	x->sync_for_device = arg->ownership != DMABENCH_OWNERSHIP_NO_SYNC_FOR_DEVICE;
	x->bytes = b->size;
	if (x->sync_each && !ops->sync_always) {
		x->offset = b->sync_offset;
		x->bytes = b->sync_bytes;
	}
	return IS_ALIGNED(x->offset, WORD) ? 0 : -EINVAL;
}

/**
 * dmabench_xfer_engine() - ask whether the target has what is to move the data
 * @b:		described buffer
 * @target:	about to be claimed for it
 * @mask_bits:	width of the masks, 0: any memory; no more than the engine has afterwards
 *
 * Return: 0 or an error, with the reason set.
 */
int dmabench_xfer_engine(struct dmabench_buffer *b, struct dmabench_target *target,
			 u32 *mask_bits)
{
	const struct dmabench_engine_ops *engine = target->engine;

	if (!b->xfer.wanted)
		return 0;
	if (!engine || engine->id != b->xfer.wanted)
		return dmabench_fail(b, DMABENCH_REASON_ENGINE);
	if (b->xfer.bytes > engine->max_bytes)
		return dmabench_fail(b, DMABENCH_REASON_ABOVE_MAX_TRANSFER);
	b->xfer.engine = engine;
	b->xfer.target = target;
	*mask_bits = min_not_zero(*mask_bits, engine->mask_bits);
	return 0;
}

/**
 * dmabench_xfer_destroy() - free the other end
 * @b:		buffer that no engine works on
 */
void dmabench_xfer_destroy(struct dmabench_buffer *b)
{
	struct dmabench_xfer *x = &b->xfer;

	if (x->peer)
		dma_free_coherent(b->dev, x->bytes, x->peer, x->peer_dma);
	x->peer = NULL;
}

/*
 * The first data of a buffer that has just been mapped are what a lap finds that misses a sync:
 * data of before, where nothing else would tell that it has found anything.
 */
static void xfer_begin(struct dmabench_buffer *b)
{
	const struct dmabench_lap_ops *ops = b->strategy->ops;
	struct dmabench_xfer *x = &b->xfer;

	x->seed = 1;
	pattern_fill(x->peer, x->bytes, x->seed, 0);
	if (b->map_every)
		return;
	if (ops->sync_for_cpu)
		ops->sync_for_cpu(b, b->sync_offset, b->sync_bytes);
	cpu_fill(b, x->seed);
	if (ops->sync_for_device)
		ops->sync_for_device(b, b->sync_offset, b->sync_bytes);
}

/**
 * dmabench_xfer_create() - allocate the other end, and put the first data into both
 * @b:		mapped buffer; any or no transfers
 *
 * Return: 0 or an error, with the reason set.
 */
int dmabench_xfer_create(struct dmabench_buffer *b)
{
	struct dmabench_xfer *x = &b->xfer;
	int err;

	if (!x->engine)
		return 0;
	x->peer = dma_alloc_coherent(b->dev, x->bytes, &x->peer_dma,
				     GFP_KERNEL | __GFP_NOWARN);
	if (!x->peer)
		return dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
	xfer_begin(b);
	err = x->engine->check ? x->engine->check(b) : 0;
	if (err)
		dmabench_xfer_destroy(b);
	return err;
}

/* Fresh data for the sender. */
static int xfer_fill(struct dmabench_buffer *b)
{
	struct dmabench_xfer *x = &b->xfer;

	/* What this stores must not be in the data; other states of caches are not in the way. */
	if (b->dirty)
		dmabench_prepare(b);
	x->seed++;
	if (b->dir == DMA_TO_DEVICE) {
		cpu_fill(b, x->seed);
		if (b->side)
			pattern_fill(b->side, b->touch_bytes, x->seed, 0 - x->offset);
		return 0;
	}
	pattern_fill(x->peer, x->bytes, x->seed, 0);
	dma_wmb();
	return x->engine->send ? x->engine->send(b) : 0;
}

/* What a lap finds: the data, and caches as they are to be. */
static int xfer_prepare(struct dmabench_buffer *b)
{
	int err;

	if (b->xfer.stuck)
		return dmabench_fail(b, DMABENCH_REASON_TRANSFER_TIMEOUT);
	err = xfer_fill(b);
	if (!err && b->cache_state)
		dmabench_prepare(b);
	return err;
}

/* What has the receiver got? */
static int xfer_check(struct dmabench_buffer *b)
{
	struct dmabench_xfer *x = &b->xfer;
	struct check c = { .seed = x->seed, .result = &x->result };
	int err = 0;

	if (b->dir == DMA_TO_DEVICE) {
		if (x->engine->receive)
			err = x->engine->receive(b);
		if (err)
			return err;
		dma_rmb();
		pattern_check(&c, x->peer, x->bytes, 0);
	} else {
		cpu_check(b, &c);
	}
	if (c.wrong)
		x->result.wrong++;
	else if (c.stale)
		x->result.stale++;
	else
		x->result.fresh++;
	if (c.wrong || (c.stale && x->sync_for_cpu && x->sync_for_device))
		return dmabench_fail(b, DMABENCH_REASON_DATA);
	return 0;
}

/**
 * dmabench_laps_xfer() - complete laps with a transfer each
 * @b:		buffer
 * @s:		in and out: where the batch stands; s->ns is timed here
 * @laps:	how many
 * @hist:	by phase, for a stamped run, otherwise NULL
 *
 * As filling and checking are no part of a lap, the clock is read around each lap, and what
 * a reading costs is taken off.
 *
 * Return: laps completed and found right; fewer than @laps if s->error is set.
 */
u64 dmabench_laps_xfer(struct dmabench_buffer *b, struct dmabench_batch *s, u64 laps,
		       struct dmabench_hist *hist)
{
	u64 before, start, end, done;

	for (done = 0; done < laps; done++) {
		dmabench_mark_aside();
		s->error = xfer_prepare(b);
		dmabench_mark_back();
		if (s->error)
			break;
		before = ktime_get_raw_fast_ns();
		start = ktime_get_raw_fast_ns();
		s->error = b->strategy->transfer(b, s, hist);
		end = ktime_get_raw_fast_ns();
		if (s->error)
			break;
		s->ns += (end - start) - (start - before);
		dmabench_mark_aside();
		s->error = xfer_check(b);
		dmabench_mark_back();
		if (s->error)
			break;
	}
	return done;
}

/* Whether the lab's timing model watches this machine. */
static bool model_watches(void)
{
	/* It writes within one page. */
	static struct dmabench_model_counters counters
		__aligned(sizeof(struct dmabench_model_counters));

	dmabench_mark_read(&counters);
	return READ_ONCE(counters.watched);
}

/**
 * dmabench_xfer_device_side() - decide what a timing model is to be told of the transfers
 * @b:		mapped buffer; any or no transfers
 * @relation:	enum dmabench_relation of its DMA address
 *
 * A device that does not snoop leaves caches alone.  Of one that does, the model has to know
 * what memory it writes; of a bounce buffer that is known where DMA addresses are physical.
 */
void dmabench_xfer_device_side(struct dmabench_buffer *b, u32 relation)
{
	struct dmabench_xfer *x = &b->xfer;

	x->bounced = relation == DMABENCH_RELATION_BOUNCED;
	if (!x->engine || !model_watches())
		return;
	if (!dmabench_dev_coherent(b->dev))
		x->device_side = DMABENCH_DEVICE_BYPASSED;
	else if (!x->bounced || (IS_ENABLED(CONFIG_X86) && !dmabench_translates(b->dev)))
		x->device_side = DMABENCH_DEVICE_SNOOPED;
}

/**
 * dmabench_xfer_snooped() - tell the timing model that the device has written
 * @b:		buffer after a transfer
 *
 * What a device reads is snooped out of the caches, which may keep it.
 */
void dmabench_xfer_snooped(struct dmabench_buffer *b)
{
	struct dmabench_xfer *x = &b->xfer;
	struct scatterlist *sgl, *sg;
	size_t at, bytes;
	unsigned int i, nr;

	if (b->dir != DMA_FROM_DEVICE)
		return;
	if (x->bounced) {
		nr = dmabench_xfer_pieces(b, &sgl);
		if (!sgl)
			dmabench_mark_device(phys_to_virt(b->dma + x->offset), x->bytes);
		for (i = 0, sg = sgl; sg && i < nr; i++, sg = sg_next(sg))
			dmabench_mark_device(phys_to_virt(sg_dma_address(sg)), sg_dma_len(sg));
		return;
	}
	for (at = 0; at < x->bytes; at += bytes) {
		void *p;

		bytes = x->bytes - at;
		p = b->cpu ? b->cpu + x->offset + at : cpu_at(b, x->offset + at, &bytes);
		dmabench_mark_device(p, bytes);
	}
}

/**
 * dmabench_transfers() - tell what became of the data
 * @ctx:	context, locked
 * @arg:	takes the answers
 *
 * Return: 0, -ENODATA, -ENODEV, or -EINVAL.
 */
int dmabench_transfers(struct dmabench_context *ctx, struct dmabench_transfers *arg)
{
	u32 size = arg->size;
	int err;

	if (arg->device_side)
		return -EINVAL;
	err = dmabench_ready(ctx);
	if (err)
		return err;
	if (!ctx->buf.xfer.engine)
		return -ENODATA;
	*arg = ctx->buf.xfer.result;
	arg->size = size;
	arg->device_side = ctx->buf.xfer.device_side;
	return 0;
}
