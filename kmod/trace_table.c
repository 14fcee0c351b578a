// SPDX-License-Identifier: GPL-2.0
/* Tracing of DMA calls: the tables that the probes record into. */
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "compat.h"
#include "hist.h"
#include "trace.h"

/* A row's histogram has one bucket for so many of hist.h's. */
#define COARSE_SHIFT	2
static_assert(DMABENCH_HIST_BUCKETS >> COARSE_SHIFT == DMABENCH_TRACE_BUCKETS);

static DEFINE_PER_CPU(struct dmabench_trace_table, tables);
/* Calls on CPUs that came online after the tables were made. */
static atomic64_t homeless;

static void table_clear(struct dmabench_trace_table *t)
{
	memset(t->index, 0, (t->mask + 1) * sizeof(*t->index));
	memset(&t->site[0], 0, sizeof(t->site[0]));
	t->used = 1;
	t->nested = 0;
	atomic_set(&t->under_way, 0);
}

/**
 * dmabench_trace_tables_create() - make room for sites on every CPU that is online
 * @rows:	sites for each
 *
 * Return: 0 or -ENOMEM.
 */
int dmabench_trace_tables_create(u32 rows)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct dmabench_trace_table *t = per_cpu_ptr(&tables, cpu);
		int node = cpu_to_node(cpu);

		t->capacity = rows;
		t->mask = roundup_pow_of_two(2 * rows) - 1;
		t->index = vzalloc_node((t->mask + 1) * sizeof(*t->index), node);
		t->site = vzalloc_node(rows * sizeof(*t->site), node);
		if (!t->index || !t->site) {
			dmabench_trace_tables_destroy();
			return -ENOMEM;
		}
		table_clear(t);
	}
	atomic64_set(&homeless, 0);
	return 0;
}

/* No probe is in place while these two run. */
void dmabench_trace_tables_clear(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (per_cpu_ptr(&tables, cpu)->site)
			table_clear(per_cpu_ptr(&tables, cpu));
	atomic64_set(&homeless, 0);
}

void dmabench_trace_tables_destroy(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct dmabench_trace_table *t = per_cpu_ptr(&tables, cpu);

		vfree(t->site);
		vfree(t->index);
		memset(t, 0, sizeof(*t));
	}
}

const struct dmabench_trace_table *dmabench_trace_table(unsigned int cpu)
{
	return per_cpu_ptr(&tables, cpu);
}

u64 dmabench_trace_nested(void)
{
	unsigned int cpu;
	u64 nested = 0;

	for_each_possible_cpu(cpu)
		nested += READ_ONCE(per_cpu_ptr(&tables, cpu)->nested);
	return nested;
}

u64 dmabench_trace_homeless(void)
{
	return atomic64_read(&homeless);
}

/* A raw address, which is what a symbol that is no more comes out as, stays in the kernel. */
static void name_symbol(char *to, size_t size, unsigned long address)
{
	char *end;

	if (!address) {
		to[0] = '\0';
		return;
	}
	snprintf(to, size, "%pB", (void *)address);
	if (to[0] == '0' || to[0] == '(') {
		strscpy(to, "unknown", size);
		return;
	}
	/* The size of the function says nothing about the site. */
	end = strchr(to, '/');
	if (end) {
		char *module = strchr(end, ' ');

		if (module)
			memmove(end, module, strlen(module) + 1);
		else
			*end = '\0';
	}
}

static void site_describe(struct dmabench_trace_site *s, const struct dmabench_trace_call *call)
{
	struct dmabench_trace_row *row = &s->row;
	struct device *dev = call->dev;

	s->dev = dev;
	s->caller = call->caller;
	s->parent = call->parent;
	row->function = call->function;
	row->direction = call->direction;
	row->cpu = smp_processor_id();
	name_symbol(row->caller, sizeof(row->caller), call->caller);
	name_symbol(row->parent, sizeof(row->parent), call->parent);
	if (!dev)
		return;
	strscpy(row->device, dev_name(dev), sizeof(row->device));
	strscpy(row->driver, dev_driver_string(dev), sizeof(row->driver));
	if (dmabench_translates(dev))
		row->flags |= DMABENCH_TRACE_IOMMU;
	if (dmabench_dev_coherent(dev))
		row->flags |= DMABENCH_TRACE_COHERENT;
	if (dmabench_sync_elided(dev))
		row->flags |= DMABENCH_TRACE_ELIDED;
}

