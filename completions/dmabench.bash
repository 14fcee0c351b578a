# SPDX-License-Identifier: GPL-2.0-only
# bash completion of dmabench. Needs nothing but bash 4: source it, or install it as
# /usr/share/bash-completion/completions/dmabench

# The values of an axis that has words.
_dmabench_values() {
    case $1 in
        strategy) echo null coherent write_combine pool streaming_single streaming_page streaming_sg noncoherent noncontiguous streaming_recycle copy ;;
        direction) echo bidirectional to_device from_device ;;
        target) echo auto platform platform-coherent platform-noncoherent pci dmaengine pci: ;;
        transfer) echo none memcpy edu ;;
        ownership) echo synced no_sync_for_cpu no_sync_for_device ;;
        source) echo default kmalloc pages slab vmalloc user ;;
        touch | access) echo none read write copy ;;
        cache_state) echo as_is cold warm dirty ;;
        cache_mode) echo none cached writecombine uncached coherent ;;
        pattern) echo sequential strided random ;;
        width) echo word vector ;;
        unmap_cpu) echo none other ;;
        node) echo any 0 1 2 3 4 5 6 7 ;;
    esac
}

_dmabench_axes() {
    echo strategy size direction target source map_every sync_every sync_offset sync_bytes touch touch_bytes dirty \
        cache_state transfer ownership cache_mode access pattern width batch unmap_cpu offset mask_bits node threads
}

# Platforms of the lab, as the dmabench that is being typed knows them.
_dmabench_platforms() {
    local program=${COMP_WORDS[0]}
    "${program/#\~/$HOME}" lab list 2>/dev/null | cut -d ' ' -f 1
}

# Sets of counters, likewise.
_dmabench_counter_sets() {
    local program=${COMP_WORDS[0]}
    "${program/#\~/$HOME}" counters --names 2>/dev/null
}

# Offers the words that continue the last item of a list with commas in $cur; $1 stands before the list.
_dmabench_list() {
    local before=$1 list=${cur#"$1"}
    local kept=
    [[ $list == *,* ]] && kept=${list%,*},
    shift
    COMPREPLY=($(compgen -P "$before$kept" -W "$*" -- "${list##*,}"))
}

_dmabench_files() {
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -d -- "$cur") $(compgen -f -X "!*.$1" -- "$cur"))
}

_dmabench_folders() {
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -d -- "$cur"))
}

_dmabench_set() {
    if [[ $cur == *=* ]]; then
        _dmabench_list "${cur%%=*}=" "$(_dmabench_values "${cur%%=*}")"
        return
    fi
    compopt -o nospace 2>/dev/null
    COMPREPLY=($(compgen -S = -W "$(_dmabench_axes)" -- "$cur"))
}

_dmabench_on() {
    if [[ $cur == lab:* ]]; then
        _dmabench_list lab: "$(_dmabench_platforms)"
    else
        COMPREPLY=($(compgen -W "auto host fake lab:" -- "$cur"))
        if [[ ${COMPREPLY[*]} == lab: ]]; then
            compopt -o nospace 2>/dev/null
        fi
    fi
}

_dmabench_options() {
    COMPREPLY=($(compgen -W "$*" -- "$cur"))
}

_dmabench_lab() {
    if ((${#words[@]} == 3)); then
        _dmabench_options list fetch run exec shell --help
        return
    fi
    case $prev in
        --scenario) _dmabench_files json ;;
        --share | --binary | -o | --output) compopt -o default 2>/dev/null ;;
        --clock) _dmabench_options instructions modelled realtime ;;
        --timeout | --jobs) ;;
        *) _dmabench_lab_word ;;
    esac
}

_dmabench_lab_word() {
    local command=${words[2]}
    if [[ $cur == -* ]]; then
        case $command in
            list) _dmabench_options --help --json --models ;;
            fetch) _dmabench_options --help --again ;;
            run) _dmabench_options --help --output --scenario --share --binary --clock --timeout --jobs --resume \
                --quiet ;;
            exec) _dmabench_options --help --output --share --binary --clock --timeout ;;
            shell) _dmabench_options --help --share --binary --clock ;;
        esac
        return
    fi
    case $command in
        run) _dmabench_list "" "$(_dmabench_platforms)" ;;
        fetch | exec | shell) _dmabench_options "$(_dmabench_platforms)" ;;
    esac
}

