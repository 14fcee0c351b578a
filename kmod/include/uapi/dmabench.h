/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * dmabench: ABI between dmabench.ko and user space.
 *
 * This is the only ABI header; the module and the C++ harness both include it.
 *
 * Conventions
 * - Every struct begins with its own size in bytes, as user space knows it.  The
 *   module accepts a smaller struct (an older caller: what is missing counts as
 *   zero) and a larger one (a newer caller) as long as all bytes that it does
 *   not know are zero; otherwise, and above one page, the call fails with E2BIG.
 *   A size below the first published one fails with EINVAL.
 * - Reserved fields and unknown flag bits must be zero, otherwise EINVAL.
 * - Ids are explicit and are never reused.  Names are NUL-terminated.
 * - Lengths are in bytes, durations in nanoseconds of the kernel's raw
 *   monotonic clock (CLOCK_MONOTONIC_RAW).
 * - No kernel virtual address ever crosses this interface.
 * - An open file holds one configured buffer at most.  Closing it frees all.
 *
 * errno values common to all calls
 *   EFAULT      the argument is not readable or writable
 *   EINVAL      a field is out of its range; a reserved field is not zero
 *   E2BIG       the struct has unknown trailing bytes that are not zero
 *   ENOTTY      no such ioctl
 *   ENODEV      the target went away (unbound or hot-removed)
 *   EINTR       a signal came while another call on the same file was under way
 */
#ifndef _UAPI_DMABENCH_H
#define _UAPI_DMABENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define DMABENCH_ABI_VERSION	1
#define DMABENCH_DEVICE		"/dev/dmabench"

#define DMABENCH_NAME_LEN	32
#define DMABENCH_TEXT_LEN	128

/* Limits.  A setup outside of them fails with EINVAL. */
#define DMABENCH_MIN_SIZE	1ULL
#define DMABENCH_MAX_SIZE	(64ULL << 20)
#define DMABENCH_MAX_EVERY	(1ULL << 32)
#define DMABENCH_MAX_LAPS	(1ULL << 40)
#define DMABENCH_MAX_BATCH	4096U
#define DMABENCH_MAX_OFFSET	4095U
#define DMABENCH_MIN_MASK_BITS	16U
#define DMABENCH_MAX_MASK_BITS	64U
#define DMABENCH_MAX_NODE	1023U

/**
 * enum dmabench_phase - the timed parts of a lap
 * @DMABENCH_PHASE_MAP:			dma_map_*() or the allocation of DMA memory
 * @DMABENCH_PHASE_SYNC_FOR_DEVICE:	dma_sync_*_for_device(), or dma_wmb() for
 *					memory that needs a barrier only; for
 *					DMABENCH_COPY, memcpy() to the device's
 *					memory unless the direction is from_device
 * @DMABENCH_PHASE_SYNC_FOR_CPU:	dma_sync_*_for_cpu(), or dma_rmb(); for
 *					DMABENCH_COPY, memcpy() out of it unless
 *					the direction is to_device
 * @DMABENCH_PHASE_TOUCH:		CPU access to the buffer
 * @DMABENCH_PHASE_UNMAP:		dma_unmap_*() or freeing of DMA memory
 * @DMABENCH_PHASE_LAP:			the whole lap, from before map to after unmap
 * @DMABENCH_PHASE_TRANSFER:		the device's transfer, between the two syncs: from
 *					handing it to the engine until the engine's
 *					driver knows that it is done
 * @DMABENCH_NR_PHASES:			count of the above
 */
enum dmabench_phase {
	DMABENCH_PHASE_MAP		= 0,
	DMABENCH_PHASE_SYNC_FOR_DEVICE	= 1,
	DMABENCH_PHASE_SYNC_FOR_CPU	= 2,
	DMABENCH_PHASE_TOUCH		= 3,
	DMABENCH_PHASE_UNMAP		= 4,
	DMABENCH_PHASE_LAP		= 5,
	DMABENCH_PHASE_TRANSFER		= 6,
	DMABENCH_NR_PHASES		= 7,
};

/* Strategies; what each does is told by DMABENCH_IOC_STRATEGY. */
enum dmabench_strategy_id {
	DMABENCH_NULL			= 0,
	DMABENCH_COHERENT		= 1,
	DMABENCH_WRITE_COMBINE		= 2,
	DMABENCH_POOL			= 3,
	DMABENCH_STREAMING_SINGLE	= 4,
	DMABENCH_STREAMING_PAGE		= 5,
	DMABENCH_STREAMING_SG		= 6,
	DMABENCH_NONCOHERENT		= 7,
	DMABENCH_NONCONTIGUOUS		= 8,	/* Linux >= 5.13 */
	DMABENCH_STREAMING_RECYCLE	= 9,
	DMABENCH_COPY			= 10,
};

/* Same values as the kernel's enum dma_data_direction. */
enum dmabench_direction {
	DMABENCH_BIDIRECTIONAL		= 0,
	DMABENCH_TO_DEVICE		= 1,
	DMABENCH_FROM_DEVICE		= 2,
};

/*
 * Where the memory of a streaming strategy comes from.  The strategy's own choice is its
 * default_source, but pages where an mmap_mode is asked for.
 */
enum dmabench_source {
	DMABENCH_SOURCE_DEFAULT		= 0,	/* the strategy's own choice */
	DMABENCH_SOURCE_KMALLOC		= 1,
	DMABENCH_SOURCE_PAGES		= 2,	/* page allocator */
	DMABENCH_SOURCE_SLAB		= 3,	/* a kmem_cache of its own */
	DMABENCH_SOURCE_VMALLOC		= 4,	/* vmalloc(), page by page */
	DMABENCH_SOURCE_USER		= 5,	/* the caller's, pinned: see user_addr */
};

/* What the CPU does with the first touch_bytes of the buffer in each lap. */
enum dmabench_touch {
	DMABENCH_TOUCH_NONE		= 0,
	DMABENCH_TOUCH_READ		= 1,	/* 8-byte loads, ascending */
	DMABENCH_TOUCH_WRITE		= 2,	/* 8-byte stores, ascending */
	/* memcpy() out of the buffer, into it when direction is to_device */
	DMABENCH_TOUCH_COPY		= 3,
};

/*
 * Where the cache lines of the buffer are when a lap begins (for DMABENCH_COPY, those of the
 * ordinary memory); a line is in a cache as far as caches have room.
 */
enum dmabench_cache_state {
	DMABENCH_CACHE_AS_IS		= 0,	/* where the lap before has left them */
	DMABENCH_CACHE_COLD		= 1,	/* in memory only: cleaned, invalidated */
	DMABENCH_CACHE_WARM		= 2,	/* in the CPU's caches, and clean */
	DMABENCH_CACHE_DIRTY		= 3,	/* in the CPU's caches, and stored to */
};

