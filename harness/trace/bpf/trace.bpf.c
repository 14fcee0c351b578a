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
#include "shared.h"

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

/* Of the kernel's structs only what is used; where it is, the kernel's BTF tells at loading. */
#define KERNEL	__attribute__((preserve_access_index))

struct kobject {
	const char *name;
} KERNEL;

struct device_driver {
	const char *name;
} KERNEL;

struct bus_type {
	const char *name;
} KERNEL;

struct class {
	const char *name;
} KERNEL;

struct iommu_domain {
	unsigned int type;
} KERNEL;

struct iommu_group {
	struct iommu_domain *domain;
} KERNEL;

struct bus_dma_region {
	__u64 cpu_start;
	__u64 dma_start;
	__u64 size;
} KERNEL;

struct io_tlb_mem {
	__u64 start;
	__u64 end;
} KERNEL;

struct io_tlb_pool {
	__u64 start;
	__u64 end;
} KERNEL;

/* 6.6 on */
struct io_tlb_mem___pools {
	struct io_tlb_pool defpool;
	bool can_grow;
} KERNEL;

struct device {
	struct kobject kobj;
	const char *init_name;
	struct bus_type *bus;
	struct device_driver *driver;
	struct class *class;
	struct iommu_group *iommu_group;
	struct io_tlb_mem *dma_io_tlb_mem;
	struct bus_dma_region *dma_range_map;
	bool dma_coherent : 1;
	bool dma_skip_sync : 1;
} KERNEL;

/* 7.x has a bitmap in place of the two bits. */
struct device___flags {
	unsigned long flags[1];
} KERNEL;

enum struct_device_flags {
	DEV_FLAG_DMA_SKIP_SYNC,
	DEV_FLAG_DMA_COHERENT,
};

struct scatterlist {
	unsigned long page_link;
	unsigned int length;
	__u64 dma_address;
} KERNEL;

struct sg_table {
	struct scatterlist *sgl;
	unsigned int orig_nents;
} KERNEL;

struct task_struct {
	unsigned long nvcsw;
	unsigned long nivcsw;
} KERNEL;

#define DMA_ATTR_SKIP_CPU_SYNC	(1UL << 5)
#define DMA_MAPPING_ERROR	(~0ULL)
#define IOMMU_DOMAIN_IDENTITY	(1U << 2)
#define SG_CHAIN		1UL
#define SG_END			2UL

const volatile struct dmabench_bpf_settings settings SEC(".rodata.settings");

/* Whether calls are counted that begin now: programs come and go one after the other. */
volatile __u32 counting SEC(".data.counting") = 0;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 256);
	__type(key, struct dmabench_bpf_key);
	__type(value, struct dmabench_bpf_site);
} rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dmabench_bpf_totals);
} totals SEC(".maps");

static const struct dmabench_bpf_site no_site;

#define count(what) ({							\
	__u32 first_ = 0;						\
	struct dmabench_bpf_totals *t_ = bpf_map_lookup_elem(&totals, &first_); \
	if (t_)								\
		__sync_fetch_and_add(&t_->what, 1);			\
})

/*
 * Calls under way
 */

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

/*
 * A call that has returned
 */

enum takes {
	TAKES_NO_LIST,
	TAKES_SG,
	TAKES_SGTABLE,
};

enum fails {
	NEVER_FAILS,
	FAILS_BY_ADDRESS,
	FAILS_BY_ZERO,
	FAILS_BY_ERRNO,
};

/**
 * struct call - a call that has returned
 * @key:	what its row is found by
 * @now:	when
 * @above:	address of what the trampoline keeps above the arguments
 * @bytes:	how many it was about
 * @addr:	a DMA address of the mapping; 0: none
 * @sg:		its list, or its table of one
 * @attrs:	DMA_ATTR_*
 * @result:	what it returned
 * @entries:	of @sg
 * @takes:	enum takes
 * @fails:	enum fails
 */
