// SPDX-License-Identifier: GPL-2.0
/*
 * Tests /dev/dmabench against what include/uapi/dmabench.h promises.
 *
 * Run as root with dmabench.ko loaded and nothing else using it:
 *
 *	abi_test [PCI-ADDRESS]
 *
 * PCI-ADDRESS ("0000:00:03.0") is a function bound to dmabench through driver_override;
 * it is unbound and bound again several times.  Without it those tests are skipped.  TAP
 * goes to stdout; exit code 0: all passed or skipped, 1: a test failed or nothing could be
 * tested.  What the platform cannot do is skipped with the reason; all else is strict.
 *
 * Build: see Makefile here.  Needs no library and no other file at run time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dmabench.h"
#include "hist.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1U << (n))
#define FOREVER		DMABENCH_MAX_LAPS
#define MAX_TARGETS	16
#define MAX_STRATEGIES	64

_Static_assert(sizeof(struct dmabench_info) == 64, "info");
_Static_assert(sizeof(struct dmabench_clock) == 40, "clock");
_Static_assert(sizeof(struct dmabench_strategy_info) == 192, "strategy_info");
_Static_assert(sizeof(struct dmabench_target_info) == 80, "target_info");
_Static_assert(sizeof(struct dmabench_setup) == 136, "setup");
_Static_assert(offsetof(struct dmabench_setup, user_addr) == 120, "setup.user_addr");
_Static_assert(offsetof(struct dmabench_setup, dirty) == 128, "setup.dirty");
_Static_assert(sizeof(struct dmabench_hist) == 8224, "hist");
_Static_assert(sizeof(struct dmabench_run) == 48, "run");
_Static_assert(sizeof(struct dmabench_sync) == 24, "sync");
_Static_assert(sizeof(struct dmabench_mapping) == 32, "mapping");

static int tests, failures;
static size_t page_size;
static struct dmabench_strategy_info strategies[MAX_STRATEGIES];
static unsigned int nr_strategies;
static struct dmabench_target_info targets[MAX_TARGETS];
static unsigned int nr_targets;
static struct dmabench_hist hist[DMABENCH_NR_PHASES];

/* ---- TAP ---- */

__attribute__((format(printf, 2, 3)))
static bool ok(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	if (!good)
		failures++;
	return good;
}

static void skip(const char *name, const char *reason)
{
	printf("ok %d - %s # SKIP %s\n", ++tests, name, reason);
	fflush(stdout);
}

/* An expectation on errno, said in the result line when it is missed. */
static bool ok_errno(int ret, int want, const char *name)
{
	int got = ret ? errno : 0;

	if (got == want)
		return ok(true, "%s: %s", name, want ? strerrorname_np(want) : "succeeds");
	return ok(false, "%s: want %d, got %d (%s)", name, want, got, strerror(got));
}

/* ---- calls ---- */

static int device_open(void)
{
	int fd = open(DMABENCH_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		printf("Bail out! cannot open %s: %s\n", DMABENCH_DEVICE, strerror(errno));
		exit(1);
	}
	return fd;
}

static struct dmabench_setup setup_of(uint32_t strategy, uint32_t target, uint64_t size)
{
	return (struct dmabench_setup){
		.size = sizeof(struct dmabench_setup),
		.strategy = strategy,
		.target = target,
		.buf_size = size,
	};
}

static int setup(int fd, struct dmabench_setup *s)
{
	return ioctl(fd, DMABENCH_IOC_SETUP, s);
}

static int run(int fd, uint64_t laps, struct dmabench_run *out)
{
	*out = (struct dmabench_run){ .size = sizeof(*out), .laps = laps };
	return ioctl(fd, DMABENCH_IOC_RUN, out);
}

static int run_stamped(int fd, uint64_t laps, struct dmabench_run *out)
{
	memset(hist, 0xff, sizeof(hist));
	*out = (struct dmabench_run){
		.size = sizeof(*out),
		.flags = DMABENCH_RUN_STAMPED,
		.laps = laps,
		.hist_ptr = (uintptr_t)hist,
		.hist_len = DMABENCH_NR_PHASES,
	};
	return ioctl(fd, DMABENCH_IOC_RUN, out);
}

static int sync_range(int fd, uint32_t op, uint64_t offset, uint64_t bytes)
{
	struct dmabench_sync s = {
		.size = sizeof(s), .op = op, .offset = offset, .bytes = bytes,
	};

	return ioctl(fd, DMABENCH_IOC_SYNC, &s);
}

static void *map_buffer(int fd, size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static const struct dmabench_strategy_info *strategy_by_id(uint32_t id)
{
	unsigned int i;

	for (i = 0; i < nr_strategies; i++)
		if (strategies[i].id == id)
			return &strategies[i];
	return NULL;
}

static bool has_direction(const struct dmabench_strategy_info *s)
{
	return s->flags & DMABENCH_STRATEGY_DIRECTION;
}

/* Whether dma_sync_*() is what its sync phases call. */
static bool calls_sync(const struct dmabench_strategy_info *s)
{
	return has_direction(s) && s->id != DMABENCH_COPY;
}

static bool has_phase(const struct dmabench_strategy_info *s, enum dmabench_phase phase)
{
	return s->phases & BIT(phase);
}

static void read_targets(int fd)
{
	struct dmabench_target_info t;

	for (nr_targets = 0; nr_targets < MAX_TARGETS; nr_targets++) {
		t = (struct dmabench_target_info){ .size = sizeof(t), .index = nr_targets };
		if (ioctl(fd, DMABENCH_IOC_TARGET, &t))
			break;
		targets[nr_targets] = t;
	}
}

static const struct dmabench_target_info *target_by_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_targets; i++)
		if (!strcmp(targets[i].name, name))
			return &targets[i];
	return NULL;
}

static void sleep_ms(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return good;
}

static long read_number(const char *path)
{
	FILE *f = fopen(path, "r");
	long n = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%ld", &n) != 1)
		n = -1;
	fclose(f);
	return n;
}

/* Whether reading this address gives SIGBUS. */
static sigjmp_buf bus_jump;

static void on_bus(int sig)
{
	siglongjmp(bus_jump, sig);
}

static bool gives_sigbus(volatile unsigned char *p)
{
	struct sigaction sa = { .sa_handler = on_bus }, old;
	bool bus = false;

	sigaction(SIGBUS, &sa, &old);
	if (sigsetjmp(bus_jump, 1))
		bus = true;
	else
		(void)*p;
	sigaction(SIGBUS, &old, NULL);
	return bus;
}

/* ---- the calls that only tell ---- */

