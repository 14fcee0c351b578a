/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs are told, and what they tell. */
#ifndef DMABENCH_TRACE_BPF_MAPS_H
#define DMABENCH_TRACE_BPF_MAPS_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include "shared.h"

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

#endif /* DMABENCH_TRACE_BPF_MAPS_H */
