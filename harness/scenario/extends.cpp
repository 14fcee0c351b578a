// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/extends.h"

#include <algorithm>
#include <functional>
#include <set>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace dmabench {
namespace {

namespace fs = std::filesystem;
using Kind = JsonNode::Kind;

constexpr std::size_t most_files = 32;

bool is(const JsonMember* member, Kind kind) {
    return member != nullptr && member->value.kind == kind;
}

JsonMember* find(JsonNode& object, std::string_view key) {
    return const_cast<JsonMember*>(std::as_const(object).find(key));
}

void put(JsonNode& object, const JsonMember& member) {
    if (JsonMember* same = find(object, member.key)) {
        *same = member;
    } else {
        object.members.push_back(member);
    }
}

void drop(JsonNode& object, std::string_view key) {
    std::erase_if(object.members, [&](const JsonMember& member) { return member.key == key; });
}

// All of the following leave a value of the wrong kind in the tree, for its reader to complain of.

/// Key by key.
void merge_object(JsonNode& base, const JsonMember& own) {
    JsonMember* before = find(base, own.key);
    if (!is(before, Kind::object) || own.value.kind != Kind::object) {
        put(base, own);
        return;
    }
    for (const JsonMember& member : own.value.members) {
        put(before->value, member);
    }
}

/// `own` behind what was there, or in front of it.
void merge_list(JsonNode& base, const JsonMember& own, bool in_front = false) {
    JsonMember* before = find(base, own.key);
    if (!is(before, Kind::array) || own.value.kind != Kind::array) {
        put(base, own);
        return;
    }
    auto& items = before->value.items;
    items.insert(in_front ? items.begin() : items.end(), own.value.items.begin(), own.value.items.end());
}

void merge_thresholds(JsonNode& base, const JsonMember& own) {
    JsonMember* before = find(base, own.key);
    if (!is(before, Kind::object) || own.value.kind != Kind::object) {
        put(base, own);
        return;
    }
    for (const JsonMember& member : own.value.members) {
        if (member.key == "overrides") {
            merge_list(before->value, member, true);
        } else {
            put(before->value, member);
        }
    }
}

/// What has a matrix: the scenario itself, or each of its sweeps.
std::vector<JsonNode*> groups_of(JsonNode& root) {
    std::vector<JsonNode*> groups;
    if (JsonMember* sweeps = find(root, "sweeps"); is(sweeps, Kind::array)) {
        for (JsonNode& sweep : sweeps->value.items) {
            groups.push_back(&sweep);
        }
    } else {
        groups.push_back(&root);
    }
    return groups;
}

void put_axes(JsonNode& group, const JsonMember& matrix) {
    JsonMember* zip = find(group, "zip");
    if (is(zip, Kind::object)) {
        for (const JsonMember& axis : matrix.value.members) {
            drop(zip->value, axis.key);
        }
        if (zip->value.members.size() < 2) {  // what is left of it advances alone
            const auto left = zip->value.members;
            drop(group, "zip");
            if (!left.empty()) {
                JsonMember rest{"matrix", matrix.offset, matrix.value};
                rest.value.members = left;
                merge_object(group, rest);
            }
        }
    }
    merge_object(group, matrix);
}

void merge_matrix(JsonNode& base, const JsonMember& own) {
    if (own.value.kind != Kind::object) {
        put(base, own);
        return;
    }
    const auto into_include = [&](JsonNode& node) {
        if (JsonMember* include = find(node, "include"); is(include, Kind::array)) {
            for (JsonNode& item : include->value.items) {
                for (const JsonMember& axis : own.value.members) {
                    put(item, axis);
                }
            }
        }
    };
    const bool nothing_yet = find(base, "include") != nullptr && find(base, "matrix") == nullptr &&
                             find(base, "zip") == nullptr && find(base, "sweeps") == nullptr;
    into_include(base);
    for (JsonNode* group : groups_of(base)) {
        if (group != &base) {
            into_include(*group);
        }
        const bool only_includes =
            group != &base && find(*group, "matrix") == nullptr && find(*group, "zip") == nullptr;
        if (!only_includes && !nothing_yet) {
            put_axes(*group, own);
        }
    }
}

void merge_zip(JsonNode& base, const JsonMember& own) {
    for (JsonNode* group : groups_of(base)) {
        JsonMember* matrix = find(*group, "matrix");
        if (is(matrix, Kind::object) && own.value.kind == Kind::object) {
            for (const JsonMember& axis : own.value.members) {
                drop(matrix->value, axis.key);
            }
            if (matrix->value.members.empty()) {
                drop(*group, "matrix");
            }
        }
        put(*group, own);
    }
}

void merge_sweeps(JsonNode& base, const JsonMember& own) {
    if (find(base, "sweeps") == nullptr &&
        (find(base, "matrix") != nullptr || find(base, "zip") != nullptr)) {
        JsonNode first{Kind::object, own.offset, false, "", {}, {}};
        for (const char* key : {"matrix", "zip"}) {
            if (const JsonMember* member = find(base, key)) {
                first.offset = member->value.offset;
                first.members.push_back(*member);
            }
            drop(base, key);
        }
        JsonMember sweeps{own.key, own.offset, {Kind::array, own.value.offset, false, "", {}, {}}};
        sweeps.value.items.push_back(std::move(first));
        base.members.push_back(std::move(sweeps));
    }
    merge_list(base, own);
}

JsonNode merged(JsonNode base, const JsonNode& own) {
    base.offset = own.offset;
    drop(base, "name");
    const bool both =
        own.find("sweeps") != nullptr && (own.find("matrix") != nullptr || own.find("zip") != nullptr);
    for (const JsonMember& member : own.members) {
        if (member.key == "extends") {
            continue;
        }
        if (member.key == "statistics") {
            merge_object(base, member);
        } else if (member.key == "thresholds") {
            merge_thresholds(base, member);
        } else if (member.key == "include" || member.key == "exclude") {
            merge_list(base, member);
        } else if (both) {
            put(base, member);  // an error in any case
        } else if (member.key == "matrix") {
            merge_matrix(base, member);
        } else if (member.key == "zip") {
            merge_zip(base, member);
        } else if (member.key == "sweeps") {
            merge_sweeps(base, member);
        } else {
            put(base, member);
        }
    }
    return base;
}

/// Files of that ending, without it.
std::vector<std::string> json_files(const fs::path& folder) {
    std::set<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, ignored)) {
        if (entry.path().extension() == ".json" && entry.path().stem().extension() != ".schema") {
            names.insert(entry.path().stem());
        }
    }
    return {names.begin(), names.end()};
}

