// SPDX-License-Identifier: GPL-2.0
/* Targets: the devices that the DMA API is called with, and who has claimed them. */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include "compat.h"
#include "dmabench.h"

static DEFINE_MUTEX(targets_lock);
static LIST_HEAD(targets);
static u32 last_id;

/**
 * dmabench_target_add() - make a device available
 * @t:		zeroed but for its engine; must stay until dmabench_target_remove() has returned
 * @dev:	bound to us, or our own
 * @kind:	enum dmabench_target_kind
 * @name:	unique
 *
 * Return: 0 or -EIO.
 */
int dmabench_target_add(struct dmabench_target *t, struct device *dev, u32 kind,
			const char *name)
{
	u32 reason;

	/* The masks of a device with a driver of its own are that driver's business. */
	if (kind != DMABENCH_TARGET_DMAENGINE && dmabench_set_masks(dev, 0, &reason))
		return -EIO;
	INIT_LIST_HEAD(&t->owners);
	t->dev = dev;
	t->kind = kind;
	strscpy_pad(t->name, name, sizeof(t->name));

	mutex_lock(&targets_lock);
	t->id = ++last_id;
	list_add_tail(&t->node, &targets);
	mutex_unlock(&targets_lock);
	return 0;
}

/**
 * dmabench_target_remove() - take a device away, also from under a run
 * @t:		target
 *
 * When this returns nothing is mapped for the device any more, neither for DMA nor into
 * user space.  May sleep until a group of laps is over.
 */
void dmabench_target_remove(struct dmabench_target *t)
{
	struct dmabench_context *ctx;

	mutex_lock(&targets_lock);
	list_del(&t->node);
	WRITE_ONCE(t->gone, true);
	while (!list_empty(&t->owners)) {
		ctx = list_first_entry(&t->owners, struct dmabench_context, owner_node);
		kref_get(&ctx->ref);
		mutex_unlock(&targets_lock);

		mutex_lock(&ctx->lock);
		if (ctx->target == t)
			dmabench_teardown(ctx, -ENODEV);
		mutex_unlock(&ctx->lock);
		dmabench_context_put(ctx);

		mutex_lock(&targets_lock);
	}
	mutex_unlock(&targets_lock);
}

u32 dmabench_target_count(void)
{
	struct dmabench_target *t;
	u32 count = 0;

	mutex_lock(&targets_lock);
	list_for_each_entry(t, &targets, node)
		count++;
	mutex_unlock(&targets_lock);
	return count;
}

static void target_describe(const struct dmabench_target *t,
			    struct dmabench_target_info *arg)
{
	struct device *dev = t->dev;
	size_t max = dma_max_mapping_size(dev);

	arg->id = t->id;
	arg->kind = t->kind;
	arg->flags = DMABENCH_TARGET_COHERENT_KNOWN;
	if (dmabench_dev_coherent(dev))
		arg->flags |= DMABENCH_TARGET_COHERENT;
	if (device_iommu_mapped(dev))
		arg->flags |= DMABENCH_TARGET_IOMMU;
	arg->node = dev_to_node(dev);
	arg->dma_mask = dma_get_mask(dev);
	arg->coherent_mask = dev->coherent_dma_mask;
	arg->max_mapping = max == SIZE_MAX ? U64_MAX : max;
	strscpy_pad(arg->name, t->name, sizeof(arg->name));
	arg->engine = DMABENCH_ENGINE_NONE;
	arg->engine_mask_bits = 0;
	arg->max_transfer = 0;
	if (t->engine) {
		arg->engine = t->engine->id;
		arg->engine_mask_bits = t->engine->mask_bits ?: fls64(arg->dma_mask);
		arg->max_transfer = t->engine->max_bytes;
	}
}

int dmabench_target_info(struct dmabench_target_info *arg)
{
	struct dmabench_target *t;
	u32 index = arg->index;
	int err = -EINVAL;

	/* The lock also keeps the device bound. */
	mutex_lock(&targets_lock);
	list_for_each_entry(t, &targets, node) {
		if (index--)
			continue;
		target_describe(t, arg);
		err = 0;
		break;
	}
	mutex_unlock(&targets_lock);
	return err;
}

