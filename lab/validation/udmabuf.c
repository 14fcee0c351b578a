// SPDX-License-Identifier: GPL-2.0
/*
 * The loops that udmabuf's README times, on buffers of dmabench's: a check, which writes and reads
 * a buffer byte by byte, 256 bytes at a time, and memset().  Prints ns for one round over 1 MiB.
 * In the README both go over 10 MB, the check 9 times and memset() 99 times.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <dmabench.h>
#include "model_mark.h"

#define BYTES	(1u << 20)
#define BLOCK	256u

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

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

static uint8_t *map(int fd, uint32_t mode)
{
	struct dmabench_setup setup = {
		.size = sizeof(setup),
		.strategy = DMABENCH_STREAMING_PAGE,
		.buf_size = BYTES,
		.mmap_mode = mode,
	};
	struct dmabench_target_info target = { .size = sizeof(target) };
	void *p;

	if (ioctl(fd, DMABENCH_IOC_TARGET, &target)) {
		perror("TARGET");
		exit(1);
	}
	setup.target = target.id;
	if (ioctl(fd, DMABENCH_IOC_SETUP, &setup)) {
		perror("SETUP");
		exit(1);
	}
	p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

int main(void)
{
	static const struct {
		const char *name;
		uint32_t mode;
	} modes[] = {
		{ "cached", DMABENCH_MMAP_CACHED },
		{ "writecombine", DMABENCH_MMAP_WRITECOMBINE },
		{ "uncached", DMABENCH_MMAP_UNCACHED },
	};
	unsigned int i;

	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		int fd = open(DMABENCH_DEVICE, O_RDWR);
		uint64_t start, checked, set;
		uint8_t *buffer;

		if (fd < 0) {
			perror(DMABENCH_DEVICE);
			return 1;
		}
		buffer = map(fd, modes[i].mode);
		memset(buffer, 1, BYTES);
		dmabench_mark_begin();
		/* The first round finds the caches as they happen to be. */
		check(buffer);
		start = now();
		if (check(buffer))
			return 1;
		checked = now() - start;
		memset(buffer, 0x5a, BYTES);
		start = now();
		memset(buffer, 0x5a, BYTES);
		set = now() - start;
		dmabench_mark_end();
		printf("%s %llu %llu\n", modes[i].name, (unsigned long long)checked,
		       (unsigned long long)set);
		munmap(buffer, BYTES);
		close(fd);
	}
	return 0;
}