class Extender {
  public:
    explicit Extender(const std::vector<fs::path>& presets) : presets_(presets) {}

    Result<LocatedJson> parse(std::string text, const fs::path& file);

  private:
    Result<LocatedJson> read_base(const LocatedJson& json, const JsonNode& name, const fs::path& file);
    Result<fs::path> find_base(const LocatedJson& json, const JsonNode& name, const fs::path& file) const;

    const std::vector<fs::path>& presets_;
    std::vector<fs::path> open_;  ///< the files that are being read, each extending the next
    std::size_t files_ = 0;
};

Result<LocatedJson> Extender::parse(std::string text, const fs::path& file) {
    auto json = LocatedJson::parse(std::move(text), file);
    const JsonMember* extends =
        json && json->root().kind == Kind::object ? json->root().find("extends") : nullptr;
    if (extends == nullptr) {
        return json;
    }
    const JsonNode& value = extends->value;
    const bool is_list = value.kind == Kind::array;
    if ((!is_list && value.kind != Kind::string) || (is_list && value.items.empty())) {
        return json->fail(
            value.offset,
            "extends must be a file's path ending in .json, a preset's name, or a list of these; got {}",
            value.describe());
    }
    const std::vector<JsonNode> names = is_list ? value.items : std::vector{value};
    JsonNode base{Kind::object, 0, false, "", {}, {}};
    open_.push_back(file);
    for (const JsonNode& name : names) {
        auto other = read_base(*json, name, file);
        if (!other) {
            return other;
        }
        base = merged(std::move(base), json->adopt(std::move(*other)));
    }
    open_.pop_back();
    json->root() = merged(std::move(base), JsonNode(json->root()));
    return json;
}

Result<LocatedJson> Extender::read_base(const LocatedJson& json, const JsonNode& name, const fs::path& file) {
    const auto path = find_base(json, name, file);
    if (!path) {
        return tl::unexpected(path.error());
    }
    std::error_code ignored;
    const auto same = [&](const fs::path& other) {
        return fs::weakly_canonical(other, ignored) == fs::weakly_canonical(*path, ignored);
    };
    if (const auto again = std::find_if(open_.begin(), open_.end(), same); again != open_.end()) {
        std::string circle;
        for (auto at = again; at != open_.end(); ++at) {
            circle += at->filename().string() + " -> ";
        }
        return json.fail(name.offset, "extends: a file must not extend itself: {}{}", printable(circle),
                         printable(path->filename().string()));
    }
    if (++files_ > most_files) {
        return json.fail(name.offset, "extends: more than {} files", most_files);
    }
    auto text = read_small_file(*path);
    if (!text) {
        return json.fail(name.offset, "extends: {}", text.error().message);
    }
    auto base = parse(std::move(*text), *path);
    if (base && base->root().kind != Kind::object) {
        return base->fail(base->root().offset, "a scenario must be an object; got {}",
                          base->root().describe());
    }
    return base;
}

Result<fs::path> Extender::find_base(const LocatedJson& json, const JsonNode& name,
                                     const fs::path& file) const {
    if (name.kind != Kind::string) {
        return json.fail(name.offset,
                         "extends: expected a file's path ending in .json or a preset's name; got {}",
                         name.describe());
    }
    const fs::path folder = file.parent_path();
    std::error_code ignored;
    if (name.text.ends_with(".json")) {
        const fs::path path = (folder / name.text).lexically_normal();
        if (fs::exists(path, ignored)) {
            return path;
        }
        std::vector<std::string> others = json_files(path.parent_path());
        std::vector<std::string_view> words;
        for (std::string& other : others) {
            other += ".json";
            words.push_back(other);
        }
        return json.fail(name.offset, "extends: {}: no such file{}", printable(path.string()),
                         did_you_mean(path.filename().string(), words));
    }
    std::set<std::string> known;
    for (const fs::path& presets : presets_) {
        for (std::string& preset : json_files(presets)) {
            if (preset == name.text) {
                return presets / (preset + ".json");
            }
            known.insert(std::move(preset));
        }
    }
    const std::vector<std::string_view> words(known.begin(), known.end());
    return json.fail(name.offset, "extends: unknown preset {}; expected {}a file's path ending in .json{}",
                     in_quotes(name.text), words.empty() ? "" : "one of " + join(words) + ", or ",
                     did_you_mean(name.text, words));
}

}  // namespace

Result<LocatedJson> parse_extended(std::string text, const fs::path& file,
                                   const std::vector<fs::path>& presets) {
    return Extender(presets).parse(std::move(text), file);
}

}  // namespace dmabench
