// SPDX-License-Identifier: GPL-2.0
/* Tracing of DMA calls: which functions are probed, and what their arguments are. */
#include <linux/bits.h>
#include <linux/dma-mapping.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include "compat.h"
#include "dmabench.h"
#include "trace.h"

/* How a function takes its memory. */
enum takes {
	TAKES_NOTHING,
	TAKES_PAGE,	/* page, offset */
	TAKES_PHYS,
	TAKES_ADDRESS,	/* DMA address */
	TAKES_SG,	/* list, entries */
	TAKES_SGTABLE,
};

/* What it returns when it fails. */
enum fails {
	NEVER_FAILS,
	FAILS_BY_ADDRESS,	/* DMA_MAPPING_ERROR */
	FAILS_BY_ZERO,		/* 0, false, NULL */
	FAILS_BY_ERRNO,
};

#define OUTERS	2

/**
 * struct traced - a function that can be probed
 * @probe:	the probe
 * @symbol:	its name, and where that is another in newer kernels, that first
 * @other:	its other name
 * @outer:	code of functions that do nothing but call it: their callers are its callers
 * @takes:	its memory
 * @fails:	its result
 * @memory:	number of the argument that @takes is about; the device is number 0
 * @size:	number of its size argument; 0: none
 * @direction:	number of its direction argument; 0: bidirectional
 * @attrs:	number of its argument of DMA_ATTR_*; 0: none
 * @registered:	it is probed
 */
struct traced {
	struct kretprobe probe;
	const char *symbol;
	const char *other;
	struct {
		unsigned long text;
		unsigned long size;
	} outer[OUTERS];
	u8 takes;
	u8 fails;
	u8 memory;
	u8 size;
	u8 direction;
	u8 attrs;
	bool registered;
};

