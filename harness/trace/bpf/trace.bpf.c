// SPDX-License-Identifier: GPL-2.0
/*
 * Tracing of DMA calls by BPF, for where the module cannot be loaded: fentry and fexit programs
 * on what kmod/trace_probe.c probes, with the rows of kmod/trace_table.c.
 *
 * Both programs of a function get the same context, which is in the frame of the trampoline
 * that calls them, on the stack of the call.  So its address tells the call, what the fentry
 * program noted is found by it, and the caller's return address is a few words above.
 *
 * The kernel does not run a program on a CPU where it is running already, in an interrupt say,
 * and counts that.  As a row is of one function, nothing else writes to it meanwhile.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "call.h"
#include "callers.h"
#include "device.h"
#include "maps.h"
#include "under_way.h"

/* clang 14 does not come to an end with its own. */
static __always_inline __u32 leading_zeros(__u64 value)
{
	__u32 zeros = 63, step;

#pragma unroll
	for (step = 32; step; step /= 2)
		if (value >> step) {
			value >>= step;
			zeros -= step;
		}
	return zeros;
}

#define __builtin_clzll leading_zeros
#include "hist.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * Rows
 */

static __always_inline void copy_name(char *to, __u32 size, const char *name)
{
	bpf_probe_read_kernel_str(to, size, name);
}

/* Here, while the device and the caller's code are there for sure. */
static __noinline int describe(struct dmabench_bpf_site *site, struct dmabench_bpf_key *key)
{
	struct dmabench_trace_row *row = &site->row;
	struct device *dev = (void *)key->dev;
	const char *name;

	row->function = key->function;
	row->direction = key->direction;
	row->cpu = bpf_get_smp_processor_id();
	if (key->caller)
		BPF_SNPRINTF(row->caller, sizeof(row->caller), "%pB", key->caller);
	if (key->parent)
		BPF_SNPRINTF(row->parent, sizeof(row->parent), "%pB", key->parent);
	if (!dev)
		return 0;
	name = BPF_CORE_READ(dev, init_name);
	copy_name(row->device, sizeof(row->device), name ?: BPF_CORE_READ(dev, kobj.name));
	name = BPF_CORE_READ(dev, driver, name);
	if (!name)
		name = BPF_CORE_READ(dev, bus, name);
	copy_name(row->driver, sizeof(row->driver), name ?: BPF_CORE_READ(dev, class, name));
	if (is_translated(dev))
		row->flags |= DMABENCH_TRACE_IOMMU;
	else if (bpf_core_field_exists(dev->dma_io_tlb_mem))
		find_bounce_buffers(site, dev);
	if (is_coherent(dev))
		row->flags |= DMABENCH_TRACE_COHERENT;
	if (is_elided(dev))
		row->flags |= DMABENCH_TRACE_ELIDED;
	return 0;
}

static __always_inline bool has_failed(const struct call *call, __u64 result)
{
	switch (call->fails) {
	case FAILS_BY_ADDRESS:
		return result == DMA_MAPPING_ERROR;
	case FAILS_BY_ZERO:
		return call->takes == TAKES_SG ? !(__u32)result : !result;
	case FAILS_BY_ERRNO:
		return (int)result < 0;
	default:
		return false;
	}
}

/* A histogram of the module's has four buckets for one of a row's. */
#define COARSE_SHIFT	2

/*
 * The verifier follows each branch to the end for each value known to it that a later branch
 * depends on.  So what has to be decided is, where it is used; and what is made of branches
 * goes through memory, after which nothing is known of it, nor that a result is a pointer.
 */