/* How the buffer is to be mapped into user space. */
enum dmabench_mmap_mode {
	DMABENCH_MMAP_NONE		= 0,	/* mmap() fails with EINVAL */
	DMABENCH_MMAP_CACHED		= 1,
	DMABENCH_MMAP_WRITECOMBINE	= 2,
	DMABENCH_MMAP_UNCACHED		= 3,
	DMABENCH_MMAP_COHERENT		= 4,	/* dma_mmap_coherent() */
};

/* The memory type that a mapping really has, read back from the MMU. */
enum dmabench_memtype {
	DMABENCH_MEMTYPE_UNKNOWN	= 0,	/* could not be read back */
	DMABENCH_MEMTYPE_WRITEBACK	= 1,
	DMABENCH_MEMTYPE_WRITETHROUGH	= 2,
	DMABENCH_MEMTYPE_WRITECOMBINE	= 3,	/* x86 WC */
	DMABENCH_MEMTYPE_NONCACHEABLE	= 4,	/* Arm Normal Non-cacheable */
	DMABENCH_MEMTYPE_UNCACHED_MINUS	= 5,	/* x86 UC- */
	DMABENCH_MEMTYPE_UNCACHED	= 6,	/* x86 UC */
	DMABENCH_MEMTYPE_DEVICE		= 7,	/* Arm Device, any kind */
	DMABENCH_MEMTYPE_WRITEPROTECT	= 8,	/* x86 WP */
};

/* How the DMA address of a buffer follows from its physical address. */
enum dmabench_relation {
	DMABENCH_RELATION_NONE		= 0,	/* nothing is mapped */
	DMABENCH_RELATION_IDENTITY	= 1,
	DMABENCH_RELATION_OFFSET	= 2,	/* a bus offset (dma-ranges) */
	DMABENCH_RELATION_IOMMU		= 3,
	DMABENCH_RELATION_BOUNCED	= 4,	/* swiotlb copies the data */
};

enum dmabench_target_kind {
	DMABENCH_TARGET_PLATFORM	= 1,	/* made by the module itself */
	DMABENCH_TARGET_PCI		= 2,	/* bound through driver_override */
	DMABENCH_TARGET_DMAENGINE	= 3,	/* a DMA engine that has lent a channel */
};

/* What can move data on behalf of a target. */
enum dmabench_engine {
	DMABENCH_ENGINE_NONE		= 0,
	DMABENCH_ENGINE_MEMCPY		= 1,	/* a memory-to-memory dmaengine channel */
	DMABENCH_ENGINE_EDU		= 2,	/* QEMU's edu device: 100 ms a transfer */
};

/*
 * Whether ownership of the buffer is passed on as dma-api.rst wants it, or one sync is left
 * out on purpose, to see what becomes of the data.
 */
enum dmabench_ownership {
	DMABENCH_OWNERSHIP_SYNCED		= 0,
	DMABENCH_OWNERSHIP_NO_SYNC_FOR_CPU	= 1,
	DMABENCH_OWNERSHIP_NO_SYNC_FOR_DEVICE	= 2,
};

/* Why a call failed, finer than errno. */
enum dmabench_reason {
	DMABENCH_REASON_NONE		= 0,
	DMABENCH_REASON_MAP_FAILED	= 1,	/* dma_mapping_error(): EIO */
	DMABENCH_REASON_ABOVE_MAX_MAPPING = 2,	/* > dma_max_mapping_size(): ERANGE */
	DMABENCH_REASON_NO_MEMORY	= 3,	/* source or DMA memory: ENOMEM */
	DMABENCH_REASON_ABOVE_SOURCE_MAX = 4,	/* source cannot give that: ERANGE */
	DMABENCH_REASON_SOURCE		= 5,	/* strategy has no such source: EOPNOTSUPP */
	DMABENCH_REASON_MMAP_MODE	= 6,	/* strategy has no such mode: EOPNOTSUPP */
	DMABENCH_REASON_MMAP_ARCH	= 7,	/* CPU or kernel cannot do it: EOPNOTSUPP */
	DMABENCH_REASON_PARTIAL_SYNC	= 8,	/* no ranged sync in this API: EOPNOTSUPP */
	DMABENCH_REASON_DMA_MASK	= 9,	/* dma_set_mask() refuses: EIO */
	DMABENCH_REASON_TARGET_BUSY	= 10,	/* another file uses it: EBUSY */
	DMABENCH_REASON_USER_PAGES	= 11,	/* user memory cannot be pinned: EFAULT */
	DMABENCH_REASON_MEMLOCK		= 12,	/* RLIMIT_MEMLOCK lets pin less: ENOMEM */
	DMABENCH_REASON_COHERENT_MASK	= 13,	/* dma_set_coherent_mask() refuses: EIO */
	DMABENCH_REASON_BEYOND_MASK	= 14,	/* cannot be had within mask_bits: EIO */
	DMABENCH_REASON_ONE_CPU		= 15,	/* no other CPU is online: EOPNOTSUPP */
	DMABENCH_REASON_NODE		= 16,	/* none such, or no memory: EOPNOTSUPP */
	DMABENCH_REASON_ENGINE		= 17,	/* target has no such engine: EOPNOTSUPP */
	DMABENCH_REASON_ABOVE_MAX_TRANSFER = 18, /* > max_transfer: ERANGE */
	DMABENCH_REASON_TRANSFER_ALIGN	= 19,	/* engine wants alignment: EOPNOTSUPP */
	DMABENCH_REASON_TRANSFER_FAILED	= 20,	/* engine refused or failed: EIO */
	DMABENCH_REASON_TRANSFER_TIMEOUT = 21,	/* engine did not finish: ETIMEDOUT */
	DMABENCH_REASON_DATA		= 22,	/* data came out wrong: EBADMSG */
	DMABENCH_REASON_UNCACHED	= 23,	/* memory not known to be cached: EOPNOTSUPP */
	DMABENCH_REASON_NO_PROBES	= 32,	/* kernel without, or off: EOPNOTSUPP */
	DMABENCH_REASON_NO_FUNCTION	= 33,	/* none can be probed: ENOENT */
	DMABENCH_REASON_LOCKED_DOWN	= 34,	/* kernel_lockdown(7): EPERM */
	DMABENCH_REASON_PRIVILEGE	= 35,	/* CAP_PERFMON is missing: EPERM */
	DMABENCH_REASON_TRACED		= 36,	/* another file traces: EBUSY */
};

