// SPDX-License-Identifier: GPL-2.0
/* SYNC, and who sees what when. */
#include "abi_test.h"

void test_sync(int fd)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, targets[0].id, 8192);

	setup(fd, &s);
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 0), 0, "SYNC for CPU");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_DEVICE, 0, 0), 0, "SYNC for device");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_DEVICE, 4096, 64), 0, "SYNC of a range");
	ok_errno(sync_range(fd, 0, 0, 0), EINVAL, "SYNC op 0");
	ok_errno(sync_range(fd, 3, 0, 0), EINVAL, "SYNC op 3");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 8192, 0), EINVAL, "SYNC from the end");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 1, 8192), EINVAL, "SYNC past the end");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 1, ~0ULL), EINVAL, "SYNC that wraps");
	s.map_every = 1;
	setup(fd, &s);
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 0), EINVAL,
		 "SYNC of a buffer that is mapped in laps");
	s = setup_of(DMABENCH_STREAMING_SG, targets[0].id, 8192);
	setup(fd, &s);
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 8192), 0, "SYNC of a whole list");
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 64), EOPNOTSUPP,
		 "SYNC of a range of a list");
	s = setup_of(DMABENCH_COHERENT, targets[0].id, 8192);
	setup(fd, &s);
	ok_errno(sync_range(fd, DMABENCH_SYNC_FOR_CPU, 0, 64), 0, "SYNC that is a barrier");
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}

/*
 * A bounce buffer lets one see what a sync copies: give the buffer to the device,
 * scribble over it, take a range back: that range, and nothing else, is as it was.
 */
void test_sync_moves_data(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, t->id, 8192);
	bool inside = true, outside = true;
	unsigned char *p;
	unsigned int i;

	s.mmap_mode = DMABENCH_MMAP_CACHED;
	if (setup(fd, &s)) {
		ok(false, "SETUP with mmap on %s: errno %d", t->name, errno);
		return;
	}
	if (s.relation != DMABENCH_RELATION_BOUNCED) {
		skip("a sync copies its range", "this target does not bounce");
		return;
	}
	p = map_buffer(fd, 8192);
	if (!ok(p != MAP_FAILED, "mmap of a bounced buffer"))
		return;
	memset(p, 0x11, 8192);
	sync_range(fd, DMABENCH_SYNC_FOR_DEVICE, 0, 0);
	memset(p, 0x22, 8192);
	sync_range(fd, DMABENCH_SYNC_FOR_CPU, 1024, 512);
	for (i = 0; i < 8192; i++) {
		if (i >= 1024 && i < 1536)
			inside &= p[i] == 0x11;
		else
			outside &= p[i] == 0x22;
	}
	ok(inside, "%s: a sync copies its range", t->name);
	ok(outside, "%s: a sync copies nothing but its range", t->name);
	munmap(p, 8192);
}

/*
 * Bouncing also shows when the touch happens: what the CPU writes while the device owns
 * the buffer is lost at the unmap, which copies the device's data over it.
 */
void test_touch_order(int fd, const struct dmabench_target_info *t)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_SINGLE, t->id, 64);
	struct dmabench_run r;
	unsigned char *p;

	s.mmap_mode = DMABENCH_MMAP_CACHED;
	s.direction = DMABENCH_FROM_DEVICE;
	s.touch = DMABENCH_TOUCH_WRITE;
	s.map_every = 1;
	for (s.sync_every = 0; s.sync_every <= 1; s.sync_every++) {
		if (setup(fd, &s)) {
			ok(false, "SETUP with mmap on %s: errno %d", t->name, errno);
			return;
		}
		if (s.relation != DMABENCH_RELATION_BOUNCED) {
			skip("when the touch happens", "this target does not bounce");
			return;
		}
		p = map_buffer(fd, 64);
		if (!ok(p != MAP_FAILED, "mmap of a bounced buffer"))
			return;
		memset(p, 0x44, 64);
		run(fd, 1, &r);
		if (s.sync_every)
			ok(p[0] == 0x44 && p[63] == 0x44,
			   "%s: with a sync, the touch comes before the unmap", t->name);
		else
			ok(p[0] != 0x44 && p[63] != 0x44,
			   "%s: without a sync, the touch comes after the unmap", t->name);
		munmap(p, 64);
	}
}

/* The copy touch takes what is in the buffer and puts zeros into it, to_device. */
void test_touch_copy(int fd)
{
	struct dmabench_setup s = setup_of(DMABENCH_STREAMING_PAGE, targets[0].id, page_size);
	struct dmabench_run r;
	unsigned char *p;

	s.mmap_mode = DMABENCH_MMAP_CACHED;
	s.touch = DMABENCH_TOUCH_COPY;
	s.touch_bytes = 13;
	s.direction = DMABENCH_TO_DEVICE;
	setup(fd, &s);
	p = map_buffer(fd, page_size);
	if (!ok(p != MAP_FAILED, "mmap for touch"))
		return;
	memset(p, 0x33, page_size);
	run(fd, 1, &r);
	ok(!p[0] && !p[12] && p[13] == 0x33, "touch copy, to_device: into the buffer, 13 bytes");
	munmap(p, page_size);

	s.touch = DMABENCH_TOUCH_WRITE;
	s.direction = DMABENCH_FROM_DEVICE;
	setup(fd, &s);
	p = map_buffer(fd, page_size);
	memset(p, 0x33, page_size);
	run(fd, 1, &r);
	ok(p[0] != 0x33 && p[12] != 0x33 && p[13] == 0x33, "touch write: 13 bytes");
	munmap(p, page_size);

	s.touch = DMABENCH_TOUCH_COPY;
	setup(fd, &s);
	p = map_buffer(fd, page_size);
	memset(p, 0x33, page_size);
	run(fd, 1, &r);
	ok(p[0] == 0x33 && p[12] == 0x33, "touch copy, from_device: out of the buffer");
	munmap(p, page_size);
	ioctl(fd, DMABENCH_IOC_TEARDOWN);
}