static __noinline int record(void *ctx, struct call *call, __u64 ns, __u64 switches)
{
	struct dmabench_bpf_site *site;
	struct dmabench_trace_row *row;

	if (call->takes != TAKES_NO_LIST)
		take_sg(call);
	find_callers(ctx, call);
	site = bpf_map_lookup_elem(&rows, &call->key);
	if (!site) {
		bpf_map_update_elem(&rows, &call->key, &no_site, BPF_NOEXIST);
		site = bpf_map_lookup_elem(&rows, &call->key);
	}
	if (!site) {
		struct dmabench_bpf_key other = {};

		/* Of all functions, whose programs may come in between each other. */
		site = bpf_map_lookup_elem(&rows, &other);
		if (site)
			__sync_fetch_and_add(&site->row.calls, 1);
		return 0;
	}
	row = &site->row;
	if (!row->calls) {
		describe(site, &call->key);
		row->min_ns = ns;
		row->min_bytes = call->bytes;
	}
	if (ns < row->min_ns)
		row->min_ns = ns;
	if (ns > row->max_ns)
		row->max_ns = ns;
	if (call->bytes < row->min_bytes)
		row->min_bytes = call->bytes;
	if (call->bytes > row->max_bytes)
		row->max_bytes = call->bytes;
	row->calls++;
	if (switches)
		row->switched++;
	else
		row->sum_ns += ns;
	row->bytes += call->bytes;
	site->result = call->result;
	site->bucket = dmabench_hist_index(ns) >> COARSE_SHIFT;
	barrier();
	if (call->attrs & DMA_ATTR_SKIP_CPU_SYNC)
		row->unsynced++;
	if (has_failed(call, site->result))
		row->failed++;
	else if (call->addr && call->addr - site->bounce < site->bounce_size)
		row->bounced++;
	row->bucket[site->bucket % DMABENCH_TRACE_BUCKETS]++;
	return 0;
}

static __noinline int leave(void *ctx, struct call *call)
{
	struct cpu *cpu = &cpus[bpf_get_smp_processor_id() % CPUS];
	struct slot *s = find_slot(call_of(ctx));
	__u32 function = call->key.function;
	__u64 start, switches;

	/* It began before this was attached, or its beginning was missed. */
	if (!s || function >= DMABENCH_TRACE_NR_FUNCTIONS)
		return 0;
	cpu->leaving[function] = 1;
	start = s->start;
	switches = task_switches() - s->switches;
	__sync_fetch_and_add(&cpus[s->cpu % CPUS].under_way, -1);
	/* Of a number the verifier knows that adding to it over and over is the same as once. */
	s->sg = call->sg;
	barrier();
	call->sg = s->sg;
	s->call = 0;
	record(ctx, call, call->now - start, switches);
	barrier();
	cpu->leaving[function] = 0;
	return 0;
}

/*
 * The functions: as many arguments as they have, and then what is where.  A result is where
 * one more argument would be.
 */

