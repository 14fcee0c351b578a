// SPDX-License-Identifier: GPL-2.0-only
// Small tables out of reports: platforms side by side, and comparisons summed up by axes.
#pragma once

#include <string>
#include <vector>

#include "analysis/show.h"

namespace dmabench {

struct Cell {
    std::string text;
    double ns = 0;     ///< 0: none
    double ratio = 0;  ///< to the first column, or new to base; 0: none
    std::optional<Verdict> verdict;
};

struct TableRow {
    std::string label;
    std::vector<Cell> cells;
};

struct Table {
    std::string title;
    std::string corner;  ///< what the rows' labels are
    std::vector<std::string> columns;
    std::vector<TableRow> rows;
    std::vector<std::string> notes;
};

/// Platforms or kernels side by side: a row for each point of the first report, its time in each report and
/// the change against the first. With `row`, a row for each value of that axis and the geometric mean of the
/// changes; with `col` too, a table for each report but the first. No verdicts: what differs is meant to.
/// ErrorKind::not_comparable when other fields than those `across` differ or no point is in common.
Result<std::vector<Table>> side_by_side(const std::vector<LoadedReport>& reports,
                                        const std::vector<std::string>& across, const std::string& row,
                                        const std::string& col);

/// A comparison by axes: each cell shows the worst of its points. Without `col`, how many have which verdict.
/// ErrorKind::usage for an axis that the reports do not have.
Result<Table> projection(const Comparison& comparison, const std::string& row, const std::string& col);

std::string table_text(const std::vector<Table>& tables, bool colour);
std::string table_markdown(const std::vector<Table>& tables);
std::string table_csv(const std::vector<Table>& tables);
std::string table_json(const std::vector<Table>& tables);

}  // namespace dmabench
