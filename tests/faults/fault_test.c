// SPDX-License-Identifier: GPL-2.0
/*
 * Fails each call of dmabench.ko that can fail, one after another, and sees that nothing is left.
 *
 *	fault_test FAULTS.ko DMABENCH.ko PCI-ADDRESS|none [PART...]
 *
 * Run as root, with nothing using dmabench.ko, which is unloaded and replaced by the one given,
 * whose calls are wrapped: see module/faults.c.  PCI-ADDRESS ("0000:00:03.0") is a function
 * bound to dmabench through driver_override.  PARTs are named below; all of them by default.
 * TAP goes to stdout, and as comments what failed without its caller being told, and each place
 * that could fail; exit code 0: all passed.
 *
 * Build: see Makefile here.
 */
#include "fault_test.h"

static void read_strategies(int fd)
{
	struct dmabench_strategy_info s;

	for (nr_strategies = 0; nr_strategies < MAX_STRATEGIES; nr_strategies++) {
		s = (struct dmabench_strategy_info){ .size = sizeof(s), .index = nr_strategies };
		if (ioctl(fd, DMABENCH_IOC_STRATEGY, &s))
			break;
		strategies[nr_strategies] = s;
	}
}

static void read_all(void)
{
	int fd = device_open();

	read_strategies(fd);
	read_targets(fd);
	close(fd);
}

/* The one that most is done with: a PCI function if there is one. */
static const struct dmabench_target_info *main_target(void)
{
	unsigned int i;

	for (i = 0; i < nr_targets; i++)
		if (targets[i].kind == DMABENCH_TARGET_PCI)
			return &targets[i];
	return &targets[0];
}

static const struct part {
	const char *name;
	void (*fail)(const struct dmabench_target_info *t);
} parts[] = {
	{ "queries", fail_queries },
	{ "memory", fail_memory },
	{ "dmabuf", fail_dmabuf },
	{ "trace", fail_trace },
	{ "mmap", fail_mmaps },
	{ "laps", fail_laps },
	{ "transfers", fail_transfers },
};

static bool wanted(const char *part, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, part))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc < 4) {
		fprintf(stderr,
			"usage: fault_test FAULTS.ko DMABENCH.ko PCI-ADDRESS|none [PART...]\n");
		return 2;
	}
	page_size = sysconf(_SC_PAGESIZE);
	if (!module_unload("dmabench")) {
		printf("Bail out! cannot unload dmabench: %s\n", strerror(errno));
		return 1;
	}
	faults_begin(argv[1]);
	fail_loading(argv[2]);
	if (!ok(module_load(argv[2]), "load %s", argv[2]))
		return tests_done();
	fail_binding(strcmp(argv[3], "none") ? argv[3] : NULL);

	read_all();
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (wanted(parts[i].name, argv + 4))
			parts[i].fail(main_target());
	ok(module_unload("dmabench"), "unload");
	faults_end();
	return tests_done();
}
