// SPDX-License-Identifier: GPL-2.0-only
// The journal: one line per point, on the disk before the next point begins. A report is made from it; an
// interrupted run goes on from it.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace dmabench {

/// JSON that lies in the journal.
struct StoredText {
    std::uint64_t at = 0;      ///< byte of the journal
    std::uint64_t length = 0;  ///< 0: there is none
};

/// A row that lies in the journal: 100 000 of them need no memory for their text.
struct StoredRow {
    std::string name;
    std::uint64_t laps_per_sample = 0;
    StoredText text;
    StoredText counts;  ///< {name, counters}, by the pass that counts tracepoints
};

/// What has happened to the points so far, in the order it happened.
struct JournalEntries {
    std::vector<StoredRow> rows;
    std::vector<nlohmann::ordered_json> skipped;  ///< {name, reason, params}
    std::vector<nlohmann::ordered_json> errors;    ///< {name, reason, params}
    std::vector<nlohmann::ordered_json> canaries;  ///< {block, name, real_time}
};

/// Appends to FILE.journal.jsonl beside a report FILE.
class Journal {
  public:
    /// Begins a journal. `identity` is what must be the same for a run to go on from it later, a flat object;
    /// points_planned is for whoever watches the journal grow. A journal that lies there already, of a run that
    /// never ended, is kept under the next free name FILE.journal.jsonl.N; `kept` then names it.
    static Result<Journal> begin(const std::filesystem::path& report, const nlohmann::ordered_json& identity,
                                 std::size_t points_planned, std::filesystem::path* kept = nullptr);

    /// Goes on from a journal: reads its entries and appends behind them. A line torn by a crash is dropped.
    /// One that ended within its first line begins anew. ErrorKind::usage when there is none, or when it was begun
    /// with another identity (naming the fields).
    static Result<Journal> resume(const std::filesystem::path& report, const nlohmann::ordered_json& identity,
                                  JournalEntries* entries, std::size_t points_planned);

    /// One entry, flushed to the disk. kind is "skipped", "error" or "canary".
    Result<void> append(const char* kind, const nlohmann::ordered_json& entry);

    /// The row of a point, flushed to the disk.
    Result<StoredRow> append_row(const nlohmann::ordered_json& row);

    /// What was counted for a row that is in the journal already: {name, counters}.
    Result<void> append_counts(StoredRow& row, const nlohmann::ordered_json& counts);

    /// The report has been written: the journal has done its work.
    void remove();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    Journal(UniqueFd fd, std::filesystem::path path, std::uint64_t size)
        : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}
    Result<void> append_header(const nlohmann::ordered_json& identity, std::size_t points_planned);
    Result<void> append_line(const std::string& line);
    Result<StoredText> append_text(std::string_view kind, const nlohmann::ordered_json& entry);

    UniqueFd fd_;
    std::filesystem::path path_;
    std::uint64_t size_ = 0;  ///< up to the end of the last line
};

}  // namespace dmabench
