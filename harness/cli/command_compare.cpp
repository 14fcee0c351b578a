// SPDX-License-Identifier: GPL-2.0-only
// dmabench compare
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <map>
#include <memory>

#include "analysis/show.h"
#include "analysis/table.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/one_of.h"

namespace dmabench {
namespace {

namespace fs = std::filesystem;

struct Options {
    std::vector<std::string> reports;
    std::string threshold;
    std::string format = "text";
    std::string color = "auto";
    std::string across;
    std::string row;
    std::string col;
    bool strict = false;
    bool force = false;
    bool all = false;
};

/// What a file is, or what lies in a folder, by name.
Result<std::vector<std::string>> files_in(const std::string& path) {
    std::error_code error;
    if (!fs::is_directory(path, error))
        return std::vector<std::string>{path};
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(path, error))
        if (entry.path().extension() == ".json" && entry.is_regular_file(error))
            files.push_back(entry.path().string());
    if (files.empty())
        return fail(ErrorKind::usage, "{}: holds no reports (*.json)", printable(path));
    std::sort(files.begin(), files.end());
    return files;
}

Result<std::vector<LoadedReport>> load_all(const std::vector<std::string>& files, bool params) {
    // Two at a time: a large report is a second's work.
    std::vector<Result<LoadedReport>> loaded;
    for (std::size_t i = 0; i < files.size(); i += 2) {
        std::future<Result<LoadedReport>> second;
        if (i + 1 < files.size())
            second = std::async(std::launch::async, [&, i] { return load_report(files[i + 1], {params}); });
        loaded.push_back(load_report(files[i], {params}));
        if (second.valid())
            loaded.push_back(second.get());
    }
    std::vector<LoadedReport> reports;
    for (Result<LoadedReport>& report : loaded) {
        if (!report)
            return tl::unexpected(report.error());
        reports.push_back(std::move(*report));
    }
    return reports;
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> words;
    std::size_t start = 0;
    while (start <= text.size()) {
        const std::size_t comma = std::min(text.find(',', start), text.size());
        if (const auto word = trimmed(std::string_view(text).substr(start, comma - start)); !word.empty())
            words.emplace_back(word);
        start = comma + 1;
    }
    return words;
}

Result<std::vector<std::string>> across_fields(const std::string& text) {
    const auto known = fingerprint_fields();
    auto words = split(text);
    for (const std::string& word : words)
        if (std::find(known.begin(), known.end(), word) == known.end())
            return fail(ErrorKind::usage, "--across: no field {}{}; expected some of {}", in_quotes(word),
                        did_you_mean(word, known), join(known));
    if (words.empty())
        return fail(ErrorKind::usage, "--across: no field given; expected some of {}", join(known));
    return words;
}

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

bool coloured(const Options& options) {
    return options.color == "always" || (options.color == "auto" && has_colours(STDOUT_FILENO));
}

Result<int> print_tables(const std::vector<Table>& tables, const Options& options) {
    const std::string& format = options.format;
    if (format == "junit")
        return fail(ErrorKind::usage,
                    "--format junit: a table has no test cases; expected text, markdown, json or csv");
    print(format == "markdown" ? table_markdown(tables)
          : format == "json"   ? table_json(tables)
          : format == "csv"    ? table_csv(tables)
                               : table_text(tables, coloured(options)));
    return 0;
}

Result<int> compare_across(const Options& options) {
    auto fields = across_fields(options.across);
    if (!fields)
        return tl::unexpected(fields.error());
    std::vector<std::string> files;
    for (const std::string& path : options.reports) {
        auto found = files_in(path);
        if (!found)
            return tl::unexpected(found.error());
        files.insert(files.end(), found->begin(), found->end());
    }
    auto reports = load_all(files, !options.row.empty());
    if (!reports)
        return tl::unexpected(reports.error());
    auto tables = side_by_side(*reports, *fields, options.row, options.col);
    if (!tables)
        return tl::unexpected(tables.error());
    return print_tables(*tables, options);
}

/// Which reports are to be compared with which: two files as they are, the reports of folders by platform.
struct Pairing {
    std::vector<std::pair<const LoadedReport*, const LoadedReport*>> pairs;
    std::vector<std::string> unpaired;
};

Pairing pair_by_platform(const std::vector<LoadedReport>& base, const std::vector<LoadedReport>& candidates,
                         const std::string& base_path, const std::string& candidate_path) {
    Pairing pairing;
    std::map<std::string, std::pair<const LoadedReport*, const LoadedReport*>> by_platform;
    for (const LoadedReport& report : base)
        by_platform[report.platform].first = &report;
    for (const LoadedReport& report : candidates)
        by_platform[report.platform].second = &report;
    for (const auto& [platform, pair] : by_platform) {
        if (pair.first != nullptr && pair.second != nullptr)
            pairing.pairs.push_back(pair);
        else
            pairing.unpaired.push_back(
                fmt::format("{}: only in {}", printable(platform),
                            printable(pair.first != nullptr ? base_path : candidate_path)));
    }
    return pairing;
}

Result<int> judge(const Options& options) {
    CompareOptions how;
    how.force = options.force;
    if (!options.threshold.empty()) {
        auto threshold = parse_threshold(options.threshold);
        if (!threshold)
            return fail(threshold.error().kind, "--threshold: {}", threshold.error().message);
        how.threshold = *threshold;
    }
    std::vector<std::vector<std::string>> files;
    std::vector<std::string> flat;
    std::error_code error;
    const bool folders = fs::is_directory(options.reports.front(), error);
    for (const std::string& path : options.reports) {
        if (fs::is_directory(path, error) != folders)
            return fail(ErrorKind::usage, "{}: compare files with files, and folders with folders",
                        printable(path));
        auto found = files_in(path);
        if (!found)
            return tl::unexpected(found.error());
        flat.insert(flat.end(), found->begin(), found->end());
        files.push_back(std::move(*found));
    }
    auto loaded = load_all(flat, !options.row.empty());
    if (!loaded)
        return tl::unexpected(loaded.error());
    std::vector<std::vector<LoadedReport>> reports;
    auto next = loaded->begin();
    for (const auto& list : files) {
        const auto end = next + static_cast<std::ptrdiff_t>(list.size());
        reports.emplace_back(std::make_move_iterator(next), std::make_move_iterator(end));
        next = end;
    }
    Pairing pairing;
    for (std::size_t i = 1; i < reports.size(); ++i) {
        if (!folders) {
            pairing.pairs.emplace_back(&reports[0][0], &reports[i][0]);
            continue;
        }
        Pairing more = pair_by_platform(reports[0], reports[i], options.reports[0], options.reports[i]);
        pairing.pairs.insert(pairing.pairs.end(), more.pairs.begin(), more.pairs.end());
        pairing.unpaired.insert(pairing.unpaired.end(), more.unpaired.begin(), more.unpaired.end());
    }
    if (pairing.pairs.empty())
        return fail(ErrorKind::not_comparable, "{} and {} have no platform in common",
                    printable(options.reports[0]), printable(options.reports[1]));
    std::vector<Comparison> comparisons;
    for (const auto& [base, candidate] : pairing.pairs) {
        auto comparison = compare(*base, *candidate, how);
        if (!comparison)
            return tl::unexpected(comparison.error());
        if (comparison->points.empty())
            return fail(ErrorKind::not_comparable, "{} and {} have no point in common", printable(base->file),
                        printable(candidate->file));
        comparisons.push_back(std::move(*comparison));
    }
    const bool failed = std::any_of(comparisons.begin(), comparisons.end(),
                                    [&](const Comparison& one) { return one.failed(options.strict); }) ||
                        (options.strict && !pairing.unpaired.empty());
    const int code = failed ? static_cast<int>(ErrorKind::regression) : 0;
    if (!options.row.empty()) {
        std::vector<Table> tables;
        for (const Comparison& comparison : comparisons) {
            auto table = projection(comparison, options.row, options.col);
            if (!table)
                return tl::unexpected(table.error());
            tables.push_back(std::move(*table));
        }
        for (const std::string& platform : pairing.unpaired)
            tables.back().notes.push_back(platform);
        auto printed = print_tables(tables, options);
        return printed ? Result<int>(code) : printed;
    }
    ShowOptions show;
    show.strict = options.strict;
    show.all = options.all;
    show.colour = coloured(options);
    show.unpaired = pairing.unpaired;
    show.columns = terminal_width(STDOUT_FILENO);
    print(options.format == "markdown" ? show_markdown(comparisons, show)
          : options.format == "json"   ? show_json(comparisons, show)
          : options.format == "junit"  ? show_junit(comparisons, show)
          : options.format == "csv"    ? show_csv(comparisons, show)
                                       : show_text(comparisons, show));
    return code;
}

Result<int> run_compare(const Options& options) {
    if (options.reports.size() < 2)
        return fail(ErrorKind::usage, "one report has nothing to be compared with; expected BASE and NEW");
    if (!options.col.empty() && options.row.empty())
        return fail(ErrorKind::usage, "--col needs --row");
    if (options.across.empty())
        return judge(options);
    if (options.force || options.strict || !options.threshold.empty())
        return fail(ErrorKind::usage, "--across gives no verdicts, so {} has no meaning with it",
                    options.force    ? "--force"
                    : options.strict ? "--strict"
                                     : "--threshold");
    return compare_across(options);
}

}  // namespace

