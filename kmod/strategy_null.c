// SPDX-License-Identifier: GPL-2.0
/*
 * Strategy null: no phases at all.  Its laps cost what the lap loop itself costs, so
 * dmabench can be held against dmabench.
 */
#include "lap.h"

static const struct dmabench_lap_ops null_ops = {};

DMABENCH_DEFINE_LAPS(null, null_ops)

const struct dmabench_strategy dmabench_null = {
	.id		= DMABENCH_NULL,
	.name		= "null",
	.text		= "nothing: the cost of the lap loop itself",
	.ops		= &null_ops,
	.mean		= null_mean,
	.stamped	= null_stamped,
};
