// SPDX-License-Identifier: GPL-2.0-only
#include "device/names.h"

#include <array>
#include <cstddef>

#include "device/session.h"

namespace dmabench {
namespace {

template <std::size_t N>
std::string pick(const std::array<const char*, N>& words, std::uint32_t index) {
    return index < N ? words[index] : "unknown (" + std::to_string(index) + ")";
}

}  // namespace

const char* phase_name(std::uint32_t phase) {
    static constexpr std::array<const char*, DMABENCH_NR_PHASES> words{
        "map", "sync_for_device", "sync_for_cpu", "touch", "unmap", "lap", "transfer"};
    return phase < words.size() ? words[phase] : "?";
}

std::string relation_name(std::uint32_t relation) {
    static constexpr std::array<const char*, 5> words{"none", "identity", "offset", "iommu", "bounced"};
    return pick(words, relation);
}

std::string memtype_name(std::uint32_t memtype) {
    static constexpr std::array<const char*, 9> words{
        "unknown",       "write-back", "write-through", "write-combining", "normal non-cacheable",
        "uncached-minus", "uncached",   "device",        "write-protect"};
    return pick(words, memtype);
}

std::string mmap_mode_name(std::uint32_t mode) {
    static constexpr std::array<const char*, 5> words{"none", "cached", "writecombine", "uncached",
                                                      "coherent"};
    return pick(words, mode);
}

std::string engine_name(std::uint32_t engine) {
    static constexpr std::array<const char*, 3> words{"", "memcpy", "edu"};
    return pick(words, engine);
}

std::string source_name(std::uint32_t source) {
    static constexpr std::array<const char*, 6> words{"", "kmalloc", "pages", "slab", "vmalloc", "user"};
    return pick(words, source);
}

std::string reason_text(std::uint32_t reason) {
    static constexpr std::array<const char*, 24> words{
        "",
        "the mapping failed (dma_mapping_error)",
        "larger than one mapping may be (dma_max_mapping_size)",
        "not enough memory, or none in one piece",
        "larger than its source can give in one piece",
        "the strategy cannot use that source of memory",
        "the strategy cannot be mapped into user space in that cache mode",
        "this CPU or kernel cannot map memory in that cache mode",
        "this API syncs the whole buffer only, no range",
        "the device refuses a streaming DMA mask of that width",
        "another open file uses this target",
        "user memory cannot be pinned",
        "RLIMIT_MEMLOCK allows less memory to be pinned; raise it (ulimit -l)",
        "the device refuses a coherent DMA mask of that width",
        "no memory within the DMA mask: what there is lies beyond it, and no bounce buffer is within it "
        "either",
        "only one CPU is online, so there is no other to unmap on",
        "there is no such NUMA node, or it has no memory",
        "the target has no such engine",
        "more than the engine moves at once",
        "the engine wants address and length aligned",
        "the engine refused the transfer or failed",
        "the engine did not finish the transfer in time",
        "the transfer gave wrong data",
        "its memory is not cached, or not known to be, so that there is no cache state to begin with"};
    return pick(words, reason);
}

}  // namespace dmabench
