// SPDX-License-Identifier: GPL-2.0
/* The calls that only tell, and the size in front of each. */
#include "abi_test.h"

void test_info(int fd)
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
		else if (t.kind == DMABENCH_TARGET_DMAENGINE)
			good &= !strncmp(t.name, "dmaengine:", 10);
		else
			good &= !strncmp(t.name, "platform", 8);
	}
	ok(nr_targets == info.nr_targets && nr_targets >= 1, "TARGET: %u of them", nr_targets);
	ok(good, "TARGET: fields make sense");
	t = (struct dmabench_target_info){ .size = sizeof(t), .index = nr_targets };
	ok_errno(ioctl(fd, DMABENCH_IOC_TARGET, &t), EINVAL, "TARGET beyond the last");
}

void test_clock(int fd)
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

void test_sizes(int fd)
{
	static const struct {
		const char *name;
		unsigned int cmd;
		uint32_t size;
		uint32_t first;	/* size when it was first published */
		uint64_t at_8;	/* what makes the call valid, where it needs something */
		int want;	/* what a valid call gives beside a null buffer */
	} calls[] = {
		{ "INFO", DMABENCH_IOC_INFO, sizeof(struct dmabench_info), 64, 0, 0 },
		{ "CLOCK", DMABENCH_IOC_CLOCK, sizeof(struct dmabench_clock), 40, 10, 0 },
		{ "STRATEGY", DMABENCH_IOC_STRATEGY, sizeof(struct dmabench_strategy_info), 192,
		  0, 0 },
		{ "TARGET", DMABENCH_IOC_TARGET, sizeof(struct dmabench_target_info), 80, 0,
		  0 },
		{ "SETUP", DMABENCH_IOC_SETUP, sizeof(struct dmabench_setup), 120, 0, 0 },
		{ "RUN", DMABENCH_IOC_RUN, sizeof(struct dmabench_run), 48, 0, 0 },
		{ "SYNC", DMABENCH_IOC_SYNC, sizeof(struct dmabench_sync), 24, 0, 0 },
		{ "MAPPING", DMABENCH_IOC_MAPPING, sizeof(struct dmabench_mapping), 32, 0,
		  ENODATA },
		{ "MEMORY", DMABENCH_IOC_MEMORY, sizeof(struct dmabench_memory), 72, 0, EBUSY },
		{ "DMABUF", DMABENCH_IOC_DMABUF, sizeof(struct dmabench_dmabuf), 24, 0,
		  EOPNOTSUPP },
		{ "TRANSFERS", DMABENCH_IOC_TRANSFERS, sizeof(struct dmabench_transfers), 56, 0,
		  ENODATA },
		{ "PREPARE", DMABENCH_IOC_PREPARE, sizeof(struct dmabench_prepare), 8, 0, 0 },
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
		ok(exact_errno == calls[i].want,
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