static void test_info(int fd)
{
	struct dmabench_info info = { .size = sizeof(info) };
	struct dmabench_strategy_info s;
	struct dmabench_target_info t;
	unsigned int i, j;
	bool good = true;

	ok_errno(ioctl(fd, DMABENCH_IOC_INFO, &info), 0, "INFO");
	ok(info.abi_version == DMABENCH_ABI_VERSION, "INFO: ABI version %u", info.abi_version);
	ok(info.max_size == DMABENCH_MAX_SIZE && info.hist_buckets == DMABENCH_HIST_BUCKETS &&
	   info.nr_phases == DMABENCH_NR_PHASES, "INFO: limits are those of the header");
	ok(info.version[0] && memchr(info.version, 0, sizeof(info.version)),
	   "INFO: version %.31s", info.version);
	ok(info.size == sizeof(info), "INFO: size stays as given");

	for (i = 0; i < info.nr_strategies && i < MAX_STRATEGIES; i++) {
		s = (struct dmabench_strategy_info){ .size = sizeof(s), .index = i };
		if (ioctl(fd, DMABENCH_IOC_STRATEGY, &s))
			break;
		good &= s.name[0] && memchr(s.name, 0, sizeof(s.name)) &&
			s.text[0] && memchr(s.text, 0, sizeof(s.text)) &&
			has_phase(&s, DMABENCH_PHASE_LAP) &&
			(!s.sources || s.sources & BIT(s.default_source));
		for (j = 0; j < i; j++)
			good &= strategies[j].id != s.id && strcmp(strategies[j].name, s.name);
		strategies[i] = s;
		printf("# strategy %u %s: %s (flags %#x phases %#x sources %#x modes %#x)\n",
		       s.id, s.name, s.text, s.flags, s.phases, s.sources, s.mmap_modes);
	}
	nr_strategies = i;
	ok(i == info.nr_strategies && i >= 10, "STRATEGY: %u of them", i);
	ok(good, "STRATEGY: ids and names are unique, fields make sense");
	ok(strategy_by_id(DMABENCH_NULL) &&
	   strategy_by_id(DMABENCH_NULL)->phases == BIT(DMABENCH_PHASE_LAP),
	   "STRATEGY: null has no phases");
	s = (struct dmabench_strategy_info){ .size = sizeof(s), .index = info.nr_strategies };
	ok_errno(ioctl(fd, DMABENCH_IOC_STRATEGY, &s), EINVAL, "STRATEGY beyond the last");

	read_targets(fd);
	good = true;
	for (i = 0; i < nr_targets; i++) {
		t = targets[i];
		printf("# target %u %s: kind %u flags %#x node %d mask %#llx/%#llx max %#llx\n",
		       t.id, t.name, t.kind, t.flags, t.node,
		       (unsigned long long)t.dma_mask, (unsigned long long)t.coherent_mask,
		       (unsigned long long)t.max_mapping);
		good &= t.dma_mask && t.coherent_mask && t.max_mapping &&
			memchr(t.name, 0, sizeof(t.name)) && t.node >= -1;
		if (t.kind == DMABENCH_TARGET_PCI)
			good &= !strncmp(t.name, "pci:", 4);
		else
			good &= !strncmp(t.name, "platform", 8);
	}
	ok(nr_targets == info.nr_targets && nr_targets >= 1, "TARGET: %u of them", nr_targets);
	ok(good, "TARGET: fields make sense");
	t = (struct dmabench_target_info){ .size = sizeof(t), .index = nr_targets };
	ok_errno(ioctl(fd, DMABENCH_IOC_TARGET, &t), EINVAL, "TARGET beyond the last");
}

static void test_clock(int fd)
{
	struct dmabench_clock c = { .size = sizeof(c), .reads = 10000 };

	ok_errno(ioctl(fd, DMABENCH_IOC_CLOCK, &c), 0, "CLOCK");
	ok(c.total_ns && c.zero_steps < c.reads && c.min_step_ns <= c.total_ns,
	   "CLOCK: %llu ns for %llu readings, least step %llu, %llu did not step",
	   (unsigned long long)c.total_ns, (unsigned long long)c.reads,
	   (unsigned long long)c.min_step_ns, (unsigned long long)c.zero_steps);
	c.reads = 1;
	ok_errno(ioctl(fd, DMABENCH_IOC_CLOCK, &c), EINVAL, "CLOCK with 1 reading");
	c.reads = 1000001;
	ok_errno(ioctl(fd, DMABENCH_IOC_CLOCK, &c), EINVAL, "CLOCK with too many readings");
	c.reads = 10;
	c.reserved = 1;
	ok_errno(ioctl(fd, DMABENCH_IOC_CLOCK, &c), EINVAL, "CLOCK with a reserved field set");
}

/* ---- the size in front ---- */

static void test_sizes(int fd)
{
	static const struct {
		const char *name;
		unsigned int cmd;
		uint32_t size;
		uint32_t first;	/* size when it was first published */
		uint64_t at_8;	/* what makes the call valid, where it needs something */
	} calls[] = {
		{ "INFO", DMABENCH_IOC_INFO, sizeof(struct dmabench_info), 64, 0 },
		{ "CLOCK", DMABENCH_IOC_CLOCK, sizeof(struct dmabench_clock), 40, 10 },
		{ "STRATEGY", DMABENCH_IOC_STRATEGY, sizeof(struct dmabench_strategy_info), 192,
		  0 },
		{ "TARGET", DMABENCH_IOC_TARGET, sizeof(struct dmabench_target_info), 80, 0 },
		{ "SETUP", DMABENCH_IOC_SETUP, sizeof(struct dmabench_setup), 120, 0 },
		{ "RUN", DMABENCH_IOC_RUN, sizeof(struct dmabench_run), 48, 0 },
		{ "SYNC", DMABENCH_IOC_SYNC, sizeof(struct dmabench_sync), 24, 0 },
		{ "MAPPING", DMABENCH_IOC_MAPPING, sizeof(struct dmabench_mapping), 32, 0 },
	};
	struct dmabench_setup s = setup_of(DMABENCH_NULL, targets[0].id, 4096);
	union {
		uint32_t size;
		uint64_t word[1024];
		unsigned char byte[8192];
	} arg;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		const uint32_t size = calls[i].size;
		int exact, exact_errno, longer, longer_errno, e2big, e_short, e_tiny;
		bool intact = true;

#define PREPARE(n) do {								\
		setup(fd, &s);							\
		memset(&arg, 0, sizeof(arg));					\
		arg.word[1] = calls[i].at_8;					\
		if (calls[i].cmd == DMABENCH_IOC_SETUP)				\
			memcpy(&arg, &s, sizeof(s));				\
		if (calls[i].cmd == DMABENCH_IOC_SYNC)				\
			arg.word[0] = (uint64_t)DMABENCH_SYNC_FOR_CPU << 32;	\
		arg.size = (n);							\
	} while (0)

		PREPARE(size);
		memset(arg.byte + size, 0xa5, 64);
		exact = ioctl(fd, calls[i].cmd, &arg);
		exact_errno = exact ? errno : 0;
		for (j = 0; j < 64; j++)
			intact &= arg.byte[size + j] == 0xa5;
		/* MAPPING has nothing to tell of a null buffer */
		ok(exact_errno == (calls[i].cmd == DMABENCH_IOC_MAPPING ? ENODATA : 0),
		   "%s with its own size: errno %d", calls[i].name, exact_errno);
		ok(intact, "%s writes nothing behind its struct", calls[i].name);

		PREPARE(size + 16);
		longer = ioctl(fd, calls[i].cmd, &arg);
		longer_errno = longer ? errno : 0;
		ok(longer_errno == exact_errno && arg.size == size + 16,
		   "%s longer, tail zero: as with its own size", calls[i].name);

		PREPARE(size + 16);
		arg.byte[size + 15] = 1;
		e2big = ioctl(fd, calls[i].cmd, &arg) ? errno : 0;
		ok(e2big == E2BIG, "%s longer, tail not zero: E2BIG (%d)", calls[i].name, e2big);

		PREPARE(calls[i].first - 1);
		e_short = ioctl(fd, calls[i].cmd, &arg) ? errno : 0;
		PREPARE(0);
		e_tiny = ioctl(fd, calls[i].cmd, &arg) ? errno : 0;
		ok(e_short == EINVAL && e_tiny == EINVAL, "%s shorter: EINVAL (%d, %d)",
		   calls[i].name, e_short, e_tiny);

		ok_errno(ioctl(fd, calls[i].cmd, NULL), EFAULT, "call at address 0");
#undef PREPARE
	}
	memset(&arg, 0, sizeof(arg));
	arg.size = 1U << 30;
	ok_errno(ioctl(fd, DMABENCH_IOC_INFO, &arg), E2BIG, "INFO with a huge size");
	ok_errno(ioctl(fd, _IO(DMABENCH_IOC_MAGIC, 200), &arg), ENOTTY, "unknown number");
	ok_errno(ioctl(fd, _IO('x', 0), &arg), ENOTTY, "foreign magic");
	ok_errno(ioctl(fd, _IOR(DMABENCH_IOC_MAGIC, 0, int), &arg), ENOTTY,
		 "known number, other encoding");
	ok_errno(ioctl(fd, DMABENCH_IOC_TEARDOWN), 0, "TEARDOWN");
}

/* ---- SETUP ---- */

static void expect_setup(int fd, struct dmabench_setup s, int want, uint32_t reason,
			 const char *name)
{
	int got = setup(fd, &s) ? errno : 0;

	ok(got == want && s.reason == reason,
	   "SETUP %s: want errno %d reason %u, got %d %u", name, want, reason, got, s.reason);
}

