/* SPDX-License-Identifier: GPL-2.0 */
/* What the BPF programs and session.cpp share. */
#ifndef DMABENCH_TRACE_BPF_SHARED_H
#define DMABENCH_TRACE_BPF_SHARED_H

#include <dmabench.h>

/* Functions that do nothing but call one that is traced in their place. */
#define DMABENCH_BPF_OUTERS	2

/**
 * struct dmabench_bpf_text - where a function's code is
 * @start:	its address
 * @size:	0: there is no such function
 */
struct dmabench_bpf_text {
	__u64 start;
	__u64 size;
};

/**
 * struct dmabench_bpf_settings - told before the programs are loaded
 * @map:	functions whose callers are dma_map_phys()'s callers
 * @unmap:	likewise of dma_unmap_phys()
 */
struct dmabench_bpf_settings {
	struct dmabench_bpf_text map[DMABENCH_BPF_OUTERS];
	struct dmabench_bpf_text unmap[DMABENCH_BPF_OUTERS];
};

/**
 * struct dmabench_bpf_key - what a row is found by
 * @dev:	the device's address
 * @caller:	code address
 * @parent:	code address; 0: not known
 * @function:	enum dmabench_trace_function
 * @direction:	enum dmabench_direction
 *
 * All 0: the row of the calls that found no other one free.
 */
struct dmabench_bpf_key {
	__u64 dev;
	__u64 caller;
	__u64 parent;
	__u32 function;
	__u32 direction;
};

/**
 * struct dmabench_bpf_site - a row on one CPU
 * @row:	as the module gives it, but that names have more to them
 * @bounce:	DMA address of the device's bounce buffers
 * @bounce_size: their bytes; 0: its data does not bounce
 * @bucket:	of the last call
 * @result:	likewise
 */
struct dmabench_bpf_site {
	struct dmabench_trace_row row;
	__u64 bounce;
	__u64 bounce_size;
	__u64 bucket;
	__u64 result;
};

/**
 * struct dmabench_bpf_totals - what is not of one row
 * @nested:	calls that began while another was under way on that CPU
 * @full:	calls beyond those that can be under way
 * @refused:	calls that began while one of the same function was being recorded there
 * @grows:	devices were seen whose bounce buffers grow, so that not all are known
 */
struct dmabench_bpf_totals {
	__u64 nested;
	__u64 full;
	__u64 refused;
	__u64 grows;
};

#endif /* DMABENCH_TRACE_BPF_SHARED_H */
