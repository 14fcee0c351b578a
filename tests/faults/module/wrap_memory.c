// SPDX-License-Identifier: GPL-2.0
/* Wrapped calls: memory, user space, and locks. */
#include <linux/capability.h>
#include <linux/cpu.h>
#include <linux/gfp.h>
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rwsem.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#ifdef CONFIG_X86
#include <asm/set_memory.h>
#endif
#include "wrap.h"

/* Memory by its address */

#define WRAP_ALLOC(name, arguments, ...)					\
	WRAP_GET(name, void *, NULL, got, FAULTS_MEMORY, got, 0, arguments, __VA_ARGS__)
#define WRAP_FREE(name, p, arguments, ...)					\
	WRAP_PUT(name, p, FAULTS_MEMORY, p, 0, arguments, __VA_ARGS__)

WRAP_ALLOC(__kmalloc, (size, gfp), size_t size, gfp_t gfp)
WRAP_ALLOC(__kmalloc_node, (size, gfp, node), size_t size, gfp_t gfp, int node)
WRAP_ALLOC(kmalloc_trace, (cache, gfp, size), struct kmem_cache *cache, gfp_t gfp, size_t size)
WRAP_ALLOC(kvmalloc_node, (size, gfp, node), size_t size, gfp_t gfp, int node)
WRAP_ALLOC(kmem_cache_alloc, (cache, gfp), struct kmem_cache *cache, gfp_t gfp)
WRAP_ALLOC(kmem_cache_alloc_node, (cache, gfp, node), struct kmem_cache *cache, gfp_t gfp, int node)
WRAP_ALLOC(vmalloc, (size), unsigned long size)
WRAP_ALLOC(vzalloc_node, (size, node), unsigned long size, int node)
WRAP_FREE(kfree, p, (p), const void *p)
WRAP_FREE(kvfree, p, (p), const void *p)
WRAP_FREE(vfree, p, (p), const void *p)
WRAP_FREE(kmem_cache_free, p, (cache, p), struct kmem_cache *cache, void *p)

WRAP_GET(kmem_cache_create, struct kmem_cache *, NULL, got, FAULTS_CACHE, got, 0,
	 (name, size, align, flags, ctor),
	 const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
	 void (*ctor)(void *))
WRAP_PUT(kmem_cache_destroy, cache, FAULTS_CACHE, cache, 0, (cache), struct kmem_cache *cache)

#ifdef CONFIG_X86
WRAP_GET(__alloc_percpu, void __percpu *, NULL, got, FAULTS_PERCPU, got, 0, (size, align),
	 size_t size, size_t align)
WRAP_PUT(free_percpu, p, FAULTS_PERCPU, p, 0, (p), void __percpu *p)
#endif

/* Pages: each by the first of them, with how many there are */

WRAP_GET(alloc_pages, struct page *, NULL, got, FAULTS_PAGES, page_address(got), 1UL << order,
	 (gfp, order), gfp_t gfp, unsigned int order)
WRAP_GET(__alloc_pages, struct page *, NULL, got, FAULTS_PAGES, page_address(got), 1UL << order,
	 (gfp, order, node, nodes),
	 gfp_t gfp, unsigned int order, int node, nodemask_t *nodes)
WRAP_GET(__get_free_pages, unsigned long, 0, got, FAULTS_PAGES, got, 1UL << order, (gfp, order),
	 gfp_t gfp, unsigned int order)
WRAP_PUT(__free_pages, page, FAULTS_PAGES, page_address(page), 1UL << order, (page, order),
	 struct page *page, unsigned int order)
WRAP_PUT(free_pages, addr, FAULTS_PAGES, addr, 1UL << order, (addr, order),
	 unsigned long addr, unsigned int order)

/* Pages that are split are given back one by one, or as alloc_pages_exact()'s. */
static void hold_each(const void *p, size_t nr, const char *function, unsigned long site)
{
	for (; nr--; p += PAGE_SIZE)
		faults_hold(FAULTS_PAGES, KEY(p), 1, function, site);
}

