// SPDX-License-Identifier: GPL-2.0-only
#include "device/memory.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "device/names.h"

static_assert(sizeof(dmabench_memory) == 72);

namespace dmabench {
namespace {

struct Kind {
    const char* name;
    const char* source;
};

constexpr std::array<Kind, memory_kinds> kinds{{
    {"page allocator", "__get_free_page()"},
    {"kmalloc", "kmalloc()"},
    {"slab", "kmem_cache_alloc()"},
    {"vmalloc", "vmalloc()"},
    {"kmap", "kmap_local_page(), before 5.11 kmap()"},
    {"user page", "mmap() in a process"},
    {"stack", "a local variable"},
    {"module data", "a static variable of the module"},
    {"module bss", "one without an initial value"},
    {"module rodata", "a constant of the module"},
    {"module text", "a function of the module"},
}};

/// A page of this process, there and writable.
class UserPage {
  public:
    UserPage() : size_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
        address_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    UserPage(const UserPage&) = delete;
    UserPage& operator=(const UserPage&) = delete;
    ~UserPage() {
        if (address_ != MAP_FAILED)
            ::munmap(address_, size_);
    }
    [[nodiscard]] std::uint64_t address() const {
        return address_ == MAP_FAILED ? 0 : reinterpret_cast<std::uintptr_t>(address_);
    }

