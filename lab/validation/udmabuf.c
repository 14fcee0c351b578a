// SPDX-License-Identifier: GPL-2.0
/*
 * The loops that udmabuf's README times, on buffers of dmabench's: a check, which writes and reads
 * a buffer byte by byte, 256 bytes at a time, and memset().  Prints ns for one round over 1 MiB.
 * In the README both go over 10 MB, the check 9 times and memset() 99 times.
 */
#include <string.h>
#include "buffer.h"

#define BLOCK	256u

/* The README does not say how it was compiled; not optimized, it takes as long as there. */
static unsigned int __attribute__((noinline, optimize("O0"))) check(volatile uint8_t *buffer)
{
	unsigned int block, i, wrong = 0;

	for (block = 0; block < BYTES; block += BLOCK) {
		for (i = 0; i < BLOCK; i++)
			buffer[block + i] = i;
		for (i = 0; i < BLOCK; i++)
			wrong += buffer[block + i] != (uint8_t)i;
	}
	return wrong;
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < MODES; i++) {
		struct buffer buffer = map_buffer(modes[i].mode);
		uint64_t start, checked, set;

		memset(buffer.start, 1, BYTES);
		dmabench_mark_begin();
		/* The first round finds the caches as they happen to be. */
		check(buffer.start);
		start = now();
		if (check(buffer.start))
			return 1;
		checked = now() - start;
		memset(buffer.start, 0x5a, BYTES);
		start = now();
		memset(buffer.start, 0x5a, BYTES);
		set = now() - start;
		dmabench_mark_end();
		printf("%s %llu %llu\n", modes[i].name, (unsigned long long)checked,
		       (unsigned long long)set);
		unmap_buffer(buffer);
	}
	return 0;
}
