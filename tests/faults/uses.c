// SPDX-License-Identifier: GPL-2.0
/* What else a file of /dev/dmabench can be asked for. */
#include <linux/dma-buf.h>
#include "fault_test.h"

/* Structs of a caller that is newer than the module. */
static int act_queries(const struct scenario *sc)
{
	struct { struct dmabench_info known; uint64_t more; } info = { .known.size = sizeof(info) };
	struct dmabench_strategy_info strategy = { .size = sizeof(strategy) };
	struct dmabench_target_info target = { .size = sizeof(target) };
	struct dmabench_clock clock = { .size = sizeof(clock), .reads = 10 };
	int fd = open(DMABENCH_DEVICE, O_RDWR | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return errno;
	(void)sc;
	keep(&err, ioctl(fd, DMABENCH_IOC_INFO, &info));
	keep(&err, ioctl(fd, DMABENCH_IOC_STRATEGY, &strategy));
	keep(&err, ioctl(fd, DMABENCH_IOC_TARGET, &target));
	keep(&err, ioctl(fd, DMABENCH_IOC_CLOCK, &clock));
	close(fd);
	return err;
}

void fail_queries(const struct dmabench_target_info *unused)
{
	struct scenario sc = { .name = "open() and questions", .act = act_queries };

	(void)unused;
	under_faults(&sc);
}

/* The buffer goes while it is mapped. */
static int act_mmap(const struct scenario *sc)
{
	struct dmabench_mapping m = { .size = sizeof(m) };
	struct dmabench_setup s = sc->setup;
	unsigned char *p;
	int err = 0, fd = open(DMABENCH_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno;
	keep(&err, setup(fd, &s));
	p = map_buffer(fd, s.buf_size);
	keep(&err, p == MAP_FAILED);
	if (p != MAP_FAILED) {
		p[0] = 1;
		m.user_addr = (uintptr_t)p;
		keep(&err, ioctl(fd, DMABENCH_IOC_MAPPING, &m));
	}
	keep(&err, ioctl(fd, DMABENCH_IOC_TEARDOWN));
	if (p != MAP_FAILED)
		munmap(p, s.buf_size);
	close(fd);
	return err;
}

void fail_mmaps(const struct dmabench_target_info *t)
{
	struct scenario sc = { .act = act_mmap };
	unsigned int i, mode;

	for (i = 0; i < nr_strategies; i++) {
		for (mode = 1; mode <= DMABENCH_MMAP_COHERENT; mode++) {
			if (!(strategies[i].mmap_modes & BIT(mode)))
				continue;
			sc.setup = setup_of(strategies[i].id, t->id, 3 * page_size);
			sc.setup.mmap_mode = mode;
			snprintf(sc.name, sizeof(sc.name), "mmap() of %s on %s, mode %u",
				 strategies[i].name, t->name, mode);
			under_faults(&sc);
		}
	}
}

static int act_memory(const struct scenario *sc)
{
	struct dmabench_memory m = {
		.size = sizeof(m), .kind = sc->number, .target = sc->setup.target,
	};
	int err = 0, fd = open(DMABENCH_DEVICE, O_RDWR | O_CLOEXEC);
	unsigned char *p = NULL;

	if (fd < 0)
		return errno;
	if (m.kind == DMABENCH_MEMORY_USER) {
		p = user_memory(page_size, PROT_READ | PROT_WRITE);
		m.user_addr = (uintptr_t)p;
	}
	keep(&err, ioctl(fd, DMABENCH_IOC_MEMORY, &m));
	close(fd);
	if (p)
		munmap(p, page_size);
	return err;
}

void fail_memory(const struct dmabench_target_info *t)
{
	struct scenario sc = { .act = act_memory, .setup.target = t->id };

	for (sc.number = 0; sc.number <= DMABENCH_MEMORY_TEXT; sc.number++) {
		sc.flavours = sc.number == DMABENCH_MEMORY_USER;
		snprintf(sc.name, sizeof(sc.name), "MEMORY of kind %ld on %s", sc.number, t->name);
		under_faults(&sc);
	}
}

#define IMPORTER	"/sys/kernel/debug/dmabench_importer"
#define DMABUF_PAGES	64

static int dmabuf_sync(int dmabuf, uint64_t flags)
{
	struct dma_buf_sync s = { .flags = flags | DMA_BUF_SYNC_RW };

	return ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &s);
}

static void use_dmabuf(int *err, const struct dmabench_dmabuf *d)
{
	unsigned char *p = map_buffer(d->fd, d->bytes);
	char text[16];

	keep(err, p == MAP_FAILED);
	keep(err, dmabuf_sync(d->fd, DMA_BUF_SYNC_START));
	if (p != MAP_FAILED)
		memset(p, 0x42, d->bytes);
	keep(err, dmabuf_sync(d->fd, DMA_BUF_SYNC_END));
	snprintf(text, sizeof(text), "%d", d->fd);
	if (!access(IMPORTER, W_OK))
		keep(err, !write_file(IMPORTER, text));
	if (p != MAP_FAILED)
		munmap(p, d->bytes);
}

static int act_dmabuf(const struct scenario *sc)
{
	struct dmabench_dmabuf d = { .size = sizeof(d), .fd = -1 };
	struct dmabench_setup s = sc->setup;
	int err = 0, fd = open(DMABENCH_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno;
	keep(&err, setup(fd, &s));
	if (ioctl(fd, DMABENCH_IOC_DMABUF, &d)) {
		keep(&err, true);
		d.fd = -1;
	} else {
		use_dmabuf(&err, &d);
	}
	close(fd);
	/* The last one to go. */
	if (d.fd >= 0)
		close(d.fd);
	return err;
}

/* Also those that CPUs keep for themselves, which /proc/meminfo does not count. */
static long free_kb(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	long kept = 0, count;
	char line[256];

	write_file("/proc/sys/vm/drop_caches", "3");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %ld", &count) == 1)
			kept += count;
	if (file)
		fclose(file);
	return read_value("/proc/meminfo", "MemFree") + kept * (long)(page_size / 1024);
}

/* References on pages are counted inline, so what is lost of these is seen by what is free. */
void fail_dmabuf(const struct dmabench_target_info *t)
{
	static const uint32_t kinds[] = { DMABENCH_STREAMING_PAGE, DMABENCH_STREAMING_SG };
	long before, lost, buffer_kb = DMABUF_PAGES * page_size / 1024;
	struct scenario sc = { .act = act_dmabuf };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		sc.setup = setup_of(kinds[i], t->id, DMABUF_PAGES * page_size);
		sc.setup.source = DMABENCH_SOURCE_PAGES;
		snprintf(sc.name, sizeof(sc.name), "DMABUF of %s on %s%s",
			 strategy_by_id(kinds[i])->name, t->name,
			 access(IMPORTER, W_OK) ? "" : ", imported");
		act_dmabuf(&sc);
		before = free_kb();
		under_faults(&sc);
		lost = before - free_kb();
		ok(lost < 4 * buffer_kb, "%s: %ld KiB are not free any more, a buffer has %ld",
		   sc.name, lost, buffer_kb);
	}
}

static int act_trace(const struct scenario *sc)
{
	static struct dmabench_trace_row rows[64];
	struct dmabench_trace_start start = {
		.size = sizeof(start), .rows = ARRAY_SIZE(rows), .functions = sc->number,
	};
	struct dmabench_trace_read read = {
		.size = sizeof(read), .rows_ptr = (uintptr_t)rows, .rows_len = ARRAY_SIZE(rows),
		.row_size = sizeof(rows[0]),
	};
	struct dmabench_trace_stop stop = { .size = sizeof(stop) };
	int err = 0, fd = open(DMABENCH_DEVICE, O_RDWR | O_CLOEXEC);
	struct dmabench_setup s = sc->setup;
	struct dmabench_run r;

	if (fd < 0)
		return errno;
	keep(&err, setup(fd, &s));
	keep(&err, ioctl(fd, DMABENCH_IOC_TRACE_START, &start));
	keep(&err, run(fd, 2, &r));
	keep(&err, ioctl(fd, DMABENCH_IOC_TRACE_READ, &read));
	keep(&err, ioctl(fd, DMABENCH_IOC_TRACE_STOP, &stop));
	/* Again, and it is close() that ends it. */
	keep(&err, ioctl(fd, DMABENCH_IOC_TRACE_START, &start));
	close(fd);
	return err;
}

void fail_trace(const struct dmabench_target_info *t)
{
	struct scenario sc = {
		.name = "trace", .act = act_trace, .flavours = true,
		/* In newer kernels one does no more than call another, and one has another name. */
		.number = 1L << DMABENCH_TRACE_MAP_PAGE | 1L << DMABENCH_TRACE_SYNC_SINGLE_FOR_CPU,
	};

	sc.setup = setup_of(DMABENCH_STREAMING_SINGLE, t->id, page_size);
	sc.setup.map_every = 1;
	under_faults(&sc);
}