static void test_setup_fields(int fd)
{
	const uint32_t t = targets[0].id;
	struct dmabench_setup good = setup_of(DMABENCH_STREAMING_SINGLE, t, 8192), s;

#define EXPECT(field, value, want, reason) do {					\
	s = good;								\
	s.field = (value);							\
	expect_setup(fd, s, want, reason, #field " = " #value);			\
} while (0)
	expect_setup(fd, good, 0, 0, "plain");
	EXPECT(flags, 1, EINVAL, 0);
	EXPECT(strategy, 9999, EINVAL, 0);
	EXPECT(target, 9999, ENODEV, 0);
	EXPECT(buf_size, 0, EINVAL, 0);
	EXPECT(buf_size, DMABENCH_MAX_SIZE + 1, EINVAL, 0);
	EXPECT(buf_size, ~0ULL, EINVAL, 0);
	EXPECT(map_every, DMABENCH_MAX_EVERY, 0, 0);
	EXPECT(map_every, DMABENCH_MAX_EVERY + 1, EINVAL, 0);
	EXPECT(sync_every, DMABENCH_MAX_EVERY, 0, 0);
	EXPECT(sync_every, DMABENCH_MAX_EVERY + 1, EINVAL, 0);
	EXPECT(sync_offset, 8191, 0, 0);
	EXPECT(sync_offset, 8192, EINVAL, 0);
	EXPECT(sync_bytes, 8192, 0, 0);
	EXPECT(sync_bytes, 8193, EINVAL, 0);
	EXPECT(sync_bytes, ~0ULL, EINVAL, 0);
	EXPECT(touch_bytes, 8192, 0, 0);
	EXPECT(touch_bytes, 8193, EINVAL, 0);
	EXPECT(direction, 3, EINVAL, 0);
	EXPECT(source, 6, EINVAL, 0);
	EXPECT(user_addr, 4096, EINVAL, 0);
	EXPECT(dirty, 100, 0, 0);
	EXPECT(dirty, 101, EINVAL, 0);
	EXPECT(reserved, 1, EINVAL, 0);
	EXPECT(source, DMABENCH_SOURCE_PAGES, 0, 0);
	EXPECT(touch, 4, EINVAL, 0);
	EXPECT(mmap_mode, 5, EINVAL, 0);
	EXPECT(mmap_mode, DMABENCH_MMAP_COHERENT, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);

	good.source = DMABENCH_SOURCE_KMALLOC;
	EXPECT(mmap_mode, DMABENCH_MMAP_CACHED, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);

	good.source = DMABENCH_SOURCE_SLAB;
	EXPECT(mmap_mode, DMABENCH_MMAP_CACHED, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);
	good.source = DMABENCH_SOURCE_DEFAULT;
	EXPECT(source, DMABENCH_SOURCE_VMALLOC, EOPNOTSUPP, DMABENCH_REASON_SOURCE);
	EXPECT(source, DMABENCH_SOURCE_USER, EOPNOTSUPP, DMABENCH_REASON_SOURCE);
	good = setup_of(DMABENCH_STREAMING_PAGE, t, 8192);
	EXPECT(source, DMABENCH_SOURCE_SLAB, EOPNOTSUPP, DMABENCH_REASON_SOURCE);
	EXPECT(source, DMABENCH_SOURCE_KMALLOC, EOPNOTSUPP, DMABENCH_REASON_SOURCE);
	good = setup_of(DMABENCH_STREAMING_SG, t, 8192);
	EXPECT(sync_offset, 1, EOPNOTSUPP, DMABENCH_REASON_PARTIAL_SYNC);
	EXPECT(sync_bytes, 4096, EOPNOTSUPP, DMABENCH_REASON_PARTIAL_SYNC);
	EXPECT(sync_bytes, 8192, 0, 0);
	EXPECT(mmap_mode, DMABENCH_MMAP_CACHED, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);
	good = setup_of(DMABENCH_COHERENT, t, 8192);
	EXPECT(source, DMABENCH_SOURCE_PAGES, EOPNOTSUPP, DMABENCH_REASON_SOURCE);
	EXPECT(sync_bytes, 4096, 0, 0);
	EXPECT(mmap_mode, DMABENCH_MMAP_CACHED, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);
	good.map_every = 1;
	EXPECT(mmap_mode, DMABENCH_MMAP_COHERENT, EINVAL, 0);
	EXPECT(dirty, 1, EINVAL, 0);
	good.map_every = 0;
	EXPECT(dirty, 1, 0, 0);
	good = setup_of(DMABENCH_COPY, t, 8192);
	good.map_every = 1;
	EXPECT(dirty, 1, 0, 0);
	good = setup_of(DMABENCH_POOL, t, 8192);
	EXPECT(mmap_mode, DMABENCH_MMAP_COHERENT, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);
	EXPECT(buf_size, 1 << 20, ERANGE, DMABENCH_REASON_ABOVE_SOURCE_MAX);
	good = setup_of(DMABENCH_NULL, t, 8192);
	EXPECT(touch, DMABENCH_TOUCH_READ, EINVAL, 0);
	EXPECT(dirty, 1, EINVAL, 0);
	EXPECT(mmap_mode, DMABENCH_MMAP_CACHED, EOPNOTSUPP, DMABENCH_REASON_MMAP_MODE);
	EXPECT(map_every, 3, 0, 0);
#undef EXPECT

	s = setup_of(DMABENCH_STREAMING_SINGLE, t, 4096);
	setup(fd, &s);
	ok(s.source_used == DMABENCH_SOURCE_KMALLOC, "default source of streaming_single");
	s.mmap_mode = DMABENCH_MMAP_CACHED;
	setup(fd, &s);
	ok(s.source_used == DMABENCH_SOURCE_PAGES,
	   "default source of streaming_single with mmap is pages");
	s = setup_of(DMABENCH_COHERENT, t, 4096);
	setup(fd, &s);
	ok(s.source_used == DMABENCH_SOURCE_DEFAULT, "DMA memory has no source");
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/* What was published first is what old callers know. */
static void test_old_callers(int fd)
{
	struct {
		struct dmabench_setup s;
		unsigned char behind[64];
	} arg;
	const size_t old = offsetof(struct dmabench_setup, user_addr);
	unsigned char *p = (unsigned char *)&arg;
	struct dmabench_run r;
	bool intact = true;
	size_t i;

	memset(&arg, 0xa5, sizeof(arg));
	memset(&arg, 0, old);
	arg.s.size = old;
	arg.s.strategy = DMABENCH_STREAMING_SG;
	arg.s.target = targets[0].id;
	arg.s.buf_size = 8192;
	ok_errno(setup(fd, &arg.s), 0, "SETUP of 120 bytes, garbage behind it");
	for (i = old; i < sizeof(arg); i++)
		intact &= p[i] == 0xa5;
	ok(intact && arg.s.size == old && arg.s.phys_addr && arg.s.dma_mask,
	   "SETUP of 120 bytes answers in them, and not behind them");
	ok_errno(run(fd, 3, &r), 0, "RUN after it");
	arg.s.source = DMABENCH_SOURCE_USER;
	ok(setup(fd, &arg.s) && errno == EFAULT && arg.s.reason == DMABENCH_REASON_USER_PAGES,
	   "SETUP of 120 bytes with user memory, which they cannot tell");
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/* The value of a line of a file, such as "VmLck:	 12 kB" or "nr_dirty 12"; -1: none. */
static long long read_value(const char *path, const char *key)
{
	FILE *f = fopen(path, "r");
	long long value = -1;
	char line[256];

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			value = strtoll(line + strlen(key) + strspn(line + strlen(key), ": \t"),
					NULL, 10);
	fclose(f);
	return value;
}

static long long locked_kb(void)
{
	return read_value("/proc/self/status", "VmLck");
}

/* Pages pinned at present, of the whole machine. */
static long long pinned_pages(void)
{
	/* Each CPU counts for itself until it is told to report. */
	write_file("/proc/sys/vm/stat_refresh", "1");
	return read_value("/proc/vmstat", "nr_foll_pin_acquired") -
	       read_value("/proc/vmstat", "nr_foll_pin_released");
}

static unsigned char *user_memory(size_t bytes, int prot)
{
	void *p = mmap(NULL, bytes, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* In a child without privilege that may lock two pages: exit code 0: as told. */
static void set_up_beyond_memlock(int fd, struct dmabench_setup s)
{
	const struct rlimit limit = { .rlim_cur = 2 * page_size, .rlim_max = 2 * page_size };
	struct dmabench_setup small = s;

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setgid(65534) || setuid(65534))
		_exit(2);
	if (!setup(fd, &s) || errno != ENOMEM || s.reason != DMABENCH_REASON_MEMLOCK)
		_exit(3);
	small.buf_size = 2 * page_size;
	if (setup(fd, &small))
		_exit(4);
	/* What it replaces is given back first. */
	if (setup(fd, &small))
		_exit(5);
	if (locked_kb() != (long long)(2 * page_size / 1024))
		_exit(6);
	if (ioctl(fd, DMABENCH_IOC_TEARDOWN) || locked_kb())
		_exit(7);
	_exit(0);
}

static void test_user_memory(int fd, const struct dmabench_target_info *t)
{
	const size_t bytes = 16 * page_size;
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SG, t->id, bytes - 100);
	const long long locked = locked_kb(), pinned = pinned_pages();
	unsigned char *p = user_memory(bytes, PROT_READ | PROT_WRITE);
	unsigned char *read_only = user_memory(bytes, PROT_READ);
	struct dmabench_run r;
	bool inside = true, outside = true;
	unsigned int i;
	int status;
	pid_t pid;

	if (!(strategy_by_id(DMABENCH_STREAMING_SG)->sources & BIT(DMABENCH_SOURCE_USER))) {
		skip("user memory", "this kernel has highmem");
		return;
	}
	if (!ok(p && read_only, "user memory to pin"))
		return;
	s.source = DMABENCH_SOURCE_USER;
	s.user_addr = (uintptr_t)p;
	s.touch = DMABENCH_TOUCH_WRITE;
	s.direction = DMABENCH_TO_DEVICE;
	memset(p, 0x66, bytes);
	ok_errno(setup(fd, &s), 0, "SETUP with user memory");
	ok(s.source_used == DMABENCH_SOURCE_USER && s.phys_addr && !(s.phys_addr % page_size),
	   "%s: user memory at phys %#llx dma %#llx", t->name, (unsigned long long)s.phys_addr,
	   (unsigned long long)s.dma_addr);
	ok(locked_kb() == locked + (long long)(bytes / 1024), "it counts as locked: %lld kB",
	   locked_kb());
	if (pinned >= 0)
		ok(pinned_pages() == pinned + 16, "%lld pages are pinned", pinned_pages() - pinned);
	else
		skip("pages are pinned", "this kernel does not count them");
	for (i = 0; i < bytes; i += 8) {
		const bool touched = i < bytes - 100;

		if (i == 0)
			run(fd, 1, &r);
		if (touched)
			inside &= p[i + 1] != 0x66;
		else if (i >= bytes - 96)
			outside &= p[i + 1] == 0x66;
	}
	ok(inside && outside, "the kernel writes where the user sees it, and no more");
	ok_errno(ioctl(fd, DMABENCH_IOC_TEARDOWN), 0, "TEARDOWN with user memory");
	ok(locked_kb() == locked && (pinned < 0 || pinned_pages() == pinned),
	   "TEARDOWN lets go of it: %lld kB locked", locked_kb());

#define EXPECT(addr, want, reason, name) do {					\
	s.user_addr = (addr);							\
	expect_setup(fd, s, want, reason, name);				\
} while (0)
	EXPECT((uintptr_t)p + 8, EINVAL, 0, "user memory off a page boundary");
	EXPECT(0, EFAULT, DMABENCH_REASON_USER_PAGES, "user memory at address 0");
	EXPECT((uintptr_t)read_only, EFAULT, DMABENCH_REASON_USER_PAGES,
	       "user memory that is read-only");
	EXPECT(1ULL << 63, EFAULT, DMABENCH_REASON_USER_PAGES, "user memory in the kernel");
	EXPECT(~0ULL - page_size + 1, EFAULT, DMABENCH_REASON_USER_PAGES,
	       "user memory that wraps");
	munmap(p + 8 * page_size, page_size);
	EXPECT((uintptr_t)p, EFAULT, DMABENCH_REASON_USER_PAGES, "user memory with a hole");
#undef EXPECT
	ok(locked_kb() == locked && (pinned < 0 || pinned_pages() == pinned),
	   "what fails leaves nothing pinned");

	s.buf_size = 4 * page_size;
	s.map_every = 1;
	ok_errno(setup(fd, &s), 0, "SETUP with user memory that goes away");
	munmap(p, bytes);
	ok(!run(fd, 100, &r) && !run_stamped(fd, 100, &r),
	   "%s: laps go on when the user unmaps", t->name);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);

	p = user_memory(bytes, PROT_READ | PROT_WRITE);
	s.user_addr = (uintptr_t)p;
	s.buf_size = bytes;
	fflush(stdout);
	pid = fork();
	if (!pid)
		set_up_beyond_memlock(fd, s);
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && !WEXITSTATUS(status), "RLIMIT_MEMLOCK holds (%#x)", status);

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setup(fd, &s))
			_exit(2);
		run(fd, FOREVER, &r);
		_exit(3);
	}
	sleep_ms(50);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && !run(fd, 10, &r),
	   "the buffer outlives the process that gave it its memory (%#x)", status);
	ok_errno(ioctl(fd, DMABENCH_IOC_TEARDOWN), 0, "TEARDOWN of a dead process' memory");
	ok(pinned < 0 || pinned_pages() == pinned, "nothing stays pinned");
	munmap(p, bytes);
	munmap(read_only, bytes);
}

