/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The latency histogram's arithmetic.  Pure: the module, the harness and the unit
 * tests all compile this file, so that a bucket means the same everywhere.
 * struct dmabench_hist in the ABI header says how exact it is.
 */
#ifndef _DMABENCH_HIST_H
#define _DMABENCH_HIST_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <uapi/dmabench.h>
#else
#include <dmabench.h>
#endif

/**
 * dmabench_hist_index() - the bucket of a duration
 * @ns: duration
 *
 * Return: 0 .. DMABENCH_HIST_BUCKETS - 1; durations from 2^36 ns on share the last.
 */
static inline __u32 dmabench_hist_index(__u64 ns)
{
	__u32 shift;

	if (ns < (2ULL << DMABENCH_HIST_SUB_BITS))
		return (__u32)ns;
	/* the leading bit and the SUB_BITS after it tell the bucket */
	shift = 63 - (__u32)__builtin_clzll(ns) - DMABENCH_HIST_SUB_BITS;
	if (shift > (DMABENCH_HIST_BUCKETS >> DMABENCH_HIST_SUB_BITS) - 2)
		return DMABENCH_HIST_BUCKETS - 1;
	return (shift << DMABENCH_HIST_SUB_BITS) + (__u32)(ns >> shift);
}

/**
 * dmabench_hist_low() - the least duration that falls into a bucket
 * @index: 0 .. DMABENCH_HIST_BUCKETS; the last one gives the end of the range
 *
 * Return: nanoseconds.  The bucket holds dmabench_hist_low(index) up to, and
 * without, dmabench_hist_low(index + 1).
 */
static inline __u64 dmabench_hist_low(__u32 index)
{
	__u32 shift;

	if (index < (2U << DMABENCH_HIST_SUB_BITS))
		return index;
	shift = (index >> DMABENCH_HIST_SUB_BITS) - 1;
	return (__u64)(index - (shift << DMABENCH_HIST_SUB_BITS)) << shift;
}

/**
 * dmabench_hist_record() - count one duration
 * @hist: one phase; zeroed before its first use
 * @ns: duration
 */
static inline void dmabench_hist_record(struct dmabench_hist *hist, __u64 ns)
{
	if (!hist->count || ns < hist->min_ns)
		hist->min_ns = ns;
	if (ns > hist->max_ns)
		hist->max_ns = ns;
	hist->count++;
	hist->sum_ns += ns;
	hist->bucket[dmabench_hist_index(ns)]++;
}

#endif /* _DMABENCH_HIST_H */
