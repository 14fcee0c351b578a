// SPDX-License-Identifier: GPL-2.0-only
#include "trace/functions.h"

#include <array>

#include "base/text.h"

namespace dmabench {
namespace {

struct Function {
    std::string_view name;
    std::string_view kernel;
    CallKind kind;
};

constexpr std::array<Function, DMABENCH_TRACE_NR_FUNCTIONS> functions{{
    {"other", "other", CallKind::other},
    {"map_page", "dma_map_page_attrs", CallKind::map},
    {"unmap_page", "dma_unmap_page_attrs", CallKind::unmap},
    {"map_sg", "dma_map_sg_attrs", CallKind::map},
    {"unmap_sg", "dma_unmap_sg_attrs", CallKind::unmap},
    {"sync_single_for_cpu", "dma_sync_single_for_cpu", CallKind::sync_for_cpu},
    {"sync_single_for_device", "dma_sync_single_for_device", CallKind::sync_for_device},
    {"sync_sg_for_cpu", "dma_sync_sg_for_cpu", CallKind::sync_for_cpu},
    {"sync_sg_for_device", "dma_sync_sg_for_device", CallKind::sync_for_device},
    {"alloc", "dma_alloc_attrs", CallKind::alloc},
    {"free", "dma_free_attrs", CallKind::free},
    {"map_resource", "dma_map_resource", CallKind::map},
    {"unmap_resource", "dma_unmap_resource", CallKind::unmap},
    {"map_sgtable", "dma_map_sgtable", CallKind::map},
    {"map_phys", "dma_map_phys", CallKind::map},
    {"unmap_phys", "dma_unmap_phys", CallKind::unmap},
    {"alloc_pages", "dma_alloc_pages", CallKind::alloc},
    {"free_pages", "dma_free_pages", CallKind::free},
    {"alloc_noncoherent", "dma_alloc_noncoherent", CallKind::alloc},
    {"free_noncoherent", "dma_free_noncoherent", CallKind::free},
    {"alloc_noncontiguous", "dma_alloc_noncontiguous", CallKind::alloc},
    {"free_noncontiguous", "dma_free_noncontiguous", CallKind::free},
    {"iova_link", "dma_iova_link", CallKind::map},
    {"iova_sync", "dma_iova_sync", CallKind::map},
    {"iova_unlink", "dma_iova_unlink", CallKind::unmap},
    {"iova_destroy", "dma_iova_destroy", CallKind::unmap},
}};

constexpr std::array kinds{CallKind::map,          CallKind::unmap,
                           CallKind::sync_for_cpu, CallKind::sync_for_device,
                           CallKind::alloc,        CallKind::free};

const Function& function_of(std::uint32_t function) {
    return functions[function < functions.size() ? function : 0];
}

TracedFunctions named(std::string_view word) {
    TracedFunctions found = 0;
    for (std::uint32_t i = 1; i < functions.size(); ++i)
        if (word == functions[i].name || word == functions[i].kernel ||
            word == kind_name(functions[i].kind) ||
            (word == "sync" && std::string_view(kind_name(functions[i].kind)).starts_with("sync")))
            found |= TracedFunctions{1} << i;
    return found;
}

}  // namespace

const char* kind_name(CallKind kind) {
    switch (kind) {
        case CallKind::map:
            return "map";
        case CallKind::unmap:
            return "unmap";
        case CallKind::sync_for_cpu:
            return "sync_for_cpu";
        case CallKind::sync_for_device:
            return "sync_for_device";
        case CallKind::alloc:
            return "alloc";
        case CallKind::free:
            return "free";
        case CallKind::other:
            break;
    }
    return "other";
}

CallKind kind_of(std::uint32_t function) {
    return function_of(function).kind;
}

std::string function_name(std::uint32_t function) {
    return std::string(function_of(function).name);
}

std::string kernel_name(std::uint32_t function) {
    return std::string(function_of(function).kernel);
}

std::vector<std::string> function_names(TracedFunctions mask) {
    std::vector<std::string> names;
    for (std::uint32_t i = 1; i < functions.size(); ++i)
        if ((mask >> i & 1U) != 0)
            names.push_back(function_name(i));
    return names;
}

TracedFunctions all_functions() {
    return (TracedFunctions{1} << functions.size()) - 2;
}

Result<TracedFunctions> parse_functions(std::string_view text) {
    TracedFunctions chosen = 0;
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view word = trimmed(rest.substr(0, rest.find(',')));
        rest =
            rest.find(',') == std::string_view::npos ? std::string_view() : rest.substr(rest.find(',') + 1);
        // map_single() is an inline function around map_page.
        const TracedFunctions found = named(word == "map_single"     ? "map_page"
                                            : word == "unmap_single" ? "unmap_page"
                                                                     : word);
        if (found == 0) {
            std::vector<std::string_view> words{"sync"};
            for (const CallKind kind : kinds)
                words.emplace_back(kind_name(kind));
            const std::string expected = join(words);
            for (std::size_t i = 1; i < functions.size(); ++i)
                words.push_back(functions[i].name);
            return fail(ErrorKind::usage,
                        "--function {}: expected {} or a function of the DMA API, as map_page{}",
                        in_quotes(word), expected, did_you_mean(word, words));
        }
        chosen |= found;
    }
    return chosen == 0 ? all_functions() : chosen;
}

}  // namespace dmabench
