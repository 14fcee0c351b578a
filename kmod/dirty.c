// SPDX-License-Identifier: GPL-2.0
/* What the CPU has done to the buffer before a lap: never timed. */
#include <linux/cache.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <asm/barrier.h>
#include "dmabench.h"

/* What is stored to a line.  All that counts is that it is a store. */
#define DIRT	0xd1

/*
 * Spread evenly, so that any range of the buffer is as dirty as the whole, and rounded up.
 * @left is what the lines before have left over, in hundredths of a line.
 */
static unsigned int dirty_range(u8 *p, size_t bytes, unsigned int percent, unsigned int left)
{
	size_t at;

	for (at = 0; at < bytes; at += L1_CACHE_BYTES) {
		left += percent;
		if (left < 100)
			continue;
		left -= 100;
		WRITE_ONCE(p[at], DIRT);
	}
	return left;
}

static void dirty_buffer(struct dmabench_buffer *b)
{
	u8 *memory = b->plain ?: b->cpu;
	size_t bytes = b->size;
	unsigned int left = 99;
	unsigned int i;

	if (memory) {
		dirty_range(memory, bytes, b->dirty, left);
	} else {
		for (i = 0; i < b->nr_pages; i++) {
			size_t part = min_t(size_t, bytes, PAGE_SIZE);

			left = dirty_range(page_address(b->pages[i]), part, b->dirty, left);
			bytes -= part;
		}
	}
	/* The stores are done before the lap begins, so that it does not wait for them. */
	mb();
}

/**
 * dmabench_laps_dirty() - complete laps, dirtying the buffer before each
 * @b:		buffer, its memory there before each lap
 * @s:		in and out: where the batch stands; s->ns is timed here
 * @laps:	how many
 * @hist:	by phase, for a stamped run, otherwise NULL
 *
 * The clock has to stand still while the buffer gets dirty, so it is read around each lap.
 * The lap is that of a clean run, a call for one lap of the same loop; what the call and
 * the reading cost on top is measured each time, right before, by a call for no lap at all
 * (the second such call: the first finds cold what the dirtying has displaced).  So the two
 * cancel, but for what the compiler does only once the loop is entered: where dirty lines make
 * no difference, a lap was within 11 instructions of that of a clean run.  A clock that ticks
 * coarsely is right on average.
 *
 * (Timing many laps with and without dirtying, and taking the difference, would charge the
 * laps with the cache misses of the dirtying.)
 *
 * A stamped run times its phases by itself; its total is for orientation.
 *
 * Return: laps completed; fewer than @laps if s->error is set.
 */
u64 dmabench_laps_dirty(struct dmabench_buffer *b, struct dmabench_batch *s, u64 laps,
			struct dmabench_hist *hist)
{
	const struct dmabench_strategy *strategy = b->strategy;
	u64 start, empty, end, done;
	unsigned int i;

	for (done = 0; done < laps && !s->error; ) {
		dirty_buffer(b);
		if (hist) {
			empty = ktime_get_raw_fast_ns();
			done += strategy->stamped(b, s, 1, hist);
			s->ns += ktime_get_raw_fast_ns() - empty;
			continue;
		}
		for (i = 0; i < 2; i++) {
			start = ktime_get_raw_fast_ns();
			strategy->mean(b, s, 0);
		}
		empty = ktime_get_raw_fast_ns();
		done += strategy->mean(b, s, 1);
		end = ktime_get_raw_fast_ns();
		s->ns += (end - empty) - (empty - start);
	}
	return done;
}