static void test_limits(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s;
	int got;

	if (t->max_mapping < DMABENCH_MAX_SIZE) {
		s = setup_of(DMABENCH_STREAMING_SINGLE, t->id, t->max_mapping + 1);
		got = setup(fd, &s) ? errno : 0;
		ok(got == ERANGE && s.reason == DMABENCH_REASON_ABOVE_MAX_MAPPING,
		   "%s: above max_mapping: errno %d reason %u", t->name, got, s.reason);
		s = setup_of(DMABENCH_STREAMING_SG, t->id, t->max_mapping + 1);
		ok_errno(setup(fd, &s), 0, "streaming_sg above max_mapping");
		s = setup_of(DMABENCH_STREAMING_PAGE, t->id, t->max_mapping);
		got = setup(fd, &s) ? errno : 0;
		ok(!got, "%s: exactly max_mapping: errno %d reason %u", t->name, got, s.reason);
	} else {
		skip("above max_mapping", "the target has no such limit");
	}

	s = setup_of(DMABENCH_STREAMING_PAGE, t->id, DMABENCH_MAX_SIZE);
	got = setup(fd, &s) ? errno : 0;
	ok(!got || (got == ERANGE && (s.reason == DMABENCH_REASON_ABOVE_SOURCE_MAX ||
				      s.reason == DMABENCH_REASON_ABOVE_MAX_MAPPING)) ||
	   (got == ENOMEM && s.reason == DMABENCH_REASON_NO_MEMORY),
	   "%s: streaming_page of 64 MiB: errno %d reason %u", t->name, got, s.reason);
	s = setup_of(DMABENCH_COHERENT, t->id, DMABENCH_MAX_SIZE);
	got = setup(fd, &s) ? errno : 0;
	ok(!got || (got == ENOMEM && s.reason == DMABENCH_REASON_NO_MEMORY),
	   "%s: coherent of 64 MiB: errno %d reason %u", t->name, got, s.reason);
	s = setup_of(DMABENCH_STREAMING_SG, t->id, DMABENCH_MAX_SIZE);
	got = setup(fd, &s) ? errno : 0;
	ok(!got || (got == ENOMEM && s.reason == DMABENCH_REASON_NO_MEMORY) ||
	   (got == EIO && s.reason == DMABENCH_REASON_MAP_FAILED),
	   "%s: streaming_sg of 64 MiB: errno %d reason %u", t->name, got, s.reason);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

static bool relation_is_sound(const struct dmabench_setup *s)
{
	switch (s->relation) {
	case DMABENCH_RELATION_NONE:
		return !s->phys_addr && !s->dma_addr;
	case DMABENCH_RELATION_IDENTITY:
		return s->phys_addr && s->phys_addr == s->dma_addr;
	case DMABENCH_RELATION_OFFSET:
	case DMABENCH_RELATION_IOMMU:
	case DMABENCH_RELATION_BOUNCED:
		return s->phys_addr && s->dma_addr && s->phys_addr != s->dma_addr;
	}
	return false;
}

static void test_relation(int fd, const struct dmabench_target_info *t)
{
	static const char *const names[] = { "none", "identity", "offset", "iommu", "bounced" };
	const uint32_t syncs = BIT(DMABENCH_PHASE_SYNC_FOR_DEVICE) |
			       BIT(DMABENCH_PHASE_SYNC_FOR_CPU);
	struct dmabench_setup s;
	bool good = true;
	unsigned int i;

	for (i = 0; i < nr_strategies; i++) {
		const struct dmabench_strategy_info *si = &strategies[i];

		s = setup_of(si->id, t->id, 4096);
		if (setup(fd, &s)) {
			good = false;
			continue;
		}
		printf("# %s on %s: %s, phys %#llx dma %#llx mask %#llx elided %#x\n", si->name,
		       t->name, s.relation < ARRAY_SIZE(names) ? names[s.relation] : "?",
		       (unsigned long long)s.phys_addr, (unsigned long long)s.dma_addr,
		       (unsigned long long)s.dma_mask, s.elided);
		good &= relation_is_sound(&s) && s.dma_mask;
		good &= (si->id == DMABENCH_NULL) == (s.relation == DMABENCH_RELATION_NONE);
		good &= s.relation != DMABENCH_RELATION_IOMMU || t->flags & DMABENCH_TARGET_IOMMU;
		/* DMA memory does not bounce; barriers and copies are there on any kernel. */
		good &= si->sources || s.relation != DMABENCH_RELATION_BOUNCED;
		good &= calls_sync(si) || !s.elided;
		/* What bounces, or does not snoop, has something to sync. */
		if (s.relation == DMABENCH_RELATION_BOUNCED ||
		    (t->flags & (DMABENCH_TARGET_COHERENT | DMABENCH_TARGET_COHERENT_KNOWN)) ==
		    DMABENCH_TARGET_COHERENT_KNOWN)
			good &= !s.elided;
		good &= !(s.elided & ~syncs);
	}
	ok(good, "%s: relations and elisions make sense", t->name);
}

/* ---- RUN ---- */

/* How often a phase has to occur in so many laps, from the header's words. */
static uint64_t expected_count(const struct dmabench_strategy_info *si,
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
	default:
		return laps;
	}
}

