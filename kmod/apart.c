// SPDX-License-Identifier: GPL-2.0
/*
 * Laps that take more than the plain loop: in rounds, because several buffers are mapped at
 * a time; timed one by one, because caches are prepared before, which is no lap's time; or in two
 * halves, because another CPU unmaps.
 */
#include <linux/cpu.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/workqueue.h>
#include "lap.h"

/* The buffers of a round; a batch of one is the buffer itself. */
static struct dmabench_buffer *lot_of(struct dmabench_buffer *b)
{
	return b->lot ?: b;
}

/* The laps of a round go into the histograms, each as long as its phases together. */
static void record_round(const struct dmabench_buffer *b, unsigned int n,
			 struct dmabench_hist *hist)
{
	unsigned int i, phase;

	for (i = 0; i < n; i++) {
		const struct dmabench_stamps *st = &b->stamps[i];
		u64 lap_ns = 0;

		for (phase = 0; phase < DMABENCH_PHASE_LAP; phase++)
			if (st->done & BIT(phase))
				lap_ns += st->ns[phase];
		dmabench_stamps_record(st, lap_ns, hist);
	}
}

/**
 * struct half - the half of a round that another CPU completes
 * @b:		pattern of the buffers
 * @s:		where the batch stands
 * @n:		laps of the round
 * @stamped:	record the durations
 * @ns:		out: time taken
 */
struct half {
	struct dmabench_buffer *b;
	struct dmabench_batch *s;
	unsigned int n;
	bool stamped;
	s64 ns;
};

static long end_half(void *arg)
{
	struct half *half = arg;
	const struct dmabench_round_ops *round = half->b->strategy->round;
	struct dmabench_buffer *lot = lot_of(half->b);
	u64 before, start, end;

	before = ktime_get_raw_fast_ns();
	start = ktime_get_raw_fast_ns();
	if (half->stamped)
		round->end_stamped(lot, half->s, half->n, half->b->stamps);
	else
		round->end(lot, half->s, half->n);
	end = ktime_get_raw_fast_ns();
	half->ns = (end - start) - (start - before);
	return 0;
}

/*
 * A round that is unmapped by another CPU.  Each half is timed where it runs, with the cost of
 * a reading taken off; to wake up the other CPU, and to wait for it, is in neither.
 */
static u64 round_on_two_cpus(struct dmabench_buffer *b, struct dmabench_batch *s,
			     unsigned int n, struct dmabench_hist *hist)
{
	const struct dmabench_round_ops *round = b->strategy->round;
	struct half half = { .b = b, .s = s, .n = n, .stamped = hist };
	u64 before, start, end;
	long err;

	before = ktime_get_raw_fast_ns();
	start = ktime_get_raw_fast_ns();
	if (hist)
		err = round->use_stamped(lot_of(b), s, n, b->stamps);
	else
		err = round->use(lot_of(b), s, n);
	end = ktime_get_raw_fast_ns();
	if (err)
		return 0;
	s->ns += (end - start) - (start - before);

	cpus_read_lock();
	err = cpu_online(b->other_cpu) ? work_on_cpu(b->other_cpu, end_half, &half) : -ENODEV;
	cpus_read_unlock();
	if (err) {
		end_half(&half);
		s->error = err;
		return 0;
	}
	s->ns += half.ns;
	if (hist)
		record_round(b, n, hist);
	return n;
}

/* On one CPU.  The total of a stamped round is for orientation. */
static u64 round_stamped(struct dmabench_buffer *b, struct dmabench_batch *s,
			 unsigned int n, struct dmabench_hist *hist)
{
	u64 start = ktime_get_raw_fast_ns();

	if (!b->lot) {
		n = b->strategy->stamped(b, s, n, hist);
		s->ns += ktime_get_raw_fast_ns() - start;
		return n;
	}
	if (b->strategy->round->use_stamped(b->lot, s, n, b->stamps))
		return 0;
	b->strategy->round->end_stamped(b->lot, s, n, b->stamps);
	s->ns += ktime_get_raw_fast_ns() - start;
	record_round(b, n, hist);
	return n;
}

static u64 plain_laps(struct dmabench_buffer *b, struct dmabench_batch *s, u64 laps)
{
	return b->lot ? b->strategy->rounds(b, s, laps) : b->strategy->mean(b, s, laps);
}

/*
 * The clock has to stand still while caches are prepared, so it is read around each round
 * (without a batch, each lap).  The round is that of a clean run, a call of the same loop; what
 * the call and the reading cost on top is measured each time, right before, by a call for no lap
 * at all (the second such call: the first finds cold what that has displaced).  So the
 * two cancel, but for what the compiler does only once the loop is entered: where the caches
 * make no difference, a lap was within 11 instructions of that of a clean run.  A clock that
 * ticks coarsely is right on average.
 *
 * (Timing many laps with and without preparing, and taking the difference, would charge the
 * laps with the cache misses of the preparing.)
 */
static u64 round_prepared(struct dmabench_buffer *b, struct dmabench_batch *s, unsigned int n)
{
	u64 start, empty, end, done;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		start = ktime_get_raw_fast_ns();
		plain_laps(b, s, 0);
	}
	empty = ktime_get_raw_fast_ns();
	done = plain_laps(b, s, n);
	end = ktime_get_raw_fast_ns();
	s->ns += (end - empty) - (empty - start);
	return done;
}

/**
 * dmabench_laps_apart() - complete the laps of a buffer that is @apart
 * @b:		buffer
 * @s:		in and out: where the batch stands; s->ns is timed here
 * @laps:	how many
 * @hist:	by phase, for a stamped run, otherwise NULL
 *
 * Return: laps completed; fewer than @laps if s->error is set.
 */
u64 dmabench_laps_apart(struct dmabench_buffer *b, struct dmabench_batch *s, u64 laps,
			struct dmabench_hist *hist)
{
	struct dmabench_buffer *lot = lot_of(b);
	u64 done = 0;
	unsigned int i, n;

	if (!b->prepared && !b->unmap_other && !hist)
		return b->strategy->rounds(b, s, laps);

	while (done < laps && !s->error) {
		n = min_t(u64, b->batch, laps - done);
		for (i = 0; b->prepared && i < n; i++)
			dmabench_prepare(&lot[i]);
		if (b->unmap_other)
			done += round_on_two_cpus(b, s, n, hist);
		else if (hist)
			done += round_stamped(b, s, n, hist);
		else
			done += round_prepared(b, s, n);
	}
	return done;
}

/**
 * dmabench_other_cpu() - the CPU to unmap on
 *
 * Return: the next one that is online, -ENODEV: there is none, or -EINVAL: the caller may
 * move, and there would be no telling which one is the other.
 */
int dmabench_other_cpu(void)
{
	unsigned int cpu;

	if (current->nr_cpus_allowed != 1)
		return -EINVAL;
	cpu = cpumask_next(raw_smp_processor_id(), cpu_online_mask);
	if (cpu >= nr_cpu_ids)
		cpu = cpumask_first(cpu_online_mask);
	return cpu == raw_smp_processor_id() ? -ENODEV : cpu;
}
