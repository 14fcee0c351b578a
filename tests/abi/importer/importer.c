// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that knows nothing of dmabench and uses a dma-buf as any driver would: for tests.
 *
 * Writing a file descriptor of a dma-buf to /sys/kernel/debug/dmabench_importer attaches a
 * device of this module to it, maps it, checks the mapping, looks at the memory through
 * vmap(), and takes everything back; the write fails if any of it did.  For the kernel that
 * the tests usually run on.
 */
#include <linux/debugfs.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/iosys-map.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/uaccess.h>

static struct platform_device *pdev;
static struct dentry *file;

/* The CPU's accesses through the kernel's own mapping, while the device has it mapped. */
static int check_memory(struct dma_buf *dmabuf)
{
	struct iosys_map map;
	u8 *bytes;
	int err;

	err = dma_buf_begin_cpu_access(dmabuf, DMA_BIDIRECTIONAL);
	if (err)
		return err;
	err = dma_buf_vmap(dmabuf, &map);
	if (err)
		goto out;
	bytes = map.vaddr;
	/* The test has filled it with 0x42, and looks for what is added to it here. */
	if (bytes[0] != 0x42 || bytes[dmabuf->size - 1] != 0x42)
		err = -EIO;
	bytes[0]++;
	bytes[dmabuf->size - 1]++;
	dma_buf_vunmap(dmabuf, &map);
out:
	return dma_buf_end_cpu_access(dmabuf, DMA_BIDIRECTIONAL) ?: err;
}

static int check_table(struct dma_buf *dmabuf, struct sg_table *sgt)
{
	struct scatterlist *sg;
	size_t mapped = 0;
	int i;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (!sg_dma_address(sg))
			return -EFAULT;
		mapped += sg_dma_len(sg);
	}
	return mapped == dmabuf->size ? 0 : -EMSGSIZE;
}

static int use(struct dma_buf *dmabuf)
{
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	int err;

	attach = dma_buf_attach(dmabuf, &pdev->dev);
	if (IS_ERR(attach))
		return PTR_ERR(attach);
	sgt = dma_buf_map_attachment(attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(sgt)) {
		err = PTR_ERR(sgt);
		goto out;
	}
	err = check_table(dmabuf, sgt) ?: check_memory(dmabuf);
	dma_buf_unmap_attachment(attach, sgt, DMA_BIDIRECTIONAL);
out:
	dma_buf_detach(dmabuf, attach);
	return err;
}

static ssize_t importer_write(struct file *unused, const char __user *text, size_t length,
			      loff_t *offset)
{
	struct dma_buf *dmabuf;
	int fd, err;

	err = kstrtoint_from_user(text, length, 0, &fd);
	if (err)
		return err;
	dmabuf = dma_buf_get(fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	err = use(dmabuf);
	dma_buf_put(dmabuf);
	return err ?: length;
}

static const struct file_operations importer_fops = {
	.owner	= THIS_MODULE,
	.write	= importer_write,
};

static int __init importer_init(void)
{
	int err;

	pdev = platform_device_register_simple("dmabench-importer", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err) {
		platform_device_unregister(pdev);
		return err;
	}
	file = debugfs_create_file("dmabench_importer", 0200, NULL, NULL, &importer_fops);
	return 0;
}

static void __exit importer_exit(void)
{
	debugfs_remove(file);
	platform_device_unregister(pdev);
}

module_init(importer_init);
module_exit(importer_exit);

MODULE_DESCRIPTION("Uses a dma-buf as a driver would, to test dmabench's");
MODULE_AUTHOR("The dmabench authors");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(DMA_BUF);
