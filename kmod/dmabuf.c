// SPDX-License-Identifier: GPL-2.0
/*
 * DMABUF: the buffer as a dma-buf, for programs and drivers that know nothing of dmabench.
 *
 * The dma-buf shares pages with the buffer and holds references of its own on them, so it
 * outlives the buffer, the file and the target.  While the buffer that it was made of is
 * set up, its begin_cpu_access() and end_cpu_access() also sync the buffer's own mapping.
 * Memory of the DMA API goes with its device, and cannot be given away like that; nor can
 * pages that have another memory type for the time being, or that are a process's.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "compat.h"
#include "dmabench.h"

/**
 * struct export - what a dma-buf is made of
 * @ctx:	whose buffer it was made of
 * @generation:	of that buffer: it is gone when @ctx has another
 * @pages:	with a reference on each
 * @nr_pages:	count of @pages
 * @lock:	guards @attachments
 * @attachments: the devices that it is attached to
 * @vaddr:	where dma-buf has it mapped into the kernel
 */
struct export {
	struct dmabench_context *ctx;
	u64 generation;
	struct page **pages;
	unsigned int nr_pages;
	struct mutex lock;	/* below the dma-buf's reservation lock */
	struct list_head attachments;
	void *vaddr;
};

/**
 * struct attachment - a device that the dma-buf is attached to
 * @node:	in export.attachments
 * @dev:	device
 * @sgt:	the pages
 * @dir:	direction of the mapping; DMA_NONE: not mapped
 */
struct attachment {
	struct list_head node;
	struct device *dev;
	struct sg_table sgt;
	enum dma_data_direction dir;
};

static int export_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct export *e = dmabuf->priv;
	struct attachment *a;
	int err;

	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;
	err = sg_alloc_table_from_pages(&a->sgt, e->pages, e->nr_pages, 0, dmabuf->size,
					GFP_KERNEL);
	if (err) {
		kfree(a);
		return err;
	}
	a->dev = attach->dev;
	a->dir = DMA_NONE;
	attach->priv = a;
	mutex_lock(&e->lock);
	list_add(&a->node, &e->attachments);
	mutex_unlock(&e->lock);
	return 0;
}

static void export_detach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct export *e = dmabuf->priv;
	struct attachment *a = attach->priv;

	mutex_lock(&e->lock);
	list_del(&a->node);
	mutex_unlock(&e->lock);
	sg_free_table(&a->sgt);
	kfree(a);
}

static struct sg_table *export_map(struct dma_buf_attachment *attach,
				   enum dma_data_direction dir)
{
	struct export *e = attach->dmabuf->priv;
	struct attachment *a = attach->priv;
	int err = -EBUSY;

	mutex_lock(&e->lock);
	if (a->dir == DMA_NONE) {
		err = dma_map_sgtable(a->dev, &a->sgt, dir, 0);
		if (!err)
			a->dir = dir;
	}
	mutex_unlock(&e->lock);
	return err ? ERR_PTR(err) : &a->sgt;
}

static void export_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
			 enum dma_data_direction dir)
{
	struct export *e = attach->dmabuf->priv;
	struct attachment *a = attach->priv;

	mutex_lock(&e->lock);
	a->dir = DMA_NONE;
	dma_unmap_sgtable(a->dev, sgt, dir, 0);
	mutex_unlock(&e->lock);
}

/* Each mapping is synced in its own direction, whatever the CPU is about to do. */
static int export_begin_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct export *e = dmabuf->priv;
	struct attachment *a;
	int err;

	err = dmabench_sync_generation(e->ctx, e->generation, DMABENCH_SYNC_FOR_CPU);
	if (err)
		return err;
	mutex_lock(&e->lock);
	list_for_each_entry(a, &e->attachments, node)
		if (a->dir != DMA_NONE)
			dma_sync_sgtable_for_cpu(a->dev, &a->sgt, a->dir);
	mutex_unlock(&e->lock);
	return 0;
}

static int export_end_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct export *e = dmabuf->priv;
	struct attachment *a;

	mutex_lock(&e->lock);
	list_for_each_entry(a, &e->attachments, node)
		if (a->dir != DMA_NONE)
			dma_sync_sgtable_for_device(a->dev, &a->sgt, a->dir);
	mutex_unlock(&e->lock);
	return dmabench_sync_generation(e->ctx, e->generation, DMABENCH_SYNC_FOR_DEVICE);
}

/* The file in the VMA is the dma-buf's, which keeps the pages. */
static int export_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct export *e = dmabuf->priv;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	dmabench_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	return vm_map_pages(vma, e->pages, e->nr_pages);
}

/* dma-buf counts its users, and comes here for the first only. */
static void *export_vmap(struct dma_buf *dmabuf)
{
	struct export *e = dmabuf->priv;

	e->vaddr = vmap(e->pages, e->nr_pages, VM_MAP, PAGE_KERNEL);
	return e->vaddr;
}

