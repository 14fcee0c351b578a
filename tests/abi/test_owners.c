// SPDX-License-Identifier: GPL-2.0
/* Who may use what, and files that end suddenly or are used by many threads. */
#include "abi_test.h"

void test_busy(int fd)
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

void test_module_stays(void)
{
#ifdef SYS_delete_module
	long ret = syscall(SYS_delete_module, "dmabench", O_NONBLOCK);

	ok(ret && (errno == EWOULDBLOCK || errno == EBUSY),
	   "the module cannot be removed while the device is open");
#endif
}

void test_permissions(void)
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

pid_t fork_runner(uint32_t target, uint32_t strategy)
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

/* In a child: access a buffer by both of its mappings, and pass it to and fro. */
static void access_forever(uint32_t target)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_PAGE, target, 4 * page_size);
	struct dmabench_dmabuf d = { .size = sizeof(d) };
	int fd = device_open();
	unsigned char *p, *q;

	s.mmap_mode = DMABENCH_MMAP_CACHED;
	if (setup(fd, &s))
		_exit(2);
	p = map_buffer(fd, s.buf_size);
	q = ioctl(fd, DMABENCH_IOC_DMABUF, &d) ? p : map_buffer(d.fd, s.buf_size);
	if (p == MAP_FAILED || q == MAP_FAILED)
		_exit(3);
	for (;;) {
		memset(p, 1, s.buf_size);
		memset(q, 2, s.buf_size);
		sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 0);
	}
}

void test_kill(int fd)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, targets[0].id, 4096);
	bool good = true;
	unsigned int i;
	int status;
	pid_t pid;

	ioctl(fd, DMABENCH_IOC_TEARDOWN);
	for (i = 0; i < nr_strategies; i++) {
		pid = fork_runner(targets[0].id, strategies[i].id);

		sleep_ms(30);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		good &= WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		good &= !setup(fd, &s);
		ioctl(fd, DMABENCH_IOC_TEARDOWN);
	}
	ok(good, "kill -9 in a run frees the target");

	fflush(stdout);
	pid = fork();
	if (!pid)
		access_forever(targets[0].id);
	sleep_ms(100);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !setup(fd, &s),
	   "so does kill -9 in accesses to an mmap()ed buffer and its dma-buf (%#x)", status);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
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

	while (!st->stop) {
		if (!run(st->fd, 50, &r))
			st->runs++;
		else
			sleep_ms(1);
	}
	return NULL;
}

static void *stress_mmap(void *arg)
{
	struct stress *st = arg;

	while (!st->stop) {
		struct dmabench_mapping m = { .size = sizeof(m) };
		void *p = map_buffer(st->fd, 2 * page_size);

		if (p == MAP_FAILED) {
			/* In a guest whose CPUs take turns, who is busy keeps the others from working. */
			sleep_ms(1);
			continue;
		}
		st->maps++;
		m.user_addr = (uintptr_t)p;
		ioctl(st->fd, DMABENCH_IOC_MAPPING, &m);
		munmap(p, 2 * page_size);
	}
	return NULL;
}

void test_threads(int fd)
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
