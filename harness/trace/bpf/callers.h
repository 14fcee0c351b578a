/* SPDX-License-Identifier: GPL-2.0 */
/* Who called: kmod/trace_frame.c says how. */
#ifndef DMABENCH_TRACE_BPF_CALLERS_H
#define DMABENCH_TRACE_BPF_CALLERS_H

#include "call.h"
#include "maps.h"

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

#endif /* DMABENCH_TRACE_BPF_CALLERS_H */