void __real_split_page(struct page *page, unsigned int order);
void __wrap_split_page(struct page *page, unsigned int order);
void __wrap_split_page(struct page *page, unsigned int order)
{
	__real_split_page(page, order);
	faults_release(FAULTS_PAGES, KEY(page_address(page)), 1UL << order, "split_page", SITE);
	hold_each(page_address(page), 1UL << order, "split_page", SITE);
}

void *__real_alloc_pages_exact(size_t size, gfp_t gfp);
void *__wrap_alloc_pages_exact(size_t size, gfp_t gfp);
void *__wrap_alloc_pages_exact(size_t size, gfp_t gfp)
{
	void *p;

	if (faults_fail("alloc_pages_exact", SITE))
		return NULL;
	p = __real_alloc_pages_exact(size, gfp);
	if (p)
		hold_each(p, PAGE_ALIGN(size) >> PAGE_SHIFT, "alloc_pages_exact", SITE);
	return p;
}

void __real_free_pages_exact(void *p, size_t size);
void __wrap_free_pages_exact(void *p, size_t size);
void __wrap_free_pages_exact(void *p, size_t size)
{
	size_t at;

	for (at = 0; at < PAGE_ALIGN(size); at += PAGE_SIZE)
		faults_release(FAULTS_PAGES, KEY(p + at), 1, "free_pages_exact", SITE);
	__real_free_pages_exact(p, size);
}

WRAP_GET(vmap, void *, NULL, got, FAULTS_VMAP, got, 0, (pages, nr, flags, prot),
	 struct page **pages, unsigned int nr, unsigned long flags, pgprot_t prot)
WRAP_PUT(vunmap, p, FAULTS_VMAP, p, 0, (p), const void *p)

#ifdef CONFIG_X86
/* What fails may have changed some of the range. */
WRAP_GET(set_memory_wc, int, -ENOMEM, true, FAULTS_MEMTYPE, addr, nr, (addr, nr),
	 unsigned long addr, int nr)
WRAP_GET(set_memory_uc, int, -ENOMEM, true, FAULTS_MEMTYPE, addr, nr, (addr, nr),
	 unsigned long addr, int nr)

/* The module WARNs of its failure, and then rather loses the memory. */
int __real_set_memory_wb(unsigned long addr, int nr);
int __wrap_set_memory_wb(unsigned long addr, int nr);
int __wrap_set_memory_wb(unsigned long addr, int nr)
{
	faults_release(FAULTS_MEMTYPE, addr, nr, "set_memory_wb", SITE);
	return __real_set_memory_wb(addr, nr);
}
#endif

WRAP_CALL(remap_pfn_range, int, -ENOMEM, (vma, addr, pfn, size, prot),
	  struct vm_area_struct *vma, unsigned long addr, unsigned long pfn, unsigned long size,
	  pgprot_t prot)
WRAP_CALL(vm_map_pages, int, -ENXIO, (vma, pages, nr),
	  struct vm_area_struct *vma, struct page **pages, unsigned long nr)

/* A process' pages.  It gives a few at a time, so that it can fail with some pinned. */

#define PINNED_AT_ONCE	2

int __real_pin_user_pages_fast(unsigned long start, int nr, unsigned int flags,
			       struct page **pages);
int __wrap_pin_user_pages_fast(unsigned long start, int nr, unsigned int flags,
			       struct page **pages);
int __wrap_pin_user_pages_fast(unsigned long start, int nr, unsigned int flags,
			       struct page **pages)
{
	int how = faults_fail("pin_user_pages_fast", SITE);
	int i, got;

	if (how)
		return how == 1 ? -ENOMEM : -EFAULT;
	got = __real_pin_user_pages_fast(start, min(nr, PINNED_AT_ONCE), flags, pages);
	for (i = 0; i < got; i++)
		faults_hold(FAULTS_PIN, KEY(pages[i]), 0, "pin_user_pages_fast", SITE);
	return got;
}