#define FN(id) \
	[DMABENCH_TRACE_##id]

static struct traced functions[DMABENCH_TRACE_NR_FUNCTIONS] = {
	FN(MAP_PAGE) = { .symbol = "dma_map_page_attrs", .takes = TAKES_PAGE, .memory = 1,
		.size = 3, .direction = 4, .attrs = 5, .fails = FAILS_BY_ADDRESS },
	FN(UNMAP_PAGE) = { .symbol = "dma_unmap_page_attrs", .takes = TAKES_ADDRESS, .memory = 1,
		.size = 2, .direction = 3, .attrs = 4 },
	FN(MAP_SG) = { .symbol = "dma_map_sg_attrs", .takes = TAKES_SG, .memory = 1, .direction = 3,
		.attrs = 4, .fails = FAILS_BY_ZERO },
	FN(UNMAP_SG) = { .symbol = "dma_unmap_sg_attrs", .takes = TAKES_SG, .memory = 1,
		.direction = 3, .attrs = 4 },
	FN(SYNC_SINGLE_FOR_CPU) = { .symbol = "__dma_sync_single_for_cpu",
		.other = "dma_sync_single_for_cpu", .takes = TAKES_ADDRESS, .memory = 1, .size = 2,
		.direction = 3 },
	FN(SYNC_SINGLE_FOR_DEVICE) = { .symbol = "__dma_sync_single_for_device",
		.other = "dma_sync_single_for_device", .takes = TAKES_ADDRESS, .memory = 1,
		.size = 2, .direction = 3 },
	FN(SYNC_SG_FOR_CPU) = { .symbol = "__dma_sync_sg_for_cpu", .other = "dma_sync_sg_for_cpu",
		.takes = TAKES_SG, .memory = 1, .direction = 3 },
	FN(SYNC_SG_FOR_DEVICE) = { .symbol = "__dma_sync_sg_for_device",
		.other = "dma_sync_sg_for_device", .takes = TAKES_SG, .memory = 1, .direction = 3 },
	FN(ALLOC) = { .symbol = "dma_alloc_attrs", .size = 1, .fails = FAILS_BY_ZERO },
	FN(FREE) = { .symbol = "dma_free_attrs", .size = 1 },
	FN(MAP_RESOURCE) = { .symbol = "dma_map_resource", .size = 2, .direction = 3,
		.fails = FAILS_BY_ADDRESS },
	FN(UNMAP_RESOURCE) = { .symbol = "dma_unmap_resource", .size = 2, .direction = 3 },
	FN(MAP_SGTABLE) = { .symbol = "dma_map_sgtable", .takes = TAKES_SGTABLE, .memory = 1,
		.direction = 2, .attrs = 3, .fails = FAILS_BY_ERRNO },
	FN(MAP_PHYS) = { .symbol = "dma_map_phys", .takes = TAKES_PHYS, .memory = 1,
		.size = 2, .direction = 3, .attrs = 4, .fails = FAILS_BY_ADDRESS },
	FN(UNMAP_PHYS) = { .symbol = "dma_unmap_phys", .takes = TAKES_ADDRESS, .memory = 1,
		.size = 2, .direction = 3, .attrs = 4 },
	FN(ALLOC_PAGES) = { .symbol = "dma_alloc_pages", .size = 1, .direction = 3,
		.fails = FAILS_BY_ZERO },
	FN(FREE_PAGES) = { .symbol = "dma_free_pages", .size = 1, .direction = 4 },
	FN(ALLOC_NONCOHERENT) = { .symbol = "dma_alloc_noncoherent", .size = 1, .direction = 3,
		.fails = FAILS_BY_ZERO },
	FN(FREE_NONCOHERENT) = { .symbol = "dma_free_noncoherent", .size = 1, .direction = 4 },
	FN(ALLOC_NONCONTIGUOUS) = { .symbol = "dma_alloc_noncontiguous", .size = 1, .direction = 2,
		.fails = FAILS_BY_ZERO },
	FN(FREE_NONCONTIGUOUS) = { .symbol = "dma_free_noncontiguous", .size = 1, .direction = 3 },
	FN(IOVA_LINK) = { .symbol = "dma_iova_link", .size = 4, .direction = 5, .attrs = 6,
		.fails = FAILS_BY_ERRNO },
	FN(IOVA_SYNC) = { .symbol = "dma_iova_sync", .size = 3, .fails = FAILS_BY_ERRNO },
	FN(IOVA_UNLINK) = { .symbol = "dma_iova_unlink", .size = 3, .direction = 4, .attrs = 5 },
	FN(IOVA_DESTROY) = { .symbol = "dma_iova_destroy", .size = 2, .direction = 3, .attrs = 4 },
};

/* Not of the DMA API: called to find what probing costs. */
static struct traced nothing = { .size = 1 };

static unsigned int argument(struct pt_regs *regs, unsigned int number)
{
	return regs_get_kernel_argument(regs, number);
}

static void take_sg(struct dmabench_trace_call *call, struct scatterlist *sg, int entries)
{
	struct scatterlist *each;
	int i;

	call->sg = sg;
	for_each_sg(sg, each, entries, i)
		call->bytes += each->length;
}

static void take(const struct traced *f, struct pt_regs *regs, struct dmabench_trace_call *call)
{
	unsigned long memory = f->memory ? regs_get_kernel_argument(regs, f->memory) : 0;

	switch (f->takes) {
	case TAKES_PAGE:
		call->phys = page_to_phys((struct page *)memory) +
			     regs_get_kernel_argument(regs, f->memory + 1);
		call->mapping = true;
		break;
	case TAKES_PHYS:
		call->phys = memory;
		call->mapping = true;
		break;
	case TAKES_ADDRESS:
		call->addr = memory;
		call->addressed = true;
		break;
	case TAKES_SG:
		take_sg(call, (struct scatterlist *)memory, argument(regs, f->memory + 1));
		break;
	case TAKES_SGTABLE:
		take_sg(call, ((struct sg_table *)memory)->sgl,
			((struct sg_table *)memory)->orig_nents);
		break;
	}
	if (call->sg && f->fails) {
		call->phys = sg_phys(call->sg);
		call->mapping = true;
	} else if (call->sg) {
		call->addr = sg_dma_address(call->sg);
		call->addressed = true;
	}
}

static bool is_outer(const struct traced *f, unsigned long caller)
{
	return caller - f->outer[0].text < f->outer[0].size ||
	       caller - f->outer[1].text < f->outer[1].size;
}

static int trace_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const struct traced *f = container_of(dmabench_get_kretprobe(instance),
					      struct traced, probe);
	struct dmabench_trace_call *call = (void *)instance->data;
	const unsigned long *at;

	memset(call, 0, sizeof(*call));
	call->caller = dmabench_trace_caller(regs, &at);
	call->parent = dmabench_trace_parent(call->caller, &at);
	if (f->outer[0].size && is_outer(f, call->caller) && call->parent) {
		call->caller = call->parent;
		call->parent = dmabench_trace_parent(call->caller, &at);
	}
	call->dev = (struct device *)regs_get_kernel_argument(regs, 0);
	call->function = f == &nothing ? DMABENCH_TRACE_OTHER : f - functions;
	call->direction = f->direction ? argument(regs, f->direction) : DMA_BIDIRECTIONAL;
	if (f->size)
		call->bytes = regs_get_kernel_argument(regs, f->size);
	if (f->attrs)
		call->unsynced = regs_get_kernel_argument(regs, f->attrs) &
				 DMA_ATTR_SKIP_CPU_SYNC;
	take(f, regs, call);
	dmabench_trace_began(call);
	call->start = ktime_get_raw_fast_ns();
	return 0;
}

