// SPDX-License-Identifier: GPL-2.0
/* SETUP, RUN, SYNC and TEARDOWN of every strategy and source, in each way in which it laps. */
#include "fault_test.h"

#define LAPS	3

/*
 * Goes on after a failure: what the next call makes of it is of interest too.  @number: another
 * buffer takes the place of the first.
 */
static int act_laps(const struct scenario *sc)
{
	uint64_t laps = sc->setup.transfer ? 1 : LAPS;
	struct dmabench_setup s = sc->setup;
	unsigned char *memory = NULL;
	struct dmabench_run r;
	size_t bytes = 0;
	int err = 0, fd;

	if (s.source == DMABENCH_SOURCE_USER) {
		bytes = (s.offset + s.buf_size + page_size - 1) / page_size * page_size;
		bytes *= s.batch ?: 1;
		memory = user_memory(bytes, PROT_READ | PROT_WRITE);
		s.user_addr = (uintptr_t)memory;
	}
	fd = open(DMABENCH_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		err = errno;
	} else {
		keep(&err, setup(fd, &s));
		keep(&err, run(fd, laps, &r));
		keep(&err, run_stamped(fd, laps, &r));
		if (!s.map_every) {
			keep(&err, sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 0));
			keep(&err, sync_range(fd, DMABENCH_SYNC_FOR_DEVICE, 0, 0));
		}
		/* What is left at the end is freed by close(). */
		if (sc->number) {
			keep(&err, setup(fd, &s));
			keep(&err, ioctl(fd, DMABENCH_IOC_TEARDOWN));
		}
		close(fd);
	}
	if (memory)
		munmap(memory, bytes);
	return err;
}

/* A way to lap, as a change of the plain one. */
static const struct variant {
	const char *name;
	struct dmabench_setup change;
} variants[] = {
	{ "synced", { .sync_every = 1 } },
	{ "mapped each lap", { .map_every = 1 } },
	{ "in batches", { .map_every = 1, .batch = 3 } },
	{ "unmapped on another CPU", { .map_every = 1, .unmap_cpu = DMABENCH_UNMAP_CPU_OTHER } },
	{ "in batches unmapped on another CPU",
	  { .map_every = 1, .batch = 3, .unmap_cpu = DMABENCH_UNMAP_CPU_OTHER } },
	{ "copied", { .sync_every = 1, .touch = DMABENCH_TOUCH_COPY } },
	{ "behind the beginning of a page", { .sync_every = 1, .offset = 64 } },
	{ "on a node", { .sync_every = 1, .node = 1 } },
	{ "within a mask", { .sync_every = 1, .mask_bits = 32 } },
	{ "dirtied", { .map_every = 1, .dirty = 50 } },
	{ "shared", { .sync_every = 1, .flags = DMABENCH_SETUP_SHARED } },
};

static struct dmabench_setup changed(struct dmabench_setup s, const struct dmabench_setup *change)
{
	s.flags = change->flags;
	s.map_every = change->map_every;
	s.sync_every = change->sync_every;
	s.batch = change->batch;
	s.unmap_cpu = change->unmap_cpu;
	s.touch = change->touch;
	s.offset = change->offset;
	s.node = change->node;
	s.mask_bits = change->mask_bits;
	s.dirty = change->dirty;
	return s;
}

static bool is_sensible(const struct dmabench_strategy_info *si, const struct dmabench_setup *s)
{
	const bool dma_memory = !si->sources;

	if (si->id == DMABENCH_NULL)
		return !s->touch && !s->dirty && !s->offset && !s->node && !s->batch &&
		       !s->unmap_cpu;
	if ((s->offset || s->node) && (dma_memory || s->source == DMABENCH_SOURCE_USER))
		return s->offset && s->source == DMABENCH_SOURCE_USER;
	return !(s->dirty && dma_memory && si->id != DMABENCH_COPY);
}

void fail_laps(const struct dmabench_target_info *t)
{
	const cpu_set_t old = pin();
	unsigned int i, j, source;
	struct scenario sc = { .act = act_laps };

	for (i = 0; i < nr_strategies; i++) {
		const struct dmabench_strategy_info *si = &strategies[i];

		for (source = 0; source <= DMABENCH_SOURCE_USER; source++) {
			if (source ? !(si->sources & BIT(source)) : si->sources)
				continue;
			for (j = 0; j < ARRAY_SIZE(variants); j++) {
				struct dmabench_setup s = setup_of(si->id, t->id,
								   2 * page_size + 100);

				s.source = source;
				sc.flavours = source == DMABENCH_SOURCE_USER;
				sc.number = j == 0;
				sc.setup = changed(s, &variants[j].change);
				if (!is_sensible(si, &sc.setup))
					continue;
				snprintf(sc.name, sizeof(sc.name), "%s of source %u on %s, %s",
					 si->name, source, t->name, variants[j].name);
				under_faults(&sc);
			}
		}
	}
	unpin(old);
}

static void fail_transfers_of(const struct dmabench_target_info *t)
{
	struct scenario sc = { .act = act_laps };
	unsigned int i, mapped;

	for (i = 0; t->engine && i < nr_strategies; i++) {
		const struct dmabench_strategy_info *si = &strategies[i];
		/* DMA memory that each lap frees cannot be checked after it. */
		const bool dma_memory = !si->sources && si->id != DMABENCH_COPY;
		/* Mapping and unmapping do not pass on ownership. */
		const bool syncs = si->id == DMABENCH_STREAMING_RECYCLE ||
				   si->id == DMABENCH_COPY;

		for (mapped = 0; mapped < 2 && si->id != DMABENCH_NULL; mapped++) {
			if (mapped && dma_memory)
				continue;
			sc.setup = setup_of(si->id, t->id, 2048);
			sc.setup.transfer = t->engine;
			sc.setup.direction = DMABENCH_FROM_DEVICE;
			sc.setup.map_every = mapped;
			sc.setup.sync_every = !mapped || syncs;
			snprintf(sc.name, sizeof(sc.name), "transfers by %s on %s%s", si->name,
				 t->name, mapped ? ", mapped each lap" : "");
			under_faults(&sc);
		}
	}
}

/* A device takes part: each that can. */
void fail_transfers(const struct dmabench_target_info *unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < nr_targets; i++)
		fail_transfers_of(&targets[i]);
}
