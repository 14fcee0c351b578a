// SPDX-License-Identifier: GPL-2.0
/* Tracing: what is counted is what was called, and for as long as it took. */
#include "abi_test.h"

#define ALL	((1ULL << DMABENCH_TRACE_NR_FUNCTIONS) - 2)
#define MAPS	(1ULL << DMABENCH_TRACE_MAP_PAGE | 1ULL << DMABENCH_TRACE_MAP_PHYS)
#define UNMAPS	(1ULL << DMABENCH_TRACE_UNMAP_PAGE | 1ULL << DMABENCH_TRACE_UNMAP_PHYS)
#define SYNCS	(1ULL << DMABENCH_TRACE_SYNC_SINGLE_FOR_CPU | \
		 1ULL << DMABENCH_TRACE_SYNC_SINGLE_FOR_DEVICE)
#define ROWS	64
#define LAPS	2000
#define CALLER_NS	40

static struct dmabench_trace_row rows[ROWS];

static struct dmabench_trace_start start_of(uint64_t functions)
{
	return (struct dmabench_trace_start){
		.size = sizeof(struct dmabench_trace_start), .rows = ROWS, .functions = functions,
	};
}

static int trace_stop(int fd)
{
	struct dmabench_trace_stop stop = { .size = sizeof(stop) };

	return ioctl(fd, DMABENCH_IOC_TRACE_STOP, &stop);
}

static struct dmabench_trace_read read_of(void)
{
	return (struct dmabench_trace_read){
		.size = sizeof(struct dmabench_trace_read), .rows_ptr = (uintptr_t)rows,
		.rows_len = ROWS, .row_size = sizeof(rows[0]),
	};
}

struct total {
	uint64_t calls, bytes, ns, rows, in_buckets, bounced, switched, sum_ns;
};

/* What was traced of some functions for this module's own devices. */
static struct total total_of(int fd, uint64_t functions, const struct dmabench_trace_start *start)
{
	struct dmabench_trace_read read = read_of();
	struct total total = { 0 };
	uint32_t i, j;

	do {
		if (ioctl(fd, DMABENCH_IOC_TRACE_READ, &read))
			return (struct total){ 0 };
		for (i = 0; i < read.rows; i++) {
			if (!(functions >> rows[i].function & 1) ||
			    !strstr(rows[i].caller, "[dmabench]"))
				continue;
			total.rows++;
			total.calls += rows[i].calls;
			total.bytes += rows[i].bytes;
			total.bounced += rows[i].bounced;
			total.switched += rows[i].switched;
			total.sum_ns += rows[i].sum_ns;
			for (j = 0; j < DMABENCH_TRACE_BUCKETS; j++)
				total.in_buckets += rows[i].bucket[j];
			if (getenv("ABI_TEST_ROWS"))
				printf("# %s %s: %s < %s: %llu calls, %llu ns, bytes %llu..%llu, flags %u, bounced %llu\n",
				       rows[i].driver, rows[i].device, rows[i].caller, rows[i].parent,
				       (unsigned long long)rows[i].calls,
				       (unsigned long long)rows[i].sum_ns,
				       (unsigned long long)rows[i].min_bytes,
				       (unsigned long long)rows[i].max_bytes, rows[i].flags,
				       (unsigned long long)rows[i].bounced);
		}
	} while (read.more);
	/* Other tasks may come in between. */
	if (total.calls > total.switched)
		total.ns = total.sum_ns * total.calls / (total.calls - total.switched) -
			   total.calls * start->bias_ps / 1000;
	return total;
}

static uint64_t least_of_some(int fd, const struct dmabench_setup *s)
{
	struct dmabench_setup again = *s;
	uint64_t least = UINT64_MAX;
	struct dmabench_run out;
	int i;

	for (i = 0; i < 8; i++) {
		if (setup(fd, &again) || run(fd, LAPS, &out))
			return UINT64_MAX;
		least = out.total_ns < least ? out.total_ns : least;
	}
	return least;
}

/* What a lap takes beyond that of a strategy that does nothing; ns of all laps. */
static int64_t known_cost(int fd, const struct dmabench_setup *s)
{
	struct dmabench_setup null = setup_of(DMABENCH_NULL, s->target, s->buf_size);

	null.map_every = s->map_every;
	null.sync_every = s->sync_every;
	return least_of_some(fd, s) - least_of_some(fd, &null);
}

