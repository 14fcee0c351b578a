// SPDX-License-Identifier: GPL-2.0
/*
 * A memory-to-memory channel of the machine's DMA engine, if there is one that is free.  The
 * engine's device, which its own driver is bound to, becomes a target.
 *
 * The channel is held until the module is unloaded, or until the engine is unbound from its
 * driver: dmaengine does not tell its clients of that, the driver core does.
 */
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/dmaengine.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/scatterlist.h>
#include <linux/sched/signal.h>
#include "compat.h"
#include "dmabench.h"

/* 64 MiB in this time is 3 MB/s: slower than any. */
#define TRANSFER_TIMEOUT	(20 * HZ)
/* How long it takes at most to notice that the target goes away. */
#define LOOK_UP			(HZ / 20)

/**
 * struct channel - the channel
 * @chan:	NULL: there is none; under engine_lock
 * @provider:	the device whose driver has lent it
 * @target:	made of it
 * @done:	the latest transfer ended
 * @result:	how
 */
static struct channel {
	struct dma_chan *chan;
	struct device *provider;
	struct dmabench_target target;
	struct completion done;
	enum dmaengine_tx_result result;
} channel;

static DEFINE_MUTEX(engine_lock);

static void memcpy_done(void *param, const struct dmaengine_result *result)
{
	channel.result = result ? result->result : DMA_TRANS_NOERROR;
	complete(&channel.done);
}

static int memcpy_submit(struct dmabench_buffer *b, dma_addr_t dma, dma_addr_t peer,
			 size_t bytes, bool last)
{
	const bool to_device = b->dir == DMA_TO_DEVICE;
	struct dma_async_tx_descriptor *tx;
	dma_cookie_t cookie;

	tx = dmaengine_prep_dma_memcpy(channel.chan, to_device ? peer : dma,
				       to_device ? dma : peer, bytes,
				       DMA_CTRL_ACK | (last ? DMA_PREP_INTERRUPT : 0));
	if (!tx)
		return -EIO;
	if (last)
		tx->callback_result = memcpy_done;
	cookie = dmaengine_submit(tx);
	return dma_submit_error(cookie) ? -EIO : 0;
}

/* Return: 0, -EIO, -ETIMEDOUT, -ENODEV, or -EINTR. */
static int memcpy_wait(const struct dmabench_target *target)
{
	unsigned long end = jiffies + TRANSFER_TIMEOUT;

	while (!wait_for_completion_timeout(&channel.done, LOOK_UP)) {
		if (READ_ONCE(target->gone))
			return -ENODEV;
		if (fatal_signal_pending(current))
			return -EINTR;
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
	}
	return channel.result == DMA_TRANS_NOERROR ? 0 : -EIO;
}

static int memcpy_transfer(struct dmabench_buffer *b)
{
	struct dmabench_xfer *x = &b->xfer;
	struct scatterlist *sgl, *sg;
	size_t at = 0;
	unsigned int i, nr;
	int err = 0;

	if (READ_ONCE(x->target->gone))
		return -ENODEV;
	reinit_completion(&channel.done);
	nr = dmabench_xfer_pieces(b, &sgl);
	if (!sgl)
		err = memcpy_submit(b, b->dma + x->offset, x->peer_dma, x->bytes, true);
	for (i = 0, sg = sgl; sg && i < nr && !err; i++, sg = sg_next(sg)) {
		err = memcpy_submit(b, sg_dma_address(sg), x->peer_dma + at, sg_dma_len(sg),
				    i == nr - 1);
		at += sg_dma_len(sg);
	}
	if (!err) {
		dma_async_issue_pending(channel.chan);
		err = memcpy_wait(x->target);
	}
	if (likely(!err))
		return 0;

	/* Also takes back what was submitted without being issued. */
	if (dmaengine_terminate_sync(channel.chan))
		x->stuck = true;
	if (err == -EIO)
		return dmabench_fail(b, DMABENCH_REASON_TRANSFER_FAILED);
	if (err == -ETIMEDOUT)
		return dmabench_fail(b, DMABENCH_REASON_TRANSFER_TIMEOUT);
	return err;
}

static int memcpy_check(struct dmabench_buffer *b)
{
	struct dmabench_xfer *x = &b->xfer;
	struct scatterlist *sgl, *sg;
	size_t at = 0;
	unsigned int i, nr;
	bool good = true;

	nr = dmabench_xfer_pieces(b, &sgl);
	if (!sgl)
		good = is_dma_copy_aligned(channel.chan->device, b->dma + x->offset,
					   x->peer_dma, x->bytes);
	for (i = 0, sg = sgl; sg && i < nr; i++, sg = sg_next(sg)) {
		good = good && is_dma_copy_aligned(channel.chan->device, sg_dma_address(sg),
						   x->peer_dma + at, sg_dma_len(sg));
		at += sg_dma_len(sg);
	}
	return good ? 0 : dmabench_fail(b, DMABENCH_REASON_TRANSFER_ALIGN);
}

static const struct dmabench_engine_ops memcpy_ops = {
	.id		= DMABENCH_ENGINE_MEMCPY,
	.max_bytes	= U64_MAX,
	.check		= memcpy_check,
	.transfer	= memcpy_transfer,
};

static void channel_put(void)
{
	mutex_lock(&engine_lock);
	if (channel.chan) {
		dmabench_target_remove(&channel.target);
		dma_release_channel(channel.chan);
		channel.chan = NULL;
	}
	mutex_unlock(&engine_lock);
}

static int engine_changes(struct notifier_block *nb, unsigned long action, void *data)
{
	if (action == BUS_NOTIFY_UNBIND_DRIVER && data == channel.provider)
		channel_put();
	return NOTIFY_DONE;
}

static struct notifier_block engine_notifier = {
	.notifier_call	= engine_changes,
};

/**
 * dmabench_dmaengine_init() - make a target of a memory-to-memory channel, if there is one
 *
 * Return: 0, also if there is none, or an error.
 */
int dmabench_dmaengine_init(void)
{
	char name[DMABENCH_NAME_LEN];
	struct dma_chan *chan;
	dma_cap_mask_t mask;
	int err;

	dma_cap_zero(mask);
	dma_cap_set(DMA_MEMCPY, mask);
	chan = dma_request_chan_by_mask(&mask);
	if (IS_ERR(chan))
		return 0;
	init_completion(&channel.done);
	channel.provider = get_device(chan->device->dev);
	channel.target.engine = &memcpy_ops;
	channel.chan = chan;
	snprintf(name, sizeof(name), "dmaengine:%s", dma_chan_name(chan));
	err = dmabench_target_add(&channel.target, dmabench_dmaengine_dev(chan),
				  DMABENCH_TARGET_DMAENGINE, name);
	if (err)
		goto err_release;
	if (channel.provider->bus) {
		err = bus_register_notifier(channel.provider->bus, &engine_notifier);
		if (err)
			goto err_remove;
	}
	return 0;

err_remove:
	dmabench_target_remove(&channel.target);
err_release:
	channel.chan = NULL;
	dma_release_channel(chan);
	put_device(channel.provider);
	channel.provider = NULL;
	return err;
}

/**
 * dmabench_dmaengine_exit() - give the channel back
 */
void dmabench_dmaengine_exit(void)
{
	if (!channel.provider)
		return;
	channel_put();
	if (channel.provider->bus)
		bus_unregister_notifier(channel.provider->bus, &engine_notifier);
	put_device(channel.provider);
}
