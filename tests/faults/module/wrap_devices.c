// SPDX-License-Identifier: GPL-2.0
/* Wrapped calls: DMA, and the devices that it is for. */
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dmaengine.h>
#include <linux/dmapool.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/kprobes.h>
#include <linux/miscdevice.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include "wrap.h"

/* A mapping is undone with the size and the direction that it was made with. */
#define EXTENT(size, dir)	((u64)(size) << 2 | (dir))

WRAP_GET(dma_map_page_attrs, dma_addr_t, DMA_MAPPING_ERROR, got != DMA_MAPPING_ERROR,
	 FAULTS_MAPPING, got, EXTENT(size, dir), (dev, page, offset, size, dir, attrs),
	 struct device *dev, struct page *page, size_t offset, size_t size,
	 enum dma_data_direction dir, unsigned long attrs)
WRAP_PUT(dma_unmap_page_attrs, dev, FAULTS_MAPPING, dma, EXTENT(size, dir),
	 (dev, dma, size, dir, attrs),
	 struct device *dev, dma_addr_t dma, size_t size, enum dma_data_direction dir,
	 unsigned long attrs)
WRAP_GET(dma_map_sgtable, int, -EIO, !got, FAULTS_MAPPING_SG, sgt->sgl,
	 EXTENT(sgt->orig_nents, dir), (dev, sgt, dir, attrs),
	 struct device *dev, struct sg_table *sgt, enum dma_data_direction dir,
	 unsigned long attrs)
WRAP_PUT(dma_unmap_sg_attrs, dev, FAULTS_MAPPING_SG, sg, EXTENT(nents, dir),
	 (dev, sg, nents, dir, attrs),
	 struct device *dev, struct scatterlist *sg, int nents, enum dma_data_direction dir,
	 unsigned long attrs)

WRAP_GET(dma_alloc_attrs, void *, NULL, got, FAULTS_DMA_MEMORY, got, size,
	 (dev, size, dma, gfp, attrs),
	 struct device *dev, size_t size, dma_addr_t *dma, gfp_t gfp, unsigned long attrs)
WRAP_PUT(dma_free_attrs, cpu, FAULTS_DMA_MEMORY, cpu, size, (dev, size, cpu, dma, attrs),
	 struct device *dev, size_t size, void *cpu, dma_addr_t dma, unsigned long attrs)
WRAP_GET(dma_alloc_pages, struct page *, NULL, got, FAULTS_DMA_PAGES, got, EXTENT(size, dir),
	 (dev, size, dma, dir, gfp),
	 struct device *dev, size_t size, dma_addr_t *dma, enum dma_data_direction dir, gfp_t gfp)
WRAP_PUT(dma_free_pages, page, FAULTS_DMA_PAGES, page, EXTENT(size, dir),
	 (dev, size, page, dma, dir),
	 struct device *dev, size_t size, struct page *page, dma_addr_t dma,
	 enum dma_data_direction dir)
WRAP_GET(dma_alloc_noncontiguous, struct sg_table *, NULL, got, FAULTS_DMA_SGT, got,
	 EXTENT(size, dir), (dev, size, dir, gfp, attrs),
	 struct device *dev, size_t size, enum dma_data_direction dir, gfp_t gfp,
	 unsigned long attrs)
WRAP_PUT(dma_free_noncontiguous, sgt, FAULTS_DMA_SGT, sgt, EXTENT(size, dir),
	 (dev, size, sgt, dir),
	 struct device *dev, size_t size, struct sg_table *sgt, enum dma_data_direction dir)
WRAP_GET(dma_vmap_noncontiguous, void *, NULL, got, FAULTS_DMA_VMAP, got, 0, (dev, size, sgt),
	 struct device *dev, size_t size, struct sg_table *sgt)
WRAP_PUT(dma_vunmap_noncontiguous, p, FAULTS_DMA_VMAP, p, 0, (dev, p),
	 struct device *dev, void *p)
