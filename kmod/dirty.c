// SPDX-License-Identifier: GPL-2.0
/* What the CPU has done to the buffer before a lap: never timed, see apart.c. */
#include <linux/cache.h>
#include <linux/mm.h>
#include "dmabench.h"
#include "model_mark.h"

/* What is stored to a line.  All that counts is that it is a store. */
#define DIRT	0xd1

/*
 * Spread evenly, so that any range of the buffer is as dirty as the whole, and rounded up.
 * @left is what the lines before have left over, in hundredths of a line.
 */
static unsigned int dirty_range(u8 *p, size_t bytes, unsigned int percent, unsigned int left)
{
	size_t at;

	for (at = 0; at < bytes; at += L1_CACHE_BYTES) {
		left += percent;
		if (left < 100)
			continue;
		left -= 100;
		WRITE_ONCE(p[at], DIRT);
	}
	return left;
}

static void dirty_all(struct dmabench_buffer *b)
{
	u8 *memory = b->plain ?: b->cpu;
	size_t bytes = b->size;
	unsigned int left = 99;
	unsigned int i;

	if (memory) {
		dirty_range(memory, bytes, b->dirty, left);
		return;
	}
	for (i = 0; i < b->nr_pages; i++) {
		size_t part = min_t(size_t, bytes, PAGE_SIZE);

		left = dirty_range(page_address(b->pages[i]), part, b->dirty, left);
		bytes -= part;
	}
}

/**
 * dmabench_dirty() - store to the share of the buffer's cache lines that it is to have dirty
 * @b:		buffer, its memory there
 */
void dmabench_dirty(struct dmabench_buffer *b)
{
	dmabench_mark_aside();
	dirty_all(b);
	dmabench_mark_back();
}
