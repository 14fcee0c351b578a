// SPDX-License-Identifier: GPL-2.0
/* A target that goes away. */
#include "abi_test.h"

bool pci_bind(const char *address)
{
	return write_file("/sys/bus/pci/drivers_probe", address);
}

bool pci_unbind(const char *address)
{
	return write_file("/sys/bus/pci/drivers/dmabench/unbind", address);
}

/* As pulling the card out does, as far as software can tell. */
static bool pci_remove(const char *address)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", address);
	return write_file(path, "1");
}

/* The function that is found again is a new one, which knows of no override. */
static bool pci_rescan_and_bind(const char *address)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", address);
	return write_file("/sys/bus/pci/rescan", "1") && write_file(path, "dmabench") &&
	       pci_bind(address);
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

/* Return: the target as it is after it was removed and found again; NULL: it is not. */
static const struct dmabench_target_info *
test_hot_remove(int fd, const char *address, const struct dmabench_target_info *t)
{
	const uint32_t id = t->id;
	char name[DMABENCH_NAME_LEN];
	unsigned int i;
	int status;
	pid_t pid;

	strcpy(name, t->name);
	for (i = 0; i < 2; i++) {
		fflush(stdout);
		pid = fork();
		if (!pid)
			run_until_gone(t->id, i & 1, false);
		sleep_ms(300);
		ok(pci_remove(address), "remove the device while it is in use");
		waitpid(pid, &status, 0);
		ok(WIFEXITED(status) && !WEXITSTATUS(status),
		   "a run ends with ENODEV when the device is removed, %s (%#x)",
		   i & 1 ? "mapped" : "in laps", status);
		read_targets(fd);
		ok(!target_by_name(name), "the target is off the list");
		ok(pci_rescan_and_bind(address), "find it again");
		read_targets(fd);
		t = target_by_name(name);
		if (!ok(t && t->id != id, "the target is back, as another"))
			return NULL;
	}
	return t;
}

void test_unbind(int fd, const char *address)
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

	t = test_hot_remove(fd, address, t);
	if (!t)
		return;
	ok(test_dmabuf_stays(fd, t, address), "a dma-buf outlives its target");
	read_targets(fd);
	t = target_by_name(name);
	if (!ok(t, "the target is back after it"))
		return;

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
