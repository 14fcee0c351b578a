// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/located_json.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace dmabench;

namespace {

LocatedJson parsed(const std::string& text) {
    auto json = LocatedJson::parse(text, "a.json");
    EXPECT_TRUE(json) << json.error().message;
    return std::move(*json);
}

std::string error_of(const std::string& text) {
    const auto json = LocatedJson::parse(text, "a.json");
    if (json) {
        return "no error";
    }
    EXPECT_EQ(json.error().kind, ErrorKind::usage);
    return json.error().message;
}

Position where(const LocatedJson& json, const JsonNode& node) {
    return json.position(node.offset);
}

class TemporaryFile {
  public:
    explicit TemporaryFile(const std::string& content) { std::ofstream(path_, std::ios::binary) << content; }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_ =
        std::filesystem::temp_directory_path() / fmt::format("dmabench-located-json-{}", ::getpid());
};

}  // namespace

TEST(LocatedJson, KnowsWhereEverythingIs) {
    const LocatedJson json = parsed(
        "// a comment, with \"quotes\", commas and a brace: {\n"
        "{ /* two\n"
        "     lines */ \"a\" : 12,\n"
        "  \"b\\\"\" :[true,null ,  -1.5e3,\"x\\u0041\", {} ],\"c\":{\"d\":\"e\"}\n"
        "} // the end");
    const JsonNode& root = json.root();
    EXPECT_EQ(where(json, root), (Position{2, 1}));
    ASSERT_EQ(root.members.size(), 3U);
    EXPECT_EQ(json.position(root.members[0].offset), (Position{3, 15}));
    EXPECT_EQ(where(json, root.find("a")->value), (Position{3, 21}));
    EXPECT_EQ(root.find("a")->value.text, "12");
    EXPECT_EQ(json.position(root.find("b\"")->offset), (Position{4, 3}));
    const JsonNode& list = root.find("b\"")->value;
    EXPECT_EQ(where(json, list), (Position{4, 10}));
    ASSERT_EQ(list.items.size(), 5U);
    EXPECT_EQ(where(json, list.items[0]), (Position{4, 11}));
    EXPECT_EQ(where(json, list.items[1]), (Position{4, 16}));
    EXPECT_EQ(where(json, list.items[2]), (Position{4, 24}));
    EXPECT_EQ(list.items[2].text, "-1.5e3");
    EXPECT_EQ(where(json, list.items[3]), (Position{4, 31}));
    EXPECT_EQ(list.items[3].text, "xA");
    EXPECT_EQ(where(json, list.items[4]), (Position{4, 42}));
    EXPECT_EQ(where(json, root.find("c")->value.find("d")->value), (Position{4, 56}));
    EXPECT_EQ(root.find("d"), nullptr);
}

TEST(LocatedJson, CountsCharactersAndLinesAsEditorsDo) {
    const LocatedJson json = parsed("[\"µ漢😀\", 1,\r\n\t2]");
    EXPECT_EQ(where(json, json.root().items[1]), (Position{1, 9}));
    EXPECT_EQ(where(json, json.root().items[2]), (Position{2, 2}));
    const LocatedJson marked = parsed("\xEF\xBB\xBF[1]");
    EXPECT_EQ(where(marked, marked.root().items[0]), (Position{1, 2}));
}

TEST(LocatedJson, DescribesValues) {
    const LocatedJson json = parsed(R"([true, false, null, 4.5, "text", [], [1], {}])");
    std::string all;
    for (const JsonNode& item : json.root().items) {
        all += item.describe() + "; ";
    }
    EXPECT_EQ(all, "true; false; null; 4.5; 'text'; an empty list; a list; an object; ");
}

TEST(LocatedJson, TrailingCommas) {
    EXPECT_EQ(error_of("{\n  \"a\": 1,\n}"),
              "a.json:2:9: trailing comma; remove it, JSON has none before '}'");
    EXPECT_EQ(error_of("[1, 2, /* , */ ]"),
              "a.json:1:6: trailing comma; remove it, JSON has none before ']'");
    EXPECT_EQ(error_of("[,]"), "a.json:1:2: unexpected ','; expected '[', '{', or a literal");
}

TEST(LocatedJson, DuplicateKeys) {
    EXPECT_EQ(error_of("{\"a\": 1,\n \"a\": 2}"), "a.json:2:2: key 'a' is given twice");
    EXPECT_EQ(error_of("{\"a\": 1, \"\\u0061\": 2}"), "a.json:1:10: key 'a' is given twice");
    EXPECT_EQ(error_of("{\"a\": {\"b\": 1}, \"b\": {\"a\": 1}}"), "no error");
}