struct call {
	struct dmabench_bpf_key key;
	__u64 now;
	__u64 above;
	__u64 bytes;
	__u64 addr;
	__u64 sg;
	__u64 attrs;
	__u64 result;
	__u32 entries;
	__u16 takes;
	__u16 fails;
};

/**
 * struct walk - a way along a list
 * @sg:		the next entry
 * @bytes:	of those before
 */
struct walk {
	struct scatterlist *sg;
	__u64 bytes;
};

static long add_entry(__u32 i, struct walk *walk)
{
	struct scatterlist *sg = walk->sg;
	unsigned long link;

	walk->bytes += BPF_CORE_READ(sg, length);
	if (BPF_CORE_READ(sg, page_link) & SG_END)
		return 1;
	sg = (void *)sg + bpf_core_type_size(struct scatterlist);
	link = BPF_CORE_READ(sg, page_link);
	walk->sg = link & SG_CHAIN ? (void *)(link & ~(SG_CHAIN | SG_END)) : sg;
	return 0;
}

static __always_inline void take_sg(struct call *call)
{
	struct scatterlist *sg;
	struct walk walk = {};

	if (call->takes == TAKES_SGTABLE) {
		struct sg_table *table = (void *)call->sg;

		call->sg = (__u64)BPF_CORE_READ(table, sgl);
		call->entries = BPF_CORE_READ(table, orig_nents);
	}
	sg = walk.sg = (void *)call->sg;
	bpf_loop(call->entries, add_entry, &walk, 0);
	call->bytes = walk.bytes;
	call->addr = BPF_CORE_READ(sg, dma_address);
}

/*
 * Who called: kmod/trace_frame.c says how.
 */

/**
 * struct frames - who called
 * @ctx:	the program's context
 * @at:		where the next frame is
 * @caller:	code address
 * @word:	while the stack is searched: what for
 * @distance:	and how far up that is
 * @function:	enum dmabench_trace_function
 */
struct frames {
	void *ctx;
	__u64 at;
	__u64 caller;
	__u64 word;
	__u32 distance;
	__u32 function;
};

/* How far into a function the trampoline returns. */
#define MAX_ENTRY	16

#if defined(__TARGET_ARCH_arm64)

/* Above the result are x19, x20, perhaps padding, the function's frame record and the caller's. */
static __always_inline void find_caller(struct frames *f, __u64 above)
{
	__u64 word[8], entry = bpf_get_func_ip(f->ctx);
	__u32 i;

	f->caller = 0;
	if (bpf_probe_read_kernel(word, sizeof(word), (void *)above))
		return;
#pragma unroll
	for (i = 4; i < 6; i++)
		if (!f->caller && word[i] - entry - 1 < MAX_ENTRY) {
			f->at = word[i + 1];
			f->caller = word[i + 2];
		}
}

static __always_inline __u64 find_parent(struct frames *f, __u64 caller)
{
	__u64 record[2];

	if (bpf_probe_read_kernel(record, sizeof(record), (void *)f->at))
		return 0;
	f->at = record[0];
	/* The upper bits may sign a kernel address, in which they are all set. */
	return record[1] ? record[1] | 0xffffULL << 48 : 0;
}

#elif defined(__TARGET_ARCH_x86)

/*
 * Above the result are the frame pointer, where the function goes on, and where it returns to.
 * Kernels from 6.19 on jump to the trampoline, and have no second of these.
 */
static __always_inline void find_caller(struct frames *f, __u64 above)
{
	__u64 word[4];

	f->caller = 0;
	if (bpf_probe_read_kernel(word, sizeof(word), (void *)above))
		return;
	if (word[2] - bpf_get_func_ip(f->ctx) - 1 < MAX_ENTRY) {
		f->at = above + 3 * sizeof(*word);
		f->caller = word[3];
	} else {
		f->at = above + 2 * sizeof(*word);
		f->caller = word[2];
	}
}

