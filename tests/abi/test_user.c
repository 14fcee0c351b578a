// SPDX-License-Identifier: GPL-2.0
/* User memory: pinned, counted, given back. */
#include "abi_test.h"

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

void test_user_memory(int fd, const struct dmabench_target_info *t)
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
