// SPDX-License-Identifier: GPL-2.0-only
#include "cli/dma_masks.h"

#include <fmt/format.h>

#include <array>

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

/// Those that devices have: 24 is ISA's, 28 QEMU's edu, 30 some Raspberry Pi's, 31 to 48 are SoCs' and network cards'.
constexpr std::array<std::uint64_t, 9> widths{64, 48, 40, 36, 32, 31, 30, 28, 24};

Outcome<BufferInfo> map_a_page(Session& session, const std::string& target, const char* strategy, std::uint64_t bits) {
    Point point;
    point.strategy = strategy;
    point.size = 4096;
    point.target = target;
    point.map_every = 1;
    point.mask_bits = bits;
    auto buffer = session.setup(point);
    session.teardown();
    return buffer;
}

bool is_refused(const Outcome<BufferInfo>& outcome) {
    return !outcome &&
           (outcome.error().code == DMABENCH_REASON_DMA_MASK || outcome.error().code == DMABENCH_REASON_COHERENT_MASK);
}

std::string what_became(const Outcome<BufferInfo>& outcome) {
    if (outcome)
        return outcome->relation;
    return outcome.error().code == DMABENCH_REASON_BEYOND_MASK ? "fails" : outcome.error().reason;
}

}  // namespace

json try_dma_masks(Session& session) {
    json all = json::array();
    for (const TargetInfo& target : session.info().targets) {
        json masks = json::array();
        for (const std::uint64_t bits : widths) {
            const auto ordinary = map_a_page(session, target.name, "streaming_page", bits);
            const bool accepted = !is_refused(ordinary);
            json mask{{"bits", bits}, {"accepted", accepted}};
            if (accepted) {
                mask["ordinary"] = what_became(ordinary);
                mask["coherent"] = what_became(map_a_page(session, target.name, "coherent", bits));
            }
            masks.push_back(std::move(mask));
        }
        all.push_back({{"target", target.name}, {"masks", std::move(masks)}});
    }
    return all;
}

void print_dma_masks(const json& masks) {
    for (const json& target : masks) {
        fmt::print("  {:<22} {:>4}  {:<9} {:<17} {}\n", target["target"].get<std::string>(), "bits", "mask",
                   "ordinary memory", "coherent memory");
        for (const json& mask : target["masks"])
            fmt::print("  {:<22} {:>4}  {:<9} {:<17} {}\n", "", mask["bits"].get<std::uint64_t>(),
                       mask["accepted"].get<bool>() ? "accepted" : "refused", mask.value("ordinary", "-"),
                       mask.value("coherent", "-"));
    }
}

}  // namespace dmabench
