// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>

#include "analysis/table.h"
#include "base/escape.h"
#include "base/text.h"

namespace dmabench {
namespace {

std::string painted(const std::string& padded, const Cell& cell, bool colour) {
    if (!colour || !cell.verdict || *cell.verdict == Verdict::unchanged)
        return padded;
    const char* code = *cell.verdict == Verdict::regression     ? "1;31"
                       : *cell.verdict == Verdict::inconclusive ? "1;33"
                                                                : "1;32";
    return fmt::format("\033[{}m{}\033[0m", code, padded);
}

std::string one_text(const Table& table, bool colour) {
    const auto bold = [&](const std::string& text) { return colour ? "\033[1m" + text + "\033[0m" : text; };
    std::vector<std::size_t> widths{table.corner.size()};
    for (const TableRow& row : table.rows)
        widths[0] = std::max(widths[0], printable(row.label).size());
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        widths.push_back(printable(table.columns[c]).size());
        for (const TableRow& row : table.rows)
            widths.back() = std::max(widths.back(), row.cells[c].text.size());
    }
    std::string text = bold(printable(table.title)) + "\n\n";
    std::string head = fmt::format("{:<{}}", table.corner, widths[0]);
    for (std::size_t c = 0; c < table.columns.size(); ++c)
        head += fmt::format("  {:>{}}", printable(table.columns[c]), widths[c + 1]);
    text += bold(head) + '\n';
    for (const TableRow& row : table.rows) {
        text += fmt::format("{:<{}}", printable(row.label), widths[0]);
        for (std::size_t c = 0; c < row.cells.size(); ++c)
            text +=
                "  " + painted(fmt::format("{:>{}}", row.cells[c].text, widths[c + 1]), row.cells[c], colour);
        text += '\n';
    }
    for (const std::string& note : table.notes)
        text += (colour ? "\033[2m" : "") + printable(note) + (colour ? "\033[0m" : "") + '\n';
    return text;
}

}  // namespace

std::string table_text(const std::vector<Table>& tables, bool colour) {
    std::string text;
    for (const Table& table : tables)
        text += (text.empty() ? "" : "\n") + one_text(table, colour);
    return text;
}

std::string table_markdown(const std::vector<Table>& tables) {
    std::string text;
    for (const Table& table : tables) {
        text += fmt::format("{}**{}**\n\n| {} |", text.empty() ? "" : "\n", markdown_escaped(table.title),
                            markdown_escaped(table.corner));
        std::string rule = "\n|---|";
        for (const std::string& column : table.columns) {
            text += fmt::format(" {} |", markdown_escaped(column));
            rule += "---:|";
        }
        text += rule + '\n';
        for (const TableRow& row : table.rows) {
            text += fmt::format("| {} |", markdown_escaped(row.label));
            for (const Cell& cell : row.cells)
                text += fmt::format(" {} |", cell.text);
            text += '\n';
        }
        for (const std::string& note : table.notes)
            text += fmt::format("\n<sub>{}</sub>\n", markdown_escaped(note));
    }
    return text;
}

std::string table_csv(const std::vector<Table>& tables) {
    std::string text = "table,row,column,ns,ratio,verdict,text\r\n";
    const auto number = [](double value) {
        return value == 0 ? std::string() : fmt::format("{:.6g}", value);
    };
    for (const Table& table : tables)
        for (const TableRow& row : table.rows)
            for (std::size_t c = 0; c < row.cells.size(); ++c)
                text += fmt::format("{},{},{},{},{},{},{}\r\n", csv_field(table.title), csv_field(row.label),
                                    csv_field(table.columns[c]), number(row.cells[c].ns),
                                    number(row.cells[c].ratio),
                                    row.cells[c].verdict ? verdict_name(*row.cells[c].verdict) : "",
                                    csv_field(row.cells[c].text));
    return text;
}

std::string table_json(const std::vector<Table>& tables) {
    std::string text = "{\n \"dmabench_tables\": [";
    for (std::size_t t = 0; t < tables.size(); ++t) {
        const Table& table = tables[t];
        text += fmt::format("{}\n  {{\n   \"title\": {}, \"rows_are\": {},\n   \"columns\": [",
                            t == 0 ? "" : ",", json_quoted(table.title), json_quoted(table.corner));
        for (std::size_t c = 0; c < table.columns.size(); ++c)
            text += (c == 0 ? "" : ", ") + json_quoted(table.columns[c]);
        text += "],\n   \"notes\": [";
        for (std::size_t n = 0; n < table.notes.size(); ++n)
            text += (n == 0 ? "" : ", ") + json_quoted(table.notes[n]);
        text += "],\n   \"rows\": [";
        for (std::size_t r = 0; r < table.rows.size(); ++r) {
            text += fmt::format("{}\n    {{\"label\": {}, \"cells\": [", r == 0 ? "" : ",",
                                json_quoted(table.rows[r].label));
            for (std::size_t c = 0; c < table.rows[r].cells.size(); ++c) {
                const Cell& cell = table.rows[r].cells[c];
                text += fmt::format("{}{{\"text\": {}", c == 0 ? "" : ", ", json_quoted(cell.text));
                if (cell.ns > 0)
                    text += fmt::format(", \"ns\": {}", cell.ns);
                if (cell.ratio > 0)
                    text += fmt::format(", \"ratio\": {:.6g}", cell.ratio);
                if (cell.verdict)
                    text += fmt::format(", \"verdict\": \"{}\"", verdict_name(*cell.verdict));
                text += "}";
            }
            text += "]}";
        }
        text += "\n   ]\n  }";
    }
    return text + "\n ]\n}\n";
}

}  // namespace dmabench
