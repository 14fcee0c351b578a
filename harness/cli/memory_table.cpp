// SPDX-License-Identifier: GPL-2.0-only
#include "cli/memory_table.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "base/terminal.h"
#include "device/memory.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t name_width = 16;
constexpr std::size_t verdict_width = 9;

json describe_kind(const MemoryInfo& info) {
    json checks = json::object();
    for (const MemoryQuestion& question : memory_questions())
        if ((info.asked & question.bit) != 0)
            checks[question.function] = (info.answers & question.bit) != 0;
    json kind{{"kind", memory_kind_name(info.kind)}, {"source", memory_kind_source(info.kind)}};
    // What could not be looked at has no verdict.
    if (info.asked != 0) {
        kind["may_be_mapped"] = memory_verdict_name(info.verdict);
        kind["address"] = memory_address_kind(info);
        kind["advice"] = memory_advice(info);
    }
    kind["checks"] = std::move(checks);
    kind["targets"] = json::array();
    return kind;
}

json describe_chain(const TargetInfo& target, const MemoryInfo& info) {
    if (!info.failed.empty())
        return {{"target", target.name}, {"failed", info.failed}};
    return {{"target", target.name},
            {"phys_addr", fmt::format("{:#x}", info.phys_addr)},
            {"dma_addr", fmt::format("{:#x}", info.dma_addr)},
            {"relation", info.relation}};
}

/// Prints a text in lines that end before the terminal does, all but the first indented.
void print_wrapped(const std::string& text, std::size_t indent, std::size_t width) {
    std::istringstream words(text);
    std::size_t column = indent;
    bool first = true;
    for (std::string word; words >> word; first = false) {
        if (!first && column + 1 + word.size() > width) {
            fmt::print("\n{:{}}", "", indent);
            column = indent;
        } else if (!first) {
            fmt::print(" ");
            ++column;
        }
        fmt::print("{}", word);
        column += word.size();
    }
    fmt::print("\n");
}

std::string answers_of(const json& checks, bool answer) {
    std::string functions;
    for (const auto& [function, yes] : checks.items())
        if (yes.get<bool>() == answer)
            functions += (functions.empty() ? "" : ", ") + function;
    return functions;
}

std::size_t table_width() {
    const std::size_t columns = dmabench::terminal_width(STDOUT_FILENO);
    return columns != 0 ? columns : 100;
}

}  // namespace

Result<json> describe_memory(Session& session) {
    json kinds = json::array();
    for (const TargetInfo& target : session.info().targets) {
        auto found = session.memory(target);
        if (!found)
            return tl::unexpected(found.error());
        for (const MemoryInfo& info : *found) {
            if (kinds.size() <= info.kind)
                kinds.push_back(describe_kind(info));
            if (info.verdict != DMABENCH_MEMORY_NO || !info.failed.empty())
                kinds[info.kind]["targets"].push_back(describe_chain(target, info));
        }
    }
    utsname system{};
    ::uname(&system);
    return json{{"kernel", system.release}, {"module_version", session.info().version}, {"memory", kinds}};
}

void print_memory(const json& memory) {
    const bool colour = has_colours(STDOUT_FILENO);
    const char* bold = colour ? "\033[1m" : "";
    const char* dim = colour ? "\033[2m" : "";
    const char* plain = colour ? "\033[0m" : "";
    const std::size_t width = std::max<std::size_t>(table_width(), 60);
    const std::size_t indent = 2 + name_width + verdict_width;

    fmt::print("{}May it be DMA-mapped?{}\n", bold, plain);
    for (const json& kind : memory["memory"]) {
        const std::string verdict = kind.value("may_be_mapped", "?");
        const char* paint = !colour            ? ""
                            : verdict == "no"  ? "\033[31m"
                            : verdict == "yes" ? "\033[32m"
                                               : "\033[33m";
        fmt::print("  {:<{}}{}{:<{}}{}", kind["kind"].get<std::string>(), name_width, paint, verdict,
                   verdict_width, plain);
        print_wrapped(kind.value("advice", "it could not be looked at"), indent, width);
    }

    fmt::print("\n{}What the kernel says of it{}\n", bold, plain);
    for (const json& kind : memory["memory"]) {
        fmt::print("  {:<{}}", kind["kind"].get<std::string>(), name_width);
        const std::string yes = answers_of(kind["checks"], true);
        const std::string no = answers_of(kind["checks"], false);
        std::string text = kind["source"].get<std::string>();
        if (!yes.empty())
            text += "; yes: " + yes;
        if (!no.empty())
            text += "; no: " + no;
        print_wrapped(text, 2 + name_width, width);
    }

    fmt::print("\n{}{:<{}}{:<12}{:>16}    {:<16}  {}{}\n", bold, "Where it ends up", name_width + 4,
               "virtual", "physical", "DMA address", "relation", plain);
    std::vector<std::string> targets;
    for (const json& kind : memory["memory"])
        for (const json& chain : kind["targets"])
            if (const std::string name = chain["target"];
                std::find(targets.begin(), targets.end(), name) == targets.end())
                targets.push_back(name);
    for (const std::string& target : targets) {
        fmt::print("  {}\n", target);
        for (const json& kind : memory["memory"])
            for (const json& chain : kind["targets"]) {
                if (chain["target"] != target)
                    continue;
                fmt::print("    {:<{}}", kind["kind"].get<std::string>(), name_width);
                if (chain.contains("failed"))
                    fmt::print("failed: {}\n", chain["failed"].get<std::string>());
                else
                    fmt::print("{:<12}{:>16} -> {:<16}  {}\n", kind["address"].get<std::string>(),
                               chain["phys_addr"].get<std::string>(), chain["dma_addr"].get<std::string>(),
                               chain["relation"].get<std::string>());
            }
    }
    fmt::print(
        "{}Nothing that may not be mapped was given to the DMA API. Rules: \"What memory is DMA'able?\" in "
        "the kernel's\ndma-api-howto.{}\n",
        dim, plain);
}

}  // namespace dmabench
