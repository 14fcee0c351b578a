/* SPDX-License-Identifier: GPL-2.0 */
/* Of the kernel's structs only what is used; where it is, the kernel's BTF tells at loading. */
#ifndef DMABENCH_TRACE_BPF_KERNEL_TYPES_H
#define DMABENCH_TRACE_BPF_KERNEL_TYPES_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#define KERNEL	__attribute__((preserve_access_index))

struct kobject {
	const char *name;
} KERNEL;

struct device_driver {
	const char *name;
} KERNEL;

struct bus_type {
	const char *name;
} KERNEL;

struct class {
	const char *name;
} KERNEL;

struct iommu_domain {
	unsigned int type;
} KERNEL;

struct iommu_group {
	struct iommu_domain *domain;
} KERNEL;

struct bus_dma_region {
	__u64 cpu_start;
	__u64 dma_start;
	__u64 size;
} KERNEL;

struct io_tlb_mem {
	__u64 start;
	__u64 end;
} KERNEL;

struct io_tlb_pool {
	__u64 start;
	__u64 end;
} KERNEL;

/* 6.6 on */
struct io_tlb_mem___pools {
	struct io_tlb_pool defpool;
	bool can_grow;
} KERNEL;

struct device {
	struct kobject kobj;
	const char *init_name;
	struct bus_type *bus;
	struct device_driver *driver;
	struct class *class;
	struct iommu_group *iommu_group;
	struct io_tlb_mem *dma_io_tlb_mem;
	struct bus_dma_region *dma_range_map;
	bool dma_coherent : 1;
	bool dma_skip_sync : 1;
} KERNEL;

/* 7.x has a bitmap in place of the two bits. */
struct device___flags {
	unsigned long flags[1];
} KERNEL;

enum struct_device_flags {
	DEV_FLAG_DMA_SKIP_SYNC,
	DEV_FLAG_DMA_COHERENT,
};

struct scatterlist {
	unsigned long page_link;
	unsigned int length;
	__u64 dma_address;
} KERNEL;

struct sg_table {
	struct scatterlist *sgl;
	unsigned int orig_nents;
} KERNEL;

struct task_struct {
	unsigned long nvcsw;
	unsigned long nivcsw;
} KERNEL;

#define DMA_ATTR_SKIP_CPU_SYNC	(1UL << 5)
#define DMA_MAPPING_ERROR	(~0ULL)
#define IOMMU_DOMAIN_IDENTITY	(1U << 2)
#define SG_CHAIN		1UL
#define SG_END			2UL

#endif /* DMABENCH_TRACE_BPF_KERNEL_TYPES_H */
