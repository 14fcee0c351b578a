// SPDX-License-Identifier: GPL-2.0-only
#include "cli/where.h"

#include <array>
#include <sstream>
#include <string_view>

#include "base/text.h"

namespace dmabench {

Result<Where> parse_where(const std::string& text) {
    if (text == "auto" || text == "host")
        return Where{};
    if (text == "fake")
        return Where{Where::Kind::fake, {}};
    if (text.starts_with("lab:") && text.size() > 4) {
        Where where{Where::Kind::lab, {}};
        std::istringstream names(text.substr(4));
        for (std::string name; std::getline(names, name, ',');)
            if (!name.empty())
                where.platforms.push_back(name);
        if (!where.platforms.empty())
            return where;
    }
    static constexpr std::array<std::string_view, 5> words{"auto", "host", "fake", "lab:arm64", "lab:x86_64-direct"};
    return fail(ErrorKind::usage, "--on {}: expected auto, host, fake or lab:NAME[,NAME...]{}", printable(text),
                did_you_mean(text, words));
}

Result<std::unique_ptr<Session>> open_session(const Where& where, std::uint64_t seed) {
    if (where.kind == Where::Kind::fake) {
        FakeOptions options;
        options.seed = seed;
        options.noise = 0.01;
        return make_fake_session(options);
    }
    return open_ioctl_session();
}

}  // namespace dmabench
