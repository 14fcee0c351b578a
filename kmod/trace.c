// SPDX-License-Identifier: GPL-2.0
/* Tracing of DMA calls: what user space asks for. */
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/security.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include "dmabench.h"
#include "trace.h"

static DEFINE_MUTEX(trace_lock);
/* The file that traces, or has; NULL: there are no tables. */
static struct file *tracer;
static bool probing;
static u64 stopped_ns;

static int may_trace(u32 *reason)
{
	if (!perfmon_capable()) {
		*reason = DMABENCH_REASON_PRIVILEGE;
		return -EPERM;
	}
	if (security_locked_down(LOCKDOWN_KPROBES)) {
		*reason = DMABENCH_REASON_LOCKED_DOWN;
		return -EPERM;
	}
	return 0;
}

static void stop(void)
{
	if (!probing)
		return;
	dmabench_trace_unprobe();
	stopped_ns = ktime_get_raw_fast_ns();
	probing = false;
}

static void drop(void)
{
	stop();
	dmabench_trace_frames_destroy();
	dmabench_trace_tables_destroy();
	tracer = NULL;
}

static int start(struct dmabench_trace_start *arg)
{
	int err;

	err = dmabench_trace_tables_create(arg->rows);
	if (err)
		return err;
	err = dmabench_trace_frames_create();
	if (err)
		goto err_tables;
	err = dmabench_trace_calibrate(arg);
	if (err)
		goto err_frames;
	dmabench_trace_tables_clear();
	err = dmabench_trace_probe(arg);
	if (err)
		goto err_frames;
	arg->started_ns = ktime_get_raw_fast_ns();
	probing = true;
	return 0;

err_frames:
	dmabench_trace_frames_destroy();
err_tables:
	dmabench_trace_tables_destroy();
	return err;
}

/**
 * dmabench_trace_start() - begin to trace
 * @file:	whose trace it is
 * @arg:	see struct dmabench_trace_start
 *
 * Return: 0 or a negative error.
 */
int dmabench_trace_start(struct file *file, struct dmabench_trace_start *arg)
{
	int err;

	arg->reason = DMABENCH_REASON_NONE;
	if (arg->flags || arg->reserved || !arg->functions ||
	    arg->functions & 1 || arg->functions >> DMABENCH_TRACE_NR_FUNCTIONS ||
	    arg->rows < DMABENCH_TRACE_MIN_ROWS || arg->rows > DMABENCH_TRACE_MAX_ROWS)
		return -EINVAL;
	err = may_trace(&arg->reason);
	if (err)
		return err;
	err = mutex_lock_interruptible(&trace_lock);
	if (err)
		return err;
	if (probing && tracer != file) {
		arg->reason = DMABENCH_REASON_TRACED;
		err = -EBUSY;
	} else {
		drop();
		err = start(arg);
		if (!err)
			tracer = file;
	}
	mutex_unlock(&trace_lock);
	return err;
}

static int copy_rows(struct dmabench_trace_read *arg)
{
	struct dmabench_trace_row __user *to = u64_to_user_ptr(arg->rows_ptr);

	arg->rows = 0;
	arg->more = 0;
	for (; arg->cpu < nr_cpu_ids; arg->cpu++, arg->first = 0) {
		const struct dmabench_trace_table *t;
		u32 used;

		if (!cpu_possible(arg->cpu))
			continue;
		t = dmabench_trace_table(arg->cpu);
		/* Pairs with the release in site_of(): these rows are complete. */
		used = smp_load_acquire(&t->used);
		for (; arg->first < used; arg->first++) {
			if (arg->rows == arg->rows_len) {
				arg->more = 1;
				return 0;
			}
			if (copy_to_user(&to[arg->rows], &t->site[arg->first].row, sizeof(*to)))
				return -EFAULT;
			arg->rows++;
		}
	}
	return 0;
}

/**
 * dmabench_trace_read() - give rows out
 * @file:	whose trace it is
 * @arg:	see struct dmabench_trace_read
 *
 * Return: 0 or a negative error.
 */
int dmabench_trace_read(struct file *file, struct dmabench_trace_read *arg)
{
	int err;

	if (arg->flags || arg->reserved || !arg->rows_len ||
	    arg->row_size != sizeof(struct dmabench_trace_row))
		return -EINVAL;
	err = mutex_lock_interruptible(&trace_lock);
	if (err)
		return err;
	if (tracer != file) {
		err = -ENODATA;
	} else {
		arg->now_ns = probing ? ktime_get_raw_fast_ns() : stopped_ns;
		err = copy_rows(arg);
		arg->missed = dmabench_trace_missed();
		arg->nested = dmabench_trace_nested();
		arg->homeless = dmabench_trace_homeless();
	}
	mutex_unlock(&trace_lock);
	return err;
}

/**
 * dmabench_trace_stop() - take the probes away
 * @file:	whose trace it is
 * @arg:	see struct dmabench_trace_stop
 *
 * Return: 0 or a negative error.
 */
int dmabench_trace_stop(struct file *file, struct dmabench_trace_stop *arg)
{
	int err;

	if (arg->flags)
		return -EINVAL;
	err = mutex_lock_interruptible(&trace_lock);
	if (err)
		return err;
	if (tracer == file && probing)
		stop();
	else
		err = -ENODATA;
	mutex_unlock(&trace_lock);
	return err;
}

/**
 * dmabench_trace_release() - a file is closed
 * @file:	the file
 */
void dmabench_trace_release(struct file *file)
{
	mutex_lock(&trace_lock);
	if (tracer == file)
		drop();
	mutex_unlock(&trace_lock);
}
