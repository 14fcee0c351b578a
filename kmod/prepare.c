// SPDX-License-Identifier: GPL-2.0
/* What the CPU has done to the buffer's cache lines before a lap: never timed, see apart.c. */
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <asm/barrier.h>
#include <asm/cacheflush.h>
#include "dmabench.h"
#include "model_mark.h"

/* What is stored to a line.  All that counts is that it is a store. */
#define DIRT	0xd1

/* No line is shorter where this module runs. */
#define LEAST_LINE	32

/* Write back what is dirty, and have no line of it in any cache. */
static void flush(void *p, size_t bytes)
{
#if defined(CONFIG_X86)
	clflush_cache_range(p, bytes);
#elif defined(CONFIG_ARM64)
	/* Arm ARM, DC CIVAC: to the point of coherency.  What the kernel has is not exported. */
	unsigned long at = ALIGN_DOWN((unsigned long)p, LEAST_LINE);

	for (; at < (unsigned long)p + bytes; at += LEAST_LINE)
		asm volatile("dc civac, %0" : : "r" (at) : "memory");
	dsb(sy);
#endif
	/* Elsewhere dmabench_cached() has said no. */
}

static void read_lines(const u8 *p, size_t bytes)
{
	size_t at;

	for (at = 0; at < bytes; at += LEAST_LINE)
		(void)READ_ONCE(p[at]);
	if (bytes)
		(void)READ_ONCE(p[bytes - 1]);
}

/*
 * Spread evenly, so that any range of the buffer is as dirty as the whole, and rounded up.
 * @left is what the lines before have left over, in hundredths of a line.
 */
static unsigned int dirty_lines(u8 *p, size_t bytes, unsigned int percent, unsigned int left)
{
	size_t at, half;

	for (at = 0; at < bytes; at += L1_CACHE_BYTES) {
		left += percent;
		if (left < 100)
			continue;
		left -= 100;
		for (half = at; half < at + L1_CACHE_BYTES && half < bytes; half += LEAST_LINE)
			WRITE_ONCE(p[half], DIRT);
	}
	return left;
}

static unsigned int prepare_piece(const struct dmabench_buffer *b, u8 *p, size_t bytes,
				  unsigned int left)
{
	/* Flushed also where it is to be warm, so that no line is left dirty. */
	if (b->cache_state != DMABENCH_CACHE_AS_IS)
		flush(p, bytes);
	if (b->cache_state == DMABENCH_CACHE_WARM)
		read_lines(p, bytes);
	return b->dirty ? dirty_lines(p, bytes, b->dirty, left) : left;
}

static void prepare_all(struct dmabench_buffer *b)
{
	u8 *memory = b->plain ?: b->cpu;
	size_t bytes = b->size;
	unsigned int left = 99;
	unsigned int i;

	if (memory) {
		prepare_piece(b, memory, bytes, left);
		return;
	}
	for (i = 0; i < b->nr_pages; i++) {
		size_t part = min_t(size_t, bytes, PAGE_SIZE);

		left = prepare_piece(b, page_address(b->pages[i]), part, left);
		bytes -= part;
	}
}

/**
 * dmabench_prepare() - have the buffer's cache lines as they are to be when a lap begins
 * @b:		buffer that is @prepared, its memory there
 *
 * The stores are done when it returns, so that no lap waits for them.
 */
void dmabench_prepare(struct dmabench_buffer *b)
{
	dmabench_mark_aside();
	prepare_all(b);
	/* see above */
	mb();
	dmabench_mark_back();
}

/**
 * dmabench_prepare_now() - do so on behalf of user space
 * @ctx:	context, locked
 * @arg:	checked here
 *
 * Return: 0, -ENODATA, -ENODEV, or -EINVAL.
 */
int dmabench_prepare_now(struct dmabench_context *ctx, const struct dmabench_prepare *arg)
{
	struct dmabench_buffer *b = &ctx->buf;
	unsigned int i;
	int err;

	err = dmabench_ready(ctx);
	if (err)
		return err;
	if (arg->flags)
		return -EINVAL;
	if (!b->prepared)
		return 0;
	for (i = 0; i < b->batch; i++)
		dmabench_prepare(b->lot ? &b->lot[i] : b);
	return 0;
}