static void trace_laps(int fd, const struct dmabench_target_info *t, struct dmabench_setup s,
		       uint64_t first, uint64_t second, const char *name)
{
	struct dmabench_trace_start start = start_of(first | second);
	int64_t known = known_cost(fd, &s);
	struct total one, other;
	struct dmabench_run out;
	bool counted, timed;
	double off, each;

	if ((known < 0 && steady_clock) || setup(fd, &s) ||
	    ioctl(fd, DMABENCH_IOC_TRACE_START, &start)) {
		ok(false, "trace of %s on %s begins (errno %d, reason %u)", name, t->name, errno,
		   start.reason);
		return;
	}
	run(fd, LAPS, &out);
	trace_stop(fd);
	one = total_of(fd, first, &start);
	other = total_of(fd, second, &start);
	if (s.elided && first & SYNCS) {
		ok(!one.calls && !other.calls, "%s on %s: what is elided is not seen", name, t->name);
		return;
	}
	counted = one.calls == LAPS && other.calls == LAPS && one.rows == 1 && other.rows == 1 &&
		  one.bytes == LAPS * s.buf_size && other.bytes == LAPS * s.buf_size &&
		  one.in_buckets == LAPS && other.in_buckets == LAPS;
	ok(counted, "%s on %s: %llu and %llu of %d calls in %llu and %llu rows", name, t->name,
	   (unsigned long long)one.calls, (unsigned long long)other.calls, LAPS,
	   (unsigned long long)one.rows, (unsigned long long)other.rows);
	off = (double)(int64_t)(one.ns + other.ns) - (double)known;
	each = off / LAPS / 2;
	/* A lap has some instructions of its own around each call, too. */
	timed = (off < 0 ? -off : off) <= 0.05 * (double)known || (each < 5 && each > -CALLER_NS);
	ok_time(timed, "%s on %s: %.1f ns a lap traced, %.1f known: %+.1f %%, %+.1f ns a call (bias %.1f, cost %.1f)",
		name, t->name, (double)(int64_t)(one.ns + other.ns) / LAPS, (double)known / LAPS,
		100 * off / (double)known, each, (double)start.bias_ps / 1000,
		(double)start.cost_ps / 1000);
	if (s.relation != DMABENCH_RELATION_IOMMU && first & MAPS)
		ok(one.bounced == (s.relation == DMABENCH_RELATION_BOUNCED ? LAPS : 0),
		   "%s on %s: %llu calls bounced, relation %u", name, t->name,
		   (unsigned long long)one.bounced, s.relation);
}

void test_trace(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, t->id, 16384);
	/* Each CPU has rows of its own. */
	const cpu_set_t old = pin();

	s.map_every = 1;
	s.sync_every = 0;
	trace_laps(fd, t, s, MAPS, UNMAPS, "map and unmap");
	s.map_every = 0;
	s.sync_every = 1;
	trace_laps(fd, t, s, 1ULL << DMABENCH_TRACE_SYNC_SINGLE_FOR_CPU,
		   1ULL << DMABENCH_TRACE_SYNC_SINGLE_FOR_DEVICE, "syncs");
	unpin(old);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

void test_trace_fields(int fd)
{
	struct dmabench_trace_start start = start_of(ALL);
	struct dmabench_trace_read read = read_of();
	int other;

	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_READ, &read), 0, "TRACE_READ after a trace");
	ok_errno(trace_stop(fd), ENODATA, "TRACE_STOP of a trace that is stopped");
	start.flags = 1;
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_START, &start), EINVAL, "TRACE_START with flags");
	start = start_of(0);
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_START, &start), EINVAL, "TRACE_START of nothing");
	start = start_of(ALL + 1);
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_START, &start), EINVAL, "TRACE_START of the rest");
	start = start_of(1ULL << DMABENCH_TRACE_NR_FUNCTIONS);
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_START, &start), EINVAL, "TRACE_START of none such");
	start = start_of(ALL);
	start.rows = DMABENCH_TRACE_MAX_ROWS + 1;
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_START, &start), EINVAL, "TRACE_START of many rows");
	start = start_of(ALL);
	start.reserved = 1;
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_START, &start), EINVAL, "TRACE_START reserved");

	start = start_of(ALL);
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_START, &start), 0, "TRACE_START of all");
	ok(start.functions && !(start.functions & ~ALL) && !(start.covered & start.functions) &&
	   start.bias_ps && start.cost_ps >= start.bias_ps && start.started_ns,
	   "it traces %#llx, covered %#llx", (unsigned long long)start.functions,
	   (unsigned long long)start.covered);
	other = device_open();
	start = start_of(ALL);
	ok_errno(ioctl(other, DMABENCH_IOC_TRACE_START, &start), EBUSY, "TRACE_START beside another");
	ok(start.reason == DMABENCH_REASON_TRACED, "and the reason says so");
	ok_errno(trace_stop(other), ENODATA, "TRACE_STOP by another");
	ok_errno(ioctl(other, DMABENCH_IOC_TRACE_READ, &read), ENODATA, "TRACE_READ by another");
	read = read_of();
	read.rows_len = 0;
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_READ, &read), EINVAL, "TRACE_READ into nothing");
	read = read_of();
	read.row_size--;
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_READ, &read), EINVAL, "TRACE_READ of other rows");
	read = read_of();
	read.rows_ptr = 8;
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_READ, &read), EFAULT, "TRACE_READ to nowhere");
	read = read_of();
	read.flags = 1;
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_READ, &read), EINVAL, "TRACE_READ with flags");
	ok_errno(trace_stop(fd), 0, "TRACE_STOP");
	start = start_of(ALL);
	ok_errno(ioctl(other, DMABENCH_IOC_TRACE_START, &start), 0, "TRACE_START after another");
	read = read_of();
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_READ, &read), ENODATA, "TRACE_READ of what is dropped");
	close(other);
	start = start_of(ALL);
	ok_errno(ioctl(fd, DMABENCH_IOC_TRACE_START, &start), 0,
		 "TRACE_START after a close that took its probes with it");
	trace_stop(fd);
}
