// SPDX-License-Identifier: GPL-2.0-only
// dmabench advise: which way of keeping a buffer a workload should take, by what a report measured.
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "analysis/advice_text.h"
#include "analysis/read_report.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/target_option.h"
#include "plan/axis.h"
#include "scenario/values.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

struct Options {
    std::string report;
    std::string transfer_bytes;
    std::string touch_bytes;
    std::string touch;
    std::string direction;
    std::string pattern;
    std::string in = "kernel";
    std::string target;
    std::uint64_t transfers_per_sync = 1;
    bool all = false;
    bool json = false;
};

Result<std::uint64_t> bytes_option(const char* option, const std::string& text) {
    auto bytes = parse_integer(text);
    if (!bytes)
        return fail(ErrorKind::usage, "{}: {}", option, bytes.error().message);
    return bytes;
}

/// Sets the axis of a point to the word that an option gives.
Result<void> word_option(const char* option, const char* axis_name, const std::string& word, Point& point) {
    const Axis& axis = *find_axis(axis_name);
    auto value = axis.check(word);
    if (!value)
        return fail(ErrorKind::usage, "{}: {}", option, value.error().message);
    axis.set(point, *value);
    return {};
}

/// 64 KiB where that was measured, else the largest size that was.
std::uint64_t usual_transfer(const CostModel& model) {
    constexpr std::uint64_t usual = 64 << 10;
    const auto measured = model.measured_bytes();
    return std::clamp(usual, measured.front(), measured.back());
}

Result<Workload> workload_of(const Options& options, const CostModel& model) {
    Workload workload;
    workload.transfer_bytes = usual_transfer(model);
    if (!options.transfer_bytes.empty()) {
        auto bytes = bytes_option("--transfer-bytes", options.transfer_bytes);
        if (!bytes)
            return tl::unexpected(bytes.error());
        if (*bytes == 0)
            return fail(ErrorKind::usage, "--transfer-bytes: a transfer has at least 1 byte");
        workload.transfer_bytes = *bytes;
    }
    workload.touch_bytes = workload.transfer_bytes;
    if (!options.touch_bytes.empty()) {
        auto bytes = bytes_option("--touch-bytes", options.touch_bytes);
        if (!bytes)
            return tl::unexpected(bytes.error());
        if (*bytes > workload.transfer_bytes)
            return fail(ErrorKind::usage, "--touch-bytes: {} exceeds the {} of a transfer", *bytes,
                        workload.transfer_bytes);
        workload.touch_bytes = *bytes;
    }
    Point words;
    words.touch = Touch::read;
    if (!options.touch.empty()) {
        if (auto set = word_option("--touch", "touch", options.touch, words); !set)
            return tl::unexpected(set.error());
        if (words.touch == Touch::none)
            workload.touch_bytes = 0;
    }
    // Who reads has received; who writes sends.
    words.direction = words.touch == Touch::write ? Direction::to_device : Direction::from_device;
    if (!options.direction.empty()) {
        if (auto set = word_option("--direction", "direction", options.direction, words); !set)
            return tl::unexpected(set.error());
        if (options.touch.empty() && words.direction == Direction::to_device)
            words.touch = Touch::write;
    }
    if (!options.pattern.empty()) {
        if (auto set = word_option("--pattern", "pattern", options.pattern, words); !set)
            return tl::unexpected(set.error());
    }
    workload.touch = words.touch;
    workload.direction = words.direction;
    workload.pattern = words.pattern;
    workload.transfers_per_sync = options.transfers_per_sync;
    workload.user_space = options.in == "user";
    if (workload.user_space && workload.touch_bytes == 0)
        return fail(ErrorKind::usage,
                    "--in user: user space has to access something; give --touch-bytes above 0");
    return workload;
}

Result<std::vector<std::string>> targets_of(const Options& options, const CostModel& model) {
    if (options.target.empty())
        return model.targets();
    if (auto known = check_target(options.target, model, options.report); !known)
        return tl::unexpected(known.error());
    return std::vector<std::string>{options.target};
}

