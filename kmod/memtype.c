// SPDX-License-Identifier: GPL-2.0
/*
 * MAPPING: the memory type that is really in force, as the MMU sees it.  What was asked
 * for is no proof: x86 silently keeps user mappings of RAM to the type of the kernel's.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include "dmabench.h"

/**
 * struct memtype - an effective memory type
 * @type:	enum dmabench_memtype
 * @attr:	what it was decoded from; see struct dmabench_mapping
 */
struct memtype {
	u32 type;
	u32 attr;
};

#if defined(CONFIG_X86_64)
#include <asm/msr.h>

/* Intel SDM vol. 3, "Page Attribute Table": the entry that a PTE selects */
static struct memtype decode_entry(u64 entry, bool large)
{
	static const u8 types[8] = {
		[0] = DMABENCH_MEMTYPE_UNCACHED,
		[1] = DMABENCH_MEMTYPE_WRITECOMBINE,
		[4] = DMABENCH_MEMTYPE_WRITETHROUGH,
		[5] = DMABENCH_MEMTYPE_WRITEPROTECT,
		[6] = DMABENCH_MEMTYPE_WRITEBACK,
		[7] = DMABENCH_MEMTYPE_UNCACHED_MINUS,
	};
	unsigned int index = 0;
	u32 attr, low, high;

	if (!(entry & _PAGE_PRESENT))
		return (struct memtype){};
	if (entry & _PAGE_PWT)
		index |= 1;
	if (entry & _PAGE_PCD)
		index |= 2;
	if (entry & (large ? _PAGE_PAT_LARGE : _PAGE_PAT))
		index |= 4;
	rdmsr(MSR_IA32_CR_PAT, low, high);
	attr = ((index & 4 ? high : low) >> (8 * (index & 3))) & 7;
	return (struct memtype){ .type = types[attr], .attr = attr };
}

static struct memtype kernel_memtype(unsigned long addr)
{
	unsigned int level;
	pte_t *pte = lookup_address(addr, &level);

	if (!pte)
		return (struct memtype){};
	return decode_entry(pte_val(READ_ONCE(*pte)), level != PG_LEVEL_4K);
}

/* With mmap_lock held, so that the tables stay. */
static struct memtype user_memtype(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (pgd_none(*pgd))
		return (struct memtype){};
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return (struct memtype){};
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		return (struct memtype){};
	if (pud_leaf(*pud))
		return decode_entry(pud_val(*pud), true);
	pmd = pmd_offset(pud, addr);
	if (pmd_none(*pmd))
		return (struct memtype){};
	if (pmd_leaf(*pmd))
		return decode_entry(pmd_val(*pmd), true);
	return decode_entry(pte_val(READ_ONCE(*pte_offset_kernel(pmd, addr))), false);
}

#elif defined(CONFIG_ARM64)
#include <asm/barrier.h>
#include <asm/sysreg.h>
#include <asm/uaccess.h>

/* Arm ARM, MAIR_EL1: the same encoding as PAR_EL1.ATTR */
static struct memtype decode_par(u64 par)
{
	u32 attr = par >> 56;
	u32 type;

	if (par & 1)	/* the translation faulted */
		return (struct memtype){};
	if (!(attr >> 4))
		type = DMABENCH_MEMTYPE_DEVICE;
	else if (attr == 0xf0)	/* write-back with allocation tags */
		type = DMABENCH_MEMTYPE_WRITEBACK;
	else if (attr >> 4 != (attr & 0xf))	/* outer unlike inner: not ours */
		type = DMABENCH_MEMTYPE_UNKNOWN;
	else if (attr == 0x44)
		type = DMABENCH_MEMTYPE_NONCACHEABLE;
	else if (attr & 0x4)	/* 01xx transient, 11xx */
		type = DMABENCH_MEMTYPE_WRITEBACK;
	else
		type = DMABENCH_MEMTYPE_WRITETHROUGH;
	return (struct memtype){ .type = type, .attr = attr };
}

/* PAR_EL1 is not saved across exceptions, so none may come in between. */
static struct memtype kernel_memtype(unsigned long addr)
{
	unsigned long flags;
	u64 par;

	local_irq_save(flags);
	asm volatile("at s1e1r, %0" : : "r" (addr));
	isb();
	par = read_sysreg_par();
	local_irq_restore(flags);
	return decode_par(par);
}

static struct memtype user_memtype(struct mm_struct *mm, unsigned long addr)
{
	unsigned long flags;
	u64 par;

	local_irq_save(flags);
	uaccess_ttbr0_enable();
	asm volatile("at s1e0r, %0" : : "r" (addr));
	isb();
	par = read_sysreg_par();
	uaccess_ttbr0_disable();
	local_irq_restore(flags);
	return decode_par(par);
}

#else
static struct memtype kernel_memtype(unsigned long addr)
{
	return (struct memtype){};
}

static struct memtype user_memtype(struct mm_struct *mm, unsigned long addr)
{
	return (struct memtype){};
}
#endif

/**
 * dmabench_cached() - ask whether caches may hold what the kernel accesses of a buffer
 * @b:		buffer, its memory there
 *
 * Return: true where that is known.
 */
bool dmabench_cached(const struct dmabench_buffer *b)
{
	const void *memory = b->plain ?: b->cpu;
	u32 type = kernel_memtype((unsigned long)(memory ?: page_address(b->pages[0]))).type;

	return type == DMABENCH_MEMTYPE_WRITEBACK || type == DMABENCH_MEMTYPE_WRITETHROUGH;
}

/**
 * dmabench_mapping() - read back the memory types of a page of the mmap()ed buffer
 * @ctx:	context, locked
 * @file:	the context's file
 * @arg:	a user address; takes the answers
 *
 * Return: 0, -ENODATA, -ENODEV, -EINTR, or -EINVAL for an address elsewhere.
 */
int dmabench_mapping(struct dmabench_context *ctx, struct file *file,
		     struct dmabench_mapping *arg)
{
	unsigned long addr = untagged_addr(arg->user_addr);
	const struct dmabench_buffer *b = &ctx->buf;
	struct vm_area_struct *vma;
	struct memtype user, kernel;
	unsigned long offset;
	bool mapped;
	int err;

	err = dmabench_ready(ctx);
	if (err)
		return err;
	mutex_lock(&ctx->map_lock);
	mapped = ctx->was_mapped;
	mutex_unlock(&ctx->map_lock);
	if (!mapped)
		return -ENODATA;

	err = mmap_read_lock_killable(current->mm);
	if (err)
		return err;
	vma = find_vma(current->mm, addr);
	if (!vma || addr < vma->vm_start || vma->vm_file != file) {
		mmap_read_unlock(current->mm);
		return -EINVAL;
	}
	offset = addr - vma->vm_start +
		 ((vma->vm_pgoff - dmabench_mmap_pgoff(ctx)) << PAGE_SHIFT);
	user = user_memtype(current->mm, addr);
	kernel = kernel_memtype((unsigned long)b->cpu + offset);
	mmap_read_unlock(current->mm);

	arg->requested = b->mmap_mode;
	arg->user_type = user.type;
	arg->user_attr = user.attr;
	arg->kernel_type = kernel.type;
	arg->kernel_attr = kernel.attr;
	return 0;
}
