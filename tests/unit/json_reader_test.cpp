// SPDX-License-Identifier: GPL-2.0-only
#include "base/json_reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace dmabench {
namespace {

using json = nlohmann::json;

/// The document as this reader sees it, with nothing skipped.
json read(JsonReader& reader) {
    switch (reader.peek()) {
        case '{': {
            json out = json::object();
            reader.enter_object();
            for (std::string_view key; reader.next_key(key);) {
                const std::string name(key);
                out[name] = read(reader);
            }
            return out;
        }
        case '[': {
            json out = json::array();
            reader.enter_array();
            while (reader.next_item())
                out.push_back(read(reader));
            return out;
        }
        case '"':
            return reader.string();
        case '0':
            return reader.number();
        case 'n':
            reader.skip();
            return nullptr;
        default:
            return reader.boolean();
    }
}

json random_document(std::mt19937& random, int depth) {
    static const std::array<std::string, 6> texts{
        "", "size", "a \"quote\" and \\", "é\n\t", "\\\\\"ends\\", std::string("\xF0\x9F\x98\x80 {[")};
    const auto kind = random() % (depth > 4 ? 4U : 6U);
    if (kind == 0)
        return texts[random() % texts.size()];
    if (kind == 1)
        return static_cast<double>(static_cast<int>(random())) / 1000;
    if (kind == 2)
        return random() % 2 == 0;
    if (kind == 3)
        return nullptr;
    json out = kind == 4 ? json::array() : json::object();
    for (auto i = random() % 4; i > 0; --i) {
        json value = random_document(random, depth + 1);
        if (kind == 4)
            out.push_back(std::move(value));
        else
            out[texts[random() % texts.size()] + std::to_string(i)] = std::move(value);
    }
    return out;
}

TEST(JsonReader, ReadsWhatAnotherLibraryWrites) {
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
        const json wanted = random_document(random, 0);
        const std::string text = wanted.dump(i % 3 - 1, ' ', i % 2 == 0);
        JsonReader reader(text);
        EXPECT_EQ(read(reader), wanted) << text;
        reader.finish();
        EXPECT_EQ(reader.error(), "") << text;
        JsonReader skipper(text);
        EXPECT_EQ(skipper.raw(), text);
        skipper.finish();
        EXPECT_TRUE(skipper.ok()) << skipper.error() << text;
    }
}

TEST(JsonReader, NamesTheFirstMistakeByLineAndColumn) {
    const auto error_of = [](const std::string& text) {
        JsonReader reader(text);
        read(reader);
        reader.finish();
        return reader.error();
    };
    EXPECT_EQ(error_of("{\"a\": 1,\n \"b\" 2}"), "2:6: expected ':', not '2}'");
    EXPECT_EQ(error_of("{\"a\": [1, 2"), "1:12: expected ',' or ']', but the file ends here");
    EXPECT_EQ(error_of("{\"a\": \"unfinished}"), "1:7: expected a string that ends, not '\"unfinished}'");
    EXPECT_EQ(error_of("{\"a\": 1,}"), "1:9: expected a key in quotes, not '}'");
    EXPECT_EQ(error_of("[-inf]"), "1:2: expected a number, not '-inf]'");
    EXPECT_EQ(error_of("[NaN]"), "1:2: expected true or false, not 'NaN]'");
    EXPECT_EQ(error_of("[\"\\q\"]"), "1:2: expected a string with JSON's escapes, not '\"\\q\"]'");
    EXPECT_EQ(error_of("[] []"), "1:4: expected the end of the file, not '[]'");
    EXPECT_EQ(error_of(""), "1:1: expected true or false, but the file ends here");
}

TEST(JsonReader, SkipsOnlyWhatIsBalanced) {
    JsonReader reader(R"({"a": [{"b": "]}"}], "c": 3})");
    reader.enter_object();
    std::string_view key;
    ASSERT_TRUE(reader.next_key(key));
    reader.skip();
    ASSERT_TRUE(reader.next_key(key));
    EXPECT_EQ(key, "c");
    JsonReader torn(R"([{"a": [)");
    torn.skip();
    EXPECT_EQ(torn.error(), "1:1: expected a list that ends, not '[{\"a\":'");
}

}  // namespace
}  // namespace dmabench