static bool hist_is_sound(const struct dmabench_hist *h)
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
static bool check_case(int fd, const struct dmabench_strategy_info *si,
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
	    (laps && !s.dirty && !r.total_ns)) {
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
	    hist[DMABENCH_PHASE_LAP].sum_ns > r.total_ns) {
		printf("# phases %llu, laps %llu, total %llu ns\n",
		       (unsigned long long)phases_ns,
		       (unsigned long long)hist[DMABENCH_PHASE_LAP].sum_ns,
		       (unsigned long long)r.total_ns);
		return false;
	}
	return true;
}

/* Whatever the memory comes from, the laps are the same. */
static void test_sources(int fd, const struct dmabench_target_info *t,
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

static void test_strategy(int fd, const struct dmabench_target_info *t,
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

/* The median of a phase, as stamped: an interrupt or two do not move it. */
static uint64_t phase_median(int fd, const struct dmabench_setup *want, enum dmabench_phase phase)
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

/* The copy is in the phase that its direction tells, and takes as long as it is large. */
static void test_copy(int fd, const struct dmabench_target_info *t)
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
static void test_recycle(int fd, const struct dmabench_target_info *t)
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

static void test_run(int fd)
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

static void test_signal(int fd)
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

/* ---- SYNC ---- */

static void test_sync(int fd)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, targets[0].id, 8192);

	setup(fd, &s);
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 0), 0, "SYNC for CPU");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_DEVICE, 0, 0), 0, "SYNC for device");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_DEVICE, 4096, 64), 0, "SYNC of a range");
	ok_errno(sync_range(fd, 0, 0, 0), EINVAL, "SYNC op 0");
	ok_errno(sync_range(fd, 3, 0, 0), EINVAL, "SYNC op 3");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 8192, 0), EINVAL, "SYNC from the end");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 1, 8192), EINVAL, "SYNC past the end");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 1, ~0ULL), EINVAL, "SYNC that wraps");
	s.map_every = 1;
	setup(fd, &s);
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 0), EINVAL,
		 "SYNC of a buffer that is mapped in laps");
	s = setup_of(DMABENCH_STREAMING_SG, targets[0].id, 8192);
	setup(fd, &s);
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 8192), 0, "SYNC of a whole list");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 64), EOPNOTSUPP,
		 "SYNC of a range of a list");
	s = setup_of(DMABENCH_COHERENT, targets[0].id, 8192);
	setup(fd, &s);
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 64), 0, "SYNC that is a barrier");
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/*
 * A bounce buffer lets one see what a sync copies: give the buffer to the device,
 * scribble over it, take a range back: that range, and nothing else, is as it was.
 */
static void test_sync_moves_data(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, t->id, 8192);
	bool inside = true, outside = true;
	unsigned char *p;
	unsigned int i;

	s.mmap_mode = DMABENCH_MMAP_CACHED;
	if (setup(fd, &s)) {
		ok(false, "SETUP with mmap on %s: errno %d", t->name, errno);
		return;
	}
	if (s.relation != DMABENCH_RELATION_BOUNCED) {
		skip("a sync copies its range", "this target does not bounce");
		return;
	}
	p = map_buffer(fd, 8192);
	if (!ok(p != MAP_FAILED, "mmap of a bounced buffer"))
		return;
	memset(p, 0x11, 8192);
	sync_range(fd, DMABENCH_SYNC_FOR_DEVICE, 0, 0);
	memset(p, 0x22, 8192);
	sync_range(fd, DMABENCH_SYNC_FOR_CPU, 1024, 512);
	for (i = 0; i < 8192; i++) {
		if (i >= 1024 && i < 1536)
			inside &= p[i] == 0x11;
		else
			outside &= p[i] == 0x22;
	}
	ok(inside, "%s: a sync copies its range", t->name);
	ok(outside, "%s: a sync copies nothing but its range", t->name);
	munmap(p, 8192);
}

/*
 * Bouncing also shows when the touch happens: what the CPU writes while the device owns
 * the buffer is lost at the unmap, which copies the device's data over it.
 */
static void test_touch_order(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, t->id, 64);
	struct dmabench_run r;
	unsigned char *p;

	s.mmap_mode = DMABENCH_MMAP_CACHED;
	s.direction = DMABENCH_FROM_DEVICE;
	s.touch = DMABENCH_TOUCH_WRITE;
	s.map_every = 1;
	for (s.sync_every = 0; s.sync_every <= 1; s.sync_every++) {
		if (setup(fd, &s)) {
			ok(false, "SETUP with mmap on %s: errno %d", t->name, errno);
			return;
		}
		if (s.relation != DMABENCH_RELATION_BOUNCED) {
			skip("when the touch happens", "this target does not bounce");
			return;
		}
		p = map_buffer(fd, 64);
		if (!ok(p != MAP_FAILED, "mmap of a bounced buffer"))
			return;
		memset(p, 0x44, 64);
		run(fd, 1, &r);
		if (s.sync_every)
			ok(p[0] == 0x44 && p[63] == 0x44,
			   "%s: with a sync, the touch comes before the unmap", t->name);
		else
			ok(p[0] != 0x44 && p[63] != 0x44,
			   "%s: without a sync, the touch comes after the unmap", t->name);
		munmap(p, 64);
	}
}

/* ---- mmap() ---- */

static const char *const mode_names[] = {
	"none", "cached", "writecombine", "uncached", "coherent",
};

