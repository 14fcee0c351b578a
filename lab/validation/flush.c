// SPDX-License-Identifier: GPL-2.0
/*
 * Flushes buffers of several sizes, which nobody has written to since they were last flushed, line
 * by line, as the kernel's drm_clflush_virt_range() does.  Prints bytes and ns.  x86 only.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "model_mark.h"

#define LINE	64

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

int main(void)
{
	static const size_t sizes[] = { 4096, 32768, 1 << 20, 16 << 20 };
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint8_t *buffer = aligned_alloc(4096, sizes[i]);
		uint64_t start;
		size_t at;

		if (!buffer)
			return 1;
		memset(buffer, 0, sizes[i]);
		dmabench_mark_begin();
		for (at = 0; at < sizes[i]; at += LINE)
			(void)*(volatile uint8_t *)(buffer + at);
		start = now();
		__asm__ volatile("mfence" ::: "memory");
		for (at = 0; at < sizes[i]; at += LINE)
			__asm__ volatile("clflushopt %0" : "+m"(buffer[at]));
		__asm__ volatile("mfence" ::: "memory");
		start = now() - start;
		dmabench_mark_end();
		printf("%zu %llu\n", sizes[i], (unsigned long long)start);
		free(buffer);
	}
	return 0;
}