WRAP_CALL(dma_mmap_attrs, int, -ENXIO, (dev, vma, cpu, dma, size, attrs),
	  struct device *dev, struct vm_area_struct *vma, void *cpu, dma_addr_t dma, size_t size,
	  unsigned long attrs)

WRAP_GET(dma_pool_create, struct dma_pool *, NULL, got, FAULTS_POOL, got, 0,
	 (name, dev, size, align, boundary),
	 const char *name, struct device *dev, size_t size, size_t align, size_t boundary)
WRAP_PUT(dma_pool_destroy, pool, FAULTS_POOL, pool, 0, (pool), struct dma_pool *pool)
WRAP_GET(dma_pool_alloc, void *, NULL, got, FAULTS_POOL_BLOCK, got, pool, (pool, gfp, dma),
	 struct dma_pool *pool, gfp_t gfp, dma_addr_t *dma)
WRAP_PUT(dma_pool_free, p, FAULTS_POOL_BLOCK, p, pool, (pool, p, dma),
	 struct dma_pool *pool, void *p, dma_addr_t dma)

WRAP_CALL(dma_set_mask, int, -EIO, (dev, mask), struct device *dev, u64 mask)
WRAP_CALL(dma_set_coherent_mask, int, -EIO, (dev, mask), struct device *dev, u64 mask)

WRAP_GET(sg_alloc_table, int, -ENOMEM, !got, FAULTS_SG_TABLE, sgt, 0, (sgt, nents, gfp),
	 struct sg_table *sgt, unsigned int nents, gfp_t gfp)
WRAP_GET(sg_alloc_table_from_pages_segment, int, -ENOMEM, !got, FAULTS_SG_TABLE, sgt, 0,
	 (sgt, pages, nr, offset, size, max, gfp),
	 struct sg_table *sgt, struct page **pages, unsigned int nr, unsigned int offset,
	 unsigned long size, unsigned int max, gfp_t gfp)
WRAP_PUT(sg_free_table, sgt, FAULTS_SG_TABLE, sgt, 0, (sgt), struct sg_table *sgt)

WRAP_GET(dma_request_chan_by_mask, struct dma_chan *, ERR_PTR(-ENODEV), !IS_ERR(got),
	 FAULTS_CHANNEL, got, 0, (mask), const dma_cap_mask_t *mask)
WRAP_PUT(dma_release_channel, chan, FAULTS_CHANNEL, chan, 0, (chan), struct dma_chan *chan)

WRAP_GET(dma_buf_export, struct dma_buf *, ERR_PTR(-ENOMEM), !IS_ERR(got), FAULTS_DMABUF, got, 0,
	 (info), const struct dma_buf_export_info *info)
WRAP_PUT(dma_buf_put, dmabuf, FAULTS_DMABUF, dmabuf, 0, (dmabuf), struct dma_buf *dmabuf)
WRAP_GET(get_unused_fd_flags, int, -EMFILE, got >= 0, FAULTS_FD, got, 0, (flags),
	 unsigned int flags)
WRAP_PUT(put_unused_fd, true, FAULTS_FD, fd, 0, (fd), unsigned int fd)

/* From here on it is the process that holds both. */
void __real_fd_install(unsigned int fd, struct file *file);
void __wrap_fd_install(unsigned int fd, struct file *file);
void __wrap_fd_install(unsigned int fd, struct file *file)
{
	faults_release(FAULTS_FD, fd, 0, "fd_install", SITE);
	faults_release(FAULTS_DMABUF, KEY(file->private_data), 0, "fd_install", SITE);
	__real_fd_install(fd, file);
}

struct device *__real_get_device(struct device *dev);
struct device *__wrap_get_device(struct device *dev);
struct device *__wrap_get_device(struct device *dev)
{
	if (dev)
		faults_hold(FAULTS_DEVICE, KEY(dev), 0, "get_device", SITE);
	return __real_get_device(dev);
}

WRAP_PUT(put_device, dev, FAULTS_DEVICE, dev, 0, (dev), struct device *dev)

WRAP_GET(bus_register_notifier, int, -ENOMEM, !got, FAULTS_NOTIFIER, nb, 0, (bus, nb),
	 struct bus_type *bus, struct notifier_block *nb)