/* The memory types that a mode has to have; false: this architecture is not known. */
static bool expected_types(const struct dmabench_strategy_info *si,
			   const struct dmabench_target_info *t, uint32_t mode,
			   uint32_t *user, uint32_t *kernel)
{
	const uint32_t wb = DMABENCH_MEMTYPE_WRITEBACK;

	*user = wb;
	*kernel = wb;
#if defined(__x86_64__)
	(void)t;
	/* DMA memory is ordinary memory here, write-combining or not. */
	if (si->sources && mode == DMABENCH_MMAP_WRITECOMBINE)
		*user = *kernel = DMABENCH_MEMTYPE_WRITECOMBINE;
	if (si->sources && mode == DMABENCH_MMAP_UNCACHED)
		*user = *kernel = DMABENCH_MEMTYPE_UNCACHED_MINUS;
	return true;
#elif defined(__aarch64__)
	if (!si->sources) {
		if (!(t->flags & DMABENCH_TARGET_COHERENT))
			*user = *kernel = DMABENCH_MEMTYPE_NONCACHEABLE;
	} else if (mode == DMABENCH_MMAP_WRITECOMBINE) {
		*user = DMABENCH_MEMTYPE_NONCACHEABLE;
	} else if (mode == DMABENCH_MMAP_UNCACHED) {
		*user = DMABENCH_MEMTYPE_DEVICE;
	}
	return true;
#else
	(void)si, (void)t, (void)mode;
	return false;
#endif
}

/* Whole words: mappings may be of a type that takes aligned accesses only. */
static bool all_words(const volatile uint64_t *p, size_t words, uint64_t value)
{
	size_t i;

	for (i = 0; i < words; i++)
		if (p[i] != value)
			return false;
	return true;
}

static void set_words(volatile uint64_t *p, size_t words, uint64_t value)
{
	size_t i;

	for (i = 0; i < words; i++)
		p[i] = value;
}

static void test_mmap_mode(int fd, const struct dmabench_target_info *t,
			   const struct dmabench_strategy_info *si, uint32_t mode)
{
	const size_t bytes = 3 * page_size, words = bytes / 8;
	struct dmabench_setup s = setup_of(si->id, t->id, bytes - 8);
	struct dmabench_mapping m = { .size = sizeof(m) };
	struct dmabench_run r;
	volatile uint64_t *p, *q;
	uint32_t user, kernel;
	char name[128];

	snprintf(name, sizeof(name), "%s on %s, mmap %s", si->name, t->name, mode_names[mode]);
	s.mmap_mode = mode;
	s.touch = DMABENCH_TOUCH_WRITE;
	s.touch_bytes = page_size;
	if (setup(fd, &s)) {
		if (errno == EOPNOTSUPP && s.reason == DMABENCH_REASON_MMAP_ARCH)
			skip(name, "not on this CPU or kernel");
		else
			ok(false, "%s: errno %d reason %u", name, errno, s.reason);
		return;
	}
	ok(ioctl(fd, DMABENCH_IOC_MAPPING, &m) && errno == ENODATA,
	   "%s: MAPPING before mmap()", name);
	p = map_buffer(fd, bytes);
	if (!ok(p != MAP_FAILED, "%s: errno %d", name, p == MAP_FAILED ? errno : 0))
		return;
	q = map_buffer(fd, page_size);
	ok(q != MAP_FAILED, "%s: a second time, one page", name);
	ok(all_words(p, words, 0), "%s: zero at first", name);

	m.user_addr = (uintptr_t)p + page_size + 24;
	ok_errno(ioctl(fd, DMABENCH_IOC_MAPPING, &m), 0, "MAPPING");
	if (expected_types(si, t, mode, &user, &kernel))
		ok(m.requested == mode && m.user_type == user && m.kernel_type == kernel,
		   "%s: user type %u (want %u, attr %#x), kernel %u (want %u, attr %#x)", name,
		   m.user_type, user, m.user_attr, m.kernel_type, kernel, m.kernel_attr);
	else
		skip(name, "the memory types of this architecture are not known");
	m.user_addr = (uintptr_t)q;
	ok_errno(ioctl(fd, DMABENCH_IOC_MAPPING, &m), 0, "MAPPING of the second");
	m.user_addr = (uintptr_t)&m;
	ok_errno(ioctl(fd, DMABENCH_IOC_MAPPING, &m), EINVAL, "MAPPING of the stack");
	m.user_addr = 0;
	ok_errno(ioctl(fd, DMABENCH_IOC_MAPPING, &m), EINVAL, "MAPPING of address 0");
	m.user_addr = ~0ULL;
	ok_errno(ioctl(fd, DMABENCH_IOC_MAPPING, &m), EINVAL, "MAPPING of address ~0");

	set_words(p, words, 0x5555555555555555);
	ok(all_words(p, words, 0x5555555555555555) &&
	   all_words(q, page_size / 8, 0x5555555555555555),
	   "%s: what is written can be read, through both", name);
	/* With types that differ, kernel and user need not see the same without more. */
	if (m.user_type == m.kernel_type || mode == DMABENCH_MMAP_CACHED) {
		ok(!run(fd, 1, &r) && !all_words(p, page_size / 8, 0x5555555555555555) &&
		   all_words(p + page_size / 8, words - page_size / 8, 0x5555555555555555),
		   "%s: the kernel writes touch_bytes, and no more, where the user sees it",
		   name);
	} else {
		skip(name, "kernel and user mapping are of different types");
	}

	ok_errno(ioctl(fd, DMABENCH_IOC_TEARDOWN), 0, "TEARDOWN while mapped");
	ok(gives_sigbus((unsigned char *)p) && gives_sigbus((unsigned char *)p + bytes - 1) &&
	   gives_sigbus((unsigned char *)q), "%s: SIGBUS after TEARDOWN", name);
	ok(!setup(fd, &s) && gives_sigbus((unsigned char *)p),
	   "%s: an old mapping does not see a new buffer", name);
	munmap((void *)p, bytes);
	munmap((void *)q, page_size);
}

static bool mmap_fails(int fd, size_t bytes, int flags, off_t offset, int want)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, offset);

	if (p != MAP_FAILED) {
		munmap(p, bytes);
		return false;
	}
	return errno == want;
}

static void test_mmap(int fd)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_PAGE, targets[0].id, 5000);
	const size_t whole = (5000 + page_size - 1) / page_size * page_size;
	unsigned char *p, *moved;
	int status;
	pid_t pid;

	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	ok(mmap_fails(fd, page_size, MAP_SHARED, 0, ENODATA), "mmap with nothing set up");
	setup(fd, &s);
	ok(mmap_fails(fd, page_size, MAP_SHARED, 0, EINVAL), "mmap with DMABENCH_MMAP_NONE");
	s.mmap_mode = DMABENCH_MMAP_CACHED;
	setup(fd, &s);
	ok(mmap_fails(fd, whole + page_size, MAP_SHARED, 0, EINVAL), "mmap past the buffer");
	ok(mmap_fails(fd, page_size, MAP_SHARED, page_size, EINVAL), "mmap with an offset");
	ok(mmap_fails(fd, page_size, MAP_SHARED, DMABENCH_MAX_SIZE, EINVAL),
	   "mmap into another file's range");
	ok(mmap_fails(fd, page_size, MAP_PRIVATE, 0, EINVAL), "mmap MAP_PRIVATE");

	p = map_buffer(fd, whole);
	if (!ok(p != MAP_FAILED, "mmap of the whole buffer"))
		return;
	p[0] = 0x77;
	moved = mremap(p, whole, whole + page_size, MREMAP_MAYMOVE);
	ok(moved == MAP_FAILED, "mremap cannot grow it");
	ok(s.buf_size == 5000, "the odd size stays");

	fflush(stdout);
	pid = fork();
	if (!pid) {
		void *q = map_buffer(fd, page_size);

		_exit(q == MAP_FAILED && errno == EINVAL ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && !WEXITSTATUS(status), "mmap by a child process is refused");
	ok(p[0] == 0x77, "the parent's mapping has stayed");

	s.strategy = DMABENCH_STREAMING_SINGLE;
	ok(!setup(fd, &s) && gives_sigbus(p), "SETUP anew takes the old buffer away");
	munmap(p, whole);
	p = map_buffer(fd, whole);
	ok(p != MAP_FAILED && !p[0], "the new buffer is zero");
	if (p != MAP_FAILED)
		munmap(p, whole);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/* The copy touch takes what is in the buffer and puts zeros into it, to_device. */
static void test_touch_copy(int fd)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_PAGE, targets[0].id, page_size);
	struct dmabench_run r;
	unsigned char *p;

	s.mmap_mode = DMABENCH_MMAP_CACHED;
	s.touch = DMABENCH_TOUCH_COPY;
	s.touch_bytes = 13;
	s.direction = DMABENCH_TO_DEVICE;
	setup(fd, &s);
	p = map_buffer(fd, page_size);
	if (!ok(p != MAP_FAILED, "mmap for touch"))
		return;
	memset(p, 0x33, page_size);
	run(fd, 1, &r);
	ok(!p[0] && !p[12] && p[13] == 0x33, "touch copy, to_device: into the buffer, 13 bytes");
	munmap(p, page_size);

	s.touch = DMABENCH_TOUCH_WRITE;
	s.direction = DMABENCH_FROM_DEVICE;
	setup(fd, &s);
	p = map_buffer(fd, page_size);
	memset(p, 0x33, page_size);
	run(fd, 1, &r);
	ok(p[0] != 0x33 && p[12] != 0x33 && p[13] == 0x33, "touch write: 13 bytes");
	munmap(p, page_size);

	s.touch = DMABENCH_TOUCH_COPY;
	setup(fd, &s);
	p = map_buffer(fd, page_size);
	memset(p, 0x33, page_size);
	run(fd, 1, &r);
	ok(p[0] == 0x33 && p[12] == 0x33, "touch copy, from_device: out of the buffer");
	munmap(p, page_size);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/* How many lines of this much memory differ from what it was filled with. */