#define PROGRAMS(name, id, arguments, ...)				\
	SEC("fentry") int enter_##name(__u64 *ctx)			\
	{								\
		return enter(ctx, DMABENCH_TRACE_##id);			\
	}								\
									\
	SEC("fexit") int leave_##name(__u64 *ctx)			\
	{								\
		__u64 now = bpf_ktime_get_ns();				\
		struct call call = {					\
			.now = now,					\
			.above = (__u64)(ctx + (arguments)),		\
			.key.function = DMABENCH_TRACE_##id,		\
			__VA_ARGS__					\
		};							\
									\
		return leave(ctx, &call);				\
	}

#define TRACED(name, id, arguments, ...)				\
	PROGRAMS(name, id, arguments, .key.dev = ctx[0], __VA_ARGS__)

#define BY_ADDRESS(n)	.result = ctx[n], .fails = FAILS_BY_ADDRESS
#define BY_ZERO(n)	.result = ctx[n], .fails = FAILS_BY_ZERO
#define BY_ERRNO(n)	.result = ctx[n], .fails = FAILS_BY_ERRNO

TRACED(map_page, MAP_PAGE, 6, .bytes = ctx[3], .key.direction = ctx[4], .attrs = ctx[5],
       .addr = ctx[6], BY_ADDRESS(6))
TRACED(unmap_page, UNMAP_PAGE, 5, .addr = ctx[1], .bytes = ctx[2], .key.direction = ctx[3],
       .attrs = ctx[4])
TRACED(map_sg, MAP_SG, 5, .takes = TAKES_SG, .sg = ctx[1], .entries = ctx[2], .key.direction = ctx[3], .attrs = ctx[4],
       BY_ZERO(5))
TRACED(unmap_sg, UNMAP_SG, 5, .takes = TAKES_SG, .sg = ctx[1], .entries = ctx[2], .key.direction = ctx[3],
       .attrs = ctx[4])
TRACED(sync_single_for_cpu, SYNC_SINGLE_FOR_CPU, 4, .addr = ctx[1], .bytes = ctx[2],
       .key.direction = ctx[3])
TRACED(sync_single_for_device, SYNC_SINGLE_FOR_DEVICE, 4, .addr = ctx[1], .bytes = ctx[2],
       .key.direction = ctx[3])
TRACED(sync_sg_for_cpu, SYNC_SG_FOR_CPU, 4, .takes = TAKES_SG, .sg = ctx[1], .entries = ctx[2],
       .key.direction = ctx[3])
TRACED(sync_sg_for_device, SYNC_SG_FOR_DEVICE, 4, .takes = TAKES_SG, .sg = ctx[1], .entries = ctx[2],
       .key.direction = ctx[3])
TRACED(alloc, ALLOC, 5, .bytes = ctx[1], BY_ZERO(5))
TRACED(free, FREE, 5, .bytes = ctx[1])
TRACED(map_resource, MAP_RESOURCE, 5, .bytes = ctx[2], .key.direction = ctx[3], BY_ADDRESS(5))
TRACED(unmap_resource, UNMAP_RESOURCE, 5, .bytes = ctx[2], .key.direction = ctx[3])
TRACED(map_sgtable, MAP_SGTABLE, 4, .takes = TAKES_SGTABLE, .sg = ctx[1], .key.direction = ctx[2], .attrs = ctx[3],
       BY_ERRNO(4))
TRACED(map_phys, MAP_PHYS, 5, .bytes = ctx[2], .key.direction = ctx[3], .attrs = ctx[4],
       .addr = ctx[5], BY_ADDRESS(5))
TRACED(unmap_phys, UNMAP_PHYS, 5, .addr = ctx[1], .bytes = ctx[2], .key.direction = ctx[3],
       .attrs = ctx[4])
TRACED(alloc_pages, ALLOC_PAGES, 5, .bytes = ctx[1], .key.direction = ctx[3], BY_ZERO(5))
TRACED(free_pages, FREE_PAGES, 5, .bytes = ctx[1], .key.direction = ctx[4])
TRACED(alloc_noncoherent, ALLOC_NONCOHERENT, 5, .bytes = ctx[1], .key.direction = ctx[3], BY_ZERO(5))
TRACED(free_noncoherent, FREE_NONCOHERENT, 5, .bytes = ctx[1], .key.direction = ctx[4])
TRACED(alloc_noncontiguous, ALLOC_NONCONTIGUOUS, 5, .bytes = ctx[1], .key.direction = ctx[2],
       BY_ZERO(5))
TRACED(free_noncontiguous, FREE_NONCONTIGUOUS, 4, .bytes = ctx[1], .key.direction = ctx[3])
TRACED(iova_link, IOVA_LINK, 7, .bytes = ctx[4], .key.direction = ctx[5], .attrs = ctx[6],
       BY_ERRNO(7))
TRACED(iova_sync, IOVA_SYNC, 4, .bytes = ctx[3], BY_ERRNO(4))
TRACED(iova_unlink, IOVA_UNLINK, 6, .bytes = ctx[3], .key.direction = ctx[4], .attrs = ctx[5])
TRACED(iova_destroy, IOVA_DESTROY, 5, .bytes = ctx[2], .key.direction = ctx[3], .attrs = ctx[4])

/* Not of the DMA API: it does nothing, and tells what tracing costs. */
PROGRAMS(other, OTHER, 1, .bytes = ctx[0])
