// SPDX-License-Identifier: GPL-2.0
/* The device file: open, ioctl table, release. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/compat.h>
#include <linux/dma-direction.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "dmabench.h"

/* What user space was compiled against, byte for byte. */
static_assert(sizeof(struct dmabench_info) == 64);
static_assert(sizeof(struct dmabench_clock) == 40);
static_assert(sizeof(struct dmabench_strategy_info) == 192);
static_assert(sizeof(struct dmabench_target_info) == 96);
static_assert(sizeof(struct dmabench_setup) == 176);
static_assert(sizeof(struct dmabench_hist) == 8224);
static_assert(sizeof(struct dmabench_run) == 48);
static_assert(sizeof(struct dmabench_sync) == 24);
static_assert(sizeof(struct dmabench_mapping) == 32);
static_assert(sizeof(struct dmabench_memory) == 72);
static_assert(sizeof(struct dmabench_dmabuf) == 24);
static_assert(sizeof(struct dmabench_transfers) == 56);
static_assert(sizeof(struct dmabench_prepare) == 8);
static_assert(sizeof(struct dmabench_trace_start) == 64);
static_assert(sizeof(struct dmabench_trace_row) == 1576);
static_assert(sizeof(struct dmabench_trace_read) == 80);
static_assert(sizeof(struct dmabench_trace_stop) == 8);
static_assert(offsetof(struct dmabench_info, version) == 32);
static_assert(offsetof(struct dmabench_clock, zero_steps) == 32);
static_assert(offsetof(struct dmabench_strategy_info, text) == 64);
static_assert(offsetof(struct dmabench_target_info, name) == 48);
static_assert(offsetof(struct dmabench_target_info, engine) == 80);
static_assert(offsetof(struct dmabench_setup, direction) == 64);
static_assert(offsetof(struct dmabench_setup, phys_addr) == 96);
static_assert(offsetof(struct dmabench_setup, user_addr) == 120);
static_assert(offsetof(struct dmabench_setup, batch) == 136);
static_assert(offsetof(struct dmabench_setup, coherent_mask) == 160);
static_assert(offsetof(struct dmabench_setup, transfer) == 168);
static_assert(offsetof(struct dmabench_hist, bucket) == 32);
static_assert(offsetof(struct dmabench_run, hist_ptr) == 32);
static_assert(offsetof(struct dmabench_mapping, user_type) == 16);
static_assert(offsetof(struct dmabench_memory, phys_addr) == 56);
static_assert((int)DMABENCH_BIDIRECTIONAL == DMA_BIDIRECTIONAL);
static_assert((int)DMABENCH_TO_DEVICE == DMA_TO_DEVICE);
static_assert((int)DMABENCH_FROM_DEVICE == DMA_FROM_DEVICE);

static DEFINE_IDA(context_ids);

/* loff_t has to hold the last byte of the last file's range of offsets */
#define MAX_CONTEXTS	65536

static int dmabench_open(struct inode *inode, struct file *file)
{
	struct dmabench_context *ctx;

	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	ctx->id = ida_alloc_max(&context_ids, MAX_CONTEXTS - 1, GFP_KERNEL);
	if (ctx->id < 0) {
		int err = ctx->id;

		kfree(ctx);
		return err;
	}
	kref_init(&ctx->ref);
	mutex_init(&ctx->lock);
	mutex_init(&ctx->map_lock);
	ctx->map_error = -ENODATA;
	ctx->mapping = file->f_mapping;
	file->private_data = ctx;
	return nonseekable_open(inode, file);
}

static void context_free(struct kref *ref)
{
	struct dmabench_context *ctx = container_of(ref, struct dmabench_context, ref);

	ida_free(&context_ids, ctx->id);
	mutex_destroy(&ctx->map_lock);
	mutex_destroy(&ctx->lock);
	kfree(ctx);
}

void dmabench_context_put(struct dmabench_context *ctx)
{
	kref_put(&ctx->ref, context_free);
}

static int dmabench_release(struct inode *inode, struct file *file)
{
	struct dmabench_context *ctx = file->private_data;

	dmabench_trace_release(file);
	mutex_lock(&ctx->lock);
	dmabench_teardown(ctx, -ENODATA);
	mutex_unlock(&ctx->lock);
	dmabench_context_put(ctx);
	return 0;
}

static int ioctl_info(struct file *file, void *arg)
{
	struct dmabench_info *info = arg;

	info->abi_version = DMABENCH_ABI_VERSION;
	info->nr_strategies = dmabench_strategy_count();
	info->nr_targets = dmabench_target_count();
	info->max_size = DMABENCH_MAX_SIZE;
	info->hist_buckets = DMABENCH_HIST_BUCKETS;
	info->nr_phases = DMABENCH_NR_PHASES;
	strscpy_pad(info->version, DMABENCH_VERSION, sizeof(info->version));
	return 0;
}

