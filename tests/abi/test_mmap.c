// SPDX-License-Identifier: GPL-2.0
/* mmap(), in all cache modes. */
#include "abi_test.h"

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

void test_mmap_mode(int fd, const struct dmabench_target_info *t,
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

bool mmap_fails(int fd, size_t bytes, int flags, off_t offset, int want)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, offset);

	if (p != MAP_FAILED) {
		munmap(p, bytes);
		return false;
	}
	return errno == want;
}

void test_mmap(int fd)
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
