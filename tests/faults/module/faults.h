/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the wrapped calls of dmabench.ko tell faults.ko, and ask it: see faults.c.
 */
#ifndef _FAULTS_H
#define _FAULTS_H

#include <linux/types.h>

/* What a call can get, and another give back. */
enum faults_kind {
	FAULTS_MEMORY,		/* kmalloc(), vmalloc(), kmem_cache_alloc() */
	FAULTS_PERCPU,
	FAULTS_CACHE,		/* kmem_cache_create() */
	FAULTS_PAGES,
	FAULTS_VMAP,
	FAULTS_MEMTYPE,		/* of a range of kernel addresses */
	FAULTS_PIN,
	FAULTS_LOCKED_VM,
	FAULTS_MAPPING,		/* dma_map_page() */
	FAULTS_MAPPING_SG,
	FAULTS_DMA_MEMORY,
	FAULTS_DMA_PAGES,
	FAULTS_DMA_SGT,
	FAULTS_DMA_VMAP,
	FAULTS_POOL,
	FAULTS_POOL_BLOCK,
	FAULTS_SG_TABLE,
	FAULTS_CHANNEL,
	FAULTS_DMABUF,
	FAULTS_FD,
	FAULTS_ID,
	FAULTS_LOCK,
	FAULTS_DEVICE,		/* a reference */
	FAULTS_NOTIFIER,
	FAULTS_REGISTERED,	/* misc device, driver, platform device */
	FAULTS_PROBE,
	FAULTS_PCI_ENABLED,
	FAULTS_PCI_MASTER,
	FAULTS_PCI_REGION,
	FAULTS_PCI_IOMAP,
	FAULTS_NR_KINDS
};

/**
 * faults_fail() - ask whether a call that can fail is to
 * @function:	what is called
 * @site:	the address that it returns to, in dmabench.ko
 *
 * Return: 0: no; 1: as it does for want of memory, if it does so; 2: for another reason.
 */
int faults_fail(const char *function, unsigned long site);

/**
 * faults_hold() - something was got
 * @kind:	what
 * @key:	what it is known by when it is given back
 * @detail:	has to be the same then
 * @function:	what was called
 * @site:	the address that it returns to
 */
void faults_hold(enum faults_kind kind, u64 key, u64 detail, const char *function,
		 unsigned long site);

/**
 * faults_release() - something is given back
 * @kind:	what
 * @key:	what it is known by
 * @detail:	as it was when it was got
 * @function:	what is called
 * @site:	the address that it returns to
 */
void faults_release(enum faults_kind kind, u64 key, u64 detail, const char *function,
		    unsigned long site);

#endif /* _FAULTS_H */