void __real_unpin_user_pages_dirty_lock(struct page **pages, unsigned long nr, bool dirty);
void __wrap_unpin_user_pages_dirty_lock(struct page **pages, unsigned long nr, bool dirty);
void __wrap_unpin_user_pages_dirty_lock(struct page **pages, unsigned long nr, bool dirty)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		faults_release(FAULTS_PIN, KEY(pages[i]), 0, "unpin_user_pages_dirty_lock", SITE);
	__real_unpin_user_pages_dirty_lock(pages, nr, dirty);
}

WRAP_PUT(unpin_user_page, page, FAULTS_PIN, page, 0, (page), struct page *page)

int __real_account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc);
int __wrap_account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc);
int __wrap_account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc)
{
	int err;

	if (!inc) {
		faults_release(FAULTS_LOCKED_VM, KEY(mm), pages, "account_locked_vm", SITE);
		return __real_account_locked_vm(mm, pages, inc);
	}
	if (faults_fail("account_locked_vm", SITE))
		return -ENOMEM;
	err = __real_account_locked_vm(mm, pages, inc);
	if (!err)
		faults_hold(FAULTS_LOCKED_VM, KEY(mm), pages, "account_locked_vm", SITE);
	return err;
}

/* What could not be copied */
#ifdef CONFIG_X86
WRAP_CALL(_copy_from_user, unsigned long, n, (to, from, n),
	  void *to, const void __user *from, unsigned long n)
WRAP_CALL(_copy_to_user, unsigned long, n, (to, from, n),
	  void __user *to, const void *from, unsigned long n)
#else
WRAP_CALL(__arch_copy_from_user, unsigned long, n, (to, from, n),
	  void *to, const void __user *from, unsigned long n)
WRAP_CALL(__arch_copy_to_user, unsigned long, n, (to, from, n),
	  void __user *to, const void *from, unsigned long n)
#endif
WRAP_CALL(check_zeroed_user, int, -EFAULT, (from, size), const void __user *from, size_t size)

WRAP_CALL(capable, bool, false, (capability), int capability)
WRAP_CALL(security_locked_down, int, -EPERM, (what), enum lockdown_reason what)
WRAP_CALL(work_on_cpu_key, long, -ENODEV, (cpu, call, arg, key, lock_name),
	  int cpu, long (*call)(void *arg), void *arg, struct lock_class_key *key,
	  const char *lock_name)

WRAP_GET(ida_alloc_range, int, -ENOSPC, got >= 0, FAULTS_ID, got, ida, (ida, min, max, gfp),
	 struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp)
WRAP_PUT(ida_free, ida, FAULTS_ID, id, ida, (ida, id), struct ida *ida, unsigned int id)

/* Locks: no call may return with one */

WRAP_TAKE(mutex_lock, FAULTS_LOCK, mutex, (mutex), struct mutex *mutex)
WRAP_GET(mutex_lock_interruptible, int, -EINTR, !got, FAULTS_LOCK, mutex, 0, (mutex),
	 struct mutex *mutex)
WRAP_PUT(mutex_unlock, mutex, FAULTS_LOCK, mutex, 0, (mutex), struct mutex *mutex)
WRAP_TAKE(down_write, FAULTS_LOCK, sem, (sem), struct rw_semaphore *sem)
WRAP_PUT(up_write, sem, FAULTS_LOCK, sem, 0, (sem), struct rw_semaphore *sem)
WRAP_GET(down_read_killable, int, -EINTR, !got, FAULTS_LOCK, sem, 0, (sem),
	 struct rw_semaphore *sem)
WRAP_PUT(up_read, sem, FAULTS_LOCK, sem, 0, (sem), struct rw_semaphore *sem)
WRAP_TAKE(cpus_read_lock, FAULTS_LOCK, 0, (), void)
WRAP_PUT(cpus_read_unlock, true, FAULTS_LOCK, 0, 0, (), void)
