// SPDX-License-Identifier: GPL-2.0
/* RUN: every strategy and source, and what differs between them. */
#include "abi_test.h"

/* Whatever the memory comes from, the laps are the same. */
void test_sources(int fd, const struct dmabench_target_info *t,
		  const struct dmabench_strategy_info *si)
{
	static const uint64_t sizes[] = { 1, 100, 4096, 5000, 65536, 256 << 10 };
	unsigned char *memory = user_memory(256 << 10, PROT_READ | PROT_WRITE);
	uint32_t source;
	unsigned int i;

	for (source = 1; source < 32; source++) {
		bool good = true;

		if (!(si->sources & BIT(source)))
			continue;
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct dmabench_setup s = setup_of(si->id, t->id, sizes[i]);

			s.source = source;
			s.touch = DMABENCH_TOUCH_COPY;
			if (source == DMABENCH_SOURCE_USER)
				s.user_addr = (uintptr_t)memory;
			for (s.map_every = 0; s.map_every <= 2; s.map_every++) {
				s.sync_every = !s.map_every;
				good &= check_case(fd, si, &s, 6);
			}
			if (!setup(fd, &s))
				good &= s.source_used == source;
		}
		ok(good, "%s on %s: source %u", si->name, t->name, source);
	}
	munmap(memory, 256 << 10);
}

void test_strategy(int fd, const struct dmabench_target_info *t,
		   const struct dmabench_strategy_info *si)
{
	static const uint64_t sizes[] = { 1, 7, 64, 4095, 4096, 4097, 65536 };
	static const uint64_t every[] = { 0, 1, 3, 8, 100, 1000 };
	struct dmabench_setup s;
	bool good = true;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		s = setup_of(si->id, t->id, sizes[i]);
		for (s.touch = 0; s.touch <= DMABENCH_TOUCH_COPY; s.touch++) {
			if (s.touch && !has_phase(si, DMABENCH_PHASE_TOUCH))
				break;
			for (s.map_every = 0; s.map_every <= 1; s.map_every++)
				good &= check_case(fd, si, &s, 5);
		}
	}
	ok(good, "%s on %s: all sizes, touched in all ways", si->name, t->name);

	good = true;
	for (i = 0; i < ARRAY_SIZE(every); i++) {
		for (j = 0; j < ARRAY_SIZE(every); j++) {
			s = setup_of(si->id, t->id, 4096);
			s.map_every = every[i];
			s.sync_every = every[j];
			s.touch = has_phase(si, DMABENCH_PHASE_TOUCH) ? DMABENCH_TOUCH_READ : 0;
			s.touch_bytes = 64;
			good &= check_case(fd, si, &s, 100);
		}
	}
	ok(good, "%s on %s: map_every and sync_every are counted as told", si->name, t->name);

	s = setup_of(si->id, t->id, 4096);
	s.sync_every = 4;
	good = check_case(fd, si, &s, 3000) && check_case(fd, si, &s, 0);
	s.map_every = 7;
	good &= check_case(fd, si, &s, 2500);
	ok(good, "%s on %s: groups of laps join without a seam", si->name, t->name);

	if (!has_direction(si))
		return;
	good = true;
	for (i = 0; i <= DMABENCH_FROM_DEVICE; i++) {
		s = setup_of(si->id, t->id, 8192);
		s.direction = i;
		s.touch = DMABENCH_TOUCH_COPY;
		s.sync_every = 2;
		good &= check_case(fd, si, &s, 10);
		s.map_every = 1;
		good &= check_case(fd, si, &s, 10);
		if (si->flags & DMABENCH_STRATEGY_RANGED_SYNC) {
			s.map_every = 0;
			s.sync_offset = 1024;
			s.sync_bytes = 64;
			good &= check_case(fd, si, &s, 10);
		}
	}
	ok(good, "%s on %s: all directions, ranges", si->name, t->name);
}

/* The copy is in the phase that its direction tells, and takes as long as it is large. */
void test_copy(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_COPY, t->id, 1 << 18);
	uint64_t device[3], cpu[3];
	unsigned int i;

	s.sync_every = 1;
	for (i = 0; i <= DMABENCH_FROM_DEVICE; i++) {
		s.direction = i;
		device[i] = phase_median(fd, &s, DMABENCH_PHASE_SYNC_FOR_DEVICE);
		cpu[i] = phase_median(fd, &s, DMABENCH_PHASE_SYNC_FOR_CPU);
	}
	ok(device[DMABENCH_TO_DEVICE] > 4 * cpu[DMABENCH_TO_DEVICE] &&
	   cpu[DMABENCH_FROM_DEVICE] > 4 * device[DMABENCH_FROM_DEVICE] &&
	   device[DMABENCH_BIDIRECTIONAL] > 4 * device[DMABENCH_FROM_DEVICE] &&
	   cpu[DMABENCH_BIDIRECTIONAL] > 4 * cpu[DMABENCH_TO_DEVICE],
	   "%s: copy copies in the phase of its direction: for device %llu %llu %llu ns, "
	   "for CPU %llu %llu %llu ns", t->name, (unsigned long long)device[0],
	   (unsigned long long)device[1], (unsigned long long)device[2],
	   (unsigned long long)cpu[0], (unsigned long long)cpu[1], (unsigned long long)cpu[2]);
	s.sync_bytes = 64;
	s.direction = DMABENCH_TO_DEVICE;
	ok(device[DMABENCH_TO_DEVICE] > 4 * phase_median(fd, &s, DMABENCH_PHASE_SYNC_FOR_DEVICE),
	   "%s: copy copies its range only", t->name);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/*
 * Mapping recycled pages leaves the caches and the bounce buffer alone.  It shows where
 * there is something to leave alone: a large buffer of a device that does not snoop.
 */
