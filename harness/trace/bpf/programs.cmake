# Compiles the BPF programs, which the harness has built in, for the architecture that they run on.
find_program(CLANG NAMES clang clang-14 clang-15 clang-16 clang-17 clang-18 clang-19)
find_path(BPF_INCLUDE_DIR bpf/libbpf.h)
find_library(BPF_LIBRARY NAMES libbpf.a bpf)
find_library(ELF_LIBRARY NAMES libelf.a elf)
find_library(Z_LIBRARY NAMES libz.a z)
foreach(needed CLANG BPF_INCLUDE_DIR BPF_LIBRARY ELF_LIBRARY Z_LIBRARY)
    if(NOT ${needed})
        message(FATAL_ERROR "${needed} is missing: install clang-14 and libbpf-dev, or configure with -DDMABENCH_BPF=OFF")
    endif()
endforeach()
set(DMABENCH_BPF_LIBRARIES ${BPF_LIBRARY} ${ELF_LIBRARY} ${Z_LIBRARY})

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    set(bpf_arch arm64)
else()
    set(bpf_arch x86)
endif()
set(bpf_folder ${CMAKE_CURRENT_SOURCE_DIR}/harness/trace/bpf)
set(bpf_object ${CMAKE_CURRENT_BINARY_DIR}/generated/trace.bpf.o)
file(GLOB bpf_sources CONFIGURE_DEPENDS ${bpf_folder}/*.bpf.c ${bpf_folder}/*.h)
add_custom_command(OUTPUT ${bpf_object}
    COMMAND ${CLANG} -target bpf -mcpu=v3 -O2 -g -Wall -Werror -D__TARGET_ARCH_${bpf_arch}
        -I${CMAKE_CURRENT_SOURCE_DIR}/kmod/include/uapi -I${CMAKE_CURRENT_SOURCE_DIR}/kmod
        -idirafter ${BPF_INCLUDE_DIR} -idirafter ${BPF_INCLUDE_DIR}/${CMAKE_LIBRARY_ARCHITECTURE}
        -c ${bpf_folder}/trace.bpf.c -o ${bpf_object}
    DEPENDS ${bpf_sources} ${CMAKE_CURRENT_SOURCE_DIR}/kmod/hist.h ${CMAKE_CURRENT_SOURCE_DIR}/kmod/include/uapi/dmabench.h
    COMMENT "Compiling BPF programs" VERBATIM)

list(APPEND core_sources ${bpf_folder}/session.cpp)
set_source_files_properties(${bpf_folder}/session.cpp PROPERTIES
    OBJECT_DEPENDS ${bpf_object} SKIP_PRECOMPILE_HEADERS ON
    COMPILE_DEFINITIONS "DMABENCH_BPF_OBJECT=\"${bpf_object}\"")
target_compile_definitions(dmabench_options INTERFACE DMABENCH_HAVE_BPF)
