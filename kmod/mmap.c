// SPDX-License-Identifier: GPL-2.0
/*
 * mmap(): the buffer in user space, with the memory type that was asked for, for as
 * long as the buffer lives and no longer.
 */
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>
#ifdef CONFIG_X86_64
#include <asm/set_memory.h>
#endif
#include "compat.h"
#include "dmabench.h"

/* Whether user mappings of pages can be of that mode, which is not the usual type. */
static bool can_change_memtype(enum dmabench_mmap_mode mode)
{
#if defined(CONFIG_X86_64)
	/* With the PAT off, the kernel makes both the same. */
	return mode == DMABENCH_MMAP_UNCACHED ||
	       pgprot_val(pgprot_writecombine(PAGE_KERNEL)) !=
	       pgprot_val(pgprot_noncached(PAGE_KERNEL));
#else
	return IS_ENABLED(CONFIG_ARM64);
#endif
}

/**
 * dmabench_mmap_modes_here() - the modes of a strategy that this kernel can give
 * @strategy:	strategy
 *
 * x86 keeps all mappings of RAM to the type of its direct mapping, which modules may
 * change; arm64 takes the type from each page table entry.  Other architectures are not
 * known to give what they are asked for.
 *
 * Return: bit for each enum dmabench_mmap_mode.
 */
u32 dmabench_mmap_modes_here(const struct dmabench_strategy *strategy)
{
	u32 modes = strategy->mmap_modes;

	/* The DMA API's own mmap() knows its memory. */
	if (!strategy->sources)
		return modes;
	if (!can_change_memtype(DMABENCH_MMAP_WRITECOMBINE))
		modes &= ~BIT(DMABENCH_MMAP_WRITECOMBINE);
	if (!can_change_memtype(DMABENCH_MMAP_UNCACHED))
		modes &= ~BIT(DMABENCH_MMAP_UNCACHED);
	return modes;
}

#ifdef CONFIG_X86_64
static int change_memtype(struct dmabench_buffer *b)
{
	unsigned long addr = (unsigned long)b->cpu;
	int nr = DIV_ROUND_UP(b->size, PAGE_SIZE);
	int err;

	if (b->mmap_mode == DMABENCH_MMAP_WRITECOMBINE)
		err = set_memory_wc(addr, nr);
	else
		err = set_memory_uc(addr, nr);
	/* Also if it failed: large pages of the kernel's mapping are split one by one. */
	b->memtype_changed = true;
	if (err)
		return dmabench_fail(b, err == -ENOMEM ? DMABENCH_REASON_NO_MEMORY :
							 DMABENCH_REASON_MMAP_ARCH);
	return 0;
}

static bool restore_memtype(struct dmabench_buffer *b)
{
	if (b->memtype_changed &&
	    WARN_ON_ONCE(set_memory_wb((unsigned long)b->cpu,
				       DIV_ROUND_UP(b->size, PAGE_SIZE))))
		return false;
	b->memtype_changed = false;
	return true;
}
#else
/*
 * The kernel's own mapping stays cacheable.  What its zeroing has left in the caches has
 * to reach memory before a user looks past them, or the user sees what was there before.
 * Modules cannot clean the caches, but mapping for a device that does not snoop does it
 * (where it bounces, under swiotlb=force, it cleans the bounce buffer only).
 */
static int change_memtype(struct dmabench_buffer *b)
{
	struct device *dev = dmabench_noncoherent_dev();
	size_t bytes = PAGE_ALIGN(b->size);
	dma_addr_t dma;

	if (!dev)
		return dmabench_fail(b, DMABENCH_REASON_MMAP_ARCH);
	dma = dma_map_single(dev, b->cpu, bytes, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, dma))
		return dmabench_fail(b, DMABENCH_REASON_MAP_FAILED);
	dma_unmap_single(dev, dma, bytes, DMA_TO_DEVICE);
	return 0;
}

static bool restore_memtype(struct dmabench_buffer *b)
{
	return true;
}
#endif

/**
 * dmabench_mmap_prepare() - make the buffer's pages fit for the mode that is asked for
 * @b:		buffer, allocated
 *
 * Memory of the DMA API has its type already.
 *
 * Return: 0 or an error, with the reason set.
 */
int dmabench_mmap_prepare(struct dmabench_buffer *b)
{
	if (!b->strategy->sources)
		return 0;
	if (b->mmap_mode != DMABENCH_MMAP_WRITECOMBINE &&
	    b->mmap_mode != DMABENCH_MMAP_UNCACHED)
		return 0;
	return change_memtype(b);
}