_dmabench_complete() {
    if ((${#words[@]} == 2)); then
        _dmabench_options run plan info counters doctor advise report compare export trace lab --help --version
        return
    fi
    if [[ ${words[1]} == lab ]]; then
        _dmabench_lab
        return
    fi
    case ${words[1]}:$prev in
        run:--on | info:--on | counters:--on | doctor:--on) _dmabench_on ;;
        trace:--on) _dmabench_options auto host fake ;;
        trace:--backend) _dmabench_options auto module bpf ;;
        trace:--function) _dmabench_list "" map unmap sync sync_for_cpu sync_for_device alloc free ;;
        trace:--json | trace:--advise) _dmabench_files json ;;
        trace:--clock) _dmabench_options hardware realtime instructions modelled ;;
        trace:--touch-bytes) _dmabench_options 64 1500 4K ;;
        trace:--folded) compopt -o default 2>/dev/null ;;
        trace:--min-time) _dmabench_options 1ms 10ms 100ms ;;
        trace:--seconds | trace:--interval | trace:--driver | trace:--device | trace:--sites | trace:--target) ;;
        run:--set | plan:--set) _dmabench_set ;;
        run:--counters) _dmabench_list "" none "$(_dmabench_counter_sets)" ;;
        run:--clock) _dmabench_options hardware realtime instructions modelled ;;
        run:--budget) _dmabench_options 100ms 500ms 1s 5s ;;
        run:-o | run:--output) _dmabench_files json ;;
        run:--max-points | plan:--max-points) _dmabench_options 100000 1000000 ;;
        plan:--like) _dmabench_files json ;;
        advise:--touch) _dmabench_options none read write copy ;;
        advise:--direction) _dmabench_options bidirectional to_device from_device ;;
        advise:--in) _dmabench_options kernel user ;;
        advise:--pattern) _dmabench_options sequential strided random ;;
        advise:--transfer-bytes | advise:--touch-bytes) _dmabench_options 4K 64K 1M ;;
        advise:--transfers-per-sync | advise:--target) ;;
        report:-o | report:--output) _dmabench_folders ;;
        compare:--format) _dmabench_options text markdown json junit csv ;;
        compare:--color) _dmabench_options auto always never ;;
        compare:--threshold) _dmabench_options 1% 2% 5% 10% ;;
        compare:--row | compare:--col) _dmabench_options "$(_dmabench_axes)" ;;
        compare:--across) _dmabench_list "" "kernel arch cpu_model cpus_online page_size virtualization
            clocksource governor turbo smt slow_configs dma_debug iommu swiotlb.parameter swiotlb.forced preempt targets" ;;
        export:--format) _dmabench_options bmf openmetrics junit ktap kcidb lava csv ;;
        export:-o | export:--output) compopt -o default 2>/dev/null ;;
        export:--build) ;;
        report:--plots) _dmabench_options svg png svg,png ;;
        run:--seed | run:--filter | plan:--filter | run:--platform-name) ;;
        *) _dmabench_word ;;
    esac
}

# A word that is no option's value.
_dmabench_word() {
    if [[ $cur == -* ]]; then
        case ${words[1]} in
            run) _dmabench_options --help --on --output --set --filter --max-points --counters --seed --budget \
                --fix --resume --quiet --platform-name --clock ;;
            plan) _dmabench_options --help --set --filter --max-points --like --json ;;
            info) _dmabench_options --help --on --memory --json ;;
            counters) _dmabench_options --help --on --json --names ;;
            doctor) _dmabench_options --help --on --json --fix --undo ;;
            advise) _dmabench_options --help --transfer-bytes --touch-bytes --touch --transfers-per-sync --direction \
                --in --pattern --target --all --json ;;
            report) _dmabench_options --help --output --repeat --history --plots ;;
            compare) _dmabench_options --help --threshold --format --color --strict --all --force --across --row --col ;;
            export) _dmabench_options --help --format --output --build ;;
            trace) _dmabench_options --help --seconds --interval --driver --device --function --min-time --sites \
                --json --folded --advise --touch-bytes --target --force --clock --on --backend ;;
        esac
        return
    fi
    case ${words[1]} in
        run | plan | advise | report | compare | export) _dmabench_files json ;;
        counters) _dmabench_options "$(_dmabench_counter_sets)" ;;
    esac
}

_dmabench() {
    # COMP_WORDS is cut at ':' and '='; what is typed is not.
    local -a words
    local typed=${COMP_LINE:0:COMP_POINT}
    read -ra words <<<"$typed"
    [[ $typed == *[[:space:]] ]] && words+=("")
    local cur=${words[${#words[@]} - 1]} prev=${words[${#words[@]} - 2]}
    # --on=lab:arm64 is --on lab:arm64
    local glued=
    if [[ $cur == --*=* ]]; then
        prev=${cur%%=*} glued=${cur%%=*}= cur=${cur#*=}
    fi
    local IFS=$' \t\n'
    COMPREPLY=()
    _dmabench_complete
    # readline replaces only what follows the last ':' or '='.
    local before=$cur
    [[ $COMP_WORDBREAKS != *:* ]] && before=${before//:/_}
    [[ $COMP_WORDBREAKS != *=* ]] && before=${before//=/_}
    local last=${before##*[:=]}
    local offset=$((${#cur} - ${#last})) i
    for i in "${!COMPREPLY[@]}"; do
        if ((offset > 0)); then
            COMPREPLY[i]=${COMPREPLY[i]:offset}
        elif [[ -n $glued && $COMP_WORDBREAKS != *=* ]]; then
            COMPREPLY[i]=$glued${COMPREPLY[i]}
        fi
    done
}

complete -F _dmabench dmabench
