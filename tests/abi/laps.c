// SPDX-License-Identifier: GPL-2.0
/* Laps of a buffer held against what the header promises of any. */
#include "abi_test.h"

/* How often a phase has to occur in so many laps, from the header's words. */
uint64_t expected_count(const struct dmabench_strategy_info *si,
			const struct dmabench_setup *s, uint64_t laps,
			enum dmabench_phase phase)
{
	if (phase != DMABENCH_PHASE_LAP && !has_phase(si, phase))
		return 0;
	switch (phase) {
	case DMABENCH_PHASE_MAP:
		return s->map_every ? (laps + s->map_every - 1) / s->map_every : 0;
	case DMABENCH_PHASE_UNMAP:
		return s->map_every ? laps / s->map_every : 0;
	case DMABENCH_PHASE_SYNC_FOR_DEVICE:
	case DMABENCH_PHASE_SYNC_FOR_CPU:
		if (si->flags & DMABENCH_STRATEGY_BARRIER)
			return laps;
		return s->sync_every ? (laps + s->sync_every - 1) / s->sync_every : 0;
	case DMABENCH_PHASE_TOUCH:
		return s->touch ? laps : 0;
	case DMABENCH_PHASE_TRANSFER:
		return s->transfer ? laps : 0;
	default:
		return laps;
	}
}

bool hist_is_sound(const struct dmabench_hist *h)
{
	uint64_t count = 0, low = 0, high = 0;
	unsigned int i;

	for (i = 0; i < DMABENCH_HIST_BUCKETS; i++) {
		count += h->bucket[i];
		low += h->bucket[i] * dmabench_hist_low(i);
		high += h->bucket[i] * dmabench_hist_low(i + 1);
	}
	if (count != h->count)
		return false;
	if (!count)
		return !h->sum_ns && !h->min_ns && !h->max_ns;
	return h->min_ns <= h->max_ns && h->bucket[dmabench_hist_index(h->min_ns)] &&
	       h->bucket[dmabench_hist_index(h->max_ns)] && h->sum_ns >= low &&
	       h->sum_ns <= high && h->sum_ns >= h->max_ns;
}

/* Set up, run both passes, hold the histograms against the header. */
bool check_case(int fd, const struct dmabench_strategy_info *si,
		const struct dmabench_setup *want, uint64_t laps)
{
	struct dmabench_setup s = *want;
	struct dmabench_run r;
	uint64_t phases_ns = 0;
	unsigned int p;

	if (setup(fd, &s)) {
		printf("# setup: errno %d reason %u\n", errno, s.reason);
		return false;
	}
	if (!relation_is_sound(&s)) {
		printf("# relation %u phys %#llx dma %#llx\n", s.relation,
		       (unsigned long long)s.phys_addr, (unsigned long long)s.dma_addr);
		return false;
	}
	if (run(fd, laps, &r) || r.laps_done != laps || r.reason ||
	    (steady_clock && laps && !s.dirty && !s.cache_state && !r.total_ns)) {
		printf("# mean pass: errno %d reason %u laps %llu ns %llu\n", errno, r.reason,
		       (unsigned long long)r.laps_done, (unsigned long long)r.total_ns);
		return false;
	}
	if (run_stamped(fd, laps, &r) || r.laps_done != laps) {
		printf("# stamped pass: errno %d reason %u\n", errno, r.reason);
		return false;
	}
	for (p = 0; p < DMABENCH_NR_PHASES; p++) {
		uint64_t count = expected_count(si, &s, laps, p);

		if (hist[p].count != count || !hist_is_sound(&hist[p])) {
			printf("# phase %u: count %llu, want %llu; sound: %d\n", p,
			       (unsigned long long)hist[p].count, (unsigned long long)count,
			       hist_is_sound(&hist[p]));
			return false;
		}
		if (p != DMABENCH_PHASE_LAP)
			phases_ns += hist[p].sum_ns;
	}
	/* A lap ends where its last phase ends; only one without phases has time of its own. */
	if (phases_ns > hist[DMABENCH_PHASE_LAP].sum_ns ||
	    (steady_clock && hist[DMABENCH_PHASE_LAP].sum_ns > r.total_ns)) {
		printf("# phases %llu, laps %llu, total %llu ns\n",
		       (unsigned long long)phases_ns,
		       (unsigned long long)hist[DMABENCH_PHASE_LAP].sum_ns,
		       (unsigned long long)r.total_ns);
		return false;
	}
	return true;
}

/* The median of a phase, as stamped: an interrupt or two do not move it. */
uint64_t phase_median(int fd, const struct dmabench_setup *want, enum dmabench_phase phase)
{
	struct dmabench_setup s = *want;
	struct dmabench_run r;
	uint64_t count = 0;
	unsigned int i;

	if (setup(fd, &s) || run_stamped(fd, 200, &r) || !hist[phase].count)
		return 0;
	for (i = 0; i < DMABENCH_HIST_BUCKETS; i++) {
		count += hist[phase].bucket[i];
		if (count > hist[phase].count / 2)
			break;
	}
	return dmabench_hist_low(i);
}
