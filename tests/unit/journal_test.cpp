// SPDX-License-Identifier: GPL-2.0-only
#include "report/journal.h"

#include <gtest/gtest.h>
#include <stdlib.h>

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
        ASSERT_TRUE(journal->append("row", {{"name", "a"}}));
        ASSERT_TRUE(journal->append("skipped", {{"name", "b"}, {"reason", "x"}}));
        ASSERT_TRUE(journal->append("error", {{"name", "c"}, {"reason", "y"}}));
    }
    JournalEntries entries;
    auto journal = Journal::resume(report_, identity_, &entries);
    ASSERT_TRUE(journal);
    ASSERT_EQ(entries.rows.size(), 1U);
    EXPECT_EQ(entries.rows[0]["name"], "a");
    ASSERT_EQ(entries.skipped.size(), 1U);
    EXPECT_TRUE(entries.errors.empty());
}

TEST_F(JournalTest, ALineTornByACrashIsDroppedWhereverItIsCut) {
    {
        auto journal = Journal::begin(report_, identity_, 4);
        ASSERT_TRUE(journal->append("row", {{"name", "first"}}));
        ASSERT_TRUE(journal->append("row", {{"name", "second"}}));
    }
    const std::string whole = text();
    const std::size_t second = whole.find("{\"row\":{\"name\":\"second\"");
    for (std::size_t length = second; length < whole.size(); ++length) {
        std::ofstream(folder_ / "r.json.journal.jsonl", std::ios::trunc) << whole.substr(0, length);
        JournalEntries entries;
        auto journal = Journal::resume(report_, identity_, &entries);
        ASSERT_TRUE(journal) << length;
        ASSERT_EQ(entries.rows.size(), 1U) << length;
        ASSERT_TRUE(journal->append("row", {{"name", "again"}}));
        JournalEntries after;
        ASSERT_TRUE(Journal::resume(report_, identity_, &after));
        ASSERT_EQ(after.rows.size(), 2U) << length;
        EXPECT_EQ(after.rows[1]["name"], "again");
    }
}

TEST_F(JournalTest, AnotherRunCannotBeResumedAndTheFieldsAreNamed) {
    ASSERT_TRUE(Journal::begin(report_, identity_, 4));
    JournalEntries entries;
    const auto journal = Journal::resume(report_, {{"plan", "xyz"}, {"kernel", "6.1"}}, &entries);
    ASSERT_FALSE(journal);
    EXPECT_EQ(journal.error().kind, ErrorKind::usage);
    EXPECT_NE(journal.error().message.find("differs in: plan"), std::string::npos) << journal.error().message;
}

TEST_F(JournalTest, NothingToResumeIsSaid) {
    JournalEntries entries;
    EXPECT_EQ(Journal::resume(report_, identity_, &entries).error().kind, ErrorKind::usage);
    std::ofstream(folder_ / "r.json.journal.jsonl") << "no journal\n";
    EXPECT_EQ(Journal::resume(report_, identity_, &entries).error().kind, ErrorKind::usage);
}

TEST_F(JournalTest, BeginningAnewKeepsAnUnfinishedJournal) {
    {
        auto journal = Journal::begin(report_, identity_, 4);
        ASSERT_TRUE(journal->append("row", {{"name", "precious"}}));
    }
    fs::path kept;
    ASSERT_TRUE(Journal::begin(report_, identity_, 4, &kept));
    EXPECT_EQ(kept.filename(), "r.json.journal.jsonl.1");
    std::ifstream in(kept);
    std::ostringstream out;
    out << in.rdbuf();
    EXPECT_NE(out.str().find("precious"), std::string::npos);
}

TEST_F(JournalTest, AFullDiskIsAnErrorThatSaysWhatIsSafe) {
    auto journal = Journal::begin(report_, identity_, 4);
    ASSERT_TRUE(journal);
    fs::remove(folder_ / "r.json.journal.jsonl");
    fs::create_symlink("/dev/full", folder_ / "r.json.journal.jsonl");
    JournalEntries entries;
    auto full = Journal::begin(folder_ / "nowhere/r.json", identity_, 4);
    ASSERT_FALSE(full);
    EXPECT_NE(full.error().message.find("nowhere"), std::string::npos);
}

}  // namespace
}  // namespace dmabench
