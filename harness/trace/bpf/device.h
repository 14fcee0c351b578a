/* SPDX-License-Identifier: GPL-2.0 */
/* What is told of a device. */
#ifndef DMABENCH_TRACE_BPF_DEVICE_H
#define DMABENCH_TRACE_BPF_DEVICE_H

#include <bpf/bpf_core_read.h>
#include "kernel_types.h"
#include "maps.h"

static __always_inline bool is_translated(struct device *dev)
{
	struct iommu_domain *domain = BPF_CORE_READ(dev, iommu_group, domain);

	return domain && BPF_CORE_READ(domain, type) != IOMMU_DOMAIN_IDENTITY;
}

static __always_inline bool has_flag(struct device *dev, __u32 number)
{
	struct device___flags *with = (void *)dev;

	return bpf_core_field_exists(with->flags) && BPF_CORE_READ(with, flags[0]) >> number & 1;
}

static __always_inline bool is_coherent(struct device *dev)
{
#if defined(__TARGET_ARCH_x86)
	return true;
#else
	if (bpf_core_field_exists(dev->dma_coherent))
		return BPF_CORE_READ_BITFIELD_PROBED(dev, dma_coherent);
	return has_flag(dev, bpf_core_enum_value(enum struct_device_flags, DEV_FLAG_DMA_COHERENT));
#endif
}

static __always_inline bool is_elided(struct device *dev)
{
	if (bpf_core_field_exists(dev->dma_skip_sync))
		return BPF_CORE_READ_BITFIELD_PROBED(dev, dma_skip_sync);
	return bpf_core_enum_value_exists(enum struct_device_flags, DEV_FLAG_DMA_SKIP_SYNC) &&
	       has_flag(dev, bpf_core_enum_value(enum struct_device_flags, DEV_FLAG_DMA_SKIP_SYNC));
}

/**
 * struct bus - from physical addresses to a device's
 * @range:	the next of its ranges
 * @phys:	the address
 * @offset:	what is to be added to it
 */
struct bus {
	struct bus_dma_region *range;
	__u64 phys;
	__u64 offset;
};

static long try_range(__u32 i, struct bus *bus)
{
	struct bus_dma_region *range = bus->range;
	__u64 start = BPF_CORE_READ(range, cpu_start), size = BPF_CORE_READ(range, size);

	if (bus->phys - start < size)
		bus->offset = BPF_CORE_READ(range, dma_start) - start;
	bus->range = (void *)range + bpf_core_type_size(struct bus_dma_region);
	return !size || bus->offset;
}

#define MAX_RANGES	64

static __always_inline __u64 bus_offset(struct device *dev, __u64 phys)
{
	struct bus bus = { .range = BPF_CORE_READ(dev, dma_range_map), .phys = phys };

	if (bus.range)
		bpf_loop(MAX_RANGES, try_range, &bus, 0);
	return bus.offset;
}

static __always_inline void find_bounce_buffers(struct dmabench_bpf_site *site, struct device *dev)
{
	struct io_tlb_mem *mem = BPF_CORE_READ(dev, dma_io_tlb_mem);
	struct io_tlb_mem___pools *pools = (void *)mem;
	__u64 start, end;

	if (!mem)
		return;
	if (bpf_core_field_exists(pools->defpool)) {
		start = BPF_CORE_READ(pools, defpool.start);
		end = BPF_CORE_READ(pools, defpool.end);
		if (bpf_core_field_exists(pools->can_grow) && BPF_CORE_READ(pools, can_grow))
			count(grows);
	} else {
		start = BPF_CORE_READ(mem, start);
		end = BPF_CORE_READ(mem, end);
	}
	site->bounce = start + bus_offset(dev, start);
	site->bounce_size = end - start;
}

#endif /* DMABENCH_TRACE_BPF_DEVICE_H */
