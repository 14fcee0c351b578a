/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that dmabench builds on.  Every test of
 * LINUX_VERSION_CODE is here, and only where there is nothing else to test.
 */
#ifndef _DMABENCH_COMPAT_H
#define _DMABENCH_COMPAT_H

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/iommu.h>
#include <linux/dmaengine.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>
#include <linux/version.h>

/* 6.12 moved it. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* 6.8 made MAX_PAGE_ORDER; 6.4 made MAX_ORDER the largest valid order. */
#if defined(MAX_PAGE_ORDER)
#define DMABENCH_MAX_PAGE_ORDER	MAX_PAGE_ORDER
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define DMABENCH_MAX_PAGE_ORDER	MAX_ORDER
#else
#define DMABENCH_MAX_PAGE_ORDER	(MAX_ORDER - 1)
#endif

/* Before 6.5 a cache may share its slabs with another of objects alike, kmalloc()'s too. */
#ifdef SLAB_NO_MERGE
#define DMABENCH_SLAB_NO_MERGE	SLAB_NO_MERGE
#else
#define DMABENCH_SLAB_NO_MERGE	0
#endif

/* 6.3 locks the VMA when its flags change. */
static inline void dmabench_vm_flags_set(struct vm_area_struct *vma,
					 unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

/* 5.11 made kmap_local_page(). */
static inline void *dmabench_kmap(struct page *page)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return kmap_local_page(page);
#else
	return kmap(page);
#endif
}

static inline void dmabench_kunmap(struct page *page, void *addr)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	kunmap_local(addr);
#else
	kunmap(page);
#endif
}

#ifdef CONFIG_DMA_SHARED_BUFFER
#include <linux/dma-buf.h>
#include <linux/module.h>

/* 5.16 put dma-buf into a namespace, 6.13 made its name a string. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define DMABENCH_IMPORT_DMA_BUF	MODULE_IMPORT_NS("DMA_BUF")
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
#define DMABENCH_IMPORT_DMA_BUF	MODULE_IMPORT_NS(DMA_BUF)
#else
#define DMABENCH_IMPORT_DMA_BUF	struct dma_buf
#endif

/* 5.11 gave dma_buf_ops.vmap and vunmap a struct, 5.18 renamed it. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 18, 0)
#define iosys_map		dma_buf_map
#define iosys_map_set_vaddr	dma_buf_map_set_vaddr
#endif
#define DMABENCH_DEFINE_DMABUF_VMAP(name, get, put)				\
static int name##_vmap(struct dma_buf *dmabuf, struct iosys_map *map)		\
{										\
	void *vaddr = get(dmabuf);						\
										\
	if (!vaddr)								\
		return -ENOMEM;							\
	iosys_map_set_vaddr(map, vaddr);					\
	return 0;								\
}										\
										\
static void name##_vunmap(struct dma_buf *dmabuf, struct iosys_map *map)	\
{										\
	put(dmabuf);								\
}
#else
#define DMABENCH_DEFINE_DMABUF_VMAP(name, get, put)				\
static void *name##_vmap(struct dma_buf *dmabuf)				\
{										\
	return get(dmabuf);							\
}										\
										\
static void name##_vunmap(struct dma_buf *dmabuf, void *vaddr)			\
{										\
	put(dmabuf);								\
}
#endif
#endif /* CONFIG_DMA_SHARED_BUFFER */

/* 5.13 made dma_alloc_noncontiguous(). */
#define DMABENCH_HAVE_NONCONTIGUOUS	(LINUX_VERSION_CODE >= KERNEL_VERSION(5, 13, 0))

/* 6.10 skips dma_sync_*() inline where nothing has to be done. */
static inline bool dmabench_sync_elided(struct device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return !dma_dev_need_sync(dev);
#else
	return false;
#endif
}

/* Whether an IOMMU stands between the device and memory, and translates. */
static inline bool dmabench_translates(struct device *dev)
{
#ifdef CONFIG_IOMMU_API
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && domain->type != IOMMU_DOMAIN_IDENTITY;
#else
	return false;
#endif
}

/**
 * struct dmabench_bounces - a device's bounce buffers
 * @active:	there are some
 * @forced:	all streaming mappings use them
 * @last:	their last physical address
 */
struct dmabench_bounces {
	bool active;
	bool forced;
	phys_addr_t last;
};

/* 5.15 lets each device have its own, and 6.6 more than one pool. */
static inline struct dmabench_bounces dmabench_bounces(struct device *dev)
{
	struct dmabench_bounces bounces = { .active = false };

#if defined(CONFIG_SWIOTLB) && LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
	const struct io_tlb_mem *mem = dev->dma_io_tlb_mem;

	if (mem && mem->nslabs) {
		bounces.active = true;
		bounces.forced = mem->force_bounce;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
		bounces.last = mem->defpool.end - 1;
#else
		bounces.last = mem->end - 1;
#endif
	}
#elif defined(CONFIG_SWIOTLB)
	/* Nothing tells where they are, but that they are made to be in reach of 32 bits. */
	bounces.active = dma_max_mapping_size(dev) != SIZE_MAX;
	bounces.last = U32_MAX;
#endif
	return bounces;
}

/*
 * The condition under which struct device knows whether it is coherent: in a bit field,
 * or since 7.x in flags with accessors (Kbuild looks which).
 */
#if defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE) || \
	defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU) || \
	defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU_ALL)
#define DMABENCH_COHERENCE_BY_DEVICE	1

static inline bool dmabench_dev_coherent(const struct device *dev)
{
#ifdef DMABENCH_HAVE_DEV_FLAGS
	return dev_dma_coherent(dev);
#else
	return dev->dma_coherent;
#endif
}

static inline void dmabench_dev_set_coherent(struct device *dev, bool coherent)
{
#ifdef DMABENCH_HAVE_DEV_FLAGS
	dev_assign_dma_coherent(dev, coherent);
#else
	dev->dma_coherent = coherent;
#endif
}
#else
#define DMABENCH_COHERENCE_BY_DEVICE	0

static inline bool dmabench_dev_coherent(const struct device *dev)
{
	return true;
}

static inline void dmabench_dev_set_coherent(struct device *dev, bool coherent)
{
}
#endif

/* 5.11 lets a channel have a device of its own to map for. */
static inline struct device *dmabench_dmaengine_dev(struct dma_chan *chan)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return dmaengine_get_dma_device(chan);
#else
	return chan->device->dev;
#endif
}

#ifdef DMABENCH_HAVE_TRACE
#include <linux/kprobes.h>

/* 5.11 made get_kretprobe(). */
static inline struct kretprobe *dmabench_get_kretprobe(struct kretprobe_instance *instance)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return get_kretprobe(instance);
#else
	return instance->rp;
#endif
}

#ifdef CONFIG_ARM64
/* The helper for this has had several names.  XPACLRI, a hint, takes the code out of x30. */
static inline unsigned long dmabench_strip_pac(unsigned long address)
{
	register unsigned long lr asm("x30") = address;

	asm("hint #7" : "+r" (lr));
	return lr;
}
#endif
#endif /* DMABENCH_HAVE_TRACE */

#endif /* _DMABENCH_COMPAT_H */