#define DEPTH		32
#define MAX_DISTANCE	256
#define TRUSTED		8

/**
 * struct learnt - where the second return address is, for one caller
 * @distance:	words from there to the second return address; 0: it differs
 * @seen:	how often it was confirmed
 */
struct learnt {
	__u32 distance;
	__u32 seen;
};

struct unwound {
	__u64 entry[DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct learnt);
} callers SEC(".maps");

/* One for each function, as a program in an interrupt may come in between. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DMABENCH_TRACE_NR_FUNCTIONS);
	__type(key, __u32);
	__type(value, struct unwound);
} unwinding SEC(".maps");

/**
 * struct search - for a caller among those unwound
 * @all:	those
 * @caller:	whose caller it is
 * @parent:	found
 */
struct search {
	struct unwound *all;
	__u64 caller;
	__u64 parent;
};

static long compare_entry(__u32 i, struct search *search)
{
	if (search->all->entry[i % DEPTH] != search->caller)
		return 0;
	search->parent = search->all->entry[(i + 1) % DEPTH];
	return 1;
}

/* 0: not to be found */
static __always_inline __u64 unwind_parent(struct frames *f, __u64 caller)
{
	struct unwound *all = bpf_map_lookup_elem(&unwinding, &f->function);
	struct search search = { .all = all, .caller = caller };
	long bytes;

	if (!all)
		return 0;
	bytes = bpf_get_stack(f->ctx, all, sizeof(*all), 0);
	if (bytes >= 16)
		bpf_loop(bytes / 8U - 1, compare_entry, &search, 0);
	return search.parent;
}

static long compare_word(__u32 i, struct frames *f)
{
	__u64 word;

	if (bpf_probe_read_kernel(&word, sizeof(word), (void *)f->at + 8 * (i + 1)))
		return 1;
	if (word != f->word)
		return 0;
	f->distance = i + 1;
	return 1;
}

static __noinline __u64 learn_parent(struct frames *f, __u64 caller)
{
	const struct learnt none = {};
	struct learnt *l = bpf_map_lookup_elem(&callers, &caller);
	bool first = !l;
	__u64 word = 0;

	if (first) {
		bpf_map_update_elem(&callers, &caller, &none, BPF_NOEXIST);
		l = bpf_map_lookup_elem(&callers, &caller);
		if (!l)
			return 0;
	}
	f->word = unwind_parent(f, caller);
	if (first && f->word) {
		f->distance = 0;
		bpf_loop(MAX_DISTANCE - 1, compare_word, f, 0);
		l->distance = f->distance;
	}
	if (!l->distance ||
	    bpf_probe_read_kernel(&word, sizeof(word), (void *)f->at + 8 * l->distance) ||
	    word != f->word) {
		l->distance = 0;
		l->seen = TRUSTED;
		return 0;
	}
	l->seen++;
	f->at += 8 * l->distance;
	return word;
}

static __always_inline __u64 find_parent(struct frames *f, __u64 caller)
{
	struct learnt *l = bpf_map_lookup_elem(&callers, &caller);
	__u64 parent;

	if (!l || l->seen < TRUSTED)
		return learn_parent(f, caller);
	if (!l->distance ||
	    bpf_probe_read_kernel(&parent, sizeof(parent), (void *)f->at + 8 * l->distance))
		return 0;
	f->at += 8 * l->distance;
	return parent;
}

#else
#error "whose trampoline is it?"
#endif

static __always_inline bool is_within(const volatile struct dmabench_bpf_text *text, __u64 address)
{
	return address - text[0].start < text[0].size || address - text[1].start < text[1].size;
}

/* Not a function that does nothing but call the one that is traced. */
static __always_inline bool is_outer(__u32 function, __u64 caller)
{
	return (function == DMABENCH_TRACE_MAP_PHYS && is_within(settings.map, caller)) ||
	       (function == DMABENCH_TRACE_UNMAP_PHYS && is_within(settings.unmap, caller));
}