/**
 * dmabench_mmap_unprepare() - undo dmabench_mmap_prepare()
 * @b:		buffer
 *
 * Return: whether its memory may be freed.
 */
bool dmabench_mmap_unprepare(struct dmabench_buffer *b)
{
	return restore_memtype(b);
}

/* The first of the page offsets that are this file's own in the shared address space. */
unsigned long dmabench_mmap_pgoff(const struct dmabench_context *ctx)
{
	return (unsigned long)ctx->id * (DMABENCH_MAX_SIZE >> PAGE_SHIFT);
}

/**
 * dmabench_mmap_allow() - let mmap() map the buffer that has just been set up
 * @ctx:	context, locked
 */
void dmabench_mmap_allow(struct dmabench_context *ctx)
{
	mutex_lock(&ctx->map_lock);
	if (ctx->buf.mmap_mode == DMABENCH_MMAP_NONE) {
		ctx->map_error = -EINVAL;
	} else {
		mmgrab(current->mm);
		ctx->mm = current->mm;
		ctx->map_error = 0;
	}
	mutex_unlock(&ctx->map_lock);
}

/**
 * dmabench_mmap_revoke() - take the buffer away from user space
 * @ctx:	context, locked
 * @error:	what mmap() is to return from now on
 *
 * Page tables are filled by mmap() before the VMA can be found through the address
 * space.  All that happens under the mmap_lock of ctx->mm, and an mmap() that comes later
 * sees @error; so once we have that lock, unmap_mapping_range() finds everything.  It is
 * held meanwhile because x86 warns of a VM_PAT area that loses its pages to us while
 * munmap(), which asks for the type of the first of them, is at work on it.
 */
void dmabench_mmap_revoke(struct dmabench_context *ctx, int error)
{
	bool was_mapped;

	mutex_lock(&ctx->map_lock);
	ctx->map_error = error;
	was_mapped = ctx->was_mapped;
	ctx->was_mapped = false;
	mutex_unlock(&ctx->map_lock);

	if (was_mapped) {
		mmap_write_lock(ctx->mm);
		unmap_mapping_range(ctx->mapping,
				    (loff_t)dmabench_mmap_pgoff(ctx) << PAGE_SHIFT,
				    DMABENCH_MAX_SIZE, 1);
		mmap_write_unlock(ctx->mm);
	}
	if (ctx->mm)
		mmdrop(ctx->mm);
	ctx->mm = NULL;
}

/**
 * dmabench_mmap_pages() - map a buffer of contiguous pages
 * @b:		buffer
 * @vma:	checked; it begins at the beginning of the buffer
 *
 * Return: 0 or an error of remap_pfn_range().
 */
int dmabench_mmap_pages(struct dmabench_buffer *b, struct vm_area_struct *vma)
{
	pgprot_t prot = vma->vm_page_prot;

	if (b->mmap_mode == DMABENCH_MMAP_WRITECOMBINE)
		prot = pgprot_writecombine(prot);
	else if (b->mmap_mode == DMABENCH_MMAP_UNCACHED)
		prot = pgprot_noncached(prot);
	return remap_pfn_range(vma, vma->vm_start, PHYS_PFN(virt_to_phys(b->cpu)),
			       vma->vm_end - vma->vm_start, prot);
}

/* Comes with the mmap_lock held for writing; see the lock order in dmabench.h. */
int dmabench_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct dmabench_context *ctx = file->private_data;
	struct dmabench_buffer *b = &ctx->buf;
	int err;

	if (!(vma->vm_flags & VM_SHARED) || vma->vm_pgoff)
		return -EINVAL;

	err = mutex_lock_interruptible(&ctx->map_lock);
	if (err)
		return err;
	err = ctx->map_error;
	if (err)
		goto out;
	err = -EINVAL;
	if (vma->vm_mm != ctx->mm ||
	    vma->vm_end - vma->vm_start > PAGE_ALIGN(b->size))
		goto out;

	dmabench_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY);
	err = b->strategy->mmap(b, vma);
	if (err)
		goto out;
	vma->vm_pgoff = dmabench_mmap_pgoff(ctx);
	ctx->was_mapped = true;
out:
	mutex_unlock(&ctx->map_lock);
	return err;
}