/**
 * struct dmabench_info - what the module is (DMABENCH_IOC_INFO)
 * @size:		in: sizeof(struct dmabench_info)
 * @abi_version:	out: DMABENCH_ABI_VERSION of the module
 * @nr_strategies:	out: DMABENCH_IOC_STRATEGY takes 0 .. nr_strategies - 1
 * @nr_targets:		out: DMABENCH_IOC_TARGET takes 0 .. nr_targets - 1; grows and
 *			shrinks as PCI functions are bound and unbound
 * @max_size:		out: largest buffer, bytes
 * @hist_buckets:	out: DMABENCH_HIST_BUCKETS of the module
 * @nr_phases:		out: DMABENCH_NR_PHASES of the module
 * @version:		out: the module's version
 */
struct dmabench_info {
	__u32 size;
	__u32 abi_version;
	__u32 nr_strategies;
	__u32 nr_targets;
	__u64 max_size;
	__u32 hist_buckets;
	__u32 nr_phases;
	char version[DMABENCH_NAME_LEN];
};

/**
 * struct dmabench_clock - the cost and the grain of the clock (DMABENCH_IOC_CLOCK)
 * @size:	in: sizeof(struct dmabench_clock)
 * @reserved:	in: 0
 * @reads:	in: how many back-to-back readings to make, 2 .. 1000000
 * @total_ns:	out: time from the first reading to the last, so that
 *		total_ns / (reads - 1) is the mean cost of one reading
 * @min_step_ns: out: smallest step seen that was not zero: the resolution, or the
 *		cost of a reading where that is larger; 0 when time stood still
 * @zero_steps:	out: how many readings equalled the one before
 *
 * This is the clock that DMABENCH_IOC_RUN stamps with, ktime_get_raw_fast_ns().
 */
struct dmabench_clock {
	__u32 size;
	__u32 reserved;
	__u64 reads;
	__u64 total_ns;
	__u64 min_step_ns;
	__u64 zero_steps;
};

/* dmabench_strategy_info.flags */
#define DMABENCH_STRATEGY_DIRECTION	(1U << 0)	/* direction matters */
/* sync phases are barriers only, made in each lap; sync_* are ignored */
#define DMABENCH_STRATEGY_BARRIER	(1U << 1)
#define DMABENCH_STRATEGY_RANGED_SYNC	(1U << 2)	/* sync_offset, sync_bytes */

/**
 * struct dmabench_strategy_info - one strategy (DMABENCH_IOC_STRATEGY)
 * @size:	in: sizeof(struct dmabench_strategy_info)
 * @index:	in: 0 .. dmabench_info.nr_strategies - 1; EINVAL beyond
 * @id:		out: enum dmabench_strategy_id
 * @flags:	out: DMABENCH_STRATEGY_*
 * @phases:	out: bit (1 << phase) for each phase that the strategy has
 * @sources:	out: bit (1 << source) for each source it can be given; 0: it
 *		allocates DMA memory and takes none
 * @mmap_modes:	out: bit (1 << mode) for each mode that may be asked of it here
 * @default_source: out: enum dmabench_source used for DMABENCH_SOURCE_DEFAULT
 * @name:	out: the name used in scenarios and reports
 * @text:	out: one line: the kernel functions that it calls
 */
struct dmabench_strategy_info {
	__u32 size;
	__u32 index;
	__u32 id;
	__u32 flags;
	__u32 phases;
	__u32 sources;
	__u32 mmap_modes;
	__u32 default_source;
	char name[DMABENCH_NAME_LEN];
	char text[DMABENCH_TEXT_LEN];
};

/* dmabench_target_info.flags */
#define DMABENCH_TARGET_COHERENT	(1U << 0)	/* device snoops CPU caches */
#define DMABENCH_TARGET_COHERENT_KNOWN	(1U << 1)	/* that is a fact, not unknown */
#define DMABENCH_TARGET_IOMMU		(1U << 2)	/* device_iommu_mapped() */

/**
 * struct dmabench_target_info - one struct device to map for (DMABENCH_IOC_TARGET)
 * @size:	in: sizeof(struct dmabench_target_info)
 * @index:	in: 0 .. dmabench_info.nr_targets - 1; EINVAL beyond
 * @id:		out: what dmabench_setup.target takes; stays the same until unbound
 * @kind:	out: enum dmabench_target_kind
 * @flags:	out: DMABENCH_TARGET_*
 * @node:	out: NUMA node, -1: none
 * @dma_mask:	out: streaming DMA mask in force
 * @coherent_mask: out: coherent DMA mask in force
 * @max_mapping: out: dma_max_mapping_size(), bytes; ~0: no limit
 * @name:	out: "platform", "platform-coherent", "platform-noncoherent", or
 *		"pci:" and the PCI address ("pci:0000:00:03.0"), or "dmaengine:" and the
 *		channel ("dmaengine:dma0chan0")
 * @engine:	out: enum dmabench_engine
 * @engine_mask_bits: out: DMA mask in force while the engine transfers, bits; 0: no engine
 * @max_transfer: out: most bytes that the engine moves at once; ~0: no limit; 0: no engine
 *
 * First published with 80 bytes, up to @name.
 */
struct dmabench_target_info {
	__u32 size;
	__u32 index;
	__u32 id;
	__u32 kind;
	__u32 flags;
	__s32 node;
	__u64 dma_mask;
	__u64 coherent_mask;
	__u64 max_mapping;
	char name[DMABENCH_NAME_LEN];
	__u32 engine;
	__u32 engine_mask_bits;
	__u64 max_transfer;
};

/* dmabench_setup.flags */
#define DMABENCH_SETUP_SHARED		(1U << 0)	/* with others of this flag */

/* Where a buffer is unmapped. */
enum dmabench_unmap_cpu {
	DMABENCH_UNMAP_CPU_SAME		= 0,	/* on the CPU that maps */
	DMABENCH_UNMAP_CPU_OTHER	= 1,	/* on the next one that is online */
};

