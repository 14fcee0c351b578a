// SPDX-License-Identifier: GPL-2.0-only
#include "report/platform.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>

#include "report/version.h"

namespace dmabench {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

/// A small file's text without the last newline; empty when it cannot be read or has none.
std::optional<std::string> text_of(const fs::path& path) {
    std::ifstream in(path);
    if (!in)
        return std::nullopt;
    std::ostringstream text;
    text << in.rdbuf();
    std::string value = text.str();
    while (!value.empty() && (value.back() == '\n' || value.back() == '\0'))
        value.pop_back();
    if (value.empty())
        return std::nullopt;
    return value;
}

std::optional<std::uint64_t> number_of(const fs::path& path) {
    const auto text = text_of(path);
    if (!text)
        return std::nullopt;
    char* end = nullptr;
    const std::uint64_t value = std::strtoull(text->c_str(), &end, 10);
    if (end == text->c_str())
        return std::nullopt;
    return value;
}

/// The value of the first "key : value" line of /proc/cpuinfo whose key is one of those given.
std::optional<std::string> cpuinfo(std::initializer_list<const char*> keys) {
    std::ifstream in("/proc/cpuinfo");
    std::string line;
    while (std::getline(in, line)) {
        const auto colon = line.find(':');
        if (colon == std::string::npos)
            continue;
        std::string key = line.substr(0, colon);
        while (!key.empty() && std::isspace(static_cast<unsigned char>(key.back())) != 0)
            key.pop_back();
        if (std::find(keys.begin(), keys.end(), key) == keys.end())
            continue;
        const auto start = line.find_first_not_of(" \t", colon + 1);
        if (start != std::string::npos)
            return line.substr(start);
    }
    return std::nullopt;
}

std::string cpu_model() {
    if (auto model = cpuinfo({"model name", "Model"}))
        return *model;
    // arm64 has numbers only: the main ID register's fields.
    const auto implementer = cpuinfo({"CPU implementer"});
    const auto part = cpuinfo({"CPU part"});
    const auto revision = cpuinfo({"CPU revision"});
    if (implementer && part)
        return fmt::format("implementer {} part {} revision {}", *implementer, *part, revision.value_or("?"));
    return "";
}

bool has_word(const std::string& text, const std::string& word) {
    std::istringstream in(text);
    std::string part;
    while (in >> part)
        if (part == word)
            return true;
    return false;
}

/// The kernel's own configuration, where it is published.
std::optional<std::string> kernel_config(const std::string& release) {
    return text_of("/boot/config-" + release);
}

std::vector<std::string> slow_configs(const std::optional<std::string>& config) {
    static constexpr std::array<const char*, 7> slow{"DMA_API_DEBUG",     "KASAN",       "PROVE_LOCKING",
                                                     "DEBUG_PAGEALLOC",   "KMSAN",       "DEBUG_KMEMLEAK",
                                                     "SLUB_DEBUG_ON"};
    std::vector<std::string> found;
    for (const char* option : slow)
        if (config && config->find(fmt::format("CONFIG_{}=y", option)) != std::string::npos)
            found.emplace_back(option);
    if (fs::exists("/sys/kernel/debug/dma-api") && std::find(found.begin(), found.end(), "DMA_API_DEBUG") == found.end())
        found.emplace_back("DMA_API_DEBUG");
    return found;
}

json swiotlb_state(const std::string& command_line) {
    json state = json::object();
    std::istringstream in(command_line);
    for (std::string word; in >> word;)
        if (word.starts_with("swiotlb="))
            state["parameter"] = word.substr(8);
    const fs::path debug = "/sys/kernel/debug/swiotlb";
    for (const char* name : {"io_tlb_nslabs", "io_tlb_used", "io_tlb_used_hiwater"})
        if (const auto value = number_of(debug / name))
            state[name] = *value;
    return state;
}

json target_json(const TargetInfo& target) {
    json out{{"name", target.name}, {"kind", target.kind}};
    if (target.coherent)
        out["coherent"] = *target.coherent;
    if (target.name.starts_with("pci:")) {
        const std::string address = target.name.substr(4);
        const fs::path device = fs::path("/sys/bus/pci/devices") / address;
        const auto vendor = text_of(device / "vendor");
        const auto id = text_of(device / "device");
        if (vendor && id)
            out["pci_id"] = vendor->substr(2) + ":" + id->substr(2);
        if (const std::string domain = iommu_domain_type(address); !domain.empty())
            out["iommu_domain"] = domain;
    }
    out["iommu"] = target.iommu;
    out["dma_mask"] = target.dma_mask;
    out["coherent_mask"] = target.coherent_mask;
    if (target.max_mapping != ~0ULL)
        out["max_mapping"] = target.max_mapping;
    if (target.node >= 0)
        out["node"] = target.node;
    return out;
}

json caches() {
    json list = json::array();
    const fs::path root = "/sys/devices/system/cpu/cpu0/cache";
    for (int index = 0; fs::exists(root / fmt::format("index{}", index)); ++index) {
        const fs::path cache = root / fmt::format("index{}", index);
        const auto type = text_of(cache / "type");
        const auto level = number_of(cache / "level");
        const auto size = text_of(cache / "size");
        if (!type || !level || !size)
            continue;
        std::uint64_t bytes = std::strtoull(size->c_str(), nullptr, 10);
        if (size->ends_with("K"))
            bytes <<= 10;
        else if (size->ends_with("M"))
            bytes <<= 20;
        std::uint64_t sharing = 0;
        for (const char c : text_of(cache / "shared_cpu_map").value_or("1")) {
            const int digit = c == ',' ? 0 : c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
            sharing += static_cast<std::uint64_t>(__builtin_popcount(static_cast<unsigned>(digit)));
        }
        list.push_back({{"type", *type}, {"level", *level}, {"size", bytes}, {"num_sharing", sharing}});
    }
    return list;
}

std::uint64_t mhz_per_cpu() {
    if (const auto khz = number_of("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"))
        return *khz / 1000;
    if (const auto mhz = cpuinfo({"cpu MHz"}))
        return static_cast<std::uint64_t>(std::strtod(mhz->c_str(), nullptr) + 0.5);
    return 0;
}

}  // namespace