NOKPROBE_SYMBOL(trace_entry);

static int trace_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	u64 now = ktime_get_raw_fast_ns();
	struct dmabench_trace_call *call = (void *)instance->data;
	unsigned long result = regs_return_value(regs);

	switch (functions[call->function].fails) {
	case FAILS_BY_ADDRESS:
		call->failed = result == DMA_MAPPING_ERROR;
		if (call->mapping) {
			call->addr = result;
			call->addressed = true;
		}
		break;
	case FAILS_BY_ZERO:
		call->failed = call->sg ? !(u32)result : !result;
		break;
	case FAILS_BY_ERRNO:
		call->failed = (int)result < 0;
		break;
	}
	if (call->sg && !call->addressed && !call->failed) {
		call->addr = sg_dma_address(call->sg);
		call->addressed = true;
	}
	dmabench_trace_ended(call, now);
	return 0;
}

NOKPROBE_SYMBOL(trace_return);

static int probe_one(struct traced *f, const char *symbol, void *address)
{
	int err;

	memset(&f->probe, 0, sizeof(f->probe));
	f->probe.kp.symbol_name = symbol;
	f->probe.kp.addr = address;
	f->probe.handler = trace_return;
	f->probe.entry_handler = trace_entry;
	f->probe.data_size = sizeof(struct dmabench_trace_call);
	/* Allocations sleep, and interrupts come in between. */
	f->probe.maxactive = clamp_t(int, 8 * num_online_cpus(), 64, 2048);
	err = register_kretprobe(&f->probe);
	f->registered = !err;
	return err;
}

static void unprobe_one(struct traced *f)
{
	if (f->registered)
		unregister_kretprobe(&f->probe);
	f->registered = false;
}

/*
 * What probes cost
 */

#define ROUNDS		32
#define CALLS		64

static noinline __noclone void do_nothing(struct device *dev, size_t size)
{
	/* The arguments are made, and the calls too. */
	asm volatile("" : : "r" (dev), "r" (size) : "memory");
}

static u64 time_nothing(void)
{
	unsigned long flags;
	u64 start, took;
	int i;

	local_irq_save(flags);
	start = ktime_get_raw_fast_ns();
	for (i = 0; i < CALLS; i++)
		do_nothing(NULL, i);
	took = ktime_get_raw_fast_ns() - start;
	local_irq_restore(flags);
	return took;
}

/* The least of some rounds: whatever comes in between only adds. */
static u64 time_rounds(void)
{
	u64 least = U64_MAX;
	int i;

	for (i = 0; i < ROUNDS; i++)
		least = min(least, time_nothing());
	return least;
}

static void calibration_sum(u64 *calls, u64 *ns)
{
	const struct dmabench_trace_table *t;
	unsigned int cpu;
	u32 i;

	*calls = 0;
	*ns = 0;
	for_each_possible_cpu(cpu) {
		t = dmabench_trace_table(cpu);
		for (i = 0; i < t->used; i++) {
			*calls += t->site[i].row.calls;
			*ns += t->site[i].row.sum_ns;
		}
	}
}

/**
 * dmabench_trace_calibrate() - find what probing costs, with a function that does nothing
 * @arg:	@bias_ps and @cost_ps are set
 *
 * The tables are there, and are to be cleared afterwards.
 *
 * Return: 0, or -EOPNOTSUPP with @reason: probes are switched off; or -ENOMEM.
 */
int dmabench_trace_calibrate(struct dmabench_trace_start *arg)
{
	u64 plain, probed, calls, ns, best = U64_MAX;
	int err, i;

	plain = time_rounds();
	err = probe_one(&nothing, NULL, do_nothing);
	if (err == -ENOMEM) {
		arg->reason = DMABENCH_REASON_NO_MEMORY;
		return err;
	}
	if (err) {
		arg->reason = DMABENCH_REASON_NO_PROBES;
		return -EOPNOTSUPP;
	}
	/* The first calls make the row and learn the frames. */
	time_rounds();
	probed = time_rounds();
	for (i = 0; i < ROUNDS; i++) {
		dmabench_trace_tables_clear();
		time_nothing();
		calibration_sum(&calls, &ns);
		if (calls)
			best = min(best, ns * 1000 / calls);
	}
	unprobe_one(&nothing);
	if (best == U64_MAX) {
		arg->reason = DMABENCH_REASON_NO_PROBES;
		return -EOPNOTSUPP;
	}
	arg->bias_ps = best;
	arg->cost_ps = (probed - min(probed, plain)) * 1000 / CALLS;
	return 0;
}

