/* SPDX-License-Identifier: GPL-2.0 */
/* Calls that have begun and not returned. */
#ifndef DMABENCH_TRACE_BPF_UNDER_WAY_H
#define DMABENCH_TRACE_BPF_UNDER_WAY_H

#include "kernel_types.h"
#include "maps.h"

#define SLOT_BITS	10
#define SLOTS		(1 << SLOT_BITS)
/* In how many places a call may be noted; beyond, it is missed. */
#define WAYS		4
#define CPUS		1024

/**
 * struct slot - a call under way
 * @call:	which one; 0: free
 * @start:	when it began
 * @switches:	how often the task had lost the CPU until then
 * @sg:		once it has returned, its list
 * @cpu:	where it began
 */
struct slot {
	__u64 call;
	__u64 start;
	__u64 switches;
	__u64 sg;
	__u32 cpu;
} __attribute__((aligned(64)));

/**
 * struct cpu - what goes on on a CPU
 * @under_way:	calls that began there and have not returned
 * @leaving:	for each function, that its fexit program runs there
 */
struct cpu {
	__u32 under_way;
	__u8 leaving[DMABENCH_TRACE_NR_FUNCTIONS];
} __attribute__((aligned(64)));

static struct slot slots[SLOTS];
static struct cpu cpus[CPUS];

/* The verifier lets nobody multiply an address, but takes the difference of two for a number. */
static __always_inline __u64 call_of(void *ctx)
{
	return (__u64)ctx - (__u64)(void *)slots;
}

static __always_inline struct slot *slot_at(__u64 call, __u32 way)
{
	return &slots[((call * 0x61c8864680b583ebULL >> (64 - SLOT_BITS)) + way) % SLOTS];
}

static __always_inline struct slot *open_slot(__u64 call)
{
	__u32 way;

#pragma unroll
	for (way = 0; way < WAYS; way++) {
		struct slot *s = slot_at(call, way);

		if (s->call == call) {
			/* Its end was missed, and its place on the stack is now another's. */
			__sync_fetch_and_add(&cpus[s->cpu % CPUS].under_way, -1);
			return s;
		}
		if (!s->call && !__sync_val_compare_and_swap(&s->call, 0, call))
			return s;
	}
	return NULL;
}

static __always_inline struct slot *find_slot(__u64 call)
{
	__u32 way;

#pragma unroll
	for (way = 0; way < WAYS; way++) {
		struct slot *s = slot_at(call, way);

		if (s->call == call)
			return s;
	}
	return NULL;
}

static __always_inline __u64 task_switches(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->nvcsw + task->nivcsw;
}

static __always_inline int enter(void *ctx, __u32 function)
{
	__u32 number = bpf_get_smp_processor_id();
	struct cpu *cpu = &cpus[number % CPUS];
	struct slot *s;

	if (!counting)
		return 0;
	/* Its end would be missed, and the slot remain. */
	if (cpu->leaving[function]) {
		count(refused);
		return 0;
	}
	s = open_slot(call_of(ctx));
	if (!s) {
		count(full);
		return 0;
	}
	s->cpu = number;
	s->switches = task_switches();
	if (__sync_fetch_and_add(&cpu->under_way, 1))
		count(nested);
	s->start = bpf_ktime_get_ns();
	return 0;
}

#endif /* DMABENCH_TRACE_BPF_UNDER_WAY_H */
