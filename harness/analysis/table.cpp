// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/figures.h"
#include "base/text.h"

namespace dmabench {
namespace {

/// Labels in the order they come, or by size when all are numbers.
class Labels {
  public:
    std::size_t place(std::string_view label) {
        const auto [found, fresh] = places_.try_emplace(std::string(label), labels_.size());
        if (fresh)
            labels_.emplace_back(label);
        return found->second;
    }

    /// The places in the order to show them.
    [[nodiscard]] std::vector<std::size_t> order() const {
        std::vector<double> numbers;
        std::vector<std::size_t> order;
        for (const std::string& label : labels_) {
            double number = 0;
            const auto read = std::from_chars(label.data(), label.data() + label.size(), number);
            if (read.ptr == label.data() + label.size() && !label.empty())
                numbers.push_back(number);
            order.push_back(order.size());
        }
        if (numbers.size() == labels_.size())
            std::sort(order.begin(), order.end(),
                      [&](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; });
        return order;
    }

    [[nodiscard]] const std::string& operator[](std::size_t place) const { return labels_[place]; }
    [[nodiscard]] std::size_t size() const { return labels_.size(); }

  private:
    std::vector<std::string> labels_;
    std::map<std::string, std::size_t> places_;
};

Result<void> check_axis(const LoadedReport& report, const std::string& axis, const char* option) {
    std::vector<std::string_view> known;
    if (!report.rows.empty())
        for (const Param& param : report.rows.front().params)
            known.push_back(report.keys.word(param.axis));
    if (std::find(known.begin(), known.end(), axis) == known.end())
        return fail(ErrorKind::usage, "{} {}: no such axis in {}{}; expected one of {}", option,
                    in_quotes(axis), printable(report.file), did_you_mean(axis, known), join(known));
    return {};
}

/// The name without its target, so that points of different platforms can meet.
std::string without_target(std::string_view name) {
    const std::size_t start = name.find("/target:");
    if (start == std::string_view::npos)
        return std::string(name);
    const std::size_t end = std::min(name.find('/', start + 1), name.size());
    return std::string(name.substr(0, start)) + std::string(name.substr(end));
}

using Index = std::unordered_map<std::string, const LoadedRow*>;

/// Empty when two rows have the same key.
Index index_of(const LoadedReport& report, bool drop_targets) {
    Index index;
    for (const LoadedRow& row : report.rows)
        if (!index.emplace(drop_targets ? without_target(row.name) : std::string(row.name), &row).second &&
            drop_targets)
            return {};
    return index;
}

bool names_field(const std::vector<std::string>& across, std::string_view field) {
    return std::find(across.begin(), across.end(), field) != across.end();
}

/// What tells the reports apart: their values of the fields if these are short, or else their platforms or
/// files.
std::vector<std::string> titles(const std::vector<LoadedReport>& reports,
                                const std::vector<std::string>& across) {
    const auto distinct = [&](auto title) -> std::vector<std::string> {
        std::vector<std::string> all;
        for (const LoadedReport& report : reports)
            all.push_back(title(report));
        return std::set<std::string>(all.begin(), all.end()).size() == all.size()
                   ? all
                   : std::vector<std::string>{};
    };
    if (across.size() == 1) {
        auto values = distinct([&](const LoadedReport& report) {
            const auto found = report.fingerprint.find(across.front());
            return found == report.fingerprint.end() || found->second.size() > 40 ? std::string()
                                                                                  : found->second;
        });
        if (!values.empty() && std::find(values.begin(), values.end(), "") == values.end())
            return values;
    }
    if (auto platforms = distinct([](const LoadedReport& report) { return report.platform; });
        !platforms.empty())
        return platforms;
    std::vector<std::string> files;
    for (const LoadedReport& report : reports)
        files.push_back(report.file);
    return files;
}

struct Pairs {
    std::vector<std::string> names;
    std::vector<const LoadedRow*> base;
    std::vector<std::vector<const LoadedRow*>>
        others;  ///< by report but the first, then by point; null: not there
};

Pairs pair_up(const std::vector<LoadedReport>& reports, const std::vector<std::string>& across) {
    bool drop = names_field(across, "targets");
    std::vector<Index> indexes;
    for (const LoadedReport& report : reports) {
        indexes.push_back(index_of(report, drop));
        if (indexes.back().empty() && !report.rows.empty() && drop) {
            drop = false;
            indexes.clear();
            for (const LoadedReport& again : reports)
                indexes.push_back(index_of(again, false));
            break;
        }
    }
    Pairs pairs;
    pairs.others.resize(reports.size() - 1);
    for (const LoadedRow& row : reports.front().rows) {
        const std::string name = drop ? without_target(row.name) : std::string(row.name);
        pairs.names.push_back(name);
        pairs.base.push_back(&row);
        for (std::size_t i = 1; i < reports.size(); ++i) {
            const auto found = indexes[i].find(name);
            pairs.others[i - 1].push_back(found == indexes[i].end() ? nullptr : found->second);
        }
    }
    return pairs;
}

/// Sums of logarithms, whose mean is that of the geometric mean.
struct Mean {
    double logs = 0;
    std::size_t count = 0;
    void add(const LoadedRow& base, const LoadedRow& other) {
        if (base.real_time <= 0 || other.real_time <= 0)
            return;
        logs += std::log(other.real_time / base.real_time);
        ++count;
    }
    [[nodiscard]] Cell cell() const {
        if (count == 0)
            return {"-", 0, 0, {}};
        const double ratio = std::exp(logs / static_cast<double>(count));
        return {change_text(ratio), 0, ratio, {}};
    }
};

Table by_point(const Pairs& pairs, const std::vector<std::string>& columns) {
    Table table{"time per lap, and the change against " + columns.front(), "point", columns, {}, {}};
    for (std::size_t i = 0; i < pairs.base.size(); ++i) {
        const double base = pairs.base[i]->real_time;
        TableRow row{pairs.names[i], {{time_text(base), base, 1, {}}}};
        for (const auto& other : pairs.others) {
            if (other[i] == nullptr || base <= 0) {
                row.cells.push_back({"-", 0, 0, {}});
                continue;
            }
            const double ratio = other[i]->real_time / base;
            row.cells.push_back({fmt::format("{} {}", time_text(other[i]->real_time), change_text(ratio)),
                                 other[i]->real_time,
                                 ratio,
                                 {}});
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

/// The geometric means by one axis, a column for each report; or by two, for one of the reports.
Table by_axes(const LoadedReport& base, const Pairs& pairs, std::span<const std::size_t> which,
              const std::vector<std::string>& names, const std::string& row, const std::string& col) {
    Labels rows;
    Labels columns;
    std::map<std::pair<std::size_t, std::size_t>, Mean> means;
    for (std::size_t i = 0; i < pairs.base.size(); ++i) {
        const std::size_t r = rows.place(base.param(*pairs.base[i], row));
        for (const std::size_t report : which) {
            const std::size_t c = columns.place(col.empty() ? std::string_view(names[report])
                                                            : base.param(*pairs.base[i], col));
            if (const LoadedRow* other = pairs.others[report - 1][i])
                means[{r, c}].add(*pairs.base[i], *other);
        }
    }
    Table table;
    table.corner = col.empty() ? row : row + " \\ " + col;
    const auto column_order = col.empty() ? [&] {
        std::vector<std::size_t> same;
        for (std::size_t i = 0; i < columns.size(); ++i)
            same.push_back(i);
        return same;
    }() : columns.order();
    for (const std::size_t c : column_order)
        table.columns.push_back(columns[c]);
    for (const std::size_t r : rows.order()) {
        TableRow out{rows[r], {}};
        for (const std::size_t c : column_order)
            out.cells.push_back(means[{r, c}].cell());
        table.rows.push_back(std::move(out));
    }
    return table;
}

}  // namespace

Result<std::vector<Table>> side_by_side(const std::vector<LoadedReport>& reports,
                                        const std::vector<std::string>& across, const std::string& row,
                                        const std::string& col) {
    const LoadedReport& base = reports.front();
    for (const auto& [axis, option] : {std::pair{&row, "--row"}, std::pair{&col, "--col"}})
        if (!axis->empty())
            if (auto known = check_axis(base, *axis, option); !known)
                return tl::unexpected(known.error());
    for (std::size_t i = 1; i < reports.size(); ++i) {
        auto fields = never_comparable(base, reports[i]);
        for (FieldDifference& field : differences(base, reports[i], across))
            fields.push_back(std::move(field));
        if (!fields.empty())
            return fail(ErrorKind::not_comparable, "{} and {} differ in more than --across {}: {}",
                        printable(base.file), printable(reports[i].file), fmt::join(across, ","),
                        in_words(fields));
    }
    const Pairs pairs = pair_up(reports, across);
    std::vector<std::string> notes;
    const auto names = titles(reports, across);
    for (std::size_t i = 1; i < reports.size(); ++i) {
        const auto& other = pairs.others[i - 1];
        const auto common =
            static_cast<std::size_t>(std::count_if(other.begin(), other.end(), [](auto* r) { return r; }));
        if (common == 0)
            return fail(
                ErrorKind::not_comparable, "{} and {} have no point in common{}", printable(base.file),
                printable(reports[i].file),
                names_field(across, "targets") ? "" : "; --across targets meets points of different targets");
        if (common != other.size() || common != reports[i].rows.size())
            notes.push_back(fmt::format("{}: {} of {} are in both, {} only here", names[i], common,
                                        counted(other.size(), "point"), reports[i].rows.size() - common));
    }
    if (!base.notice.empty())
        notes.push_back(base.notice);
    std::vector<Table> tables;
    if (row.empty()) {
        tables.push_back(by_point(pairs, names));
    } else if (col.empty()) {
        std::vector<std::size_t> all;
        for (std::size_t i = 1; i < reports.size(); ++i)
            all.push_back(i);
        tables.push_back(by_axes(base, pairs, all, names, row, col));
        tables.back().title = "change against " + names.front() + ", geometric mean";
    } else {
        for (std::size_t i = 1; i < reports.size(); ++i) {
            tables.push_back(by_axes(base, pairs, std::array{i}, names, row, col));
            tables.back().title = fmt::format("{} against {}, geometric mean", names[i], names.front());
        }
    }
    tables.back().notes = std::move(notes);
    return tables;
}

Result<Table> projection(const Comparison& comparison, const std::string& row, const std::string& col) {
    const LoadedReport& report = *comparison.candidate;
    for (const auto& [axis, option] : {std::pair{&row, "--row"}, std::pair{&col, "--col"}})
        if (!axis->empty())
            if (auto known = check_axis(report, *axis, option); !known)
                return tl::unexpected(known.error());
    Labels rows;
    Labels columns;
    if (col.empty())
        for (const char* name : {"worst", "regressions", "inconclusive", "improvements", "unchanged"})
            columns.place(name);
    std::map<std::pair<std::size_t, std::size_t>, Cell> cells;
    std::map<std::size_t, std::array<std::size_t, verdicts>> counts;
    for (const PointChange& change :
         comparison.points) {  // worst first, so that the first of a cell is its worst
        const std::size_t r = rows.place(report.param(*change.candidate, row));
        const std::size_t c = col.empty() ? 0 : columns.place(report.param(*change.candidate, col));
        const char* mark = change.verdict == Verdict::regression     ? " !"
                           : change.verdict == Verdict::inconclusive ? " ?"
                                                                     : "";
        cells.try_emplace(
            {r, c}, Cell{change_text(change.ratio.ratio) + mark, 0, change.ratio.ratio, change.verdict});
        ++counts[r][static_cast<std::size_t>(change.verdict)];
    }
    Table table;
    table.title = fmt::format("{}: {}", comparison.candidate->platform, summary(comparison));
    table.corner = col.empty() ? row : row + " \\ " + col;
    const auto column_order = columns.order();
    for (const std::size_t c : column_order)
        table.columns.push_back(columns[c]);
    for (const std::size_t r : rows.order()) {
        TableRow out{rows[r], {}};
        for (const std::size_t c : column_order) {
            if (col.empty() && c > 0)
                out.cells.push_back({std::to_string(counts[r][c - 1]), 0, 0, {}});
            else if (const auto found = cells.find({r, c}); found != cells.end())
                out.cells.push_back(found->second);
            else
                out.cells.push_back({"-", 0, 0, {}});
        }
        table.rows.push_back(std::move(out));
    }
    table.notes = remarks(comparison);
    table.notes.insert(table.notes.begin(), "each cell shows its worst point: ! regression, ? inconclusive");
    return table;
}

}  // namespace dmabench
