/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lap loops.  They are inlined into each strategy with that strategy's hooks as
 * a compile-time constant, so a lap has no indirect call of ours, and no clock is read
 * within a batch unless it is stamped.
 */
#ifndef _DMABENCH_LAP_H
#define _DMABENCH_LAP_H

#include <linux/compiler.h>
#include <linux/ktime.h>
#include "dmabench.h"
#include "hist.h"

/**
 * struct dmabench_lap_ops - the phases of a lap
 * @map:	map the buffer, or allocate DMA memory.  Return: 0, -EIO, -ENOMEM
 * @unmap:	undo @map
 * @sync_for_device: give so many bytes from an offset on to the device
 * @sync_for_cpu: give them to the CPU
 * @sync_always: sync in each lap, whatever sync_every
 * @map_syncs:	@map and @unmap pass on ownership as the syncs do
 * @touch:	there is a buffer to touch
 * @unmap_frees: @unmap frees the buffer, so that it can be touched before only
 *
 * NULL means that there is no such phase.
 */
struct dmabench_lap_ops {
	int (*map)(struct dmabench_buffer *b);
	void (*unmap)(struct dmabench_buffer *b);
	void (*sync_for_device)(struct dmabench_buffer *b, size_t offset, size_t bytes);
	void (*sync_for_cpu)(struct dmabench_buffer *b, size_t offset, size_t bytes);
	bool sync_always;
	bool map_syncs;
	bool touch;
	bool unmap_frees;
};

/**
 * dmabench_laps_mean() - complete laps without reading the clock
 * @ops:	compile-time constant
 * @b:		buffer
 * @s:		in and out: where the batch stands
 * @laps:	how many
 *
 * The counters live in @s between groups, so the compiler keeps them for a strategy
 * without phases as well: what the null strategy costs is what the loop costs.
 *
 * Return: laps completed; fewer than @laps if s->error is set.
 */
static __always_inline u64
dmabench_laps_mean(const struct dmabench_lap_ops *ops, struct dmabench_buffer *b,
		   struct dmabench_batch *s, u64 laps)
{
	u64 map_left = s->map_left;
	u64 sync_left = s->sync_left;
	u64 lap;

	for (lap = 0; lap < laps; lap++) {
		bool sync, unmap, touch_last;

		if (!map_left) {
			if (ops->map) {
				s->error = ops->map(b);
				if (unlikely(s->error))
					break;
			}
			map_left = b->map_every;
		}
		sync = ops->sync_always || !--sync_left;
		unmap = !--map_left;
		touch_last = unmap && !sync && !ops->unmap_frees;

		if (sync) {
			if (ops->sync_for_device)
				ops->sync_for_device(b, b->sync_offset, b->sync_bytes);
			if (ops->sync_for_cpu)
				ops->sync_for_cpu(b, b->sync_offset, b->sync_bytes);
			sync_left = b->sync_every;
		}
		if (ops->touch && b->touch && !touch_last)
			dmabench_touch(b);
		if (unmap && ops->unmap)
			ops->unmap(b);
		if (ops->touch && b->touch && touch_last)
			dmabench_touch(b);
		barrier();
	}
	s->map_left = map_left;
	s->sync_left = sync_left;
	return lap;
}

/**
 * struct dmabench_stamps - the durations of one lap, until they are recorded
 * @last:	the latest reading of the clock
 * @done:	bit for each phase that was executed
 * @ns:		by phase
 */
struct dmabench_stamps {
	u64 last;
	u32 done;
	u64 ns[DMABENCH_NR_PHASES];
};

static __always_inline void dmabench_stamp(struct dmabench_stamps *st,
					   enum dmabench_phase phase)
{
	u64 now = ktime_get_raw_fast_ns();

	st->ns[phase] = now - st->last;
	st->done |= BIT(phase);
	st->last = now;
}

/* Not inlined: it runs outside of the stamped time, and once per lap is enough. */
static noinline __maybe_unused void
dmabench_stamps_record(const struct dmabench_stamps *st, u64 lap_ns,
		       struct dmabench_hist *hist)
{
	unsigned int phase;

	for (phase = 0; phase < DMABENCH_NR_PHASES; phase++)
		if (st->done & BIT(phase))
			dmabench_hist_record(&hist[phase], st->ns[phase]);
	dmabench_hist_record(&hist[DMABENCH_PHASE_LAP], lap_ns);
}

