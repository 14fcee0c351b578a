// SPDX-License-Identifier: GPL-2.0
/* What the tests share: TAP, the calls, small helpers. */
#include "abi_test.h"
#include <dirent.h>

static int tests, failures;
size_t page_size;
bool steady_clock;
struct dmabench_strategy_info strategies[MAX_STRATEGIES];
unsigned int nr_strategies;
struct dmabench_target_info targets[MAX_TARGETS];
unsigned int nr_targets;
struct dmabench_hist hist[DMABENCH_NR_PHASES];

static void result(bool good, const char *fmt, va_list ap, const char *after)
{
	printf("%sok %d - ", good ? "" : "not ", ++tests);
	vprintf(fmt, ap);
	printf("%s\n", after);
	fflush(stdout);
	if (!good)
		failures++;
}

bool ok(bool good, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(good, fmt, ap, "");
	va_end(ap);
	return good;
}

void ok_time(bool good, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (steady_clock)
		result(good, fmt, ap, "");
	else
		result(true, fmt, ap, " # SKIP the clock is not steady");
	va_end(ap);
}

void skip(const char *name, const char *reason)
{
	printf("ok %d - %s # SKIP %s\n", ++tests, name, reason);
	fflush(stdout);
}

/* An expectation on errno, said in the result line when it is missed. */
bool ok_errno(int ret, int want, const char *name)
{
	int got = ret ? errno : 0;

	if (got == want)
		return ok(true, "%s: %s", name, want ? strerrorname_np(want) : "succeeds");
	return ok(false, "%s: want %d, got %d (%s)", name, want, got, strerror(got));
}

int device_open(void)
{
	int fd = open(DMABENCH_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		printf("Bail out! cannot open %s: %s\n", DMABENCH_DEVICE, strerror(errno));
		exit(1);
	}
	return fd;
}

struct dmabench_setup setup_of(uint32_t strategy, uint32_t target, uint64_t size)
{
	return (struct dmabench_setup){
		.size = sizeof(struct dmabench_setup),
		.strategy = strategy,
		.target = target,
		.buf_size = size,
	};
}

int setup(int fd, struct dmabench_setup *s)
{
	return ioctl(fd, DMABENCH_IOC_SETUP, s);
}

int run(int fd, uint64_t laps, struct dmabench_run *out)
{
	*out = (struct dmabench_run){ .size = sizeof(*out), .laps = laps };
	return ioctl(fd, DMABENCH_IOC_RUN, out);
}

int run_stamped(int fd, uint64_t laps, struct dmabench_run *out)
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

int sync_range(int fd, uint32_t op, uint64_t offset, uint64_t bytes)
{
	struct dmabench_sync s = {
		.size = sizeof(s), .op = op, .offset = offset, .bytes = bytes,
	};

	return ioctl(fd, DMABENCH_IOC_SYNC, &s);
}

void *map_buffer(int fd, size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

const struct dmabench_strategy_info *strategy_by_id(uint32_t id)
{
	unsigned int i;

	for (i = 0; i < nr_strategies; i++)
		if (strategies[i].id == id)
			return &strategies[i];
	return NULL;
}

bool has_direction(const struct dmabench_strategy_info *s)
{
	return s->flags & DMABENCH_STRATEGY_DIRECTION;
}

/* Whether dma_sync_*() is what its sync phases call. */
bool calls_sync(const struct dmabench_strategy_info *s)
{
	return has_direction(s) && s->id != DMABENCH_COPY;
}

bool has_phase(const struct dmabench_strategy_info *s, enum dmabench_phase phase)
{
	return s->phases & BIT(phase);
}

void read_targets(int fd)
{
	struct dmabench_target_info t;

	for (nr_targets = 0; nr_targets < MAX_TARGETS; nr_targets++) {
		t = (struct dmabench_target_info){ .size = sizeof(t), .index = nr_targets };
		if (ioctl(fd, DMABENCH_IOC_TARGET, &t))
			break;
		targets[nr_targets] = t;
	}
}

const struct dmabench_target_info *target_by_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_targets; i++)
		if (!strcmp(targets[i].name, name))
			return &targets[i];
	return NULL;
}

void sleep_ms(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return good;
}

long read_number(const char *path)
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

bool gives_sigbus(volatile unsigned char *p)
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

void expect_setup(int fd, struct dmabench_setup s, int want, uint32_t reason,
		  const char *name)
{
	int got = setup(fd, &s) ? errno : 0;

	ok(got == want && s.reason == reason,
	   "SETUP %s: want errno %d reason %u, got %d %u", name, want, reason, got, s.reason);
}

/* The value of a line of a file, such as "VmLck:	 12 kB" or "nr_dirty 12"; -1: none. */
long long read_value(const char *path, const char *key)
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

/* How many names in a folder begin so. */
long count_names(const char *path, const char *prefix)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	long count = 0;

	while (folder && (entry = readdir(folder)))
		count += !strncmp(entry->d_name, prefix, strlen(prefix));
	if (folder)
		closedir(folder);
	return count;
}

/* How many DMA pools of ours a target's device has; -1: there is no telling. */
long count_pools(const struct dmabench_target_info *t)
{
	char path[128], line[128];
	long count = 0;
	FILE *f;

	if (t->kind == DMABENCH_TARGET_PCI)
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", t->name + strlen("pci:"));
	else if (t->kind == DMABENCH_TARGET_PLATFORM)
		snprintf(path, sizeof(path), "/sys/devices/platform/dmabench%s",
			 t->name + strlen("platform"));
	else
		return -1;
	if (access(path, F_OK))
		return -1;
	strcat(path, "/pools");
	/* The file is there while there are pools. */
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		count += !strncmp(line, "dmabench ", strlen("dmabench "));
	if (f)
		fclose(f);
	return count;
}

unsigned char *user_memory(size_t bytes, int prot)
{
	void *p = mmap(NULL, bytes, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int compare_ns(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

bool relation_is_sound(const struct dmabench_setup *s)
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

/* The end of the TAP.  Return: the exit code. */
int tests_done(void)
{
	printf("1..%d\n", tests);
	if (failures)
		printf("# %d failed\n", failures);
	return failures ? 1 : 0;
}

/* Stays on one CPU, and gives back where it may run otherwise. */
cpu_set_t pin(void)
{
	cpu_set_t old, one;

	sched_getaffinity(0, sizeof(old), &old);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	return old;
}

void unpin(cpu_set_t old)
{
	sched_setaffinity(0, sizeof(old), &old);
}