/**
 * struct dmabench_setup - make one buffer ready (DMABENCH_IOC_SETUP)
 * @size:	in: sizeof(struct dmabench_setup)
 * @flags:	in: DMABENCH_SETUP_*.  SHARED: other files may use the target at the same time, if
 *		they set this flag too and the same @mask_bits.
 * @strategy:	in: enum dmabench_strategy_id
 * @target:	in: dmabench_target_info.id
 * @buf_size:	in: bytes, DMABENCH_MIN_SIZE .. DMABENCH_MAX_SIZE
 * @map_every:	in: map before lap 0, n, 2n, ... and unmap after lap n-1, 2n-1, ...
 *		(for DMA memory: allocate, free).  0: mapped once, at setup, and
 *		never in a lap.  At most DMABENCH_MAX_EVERY.
 * @sync_every:	in: sync for device and for CPU in lap 0, n, 2n, ...; 0: never
 * @sync_offset: in: first byte that a sync covers
 * @sync_bytes:	in: bytes that a sync covers; 0: up to the end of the buffer
 * @touch_bytes: in: bytes that the CPU touches; 0: the whole buffer
 * @direction:	in: enum dmabench_direction
 * @source:	in: enum dmabench_source
 * @touch:	in: enum dmabench_touch
 * @mmap_mode:	in: enum dmabench_mmap_mode.  Where the memory type of the kernel's own
 *		mapping has to change first (x86), it does so here.
 * @reason:	out, also when the call fails: enum dmabench_reason
 * @relation:	out: enum dmabench_relation, found by mapping the buffer once
 * @elided:	out: bit (1 << phase) for each phase in which this kernel returns
 *		inline without doing anything (dma_skip_sync, Linux >= 6.10)
 * @source_used: out: enum dmabench_source
 * @phys_addr:	out: physical address of the first byte (CPU's view); 0: none
 * @dma_addr:	out: DMA (bus) address of the first byte; 0: none
 * @dma_mask:	out: streaming mask in force during the laps
 * @user_addr:	in: with DMABENCH_SOURCE_USER: where @buf_size bytes of writable memory of
 *		the caller begin, on a page boundary; with other sources 0.  Their pages
 *		are pinned until the buffer is torn down, whatever becomes of the
 *		mapping, and count against RLIMIT_MEMLOCK.  Laps change the contents.
 * @dirty:	in: percent of the cache lines of the buffer that the CPU stores to before each
 *		lap, 0 .. 100, evenly spread and rounded up (for DMABENCH_COPY, lines of the
 *		ordinary memory).  A line is 64 bytes on x86 and arm64.  Contents change.
 *		EINVAL for DMA memory that laps allocate, and for DMABENCH_NULL.
 * @cache_state: in: enum dmabench_cache_state: where the buffer's lines are when a lap
 *		begins; with a @dirty share of them stored to after that.  EINVAL for DMA memory
 *		that laps allocate, for DMABENCH_NULL, with @dirty for cold and dirty, and for
 *		warm with @dirty and @transfer
 * @batch:	in: how many buffers are mapped before the first of them is unmapped, up to
 *		DMABENCH_MAX_BATCH and DMABENCH_MAX_SIZE together; 0 counts as 1.  Above 1,
 *		@map_every has to be 1 and @mmap_mode none.  A lap is one buffer's cycle
 *		still: so many laps map theirs, then each syncs and touches, then each unmaps.
 *		With DMABENCH_SOURCE_USER each buffer begins on a page of its own, one after
 *		the other from @user_addr on.
 * @mask_bits:	in: width of the streaming and the coherent DMA mask, DMABENCH_MIN_MASK_BITS
 *		.. DMABENCH_MAX_MASK_BITS; 0: 64, or 32 where the device refuses that.  The
 *		masks are set anew by each SETUP, unless other files share the target, and
 *		reset with the buffer.
 * @offset:	in: the buffer begins so many bytes after the beginning of a page, up to
 *		DMABENCH_MAX_OFFSET; only for strategies that take a source, and with
 *		@mmap_mode none
 * @unmap_cpu:	in: enum dmabench_unmap_cpu.  OTHER needs a strategy that maps, @map_every 1,
 *		and a caller that may run on one CPU only (sched_setaffinity(2)), for SETUP and
 *		for RUN, otherwise EINVAL.
 * @node:	in: 1 + the NUMA node that the buffer's memory is from; 0: the kernel's choice.
 *		Only for strategies that take a source, and not DMABENCH_SOURCE_USER.
 * @unmapped_on: out: with DMABENCH_UNMAP_CPU_OTHER: the CPU that unmaps, otherwise 0
 * @coherent_mask: out: coherent mask in force during the laps
 * @transfer:	in: enum dmabench_engine: has the target's engine move data in each lap, into
 *		the buffer (direction from_device) or out of it (to_device); the other end is
 *		memory of the engine's or the module's own.  What moves is the range that a sync
 *		covers, or all where there is none.  EINVAL for DMABENCH_NULL, for
 *		bidirectional, where neither each lap syncs nor each lap's mapping does, where
 *		laps allocate what is transferred, where @sync_offset is no multiple of 8, or
 *		for touch=write from_device.
 * @ownership:	in: enum dmabench_ownership.  Anything but synced needs @transfer in that sync's
 *		direction, map_every 0, sync_every 1, and a strategy that calls dma_sync_*();
 *		otherwise EINVAL.
 *
 * A lap is: map, sync_for_device, transfer, sync_for_cpu, touch, unmap.  With a transfer
 * to the device the CPU's part is to produce the data, so touch comes first, before map.
 * When a lap unmaps but does not sync, the CPU owns the buffer only after the unmap, so touch
 * comes last, unless the unmap frees it.  Caches are prepared (@dirty, @cache_state) before
 * all, which is never timed; before a lap of user space, DMABENCH_IOC_PREPARE does it.
 * A buffer that is set up already is torn down first,
 * also when the call then fails.
 *
 * errno: EOPNOTSUPP, ERANGE, ENOMEM, EIO, EBUSY, EFAULT as told by @reason; ENODEV no
 * such target; EINVAL.
 *
 * First published with 120 bytes, up to @dma_mask.
 */
struct dmabench_setup {
	__u32 size;
	__u32 flags;
	__u32 strategy;
	__u32 target;
	__u64 buf_size;
	__u64 map_every;
	__u64 sync_every;
	__u64 sync_offset;
	__u64 sync_bytes;
	__u64 touch_bytes;
	__u32 direction;
	__u32 source;
	__u32 touch;
	__u32 mmap_mode;
	__u32 reason;
	__u32 relation;
	__u32 elided;
	__u32 source_used;
	__u64 phys_addr;
	__u64 dma_addr;
	__u64 dma_mask;
	__u64 user_addr;
	__u32 dirty;
	__u32 cache_state;
	__u32 batch;
	__u32 mask_bits;
	__u32 offset;
	__u32 unmap_cpu;
	__u32 node;
	__u32 unmapped_on;
	__u64 coherent_mask;
	__u32 transfer;
	__u32 ownership;
};

/*
 * Latency histogram, log-linear: values below 2^(SUB_BITS + 1) have a bucket each;
 * above, each power of two is cut into 2^SUB_BITS buckets, so a value is known to
 * within 1/2^SUB_BITS of itself (3.2 %), and the middle of its bucket is at most
 * 1.6 % off.  The last bucket also takes all values >= 2^36 ns (68.7 s).
 * dmabench_hist_index() in hist.h is the mapping.
 */
