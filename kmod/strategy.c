// SPDX-License-Identifier: GPL-2.0
/* The table of strategies. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "compat.h"
#include "lap.h"

static const struct dmabench_strategy * const strategies[] = {
	&dmabench_null,
	&dmabench_coherent,
	&dmabench_write_combine,
	&dmabench_pool,
	&dmabench_streaming_single,
	&dmabench_streaming_page,
	&dmabench_streaming_sg,
	&dmabench_noncoherent,
#if DMABENCH_HAVE_NONCONTIGUOUS
	&dmabench_noncontiguous,
#endif
	&dmabench_streaming_recycle,
	&dmabench_copy,
};

const struct dmabench_strategy *dmabench_strategy_get(u32 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(strategies); i++)
		if (strategies[i]->id == id)
			return strategies[i];
	return NULL;
}

u32 dmabench_strategy_count(void)
{
	return ARRAY_SIZE(strategies);
}

/* Phases follow from the hooks, so the two cannot disagree. */
static u32 strategy_phases(const struct dmabench_lap_ops *ops)
{
	u32 phases = BIT(DMABENCH_PHASE_LAP);

	if (ops->map)
		phases |= BIT(DMABENCH_PHASE_MAP);
	if (ops->sync_for_device)
		phases |= BIT(DMABENCH_PHASE_SYNC_FOR_DEVICE);
	if (ops->sync_for_cpu)
		phases |= BIT(DMABENCH_PHASE_SYNC_FOR_CPU);
	if (ops->touch)
		phases |= BIT(DMABENCH_PHASE_TOUCH) | BIT(DMABENCH_PHASE_TRANSFER);
	if (ops->unmap)
		phases |= BIT(DMABENCH_PHASE_UNMAP);
	return phases;
}

int dmabench_strategy_info(struct dmabench_strategy_info *arg)
{
	const struct dmabench_strategy *s;

	if (arg->index >= ARRAY_SIZE(strategies))
		return -EINVAL;
	s = strategies[arg->index];
	arg->id = s->id;
	arg->flags = s->flags;
	arg->phases = strategy_phases(s->ops);
	arg->sources = s->sources;
	arg->mmap_modes = dmabench_mmap_modes_here(s);
	arg->default_source = s->default_source;
	strscpy_pad(arg->name, s->name, sizeof(arg->name));
	strscpy_pad(arg->text, s->text, sizeof(arg->text));
	return 0;
}