std::string iommu_domain_type(const std::string& pci_address) {
    std::error_code error;
    const fs::path group = fs::read_symlink(fs::path("/sys/bus/pci/devices") / pci_address / "iommu_group", error);
    if (error)
        return "";
    return text_of(fs::path("/sys/kernel/iommu_groups") / group.filename() / "type").value_or("");
}

std::string virtualization() {
    const std::string vendor = text_of("/sys/class/dmi/id/sys_vendor").value_or("");
    const std::string product = text_of("/sys/class/dmi/id/product_name").value_or("");
    const auto compatible = text_of("/proc/device-tree/compatible").value_or("");
    if (compatible.find("linux,dummy-virt") != std::string::npos)
        return "qemu virt";
    if (vendor.find("QEMU") != std::string::npos || product.find("KVM") != std::string::npos)
        return "qemu " + product;
    if (const auto type = text_of("/sys/hypervisor/type"))
        return *type;
    if (const auto flags = cpuinfo({"flags"}); flags && has_word(*flags, "hypervisor"))
        return "hypervisor";
    return "";
}

json describe_platform(const DeviceInfo& device, const std::string& name) {
    utsname system{};
    ::uname(&system);
    const std::string command_line = text_of("/proc/cmdline").value_or("");
    const auto config = kernel_config(system.release);
    json out;
    out["name"] = name;
    out["kernel"] = system.release;
    out["kernel_version"] = system.version;
    out["command_line"] = command_line;
    out["arch"] = system.machine;
    out["cpu_model"] = cpu_model();
    out["cpus_online"] = ::sysconf(_SC_NPROCESSORS_ONLN);
    out["page_size"] = ::sysconf(_SC_PAGESIZE);
    out["virtualization"] = virtualization();
    if (const auto clock = text_of("/sys/devices/system/clocksource/clocksource0/current_clocksource"))
        out["clocksource"] = *clock;
    if (const auto governor = text_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"))
        out["governor"] = *governor;
    std::error_code error;
    out["iommu"]["present"] =
        fs::exists("/sys/class/iommu", error) && !fs::is_empty("/sys/class/iommu", error);
    if (json swiotlb = swiotlb_state(command_line); !swiotlb.empty())
        out["swiotlb"] = std::move(swiotlb);
    const auto slow = slow_configs(config);
    out["dma_debug"] = std::find(slow.begin(), slow.end(), "DMA_API_DEBUG") != slow.end();
    out["slow_configs"] = slow;
    out["module_version"] = device.version;
    out["harness_version"] = version;
    for (const TargetInfo& target : device.targets)
        out["targets"].push_back(target_json(target));
    for (auto it = out.begin(); it != out.end();)
        it = it->is_string() && it->get_ref<const std::string&>().empty() ? out.erase(it) : std::next(it);
    return out;
}

/// The time now as RFC 3339 has it and Google Benchmark writes it.
std::string date_now() {
    // A guest's clock may tell instructions, so whoever booted it passes on the time.
    if (const char* given = std::getenv("DMABENCH_DATE")) {
        static const std::regex rfc3339("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)");
        if (std::regex_match(given, rfc3339))
            return given;
    }
    std::array<char, 64> date{};
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S%z", &local);
    std::string stamp = date.data();
    stamp.insert(stamp.size() - 2, ":");
    return stamp;
}

json google_context(const std::string& executable) {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    std::array<double, 3> load{};
    const int loads = ::getloadavg(load.data(), 3);
    json out;
    out["date"] = date_now();
    out["host_name"] = host.data();
    out["executable"] = executable;
    out["num_cpus"] = ::sysconf(_SC_NPROCESSORS_ONLN);
    out["mhz_per_cpu"] = mhz_per_cpu();
    const auto governor = text_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    out["cpu_scaling_enabled"] = governor.has_value() && *governor != "performance";
    out["caches"] = caches();
    out["load_avg"] = json::array();
    for (int i = 0; i < loads; ++i)
        out["load_avg"].push_back(load[static_cast<std::size_t>(i)]);
    out["library_version"] = std::string("dmabench ") + version;
    out["library_build_type"] = build_type;
    out["json_schema_version"] = 1;
    return out;
}

}  // namespace dmabench
