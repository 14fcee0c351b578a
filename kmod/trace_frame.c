// SPDX-License-Identifier: GPL-2.0
/*
 * Tracing of DMA calls: who called, and who called that.
 *
 * dmabench_trace_caller() gives the return address of the call that a probe is at the
 * beginning of.  dmabench_trace_parent() gives that of the call around one, 0 if it is not to
 * be found, and moves `at` there, which says where on the stack to look.
 *
 * arm64 kernels keep frame pointers, which lead to the second frame at once.  x86 kernels
 * have none, and unwinding costs more than the calls that are traced.  But from where a
 * given call returns to, its caller's own return address is always equally far up the
 * stack.  So the distance is found by unwinding the first few times, and kept; where it
 * turns out to differ after all, the second frame is given up.
 */
#include <linux/hash.h>
#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/stacktrace.h>
#include <linux/uaccess.h>
#include "compat.h"
#include "trace.h"

#ifdef CONFIG_ARM64

unsigned long dmabench_trace_caller(struct pt_regs *regs, const unsigned long **at)
{
	/* The caller's frame record: the frame before, and where it returns to. */
	*at = (const unsigned long *)regs->regs[29];
	return dmabench_strip_pac(regs->regs[30]);
}

NOKPROBE_SYMBOL(dmabench_trace_caller);

unsigned long dmabench_trace_parent(unsigned long caller, const unsigned long **at)
{
	unsigned long parent, next;

	if (get_kernel_nofault(next, *at) || get_kernel_nofault(parent, *at + 1))
		return 0;
	*at = (const unsigned long *)next;
	return dmabench_strip_pac(parent);
}

NOKPROBE_SYMBOL(dmabench_trace_parent);

int dmabench_trace_frames_create(void)
{
	return 0;
}

void dmabench_trace_frames_destroy(void)
{
}

#else

#define FRAMES		256
/* In how many places a frame may be; beyond, its caller's caller stays unknown. */
#define WAYS		8
#define MAX_DEPTH	32
/* What a frame between may take of the stack, in words. */
#define MAX_DISTANCE	256
/* So many times the distance has to be confirmed. */
#define TRUSTED		8

/**
 * struct frame - where the second return address is, for one caller
 * @caller:	return address of the traced call
 * @distance:	words from there to the second return address; 0: it differs
 * @seen:	how often it was confirmed
 */
struct frame {
	unsigned long caller;
	u16 distance;
	u16 seen;
};

static struct frame __percpu *frames;

unsigned long dmabench_trace_caller(struct pt_regs *regs, const unsigned long **at)
{
	*at = (const unsigned long *)kernel_stack_pointer(regs);
	return **at;
}

NOKPROBE_SYMBOL(dmabench_trace_caller);

/* 0: not to be found */
static unsigned long unwind_parent(unsigned long caller)
{
	unsigned long entries[MAX_DEPTH];
	unsigned int i, found = stack_trace_save(entries, MAX_DEPTH, 0);

	for (i = 0; i + 1 < found; i++)
		if (entries[i] == caller)
			return entries[i + 1];
	return 0;
}

static u16 find_distance(const unsigned long *stack, unsigned long value)
{
	unsigned long word;
	u16 i;

	for (i = 1; i < MAX_DISTANCE; i++) {
		if (get_kernel_nofault(word, stack + i))
			break;
		if (word == value)
			return i;
	}
	return 0;
}

static unsigned long learn(struct frame *f, const unsigned long *stack, unsigned long caller)
{
	unsigned long word, parent = unwind_parent(caller);

	if (f->caller != caller) {
		f->caller = caller;
		f->seen = 0;
		f->distance = parent ? find_distance(stack, parent) : 0;
	}
	if (!f->distance || get_kernel_nofault(word, stack + f->distance) || word != parent) {
		f->distance = 0;
		f->seen = TRUSTED;
		return 0;
	}
	f->seen++;
	return parent;
}

/* The caller's, or a free one; NULL: none is left. */
static struct frame *frame_of(unsigned long caller)
{
	struct frame *all = this_cpu_ptr(frames);
	u32 i, place = hash_long(caller, ilog2(FRAMES));

	for (i = 0; i < WAYS; i++) {
		struct frame *f = &all[(place + i) % FRAMES];

		if (f->caller == caller || !f->caller)
			return f;
	}
	return NULL;
}

unsigned long dmabench_trace_parent(unsigned long caller, const unsigned long **at)
{
	unsigned long flags, parent = 0;
	struct frame *f;

	local_irq_save(flags);
	f = frame_of(caller);
	if (f && (f->caller != caller || f->seen < TRUSTED))
		parent = learn(f, *at, caller);
	else if (f && f->distance && get_kernel_nofault(parent, *at + f->distance))
		parent = 0;
	if (parent)
		*at += f->distance;
	local_irq_restore(flags);
	return parent;
}

NOKPROBE_SYMBOL(dmabench_trace_parent);

int dmabench_trace_frames_create(void)
{
	frames = __alloc_percpu(FRAMES * sizeof(*frames), sizeof(*frames));
	return frames ? 0 : -ENOMEM;
}

void dmabench_trace_frames_destroy(void)
{
	free_percpu(frames);
	frames = NULL;
}

#endif
