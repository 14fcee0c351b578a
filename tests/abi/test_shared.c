// SPDX-License-Identifier: GPL-2.0
/* Several files that share a target. */
#include "abi_test.h"

#define SHARERS	4

void test_shared(int fd)
{
	struct dmabench_setup good = setup_of(DMABENCH_STREAMING_SINGLE, targets[0].id, 4096), s;
	int others[SHARERS];
	struct dmabench_run r;
	unsigned int i;
	bool all = true;

	s = good;
	s.flags = 2;
	expect_setup(fd, s, EINVAL, 0, "with an unknown flag");

	good.flags = DMABENCH_SETUP_SHARED;
	good.source = DMABENCH_SOURCE_SLAB;
	good.map_every = 1;
	s = good;
	ok_errno(setup(fd, &s), 0, "SETUP shared");
	for (i = 0; i < SHARERS; i++) {
		others[i] = device_open();
		s = good;
		all &= !setup(others[i], &s) && !run(others[i], 20, &r);
	}
	ok(all && !run(fd, 20, &r), "%d more files share the target", SHARERS);
	s = good;
	s.flags = 0;
	expect_setup(others[0], s, EBUSY, DMABENCH_REASON_TARGET_BUSY, "of a shared target alone");
	s = good;
	s.mask_bits = 32;
	expect_setup(others[1], s, EBUSY, DMABENCH_REASON_TARGET_BUSY,
		     "of a shared target with other masks");
	for (i = 0; i < SHARERS; i++)
		close(others[i]);
	s = good;
	s.flags = 0;
	ok_errno(setup(fd, &s), 0, "SETUP alone, once the others are gone");
	others[0] = device_open();
	s = good;
	expect_setup(others[0], s, EBUSY, DMABENCH_REASON_TARGET_BUSY,
		     "shared, of a target that is not");
	close(others[0]);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/* In a child: run until the target goes.  Exit code 0: as told. */
static void share_until_gone(uint32_t target, unsigned int i)
{
	struct dmabench_setup s = setup_of(i & 1 ? DMABENCH_COHERENT : DMABENCH_STREAMING_SG,
					   target, 4096);
	int fd = device_open();
	struct dmabench_run r;

	s.flags = DMABENCH_SETUP_SHARED;
	s.map_every = 1;
	s.batch = i & 2 ? 16 : 1;
	if (setup(fd, &s))
		_exit(10);
	if (!run(fd, FOREVER, &r))
		_exit(11);
	_exit(errno == ENODEV && r.laps_done ? 0 : 12);
}

void test_shared_unbind(const char *address)
{
	const struct dmabench_target_info *t;
	char name[DMABENCH_NAME_LEN];
	pid_t pids[SHARERS];
	bool good = true;
	unsigned int i;
	int status;
	int fd;

	if (!address) {
		skip("unbinding a shared PCI function", "no PCI address was given");
		return;
	}
	snprintf(name, sizeof(name), "pci:%s", address);
	fd = device_open();
	read_targets(fd);
	close(fd);
	t = target_by_name(name);
	if (!ok(t, "%s is a target to be shared", name))
		return;
	fflush(stdout);
	for (i = 0; i < SHARERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			share_until_gone(t->id, i);
	}
	sleep_ms(300);
	ok(pci_unbind(address), "unbind while %d files share it", SHARERS);
	for (i = 0; i < SHARERS; i++) {
		waitpid(pids[i], &status, 0);
		good &= WIFEXITED(status) && !WEXITSTATUS(status);
	}
	ok(good, "all their runs end with ENODEV (%#x)", status);
	ok(pci_bind(address), "bind again after it");
	fd = device_open();
	read_targets(fd);
	close(fd);
}