static int target_join(struct dmabench_context *ctx, struct dmabench_target *t, bool shared,
		       u32 mask_bits)
{
	int err = dmabench_xfer_engine(&ctx->buf, t, &mask_bits);

	if (err)
		return err;
	if (list_empty(&t->owners)) {
		/* The masks of a device with a driver of its own stay as they are. */
		if (t->kind != DMABENCH_TARGET_DMAENGINE)
			err = dmabench_set_masks(t->dev, mask_bits, &ctx->buf.reason);
		else if (mask_bits)
			err = dmabench_fail(&ctx->buf, DMABENCH_REASON_DMA_MASK);
		if (err)
			return err;
		t->shared = shared;
		t->mask_bits = mask_bits;
	} else if (!t->shared || !shared || t->mask_bits != mask_bits) {
		return dmabench_fail(&ctx->buf, DMABENCH_REASON_TARGET_BUSY);
	}
	list_add_tail(&ctx->owner_node, &t->owners);
	ctx->target = t;
	return 0;
}

/**
 * dmabench_target_claim() - take a target for one's own, or a share in it
 * @ctx:	context, locked, without a target
 * @id:		of the target
 * @shared:	others may have it too, if they say so as well
 * @mask_bits:	width of the DMA masks, which all who share it have to agree on; 0: any memory
 *
 * The first one to claim it sets the masks.
 *
 * Return: 0, -ENODEV, or -EBUSY or -EIO with the reason set.
 */
int dmabench_target_claim(struct dmabench_context *ctx, u32 id, bool shared, u32 mask_bits)
{
	struct dmabench_target *t;
	int err = -ENODEV;

	mutex_lock(&targets_lock);
	list_for_each_entry(t, &targets, node) {
		if (t->id != id)
			continue;
		err = target_join(ctx, t, shared, mask_bits);
		break;
	}
	mutex_unlock(&targets_lock);
	return err;
}

/**
 * dmabench_target_seclude() - let no one else share the target that one has
 * @ctx:	context, locked, with a target
 *
 * Return: false, if someone does already.
 */
bool dmabench_target_seclude(struct dmabench_context *ctx)
{
	struct dmabench_target *t = ctx->target;
	bool alone;

	mutex_lock(&targets_lock);
	alone = list_is_singular(&t->owners);
	if (alone)
		t->shared = false;
	mutex_unlock(&targets_lock);
	return alone;
}

/**
 * dmabench_target_release() - give up a target; the last one resets its masks
 * @ctx:	context, locked, with a target for which nothing is mapped
 */
void dmabench_target_release(struct dmabench_context *ctx)
{
	struct dmabench_target *t = ctx->target;
	u32 reason;

	mutex_lock(&targets_lock);
	list_del(&ctx->owner_node);
	ctx->target = NULL;
	if (list_empty(&t->owners) && t->mask_bits)
		dmabench_set_masks(t->dev, 0, &reason);
	mutex_unlock(&targets_lock);
}

/**
 * struct platform_target - a device of the module's own
 * @name:	of the target
 * @device_name: of the device
 * @coherent:	the device snoops the CPU caches
 * @pdev:	the device
 * @target:	made of it
 */
struct platform_target {
	const char *name;
	const char *device_name;
	bool coherent;
	struct platform_device *pdev;
	struct dmabench_target target;
};

static struct platform_target platform_targets[] = {
#if DMABENCH_COHERENCE_BY_DEVICE
	{
		.name		= "platform-noncoherent",
		.device_name	= "dmabench-noncoherent",
	},
	{
		.name		= "platform-coherent",
		.device_name	= "dmabench-coherent",
		.coherent	= true,
	},
#else
	{
		.name		= "platform",
		.device_name	= "dmabench",
		.coherent	= true,
	},
#endif
};

/* NULL where all devices are coherent. */
struct device *dmabench_noncoherent_dev(void)
{
	if (platform_targets[0].coherent)
		return NULL;
	return &platform_targets[0].pdev->dev;
}

static int platform_target_add(struct platform_target *p)
{
	int err;

	p->pdev = platform_device_register_simple(p->device_name, PLATFORM_DEVID_NONE,
						  NULL, 0);
	if (IS_ERR(p->pdev))
		return PTR_ERR(p->pdev);
	dmabench_dev_set_coherent(&p->pdev->dev, p->coherent);
	err = dmabench_target_add(&p->target, &p->pdev->dev, DMABENCH_TARGET_PLATFORM,
				  p->name);
	if (err)
		platform_device_unregister(p->pdev);
	return err;
}

static void platform_targets_remove(unsigned int nr)
{
	while (nr--) {
		dmabench_target_remove(&platform_targets[nr].target);
		platform_device_unregister(platform_targets[nr].pdev);
	}
}

int dmabench_platform_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(platform_targets); i++) {
		err = platform_target_add(&platform_targets[i]);
		if (err) {
			platform_targets_remove(i);
			return err;
		}
	}
	return 0;
}

void dmabench_platform_exit(void)
{
	platform_targets_remove(ARRAY_SIZE(platform_targets));
}