void add_compare_command(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("compare", "Tell what got slower or faster between reports, and how surely");
    command
        ->add_option("BASE NEW", options->reports,
                     "Reports, the one to compare with first; or folders of reports, paired by platform")
        ->required();
    command->add_option("--threshold", options->threshold,
                        "How much slower is too much, as 5% (default: as the scenario says, or 5%)");
    command
        ->add_option("--format", options->format, "text, markdown (for a pull request), json, junit or csv")
        ->check(one_of("format", {"text", "markdown", "json", "junit", "csv"}),
                "{text,markdown,json,junit,csv}")
        ->capture_default_str();
    command
        ->add_option("--color", options->color,
                     "Colours in text: auto (on a terminal, unless NO_COLOR is set), always or never")
        ->check(one_of("color", {"auto", "always", "never"}), "{auto,always,never}")
        ->capture_default_str();
    command->add_flag("--strict", options->strict, "Fail also for inconclusive and missing points");
    command->add_flag("--all", options->all, "List also what did not change, and every list to its end");
    command->add_flag("--force", options->force,
                      "Judge reports of different platforms as if they were of one");
    command->add_option("--across", options->across,
                        "Set platforms or kernels side by side that differ in these fields, as kernel,iommu; "
                        "no verdicts");
    command->add_option("--row", options->row, "Sum up by this axis, as size");
    command->add_option("--col", options->col, "And by this one, as strategy");
    command->footer(
        "Examples:\n"
        "  dmabench compare yesterday.json today.json\n"
        "  dmabench compare base/ new/ --threshold 2% --format markdown >comment.md\n"
        "  dmabench compare 6.1.json 6.12.json --across kernel --row size --col strategy\n"
        "\n"
        "Exit codes: 0 no regression, 1 a regression, 3 not comparable (the message names the fields).\n"
        "Reports of the instruction clock are compared exactly, others by a rank test on their samples,\n"
        "corrected for the number of points.");
    command->callback([options, &chosen] { chosen = [options] { return run_compare(*options); }; });
}

}  // namespace dmabench