/*
 * Functions that do little more than call another
 *
 * Newer kernels' dma_map_page_attrs() and dma_map_resource() come down to dma_map_phys(), by
 * a call or a jump.  Only that is probed then: a second probe would be in the time of the first.
 */

static const struct {
	u8 function;
	u8 outer[OUTERS];
} inners[] = {
	{ DMABENCH_TRACE_MAP_PHYS, { DMABENCH_TRACE_MAP_PAGE, DMABENCH_TRACE_MAP_RESOURCE } },
	{ DMABENCH_TRACE_UNMAP_PHYS, { DMABENCH_TRACE_UNMAP_PAGE, DMABENCH_TRACE_UNMAP_RESOURCE } },
};

static int do_not_handle(struct kprobe *probe, struct pt_regs *regs)
{
	return 0;
}

NOKPROBE_SYMBOL(do_not_handle);

/* Where a function is: the kernel tells it only to who sets a probe. */
static unsigned long find_text(const char *symbol, unsigned long *size)
{
	struct kprobe probe = { .symbol_name = symbol, .pre_handler = do_not_handle };
	char name[KSYM_SYMBOL_LEN], *slash;
	unsigned long text;

	if (register_kprobe(&probe))
		return 0;
	text = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	snprintf(name, sizeof(name), "%pS", (void *)text);
	slash = strchr(name, '/');
	if (slash)
		*strchrnul(slash, ' ') = '\0';
	if (!slash || kstrtoul(slash + 1, 16, size))
		*size = SZ_128;
	return text;
}

static void settle_inner(u64 *wanted, u64 *covered)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(inners); i++) {
		struct traced *inner = &functions[inners[i].function];
		u64 outer = 0;

		memset(inner->outer, 0, sizeof(inner->outer));
		for (j = 0; j < OUTERS; j++)
			outer |= BIT_ULL(inners[i].outer[j]);
		if (!(*wanted & outer) || !find_text(inner->symbol, &inner->outer[0].size))
			continue;
		for (j = 0; j < OUTERS; j++)
			inner->outer[j].text = find_text(functions[inners[i].outer[j]].symbol,
							 &inner->outer[j].size);
		*covered |= *wanted & outer;
		*wanted = (*wanted & ~outer) | BIT_ULL(inners[i].function);
	}
}

/**
 * dmabench_trace_probe() - set the probes
 * @arg:	@functions are those wanted, and then those probed
 *
 * Return: 0, or -ENOENT with @reason: this kernel has none of them; or -ENOMEM.
 */
int dmabench_trace_probe(struct dmabench_trace_start *arg)
{
	u64 wanted = arg->functions, probed = 0;
	unsigned int i;
	int err;

	arg->covered = 0;
	settle_inner(&wanted, &arg->covered);
	for (i = 1; i < ARRAY_SIZE(functions); i++) {
		struct traced *f = &functions[i];

		if (!(wanted & BIT_ULL(i)))
			continue;
		err = probe_one(f, f->symbol, NULL);
		if (err && err != -ENOMEM && f->other)
			err = probe_one(f, f->other, NULL);
		/* Where memory is short, the function may be there all the same. */
		if (err == -ENOMEM) {
			dmabench_trace_unprobe();
			arg->reason = DMABENCH_REASON_NO_MEMORY;
			return err;
		}
		if (!err)
			probed |= BIT_ULL(i);
	}
	arg->functions = probed;
	if (probed)
		return 0;
	arg->reason = DMABENCH_REASON_NO_FUNCTION;
	return -ENOENT;
}

/* All at once, for the kernel waits until no probe is in use any more. */
void dmabench_trace_unprobe(void)
{
	struct kretprobe *probes[DMABENCH_TRACE_NR_FUNCTIONS];
	unsigned int i, set = 0;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		if (functions[i].registered)
			probes[set++] = &functions[i].probe;
		functions[i].registered = false;
	}
	if (set)
		unregister_kretprobes(probes, set);
}

/* Calls that a probe could not follow; read also after the probes are gone. */
u64 dmabench_trace_missed(void)
{
	unsigned int i;
	u64 missed = 0;

	for (i = 0; i < ARRAY_SIZE(functions); i++)
		missed += functions[i].probe.nmissed + functions[i].probe.kp.nmissed;
	return missed;
}