static __noinline int find_callers(void *ctx, struct call *call)
{
	struct dmabench_bpf_key *key = &call->key;
	struct frames f = { .ctx = ctx, .function = key->function };

	find_caller(&f, call->above);
	if (!f.caller)
		return 0;
	key->caller = f.caller;
	key->parent = find_parent(&f, key->caller);
	if (key->parent && is_outer(key->function, key->caller)) {
		key->caller = key->parent;
		key->parent = find_parent(&f, key->caller);
	}
	return 0;
}

/*
 * Rows
 */

static __always_inline bool is_translated(struct device *dev)
{
	struct iommu_domain *domain = BPF_CORE_READ(dev, iommu_group, domain);

	return domain && BPF_CORE_READ(domain, type) != IOMMU_DOMAIN_IDENTITY;
}

static __always_inline bool has_flag(struct device *dev, __u32 number)
{
	struct device___flags *with = (void *)dev;

	return bpf_core_field_exists(with->flags) && BPF_CORE_READ(with, flags[0]) >> number & 1;
}

static __always_inline bool is_coherent(struct device *dev)
{
#if defined(__TARGET_ARCH_x86)
	return true;
#else
	if (bpf_core_field_exists(dev->dma_coherent))
		return BPF_CORE_READ_BITFIELD_PROBED(dev, dma_coherent);
	return has_flag(dev, bpf_core_enum_value(enum struct_device_flags, DEV_FLAG_DMA_COHERENT));
#endif
}

static __always_inline bool is_elided(struct device *dev)
{
	if (bpf_core_field_exists(dev->dma_skip_sync))
		return BPF_CORE_READ_BITFIELD_PROBED(dev, dma_skip_sync);
	return bpf_core_enum_value_exists(enum struct_device_flags, DEV_FLAG_DMA_SKIP_SYNC) &&
	       has_flag(dev, bpf_core_enum_value(enum struct_device_flags, DEV_FLAG_DMA_SKIP_SYNC));
}

/**
 * struct bus - from physical addresses to a device's
 * @range:	the next of its ranges
 * @phys:	the address
 * @offset:	what is to be added to it
 */
struct bus {
	struct bus_dma_region *range;
	__u64 phys;
	__u64 offset;
};

static long try_range(__u32 i, struct bus *bus)
{
	struct bus_dma_region *range = bus->range;
	__u64 start = BPF_CORE_READ(range, cpu_start), size = BPF_CORE_READ(range, size);

	if (bus->phys - start < size)
		bus->offset = BPF_CORE_READ(range, dma_start) - start;
	bus->range = (void *)range + bpf_core_type_size(struct bus_dma_region);
	return !size || bus->offset;
}

#define MAX_RANGES	64

static __always_inline __u64 bus_offset(struct device *dev, __u64 phys)
{
	struct bus bus = { .range = BPF_CORE_READ(dev, dma_range_map), .phys = phys };

	if (bus.range)
		bpf_loop(MAX_RANGES, try_range, &bus, 0);
	return bus.offset;
}

static __always_inline void find_bounce_buffers(struct dmabench_bpf_site *site, struct device *dev)
{
	struct io_tlb_mem *mem = BPF_CORE_READ(dev, dma_io_tlb_mem);
	struct io_tlb_mem___pools *pools = (void *)mem;
	__u64 start, end;

	if (!mem)
		return;
	if (bpf_core_field_exists(pools->defpool)) {
		start = BPF_CORE_READ(pools, defpool.start);
		end = BPF_CORE_READ(pools, defpool.end);
		if (bpf_core_field_exists(pools->can_grow) && BPF_CORE_READ(pools, can_grow))
			count(grows);
	} else {
		start = BPF_CORE_READ(mem, start);
		end = BPF_CORE_READ(mem, end);
	}
	site->bounce = start + bus_offset(dev, start);
	site->bounce_size = end - start;
}

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