#define DMABENCH_HIST_SUB_BITS	5
#define DMABENCH_HIST_BUCKETS	1024

/**
 * struct dmabench_hist - durations of one phase
 * @count:	how many
 * @sum_ns:	their sum, so that sum_ns / count is the exact mean
 * @min_ns:	smallest; 0 when count is 0
 * @max_ns:	largest
 * @bucket:	counts, see above
 *
 * Durations are as stamped: each holds the cost of one clock reading, that of a lap
 * one for each phase executed in it, and at least one.  A lap of a batch is the sum of its
 * phases.
 */
struct dmabench_hist {
	__u64 count;
	__u64 sum_ns;
	__u64 min_ns;
	__u64 max_ns;
	__u64 bucket[DMABENCH_HIST_BUCKETS];
};

/* dmabench_run.flags */
/* Stamp each phase of each lap into histograms; slower: total_ns is not for means then */
#define DMABENCH_RUN_STAMPED	(1U << 0)

/**
 * struct dmabench_run - execute laps (DMABENCH_IOC_RUN)
 * @size:	in: sizeof(struct dmabench_run)
 * @flags:	in: DMABENCH_RUN_*
 * @laps:	in: how many, 0 .. DMABENCH_MAX_LAPS.  0 measures the cost of the call.
 * @laps_done:	out, also when the call fails: laps completed
 * @total_ns:	out: time of these laps, from before the first to after the last; where
 *		caches are prepared before each (@dirty and @cache_state at setup), or data are
 *		transferred,
 *		or is unmapped on another CPU (@unmap_cpu), the sum of the time of each, with
 *		the cost of reading the clock taken off: without the preparing, and without
 *		what it takes to hand the buffers to the other CPU and to wait for it
 * @hist_ptr:	in: with DMABENCH_RUN_STAMPED: address of an array of @hist_len
 *		struct dmabench_hist, indexed by enum dmabench_phase, that is
 *		overwritten; otherwise 0
 * @hist_len:	in: DMABENCH_NR_PHASES, or 0 without DMABENCH_RUN_STAMPED
 * @reason:	out, also when the call fails: enum dmabench_reason
 *
 * Runs in the caller's thread, so that performance counters opened on that thread
 * count it.  Gives way to other tasks between groups of laps.
 *
 * With a transfer, the sender gets fresh data before each lap and the receiver's are checked
 * after it, neither of which is timed.  Wrong data, and stale ones unless a sync is left out
 * on purpose, end the run with EBADMSG; @laps_done laps had been right before.
 *
 * errno: EINTR a signal came, @laps_done tells how far it got; EIO a mapping or a transfer
 * failed; ETIMEDOUT a transfer did not end; EBADMSG it gave wrong data;
 * ENOMEM DMA memory, or the histograms; ENODATA nothing is set up; ENODEV; EINVAL.
 */
struct dmabench_run {
	__u32 size;
	__u32 flags;
	__u64 laps;
	__u64 laps_done;
	__u64 total_ns;
	__u64 hist_ptr;
	__u32 hist_len;
	__u32 reason;
};

/* dmabench_sync.op */
enum dmabench_sync_op {
	DMABENCH_SYNC_FOR_CPU		= 1,
	DMABENCH_SYNC_FOR_DEVICE	= 2,
};

/**
 * struct dmabench_sync - pass ownership of the mmap()ed buffer (DMABENCH_IOC_SYNC)
 * @size:	in: sizeof(struct dmabench_sync)
 * @op:		in: enum dmabench_sync_op
 * @offset:	in: first byte
 * @bytes:	in: how many; 0: up to the end of the buffer
 *
 * What a user-space consumer must call around its accesses when the buffer is of a
 * streaming strategy.  For strategies with DMABENCH_STRATEGY_BARRIER it makes the
 * barrier only.  The buffer must have been set up with map_every 0.
 *
 * errno: ENODATA nothing is set up; EINVAL; EOPNOTSUPP a range on a strategy without
 * DMABENCH_STRATEGY_RANGED_SYNC; ENODEV.
 */
struct dmabench_sync {
	__u32 size;
	__u32 op;
	__u64 offset;
	__u64 bytes;
};

/**
 * struct dmabench_prepare - have caches as before a lap (DMABENCH_IOC_PREPARE)
 * @size:	in: sizeof(struct dmabench_prepare)
 * @flags:	in: 0
 *
 * Does with the buffer's cache lines what @dirty and @cache_state of SETUP say, which
 * DMABENCH_IOC_RUN does before each lap: for laps that user space makes of its own accesses.
 * A line is the same by whichever mapping it is accessed.
 *
 * errno: ENODATA nothing is set up; EINVAL; ENODEV.
 */
struct dmabench_prepare {
	__u32 size;
	__u32 flags;
};

/**
 * struct dmabench_mapping - the memory type really in force (DMABENCH_IOC_MAPPING)
 * @size:	in: sizeof(struct dmabench_mapping)
 * @requested:	out: enum dmabench_mmap_mode given at setup
 * @user_addr:	in: an address inside this file's mmap()ed buffer, already touched
 * @user_type:	out: enum dmabench_memtype of the user mapping
 * @kernel_type: out: enum dmabench_memtype of the kernel's mapping of the same page
 * @user_attr:	out: raw attribute behind @user_type: x86: memory type from the PAT
 *		(0 UC, 1 WC, 4 WT, 5 WP, 6 WB, 7 UC-); arm64: the MAIR attribute byte
 * @kernel_attr: out: the same for @kernel_type
 *
 * errno: ENODATA nothing is set up or mapped; EINVAL @user_addr is not in the mapping.
 */
struct dmabench_mapping {
	__u32 size;
	__u32 requested;
	__u64 user_addr;
	__u32 user_type;
	__u32 kernel_type;
	__u32 user_attr;
	__u32 kernel_attr;
};

/* Memory that a driver may come to hold.  See "What memory is DMA'able?", dma-api-howto.rst. */
enum dmabench_memory_kind {
	DMABENCH_MEMORY_PAGES		= 0,	/* __get_free_page() */
	DMABENCH_MEMORY_KMALLOC		= 1,	/* kmalloc() */
	DMABENCH_MEMORY_SLAB		= 2,	/* kmem_cache_alloc() */
	DMABENCH_MEMORY_VMALLOC		= 3,	/* vmalloc() */
	DMABENCH_MEMORY_KMAP		= 4,	/* kmap_local_page(), kmap() before 5.11 */
	DMABENCH_MEMORY_USER		= 5,	/* a page of the caller: see user_addr */
	DMABENCH_MEMORY_STACK		= 6,	/* a local variable */
	DMABENCH_MEMORY_DATA		= 7,	/* a static variable of the module */
	DMABENCH_MEMORY_BSS		= 8,	/* one that has no initial value */
	DMABENCH_MEMORY_RODATA		= 9,	/* a constant of the module */
	DMABENCH_MEMORY_TEXT		= 10,	/* a function of the module */
};