static unsigned int lines_changed(const unsigned char *p, size_t bytes, unsigned char fill)
{
	unsigned int lines = 0;
	size_t at, i;

	for (at = 0; at < bytes; at += 64) {
		for (i = at; i < bytes && i < at + 64; i++) {
			if (p[i] != fill) {
				lines++;
				break;
			}
		}
	}
	return lines;
}

static void test_dirty(int fd, const struct dmabench_target_info *t)
{
	static const struct {
		uint64_t size;
		uint32_t percent, lines, in_first_half;
	} cases[] = {
		{ 8192, 0, 0, 0 }, { 8192, 1, 2, 1 }, { 8192, 50, 64, 32 }, { 8192, 100, 128, 64 },
		{ 8192, 99, 127, 64 }, { 8192, 25, 32, 16 }, { 1, 1, 1, 1 }, { 65, 100, 2, 1 },
		{ 4097, 100, 65, 32 },
	};
	struct dmabench_setup s;
	struct dmabench_run r;
	unsigned char *user = user_memory(8192, PROT_READ | PROT_WRITE), *p;
	bool spread = true;
	unsigned int i, j, k;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		/* Contiguous memory, and page by page. */
		for (k = 0; k < 2; k++) {
			s = setup_of(k ? DMABENCH_STREAMING_SG : DMABENCH_STREAMING_PAGE, t->id,
				     cases[i].size);
			s.dirty = cases[i].percent;
			s.direction = DMABENCH_TO_DEVICE;
			s.map_every = 1;
			if (k) {
				s.source = DMABENCH_SOURCE_USER;
				s.user_addr = (uintptr_t)user;
			} else {
				s.mmap_mode = DMABENCH_MMAP_CACHED;
			}
			if (setup(fd, &s)) {
				spread = false;
				continue;
			}
			p = k ? user : map_buffer(fd, cases[i].size);
			memset(p, 0x33, cases[i].size);
			if (run(fd, 3, &r) ||
			    lines_changed(p, cases[i].size, 0x33) != cases[i].lines ||
			    lines_changed(p, cases[i].size / 128 * 64, 0x33) >
				cases[i].in_first_half + 1) {
				printf("# %u %% of %llu: %u lines\n", cases[i].percent,
				       (unsigned long long)cases[i].size,
				       lines_changed(p, cases[i].size, 0x33));
				spread = false;
			}
			if (!k)
				munmap(p, cases[i].size);
		}
	}
	ok(spread, "%s: as many lines as told are dirtied, evenly", t->name);

	spread = true;
	for (i = 0; i < nr_strategies; i++) {
		for (j = 0; j < 2; j++) {
			s = setup_of(strategies[i].id, t->id, 5000);
			s.dirty = 30;
			s.map_every = strategies[i].sources || s.strategy == DMABENCH_COPY ? j : 0;
			s.sync_every = 3;
			s.touch = DMABENCH_TOUCH_READ;
			if (has_phase(&strategies[i], DMABENCH_PHASE_TOUCH))
				spread &= check_case(fd, &strategies[i], &s, 1500);
		}
	}
	ok(spread, "%s: laps are counted and stamped as without dirty lines", t->name);
	munmap(user, 8192);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

static int compare_ns(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Only the laps are timed, not what the CPU does before them. */
static void test_dirty_is_not_timed(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_COHERENT, t->id, 1 << 20);
	uint64_t ns[2][21] = { 0 };
	struct dmabench_run r;
	unsigned int i, j;

	for (i = 0; i < 2; i++) {
		s.dirty = i ? 100 : 0;
		setup(fd, &s);
		for (j = 0; j < 21; j++) {
			run(fd, 50, &r);
			ns[i][j] = r.total_ns / 50;
		}
		qsort(ns[i], 21, sizeof(ns[i][0]), compare_ns);
	}
	ok(ns[0][10] && ns[1][10] < ns[0][10] + 1000,
	   "%s: a lap of two barriers takes %llu ns, after dirtying 1 MiB %llu", t->name,
	   (unsigned long long)ns[0][10], (unsigned long long)ns[1][10]);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/* ---- who may use what ---- */

static void test_busy(int fd)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, targets[0].id, 4096);
	struct dmabench_setup s2 = s;
	int other = device_open();
	int got;

	setup(fd, &s);
	got = setup(other, &s2) ? errno : 0;
	ok(got == EBUSY && s2.reason == DMABENCH_REASON_TARGET_BUSY,
	   "SETUP of a target in use: errno %d reason %u", got, s2.reason);
	ok_errno(setup(fd, &s), 0, "SETUP again of one's own target");
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	ok_errno(setup(other, &s2), 0, "SETUP once it is free");
	got = setup(fd, &s) ? errno : 0;
	ok(got == EBUSY, "SETUP the other way round: errno %d", got);
	if (nr_targets > 1) {
		s.target = targets[1].id;
		ok_errno(setup(fd, &s), 0, "SETUP of another target at the same time");
	} else {
		skip("SETUP of another target at the same time", "there is one target only");
	}
	close(other);
	s.target = targets[0].id;
	ok_errno(setup(fd, &s), 0, "SETUP after the other file was closed");
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

static void test_module_stays(void)
{
#ifdef SYS_delete_module
	long ret = syscall(SYS_delete_module, "dmabench", O_NONBLOCK);

	ok(ret && (errno == EWOULDBLOCK || errno == EBUSY),
	   "the module cannot be removed while the device is open");
#endif
}

static void test_permissions(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		_exit(open(DMABENCH_DEVICE, O_RDWR) < 0 && errno == EACCES ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && !WEXITSTATUS(status), "only root can open the device");
}

/* ---- sudden ends ---- */

static pid_t fork_runner(uint32_t target, uint32_t strategy)
{
	struct dmabench_setup s = setup_of(strategy, target, 4096);
	struct dmabench_run r;
	pid_t pid;
	int fd;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	fd = device_open();
	s.map_every = 3;
	if (setup(fd, &s))
		_exit(2);
	run(fd, FOREVER, &r);
	_exit(3);
}

static void test_kill(int fd)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, targets[0].id, 4096);
	bool good = true;
	unsigned int i;
	int status;

	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	for (i = 0; i < nr_strategies; i++) {
		pid_t pid = fork_runner(targets[0].id, strategies[i].id);

		sleep_ms(30);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		good &= WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		good &= !setup(fd, &s);
		ioctl(fd, DMABENCH_IOC_TEARDOWN);
	}
	ok(good, "kill -9 in a run frees the target");
}

struct stress {
	int fd;
	volatile bool stop;
	uint64_t setups, runs, maps;
};

static void *stress_setup(void *arg)
{
	struct stress *st = arg;
	unsigned int i;

	for (i = 0; !st->stop; i++) {
		struct dmabench_setup s = setup_of(i & 1 ? DMABENCH_COHERENT :
						   DMABENCH_STREAMING_PAGE,
						   targets[0].id, 4 * page_size);

		s.mmap_mode = i & 1 ? DMABENCH_MMAP_COHERENT : DMABENCH_MMAP_CACHED;
		if (!setup(st->fd, &s))
			st->setups++;
		if (i % 3 == 0)
			ioctl(st->fd, DMABENCH_IOC_TEARDOWN);
	}
	return NULL;
}