Result<int> give_advice(const Options& options) {
    auto report = read_report(options.report);
    if (!report)
        return tl::unexpected(report.error());
    auto model = CostModel::load(*report, options.report);
    if (!model)
        return tl::unexpected(model.error());
    auto workload = workload_of(options, *model);
    if (!workload)
        return tl::unexpected(workload.error());
    auto targets = targets_of(options, *model);
    if (!targets)
        return tl::unexpected(targets.error());
    const json& own = report->at("dmabench");
    std::vector<Advice> all;
    for (const std::string& target : *targets)
        all.push_back(advise(*model, target, *workload));
    const bool known =
        std::any_of(all.begin(), all.end(), [](const Advice& advice) { return !advice.ranking.empty(); });
    if (options.json) {
        json out{{"report", options.report},
                 {"platform", own.value("platform", "")},
                 {"clock", own.contains("clock") ? own.at("clock").value("kind", "") : ""}};
        if (own.contains("notice"))
            out["notice"] = own.at("notice");
        out["targets"] = json::array();
        for (const Advice& advice : all)
            out["targets"].push_back(advice_json(*model, advice));
        fmt::print("{}\n", out.dump(1));
    } else {
        const AdviceStyle style{::isatty(STDOUT_FILENO) != 0, options.all};
        for (const Advice& advice : all)
            fmt::print("{}{}", &advice == &all.front() ? "" : "\n", advice_text(*model, advice, style));
        if (own.contains("notice"))
            fmt::print("\n{}\n", own.at("notice").get<std::string>());
    }
    if (!known)
        return fail(
            ErrorKind::not_possible,
            "{}: its rows do not reach this workload; dmabench run scenarios/advise.json measures what "
            "advice needs",
            printable(options.report));
    return 0;
}

}  // namespace

void add_advise_command(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("advise", "Say which way of keeping a buffer a workload should take");
    command->add_option("REPORT", options->report, "A report, best of scenarios/advise.json")->required();
    command->add_option("--transfer-bytes", options->transfer_bytes,
                        "Size of a transfer, as 64K (default: 64K)");
    command->add_option("--touch-bytes", options->touch_bytes, "What the CPU accesses of it (default: all)");
    command->add_option(
        "--touch", options->touch,
        "How: none, read, write or copy (default: read, or write where the direction is to_device)");
    command
        ->add_option("--transfers-per-sync", options->transfers_per_sync,
                     "Transfers for each change of ownership between device and CPU")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 32))
        ->capture_default_str();
    command->add_option("--direction", options->direction,
                        "bidirectional, to_device or from_device (default: by --touch)");
    command->add_option("--in", options->in, "Where the CPU accesses it: kernel or user (space)")
        ->check(CLI::IsMember({"kernel", "user"}))
        ->capture_default_str();
    command->add_option(
        "--pattern", options->pattern,
        "Order of accesses in user space: sequential, strided or random (default: sequential)");
    command->add_option("--target", options->target, "Only this target of the report");
    command->add_flag("--all", options->all, "The whole ranking, and which ways could not be ranked");
    command->add_flag("--json", options->json, "For programs");
    command->footer(
        "Examples:\n"
        "  dmabench run scenarios/advise.json --on lab:arm64 -o arm64.json\n"
        "  dmabench advise arm64.json --transfer-bytes 64K --touch-bytes 4K\n"
        "  dmabench advise board.json --in user --transfer-bytes 1M --transfers-per-sync 4\n"
        "\n"
        "Costs are put together from what the report measured: calls by size, accesses by bytes. Between "
        "two\n"
        "measured sizes they are interpolated; beyond the least and the largest nothing is said.\n"
        "Exit codes: 0 ok, 2 bad input or usage, 4 the report's rows do not reach the workload.");
    command->callback([options, &chosen] { chosen = [options] { return give_advice(*options); }; });
}

}  // namespace dmabench