/* Whether memory may be DMA-mapped. */
enum dmabench_memory_verdict {
	DMABENCH_MEMORY_NO		= 0,	/* never */
	DMABENCH_MEMORY_YES		= 1,	/* by its address: dma_map_single() */
	DMABENCH_MEMORY_BY_PAGE		= 2,	/* not by its address, but by the page
						 * behind it: dma_map_page()
						 */
};

/* Why memory may not be mapped by its address. */
enum dmabench_memory_why {
	DMABENCH_MEMORY_WHY_NONE	= 0,	/* it may */
	DMABENCH_MEMORY_WHY_STACK	= 1,	/* of a task, perhaps in vmalloc space */
	DMABENCH_MEMORY_WHY_MODULE	= 2,	/* image of a module */
	DMABENCH_MEMORY_WHY_VMALLOC	= 3,	/* its pages need not be neighbours */
	DMABENCH_MEMORY_WHY_KMAP	= 4,	/* with highmem, a passing address */
	DMABENCH_MEMORY_WHY_USER	= 5,	/* of a process: pages come and go */
	DMABENCH_MEMORY_WHY_NOT_DIRECT	= 6,	/* not in the kernel's direct mapping */
};

/* What the module asks the kernel about memory; bits of asked and answers. */
#define DMABENCH_MEMORY_ON_STACK	(1U << 0)	/* object_is_on_stack() */
#define DMABENCH_MEMORY_IN_MODULE	(1U << 1)	/* within_module() */
#define DMABENCH_MEMORY_IN_VMALLOC	(1U << 2)	/* is_vmalloc_addr() */
#define DMABENCH_MEMORY_DIRECT		(1U << 3)	/* virt_addr_valid() */
#define DMABENCH_MEMORY_OF_SLAB		(1U << 4)	/* PageSlab() */
#define DMABENCH_MEMORY_PAGE_ADDRESS	(1U << 5)	/* it is what page_address() gives */
#define DMABENCH_MEMORY_OF_USER		(1U << 6)	/* access_ok() */
#define DMABENCH_MEMORY_PINNED		(1U << 7)	/* pin_user_pages() */
#define DMABENCH_MEMORY_PFN_VALID	(1U << 8)	/* pfn_valid() */

/**
 * struct dmabench_memory - whether a kind of memory may be mapped (DMABENCH_IOC_MEMORY)
 * @size:	in: sizeof(struct dmabench_memory)
 * @kind:	in: enum dmabench_memory_kind; EINVAL beyond the last
 * @target:	in: dmabench_target_info.id
 * @reserved:	in: 0
 * @user_addr:	in: with DMABENCH_MEMORY_USER: a writable page of the caller; otherwise 0
 * @bytes:	out: size of the piece of memory that was looked at, within one page
 * @verdict:	out: enum dmabench_memory_verdict
 * @why:	out: enum dmabench_memory_why
 * @asked:	out: DMABENCH_MEMORY_* bits: the questions that led to @verdict
 * @answers:	out: those of them that the kernel says yes to
 * @relation:	out: enum dmabench_relation between @phys_addr and @dma_addr
 * @reason:	out, also when the call fails: enum dmabench_reason.  When it is
 *		DMABENCH_REASON_MAP_FAILED the call succeeds, with no relation.
 * @phys_addr:	out: physical address of the first byte; 0: not mapped
 * @dma_addr:	out: its DMA (bus) address; 0: not mapped
 *
 * Makes a piece of that memory, asks, maps it for the target if it may be mapped
 * (to_device), unmaps and frees it.  What may not be mapped never reaches the DMA API.
 *
 * errno: EBUSY a buffer is set up on this file, or another file uses the target; ENODEV no
 * such target; ENOMEM, EFAULT, EIO as told by @reason; EINVAL.
 */
struct dmabench_memory {
	__u32 size;
	__u32 kind;
	__u32 target;
	__u32 reserved;
	__u64 user_addr;
	__u64 bytes;
	__u32 verdict;
	__u32 why;
	__u32 asked;
	__u32 answers;
	__u32 relation;
	__u32 reason;
	__u64 phys_addr;
	__u64 dma_addr;
};

/**
 * struct dmabench_dmabuf - give the buffer away as a dma-buf (DMABENCH_IOC_DMABUF)
 * @size:	in: sizeof(struct dmabench_dmabuf)
 * @flags:	in: 0
 * @fd:		out: its file descriptor, readable, writable, close-on-exec; -1: none
 * @reason:	out, also when the call fails: enum dmabench_reason
 * @bytes:	out: its size: that of the buffer, rounded up to whole pages
 *
 * For buffers of DMABENCH_SOURCE_PAGES, set up with DMABENCH_MMAP_NONE or _CACHED.  The
 * dma-buf is the buffer's memory: mmap() it shared, pass it to other programs, attach
 * drivers to it.  DMA_BUF_IOCTL_SYNC (linux/dma-buf.h) syncs the whole of it for each driver
 * that has it mapped; and, as DMABENCH_IOC_SYNC does, for the buffer's target, for as long as
 * the buffer is set up with map_every 0.
 *
 * The memory stays until both the buffer and the dma-buf are gone, in any order: neither
 * closing the file nor unbinding the target takes it away from the dma-buf's users.  The
 * module cannot be removed before that.
 *
 * errno: EOPNOTSUPP as told by @reason, and with DMABENCH_REASON_NONE where the kernel has no
 * dma-buf (CONFIG_DMA_SHARED_BUFFER); ENODATA nothing is set up; ENODEV; ENOMEM; EMFILE; EINVAL.
 */
struct dmabench_dmabuf {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 reason;
	__u64 bytes;
};

/* What the lab's timing model does with caches when a transfer moves data. */
enum dmabench_device_side {
	DMABENCH_DEVICE_UNTOLD		= 0,	/* nothing: there is no model, or it is not told */
	DMABENCH_DEVICE_SNOOPED		= 1,	/* what the device writes leaves the caches */
	DMABENCH_DEVICE_BYPASSED	= 2,	/* they stay, as the device does not snoop */
};