void test_recycle(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_PAGE, t->id, 1 << 18);
	uint64_t page, recycle;

	if (t->flags & DMABENCH_TARGET_COHERENT || !(t->flags & DMABENCH_TARGET_COHERENT_KNOWN)) {
		skip("streaming_recycle skips the sync", "the target has nothing to sync");
		return;
	}
	s.map_every = 1;
	s.direction = DMABENCH_FROM_DEVICE;
	page = phase_median(fd, &s, DMABENCH_PHASE_UNMAP);
	s.strategy = DMABENCH_STREAMING_RECYCLE;
	recycle = phase_median(fd, &s, DMABENCH_PHASE_UNMAP);
	ok(recycle && recycle < page, "%s: streaming_recycle skips the sync: unmap %llu ns, not %llu",
	   t->name, (unsigned long long)recycle, (unsigned long long)page);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

void test_run(int fd)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, targets[0].id, 4096);
	struct dmabench_run r;

	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	ok_errno(run(fd, 1, &r), ENODATA, "RUN with nothing set up");
	ok_errno(run_stamped(fd, 1, &r), ENODATA, "RUN stamped with nothing set up");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 0), ENODATA,
		 "SYNC with nothing set up");
	setup(fd, &s);
	ok_errno(run(fd, 0, &r), 0, "RUN of 0 laps");
	ok(!r.laps_done && r.total_ns < 1000000000ULL, "RUN of 0 laps does none");
	ok_errno(run(fd, DMABENCH_MAX_LAPS + 1, &r), EINVAL, "RUN of too many laps");

#define EXPECT(want, name, ...) do {						\
	r = (struct dmabench_run){ .size = sizeof(r), .laps = 1, __VA_ARGS__ };	\
	ok_errno(ioctl(fd, DMABENCH_IOC_RUN, &r), want, "RUN " name);		\
} while (0)
	EXPECT(EINVAL, "with an unknown flag", .flags = 2);
	EXPECT(EINVAL, "with histograms, not stamped", .hist_ptr = (uintptr_t)hist);
	EXPECT(EINVAL, "with hist_len, not stamped", .hist_len = DMABENCH_NR_PHASES);
	EXPECT(EINVAL, "stamped, hist_len too small", .flags = DMABENCH_RUN_STAMPED,
	       .hist_ptr = (uintptr_t)hist, .hist_len = DMABENCH_NR_PHASES - 1);
	EXPECT(EINVAL, "stamped, hist_len too large", .flags = DMABENCH_RUN_STAMPED,
	       .hist_ptr = (uintptr_t)hist, .hist_len = DMABENCH_NR_PHASES + 1);
	EXPECT(EFAULT, "stamped, histograms at address 0", .flags = DMABENCH_RUN_STAMPED,
	       .hist_len = DMABENCH_NR_PHASES);
	EXPECT(EFAULT, "stamped, histograms in kernel space", .flags = DMABENCH_RUN_STAMPED,
	       .hist_ptr = 1ULL << 63, .hist_len = DMABENCH_NR_PHASES);
#undef EXPECT

	ok_errno(ioctl(fd, DMABENCH_IOC_TEARDOWN), 0, "TEARDOWN of a buffer");
	ok_errno(run(fd, 1, &r), ENODATA, "RUN after TEARDOWN");
	ok_errno(ioctl(fd, DMABENCH_IOC_TEARDOWN), 0, "TEARDOWN of nothing");
	s.buf_size = 0;
	setup(fd, &s);
	ok_errno(run(fd, 1, &r), ENODATA, "RUN after a failed SETUP");
}

static void on_alarm(int sig)
{
	(void)sig;
}

void test_signal(int fd)
{
	struct sigaction sa = { .sa_handler = on_alarm }, old;
	struct itimerval in = { .it_value.tv_usec = 100000 };
	const uint32_t ids[] = { DMABENCH_NULL, DMABENCH_STREAMING_SINGLE };
	struct dmabench_setup s;
	struct dmabench_run r;
	unsigned int i;

	sigaction(SIGALRM, &sa, &old);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		s = setup_of(ids[i], targets[0].id, 4096);
		s.map_every = i;
		setup(fd, &s);
		setitimer(ITIMER_REAL, &in, NULL);
		ok_errno(run(fd, FOREVER, &r), EINTR, "RUN that a signal ends");
		ok(r.laps_done && r.laps_done < FOREVER && r.total_ns && !r.reason,
		   "RUN that a signal ends: %llu laps in %llu ns",
		   (unsigned long long)r.laps_done, (unsigned long long)r.total_ns);
		setitimer(ITIMER_REAL, &in, NULL);
		ok_errno(run_stamped(fd, FOREVER, &r), EINTR, "RUN stamped that a signal ends");
		ok(hist[DMABENCH_PHASE_LAP].count == r.laps_done && r.laps_done,
		   "its histogram has the laps done: %llu", (unsigned long long)r.laps_done);
		ok_errno(run(fd, 10, &r), 0, "RUN goes on after it");
	}
	sigaction(SIGALRM, &old, NULL);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}
