/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dmabench: what the module's files share.
 *
 * Locks, outermost first:
 *
 *   device_lock() of a PCI function or a DMA engine (taken by the driver core around remove())
 *    engine_lock of xfer_dmaengine.c	whether there is a channel
 *     dmabench_context.lock	one call at a time on a file; held for a whole RUN
 *       mmap_lock of the mm	by MAPPING, by the teardown of an mmap()ed buffer, and where
 *				pages of a process are pinned and unpinned
 *         dmabench_context.map_lock	whether mmap() may map the buffer
 *       targets_lock		the list of targets, and who has claimed each
 *
 * Apart from these, a dma-buf has a lock of its own, below dma-buf's reservation lock, with
 * none of ours taken under it.  Its begin_cpu_access() and end_cpu_access() take the
 * context's lock, the dma-buf's being free.
 *
 * mmap() enters from below: it comes with mmap_lock held and takes map_lock only.
 * User memory is read and written with none of our locks held.  Pinning faults it in under
 * the context's lock; a fault that takes forever ends with a fatal signal.
 *
 * A target that goes away: dmabench_target_remove() takes it off the list and sets
 * ->gone, which stops a RUN at the next group of laps; it then takes the context lock of one
 * owner after the other and tears the buffer down, if no call has done so.  As remove() waits
 * for these locks, and no new owner gets at a target that is off the list, a target stays valid
 * for as long as a context that has claimed it holds its own lock, and needs no reference count.
 *
 * The other CPU of DMABENCH_UNMAP_CPU_OTHER works while a RUN waits for it, under that RUN's
 * lock, and takes none.
 */
#ifndef _DMABENCH_H
#define _DMABENCH_H

#include <linux/bits.h>
#include <linux/dma-direction.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/types.h>
#include <uapi/dmabench.h>
#include "xfer.h"

struct device;
struct dma_buf;
struct dma_pool;
struct file;
struct kmem_cache;
struct dmabench_buffer;
struct dmabench_lap_ops;
struct dmabench_round_ops;
struct dmabench_stamps;
struct dmabench_strategy;

#define DMABENCH_VERSION	"0.1.0"

/**
 * struct dmabench_target - a device to map for
 * @node:	in the list of targets
 * @dev:	the device; bound to us for as long as the target is in the list
 * @id:		never used again for another target
 * @kind:	enum dmabench_target_kind
 * @engine:	what moves data for it; NULL: nothing
 * @engine_data: the engine's own
 * @name:	as user space names it
 * @owners:	the contexts that have claimed it; under targets_lock
 * @shared:	others may claim it too; under targets_lock
 * @mask_bits:	what the owners have asked for as DMA masks; under targets_lock
 * @gone:	the device is being unbound; written under targets_lock
 */
struct dmabench_target {
	struct list_head node;
	struct device *dev;
	u32 id;
	u32 kind;
	const struct dmabench_engine_ops *engine;
	void *engine_data;
	char name[DMABENCH_NAME_LEN];
	struct list_head owners;
	bool shared;
	u32 mask_bits;
	bool gone;
};

/**
 * struct dmabench_buffer - one configured buffer
 * @strategy:	what is done with it
 * @dev:	the target's device
 * @size:	bytes
 * @cpu:	kernel's address; NULL when nothing is allocated, and for scattered pages
 *		that the kernel has not mapped together, which begin at offset 0 then
 * @dma:	DMA address, valid while @mapped or within a lap that maps
 * @dir:	direction of streaming mappings
 * @mapped:	mapped (DMA memory: allocated) from outside of the laps
 * @map_every:	see struct dmabench_setup, as are the following
 * @sync_every:	in laps
 * @sync_offset: in bytes
 * @sync_bytes:	in bytes; never 0
 * @touch:	enum dmabench_touch
 * @touch_bytes: in bytes; never 0
 * @side:	the other end of DMABENCH_TOUCH_COPY
 * @dirty:	percent of its cache lines that are dirtied before each lap
 * @cache_state: enum dmabench_cache_state of the others; for all dirty, as_is and @dirty 100
 * @prepared:	one of these two asks for something
 * @batch:	how many buffers are mapped at a time; never 0
 * @lot:	with @batch above 1: those buffers.  This one is their pattern then, is not
 *		allocated, and has what belongs to all.
 * @first:	the first of its lot, which has what they allocate from; otherwise itself
 * @stamps:	with @batch above 1, or @unmap_other: room for the durations of so many laps
 * @unmap_other: unmap on another CPU
 * @other_cpu:	that one, during a RUN
 * @apart:	laps take more than the plain loop: see dmabench_laps_apart()
 * @offset:	@cpu is so many bytes behind the beginning of a page
 * @node:	where to allocate; NUMA_NO_NODE: anywhere
 * @source:	enum dmabench_source
 * @mmap_mode:	enum dmabench_mmap_mode
 * @memtype_changed: the kernel's own mapping of @cpu is not write-back now
 * @pages:	scattered pages, @nr_pages of them
 * @nr_pages:	count of @pages that are allocated or pinned
 * @sgt:	one entry per page
 * @user_addr:	where the memory of DMABENCH_SOURCE_USER begins
 * @user_mm:	what its pages are counted in
 * @slab:	where the memory of DMABENCH_SOURCE_SLAB is from
 * @pool:	where DMABENCH_POOL allocates from
 * @noncontiguous: the memory of DMABENCH_NONCONTIGUOUS
 * @plain:	ordinary memory that the CPU works on in place of @cpu; NULL: none
 * @xfer:	its transfers
 * @reason:	why the last operation failed: enum dmabench_reason
 */