static void export_vunmap(struct dma_buf *dmabuf)
{
	struct export *e = dmabuf->priv;

	vunmap(e->vaddr);
	e->vaddr = NULL;
}

static void export_free(struct export *e)
{
	unsigned int i;

	for (i = 0; i < e->nr_pages; i++)
		put_page(e->pages[i]);
	kvfree(e->pages);
	mutex_destroy(&e->lock);
	dmabench_context_put(e->ctx);
	kfree(e);
}

static void export_release(struct dma_buf *dmabuf)
{
	export_free(dmabuf->priv);
}

DMABENCH_DEFINE_DMABUF_VMAP(export_op, export_vmap, export_vunmap)

static const struct dma_buf_ops export_ops = {
	.attach			= export_attach,
	.detach			= export_detach,
	.map_dma_buf		= export_map,
	.unmap_dma_buf		= export_unmap,
	.begin_cpu_access	= export_begin_cpu_access,
	.end_cpu_access		= export_end_cpu_access,
	.mmap			= export_mmap,
	.vmap			= export_op_vmap,
	.vunmap			= export_op_vunmap,
	.release		= export_release,
};

static struct export *export_alloc(struct dmabench_context *ctx)
{
	const struct dmabench_buffer *b = &ctx->buf;
	unsigned int i, nr = DIV_ROUND_UP(b->size, PAGE_SIZE);
	struct export *e;

	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return NULL;
	e->pages = kvcalloc(nr, sizeof(*e->pages), GFP_KERNEL);
	if (!e->pages) {
		kfree(e);
		return NULL;
	}
	for (i = 0; i < nr; i++) {
		e->pages[i] = b->pages ? b->pages[i] : virt_to_page(b->cpu + i * PAGE_SIZE);
		get_page(e->pages[i]);
	}
	e->nr_pages = nr;
	mutex_init(&e->lock);
	INIT_LIST_HEAD(&e->attachments);
	e->generation = ctx->generation;
	e->ctx = ctx;
	kref_get(&ctx->ref);
	return e;
}

static int check(struct dmabench_buffer *b)
{
	/* Each page of theirs is counted by itself; DMA memory has no source. */
	if (b->source != DMABENCH_SOURCE_PAGES || b->offset || b->lot)
		return dmabench_fail(b, DMABENCH_REASON_SOURCE);
	if (b->mmap_mode != DMABENCH_MMAP_NONE && b->mmap_mode != DMABENCH_MMAP_CACHED)
		return dmabench_fail(b, DMABENCH_REASON_MMAP_MODE);
	return 0;
}

/**
 * dmabench_dmabuf() - make a dma-buf of the buffer
 * @ctx:	context, locked
 * @call:	takes the file descriptor, which dmabench_dmabuf_give() makes valid
 *
 * Return: 0 or an error, with the reason set.
 */
int dmabench_dmabuf(struct dmabench_context *ctx, struct dmabench_dmabuf_call *call)
{
	struct dmabench_dmabuf *arg = &call->arg;
	struct dmabench_buffer *b = &ctx->buf;
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf;
	struct export *e;
	int err;

	call->dmabuf = NULL;
	arg->fd = -1;
	arg->reason = DMABENCH_REASON_NONE;
	arg->bytes = 0;
	if (arg->flags)
		return -EINVAL;
	err = dmabench_ready(ctx);
	if (err)
		return err;
	err = check(b);
	if (err)
		goto out;
	e = export_alloc(ctx);
	if (!e) {
		err = dmabench_fail(b, DMABENCH_REASON_NO_MEMORY);
		goto out;
	}
	info.ops = &export_ops;
	info.size = (size_t)e->nr_pages << PAGE_SHIFT;
	info.flags = O_RDWR;
	info.priv = e;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		export_free(e);
		return PTR_ERR(dmabuf);
	}
	err = get_unused_fd_flags(O_CLOEXEC);
	if (err < 0) {
		dma_buf_put(dmabuf);
		return err;
	}
	arg->fd = err;
	arg->bytes = info.size;
	call->dmabuf = dmabuf;
	return 0;
out:
	arg->reason = b->reason;
	return err;
}

/**
 * dmabench_dmabuf_give() - make the file descriptor valid, or take it back
 * @call:	after dmabench_dmabuf()
 * @told:	the caller knows the file descriptor
 *
 * One that it does not know of would hold the pages and the module for as long as it lives.
 */
void dmabench_dmabuf_give(struct dmabench_dmabuf_call *call, bool told)
{
	if (!call->dmabuf)
		return;
	if (told) {
		fd_install(call->arg.fd, call->dmabuf->file);
		return;
	}
	put_unused_fd(call->arg.fd);
	dma_buf_put(call->dmabuf);
}

DMABENCH_IMPORT_DMA_BUF;
