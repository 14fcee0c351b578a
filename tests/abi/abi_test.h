/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of /dev/dmabench: what the files here share.  Each test_*.c holds the tests of one
 * topic; abi_test.c calls them.  A test prints a line for each thing that it holds to be true.
 */
#ifndef _ABI_TEST_H
#define _ABI_TEST_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dmabench.h"
#include "hist.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1U << (n))
#define FOREVER		DMABENCH_MAX_LAPS
#define MAX_TARGETS	16
#define MAX_STRATEGIES	64

extern size_t page_size;
extern bool steady_clock;	/* whether what takes how long can be relied on */
extern struct dmabench_strategy_info strategies[MAX_STRATEGIES];
extern unsigned int nr_strategies;
extern struct dmabench_target_info targets[MAX_TARGETS];
extern unsigned int nr_targets;
extern struct dmabench_hist hist[DMABENCH_NR_PHASES];	/* what run_stamped() fills */

/* common.c */
__attribute__((format(printf, 2, 3)))
bool ok(bool good, const char *fmt, ...);
void skip(const char *name, const char *reason);
/* As ok(), of what depends on how long something takes. */
__attribute__((format(printf, 2, 3)))
void ok_time(bool good, const char *fmt, ...);
bool ok_errno(int ret, int want, const char *name);
int device_open(void);
cpu_set_t pin(void);
void unpin(cpu_set_t old);
struct dmabench_setup setup_of(uint32_t strategy, uint32_t target, uint64_t size);
int setup(int fd, struct dmabench_setup *s);
int run(int fd, uint64_t laps, struct dmabench_run *out);
int run_stamped(int fd, uint64_t laps, struct dmabench_run *out);
int sync_range(int fd, uint32_t op, uint64_t offset, uint64_t bytes);
void *map_buffer(int fd, size_t bytes);
const struct dmabench_strategy_info *strategy_by_id(uint32_t id);
bool has_direction(const struct dmabench_strategy_info *s);
bool calls_sync(const struct dmabench_strategy_info *s);
bool has_phase(const struct dmabench_strategy_info *s, enum dmabench_phase phase);
void read_targets(int fd);
const struct dmabench_target_info *target_by_name(const char *name);
void sleep_ms(long ms);
bool write_file(const char *path, const char *text);
long read_number(const char *path);
bool gives_sigbus(volatile unsigned char *p);
void expect_setup(int fd, struct dmabench_setup s, int want, uint32_t reason,
		  const char *name);
long long read_value(const char *path, const char *key);
long count_names(const char *path, const char *prefix);
long count_pools(const struct dmabench_target_info *t);
unsigned char *user_memory(size_t bytes, int prot);
int compare_ns(const void *a, const void *b);
bool relation_is_sound(const struct dmabench_setup *s);

/* laps.c */
uint64_t expected_count(const struct dmabench_strategy_info *si,
			const struct dmabench_setup *s, uint64_t laps,
			enum dmabench_phase phase);
bool hist_is_sound(const struct dmabench_hist *h);
bool check_case(int fd, const struct dmabench_strategy_info *si,
		const struct dmabench_setup *want, uint64_t laps);
uint64_t phase_median(int fd, const struct dmabench_setup *want, enum dmabench_phase phase);

/* test_info.c */
void test_info(int fd);
void test_clock(int fd);
void test_sizes(int fd);

/* test_setup.c */
void test_setup_fields(int fd);
void test_old_callers(int fd);
void test_limits(int fd, const struct dmabench_target_info *t);
void test_relation(int fd, const struct dmabench_target_info *t);

/* test_user.c */
void test_user_memory(int fd, const struct dmabench_target_info *t);

/* test_run.c */
void test_sources(int fd, const struct dmabench_target_info *t,
		  const struct dmabench_strategy_info *si);
void test_strategy(int fd, const struct dmabench_target_info *t,
		   const struct dmabench_strategy_info *si);
void test_copy(int fd, const struct dmabench_target_info *t);
void test_recycle(int fd, const struct dmabench_target_info *t);
void test_run(int fd);
void test_signal(int fd);

/* test_sync.c */
void test_sync(int fd);
void test_sync_moves_data(int fd, const struct dmabench_target_info *t);
void test_touch_order(int fd, const struct dmabench_target_info *t);
void test_touch_copy(int fd);

/* test_mmap.c */
void test_mmap_mode(int fd, const struct dmabench_target_info *t,
		    const struct dmabench_strategy_info *si, uint32_t mode);
bool mmap_fails(int fd, size_t bytes, int flags, off_t offset, int want);
void test_mmap(int fd);

/* test_prepare.c */
void test_dirty(int fd, const struct dmabench_target_info *t);
void test_preparing_is_not_timed(int fd, const struct dmabench_target_info *t);
void test_cache_state(int fd, const struct dmabench_target_info *t);

/* test_memory.c */
void test_memory(int fd, const struct dmabench_target_info *t);
void test_memory_fields(int fd);

/* test_dmabuf.c */
void test_dmabuf(int fd, const struct dmabench_target_info *t);
void test_dmabuf_import(int fd, const struct dmabench_target_info *t);
void test_dmabuf_is_the_buffer(int fd);
bool test_dmabuf_stays(int fd, const struct dmabench_target_info *t, const char *address);

/* test_trace.c */
void test_trace(int fd, const struct dmabench_target_info *t);
void test_trace_fields(int fd);

/* test_owners.c */
void test_busy(int fd);
void test_module_stays(void);
void test_permissions(void);
pid_t fork_runner(uint32_t target, uint32_t strategy);
void test_kill(int fd);
void test_threads(int fd);

/* test_batch.c */
void test_batch(int fd, const struct dmabench_target_info *t,
		const struct dmabench_strategy_info *si);
void test_batch_takes_turns(int fd, const struct dmabench_target_info *t);
void test_batch_fields(int fd);

/* test_place.c */
void test_offset(int fd, const struct dmabench_target_info *t,
		 const struct dmabench_strategy_info *si);
void test_node(int fd, const struct dmabench_target_info *t);
void test_masks(int fd, const struct dmabench_target_info *t);
void test_mask_fields(int fd);

/* test_shared.c */
void test_shared(int fd);
void test_shared_unbind(const char *address);

/* test_unbind.c */
bool pci_bind(const char *address);
bool pci_unbind(const char *address);
void test_unbind(int fd, const char *address);

/* test_transfer.c */
void test_transfer(int fd, const struct dmabench_target_info *t);
void test_transfer_unbind(int fd, const char *address);
void test_engine_unbind(int fd);

int tests_done(void);

#endif /* _ABI_TEST_H */
