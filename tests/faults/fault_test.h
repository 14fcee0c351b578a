/* SPDX-License-Identifier: GPL-2.0 */
/* Tests of what dmabench.ko does when a call of its own fails: what the files here share. */
#ifndef _FAULT_TEST_H
#define _FAULT_TEST_H

#include "abi_test.h"

/**
 * struct scenario - something to be done while one call after another fails
 * @name:	what
 * @act:	does it from the beginning to the end, whatever fails on the way, and leaves
 *		nothing.  Gives 0 or the first errno
 * @setup:	for @act
 * @number:	for @act
 * @flavours:	it calls something that can fail for want of memory and otherwise
 */
struct scenario {
	char name[160];
	int (*act)(const struct scenario *sc);
	struct dmabench_setup setup;
	long number;
	bool flavours;
};

/* rounds.c */
void faults_begin(const char *path);
void keep(int *first, int failed);
void under_faults(const struct scenario *sc);
void faults_end(void);

/* laps.c */
void fail_laps(const struct dmabench_target_info *t);
void fail_transfers(const struct dmabench_target_info *unused);

/* uses.c */
void fail_queries(const struct dmabench_target_info *unused);
void fail_mmaps(const struct dmabench_target_info *t);
void fail_memory(const struct dmabench_target_info *t);
void fail_dmabuf(const struct dmabench_target_info *t);
void fail_trace(const struct dmabench_target_info *t);

/* load.c */
bool module_load(const char *path);
bool module_unload(const char *name);
void fail_loading(const char *path);
void fail_binding(const char *address);

#endif /* _FAULT_TEST_H */