/**
 * dmabench_laps_stamped() - complete laps, recording each phase
 * @ops:	compile-time constant
 * @b:		buffer
 * @s:		in and out: where the batch stands
 * @laps:	how many
 * @hist:	by phase
 *
 * The end of a phase is the beginning of the next, so a lap of n phases reads the
 * clock n + 1 times (a lap without any: twice).  The order is that of
 * dmabench_laps_mean(); recording comes after the last stamp of a lap.
 *
 * Return: laps completed; fewer than @laps if s->error is set.
 */
static __always_inline u64
dmabench_laps_stamped(const struct dmabench_lap_ops *ops, struct dmabench_buffer *b,
		      struct dmabench_batch *s, u64 laps, struct dmabench_hist *hist)
{
	u64 map_left = s->map_left;
	u64 sync_left = s->sync_left;
	/* Out of the loop, for kernels that clear what is on the stack. */
	struct dmabench_stamps st;
	u64 lap;

	for (lap = 0; lap < laps; lap++) {
		bool sync, unmap, touch_last;
		u64 start;

		st.done = 0;
		start = ktime_get_raw_fast_ns();
		st.last = start;
		if (!map_left) {
			if (ops->map) {
				s->error = ops->map(b);
				if (unlikely(s->error))
					break;
				dmabench_stamp(&st, DMABENCH_PHASE_MAP);
			}
			map_left = b->map_every;
		}
		sync = ops->sync_always || !--sync_left;
		unmap = !--map_left;
		touch_last = unmap && !sync && !ops->unmap_frees;

		if (sync) {
			if (ops->sync_for_device) {
				ops->sync_for_device(b, b->sync_offset, b->sync_bytes);
				dmabench_stamp(&st, DMABENCH_PHASE_SYNC_FOR_DEVICE);
			}
			if (ops->sync_for_cpu) {
				ops->sync_for_cpu(b, b->sync_offset, b->sync_bytes);
				dmabench_stamp(&st, DMABENCH_PHASE_SYNC_FOR_CPU);
			}
			sync_left = b->sync_every;
		}
		if (ops->touch && b->touch && !touch_last) {
			dmabench_touch(b);
			dmabench_stamp(&st, DMABENCH_PHASE_TOUCH);
		}
		if (unmap && ops->unmap) {
			ops->unmap(b);
			dmabench_stamp(&st, DMABENCH_PHASE_UNMAP);
		}
		if (ops->touch && b->touch && touch_last) {
			dmabench_touch(b);
			dmabench_stamp(&st, DMABENCH_PHASE_TOUCH);
		}
		if (!st.done)
			st.last = ktime_get_raw_fast_ns();
		dmabench_stamps_record(&st, st.last - start, hist);
	}
	s->map_left = map_left;
	s->sync_left = sync_left;
	return lap;
}

/**
 * dmabench_round_use() - the first half of a round of laps: map all, then sync and touch each
 * @ops:	compile-time constant
 * @lot:	buffers
 * @s:		in and out: where the batch stands; left to dmabench_round_end() but for the error
 * @n:		how many laps, each with a buffer of its own
 * @st:		for their durations; NULL: read no clock.  Compile-time constant, if NULL
 *
 * Return: 0, or an error; then nothing is mapped.
 */
static __always_inline int
dmabench_round_use(const struct dmabench_lap_ops *ops, struct dmabench_buffer *lot,
		   struct dmabench_batch *s, unsigned int n, struct dmabench_stamps *st)
{
	u64 sync_left = s->sync_left;
	u64 last = st ? ktime_get_raw_fast_ns() : 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		s->error = ops->map(&lot[i]);
		if (unlikely(s->error)) {
			while (i--)
				ops->unmap(&lot[i]);
			return s->error;
		}
		if (st) {
			st[i].done = 0;
			st[i].last = last;
			dmabench_stamp(&st[i], DMABENCH_PHASE_MAP);
			last = st[i].last;
		}
	}
	for (i = 0; i < n; i++) {
		struct dmabench_buffer *b = &lot[i];
		bool sync = ops->sync_always || !--sync_left;

		if (st)
			st[i].last = last;
		if (sync) {
			if (ops->sync_for_device) {
				ops->sync_for_device(b, b->sync_offset, b->sync_bytes);
				if (st)
					dmabench_stamp(&st[i], DMABENCH_PHASE_SYNC_FOR_DEVICE);
			}
			if (ops->sync_for_cpu) {
				ops->sync_for_cpu(b, b->sync_offset, b->sync_bytes);
				if (st)
					dmabench_stamp(&st[i], DMABENCH_PHASE_SYNC_FOR_CPU);
			}
			sync_left = b->sync_every;
		}
		if (ops->touch && b->touch && (sync || ops->unmap_frees)) {
			dmabench_touch(b);
			if (st)
				dmabench_stamp(&st[i], DMABENCH_PHASE_TOUCH);
		}
		if (st)
			last = st[i].last;
		barrier();
	}
	return 0;
}