struct dmabench_buffer {
	const struct dmabench_strategy *strategy;
	struct device *dev;
	size_t size;
	void *cpu;
	dma_addr_t dma;
	enum dma_data_direction dir;
	bool mapped;

	u64 map_every;
	u64 sync_every;
	size_t sync_offset;
	size_t sync_bytes;
	u32 touch;
	size_t touch_bytes;
	void *side;
	u32 dirty;
	u32 cache_state;
	bool prepared;
	bool apart;
	bool unmap_other;
	int other_cpu;
	u32 batch;
	struct dmabench_buffer *lot;
	struct dmabench_buffer *first;
	struct dmabench_stamps *stamps;

	u32 offset;
	int node;
	u32 source;
	u32 mmap_mode;
	bool memtype_changed;
	struct page **pages;
	unsigned int nr_pages;
	struct sg_table sgt;
	unsigned long user_addr;
	struct mm_struct *user_mm;
	struct kmem_cache *slab;
	struct dma_pool *pool;
	struct sg_table *noncontiguous;
	void *plain;
	struct dmabench_xfer xfer;
	u32 reason;
};

/**
 * struct dmabench_batch - where a run of laps stands between two groups of them
 * @map_left:	laps until the buffer is unmapped; 0: the next lap maps it
 * @sync_left:	1: the next lap syncs
 * @error:	why a lap could not be completed
 * @ns:		time of the laps so far, where it is not the time that passed: where the
 *		buffer is dirtied or filled before each, or unmapped on another CPU
 *
 * What is never due in a batch counts down from U64_MAX.
 */
struct dmabench_batch {
	u64 map_left;
	u64 sync_left;
	int error;
	s64 ns;
};

/**
 * struct dmabench_strategy - a way of making memory DMA-able
 * @id:		enum dmabench_strategy_id
 * @flags:	DMABENCH_STRATEGY_*
 * @sources:	bit for each enum dmabench_source it can be given
 * @default_source: what DMABENCH_SOURCE_DEFAULT stands for
 * @mmap_modes:	bit for each enum dmabench_mmap_mode that it has on some machine
 * @plain:	the CPU works on ordinary memory, and the syncs copy it
 * @name:	as user space names it
 * @text:	what it calls
 * @ops:	the phases of a lap; called through here only outside of laps
 * @mean:	complete up to so many laps, reading no clock.  Return: laps completed
 * @stamped:	the same with each phase recorded in hist[DMABENCH_NR_PHASES]
 * @rounds:	@mean for a batch of buffers
 * @round:	the parts of which a round of such a batch is made
 * @transfer:	one lap with a transfer, recorded in hist unless that is NULL.  Return: 0 or an
 *		error, with the reason set unless it is the mapping that failed
 * @create:	allocate what stays for the life of the buffer; on failure, leave
 *		nothing behind
 * @destroy:	free it
 * @mmap:	map the buffer, or its beginning, into a VMA that has been checked
 */
