// SPDX-License-Identifier: GPL-2.0
/*
 * Source user: pages of a process, pinned for as long as the buffer lives.
 *
 * They count against RLIMIT_MEMLOCK of the process that sets up, as all memory does that
 * a process keeps from being reclaimed.  The pages stay ours when the process unmaps them
 * or ends; its mm, which they are counted in, is kept for that.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "dmabench.h"

static void unpin(struct dmabench_buffer *b)
{
	/* Devices and laps may have written to them. */
	unpin_user_pages_dirty_lock(b->pages, b->nr_pages, true);
	b->nr_pages = 0;
}

static int pin(struct dmabench_buffer *b, unsigned int nr)
{
	while (b->nr_pages < nr) {
		int got = pin_user_pages_fast(b->user_addr + ((u64)b->nr_pages << PAGE_SHIFT),
					      nr - b->nr_pages, FOLL_LONGTERM | FOLL_WRITE,
					      b->pages + b->nr_pages);

		if (got == -ENOMEM)
			return dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
		if (got <= 0)
			return dmabench_fail(b, DMABENCH_REASON_USER_PAGES);
		b->nr_pages += got;
	}
	return 0;
}

/**
 * dmabench_user_pin() - fill b->pages with the pages at b->user_addr
 * @b:		buffer; has room for @nr pages in b->pages, and none yet
 * @nr:		how many
 *
 * May sleep for as long as a page fault takes, until a fatal signal comes.
 *
 * Return: 0, or an error with the reason set and nothing pinned.
 */
int dmabench_user_pin(struct dmabench_buffer *b, unsigned int nr)
{
	int err;

	if (account_locked_vm(current->mm, nr, true))
		return dmabench_fail(b, DMABENCH_REASON_MEMLOCK);
	err = pin(b, nr);
	if (err) {
		unpin(b);
		account_locked_vm(current->mm, nr, false);
		return err;
	}
	mmgrab(current->mm);
	b->user_mm = current->mm;
	return 0;
}

/**
 * dmabench_user_unpin() - undo dmabench_user_pin()
 * @b:		buffer
 */
void dmabench_user_unpin(struct dmabench_buffer *b)
{
	unsigned int nr = b->nr_pages;

	unpin(b);
	account_locked_vm(b->user_mm, nr, false);
	mmdrop(b->user_mm);
	b->user_mm = NULL;
}