static struct dmabench_trace_site *site_of(struct dmabench_trace_table *t,
					   const struct dmabench_trace_call *call)
{
	unsigned long hash = call->caller ^ (call->parent << 7) ^ ((unsigned long)call->dev >> 4);
	struct dmabench_trace_site *s;
	u32 place;

	hash = (hash + call->function) * GOLDEN_RATIO_64;
	for (place = (hash >> 32) & t->mask; t->index[place]; place = (place + 1) & t->mask) {
		s = &t->site[t->index[place]];
		if (s->caller == call->caller && s->dev == call->dev &&
		    s->parent == call->parent && s->row.function == call->function &&
		    s->row.direction == call->direction)
			return s;
	}
	if (t->used == t->capacity)
		return &t->site[0];
	s = &t->site[t->used];
	memset(s, 0, sizeof(*s));
	site_describe(s, call);
	t->index[place] = t->used;
	/* Pairs with the acquire in copy_rows(): readers may look at it from now on. */
	smp_store_release(&t->used, t->used + 1);
	return s;
}

/* Whether swiotlb copies the data, as far as can be told from here. */
static bool bounced(const struct dmabench_trace_site *s, const struct dmabench_trace_call *call)
{
	if (!call->addressed || !call->dev || s->row.flags & DMABENCH_TRACE_IOMMU)
		return false;
	if (s->row.flags & DMABENCH_TRACE_COHERENT)
		return dma_need_sync(call->dev, call->addr);
	return call->mapping && dma_to_phys(call->dev, call->addr) != call->phys;
}

static unsigned long task_switches(void)
{
	return current->nvcsw + current->nivcsw;
}

static void site_record(struct dmabench_trace_site *s, const struct dmabench_trace_call *call,
			u64 ns)
{
	struct dmabench_trace_row *row = &s->row;

	if (!row->calls || ns < row->min_ns)
		row->min_ns = ns;
	if (ns > row->max_ns)
		row->max_ns = ns;
	if (!row->calls || call->bytes < row->min_bytes)
		row->min_bytes = call->bytes;
	if (call->bytes > row->max_bytes)
		row->max_bytes = call->bytes;
	row->calls++;
	if (task_switches() == call->switches)
		row->sum_ns += ns;
	else
		row->switched++;
	row->bytes += call->bytes;
	row->failed += call->failed;
	row->unsynced += call->unsynced;
	row->bounced += !call->failed && bounced(s, call);
	row->bucket[dmabench_hist_index(ns) >> COARSE_SHIFT]++;
}

/**
 * dmabench_trace_began() - note that a call is under way
 * @call:	told so, in its @cpu and @switches
 */
void dmabench_trace_began(struct dmabench_trace_call *call)
{
	struct dmabench_trace_table *t;

	call->cpu = raw_smp_processor_id();
	call->switches = task_switches();
	t = per_cpu_ptr(&tables, call->cpu);
	if (atomic_inc_return(&t->under_way) > 1)
		t->nested++;
}

NOKPROBE_SYMBOL(dmabench_trace_began);

/**
 * dmabench_trace_ended() - record a call that has returned
 * @call:	the call
 * @now:	when it returned
 *
 * It may have moved to another CPU, and interrupts come in between.
 */
void dmabench_trace_ended(struct dmabench_trace_call *call, u64 now)
{
	struct dmabench_trace_table *t;
	unsigned long flags;

	atomic_dec(&per_cpu_ptr(&tables, call->cpu)->under_way);
	local_irq_save(flags);
	t = this_cpu_ptr(&tables);
	if (t->site)
		site_record(site_of(t, call), call, now - call->start);
	else
		atomic64_inc(&homeless);
	local_irq_restore(flags);
}

NOKPROBE_SYMBOL(dmabench_trace_ended);