/**
 * struct dmabench_transfers - what became of the data (DMABENCH_IOC_TRANSFERS)
 * @size:	in: sizeof(struct dmabench_transfers)
 * @device_side: in: 0; out: enum dmabench_device_side
 * @fresh:	out: laps since setup after which the receiver had all of the sender's data
 * @stale:	out: laps after which it had, in part or in whole, data of before the lap
 * @wrong:	out: laps after which it had anything else
 * @offset:	out: bytes into the transferred range, of the latest lap that was not fresh, where
 *		the first data were not as expected: those that are stale if all that differ
 *		are, otherwise those that are wrong
 * @expected:	out: the 8 bytes that should have been there, or those left of them
 * @found:	out: those that were
 *
 * Each 8 bytes hold the number of the lap's data (low 32 bits) and their own place (high),
 * so that data of before can be told from data that were never sent.
 *
 * errno: ENODATA nothing is set up, or without a transfer; EINVAL; ENODEV.
 */
struct dmabench_transfers {
	__u32 size;
	__u32 device_side;
	__u64 fresh;
	__u64 stale;
	__u64 wrong;
	__u64 offset;
	__u64 expected;
	__u64 found;
};

/* Functions that can be traced.  Where a kernel has none such, another does its work. */
enum dmabench_trace_function {
	DMABENCH_TRACE_OTHER		= 0,	/* calls that found no row */
	DMABENCH_TRACE_MAP_PAGE		= 1,	/* dma_map_page_attrs(): map_single, too */
	DMABENCH_TRACE_UNMAP_PAGE	= 2,	/* dma_unmap_page_attrs() */
	DMABENCH_TRACE_MAP_SG		= 3,	/* dma_map_sg_attrs() */
	DMABENCH_TRACE_UNMAP_SG		= 4,	/* dma_unmap_sg_attrs() */
	DMABENCH_TRACE_SYNC_SINGLE_FOR_CPU	= 5,	/* dma_sync_single_for_cpu() */
	DMABENCH_TRACE_SYNC_SINGLE_FOR_DEVICE	= 6,	/* dma_sync_single_for_device() */
	DMABENCH_TRACE_SYNC_SG_FOR_CPU		= 7,	/* dma_sync_sg_for_cpu() */
	DMABENCH_TRACE_SYNC_SG_FOR_DEVICE	= 8,	/* dma_sync_sg_for_device() */
	DMABENCH_TRACE_ALLOC		= 9,	/* dma_alloc_attrs() */
	DMABENCH_TRACE_FREE		= 10,	/* dma_free_attrs() */
	DMABENCH_TRACE_MAP_RESOURCE	= 11,	/* dma_map_resource() */
	DMABENCH_TRACE_UNMAP_RESOURCE	= 12,	/* dma_unmap_resource() */
	DMABENCH_TRACE_MAP_SGTABLE	= 13,	/* dma_map_sgtable() */
	DMABENCH_TRACE_MAP_PHYS		= 14,	/* dma_map_phys() */
	DMABENCH_TRACE_UNMAP_PHYS	= 15,	/* dma_unmap_phys() */
	DMABENCH_TRACE_ALLOC_PAGES	= 16,	/* dma_alloc_pages() */
	DMABENCH_TRACE_FREE_PAGES	= 17,	/* dma_free_pages() */
	DMABENCH_TRACE_ALLOC_NONCOHERENT	= 18,	/* dma_alloc_noncoherent() */
	DMABENCH_TRACE_FREE_NONCOHERENT		= 19,	/* dma_free_noncoherent() */
	DMABENCH_TRACE_ALLOC_NONCONTIGUOUS	= 20,	/* dma_alloc_noncontiguous() */
	DMABENCH_TRACE_FREE_NONCONTIGUOUS	= 21,	/* dma_free_noncontiguous() */
	DMABENCH_TRACE_IOVA_LINK	= 22,	/* dma_iova_link() */
	DMABENCH_TRACE_IOVA_SYNC	= 23,	/* dma_iova_sync() */
	DMABENCH_TRACE_IOVA_UNLINK	= 24,	/* dma_iova_unlink() */
	DMABENCH_TRACE_IOVA_DESTROY	= 25,	/* dma_iova_destroy() */
	DMABENCH_TRACE_NR_FUNCTIONS	= 26,
};

#define DMABENCH_TRACE_MIN_ROWS		16
#define DMABENCH_TRACE_MAX_ROWS		4096
#define DMABENCH_TRACE_BUCKETS		256

/* dmabench_trace_row.flags */
#define DMABENCH_TRACE_IOMMU		(1U << 0)	/* an IOMMU translates for the device */
#define DMABENCH_TRACE_COHERENT		(1U << 1)	/* the device snoops CPU caches */
#define DMABENCH_TRACE_ELIDED		(1U << 2)	/* its syncs return inline, unseen */

/**
 * struct dmabench_trace_start - trace calls of the DMA API (DMABENCH_IOC_TRACE_START)
 * @size:	in: sizeof(struct dmabench_trace_start)
 * @flags:	in: 0
 * @rows:	in: rows for each CPU, DMABENCH_TRACE_MIN_ROWS .. DMABENCH_TRACE_MAX_ROWS
 * @reason:	out, also when the call fails: enum dmabench_reason
 * @functions:	in: bit (1 << enum dmabench_trace_function) for each one to trace; out: those
 *		that are traced.  What is missing the kernel does not have, but for @covered.
 * @covered:	out: those of them that do nothing but call another one, which is traced
 *		in their place
 * @bias_ps:	out: by how much each recorded duration is too long, in picoseconds: that of
 *		a function that does nothing
 * @cost_ps:	out: by how much a call takes longer for being traced, in picoseconds
 * @started_ns:	out: when it began
 * @reserved:	in: 0
 *
 * Until then, and after DMABENCH_IOC_TRACE_STOP, no probe is in the kernel.  One file traces
 * at a time; what was traced before, by any file, is dropped.
 *
 * errno: EPERM, EBUSY, EOPNOTSUPP, ENOENT as told by @reason; ENOMEM; EINVAL.
 */
struct dmabench_trace_start {
	__u32 size;
	__u32 flags;
	__u32 rows;
	__u32 reason;
	__u64 functions;
	__u64 covered;
	__u64 bias_ps;
	__u64 cost_ps;
	__u64 started_ns;
	__u64 reserved;
};

