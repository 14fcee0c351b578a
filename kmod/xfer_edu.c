// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU's edu device, a PCI function with a page of memory and an engine between it and the
 * machine's.  It takes 100 ms over a transfer, whatever the length, and has 28 address bits.
 * https://www.qemu.org/docs/master/specs/edu.html
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include "dmabench.h"

#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8

#define EDU_ID		0x00
#define EDU_ID_MASK	0xff
#define EDU_ID_VALUE	0xed
#define EDU_DMA_SOURCE	0x80
#define EDU_DMA_DEST	0x88
#define EDU_DMA_COUNT	0x90
#define EDU_DMA_CMD	0x98
#define EDU_DMA_RUN	BIT(0)
#define EDU_DMA_TO_RAM	BIT(1)

/* Where the engine sees the device's own memory. */
#define EDU_MEMORY	0x40000
/* A whole page, which is what the device has, ends QEMU 7.2: its check is off by one. */
#define EDU_MAX_BYTES	4095
/* A transfer takes 100 ms of the guest's time. */
#define EDU_TIMEOUT	(5 * HZ)

/**
 * struct edu - the engine of a function
 * @pdev:	the function
 * @regs:	its registers
 */
struct edu {
	struct pci_dev *pdev;
	void __iomem *regs;
};

/* All ones come from a function that has been pulled out: it runs no more. */
static bool edu_runs(const struct edu *edu)
{
	u32 command = readl(edu->regs + EDU_DMA_CMD);

	return command != ~0U && command & EDU_DMA_RUN;
}

static bool edu_wait(const struct edu *edu)
{
	unsigned long end = jiffies + EDU_TIMEOUT;

	while (edu_runs(edu)) {
		if (time_after(jiffies, end))
			return false;
		usleep_range(500, 1000);
	}
	return true;
}

/*
 * The engine cannot be stopped, so this waits for it to the end, also for a target that goes
 * away.  Should it never end, it loses the right to reach memory.
 */
static int edu_move(struct dmabench_buffer *b, dma_addr_t dma, bool to_ram)
{
	struct edu *edu = b->xfer.target->engine_data;

	if (READ_ONCE(b->xfer.target->gone))
		return -ENODEV;
	writel(to_ram ? EDU_MEMORY : lower_32_bits(dma), edu->regs + EDU_DMA_SOURCE);
	writel(to_ram ? lower_32_bits(dma) : EDU_MEMORY, edu->regs + EDU_DMA_DEST);
	writel(b->xfer.bytes, edu->regs + EDU_DMA_COUNT);
	writel(EDU_DMA_RUN | (to_ram ? EDU_DMA_TO_RAM : 0), edu->regs + EDU_DMA_CMD);
	if (edu_wait(edu))
		return READ_ONCE(b->xfer.target->gone) ? -ENODEV : 0;
	pci_clear_master(edu->pdev);
	return dmabench_fail(b, DMABENCH_REASON_TRANSFER_TIMEOUT);
}

static int edu_send(struct dmabench_buffer *b)
{
	return edu_move(b, b->xfer.peer_dma, false);
}

static int edu_receive(struct dmabench_buffer *b)
{
	return edu_move(b, b->xfer.peer_dma, true);
}

static int edu_transfer(struct dmabench_buffer *b)
{
	return edu_move(b, b->dma + b->xfer.offset, b->dir == DMA_FROM_DEVICE);
}

static const struct dmabench_engine_ops edu_ops = {
	.id		= DMABENCH_ENGINE_EDU,
	.mask_bits	= 28,
	.max_bytes	= EDU_MAX_BYTES,
	.send		= edu_send,
	.receive	= edu_receive,
	.transfer	= edu_transfer,
};

/**
 * dmabench_edu_probe() - give a target its engine, if it is an edu device
 * @t:		target to be
 * @pdev:	its function
 *
 * Return: 0, also for any other function, or an error.
 */
int dmabench_edu_probe(struct dmabench_target *t, struct pci_dev *pdev)
{
	struct edu *edu;
	int err;

	if (pdev->vendor != EDU_VENDOR || pdev->device != EDU_DEVICE)
		return 0;
	edu = kzalloc(sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return -ENOMEM;
	edu->pdev = pdev;
	err = pci_enable_device_mem(pdev);
	if (err)
		goto err_free;
	err = pci_request_region(pdev, 0, "dmabench");
	if (err)
		goto err_disable;
	edu->regs = pci_iomap(pdev, 0, 0);
	if (!edu->regs) {
		err = -ENOMEM;
		goto err_release;
	}
	if ((readl(edu->regs + EDU_ID) & EDU_ID_MASK) != EDU_ID_VALUE) {
		err = -ENODEV;
		goto err_unmap;
	}
	pci_set_master(pdev);
	t->engine = &edu_ops;
	t->engine_data = edu;
	return 0;

err_unmap:
	pci_iounmap(pdev, edu->regs);
err_release:
	pci_release_region(pdev, 0);
err_disable:
	pci_disable_device(pdev);
err_free:
	kfree(edu);
	return err;
}

/**
 * dmabench_edu_remove() - undo dmabench_edu_probe()
 * @t:		target that nobody has claimed any more
 */
void dmabench_edu_remove(struct dmabench_target *t)
{
	struct edu *edu = t->engine_data;

	if (!edu)
		return;
	pci_clear_master(edu->pdev);
	pci_iounmap(edu->pdev, edu->regs);
	pci_release_region(edu->pdev, 0);
	pci_disable_device(edu->pdev);
	kfree(edu);
}