  private:
    std::size_t size_;
    void* address_ = nullptr;
};

}  // namespace

const std::vector<MemoryQuestion>& memory_questions() {
    static const std::vector<MemoryQuestion> questions{
        {DMABENCH_MEMORY_DIRECT, "virt_addr_valid"},  {DMABENCH_MEMORY_IN_VMALLOC, "is_vmalloc_addr"},
        {DMABENCH_MEMORY_IN_MODULE, "within_module"}, {DMABENCH_MEMORY_ON_STACK, "object_is_on_stack"},
        {DMABENCH_MEMORY_OF_SLAB, "PageSlab"},        {DMABENCH_MEMORY_PAGE_ADDRESS, "page_address"},
        {DMABENCH_MEMORY_OF_USER, "access_ok"},       {DMABENCH_MEMORY_PINNED, "pin_user_pages"},
        {DMABENCH_MEMORY_PFN_VALID, "pfn_valid"},
    };
    return questions;
}

std::string memory_kind_name(std::uint32_t kind) {
    return kind < kinds.size() ? kinds[kind].name : "unknown (" + std::to_string(kind) + ")";
}

std::string memory_kind_source(std::uint32_t kind) {
    return kind < kinds.size() ? kinds[kind].source : "";
}

std::string memory_verdict_name(std::uint32_t verdict) {
    static constexpr std::array<const char*, 3> words{"no", "yes", "by page"};
    return verdict < words.size() ? words[verdict] : "unknown (" + std::to_string(verdict) + ")";
}

std::string memory_address_kind(const MemoryInfo& info) {
    if ((info.answers & DMABENCH_MEMORY_OF_USER) != 0)
        return "user space";
    if ((info.answers & DMABENCH_MEMORY_IN_MODULE) != 0)
        return "module";
    if ((info.answers & DMABENCH_MEMORY_IN_VMALLOC) != 0)
        return "vmalloc";
    return (info.answers & DMABENCH_MEMORY_DIRECT) != 0 ? "direct map" : "elsewhere";
}

std::string memory_advice(const MemoryInfo& info) {
    switch (info.why) {
        case DMABENCH_MEMORY_WHY_NONE:
            return "dma_map_single() of its address";
        case DMABENCH_MEMORY_WHY_STACK:
            return "a task's stack: it shares cache lines with what the CPU works on, and may lie in vmalloc "
                   "space; "
                   "kmalloc() the buffer";
        case DMABENCH_MEMORY_WHY_MODULE:
            return "part of a module, which is not in the kernel's direct mapping; kmalloc() the buffer";
        case DMABENCH_MEMORY_WHY_VMALLOC:
            return "in one piece for the CPU only: dma_map_page() of each vmalloc_to_page(), or a "
                   "scatterlist of them";
        case DMABENCH_MEMORY_WHY_KMAP:
            return std::string("dma_map_page() of the page that was kmapped, not of the address: ") +
                   ((info.answers & DMABENCH_MEMORY_PAGE_ADDRESS) != 0
                        ? "here it is the direct mapping's, as this kernel has no highmem; with highmem it "
                          "is a "
                          "passing one"
                        : "it is a passing one");
        case DMABENCH_MEMORY_WHY_USER:
            return "pin_user_pages(), then dma_map_page() of each, or a scatterlist of them; a process's "
                   "address means "
                   "nothing to the DMA API";
        default:
            return "not in the kernel's direct mapping of memory";
    }
}

Result<std::vector<MemoryInfo>> ask_memory(int fd, std::uint32_t target) {
    std::vector<MemoryInfo> found;
    const UserPage page;
    for (std::uint32_t kind = 0; kind < memory_kinds; ++kind) {
        dmabench_memory memory{};
        memory.size = sizeof memory;
        memory.kind = kind;
        memory.target = target;
        memory.user_addr = kind == DMABENCH_MEMORY_USER ? page.address() : 0;
        const int error = ::ioctl(fd, DMABENCH_IOC_MEMORY, &memory) == 0 ? 0 : errno;
        if (error == ENOTTY)
            return fail(ErrorKind::not_possible,
                        "the loaded module is too old to tell: rebuild and reload kmod/");
        MemoryInfo info{kind,
                        memory.verdict,
                        memory.why,
                        memory.asked,
                        memory.answers,
                        relation_name(memory.relation),
                        memory.phys_addr,
                        memory.dma_addr,
                        reason_text(memory.reason)};
        if (error != 0 && info.failed.empty())
            info.failed = std::strerror(error);
        found.push_back(std::move(info));
    }
    return found;
}

std::vector<MemoryInfo> fake_memory() {
    constexpr std::uint32_t places = DMABENCH_MEMORY_ON_STACK | DMABENCH_MEMORY_IN_MODULE |
                                     DMABENCH_MEMORY_IN_VMALLOC | DMABENCH_MEMORY_DIRECT;
    std::vector<MemoryInfo> found;
    const auto add = [&](std::uint32_t kind, std::uint32_t verdict, std::uint32_t why, std::uint32_t asked,
                         std::uint32_t answers) {
        MemoryInfo info{kind, verdict, why, asked, answers, "none", 0, 0, ""};
        if (verdict != DMABENCH_MEMORY_NO) {
            info.relation = "identity";
            info.phys_addr = info.dma_addr = 0x4000'0000 + std::uint64_t{kind} * 0x1000;
        }
        found.push_back(std::move(info));
    };
    const std::uint32_t slab = places | DMABENCH_MEMORY_OF_SLAB;
    add(DMABENCH_MEMORY_PAGES, DMABENCH_MEMORY_YES, DMABENCH_MEMORY_WHY_NONE, slab, DMABENCH_MEMORY_DIRECT);
    for (const std::uint32_t kind : {DMABENCH_MEMORY_KMALLOC, DMABENCH_MEMORY_SLAB})
        add(kind, DMABENCH_MEMORY_YES, DMABENCH_MEMORY_WHY_NONE, slab,
            DMABENCH_MEMORY_DIRECT | DMABENCH_MEMORY_OF_SLAB);
    add(DMABENCH_MEMORY_VMALLOC, DMABENCH_MEMORY_BY_PAGE, DMABENCH_MEMORY_WHY_VMALLOC,
        places | DMABENCH_MEMORY_PFN_VALID, DMABENCH_MEMORY_IN_VMALLOC | DMABENCH_MEMORY_PFN_VALID);
    add(DMABENCH_MEMORY_KMAP, DMABENCH_MEMORY_BY_PAGE, DMABENCH_MEMORY_WHY_KMAP,
        places | DMABENCH_MEMORY_PAGE_ADDRESS, DMABENCH_MEMORY_DIRECT | DMABENCH_MEMORY_PAGE_ADDRESS);
    const std::uint32_t user = DMABENCH_MEMORY_OF_USER | DMABENCH_MEMORY_PINNED | DMABENCH_MEMORY_PFN_VALID;
    add(DMABENCH_MEMORY_USER, DMABENCH_MEMORY_BY_PAGE, DMABENCH_MEMORY_WHY_USER, user, user);
    add(DMABENCH_MEMORY_STACK, DMABENCH_MEMORY_NO, DMABENCH_MEMORY_WHY_STACK, places,
        DMABENCH_MEMORY_ON_STACK | DMABENCH_MEMORY_IN_VMALLOC);
    for (std::uint32_t kind = DMABENCH_MEMORY_DATA; kind <= DMABENCH_MEMORY_TEXT; ++kind)
        add(kind, DMABENCH_MEMORY_NO, DMABENCH_MEMORY_WHY_MODULE, places, DMABENCH_MEMORY_IN_MODULE);
    return found;
}

}  // namespace dmabench
