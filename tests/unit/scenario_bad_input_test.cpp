// SPDX-License-Identifier: GPL-2.0-only
// tests/bad_input/*.json: each begins with a comment "// expect: LINE:COLUMN: MESSAGE", where MESSAGE is a
// part of what is said.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "scenario/located_json.h"
#include "scenario/scenario.h"

using namespace dmabench;

namespace {

const std::filesystem::path folder = std::filesystem::path(DMABENCH_SOURCE_DIR) / "tests/bad_input";

std::vector<std::string> bad_files() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".json") {
            files.push_back(entry.path().stem());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

class BadInput : public testing::TestWithParam<std::string> {};

}  // namespace

TEST_P(BadInput, IsOneClearLine) {
    const std::filesystem::path file = folder / (GetParam() + ".json");
    const std::string text = *read_small_file(file);
    const std::string first_line = text.substr(0, text.find('\n'));
    const std::string mark = "// expect: ";
    ASSERT_TRUE(first_line.starts_with(mark));
    const auto scenario = load_scenario(file);
    ASSERT_FALSE(scenario) << "it was accepted";
    const std::string& message = scenario.error().message;
    const std::string expected = file.string() + ":" + first_line.substr(mark.size());
    EXPECT_EQ(message.substr(0, expected.size()), expected);
    EXPECT_EQ(message.find_first_of("\r\n"), std::string::npos);
    EXPECT_LT(message.size(), file.string().size() + 350);
    // What is well-formed has a JSON pointer too, unless it points at the whole.
    const auto json = LocatedJson::parse(text, file);
    if (json && !expected.starts_with(
                    fmt::format("{}:{}:1: ", file.string(), json->position(json->root().offset).line))) {
        EXPECT_NE(message.find(" (at /"), std::string::npos) << message;
    }
    EXPECT_EQ(scenario.error().kind, ErrorKind::usage);
}

INSTANTIATE_TEST_SUITE_P(Files, BadInput, testing::ValuesIn(bad_files()),
                         [](const auto& file) { return file.param; });