struct dmabench_strategy {
	u32 id;
	u32 flags;
	u32 sources;
	u32 default_source;
	u32 mmap_modes;
	bool plain;
	const char *name;
	const char *text;
	const struct dmabench_lap_ops *ops;
	u64 (*mean)(struct dmabench_buffer *b, struct dmabench_batch *s, u64 laps);
	u64 (*stamped)(struct dmabench_buffer *b, struct dmabench_batch *s, u64 laps,
		       struct dmabench_hist *hist);
	u64 (*rounds)(struct dmabench_buffer *b, struct dmabench_batch *s, u64 laps);
	const struct dmabench_round_ops *round;
	int (*transfer)(struct dmabench_buffer *b, struct dmabench_batch *s,
			struct dmabench_hist *hist);
	int (*create)(struct dmabench_buffer *b);
	void (*destroy)(struct dmabench_buffer *b);
	int (*mmap)(struct dmabench_buffer *b, struct vm_area_struct *vma);
};

/**
 * struct dmabench_context - an open file
 * @ref:	the file's reference, those of its dma-bufs, and that of a target's removal
 *		while it works
 * @lock:	one call at a time
 * @target:	claimed target; NULL: none
 * @owner_node:	in its list of owners
 * @ready:	@buf is set up
 * @gone:	@target went away under a buffer that was set up
 * @generation:	which buffer @buf is, counted by SETUP
 * @buf:	the buffer
 * @map_lock:	guards @map_error and @was_mapped
 * @map_error:	what mmap() has to return; 0: it may map the buffer
 * @was_mapped:	mmap() succeeded since the buffer was set up
 * @mm:		the only mm that may mmap() the buffer, so that teardown knows whose
 *		mmap() to wait for
 * @mapping:	the file's address space, shared by all files of the device
 * @id:		makes the range of page offsets in @mapping that is this file's own
 */
struct dmabench_context {
	struct kref ref;
	struct mutex lock;	/* held for a whole call */
	struct dmabench_target *target;
	struct list_head owner_node;
	bool ready;
	bool gone;
	u64 generation;
	struct dmabench_buffer buf;

	struct mutex map_lock;	/* below mmap_lock */
	int map_error;
	bool was_mapped;
	struct mm_struct *mm;
	struct address_space *mapping;
	int id;
};

/* main.c */
void dmabench_context_put(struct dmabench_context *ctx);

/* setup.c */
int dmabench_setup(struct dmabench_context *ctx, struct dmabench_setup *arg);
void dmabench_teardown(struct dmabench_context *ctx, int map_error);
int dmabench_ready(struct dmabench_context *ctx);
int dmabench_fail(struct dmabench_buffer *b, enum dmabench_reason reason);

/* buffer.c */
int dmabench_check_mapping(struct dmabench_buffer *b, size_t bytes);
int dmabench_buffer_create(struct dmabench_buffer *b);
void dmabench_buffer_describe(struct dmabench_buffer *b, struct dmabench_setup *arg);
void dmabench_buffer_unmap(struct dmabench_buffer *b);
void dmabench_buffer_destroy(struct dmabench_buffer *b);
u32 dmabench_relation(struct device *dev, dma_addr_t dma, phys_addr_t phys, size_t bytes,
		      bool lent);

/* run.c */
int dmabench_clock(struct dmabench_clock *arg);
int dmabench_run(struct dmabench_context *ctx, struct dmabench_run *arg,
		 struct dmabench_hist *hist);
int dmabench_sync(struct dmabench_context *ctx, const struct dmabench_sync *arg);
int dmabench_sync_generation(struct dmabench_context *ctx, u64 generation,
			     enum dmabench_sync_op op);
void dmabench_touch(struct dmabench_buffer *b);

/* apart.c */
u64 dmabench_laps_apart(struct dmabench_buffer *b, struct dmabench_batch *s, u64 laps,
			struct dmabench_hist *hist);
int dmabench_other_cpu(void);

/* prepare.c */
void dmabench_prepare(struct dmabench_buffer *b);
int dmabench_prepare_now(struct dmabench_context *ctx, const struct dmabench_prepare *arg);

/* mask.c */
int dmabench_set_masks(struct device *dev, u32 bits, u32 *reason);
bool dmabench_beyond_mask(struct dmabench_buffer *b);

/* mmap.c */
u32 dmabench_mmap_modes_here(const struct dmabench_strategy *strategy);
int dmabench_mmap_prepare(struct dmabench_buffer *b);
bool dmabench_mmap_unprepare(struct dmabench_buffer *b);
void dmabench_mmap_allow(struct dmabench_context *ctx);
void dmabench_mmap_revoke(struct dmabench_context *ctx, int error);
int dmabench_mmap(struct file *file, struct vm_area_struct *vma);
int dmabench_mmap_pages(struct dmabench_buffer *b, struct vm_area_struct *vma);
unsigned long dmabench_mmap_pgoff(const struct dmabench_context *ctx);