static int ioctl_clock(struct file *file, void *arg)
{
	return dmabench_clock(arg);
}

static int ioctl_strategy(struct file *file, void *arg)
{
	return dmabench_strategy_info(arg);
}

static int ioctl_target(struct file *file, void *arg)
{
	return dmabench_target_info(arg);
}

static int ioctl_setup(struct file *file, void *arg)
{
	return dmabench_setup(file->private_data, arg);
}

static int ioctl_sync(struct file *file, void *arg)
{
	return dmabench_sync(file->private_data, arg);
}

static int ioctl_mapping(struct file *file, void *arg)
{
	return dmabench_mapping(file->private_data, file, arg);
}

static int ioctl_memory(struct file *file, void *arg)
{
	return dmabench_memory(file->private_data, arg);
}

static int ioctl_dmabuf(struct file *file, void *arg)
{
	return dmabench_dmabuf(file->private_data, arg);
}

static int ioctl_transfers(struct file *file, void *arg)
{
	return dmabench_transfers(file->private_data, arg);
}

static int ioctl_prepare(struct file *file, void *arg)
{
	return dmabench_prepare_now(file->private_data, arg);
}

static int ioctl_trace_start(struct file *file, void *arg)
{
	return dmabench_trace_start(file, arg);
}

static int ioctl_trace_read(struct file *file, void *arg)
{
	return dmabench_trace_read(file, arg);
}

static int ioctl_trace_stop(struct file *file, void *arg)
{
	return dmabench_trace_stop(file, arg);
}

/* Takes the lock itself, so that the histograms are copied out without it. */
static int ioctl_run(struct file *file, void *arg)
{
	struct dmabench_context *ctx = file->private_data;
	struct dmabench_run *run = arg;
	struct dmabench_hist *hist = NULL;
	int err;

	run->laps_done = 0;
	run->total_ns = 0;
	run->reason = DMABENCH_REASON_NONE;
	if (run->flags & ~DMABENCH_RUN_STAMPED || run->laps > DMABENCH_MAX_LAPS)
		return -EINVAL;
	if (run->flags & DMABENCH_RUN_STAMPED) {
		if (run->hist_len != DMABENCH_NR_PHASES)
			return -EINVAL;
		hist = kvcalloc(DMABENCH_NR_PHASES, sizeof(*hist), GFP_KERNEL);
		if (!hist) {
			run->reason = DMABENCH_REASON_NO_MEMORY;
			return -ENOMEM;
		}
	} else if (run->hist_ptr || run->hist_len) {
		return -EINVAL;
	}

	err = mutex_lock_interruptible(&ctx->lock);
	if (err)
		goto out;
	err = dmabench_run(ctx, run, hist);
	mutex_unlock(&ctx->lock);
	if (hist && err != -ENODATA &&
	    copy_to_user(u64_to_user_ptr(run->hist_ptr), hist,
			 DMABENCH_NR_PHASES * sizeof(*hist)))
		err = -EFAULT;
out:
	kvfree(hist);
	return err;
}

/**
 * struct dmabench_call - an ioctl that takes a struct
 * @call:	does it; @arg is in kernel memory
 * @size:	of the struct as the module knows it
 * @first_size:	of the struct as it was first published
 * @locked:	@call is to be made with the context locked
 */
struct dmabench_call {
	int (*call)(struct file *file, void *arg);
	u32 size;
	u32 first_size;
	bool locked;
};

#define CALL(nr, fn, type, first, lock)						\
	[_IOC_NR(nr)] = {							\
		.call = fn, .size = sizeof(struct type), .first_size = first,	\
		.locked = lock,							\
	}

static const struct dmabench_call calls[] = {
	CALL(DMABENCH_IOC_INFO, ioctl_info, dmabench_info, 64, false),
	CALL(DMABENCH_IOC_CLOCK, ioctl_clock, dmabench_clock, 40, false),
	CALL(DMABENCH_IOC_STRATEGY, ioctl_strategy, dmabench_strategy_info, 192, false),
	CALL(DMABENCH_IOC_TARGET, ioctl_target, dmabench_target_info, 80, false),
	CALL(DMABENCH_IOC_SETUP, ioctl_setup, dmabench_setup, 120, true),
	CALL(DMABENCH_IOC_RUN, ioctl_run, dmabench_run, 48, false),
	CALL(DMABENCH_IOC_SYNC, ioctl_sync, dmabench_sync, 24, true),
	CALL(DMABENCH_IOC_MAPPING, ioctl_mapping, dmabench_mapping, 32, true),
	CALL(DMABENCH_IOC_MEMORY, ioctl_memory, dmabench_memory, 72, true),
	CALL(DMABENCH_IOC_DMABUF, ioctl_dmabuf, dmabench_dmabuf, 24, true),
	CALL(DMABENCH_IOC_TRANSFERS, ioctl_transfers, dmabench_transfers, 56, true),
	CALL(DMABENCH_IOC_PREPARE, ioctl_prepare, dmabench_prepare, 8, true),
	CALL(DMABENCH_IOC_TRACE_START, ioctl_trace_start, dmabench_trace_start, 64, false),
	CALL(DMABENCH_IOC_TRACE_READ, ioctl_trace_read, dmabench_trace_read, 80, false),
	CALL(DMABENCH_IOC_TRACE_STOP, ioctl_trace_stop, dmabench_trace_stop, 8, false),
};

