/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracing of DMA calls: what its files share.
 *
 * trace.c has the calls of user space, trace_probe.c the probes, trace_table.c where the
 * probes record, and trace_frame.c finds who called.
 *
 * trace.c's lock covers starting, stopping and reading.  Probes take none: each CPU has a
 * table of its own, written with interrupts off, and readers only look at rows that are
 * complete.
 */
#ifndef _DMABENCH_TRACE_H
#define _DMABENCH_TRACE_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <uapi/dmabench.h>

struct device;
struct pt_regs;

/**
 * struct dmabench_trace_call - one call under way
 * @dev:	the device it is made for
 * @caller:	where it returns to
 * @parent:	where its caller returns to; 0: not known
 * @bytes:	how many it is about
 * @addr:	a DMA address of the mapping, to ask whether it bounces
 * @phys:	with @mapping: the physical address that is being mapped
 * @sg:		list whose first entry has @addr once the call has returned
 * @start:	when it began
 * @switches:	how often the task had lost the CPU until then
 * @function:	enum dmabench_trace_function
 * @direction:	enum dmabench_direction
 * @cpu:	where it began
 * @mapping:	it maps memory at @phys
 * @addressed:	@addr is set
 * @unsynced:	DMA_ATTR_SKIP_CPU_SYNC
 * @failed:	it returned an error
 */
struct dmabench_trace_call {
	struct device *dev;
	unsigned long caller;
	unsigned long parent;
	u64 bytes;
	dma_addr_t addr;
	phys_addr_t phys;
	struct scatterlist *sg;
	u64 start;
	unsigned long switches;
	u8 function;
	u8 direction;
	u16 cpu;
	bool mapping;
	bool addressed;
	bool unsynced;
	bool failed;
};

/**
 * struct dmabench_trace_site - a row, and what it is found by
 * @dev:	never followed once the row is there
 * @caller:	code address
 * @parent:	code address, or 0
 * @row:	what user space gets
 */
struct dmabench_trace_site {
	struct device *dev;
	unsigned long caller;
	unsigned long parent;
	struct dmabench_trace_row row;
};

/**
 * struct dmabench_trace_table - the sites seen on one CPU
 * @used:	sites that are complete; never falls
 * @capacity:	sites that there is room for
 * @mask:	one less than the number of places in @index, a power of two
 * @under_way:	calls that began on this CPU and have not returned
 * @nested:	calls that began while another was under way
 * @index:	open hash of numbers of sites, 0: free.  Site 0 is for calls that found no room.
 * @site:	the sites
 */
struct dmabench_trace_table {
	u32 used;
	u32 capacity;
	u32 mask;
	atomic_t under_way;
	u64 nested;
	u16 *index;
	struct dmabench_trace_site *site;
};

/* trace_table.c */
int dmabench_trace_tables_create(u32 rows);
void dmabench_trace_tables_clear(void);
void dmabench_trace_tables_destroy(void);
const struct dmabench_trace_table *dmabench_trace_table(unsigned int cpu);
void dmabench_trace_began(struct dmabench_trace_call *call);
void dmabench_trace_ended(struct dmabench_trace_call *call, u64 now);
u64 dmabench_trace_nested(void);
u64 dmabench_trace_homeless(void);

/* trace_probe.c */
int dmabench_trace_calibrate(struct dmabench_trace_start *arg);
int dmabench_trace_probe(struct dmabench_trace_start *arg);
void dmabench_trace_unprobe(void);
u64 dmabench_trace_missed(void);

/* trace_frame.c */
unsigned long dmabench_trace_caller(struct pt_regs *regs, const unsigned long **at);
unsigned long dmabench_trace_parent(unsigned long caller, const unsigned long **at);
int dmabench_trace_frames_create(void);
void dmabench_trace_frames_destroy(void);

#endif /* _DMABENCH_TRACE_H */
