# shellcheck shell=bash
# What quickstart and test share: packages, builds. Sourced with the repository's root as working folder.

say() {
    if [ -t 2 ]; then printf '\033[1m== %s\033[0m\n' "$*" >&2; else printf '== %s\n' "$*" >&2; fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian packages that building dmabench, booting guests and drawing pages takes.
BASE_PACKAGES=(
    cmake ninja-build g++ make
    libfmt-dev nlohmann-json3-dev rapidjson-dev libcli11-dev libexpected-dev libpfm4-dev libbenchmark-dev libgtest-dev libgmock-dev
    g++-aarch64-linux-gnu libpfm4-dev:arm64
    clang-14 libbpf-dev libbpf-dev:arm64
    bc bison flex cpio kmod libelf-dev xz-utils zstd
    qemu-system-x86 qemu-system-arm busybox-static
    python3 python3-matplotlib python3-numpy python3-jinja2
)
# And what the tests take besides.
TEST_PACKAGES=(
    python3-pytest python3-scipy python3-jsonschema python3-prometheus-client python3-yaml lava-common libbenchmark-tools
    git chromium tmux strace
    bash-completion fish zsh man-db mandoc sparse
)

# Installs those of the given packages that are missing. Asks apt for nothing when there are none.
ensure_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed' || missing+=("$package")
    done
    [ "${#missing[@]}" -eq 0 ] && return 0
    say "installing ${missing[*]}"
    if [[ " ${missing[*]} " == *:arm64* ]] && ! dpkg --print-foreign-architectures | grep -qx arm64; then
        as_root dpkg --add-architecture arm64
    fi
    as_root apt-get -q update >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" >&2
}

# build PRESET [TARGET...]
build() {
    local preset=$1
    shift
    say "building ($preset)"
    cmake --preset "$preset" >&2
    if [ "$#" -gt 0 ]; then cmake --build --preset "$preset" --target "$@" >&2; else cmake --build --preset "$preset" >&2; fi
}
