// SPDX-License-Identifier: GPL-2.0-only
#include "report/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <unordered_map>

#include "base/files.h"

namespace dmabench {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

constexpr int journal_version = 1;

/// Before an entry of that kind in its line; a closing brace follows it.
std::string line_begin(std::string_view kind) { return fmt::format("{{\"{}\":", kind); }

/// Where the entry lies in a line that begins at `at`.
StoredText text_in_line(std::string_view kind, std::uint64_t at, std::size_t line_length) {
    const std::size_t begin = line_begin(kind).size();
    return {at + begin, line_length - begin - 1};
}

fs::path journal_path(const fs::path& report) {
    fs::path path = report;
    path += ".journal.jsonl";
    return path;
}

Result<UniqueFd> open_for_append(const fs::path& path, int flags) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0644));
    if (!fd)
        return fail(ErrorKind::failed, "{}: {}", path.string(), std::strerror(errno));
    return fd;
}

std::uint64_t laps_of(const json& row) {
    return row.value("dmabench", json::object()).value("laps_per_sample", std::uint64_t{0});
}

/// Names of the fields in which two identities differ.
std::string differences(const json& before, const json& now) {
    std::string fields;
    for (const auto& [key, value] : now.items())
        if (!before.contains(key) || before[key] != value)
            fields += (fields.empty() ? "" : ", ") + key;
    return fields;
}

}  // namespace

Result<Journal> Journal::begin(const fs::path& report, const json& identity, std::size_t points_planned,
                               fs::path* kept) {
    const fs::path path = journal_path(report);
    std::error_code error;
    if (fs::exists(path, error)) {
        for (int number = 1;; ++number) {
            fs::path aside = path;
            aside += fmt::format(".{}", number);
            if (fs::exists(aside, error))
                continue;
            fs::rename(path, aside, error);
            if (error)
                return fail(ErrorKind::failed, "{}: {}", path.string(), error.message());
            if (kept != nullptr)
                *kept = aside;
            break;
        }
    }
    auto fd = open_for_append(path, O_CREAT | O_EXCL);
    if (!fd)
        return tl::unexpected(fd.error());
    Journal journal(std::move(*fd), path, 0);
    if (auto written = journal.append_header(identity, points_planned); !written)
        return tl::unexpected(written.error());
    sync_name(path);
    return journal;
}

Result<void> Journal::append_header(const json& identity, std::size_t points_planned) {
    const json header{
        {"dmabench_journal", journal_version}, {"points_planned", points_planned}, {"identity", identity}};
    return append_line(header.dump());
}

Result<Journal> Journal::resume(const fs::path& report, const json& identity, JournalEntries* entries,
                                std::size_t points_planned) {
    const fs::path path = journal_path(report);
    std::ifstream in(path);
    if (!in)
        return fail(ErrorKind::usage, "{}: there is no unfinished run to resume", path.string());
    std::string line;
    std::unordered_map<std::string, std::size_t> places;  // of rows, by name
    std::size_t whole = 0;                                //  bytes up to the end of the last good line
    bool first = true;
    while (std::getline(in, line)) {
        if (in.eof())
            break;  // no newline: torn
        const json parsed = json::parse(line, nullptr, false);
        if (parsed.is_discarded() || !parsed.is_object())
            break;
        if (first) {
            if (parsed.value("dmabench_journal", 0) != journal_version)
                return fail(ErrorKind::usage, "{}: not a journal of this version of dmabench", path.string());
            const std::string fields = differences(parsed.value("identity", json::object()), identity);
            if (!fields.empty())
                return fail(ErrorKind::usage, "{}: cannot be resumed, this run differs in: {}", path.string(),
                            fields);
            first = false;
        } else if (parsed.contains("row")) {
            const json& row = parsed["row"];
            places.emplace(row.at("name"), entries->rows.size());
            entries->rows.push_back({row.at("name"), laps_of(row), text_in_line("row", whole, line.size()), {}});
        } else if (parsed.contains("skipped")) {
            entries->skipped.push_back(parsed["skipped"]);
        } else if (parsed.contains("canary")) {
            entries->canaries.push_back(parsed["canary"]);
        } else if (parsed.contains("counts")) {
            if (const auto place = places.find(parsed["counts"].at("name")); place != places.end())
                entries->rows[place->second].counts = text_in_line("counts", whole, line.size());
        }
        // errors are tried again
        whole += line.size() + 1;
    }
    // Without a whole line the run ended before it had begun its first point.
    const bool anew = first && in.eof();
    if (first && !anew)
        return fail(ErrorKind::usage, "{}: holds nothing to resume", path.string());
    in.close();
    if (::truncate(path.c_str(), static_cast<off_t>(whole)) != 0)
        return fail(ErrorKind::failed, "{}: {}", path.string(), std::strerror(errno));
    auto fd = open_for_append(path, 0);
    if (!fd)
        return tl::unexpected(fd.error());
    Journal journal(std::move(*fd), path, whole);
    if (anew) {
        if (auto written = journal.append_header(identity, points_planned); !written)
            return tl::unexpected(written.error());
    }
    return journal;
}

Result<void> Journal::append(const char* kind, const json& entry) {
    if (auto stored = append_text(kind, entry); !stored)
        return tl::unexpected(stored.error());
    return {};
}

Result<StoredRow> Journal::append_row(const json& row) {
    auto stored = append_text("row", row);
    if (!stored)
        return tl::unexpected(stored.error());
    return StoredRow{row.at("name"), laps_of(row), *stored, {}};
}

Result<void> Journal::append_counts(StoredRow& row, const json& counts) {
    auto stored = append_text("counts", counts);
    if (!stored)
        return tl::unexpected(stored.error());
    row.counts = *stored;
    return {};
}

Result<StoredText> Journal::append_text(std::string_view kind, const json& entry) {
    const std::string line = line_begin(kind) + entry.dump() + "}";
    const StoredText stored = text_in_line(kind, size_, line.size());
    if (auto written = append_line(line); !written)
        return tl::unexpected(written.error());
    return stored;
}

Result<void> Journal::append_line(const std::string& line) {
    if (!write_all(fd_.get(), line + "\n") || ::fdatasync(fd_.get()) != 0)
        return fail(ErrorKind::failed, "{}: {}; the points before this one are safe, go on with --resume",
                    path_.string(), std::strerror(errno));
    size_ += line.size() + 1;
    return {};
}

void Journal::remove() {
    fd_.reset();
    std::error_code ignored;
    fs::remove(path_, ignored);
}

}  // namespace dmabench
