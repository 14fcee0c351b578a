/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Marks for the lab's timing model: which instructions are measured laps.
 *
 * A mark is an instruction that every CPU executes as a NOP (arm64: an unallocated hint; x86: a
 * long NOP with a displacement that no compiler emits), as simulators have them.  QEMU's plugin
 * in lab/model/ sees it; hardware does not.  The module, user space and the plugin share this
 * file.
 *
 *   dmabench_mark_begin()  laps follow: the model watches accesses from here ...
 *   dmabench_mark_end()    ... to here.  Neither belongs into a timed region.
 *   dmabench_mark_aside()  what follows is no lap: caches go on, counters stand still ...
 *   dmabench_mark_back()   ... to here.  These may be within each other.
 *   dmabench_mark_empty()  empties the modelled caches
 *   dmabench_mark_read()   takes the model's counters
 *   dmabench_mark_device() a device that snoops has written there: caches have no line of it
 */
#ifndef DMABENCH_MODEL_MARK_H
#define DMABENCH_MODEL_MARK_H

#include <linux/types.h>

#define DMABENCH_MARK_BEGIN	100
#define DMABENCH_MARK_END	101
#define DMABENCH_MARK_EMPTY	102
#define DMABENCH_MARK_READ	103
#define DMABENCH_MARK_ASIDE	104
#define DMABENCH_MARK_BACK	105
#define DMABENCH_MARK_DEVICE	106

/* What the model counts while laps are measured, in this order. */
enum dmabench_model_counter {
	DMABENCH_MODEL_ACCESSES,	/* loads and stores, by line */
	DMABENCH_MODEL_L1_MISSES,
	DMABENCH_MODEL_L2_MISSES,
	DMABENCH_MODEL_L3_MISSES,
	DMABENCH_MODEL_MEMORY_READS,	/* lines fetched from memory ... */
	DMABENCH_MODEL_STREAMED,	/* ... those of them that a prefetcher had under way */
	DMABENCH_MODEL_WRITEBACKS,	/* dirty lines that had to make place */
	DMABENCH_MODEL_COMBINED_WRITES,	/* stores to write-combining memory ... */
	DMABENCH_MODEL_COMBINED_BURSTS,	/* ... and the lines they went out in */
	DMABENCH_MODEL_UNCACHED_READS,	/* loads from memory that is not cached */
	DMABENCH_MODEL_UNCACHED_WRITES,	/* stores to it that are not combined */
	DMABENCH_MODEL_MAINTENANCE,	/* lines cleaned or invalidated by an instruction */
	DMABENCH_MODEL_DIRTY_CLEANED,	/* those of them that were dirty */
	DMABENCH_MODEL_CHARGED_PS,	/* what all that costs, beside the instructions */
	DMABENCH_MODEL_SNOOPED,		/* lines that a device's writes took out of the caches */
	DMABENCH_MODEL_COUNTERS
};

/* Filled in by dmabench_mark_read(); watched stays 0 where no model watches. */
struct dmabench_model_counters {
	__u64 watched;
	__u64 count[15];
};

#if defined(__aarch64__)
#define DMABENCH_MARK(number)	"hint #" #number "\n\tisb"
#elif defined(__x86_64__)
#define DMABENCH_MARK(number)	".byte 0x0f, 0x1f, 0x84, 0x00, " #number ", 0x00, 0x4d, 0x4d"
#else
#define DMABENCH_MARK(number)	""
#endif

static inline void dmabench_mark_begin(void)
{
	__asm__ volatile(DMABENCH_MARK(100) : : : "memory");
}

static inline void dmabench_mark_end(void)
{
	__asm__ volatile(DMABENCH_MARK(101) : : : "memory");
}

static inline void dmabench_mark_aside(void)
{
	__asm__ volatile(DMABENCH_MARK(104) : : : "memory");
}

static inline void dmabench_mark_back(void)
{
	__asm__ volatile(DMABENCH_MARK(105) : : : "memory");
}

static inline void dmabench_mark_empty(void)
{
	__asm__ volatile(DMABENCH_MARK(102) : : : "memory");
}

/* The plugin finds the address in x0 or rax. */
static inline void dmabench_mark_read(struct dmabench_model_counters *counters)
{
#if defined(__aarch64__)
	register void *where __asm__("x0") = counters;

	__asm__ volatile(DMABENCH_MARK(103) : "+r"(where) : : "memory");
#elif defined(__x86_64__)
	__asm__ volatile(DMABENCH_MARK(103) : : "a"(counters) : "memory");
#else
	(void)counters;
#endif
}

/* The plugin finds the two in x0 and x1, or rax and rcx. */
static inline void dmabench_mark_device(const void *memory, __u64 bytes)
{
#if defined(__aarch64__)
	register const void *where __asm__("x0") = memory;
	register __u64 length __asm__("x1") = bytes;

	__asm__ volatile(DMABENCH_MARK(106) : "+r"(where), "+r"(length) : : "memory");
#elif defined(__x86_64__)
	__asm__ volatile(DMABENCH_MARK(106) : : "a"(memory), "c"(bytes) : "memory");
#else
	(void)memory;
	(void)bytes;
#endif
}

#endif