static void *stress_run(void *arg)
{
	struct stress *st = arg;
	struct dmabench_run r;

	while (!st->stop)
		if (!run(st->fd, 50, &r))
			st->runs++;
	return NULL;
}

static void *stress_mmap(void *arg)
{
	struct stress *st = arg;

	while (!st->stop) {
		struct dmabench_mapping m = { .size = sizeof(m) };
		void *p = map_buffer(st->fd, 2 * page_size);

		if (p == MAP_FAILED)
			continue;
		st->maps++;
		m.user_addr = (uintptr_t)p;
		ioctl(st->fd, DMABENCH_IOC_MAPPING, &m);
		munmap(p, 2 * page_size);
	}
	return NULL;
}

static void test_threads(int fd)
{
	void *(*const jobs[])(void *) = { stress_setup, stress_run, stress_mmap, stress_mmap };
	struct stress st = { .fd = fd };
	pthread_t threads[ARRAY_SIZE(jobs)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(jobs); i++)
		pthread_create(&threads[i], NULL, jobs[i], &st);
	sleep_ms(1000);
	st.stop = true;
	for (i = 0; i < ARRAY_SIZE(jobs); i++)
		pthread_join(threads[i], NULL);
	ok(st.setups > 0, "threads at odds on one file: %llu setups, %llu runs, %llu mmaps",
	   (unsigned long long)st.setups, (unsigned long long)st.runs,
	   (unsigned long long)st.maps);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/* ---- a target that goes away ---- */

static bool pci_bind(const char *address)
{
	return write_file("/sys/bus/pci/drivers_probe", address);
}

static bool pci_unbind(const char *address)
{
	return write_file("/sys/bus/pci/drivers/dmabench/unbind", address);
}

/* In a child: run until the target goes, then see what is left.  Exit code 0: as told. */
static void run_until_gone(uint32_t target, bool mapped, bool stamped)
{
	struct dmabench_setup s = setup_of(mapped ? DMABENCH_COHERENT :
					   DMABENCH_STREAMING_SINGLE, target, 4096);
	struct dmabench_mapping m = { .size = sizeof(m) };
	int fd = device_open();
	struct dmabench_run r;
	unsigned char *p = NULL;

	if (mapped)
		s.mmap_mode = DMABENCH_MMAP_COHERENT;
	else
		s.map_every = 5;
	if (setup(fd, &s))
		_exit(10);
	if (mapped) {
		p = map_buffer(fd, page_size);
		if (p == MAP_FAILED)
			_exit(11);
		p[0] = 1;
	}
	if (!(stamped ? run_stamped(fd, FOREVER, &r) : run(fd, FOREVER, &r)))
		_exit(12);
	if (errno != ENODEV)
		_exit(13);
	if (!r.laps_done || r.laps_done >= FOREVER)
		_exit(14);
	if (!run(fd, 1, &r) || errno != ENODEV)
		_exit(15);
	if (!sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 0) || errno != ENODEV)
		_exit(16);
	if (!ioctl(fd, DMABENCH_IOC_MAPPING, &m) || errno != ENODEV)
		_exit(17);
	if (!mmap_fails(fd, page_size, MAP_SHARED, 0, ENODEV))
		_exit(18);
	if (mapped && !gives_sigbus(p))
		_exit(19);
	if (!setup(fd, &s) || errno != ENODEV)
		_exit(20);
	if (ioctl(fd, DMABENCH_IOC_TEARDOWN))
		_exit(21);
	_exit(0);
}

/* In a child: set up and map over and over, whatever becomes of it. */
static void setup_storm(const char *address)
{
	char name[DMABENCH_NAME_LEN];
	int fd = device_open();
	struct dmabench_run r;
	unsigned int i;

	snprintf(name, sizeof(name), "pci:%s", address);
	for (i = 0;; i++) {
		const struct dmabench_target_info *t;
		struct dmabench_setup s;
		void *p;

		read_targets(fd);
		t = target_by_name(name);
		if (!t)
			continue;
		s = setup_of(i & 1 ? DMABENCH_COHERENT : DMABENCH_STREAMING_PAGE, t->id, 4096);
		s.mmap_mode = i & 1 ? DMABENCH_MMAP_COHERENT : DMABENCH_MMAP_CACHED;
		if (setup(fd, &s))
			continue;
		p = map_buffer(fd, page_size);
		run(fd, 10, &r);
		if (p != MAP_FAILED)
			munmap(p, page_size);
	}
}

static void test_unbind(int fd, const char *address)
{
	const struct dmabench_target_info *t;
	char name[DMABENCH_NAME_LEN];
	unsigned int i;
	uint32_t id;
	int status;
	pid_t pid;

	if (!address) {
		skip("unbinding a PCI function", "no PCI address was given");
		return;
	}
	snprintf(name, sizeof(name), "pci:%s", address);
	read_targets(fd);
	t = target_by_name(name);
	if (!ok(t, "%s is a target", name))
		return;

	for (i = 0; i < 4; i++) {
		id = t->id;
		fflush(stdout);
		pid = fork();
		if (!pid)
			run_until_gone(id, i & 1, i & 2);
		sleep_ms(300);
		ok(pci_unbind(address), "unbind while it is in use");
		waitpid(pid, &status, 0);
		ok(WIFEXITED(status) && !WEXITSTATUS(status),
		   "a run ends with ENODEV, %s, %s (%#x)", i & 1 ? "mapped" : "in laps",
		   i & 2 ? "stamped" : "mean", status);
		read_targets(fd);
		ok(!target_by_name(name), "the target is off the list");
		ok(pci_bind(address), "bind again");
		read_targets(fd);
		t = target_by_name(name);
		if (!ok(t && t->id != id, "the target is back, with another id"))
			return;
	}

	for (i = 0; i < 10; i++) {
		pid = fork_runner(t->id, DMABENCH_STREAMING_SG);
		sleep_ms(10);
		pci_unbind(address);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		pci_bind(address);
		read_targets(fd);
		t = target_by_name(name);
		if (!t)
			break;
	}
	ok(t, "unbinding and killing in turn");
	if (!t)
		return;

	fflush(stdout);
	pid = fork();
	if (!pid)
		setup_storm(address);
	for (i = 0; i < 20; i++) {
		sleep_ms(10);
		pci_unbind(address);
		pci_bind(address);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status), "unbinding in a storm of SETUP and mmap (%#x)", status);
	read_targets(fd);
	t = target_by_name(name);
	ok(t, "the target is still there after it");
}

int main(int argc, char **argv)
{
	const char *pci = argc > 1 ? argv[1] : NULL;
	unsigned int i, j, mode;
	int fd;

	page_size = sysconf(_SC_PAGESIZE);
	fd = device_open();

	test_info(fd);
	test_clock(fd);
	test_sizes(fd);
	test_setup_fields(fd);
	test_old_callers(fd);
	test_run(fd);
	test_signal(fd);
	test_sync(fd);
	for (i = 0; i < nr_targets; i++) {
		const struct dmabench_target_info *t = &targets[i];

		for (j = 0; j < nr_strategies; j++) {
			test_strategy(fd, t, &strategies[j]);
			test_sources(fd, t, &strategies[j]);
		}
		test_user_memory(fd, t);
		test_limits(fd, t);
		test_relation(fd, t);
		test_copy(fd, t);
		test_recycle(fd, t);
		test_dirty(fd, t);
		test_dirty_is_not_timed(fd, t);
		test_sync_moves_data(fd, t);
		test_touch_order(fd, t);
		for (j = 0; j < nr_strategies; j++) {
			for (mode = 1; mode < ARRAY_SIZE(mode_names); mode++)
				if (strategies[j].mmap_modes & BIT(mode))
					test_mmap_mode(fd, t, &strategies[j], mode);
		}
	}
	test_mmap(fd);
	test_touch_copy(fd);
	test_busy(fd);
	test_permissions();
	test_module_stays();
	test_kill(fd);
	test_threads(fd);
	test_unbind(fd, pci);
	close(fd);
	ok(read_number("/sys/module/dmabench/refcnt") == 0, "nothing holds the module");

	printf("1..%d\n", tests);
	if (failures)
		printf("# %d failed\n", failures);
	return failures ? 1 : 0;
}
