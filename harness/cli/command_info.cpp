// SPDX-License-Identifier: GPL-2.0-only
// dmabench info: what there is to measure here.
#include <fmt/ranges.h>
#include <unistd.h>

#include <memory>

#include "base/terminal.h"
#include "cli/commands.h"
#include "cli/data_files.h"
#include "cli/dma_masks.h"
#include "cli/memory_table.h"
#include "cli/where.h"
#include "counters/counters.h"
#include "device/names.h"
#include "measure/sampler.h"
#include "report/platform.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

std::vector<std::string> names_of_bits(std::uint32_t bits, std::string (*name)(std::uint32_t)) {
    std::vector<std::string> names;
    for (std::uint32_t bit = 0; bit < 32; ++bit)
        if ((bits >> bit & 1U) != 0)
            if (std::string word = name(bit); !word.empty())
                names.push_back(std::move(word));
    return names;
}

json describe(Session& session, const ClockCost& clock) {
    const DeviceInfo& device = session.info();
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    json out;
    out["platform"] = describe_platform(device, host.data(), "");
    out["clock"] = {{"read_cost_ns", clock.read_ns}, {"resolution_ns", clock.resolution_ns}};
    for (const StrategyInfo& strategy : device.strategies)
        out["strategies"].push_back(
            {{"name", strategy.name},
             {"calls", strategy.text},
             {"phases", names_of_bits(strategy.phases, [](std::uint32_t p) { return std::string(phase_name(p)); })},
             {"sources", names_of_bits(strategy.sources, source_name)},
             {"cache_modes", names_of_bits(strategy.mmap_modes, mmap_mode_name)}});
    out["dma_masks"] = try_dma_masks(session);
    const Counters counters(select_counters("default")->timed());
    out["counters"]["available"] = counters.available();
    out["counters"]["unavailable"] = json::array();
    for (const UnavailableCounter& counter : counters.unavailable())
        out["counters"]["unavailable"].push_back({{"event", counter.event}, {"reason", counter.reason}});
    return out;
}

void print(const json& info) {
    const bool colour = has_colours(STDOUT_FILENO);
    const char* bold = colour ? "\033[1m" : "";
    const char* plain = colour ? "\033[0m" : "";
    const json& platform = info["platform"];
    fmt::print("{}platform{}\n", bold, plain);
    for (const char* key : {"kernel", "arch", "cpu_model", "cpus_online", "virtualization", "clocksource",
                            "command_line", "module_version"})
        if (platform.contains(key))
            fmt::print("  {:<15} {}\n", key,
                       platform[key].is_string() ? platform[key].get<std::string>() : platform[key].dump());
    fmt::print("  {:<15} one reading {:.1f} ns, resolution {} ns\n", "clock",
               info["clock"]["read_cost_ns"].get<double>(), info["clock"]["resolution_ns"].dump());
    fmt::print("{}targets{}\n", bold, plain);
    for (const json& target : platform.value("targets", json::array())) {
        std::string facts = target.contains("coherent")
                                ? (target["coherent"].get<bool>() ? "coherent" : "non-coherent")
                                : "coherence unknown";
        if (target.contains("iommu_domain"))
            facts += ", IOMMU domain " + target["iommu_domain"].get<std::string>();
        else if (!target["iommu"].get<bool>())
            facts += ", no IOMMU";
        if (target.contains("max_mapping"))
            facts += fmt::format(", at most {} KiB a mapping", target["max_mapping"].get<std::uint64_t>() / 1024);
        if (target.contains("pci_id"))
            facts += ", PCI id " + target["pci_id"].get<std::string>();
        if (target.contains("engine")) {
            const json& engine = target["engine"];
            facts += fmt::format(
                ", transfers by {} (addresses of {} bits{})", engine["name"].get<std::string>(),
                engine["mask_bits"].get<unsigned>(),
                engine.contains("max_transfer")
                    ? fmt::format(", at most {} bytes", engine["max_transfer"].get<std::uint64_t>())
                    : "");
        }
        fmt::print("  {:<22} {}\n", target["name"].get<std::string>(), facts);
    }
    fmt::print("{}DMA masks{}\n", bold, plain);
    print_dma_masks(info["dma_masks"]);
    fmt::print("{}strategies{}\n", bold, plain);
    for (const json& strategy : info["strategies"]) {
        fmt::print("  {:<18} {}\n", strategy["name"].get<std::string>(), strategy["calls"].get<std::string>());
        const auto modes = strategy["cache_modes"].get<std::vector<std::string>>();
        if (!modes.empty())
            fmt::print("  {:<18} cache modes: {}\n", "", fmt::join(modes, ", "));
    }
    fmt::print("{}counters{}\n", bold, plain);
    for (const json& event : info["counters"]["available"])
        fmt::print("  {}\n", event.get<std::string>());
    for (const json& counter : info["counters"]["unavailable"])
        fmt::print("  {:<22} unavailable: {}\n", counter["event"].get<std::string>(),
                   counter["reason"].get<std::string>());
}

struct Options {
    std::string on = "auto";
    bool json = false;
    bool memory = false;
};

Result<int> show_info(const Options& options) {
    auto where = parse_where(options.on);
    if (!where)
        return tl::unexpected(where.error());
    if (where->kind == Where::Kind::lab) {
        if (where->platforms.size() != 1)
            return fail(ErrorKind::usage, "--on {}: one platform at a time", options.on);
        auto lab = find_data("lab/lab");
        if (!lab)
            return tl::unexpected(lab.error());
        std::vector<std::string> command{lab->string(), "exec", where->platforms.front(), "--", "dmabench", "info"};
        if (options.memory)
            command.emplace_back("--memory");
        if (options.json)
            command.emplace_back("--json");
        return tl::unexpected(become(command));
    }
    auto session = open_session(*where, 1);
    if (!session)
        return tl::unexpected(session.error());
    if (options.memory) {
        auto memory = describe_memory(**session);
        if (!memory)
            return tl::unexpected(memory.error());
        if (options.json)
            fmt::print("{}\n", memory->dump(1));
        else
            print_memory(*memory);
        return 0;
    }
    auto clock = measure_clock(**session);
    if (!clock)
        return tl::unexpected(clock.error());
    const json info = describe(**session, *clock);
    if (options.json)
        fmt::print("{}\n", info.dump(1));
    else
        print(info);
    return 0;
}

}  // namespace

void add_info_command(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("info", "Show the platform, its targets, their DMA masks, strategies and counters");
    command->add_option("--on", options->on, "Where: auto (this machine), host, fake, lab:NAME")->capture_default_str();
    command->add_flag("--memory", options->memory, "Instead: which memory may be DMA-mapped, and where it ends up");
    command->add_flag("--json", options->json, "The same as JSON");
    command->footer("Examples:\n  dmabench info --on lab:arm64\n  dmabench info --memory");
    command->callback([options, &chosen] { chosen = [options] { return show_info(*options); }; });
}

}  // namespace dmabench
