// SPDX-License-Identifier: GPL-2.0
/* The buffer as a dma-buf, as a program sees it that knows nothing of dmabench. */
#include <linux/dma-buf.h>
#include "abi_test.h"

static int export(int fd, struct dmabench_dmabuf *d)
{
	*d = (struct dmabench_dmabuf){ .size = sizeof(*d) };
	return ioctl(fd, DMABENCH_IOC_DMABUF, d);
}

static int dmabuf_sync(int dmabuf, uint64_t flags)
{
	struct dma_buf_sync s = { .flags = flags };

	return ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &s);
}

static int begin(int dmabuf)
{
	return dmabuf_sync(dmabuf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
}

static int end(int dmabuf)
{
	return dmabuf_sync(dmabuf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
}

static bool all_are(const volatile unsigned char *p, size_t bytes, unsigned char value)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		if (p[i] != value)
			return false;
	return true;
}

/*
 * Where the device works on a copy (swiotlb), what was written last before END is what is
 * there after the next START, and what was written in between is not: both have reached
 * dma_sync_*().  Elsewhere there is one memory, and what was written last is there.
 */
static void test_ownership(int dmabuf, volatile unsigned char *p, size_t bytes, bool bounced,
			   const char *name)
{
	bool good = !begin(dmabuf);

	memset((void *)p, 0xaa, bytes);
	good &= !end(dmabuf);
	memset((void *)p, 0xbb, bytes);
	good &= !begin(dmabuf);
	ok(good && all_are(p, bytes, bounced ? 0xaa : 0xbb),
	   "DMA_BUF_IOCTL_SYNC passes %s on, %s (%#x)", name,
	   bounced ? "which shows" : "in one memory", p[0]);
}

/* Memory that is not to be written to takes the argument, and no answer. */
static void test_untold(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_PAGE, t->id, page_size);
	struct dmabench_dmabuf *d = (void *)user_memory(page_size, PROT_READ | PROT_WRITE);
	long before;
	int got;

	if (!ok(!setup(fd, &s), "%s: a buffer to export", t->name))
		return;
	*d = (struct dmabench_dmabuf){ .size = sizeof(*d) };
	mprotect(d, page_size, PROT_READ);
	before = count_names("/proc/self/fd", "");
	got = ioctl(fd, DMABENCH_IOC_DMABUF, d) ? errno : 0;
	ok(got == EFAULT && count_names("/proc/self/fd", "") == before,
	   "%s: a dma-buf that its caller can't be told of has no descriptor (%s)", t->name,
	   strerror(got));
	munmap(d, page_size);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

static void test_refusals(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s;
	struct dmabench_dmabuf d;
	unsigned int i;

	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	ok_errno(export(fd, &d), ENODATA, "DMABUF of nothing");
	for (i = 0; i < nr_strategies; i++) {
		int got;

		s = setup_of(strategies[i].id, t->id, page_size);
		if (setup(fd, &s) || s.source_used == DMABENCH_SOURCE_PAGES)
			continue;
		got = export(fd, &d) ? errno : 0;
		ok(got == EOPNOTSUPP && d.reason == DMABENCH_REASON_SOURCE && d.fd == -1,
		   "DMABUF of %s is refused (errno %d, reason %u)", strategies[i].name, got,
		   d.reason);
	}
	s = setup_of(DMABENCH_STREAMING_PAGE, t->id, page_size);
	s.mmap_mode = DMABENCH_MMAP_UNCACHED;
	if (!setup(fd, &s)) {
		int got = export(fd, &d) ? errno : 0;

		ok(got == EOPNOTSUPP && d.reason == DMABENCH_REASON_MMAP_MODE,
		   "DMABUF of uncached memory is refused (errno %d, reason %u)", got, d.reason);
	}
	s.mmap_mode = DMABENCH_MMAP_NONE;
	setup(fd, &s);
	d = (struct dmabench_dmabuf){ .size = sizeof(d), .flags = 1 };
	ok_errno(ioctl(fd, DMABENCH_IOC_DMABUF, &d), EINVAL, "DMABUF with an unknown flag");
}

/* All of it is freed again, though its user may be the last to go. */
static void test_lifetime(const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_PAGE, t->id, 3 * page_size);
	struct dmabench_dmabuf d, d2;
	unsigned char *p;
	int other = device_open();

	if (!ok(!setup(other, &s) && !export(other, &d), "DMABUF on a file of its own"))
		return;
	p = map_buffer(d.fd, d.bytes);
	/* Unmapping the buffer may copy it back from where it was bounced to. */
	begin(d.fd);
	memset(p, 0x5a, d.bytes);
	end(d.fd);
	ok(!export(other, &d2) && d2.fd != d.fd, "DMABUF twice of one buffer");
	close(d2.fd);
	ioctl(other, DMABENCH_IOC_TEARDOWN);
	ok(all_are(p, d.bytes, 0x5a), "it outlives the buffer");
	ok_errno(begin(d.fd), 0, "and syncs nothing that is not there");
	/* The target is free, and another buffer is none of the dma-buf's business. */
	ok_errno(setup(other, &s), 0, "SETUP beside it");
	ok_errno(end(d.fd), 0, "it does not sync the next buffer");
	close(other);
	ok(all_are(p, d.bytes, 0x5a), "it outlives the file");
	close(d.fd);
	ok(all_are(p, d.bytes, 0x5a), "a mapping outlives the descriptor");
#ifdef SYS_delete_module
	ok(syscall(SYS_delete_module, "dmabench", O_NONBLOCK) &&
	   (errno == EWOULDBLOCK || errno == EBUSY), "and keeps the module");
#endif
	munmap(p, d.bytes);
}