TEST(LocatedJson, SyntaxErrorsArePlainSentences) {
    EXPECT_EQ(error_of(""), "a.json:1:1: the file is empty; expected an object");
    EXPECT_EQ(error_of(" // nothing\n"),
              "a.json:2:1: there is nothing but white space and comments; expected an object");
    EXPECT_EQ(error_of("{\"a\": [1"), "a.json:1:9: the file ends too early; the list of 1:7 has no ']'");
    EXPECT_EQ(error_of("\n{\"a\": 1"), "a.json:2:8: the file ends too early; the object of 2:1 has no '}'");
    EXPECT_EQ(error_of("{\"a\": 1 \"b\": 2}"), "a.json:1:9: unexpected string literal; expected ',' or '}'");
    EXPECT_EQ(error_of("[1 2]"), "a.json:1:4: unexpected number literal; expected ',' or ']'");
    EXPECT_EQ(error_of("{\"a\" 1}"), "a.json:1:6: unexpected number literal; expected ':'");
    EXPECT_EQ(error_of("{\"a\"::1}"), "a.json:1:6: unexpected ':'; expected '[', '{', or a literal");
    EXPECT_EQ(error_of("{a: 1}"), "a.json:1:2: expected a key in double quotes");
    EXPECT_EQ(error_of("{'a': 1}"), "a.json:1:2: strings and keys are written in double quotes");
    EXPECT_EQ(error_of("{\"a\": True}"), "a.json:1:7: not a JSON value");
    EXPECT_EQ(error_of("{\"a\": \"x\n\"}"), "a.json:1:7: string without its closing quote");
    EXPECT_EQ(error_of("{\"a\": \"x}"), "a.json:1:7: string without its closing quote");
    EXPECT_EQ(error_of("{\"a\": 1} {}"), "a.json:1:10: unexpected '{'; expected end of input");
    EXPECT_EQ(error_of("{\"a\": 1e999}"), "a.json:1:7: number is out of range");
    EXPECT_EQ(error_of("{\"a\": 01}"), "a.json:1:7: a number must not begin with 0");
    EXPECT_EQ(error_of("{\"a\": \"\\q\"}"),
              "a.json:1:7: invalid string: forbidden character after backslash");
    EXPECT_EQ(error_of("/* no end"), "a.json:1:1: invalid comment; missing closing '*/'");
    EXPECT_EQ(error_of("{\"a\": 1} # x"), "a.json:1:10: not a JSON value; expected end of input");
}

TEST(LocatedJson, RefusesWhatIsNotText) {
    EXPECT_EQ(error_of(std::string("{\"a\":\0 1}", 9)), "a.json:1:6: zero byte; expected text in UTF-8");
    EXPECT_EQ(error_of("{\n\"\xff\": 1}"), "a.json:2:2: byte 0xff is not UTF-8");
    EXPECT_EQ(error_of(std::string("\xff\xfe{\0}\0", 6)), "a.json:1:4: zero byte; expected text in UTF-8");
}

TEST(LocatedJson, NestingIsBounded) {
    EXPECT_EQ(error_of(std::string(64, '[') + std::string(64, ']')), "no error");
    EXPECT_EQ(error_of(std::string(65, '[') + std::string(65, ']')), "a.json:1:65: nested more than 64 deep");
    EXPECT_EQ(error_of(std::string(500'000, '[')), "a.json:1:65: nested more than 64 deep");
}

TEST(LocatedJson, SizeIsBounded) {
    EXPECT_EQ(error_of(std::string(LocatedJson::max_bytes, ' ') + "1"), "a.json:1:1: larger than 1 MiB");
    std::string many = "[0";
    while (many.size() < LocatedJson::max_bytes - 3) {
        many += ",0";
    }
    EXPECT_EQ(error_of(many + "]"), "no error");
}

TEST(LocatedJson, FileNamesCannotBreakTheLine) {
    const auto json = LocatedJson::parse("", "a\nb\x1b.json");
    EXPECT_EQ(json.error().message, "a\\nb\\x1b.json:1:1: the file is empty; expected an object");
}

TEST(SmallFile, ReadsBytes) {
    const std::string content("a\r\n\0b", 5);
    EXPECT_EQ(read_small_file(TemporaryFile(content).path()), content);
    EXPECT_EQ(read_small_file(TemporaryFile("").path()), "");
}

TEST(SmallFile, SaysWhatIsWrong) {
    EXPECT_EQ(read_small_file("/nowhere/a.json").error().message, "/nowhere/a.json: no such file");
    EXPECT_EQ(read_small_file("").error().message, "'': no such file");
    EXPECT_EQ(read_small_file("/").error().message, "/: is a directory; expected a file");
    EXPECT_EQ(read_small_file("/dev/zero").error().message, "/dev/zero: larger than 1 MiB");
    EXPECT_EQ(read_small_file("/dev/null/a.json").error().message.substr(0, 18), "/dev/null/a.json: ");
    EXPECT_EQ(read_small_file("/nowhere/a.json").error().kind, ErrorKind::usage);
}

TEST(SmallFile, Unreadable) {
    const TemporaryFile file("{}");
    std::filesystem::permissions(file.path(), std::filesystem::perms::none);
    if (::geteuid() == 0) {
        GTEST_SKIP() << "root reads everything";
    }
    EXPECT_EQ(read_small_file(file.path()).error().message,
              file.path().string() + ": cannot be read: Permission denied");
}
