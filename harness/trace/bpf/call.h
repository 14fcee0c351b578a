/* SPDX-License-Identifier: GPL-2.0 */
/* A call that has returned. */
#ifndef DMABENCH_TRACE_BPF_CALL_H
#define DMABENCH_TRACE_BPF_CALL_H

#include <bpf/bpf_core_read.h>
#include "kernel_types.h"
#include "shared.h"

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

#endif /* DMABENCH_TRACE_BPF_CALL_H */
