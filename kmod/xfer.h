/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transfers: what the files share that have a device move data in a lap.
 *
 * xfer.c has what all engines do alike, xfer_dmaengine.c and xfer_edu.c an engine each.
 */
#ifndef _DMABENCH_XFER_H
#define _DMABENCH_XFER_H

#include <linux/types.h>
#include <uapi/dmabench.h>

struct pci_dev;
struct scatterlist;
struct dmabench_batch;
struct dmabench_buffer;
struct dmabench_context;
struct dmabench_hist;
struct dmabench_target;

/**
 * struct dmabench_engine_ops - what moves data on behalf of a target
 * @id:		enum dmabench_engine
 * @mask_bits:	DMA mask that it needs; 0: that of its driver, which is not to be changed
 * @max_bytes:	most that it moves at once
 * @check:	ask whether the buffer, mapped once, can be transferred; may be NULL.
 *		Gives 0 or an error, with the reason set
 * @send:	bring @peer to the device's end, untimed; NULL: @peer is the device's end
 * @receive:	bring the device's end to @peer, untimed; NULL likewise
 * @transfer:	move the range between the buffer and the device's end.  When it returns, the
 *		engine does not touch memory any more, unless b->xfer.stuck says that it may.
 *		Gives 0, -ENODEV, -EINTR, or an error with the reason set
 */
struct dmabench_engine_ops {
	u32 id;
	u32 mask_bits;
	u64 max_bytes;
	int (*check)(struct dmabench_buffer *b);
	int (*send)(struct dmabench_buffer *b);
	int (*receive)(struct dmabench_buffer *b);
	int (*transfer)(struct dmabench_buffer *b);
};

/**
 * struct dmabench_xfer - the transfers of a buffer
 * @wanted:	enum dmabench_engine that is asked for
 * @engine:	what moves the data; NULL: there are no transfers
 * @target:	whose engine it is
 * @offset:	first byte of the buffer that moves
 * @bytes:	how many do
 * @sync_each:	each lap syncs
 * @sync_for_cpu: the sync is not left out on purpose
 * @sync_for_device: likewise
 * @peer:	coherent memory for the other end of the transfer
 * @peer_dma:	its DMA address
 * @seed:	number of the latest data
 * @device_side: enum dmabench_device_side
 * @bounced:	the device does not see the buffer itself
 * @stuck:	the engine could not be stopped, so that neither buffer may be freed
 * @result:	for DMABENCH_IOC_TRANSFERS
 */
struct dmabench_xfer {
	u32 wanted;
	const struct dmabench_engine_ops *engine;
	struct dmabench_target *target;
	size_t offset;
	size_t bytes;
	bool sync_each;
	bool sync_for_cpu;
	bool sync_for_device;
	void *peer;
	dma_addr_t peer_dma;
	u32 seed;
	u32 device_side;
	bool bounced;
	bool stuck;
	struct dmabench_transfers result;
};

/* xfer.c */
int dmabench_xfer_describe(struct dmabench_buffer *b, const struct dmabench_setup *arg);
int dmabench_xfer_engine(struct dmabench_buffer *b, struct dmabench_target *target,
			 u32 *mask_bits);
int dmabench_xfer_create(struct dmabench_buffer *b);
void dmabench_xfer_destroy(struct dmabench_buffer *b);
u64 dmabench_laps_xfer(struct dmabench_buffer *b, struct dmabench_batch *s, u64 laps,
		       struct dmabench_hist *hist);
int dmabench_transfers(struct dmabench_context *ctx, struct dmabench_transfers *arg);
void dmabench_xfer_device_side(struct dmabench_buffer *b, u32 relation);
void dmabench_xfer_snooped(struct dmabench_buffer *b);
unsigned int dmabench_xfer_pieces(const struct dmabench_buffer *b, struct scatterlist **sgl);
void dmabench_xfer_produce(struct dmabench_buffer *b, void *p, size_t bytes, size_t at);

/* xfer_dmaengine.c */
int dmabench_dmaengine_init(void);
void dmabench_dmaengine_exit(void);

/* xfer_edu.c */
int dmabench_edu_probe(struct dmabench_target *t, struct pci_dev *pdev);
void dmabench_edu_remove(struct dmabench_target *t);

#endif /* _DMABENCH_XFER_H */
