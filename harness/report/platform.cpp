// SPDX-License-Identifier: GPL-2.0-only
#include "report/platform.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <regex>

#include "platform/facts.h"
#include "report/version.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

json swiotlb_state(const SystemFiles& files) {
    json state = json::object();
    for (const std::string& word : files.boot_words())
        if (word.starts_with("swiotlb=")) {
            state["parameter"] = word.substr(8);
            state["forced"] = word.ends_with("=force") || word.ends_with(",force");
        }
    for (const char* name : {"io_tlb_nslabs", "io_tlb_used", "io_tlb_used_hiwater"})
        if (const auto value = files.number(std::string("/sys/kernel/debug/swiotlb/") + name))
            state[name] = *value;
    return state;
}

json iommu_state(const SystemFiles& files, const DeviceInfo& device) {
    json state{{"present", !iommus(files).empty()}};
    if (const auto names = iommus(files); !names.empty())
        state["units"] = names;
    for (const TargetInfo& target : device.targets)
        if (target.name.starts_with("pci:"))
            if (const std::string type = iommu_domain_type(files, target.name.substr(4)); !type.empty())
                state["domain_type"][target.name] = type;
    return state;
}

json target_json(const SystemFiles& files, const TargetInfo& target) {
    json out{{"name", target.name}, {"kind", target.kind}};
    if (target.coherent)
        out["coherent"] = *target.coherent;
    if (target.name.starts_with("pci:")) {
        const std::string address = target.name.substr(4);
        const std::string device = "/sys/bus/pci/devices/" + address;
        const auto vendor = files.text(device + "/vendor");
        const auto id = files.text(device + "/device");
        if (vendor && id)
            out["pci_id"] = vendor->substr(2) + ":" + id->substr(2);
        if (const std::string domain = iommu_domain_type(files, address); !domain.empty())
            out["iommu_domain"] = domain;
    }
    out["iommu"] = target.iommu;
    out["dma_mask"] = target.dma_mask;
    out["coherent_mask"] = target.coherent_mask;
    if (target.max_mapping != ~0ULL)
        out["max_mapping"] = target.max_mapping;
    if (target.node >= 0)
        out["node"] = target.node;
    if (!target.engine.empty()) {
        out["engine"]["name"] = target.engine;
        out["engine"]["mask_bits"] = target.engine_mask_bits;
        if (target.max_transfer != ~0ULL)
            out["engine"]["max_transfer"] = target.max_transfer;
    }
    return out;
}

json caches(const SystemFiles& files) {
    json list = json::array();
    const std::string root = "/sys/devices/system/cpu/cpu0/cache";
    for (int index = 0; files.exists(fmt::format("{}/index{}", root, index)); ++index) {
        const std::string cache = fmt::format("{}/index{}", root, index);
        const auto type = files.text(cache + "/type");
        const auto level = files.number(cache + "/level");
        const auto size = files.text(cache + "/size");
        if (!type || !level || !size)
            continue;
        std::uint64_t bytes = std::strtoull(size->c_str(), nullptr, 10);
        if (size->ends_with("K"))
            bytes <<= 10;
        else if (size->ends_with("M"))
            bytes <<= 20;
        std::uint64_t sharing = 0;
        for (const char c : files.text(cache + "/shared_cpu_map").value_or("1")) {
            const int digit = c == ',' ? 0 : c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
            sharing += static_cast<std::uint64_t>(__builtin_popcount(static_cast<unsigned>(digit)));
        }
        list.push_back({{"type", *type}, {"level", *level}, {"size", bytes}, {"num_sharing", sharing}});
    }
    return list;
}

std::uint64_t mhz_per_cpu(const SystemFiles& files) {
    if (const auto khz = files.number("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"))
        return *khz / 1000;
    if (const auto mhz = files.cpuinfo({"cpu MHz"}))
        return static_cast<std::uint64_t>(std::strtod(mhz->c_str(), nullptr) + 0.5);
    return 0;
}

