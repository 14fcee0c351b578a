// SPDX-License-Identifier: GPL-2.0-only
#include "cli/one_of.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace dmabench {

std::function<std::string(const std::string&)> one_of(const char* what, std::vector<std::string> words) {
    return [what, words = std::move(words)](const std::string& text) -> std::string {
        if (std::find(words.begin(), words.end(), text) != words.end())
            return "";
        const std::vector<std::string_view> known(words.begin(), words.end());
        return fmt::format("unknown {} {}; expected one of {}{}", what, in_quotes(text), join(known),
                           did_you_mean(text, known));
    };
}

}  // namespace dmabench
