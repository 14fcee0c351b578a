// SPDX-License-Identifier: GPL-2.0-only
#include "cli/usage_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace dmabench {
namespace {

/// "run" for the command that was being read, nothing for dmabench itself.
const CLI::App& command_of(const CLI::App& app) {
    const auto used = app.get_subcommands();
    return used.empty() ? app : *used.back();
}

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options())
        for (const std::string& name : option->get_lnames())
            names.push_back("--" + name);
    return names;
}

std::string unknown(const CLI::App& command, bool is_top, const std::string& word) {
    std::vector<std::string> names;
    const bool is_option = word.starts_with('-');
    if (is_option)
        names = option_names(command);
    else if (is_top)
        for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
            names.push_back(sub->get_name());
    const std::vector<std::string_view> known(names.begin(), names.end());
    const char* what = is_option ? "unknown option" : is_top ? "unknown command" : "unexpected argument";
    return fmt::format("{} {}{}", what, in_quotes(word),
                       did_you_mean(std::string_view(word).substr(0, word.find('=')), known));
}

/// The word to blame: at the top a word that may be meant as a command, otherwise the first that nobody
/// wanted.
std::string unwanted(const std::vector<std::string>& extras, bool is_top, bool options_only) {
    const auto is_option = [](const std::string& word) { return word.starts_with('-'); };
    auto found = extras.begin();
    if (options_only)
        found = std::find_if(extras.begin(), extras.end(), is_option);
    else if (is_top)
        found = std::find_if_not(extras.begin(), extras.end(), is_option);
    if (found == extras.end() && is_top && !extras.empty())
        found = extras.begin();
    return found == extras.end() ? "" : *found;
}

std::string on_one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

}  // namespace

std::string usage_message(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App& command = command_of(app);
    const bool is_top = &command == &app;
    const std::string help =
        is_top ? "dmabench --help" : fmt::format("dmabench {} --help", command.get_name());
    const bool extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    const bool missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    const bool mismatch = dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr;
    const std::string text = on_one_line(error.what());
    const std::string subject = text.substr(0, text.find(':'));
    // A misspelt option is the cause, whatever else is missing because of it.
    const std::string word = unwanted(command.remaining(), is_top, missing && !is_top);
    std::string message = text;
    if ((extra || missing) && !word.empty())
        message = unknown(command, is_top, word);
    else if (missing && is_top)
        message = "no command given";
    else if (mismatch && text.ends_with("missing"))
        message = subject + " needs a value";
    else if (mismatch && text.find("At Most 1") != std::string::npos)
        message = subject + " is given more than once";
    return fmt::format("{}; see {}", message, help);
}

}  // namespace dmabench