/**
 * dmabench_round_end() - the second half: unmap all; without a sync, only now touch
 * @ops:	compile-time constant
 * @lot:	buffers
 * @s:		in and out: where the batch stands
 * @n:		how many laps
 * @st:		as given to dmabench_round_use()
 */
static __always_inline void
dmabench_round_end(const struct dmabench_lap_ops *ops, struct dmabench_buffer *lot,
		   struct dmabench_batch *s, unsigned int n, struct dmabench_stamps *st)
{
	u64 sync_left = s->sync_left;
	u64 last = st ? ktime_get_raw_fast_ns() : 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct dmabench_buffer *b = &lot[i];
		bool sync = ops->sync_always || !--sync_left;

		if (sync)
			sync_left = b->sync_every;
		if (st)
			st[i].last = last;
		ops->unmap(b);
		if (st)
			dmabench_stamp(&st[i], DMABENCH_PHASE_UNMAP);
		if (ops->touch && b->touch && !sync && !ops->unmap_frees) {
			dmabench_touch(b);
			if (st)
				dmabench_stamp(&st[i], DMABENCH_PHASE_TOUCH);
		}
		if (st)
			last = st[i].last;
		barrier();
	}
	s->sync_left = sync_left;
}

/**
 * struct dmabench_round_ops - the halves of a round, in a function each
 * @use:	dmabench_round_use() without stamps
 * @end:	dmabench_round_end() without stamps
 * @use_stamped: the same with them
 * @end_stamped: the same with them
 */
struct dmabench_round_ops {
	int (*use)(struct dmabench_buffer *lot, struct dmabench_batch *s, unsigned int n);
	void (*end)(struct dmabench_buffer *lot, struct dmabench_batch *s, unsigned int n);
	int (*use_stamped)(struct dmabench_buffer *lot, struct dmabench_batch *s, unsigned int n,
			   struct dmabench_stamps *st);
	void (*end_stamped)(struct dmabench_buffer *lot, struct dmabench_batch *s, unsigned int n,
			    struct dmabench_stamps *st);
};

/**
 * dmabench_laps_rounds() - complete laps in rounds of b->batch, without reading the clock
 * @ops:	compile-time constant
 * @b:		pattern of the lot
 * @s:		in and out: where the batch stands
 * @laps:	how many
 *
 * Return: laps completed; fewer than @laps if s->error is set.
 */
static __always_inline u64
dmabench_laps_rounds(const struct dmabench_lap_ops *ops, struct dmabench_buffer *b,
		     struct dmabench_batch *s, u64 laps)
{
	u64 done = 0;

	while (done < laps) {
		unsigned int n = min_t(u64, b->batch, laps - done);

		if (dmabench_round_use(ops, b->lot, s, n, NULL))
			break;
		dmabench_round_end(ops, b->lot, s, n, NULL);
		done += n;
	}
	return done;
}

/**
 * dmabench_lap_xfer() - complete one lap with a transfer
 * @ops:	compile-time constant
 * @b:		buffer
 * @s:		in and out: where the batch stands
 * @hist:	by phase; NULL: no stamps
 *
 * The CPU is the producer before a transfer to the device and the consumer after one from
 * it, so that is where it touches the buffer.  Both syncs are due in each lap or in none:
 * dmabench_xfer_describe() has seen to it.
 *
 * Return: 0 or an error.
 */
static __always_inline int
dmabench_lap_xfer(const struct dmabench_lap_ops *ops, struct dmabench_buffer *b,
		  struct dmabench_batch *s, struct dmabench_hist *hist)
{
	const bool produces = b->touch && b->dir == DMA_TO_DEVICE;
	const bool consumes = b->touch && b->dir != DMA_TO_DEVICE;
	struct dmabench_stamps st = { };
	bool unmap, touch_last;
	u64 start = 0;
	int err;

