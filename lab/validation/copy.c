// SPDX-License-Identifier: GPL-2.0
/*
 * Reads and copies out of a buffer of dmabench's, as others have timed it on arm64: with loads of 8
 * bytes, loads of 16, 32 and 64 bytes in one instruction, and memcpy().  Prints the cache mode, the
 * loop and ns for 1 MiB.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "buffer.h"

static void read_8(void *to, const void *from)
{
	const volatile uint64_t *p = from;
	size_t i;

	(void)to;
	for (i = 0; i < BYTES / 8; i++)
		(void)p[i];
}

static void copy_16(void *to, const void *from)
{
	const void *end = (const char *)from + BYTES;

	__asm__ volatile("0: ldp x9, x10, [%1], #16\n\tstp x9, x10, [%0], #16\n\t"
			 "cmp %1, %2\n\tb.lo 0b"
			 : "+r"(to), "+r"(from) : "r"(end) : "x9", "x10", "cc", "memory");
}

static void copy_32(void *to, const void *from)
{
	const void *end = (const char *)from + BYTES;

	__asm__ volatile("0: ldp q0, q1, [%1], #32\n\tstp q0, q1, [%0], #32\n\t"
			 "cmp %1, %2\n\tb.lo 0b"
			 : "+r"(to), "+r"(from) : "r"(end) : "v0", "v1", "cc", "memory");
}

static void copy_64(void *to, const void *from)
{
	const void *end = (const char *)from + BYTES;

	__asm__ volatile("0: ld1 {v0.2d - v3.2d}, [%1], #64\n\tst1 {v0.2d - v3.2d}, [%0], #64\n\t"
			 "cmp %1, %2\n\tb.lo 0b"
			 : "+r"(to), "+r"(from)
			 : "r"(end) : "v0", "v1", "v2", "v3", "cc", "memory");
}

static void copy(void *to, const void *from)
{
	memcpy(to, from, BYTES);
}

int main(void)
{
	static const struct {
		const char *name;
		void (*run)(void *to, const void *from);
	} loops[] = {
		{ "read_8", read_8 },
		{ "copy_16", copy_16 },
		{ "copy_32", copy_32 },
		{ "copy_64", copy_64 },
		{ "memcpy", copy },
	};
	void *to = aligned_alloc(4096, BYTES);
	unsigned int mode, loop;

	if (!to)
		return 1;
	memset(to, 1, BYTES);
	for (mode = 0; mode < MODES; mode++) {
		struct buffer from = map_buffer(modes[mode].mode);

		memset(from.start, 1, BYTES);
		for (loop = 0; loop < sizeof(loops) / sizeof(*loops); loop++) {
			uint64_t start;

			dmabench_mark_begin();
			/* The first round finds the caches as they happen to be. */
			loops[loop].run(to, from.start);
			start = now();
			loops[loop].run(to, from.start);
			start = now() - start;
			dmabench_mark_end();
			printf("%s %s %llu\n", modes[mode].name, loops[loop].name, (unsigned long long)start);
		}
		unmap_buffer(from);
	}
	return 0;
}
