// SPDX-License-Identifier: GPL-2.0
/* Transfers: real data, moved by a device, and what becomes of them. */
#include <sys/sysinfo.h>
#include "abi_test.h"

static struct dmabench_transfers transfers_of(int fd)
{
	struct dmabench_transfers t = { .size = sizeof(t) };

	if (ioctl(fd, DMABENCH_IOC_TRANSFERS, &t))
		printf("# TRANSFERS: errno %d\n", errno);
	return t;
}

static struct dmabench_setup transfer_setup(uint32_t strategy,
					    const struct dmabench_target_info *t,
					    uint64_t size, uint32_t direction)
{
	struct dmabench_setup s = setup_of(strategy, t->id, size);

	s.transfer = t->engine;
	s.direction = direction;
	s.sync_every = 1;
	return s;
}

/*
 * An engine of few address bits may not reach this machine's memory.  Where nothing translates or
 * bounces it may only as long as the allocator happens to find some that is low.
 */
static bool reaches(int fd, const struct dmabench_target_info *t, uint32_t strategy)
{
	struct dmabench_setup s = transfer_setup(strategy, t, 64, DMABENCH_TO_DEVICE);
	struct sysinfo machine;

	if (setup(fd, &s))
		return s.reason != DMABENCH_REASON_BEYOND_MASK &&
		       s.reason != DMABENCH_REASON_DMA_MASK;
	if (s.relation != DMABENCH_RELATION_IDENTITY || !strategy_by_id(strategy)->sources)
		return true;
	return !sysinfo(&machine) &&
	       (uint64_t)machine.totalram * machine.mem_unit <= 1ULL << t->engine_mask_bits;
}

/* Laps in both passes that all give fresh data. */
static bool all_fresh(int fd, const struct dmabench_strategy_info *si,
		      const struct dmabench_setup *s, uint64_t laps)
{
	struct dmabench_transfers t;

	if (!check_case(fd, si, s, laps))
		return false;
	t = transfers_of(fd);
	if (t.fresh == 2 * laps && !t.stale && !t.wrong)
		return true;
	printf("# fresh %llu stale %llu wrong %llu, at %llu: want %#llx, got %#llx\n",
	       (unsigned long long)t.fresh, (unsigned long long)t.stale,
	       (unsigned long long)t.wrong, (unsigned long long)t.offset,
	       (unsigned long long)t.expected, (unsigned long long)t.found);
	return false;
}

/* What a target without an engine, or one with, has to refuse. */
static void test_refusals(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_transfers out = { .size = sizeof(out) };
	struct dmabench_setup s;

	s = transfer_setup(DMABENCH_COHERENT, t, 1024, DMABENCH_TO_DEVICE);
	s.transfer = t->engine == DMABENCH_ENGINE_EDU ? DMABENCH_ENGINE_MEMCPY :
							DMABENCH_ENGINE_EDU;
	expect_setup(fd, s, EOPNOTSUPP, DMABENCH_REASON_ENGINE, "with another engine");
	s.transfer = DMABENCH_ENGINE_EDU + 1;
	expect_setup(fd, s, EINVAL, 0, "with an engine that is none");
	s.transfer = DMABENCH_ENGINE_NONE;
	s.ownership = DMABENCH_OWNERSHIP_NO_SYNC_FOR_DEVICE;
	expect_setup(fd, s, EINVAL, 0, "ownership without a transfer");
	s.ownership = 0;
	ok_errno(setup(fd, &s), 0, "SETUP without a transfer");
	ok_errno(ioctl(fd, DMABENCH_IOC_TRANSFERS, &out), ENODATA, "TRANSFERS of none");
	if (!t->engine)
		return;

#define REFUSED(want, why, name, ...) do {					\
		s = transfer_setup(DMABENCH_STREAMING_SINGLE, t, 1024,		\
				   DMABENCH_TO_DEVICE);				\
		__VA_ARGS__;							\
		expect_setup(fd, s, want, why, name);				\
	} while (0)

	REFUSED(EINVAL, 0, "transfer, null", s.strategy = DMABENCH_NULL);
	REFUSED(EINVAL, 0, "transfer, bidirectional", s.direction = DMABENCH_BIDIRECTIONAL);
	REFUSED(EINVAL, 0, "transfer, never synced", s.sync_every = 0);
	REFUSED(EINVAL, 0, "transfer, synced now and then", s.sync_every = 2);
	REFUSED(EINVAL, 0, "transfer, mapped now and then", s.sync_every = 0; s.map_every = 2);
	REFUSED(EINVAL, 0, "transfer, range at an odd place", s.sync_offset = 4);
	REFUSED(EINVAL, 0, "transfer, freed before it is checked",
		s.strategy = DMABENCH_COHERENT; s.map_every = 1);
	REFUSED(EINVAL, 0, "transfer, mapped each lap without its syncs",
		s.strategy = DMABENCH_STREAMING_RECYCLE; s.map_every = 1; s.sync_every = 0);
	REFUSED(EINVAL, 0, "transfer, consumer that overwrites",
		s.direction = DMABENCH_FROM_DEVICE; s.touch = DMABENCH_TOUCH_WRITE);
	REFUSED(EINVAL, 0, "ownership of the other direction",
		s.ownership = DMABENCH_OWNERSHIP_NO_SYNC_FOR_CPU);
	REFUSED(EINVAL, 0, "ownership where mapping syncs",
		s.map_every = 1; s.ownership = DMABENCH_OWNERSHIP_NO_SYNC_FOR_DEVICE);
	REFUSED(EINVAL, 0, "ownership of memory without syncs",
		s.strategy = DMABENCH_COHERENT;
		s.ownership = DMABENCH_OWNERSHIP_NO_SYNC_FOR_DEVICE);
	REFUSED(EINVAL, 0, "ownership of a copy", s.strategy = DMABENCH_COPY;
		s.ownership = DMABENCH_OWNERSHIP_NO_SYNC_FOR_DEVICE);
	REFUSED(EINVAL, 0, "ownership that is none", s.ownership = 3);
	if (t->max_transfer < DMABENCH_MAX_SIZE)
		REFUSED(ERANGE, DMABENCH_REASON_ABOVE_MAX_TRANSFER, "transfer, too large",
			s.buf_size = t->max_transfer + 1);