int __real_bus_unregister_notifier(struct bus_type *bus, struct notifier_block *nb);
int __wrap_bus_unregister_notifier(struct bus_type *bus, struct notifier_block *nb);
int __wrap_bus_unregister_notifier(struct bus_type *bus, struct notifier_block *nb)
{
	faults_release(FAULTS_NOTIFIER, KEY(nb), 0, "bus_unregister_notifier", SITE);
	return __real_bus_unregister_notifier(bus, nb);
}

WRAP_GET(misc_register, int, -EBUSY, !got, FAULTS_REGISTERED, misc, 0, (misc),
	 struct miscdevice *misc)
WRAP_PUT(misc_deregister, misc, FAULTS_REGISTERED, misc, 0, (misc), struct miscdevice *misc)
WRAP_GET(__pci_register_driver, int, -ENOMEM, !got, FAULTS_REGISTERED, driver, 0,
	 (driver, owner, name), struct pci_driver *driver, struct module *owner, const char *name)
WRAP_PUT(pci_unregister_driver, driver, FAULTS_REGISTERED, driver, 0, (driver),
	 struct pci_driver *driver)
WRAP_GET(platform_device_register_full, struct platform_device *, ERR_PTR(-ENOMEM), !IS_ERR(got),
	 FAULTS_REGISTERED, got, 0, (info), const struct platform_device_info *info)
WRAP_PUT(platform_device_unregister, pdev, FAULTS_REGISTERED, pdev, 0, (pdev),
	 struct platform_device *pdev)

WRAP_GET(pci_enable_device_mem, int, -EIO, !got, FAULTS_PCI_ENABLED, pdev, 0, (pdev),
	 struct pci_dev *pdev)
WRAP_PUT(pci_disable_device, pdev, FAULTS_PCI_ENABLED, pdev, 0, (pdev), struct pci_dev *pdev)
WRAP_GET(pci_request_region, int, -EBUSY, !got, FAULTS_PCI_REGION, pdev, bar, (pdev, bar, name),
	 struct pci_dev *pdev, int bar, const char *name)
WRAP_PUT(pci_release_region, pdev, FAULTS_PCI_REGION, pdev, bar, (pdev, bar),
	 struct pci_dev *pdev, int bar)
WRAP_GET(pci_iomap, void __iomem *, NULL, got, FAULTS_PCI_IOMAP, got, 0, (pdev, bar, max),
	 struct pci_dev *pdev, int bar, unsigned long max)
WRAP_PUT(pci_iounmap, pdev, FAULTS_PCI_IOMAP, p, 0, (pdev, p), struct pci_dev *pdev,
	 void __iomem *p)
WRAP_TAKE(pci_set_master, FAULTS_PCI_MASTER, pdev, (pdev), struct pci_dev *pdev)
WRAP_PUT(pci_clear_master, pdev, FAULTS_PCI_MASTER, pdev, 0, (pdev), struct pci_dev *pdev)

WRAP_GET(register_kprobe, int, how == 1 ? -ENOMEM : -ENOENT, !got, FAULTS_PROBE, probe, 0,
	 (probe), struct kprobe *probe)
WRAP_PUT(unregister_kprobe, probe, FAULTS_PROBE, probe, 0, (probe), struct kprobe *probe)
WRAP_GET(register_kretprobe, int, how == 1 ? -ENOMEM : -ENOENT, !got, FAULTS_PROBE, probe, 0,
	 (probe), struct kretprobe *probe)
WRAP_PUT(unregister_kretprobe, probe, FAULTS_PROBE, probe, 0, (probe), struct kretprobe *probe)

void __real_unregister_kretprobes(struct kretprobe **probes, int nr);
void __wrap_unregister_kretprobes(struct kretprobe **probes, int nr);
void __wrap_unregister_kretprobes(struct kretprobe **probes, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		faults_release(FAULTS_PROBE, KEY(probes[i]), 0, "unregister_kretprobes", SITE);
	__real_unregister_kretprobes(probes, nr);
}