union dmabench_arg {
	u32 size;
	struct dmabench_info info;
	struct dmabench_clock clock;
	struct dmabench_strategy_info strategy;
	struct dmabench_target_info target;
	struct dmabench_setup setup;
	struct dmabench_run run;
	struct dmabench_sync sync;
	struct dmabench_mapping mapping;
	struct dmabench_memory memory;
	struct dmabench_dmabuf_call dmabuf;
	struct dmabench_transfers transfers;
	struct dmabench_prepare prepare;
	struct dmabench_trace_start trace_start;
	struct dmabench_trace_read trace_read;
	struct dmabench_trace_stop trace_stop;
};

static int teardown_call(struct dmabench_context *ctx)
{
	int err = mutex_lock_interruptible(&ctx->lock);

	if (err)
		return err;
	dmabench_teardown(ctx, -ENODATA);
	mutex_unlock(&ctx->lock);
	return 0;
}

static long dmabench_ioctl(struct file *file, unsigned int cmd, unsigned long argp)
{
	struct dmabench_context *ctx = file->private_data;
	void __user *uarg = (void __user *)argp;
	const struct dmabench_call *call;
	union dmabench_arg arg;
	bool told;
	u32 size;
	int err;

	if (cmd == DMABENCH_IOC_TEARDOWN)
		return teardown_call(ctx);
	if (cmd != _IO(DMABENCH_IOC_MAGIC, _IOC_NR(cmd)) ||
	    _IOC_NR(cmd) >= ARRAY_SIZE(calls) || !calls[_IOC_NR(cmd)].call)
		return -ENOTTY;
	call = &calls[_IOC_NR(cmd)];

	if (get_user(size, (u32 __user *)uarg))
		return -EFAULT;
	if (size < call->first_size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(&arg, call->size, uarg, size);
	if (err)
		return err;
	/* It may have changed since it was read first. */
	arg.size = size;

	if (call->locked) {
		err = mutex_lock_interruptible(&ctx->lock);
		if (err)
			return err;
	}
	err = call->call(file, &arg);
	if (call->locked)
		mutex_unlock(&ctx->lock);

	/* Also on failure: reasons and what was done until then are in there. */
	told = !copy_to_user(uarg, &arg, min(size, call->size));
	if (cmd == DMABENCH_IOC_DMABUF)
		dmabench_dmabuf_give(&arg.dmabuf, told);
	return told ? err : -EFAULT;
}

static const struct file_operations dmabench_fops = {
	.owner		= THIS_MODULE,
	.open		= dmabench_open,
	.release	= dmabench_release,
	.unlocked_ioctl	= dmabench_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.mmap		= dmabench_mmap,
};

static struct miscdevice dmabench_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "dmabench",
	.fops	= &dmabench_fops,
	.mode	= 0600,
};

static int __init dmabench_init(void)
{
	int err;

	err = dmabench_platform_init();
	if (err)
		return err;
	err = dmabench_pci_init();
	if (err)
		goto err_platform;
	err = dmabench_dmaengine_init();
	if (err)
		goto err_pci;
	err = misc_register(&dmabench_misc);
	if (err)
		goto err_dmaengine;
	return 0;

err_dmaengine:
	dmabench_dmaengine_exit();
err_pci:
	dmabench_pci_exit();
err_platform:
	dmabench_platform_exit();
	return err;
}

static void __exit dmabench_exit(void)
{
	misc_deregister(&dmabench_misc);
	dmabench_dmaengine_exit();
	dmabench_pci_exit();
	dmabench_platform_exit();
	ida_destroy(&context_ids);
}

module_init(dmabench_init);
module_exit(dmabench_exit);

MODULE_DESCRIPTION("Benchmark of DMA mapping strategies");
MODULE_AUTHOR("The dmabench authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(DMABENCH_VERSION);