#undef REFUSED
	ok_errno(ioctl(fd, DMABENCH_IOC_TRANSFERS, &out), ENODATA, "TRANSFERS of nothing");
}

static void test_memcpy(int fd, const struct dmabench_target_info *t)
{
	/* QEMU's model of the BCM2835 moves whole words and hangs on anything else. */
	static const uint64_t sizes[] = { 8, 4100, 65536, 1 << 20 };
	unsigned int i, j, dir;

	for (i = 0; i < nr_strategies; i++) {
		const struct dmabench_strategy_info *si = &strategies[i];
		bool good = true;

		if (si->id == DMABENCH_NULL)
			continue;
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			for (dir = DMABENCH_TO_DEVICE; dir <= DMABENCH_FROM_DEVICE; dir++) {
				struct dmabench_setup s = transfer_setup(si->id, t, sizes[j],
									 dir);

				if (si->id == DMABENCH_POOL && sizes[j] > 65536)
					continue;
				s.touch = dir == DMABENCH_TO_DEVICE ? DMABENCH_TOUCH_WRITE :
								      DMABENCH_TOUCH_READ;
				good &= all_fresh(fd, si, &s, 3);
				if (si->sources && si->id != DMABENCH_STREAMING_RECYCLE) {
					s.map_every = 1;
					s.sync_every = 0;
					good &= all_fresh(fd, si, &s, 3);
				}
			}
		}
		ok(good, "%s: %s: 8 bytes to 1 MiB both ways: fresh", t->name, si->name);
	}
}

static void test_edu(int fd, const struct dmabench_target_info *t)
{
	static const uint32_t ids[] = { DMABENCH_COHERENT, DMABENCH_STREAMING_SINGLE,
					DMABENCH_STREAMING_SG, DMABENCH_COPY };
	unsigned int i, dir;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		const struct dmabench_strategy_info *si = strategy_by_id(ids[i]);
		bool good = true;

		if (!reaches(fd, t, ids[i])) {
			skip(si->name, "the engine does not reach its memory");
			continue;
		}
		for (dir = DMABENCH_TO_DEVICE; dir <= DMABENCH_FROM_DEVICE; dir++) {
			struct dmabench_setup s = transfer_setup(ids[i], t, 4095, dir);

			s.touch = DMABENCH_TOUCH_COPY;
			good &= all_fresh(fd, si, &s, 2);
		}
		ok(good, "%s: %s: 4095 bytes both ways: fresh", t->name, si->name);
	}
}

/* The data are seen from user space, by way of a mapping that the module knows nothing of. */
static void test_data_arrive(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = transfer_setup(DMABENCH_COHERENT, t, 4088,
						 DMABENCH_FROM_DEVICE);
	struct dmabench_run r;
	bool good = true;
	uint64_t *p;
	uint32_t lap, seed = 0;
	unsigned int i;

	s.mmap_mode = DMABENCH_MMAP_COHERENT;
	if (setup(fd, &s)) {
		skip("data arrive in user space", "coherent memory cannot be mmap()ed here");
		return;
	}
	p = map_buffer(fd, page_size);
	if (!ok(p != MAP_FAILED, "%s: mmap", t->name))
		return;
	for (lap = 0; lap < 2; lap++) {
		good &= !run(fd, 1, &r);
		good &= (uint32_t)p[0] != seed;
		seed = p[0];
		for (i = 0; i < 511; i++)
			good &= p[i] == ((uint64_t)i << 32 | seed);
	}
	ok(good, "%s: other data in each lap, seen from user space", t->name);
	munmap(p, page_size);
}

