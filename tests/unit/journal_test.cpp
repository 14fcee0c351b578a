// SPDX-License-Identifier: GPL-2.0-only
#include "report/journal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <fstream>
#include <sstream>

namespace dmabench {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

class JournalTest : public ::testing::Test {
  protected:
    JournalTest() {
        std::string name = (fs::temp_directory_path() / "dmabench-journal-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
        report_ = folder_ / "r.json";
    }
    ~JournalTest() override { fs::remove_all(folder_); }

    [[nodiscard]] std::string text() const {
        std::ifstream in(folder_ / "r.json.journal.jsonl");
        std::ostringstream out;
        out << in.rdbuf();
        return out.str();
    }

    fs::path folder_;
    fs::path report_;
    json identity_{{"plan", "abc"}, {"kernel", "6.1"}};
};

TEST_F(JournalTest, ResumesWithWhatWasMeasuredAndTriesErrorsAgain) {
    {
        auto journal = Journal::begin(report_, identity_, 4);
        ASSERT_TRUE(journal);
        ASSERT_TRUE(journal->append_row({{"name", "a"}}));
        ASSERT_TRUE(journal->append("skipped", {{"name", "b"}, {"reason", "x"}}));
        ASSERT_TRUE(journal->append("error", {{"name", "c"}, {"reason", "y"}}));
        ASSERT_TRUE(journal->append("canary", {{"block", 0}, {"name", "d"}, {"real_time", 2.5}}));
    }
    JournalEntries entries;
    auto journal = Journal::resume(report_, identity_, &entries, 4);
    ASSERT_TRUE(journal);
    ASSERT_EQ(entries.rows.size(), 1U);
    EXPECT_EQ(entries.rows[0].name, "a");
    ASSERT_EQ(entries.skipped.size(), 1U);
    EXPECT_TRUE(entries.errors.empty());
    ASSERT_EQ(entries.canaries.size(), 1U);
    EXPECT_EQ(entries.canaries[0]["real_time"], 2.5);
}

TEST_F(JournalTest, CountsComeBackWithTheirRow) {
    {
        auto journal = Journal::begin(report_, identity_, 2);
        ASSERT_TRUE(journal);
        auto a = journal->append_row({{"name", "a"}, {"dmabench", {{"laps_per_sample", 40}}}});
        auto b = journal->append_row({{"name", "b"}});
        ASSERT_TRUE(a && b);
        ASSERT_TRUE(journal->append_counts(*b, {{"name", "b"}, {"counters", json::array()}}));
    }
    JournalEntries entries;
    ASSERT_TRUE(Journal::resume(report_, identity_, &entries, 2));
    ASSERT_EQ(entries.rows.size(), 2U);
    EXPECT_EQ(entries.rows[0].laps_per_sample, 40U);
    EXPECT_EQ(entries.rows[0].counts.length, 0U);
    const StoredText counts = entries.rows[1].counts;
    EXPECT_EQ(text().substr(counts.at, counts.length), R"({"name":"b","counters":[]})");
}

TEST_F(JournalTest, ALineTornByACrashIsDroppedWhereverItIsCut) {
    {
        auto journal = Journal::begin(report_, identity_, 4);
        ASSERT_TRUE(journal->append_row({{"name", "first"}}));
        ASSERT_TRUE(journal->append_row({{"name", "second"}}));
    }
    const std::string whole = text();
    const std::size_t second = whole.find("{\"row\":{\"name\":\"second\"");
    for (std::size_t length = second; length < whole.size(); ++length) {
        std::ofstream(folder_ / "r.json.journal.jsonl", std::ios::trunc) << whole.substr(0, length);
        JournalEntries entries;
        auto journal = Journal::resume(report_, identity_, &entries, 4);
        ASSERT_TRUE(journal) << length;
        ASSERT_EQ(entries.rows.size(), 1U) << length;
        ASSERT_TRUE(journal->append_row({{"name", "again"}}));
        JournalEntries after;
        ASSERT_TRUE(Journal::resume(report_, identity_, &after, 4));
        ASSERT_EQ(after.rows.size(), 2U) << length;
        EXPECT_EQ(after.rows[1].name, "again");
    }
}

TEST_F(JournalTest, AnotherRunCannotBeResumedAndTheFieldsAreNamed) {
    ASSERT_TRUE(Journal::begin(report_, identity_, 4));
    JournalEntries entries;
    const auto journal = Journal::resume(report_, {{"plan", "xyz"}, {"kernel", "6.1"}}, &entries, 4);
    ASSERT_FALSE(journal);
    EXPECT_EQ(journal.error().kind, ErrorKind::usage);
    EXPECT_NE(journal.error().message.find("differs in: plan"), std::string::npos) << journal.error().message;
}

TEST_F(JournalTest, NothingToResumeIsSaid) {
    JournalEntries entries;
    EXPECT_EQ(Journal::resume(report_, identity_, &entries, 4).error().kind, ErrorKind::usage);
    std::ofstream(folder_ / "r.json.journal.jsonl") << "no journal\n";
    EXPECT_EQ(Journal::resume(report_, identity_, &entries, 4).error().kind, ErrorKind::usage);
}

TEST_F(JournalTest, ARunThatEndedInItsFirstLineBeginsAnew) {
    ASSERT_TRUE(Journal::begin(report_, identity_, 4));
    const std::string header = text();
    for (std::size_t length = 0; length < header.size(); ++length) {
        std::ofstream(folder_ / "r.json.journal.jsonl", std::ios::trunc) << header.substr(0, length);
        JournalEntries entries;
        ASSERT_TRUE(Journal::resume(report_, identity_, &entries, 4)) << length;
        ASSERT_EQ(text(), header) << length;
    }
}

TEST_F(JournalTest, BeginningAnewKeepsAnUnfinishedJournal) {
    {
        auto journal = Journal::begin(report_, identity_, 4);
        ASSERT_TRUE(journal->append_row({{"name", "precious"}}));
    }
    fs::path kept;
    ASSERT_TRUE(Journal::begin(report_, identity_, 4, &kept));
    EXPECT_EQ(kept.filename(), "r.json.journal.jsonl.1");
    std::ifstream in(kept);
    std::ostringstream out;
    out << in.rdbuf();
    EXPECT_NE(out.str().find("precious"), std::string::npos);
}

TEST_F(JournalTest, AFullDiskLosesThePointAtHandAndNoOther) {
    {
        auto journal = Journal::begin(report_, identity_, 4);
        ASSERT_TRUE(journal);
        ASSERT_TRUE(journal->append_row({{"name", "safe"}}));
        // Files cannot grow by more than ten bytes from here on, as if the disk were full.
        const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
        rlimit old_limit{};
        ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
        rlimit limit = old_limit;
        limit.rlim_cur = text().size() + 10;
        ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
        const auto full = journal->append_row({{"name", "too much"}});
        ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
        ::signal(SIGXFSZ, old_handler);
        ASSERT_FALSE(full);
        EXPECT_EQ(full.error().kind, ErrorKind::failed);
        EXPECT_NE(full.error().message.find("--resume"), std::string::npos) << full.error().message;
    }
    JournalEntries entries;
    auto journal = Journal::resume(report_, identity_, &entries, 4);
    ASSERT_TRUE(journal);
    ASSERT_EQ(entries.rows.size(), 1U);
    EXPECT_EQ(entries.rows[0].name, "safe");
    EXPECT_TRUE(journal->append_row({{"name", "room again"}}));
}

TEST_F(JournalTest, AFolderThatIsNotThereIsNamed) {
    const auto nowhere = Journal::begin(folder_ / "nowhere/r.json", identity_, 4);
    ASSERT_FALSE(nowhere);
    EXPECT_NE(nowhere.error().message.find("nowhere"), std::string::npos);
}

}  // namespace
}  // namespace dmabench