/// How the CPUs are run.
void add_cpu(const SystemFiles& files, json& out) {
    if (const auto value = governor(files))
        out["governor"] = *value;
    if (const auto driver = files.text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver"))
        out["cpufreq_driver"] = *driver;
    if (const auto value = turbo(files))
        out["turbo"] = *value;
    if (const auto value = smt(files))
        out["smt"] = *value;
    if (const auto isolated = files.text("/sys/devices/system/cpu/isolated"))
        out["isolated_cpus"] = *isolated;
}

/// The timing model that prices this machine's caches: whoever booted it passes it on as NAME:SHA256.
json timing_model() {
    const char* given = std::getenv("DMABENCH_MODEL");
    const std::string text = given != nullptr ? given : "";
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos)
        return json::object();
    return {{"name", text.substr(0, colon)}, {"sha256", text.substr(colon + 1)}};
}

}  // namespace

json describe_platform(const DeviceInfo& device, const std::string& name, const std::string& clock_kind,
                       const SystemFiles& files) {
    utsname system{};
    ::uname(&system);
    const auto config = kernel_config(files, system.release);
    json out;
    out["name"] = name;
    out["kernel"] = system.release;
    out["kernel_version"] = system.version;
    out["command_line"] = files.text("/proc/cmdline").value_or("");
    out["arch"] = system.machine;
    out["cpu_model"] = cpu_model(files);
    out["cpus_online"] = ::sysconf(_SC_NPROCESSORS_ONLN);
    out["page_size"] = ::sysconf(_SC_PAGESIZE);
    add_cpu(files, out);
    out["caches"] = caches(files);
    out["virtualization"] = virtualization(files);
    if (const auto value = is_virtual(files))
        out["virtual"] = *value;
    out["preempt"] = preemption(files, system.version);
    out["clock"] = clock_kind;
    if (json model = timing_model(); clock_kind == "modelled" && !model.empty())
        out["model"] = std::move(model);
    if (const auto clock = files.text("/sys/devices/system/clocksource/clocksource0/current_clocksource"))
        out["clocksource"] = *clock;
    out["iommu"] = iommu_state(files, device);
    if (json swiotlb = swiotlb_state(files); !swiotlb.empty())
        out["swiotlb"] = std::move(swiotlb);
    const auto slow = slow_configs(files, config);
    out["dma_debug"] = std::find(slow.begin(), slow.end(), "DMA_API_DEBUG") != slow.end();
    out["slow_configs"] = slow;
    if (config)
        out["kernel_config"] = config->file;
    out["module_version"] = device.version;
    out["harness_version"] = version;
    for (const TargetInfo& target : device.targets)
        out["targets"].push_back(target_json(files, target));
    for (const IneffectiveFlag& flag : ineffective_boot_flags(files))
        out["warnings"].push_back(flag.text);
    for (auto it = out.begin(); it != out.end();) {
        const bool unknown = (it->is_string() && it->get_ref<const std::string&>().empty()) ||
                             (it.key() == "caches" && it->empty());
        it = unknown ? out.erase(it) : std::next(it);
    }
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
    const SystemFiles files;
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    std::array<double, 3> load{};
    const int loads = ::getloadavg(load.data(), 3);
    json out;
    out["date"] = date_now();
    out["host_name"] = host.data();
    out["executable"] = executable;
    out["num_cpus"] = ::sysconf(_SC_NPROCESSORS_ONLN);
    out["mhz_per_cpu"] = mhz_per_cpu(files);
    out["cpu_scaling_enabled"] = governor(files).value_or("performance") != "performance";
    out["caches"] = caches(files);
    out["load_avg"] = json::array();
    for (int i = 0; i < loads; ++i)
        out["load_avg"].push_back(load[static_cast<std::size_t>(i)]);
    out["library_version"] = std::string("dmabench ") + version;
    out["library_build_type"] = build_type;
    out["json_schema_version"] = 1;
    return out;
}

}  // namespace dmabench