static void *scribble(void *arg)
{
	volatile uint64_t **p = arg;

	while (*p) {
		(*p)[16] = 0xbad;
		sleep_ms(5);
	}
	return NULL;
}

/* Somebody writes to the buffer while the device reads it: this has to come out. */
static void test_wrong_data(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = transfer_setup(DMABENCH_COHERENT, t, 4000,
						 DMABENCH_TO_DEVICE);
	volatile uint64_t *shared;
	struct dmabench_transfers x;
	struct dmabench_run r;
	pthread_t thread;
	void *p;
	int err;

	s.mmap_mode = DMABENCH_MMAP_COHERENT;
	if (t->engine != DMABENCH_ENGINE_EDU || setup(fd, &s)) {
		skip("wrong data are found", "needs a slow engine, and coherent mmap()");
		return;
	}
	p = map_buffer(fd, page_size);
	if (!ok(p != MAP_FAILED, "%s: mmap", t->name))
		return;
	shared = p;
	pthread_create(&thread, NULL, scribble, &shared);
	err = run(fd, 3, &r) ? errno : 0;
	shared = NULL;
	pthread_join(thread, NULL);
	x = transfers_of(fd);
	ok(err == EBADMSG && r.reason == DMABENCH_REASON_DATA && !r.laps_done,
	   "%s: wrong data end the run: errno %d reason %u laps %llu", t->name, err, r.reason,
	   (unsigned long long)r.laps_done);
	ok(x.wrong == 1 && !x.stale && x.offset == 128 && x.found == 0xbad &&
	   x.expected >> 32 == 16,
	   "%s: TRANSFERS names the place: byte %llu, %#llx in place of %#llx", t->name,
	   (unsigned long long)x.offset, (unsigned long long)x.found,
	   (unsigned long long)x.expected);
	munmap(p, page_size);
}

/* A sync that is left out matters where data are bounced, and must not matter where not. */
static void test_ownership(int fd, const struct dmabench_target_info *t)
{
	static const uint32_t ids[] = { DMABENCH_STREAMING_SINGLE, DMABENCH_STREAMING_RECYCLE };
	unsigned int i, skipped;

	if (!reaches(fd, t, DMABENCH_STREAMING_SINGLE)) {
		skip("ownership", "the engine does not reach the memory");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		for (skipped = DMABENCH_OWNERSHIP_NO_SYNC_FOR_CPU;
		     skipped <= DMABENCH_OWNERSHIP_NO_SYNC_FOR_DEVICE; skipped++) {
			struct dmabench_setup s =
				transfer_setup(ids[i], t, 2048,
					       skipped == DMABENCH_OWNERSHIP_NO_SYNC_FOR_CPU ?
					       DMABENCH_FROM_DEVICE : DMABENCH_TO_DEVICE);
			struct dmabench_transfers x;
			struct dmabench_run r;
			bool stale;

			s.ownership = skipped;
			if (!ok(!setup(fd, &s) && !run(fd, 2, &r), "%s: laps without sync %u",
				t->name, skipped))
				continue;
			x = transfers_of(fd);
			stale = s.relation == DMABENCH_RELATION_BOUNCED;
			if (!stale && !(t->flags & DMABENCH_TARGET_COHERENT))
				ok(x.fresh + x.stale == 2 && !x.wrong,
				   "%s: not coherent: fresh or stale", t->name);
			else
				ok(x.stale == (stale ? 2 : 0) && x.fresh == (stale ? 0 : 2) &&
				   !x.wrong, "%s: without sync %u: %s (fresh %llu, stale %llu)",
				   t->name, skipped, stale ? "stale" : "fresh",
				   (unsigned long long)x.fresh, (unsigned long long)x.stale);
		}
	}
}

void test_transfer(int fd, const struct dmabench_target_info *t)
{
	test_refusals(fd, t);
	ok(!t->engine == !t->max_transfer && !t->engine == !t->engine_mask_bits &&
	   (t->kind != DMABENCH_TARGET_DMAENGINE || t->engine == DMABENCH_ENGINE_MEMCPY),
	   "%s: engine %u, %u bits, at most %llu bytes", t->name, t->engine,
	   t->engine_mask_bits, (unsigned long long)t->max_transfer);
	if (!t->engine)
		return;
	if (t->engine == DMABENCH_ENGINE_MEMCPY)
		test_memcpy(fd, t);
	else
		test_edu(fd, t);
	test_data_arrive(fd, t);
	test_wrong_data(fd, t);
	test_ownership(fd, t);
}