/* memtype.c */
bool dmabench_cached(const struct dmabench_buffer *b);
int dmabench_mapping(struct dmabench_context *ctx, struct file *file,
		     struct dmabench_mapping *arg);

/* memory.c */
int dmabench_memory(struct dmabench_context *ctx, struct dmabench_memory *arg);

/* dmabuf.c */

/**
 * struct dmabench_dmabuf_call - DMABUF, and what its caller does not see
 * @arg:	what its caller sees
 * @dmabuf:	that the file descriptor stands for, once that is given away; NULL: none
 */
struct dmabench_dmabuf_call {
	struct dmabench_dmabuf arg;
	struct dma_buf *dmabuf;
};

#ifdef CONFIG_DMA_SHARED_BUFFER
int dmabench_dmabuf(struct dmabench_context *ctx, struct dmabench_dmabuf_call *call);
void dmabench_dmabuf_give(struct dmabench_dmabuf_call *call, bool told);
#else
static inline int dmabench_dmabuf(struct dmabench_context *ctx,
				  struct dmabench_dmabuf_call *call)
{
	call->arg.fd = -1;
	call->arg.bytes = 0;
	call->arg.reason = DMABENCH_REASON_NONE;
	return -EOPNOTSUPP;
}

static inline void dmabench_dmabuf_give(struct dmabench_dmabuf_call *call, bool told)
{
}
#endif

/* trace.c */
#ifdef DMABENCH_HAVE_TRACE
int dmabench_trace_start(struct file *file, struct dmabench_trace_start *arg);
int dmabench_trace_read(struct file *file, struct dmabench_trace_read *arg);
int dmabench_trace_stop(struct file *file, struct dmabench_trace_stop *arg);
void dmabench_trace_release(struct file *file);
#else
static inline int dmabench_trace_start(struct file *file, struct dmabench_trace_start *arg)
{
	arg->reason = DMABENCH_REASON_NO_PROBES;
	return -EOPNOTSUPP;
}

static inline int dmabench_trace_read(struct file *file, struct dmabench_trace_read *arg)
{
	return -ENODATA;
}

static inline int dmabench_trace_stop(struct file *file, struct dmabench_trace_stop *arg)
{
	return -ENODATA;
}

static inline void dmabench_trace_release(struct file *file)
{
}
#endif

/* target.c */
int dmabench_target_add(struct dmabench_target *t, struct device *dev, u32 kind,
			const char *name);
void dmabench_target_remove(struct dmabench_target *t);
u32 dmabench_target_count(void);
int dmabench_target_info(struct dmabench_target_info *arg);
int dmabench_target_claim(struct dmabench_context *ctx, u32 id, bool shared, u32 mask_bits);
void dmabench_target_release(struct dmabench_context *ctx);
bool dmabench_target_seclude(struct dmabench_context *ctx);
struct device *dmabench_noncoherent_dev(void);
int dmabench_platform_init(void);
void dmabench_platform_exit(void);

/* pci.c */
#ifdef CONFIG_PCI
int dmabench_pci_init(void);
void dmabench_pci_exit(void);
#else
static inline int dmabench_pci_init(void)
{
	return 0;
}

static inline void dmabench_pci_exit(void)
{
}
#endif

/* source_user.c */
int dmabench_user_pin(struct dmabench_buffer *b, unsigned int nr);
void dmabench_user_unpin(struct dmabench_buffer *b);

/* strategy_streaming.c */
int dmabench_streaming_create(struct dmabench_buffer *b);
void dmabench_streaming_destroy(struct dmabench_buffer *b);

/* strategy.c, and the strategies in its table */
const struct dmabench_strategy *dmabench_strategy_get(u32 id);
u32 dmabench_strategy_count(void);
int dmabench_strategy_info(struct dmabench_strategy_info *arg);

extern const struct dmabench_strategy dmabench_null;
extern const struct dmabench_strategy dmabench_coherent;
extern const struct dmabench_strategy dmabench_write_combine;
extern const struct dmabench_strategy dmabench_pool;
extern const struct dmabench_strategy dmabench_streaming_single;
extern const struct dmabench_strategy dmabench_streaming_page;
extern const struct dmabench_strategy dmabench_streaming_sg;
extern const struct dmabench_strategy dmabench_noncoherent;
extern const struct dmabench_strategy dmabench_noncontiguous;
extern const struct dmabench_strategy dmabench_streaming_recycle;
extern const struct dmabench_strategy dmabench_copy;

#endif /* _DMABENCH_H */