/**
 * struct dmabench_trace_row - one site on one CPU, as far as traced
 * @function:	enum dmabench_trace_function
 * @direction:	enum dmabench_direction; 3: none
 * @flags:	DMABENCH_TRACE_*, as it was at the first call
 * @cpu:	where the calls returned
 * @calls:	how many
 * @failed:	those that returned an error
 * @bounced:	those whose data swiotlb copies, as far as can be told: not behind an IOMMU,
 *		and for a device that is not coherent only when mapping
 * @unsynced:	those with DMA_ATTR_SKIP_CPU_SYNC
 * @switched:	those during which another task had the CPU, so that it is not known how much
 *		of the time was theirs
 * @bytes:	of all calls
 * @min_bytes:	of one call
 * @max_bytes:	of one call
 * @sum_ns:	of all calls but those @switched
 * @min_ns:	of one call
 * @max_ns:	of one call
 * @device:	dev_name()
 * @driver:	dev_driver_string()
 * @caller:	where the call returns to, as symbol+offset [module]; "unknown"
 * @parent:	where its caller returns to, likewise; "" where that was not to be found
 * @bucket:	counts; bucket i has the durations of buckets 4i .. 4i + 3 of struct
 *		dmabench_hist, so one is known to within 12.5 % of itself
 *
 * Names are cut to fit.  Row 0 of each CPU, DMABENCH_TRACE_OTHER, has the calls that found
 * no other row free.
 */
struct dmabench_trace_row {
	__u32 function;
	__u32 direction;
	__u32 flags;
	__u32 cpu;
	__u64 calls;
	__u64 failed;
	__u64 bounced;
	__u64 unsynced;
	__u64 switched;
	__u64 bytes;
	__u64 min_bytes;
	__u64 max_bytes;
	__u64 sum_ns;
	__u64 min_ns;
	__u64 max_ns;
	char device[64];
	char driver[64];
	char caller[160];
	char parent[160];
	__u32 bucket[DMABENCH_TRACE_BUCKETS];
};

/**
 * struct dmabench_trace_read - what was traced so far (DMABENCH_IOC_TRACE_READ)
 * @size:	in: sizeof(struct dmabench_trace_read)
 * @flags:	in: 0
 * @cpu:	in: the CPU to begin with; out: where to go on
 * @first:	in: its row to begin with; out: where to go on
 * @rows_ptr:	in: address of an array of @rows_len struct dmabench_trace_row
 * @rows_len:	in: how many there is room for, at least 1
 * @row_size:	in: sizeof(struct dmabench_trace_row)
 * @rows:	out: how many were written
 * @more:	out: 1 when there are more
 * @now_ns:	out: when this was read; once stopped, when that was
 * @missed:	out: calls that could not be followed because too many were under way, or
 *		because they were made from within another probe
 * @nested:	out: calls that began while another one was under way on that CPU, in an
 *		interrupt mostly; their time is in the other's too
 * @homeless:	out: calls on CPUs that came online later, which are not counted
 * @reserved:	in: 0
 *
 * Rows of a CPU only become more, and keep their places.  While tracing goes on, the figures
 * of a row may be those of different moments.
 *
 * errno: ENODATA this file has not traced; EINVAL.
 */
struct dmabench_trace_read {
	__u32 size;
	__u32 flags;
	__u32 cpu;
	__u32 first;
	__u64 rows_ptr;
	__u32 rows_len;
	__u32 row_size;
	__u32 rows;
	__u32 more;
	__u64 now_ns;
	__u64 missed;
	__u64 nested;
	__u64 homeless;
	__u64 reserved;
};

/**
 * struct dmabench_trace_stop - take the probes away (DMABENCH_IOC_TRACE_STOP)
 * @size:	in: sizeof(struct dmabench_trace_stop)
 * @flags:	in: 0
 *
 * What was traced can still be read, until a file traces anew or this one is closed.
 *
 * errno: ENODATA this file does not trace; EINVAL.
 */
struct dmabench_trace_stop {
	__u32 size;
	__u32 flags;
};

/*
 * mmap(): offset 0, length at most the buffer's size rounded up to pages, MAP_SHARED.
 * errno: ENODATA nothing is set up; EINVAL outside the buffer, not shared, set up with
 * DMABENCH_MMAP_NONE, or by another process than the one that set it up; ENODEV.  A
 * mapping outlives neither its buffer nor its target: once they are gone, access gives
 * SIGBUS.  It is not inherited by fork().
 */

#define DMABENCH_IOC_MAGIC	0xD8

/* The size is in the struct, not in the number, so that structs can grow. */
#define DMABENCH_IOC_INFO	_IO(DMABENCH_IOC_MAGIC, 0)	/* struct dmabench_info */
#define DMABENCH_IOC_CLOCK	_IO(DMABENCH_IOC_MAGIC, 1)	/* struct dmabench_clock */
#define DMABENCH_IOC_STRATEGY	_IO(DMABENCH_IOC_MAGIC, 2)	/* struct dmabench_strategy_info */
#define DMABENCH_IOC_TARGET	_IO(DMABENCH_IOC_MAGIC, 3)	/* struct dmabench_target_info */
#define DMABENCH_IOC_SETUP	_IO(DMABENCH_IOC_MAGIC, 4)	/* struct dmabench_setup */
#define DMABENCH_IOC_RUN	_IO(DMABENCH_IOC_MAGIC, 5)	/* struct dmabench_run */
#define DMABENCH_IOC_SYNC	_IO(DMABENCH_IOC_MAGIC, 6)	/* struct dmabench_sync */
#define DMABENCH_IOC_MAPPING	_IO(DMABENCH_IOC_MAGIC, 7)	/* struct dmabench_mapping */
#define DMABENCH_IOC_TEARDOWN	_IO(DMABENCH_IOC_MAGIC, 8)	/* no argument */
#define DMABENCH_IOC_MEMORY	_IO(DMABENCH_IOC_MAGIC, 9)	/* struct dmabench_memory */
#define DMABENCH_IOC_DMABUF	_IO(DMABENCH_IOC_MAGIC, 10)	/* struct dmabench_dmabuf */
#define DMABENCH_IOC_TRANSFERS	_IO(DMABENCH_IOC_MAGIC, 11)	/* struct dmabench_transfers */
#define DMABENCH_IOC_PREPARE	_IO(DMABENCH_IOC_MAGIC, 12)	/* struct dmabench_prepare */

#define DMABENCH_IOC_TRACE_START _IO(DMABENCH_IOC_MAGIC, 16)	/* struct dmabench_trace_start */
#define DMABENCH_IOC_TRACE_READ	_IO(DMABENCH_IOC_MAGIC, 17)	/* struct dmabench_trace_read */
#define DMABENCH_IOC_TRACE_STOP	_IO(DMABENCH_IOC_MAGIC, 18)	/* struct dmabench_trace_stop */

#endif /* _UAPI_DMABENCH_H */