/* In a child: transfer until the target goes.  Exit code 0: ENODEV, now and from then on. */
static void transfer_until_gone(const struct dmabench_target_info *t, uint32_t strategy)
{
	struct dmabench_setup s = transfer_setup(strategy, t, 4000, DMABENCH_FROM_DEVICE);
	struct dmabench_transfers x = { .size = sizeof(x) };
	int fd = device_open();
	struct dmabench_run r;

	if (setup(fd, &s))
		_exit(10);
	if (!run(fd, FOREVER, &r) || errno != ENODEV)
		_exit(11);
	if (!r.laps_done)
		_exit(12);
	if (!run(fd, 1, &r) || errno != ENODEV)
		_exit(13);
	if (!ioctl(fd, DMABENCH_IOC_TRANSFERS, &x) || errno != ENODEV)
		_exit(14);
	_exit(0);
}

static const struct dmabench_target_info *target_with(uint32_t engine)
{
	unsigned int i;

	for (i = 0; i < nr_targets; i++)
		if (targets[i].engine == engine)
			return &targets[i];
	return NULL;
}

/* Takes a target away by a write to a file of sysfs, during transfers. */
static bool taken_away(const struct dmabench_target_info *t, uint32_t strategy, long ms,
		       const char *path, const char *text)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		transfer_until_gone(t, strategy);
	sleep_ms(ms);
	if (!write_file(path, text))
		printf("# cannot write to %s: errno %d\n", path, errno);
	waitpid(pid, &status, 0);
	return ok(WIFEXITED(status) && !WEXITSTATUS(status),
		  "%s taken away during a transfer: ENODEV (%#x)", t->name, status);
}

void test_transfer_unbind(int fd, const char *address)
{
	const struct dmabench_target_info *t = target_with(DMABENCH_ENGINE_EDU);
	struct dmabench_transfers x;
	struct dmabench_setup s;
	struct dmabench_run r;
	char path[128];
	uint32_t strategy;
	unsigned int i;

	if (!t || !address || !reaches(fd, t, DMABENCH_COHERENT)) {
		skip("a PCI engine that goes away", "there is none that reaches memory");
		return;
	}
	strategy = reaches(fd, t, DMABENCH_STREAMING_SINGLE) ? DMABENCH_STREAMING_SINGLE :
							       DMABENCH_COHERENT;
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	for (i = 0; i < 2; i++) {
		/* in the middle of the third of 100 ms: the engine runs on for 50 */
		taken_away(t, i ? DMABENCH_COHERENT : strategy, 450,
			   "/sys/bus/pci/drivers/dmabench/unbind", address);
		write_file("/sys/bus/pci/drivers_probe", address);
		read_targets(fd);
		t = target_with(DMABENCH_ENGINE_EDU);
		if (!ok(t, "the engine is back"))
			return;
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", address);
	taken_away(t, DMABENCH_COPY, 450, path, "1");
	read_targets(fd);
	ok(!target_with(DMABENCH_ENGINE_EDU), "the function was removed");
	write_file("/sys/bus/pci/rescan", "1");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", address);
	write_file(path, "dmabench");
	write_file("/sys/bus/pci/drivers_probe", address);
	read_targets(fd);
	t = target_with(DMABENCH_ENGINE_EDU);
	if (!ok(t, "the function is back"))
		return;
	s = transfer_setup(strategy, t, 4000, DMABENCH_FROM_DEVICE);
	ok_errno(setup(fd, &s) || run(fd, 1, &r), 0, "a transfer after all this");
	x = transfers_of(fd);
	ok(x.fresh == 1, "its data are fresh");
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/* The last test of all: the channel does not come back before the module is loaded again. */
void test_engine_unbind(int fd)
{
	const struct dmabench_target_info *t = target_with(DMABENCH_ENGINE_MEMCPY);
	char path[128], driver[256], device[256];
	ssize_t length;

	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	if (!t) {
		skip("a DMA engine that goes away", "there is none");
		return;
	}
	snprintf(path, sizeof(path), "/sys/class/dma/%s/device", strchr(t->name, ':') + 1);
	length = readlink(path, device, sizeof(device) - 1);
	if (!ok(length > 0, "%s has a device", t->name))
		return;
	device[length] = 0;
	snprintf(driver, sizeof(driver), "%s/driver/unbind", path);
	taken_away(t, DMABENCH_STREAMING_SINGLE, 100, driver, strrchr(device, '/') + 1);
	read_targets(fd);
	ok(!target_with(DMABENCH_ENGINE_MEMCPY), "the target is off the list");
}