	if (hist) {
		start = ktime_get_raw_fast_ns();
		st.last = start;
	}
	if (produces) {
		dmabench_touch(b);
		if (hist)
			dmabench_stamp(&st, DMABENCH_PHASE_TOUCH);
	}
	if (!s->map_left) {
		if (ops->map) {
			err = ops->map(b);
			if (unlikely(err))
				return err;
			if (hist)
				dmabench_stamp(&st, DMABENCH_PHASE_MAP);
		}
		s->map_left = b->map_every;
	}
	if (b->xfer.sync_each && b->xfer.sync_for_device && ops->sync_for_device) {
		ops->sync_for_device(b, b->sync_offset, b->sync_bytes);
		if (hist)
			dmabench_stamp(&st, DMABENCH_PHASE_SYNC_FOR_DEVICE);
	}
	err = b->xfer.engine->transfer(b);
	if (unlikely(err))
		return err;
	if (unlikely(b->xfer.device_side == DMABENCH_DEVICE_SNOOPED))
		dmabench_xfer_snooped(b);
	if (hist)
		dmabench_stamp(&st, DMABENCH_PHASE_TRANSFER);
	if (b->xfer.sync_each && b->xfer.sync_for_cpu && ops->sync_for_cpu) {
		ops->sync_for_cpu(b, b->sync_offset, b->sync_bytes);
		if (hist)
			dmabench_stamp(&st, DMABENCH_PHASE_SYNC_FOR_CPU);
	}
	unmap = !--s->map_left;
	touch_last = unmap && !b->xfer.sync_each;
	if (consumes && !touch_last) {
		dmabench_touch(b);
		if (hist)
			dmabench_stamp(&st, DMABENCH_PHASE_TOUCH);
	}
	if (unmap && ops->unmap) {
		ops->unmap(b);
		if (hist)
			dmabench_stamp(&st, DMABENCH_PHASE_UNMAP);
	}
	if (consumes && touch_last) {
		dmabench_touch(b);
		if (hist)
			dmabench_stamp(&st, DMABENCH_PHASE_TOUCH);
	}
	if (hist)
		dmabench_stamps_record(&st, st.last - start, hist);
	return 0;
}

/*
 * Make PREFIX_mean(), PREFIX_stamped() and PREFIX_xfer() out of a static const
 * dmabench_lap_ops.
 */
#define DMABENCH_DEFINE_LAPS(prefix, ops)					\
static u64 prefix##_mean(struct dmabench_buffer *b,				\
			 struct dmabench_batch *s, u64 laps)			\
{										\
	return dmabench_laps_mean(&(ops), b, s, laps);				\
}										\
										\
static u64 prefix##_stamped(struct dmabench_buffer *b,				\
			    struct dmabench_batch *s, u64 laps,			\
			    struct dmabench_hist *hist)				\
{										\
	return dmabench_laps_stamped(&(ops), b, s, laps, hist);			\
}										\
										\
static __maybe_unused int prefix##_xfer(struct dmabench_buffer *b,		\
					struct dmabench_batch *s,		\
					struct dmabench_hist *hist)		\
{										\
	return dmabench_lap_xfer(&(ops), b, s, hist);				\
}

/* Make PREFIX_rounds() and PREFIX_round out of one that maps and unmaps. */
#define DMABENCH_DEFINE_ROUNDS(prefix, ops)					\
static int prefix##_use(struct dmabench_buffer *lot,				\
			struct dmabench_batch *s, unsigned int n)		\
{										\
	return dmabench_round_use(&(ops), lot, s, n, NULL);			\
}										\
										\
static void prefix##_end(struct dmabench_buffer *lot,				\
			 struct dmabench_batch *s, unsigned int n)		\
{										\
	dmabench_round_end(&(ops), lot, s, n, NULL);				\
}										\
										\
static int prefix##_use_stamped(struct dmabench_buffer *lot,			\
				struct dmabench_batch *s, unsigned int n,	\
				struct dmabench_stamps *st)			\
{										\
	return dmabench_round_use(&(ops), lot, s, n, st);			\
}										\
										\
static void prefix##_end_stamped(struct dmabench_buffer *lot,			\
				 struct dmabench_batch *s, unsigned int n,	\
				 struct dmabench_stamps *st)			\
{										\
	dmabench_round_end(&(ops), lot, s, n, st);				\
}										\
										\
static const struct dmabench_round_ops prefix##_round = {			\
	.use		= prefix##_use,						\
	.end		= prefix##_end,						\
	.use_stamped	= prefix##_use_stamped,					\
	.end_stamped	= prefix##_end_stamped,					\
};										\
										\
static u64 prefix##_rounds(struct dmabench_buffer *b,				\
			   struct dmabench_batch *s, u64 laps)			\
{										\
	return dmabench_laps_rounds(&(ops), b, s, laps);			\
}

#endif /* _DMABENCH_LAP_H */