void test_dmabuf(int fd, const struct dmabench_target_info *t)
{
	static const uint32_t kinds[] = {
		DMABENCH_STREAMING_SINGLE, DMABENCH_STREAMING_PAGE, DMABENCH_STREAMING_SG,
		DMABENCH_STREAMING_RECYCLE,
	};
	struct dmabench_dmabuf d;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *name = strategy_by_id(kinds[i])->name;
		/* Since 6.5 a piece of less than 256 bytes may bounce by itself, for what shares its lines. */
		struct dmabench_setup s = setup_of(kinds[i], t->id, 2 * page_size + page_size / 2);
		unsigned char *p;
		int err;

		s.source = DMABENCH_SOURCE_PAGES;
		if (setup(fd, &s)) {
			skip("DMABUF", name);
			continue;
		}
		err = export(fd, &d) ? errno : 0;
		if (err == EOPNOTSUPP && d.reason == DMABENCH_REASON_NONE) {
			skip("DMABUF", "this kernel has no dma-buf");
			return;
		}
		if (!ok(!err && d.bytes == 3 * page_size, "DMABUF of %s on %s (errno %d)", name,
			t->name, err))
			continue;
		ok(lseek(d.fd, 0, SEEK_END) == (off_t)d.bytes, "it knows its size");
		p = map_buffer(d.fd, d.bytes);
		if (!ok(p != MAP_FAILED, "mmap of it"))
			continue;
		ok(mmap(NULL, d.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, d.fd, 0) ==
		   MAP_FAILED, "not for one's own");
		ok(mmap(NULL, d.bytes + page_size, PROT_READ, MAP_SHARED, d.fd, 0) ==
		   MAP_FAILED, "and not beyond its end");
		test_ownership(d.fd, p, s.buf_size, s.relation == DMABENCH_RELATION_BOUNCED,
			       name);
		munmap(p, d.bytes);
		close(d.fd);
	}
	test_untold(fd, t);
	test_refusals(fd, t);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	test_lifetime(t);
}

#define IMPORTER	"/sys/kernel/debug/dmabench_importer"

/* A driver's use of it: see importer/importer.c. */
void test_dmabuf_import(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SG, t->id, 20 * page_size);
	struct dmabench_dmabuf d;
	unsigned char *p;
	char text[16];
	bool good;

	if (access(IMPORTER, W_OK)) {
		skip("a driver's use of a dma-buf", "importer.ko is not loaded");
		return;
	}
	if (!ok(!setup(fd, &s) && !export(fd, &d), "DMABUF for a driver"))
		return;
	p = map_buffer(d.fd, d.bytes);
	begin(d.fd);
	memset(p, 0x42, d.bytes);
	end(d.fd);
	snprintf(text, sizeof(text), "%d", d.fd);
	good = write_file(IMPORTER, text);
	begin(d.fd);
	ok(good && p[0] == 0x43 && p[d.bytes - 1] == 0x43 && all_are(p + 1, d.bytes - 2, 0x42),
	   "a driver attaches, maps and writes to it on %s (%#x, %s)", t->name, p[0],
	   good ? "" : strerror(errno));
	end(d.fd);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	memset(p, 0x42, d.bytes);
	ok(write_file(IMPORTER, text) && p[0] == 0x43, "and does so once the buffer is gone");
	munmap(p, d.bytes);
	close(d.fd);
}

/* What is written to it is what dmabench's own mmap() shows. */
void test_dmabuf_is_the_buffer(int fd)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_PAGE, targets[0].id, page_size);
	unsigned char *own, *shared;
	struct dmabench_dmabuf d;
	int status;
	pid_t pid;

	s.mmap_mode = DMABENCH_MMAP_CACHED;
	if (!ok(!setup(fd, &s) && !export(fd, &d), "DMABUF of a buffer that is mmap()ed"))
		return;
	own = map_buffer(fd, page_size);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		shared = map_buffer(d.fd, page_size);
		memset(shared, 0x77, page_size);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(own != MAP_FAILED && all_are(own, page_size, 0x77), "another process's writes are seen");
	if (own != MAP_FAILED)
		munmap(own, page_size);
	close(d.fd);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/* Memory, mapping and syncs of a dma-buf whose target is unbound.  Binds it again. */
bool test_dmabuf_stays(int fd, const struct dmabench_target_info *t, const char *address)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SG, t->id, 5 * page_size);
	struct dmabench_dmabuf d;
	unsigned char *p;
	bool good;

	if (setup(fd, &s) || export(fd, &d))
		return false;
	p = map_buffer(d.fd, d.bytes);
	good = p != MAP_FAILED && !begin(d.fd);
	memset(p, 0x3c, d.bytes);
	good &= !end(d.fd);
	good &= pci_unbind(address);
	good &= !sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 0) ? false : errno == ENODEV;
	good &= !begin(d.fd) && all_are(p, d.bytes, 0x3c) && !end(d.fd);
	good &= pci_bind(address);
	good &= !begin(d.fd) && all_are(p, d.bytes, 0x3c);
	munmap(p, d.bytes);
	close(d.fd);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	return good;
}
