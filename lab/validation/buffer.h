/* SPDX-License-Identifier: GPL-2.0 */
/* For the programs here: a clock, and buffers of dmabench's in each cache mode. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <dmabench.h>
#include "model_mark.h"

#define BYTES	(1u << 20)

struct buffer {
	int fd;
	uint8_t *start;
};

static const struct {
	const char *name;
	uint32_t mode;
} modes[] = {
	{ "cached", DMABENCH_MMAP_CACHED },
	{ "writecombine", DMABENCH_MMAP_WRITECOMBINE },
	{ "uncached", DMABENCH_MMAP_UNCACHED },
};
#define MODES	(sizeof(modes) / sizeof(*modes))

static inline uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Ends the program, with the reason, when it can't. */
static inline struct buffer map_buffer(uint32_t mode)
{
	struct dmabench_setup setup = {
		.size = sizeof(setup),
		.strategy = DMABENCH_STREAMING_PAGE,
		.buf_size = BYTES,
		.mmap_mode = mode,
	};
	struct dmabench_target_info target = { .size = sizeof(target) };
	struct buffer buffer = { .fd = open(DMABENCH_DEVICE, O_RDWR) };

	if (buffer.fd < 0 || ioctl(buffer.fd, DMABENCH_IOC_TARGET, &target)) {
		perror(DMABENCH_DEVICE);
		exit(1);
	}
	setup.target = target.id;
	if (ioctl(buffer.fd, DMABENCH_IOC_SETUP, &setup)) {
		perror("SETUP");
		exit(1);
	}
	buffer.start = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, buffer.fd, 0);
	if (buffer.start == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return buffer;
}

static inline void unmap_buffer(struct buffer buffer)
{
	munmap(buffer.start, BYTES);
	close(buffer.fd);
}
