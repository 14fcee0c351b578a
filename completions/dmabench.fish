# SPDX-License-Identifier: GPL-2.0-only
# fish completion of dmabench. Install it as dmabench.fish in a folder of $fish_complete_path.

function __dmabench_platforms
    set -l words (commandline -opc)
    type -q $words[1]; and $words[1] lab list 2>/dev/null | string replace -r ' .*' ''
end

function __dmabench_counter_sets
    set -l words (commandline -opc)
    type -q $words[1]; and $words[1] counters --names 2>/dev/null
end

# Whether dmabench's command is one of these.
function __dmabench_in
    set -l words (commandline -opc)
    test (count $words) -gt 1; and contains -- $words[2] $argv
end

# Whether lab's command is one of these.
function __dmabench_in_lab
    set -l words (commandline -opc)
    test (count $words) -gt 2; and test $words[2] = lab; and contains -- $words[3] $argv
end

# The list with commas that is being typed, continued by each of the words; $argv[1] stands before the list.
function __dmabench_list
    set -l list (string replace -- $argv[1] '' (commandline -ct))
    set -l kept (string match -r '.*,' -- $list; or echo '')
    printf '%s\n' $argv[1]$kept$argv[2..-1]
end

function __dmabench_axes
    printf '%s\n' strategy size direction target source map_every sync_every sync_offset sync_bytes touch \
        touch_bytes dirty cache_state transfer ownership cache_mode access pattern width batch unmap_cpu offset mask_bits node \
        threads
end

function __dmabench_on
    printf '%s\n' auto\t'this machine' host\t'this machine' fake\t'a cost model' lab:\t'emulated machines'
    set -l platforms (__dmabench_platforms)
    if set -q platforms[1]
        set -l typed (commandline -ct | string replace -r '^--on=' '')
        set -l kept (string match -r '(?<=^lab:).*,' -- $typed; or echo '')
        printf '%s\n' lab:$kept$platforms
    end
end

function __dmabench_set
    set -l typed (commandline -ct | string replace -r '^--set=' '')
    set -l values
    switch $typed
        case 'strategy=*'
            set values null coherent write_combine pool streaming_single streaming_page streaming_sg noncoherent noncontiguous streaming_recycle copy
        case 'direction=*'
            set values bidirectional to_device from_device
        case 'target=*'
            set values auto platform platform-coherent platform-noncoherent pci dmaengine
        case 'source=*'
            set values default kmalloc pages slab vmalloc user
        case 'touch=*' 'access=*'
            set values none read write copy
        case 'cache_state=*'
            set values as_is cold warm dirty
        case 'cache_mode=*'
            set values none cached writecombine uncached coherent
        case 'transfer=*'
            set values none memcpy edu
        case 'ownership=*'
            set values synced no_sync_for_cpu no_sync_for_device
        case 'pattern=*'
            set values sequential strided random
        case 'width=*'
            set values word vector
        case 'unmap_cpu=*'
            set values none other
        case 'node=*'
            set values any 0 1 2 3 4 5 6 7
        case '*=*'
            return
        case '*'
            printf '%s=\n' (__dmabench_axes)
            return
    end
    set -l kept (string match -r '^[^=]*=(?:.*,)?' -- $typed)
    printf '%s\n' $kept$values
end

complete -c dmabench -f
complete -c dmabench -s h -l help -d 'Show help'
complete -c dmabench -n __fish_use_subcommand -l version -d 'Show the version'
complete -c dmabench -n __fish_use_subcommand -a run -d 'Sweep scenarios and write a report'
complete -c dmabench -n __fish_use_subcommand -a plan -d 'Show the points of scenarios'
complete -c dmabench -n __fish_use_subcommand -a info -d 'Show the platform and what it offers'
complete -c dmabench -n __fish_use_subcommand -a counters -d 'List sets of counters, and what can be counted here'
complete -c dmabench -n __fish_use_subcommand -a doctor -d 'Tell what would disturb or prevent a run'
complete -c dmabench -n __fish_use_subcommand -a advise -d 'Say which way of keeping a buffer to take'
complete -c dmabench -n __fish_use_subcommand -a report -d 'Draw reports as a page with plots'
complete -c dmabench -n __fish_use_subcommand -a compare -d 'Tell what got slower or faster'
complete -c dmabench -n __fish_use_subcommand -a export -d 'Give a report in another format'
complete -c dmabench -n __fish_use_subcommand -a trace -d 'Show who spends the time in the DMA API, live'
complete -c dmabench -n __fish_use_subcommand -a lab -d 'Emulated machines that boot real kernels'

complete -c dmabench -n '__dmabench_in run' -l on -x -a '(__dmabench_on)' -d 'Where to measure'
complete -c dmabench -n '__dmabench_in run' -s o -l output -r -F -d 'The report, or a folder for it'
complete -c dmabench -n '__dmabench_in run' -l set -x -a '(__dmabench_set)' -d 'Replace an axis'
complete -c dmabench -n '__dmabench_in run' -l filter -x -d 'Only points whose name matches'
complete -c dmabench -n '__dmabench_in run' -l max-points -x -a '100000 1000000' -d 'Most combinations of a scenario'
complete -c dmabench -n '__dmabench_in run' -l counters -x -a '(__dmabench_list "" none (__dmabench_counter_sets))' -d 'What to count'
complete -c dmabench -n '__dmabench_in run' -l seed -x -d 'Seed of the order of points'
complete -c dmabench -n '__dmabench_in run' -l budget -x -a '100ms 500ms 1s 5s' -d 'Most time per point'
complete -c dmabench -n '__dmabench_in run' -l fix -d 'Mend what disturbs, for the run'
complete -c dmabench -n '__dmabench_in run' -l resume -d 'Go on with an interrupted run'
complete -c dmabench -n '__dmabench_in run' -s q -l quiet -d 'Only the path of the report'
complete -c dmabench -n '__dmabench_in run' -l platform-name -x -d 'What the report calls this machine'
complete -c dmabench -n '__dmabench_in run' -l clock -x -a 'hardware realtime instructions modelled' -d 'What drives the clock'
complete -c dmabench -n '__dmabench_in run' -k -a '(__fish_complete_suffix .json)'

complete -c dmabench -n '__dmabench_in plan' -l set -x -a '(__dmabench_set)' -d 'Replace an axis'
complete -c dmabench -n '__dmabench_in plan' -l filter -x -d 'Only points whose name matches'
complete -c dmabench -n '__dmabench_in plan' -l max-points -x -a '100000 1000000' -d 'Most combinations of a scenario'
complete -c dmabench -n '__dmabench_in plan' -l like -r -d 'Estimate the time from a report'
complete -c dmabench -n '__dmabench_in plan' -l json -d 'The same as JSON'
complete -c dmabench -n '__dmabench_in plan' -k -a '(__fish_complete_suffix .json)'

complete -c dmabench -n '__dmabench_in info' -l on -x -a '(__dmabench_on)' -d 'Where to look'
complete -c dmabench -n '__dmabench_in info' -l memory -d 'Which memory may be DMA-mapped'
complete -c dmabench -n '__dmabench_in info' -l json -d 'The same as JSON'

complete -c dmabench -n '__dmabench_in counters' -l on -x -a '(__dmabench_on)' -d 'Where to look'
complete -c dmabench -n '__dmabench_in counters' -l json -d 'Everything, as JSON'
complete -c dmabench -n '__dmabench_in counters' -l names -d 'Only the names of the sets'
complete -c dmabench -n '__dmabench_in counters' -a '(__dmabench_counter_sets)'

complete -c dmabench -n '__dmabench_in doctor' -l on -x -a '(__dmabench_on)' -d 'Where to look'
complete -c dmabench -n '__dmabench_in doctor' -l json -d 'The same as JSON'
complete -c dmabench -n '__dmabench_in doctor' -l fix -d 'Mend what can be undone'
complete -c dmabench -n '__dmabench_in doctor' -l undo -d 'Put back what --fix changed'

complete -c dmabench -n '__dmabench_in trace' -l seconds -x -a '1 10 60' -d 'How long'
complete -c dmabench -n '__dmabench_in trace' -l interval -x -a '1 5' -d 'Seconds between two tables'
complete -c dmabench -n '__dmabench_in trace' -l driver -x -d 'Only sites of these drivers'
complete -c dmabench -n '__dmabench_in trace' -l device -x -d 'Only sites of these devices'
complete -c dmabench -n '__dmabench_in trace' -l function -x -a 'map unmap sync sync_for_cpu sync_for_device alloc free' -d 'Trace only these'
complete -c dmabench -n '__dmabench_in trace' -l min-time -x -a '1ms 10ms 100ms' -d 'Only sites that took so much'
complete -c dmabench -n '__dmabench_in trace' -l sites -x -a '256 1024' -d 'Room for so many sites per CPU'
complete -c dmabench -n '__dmabench_in trace' -l json -r -F -d 'Write the trace as JSON'
complete -c dmabench -n '__dmabench_in trace' -l folded -r -F -d 'Write folded stacks'
complete -c dmabench -n '__dmabench_in trace' -l advise -x -k -a '(__fish_complete_suffix .json)' -d 'Say what would cost less'
complete -c dmabench -n '__dmabench_in trace' -l touch-bytes -x -a '64 1500 4K' -d 'What the CPU accesses of each buffer'
complete -c dmabench -n '__dmabench_in trace' -l target -x -d 'This target of the report'
complete -c dmabench -n '__dmabench_in trace' -l force -d 'Take the report of another platform'
complete -c dmabench -n '__dmabench_in trace' -l clock -x -a 'hardware realtime instructions modelled' -d 'What drives the clock'
complete -c dmabench -n '__dmabench_in trace' -l on -x -a 'auto host fake' -d 'Where to trace'
complete -c dmabench -n '__dmabench_in trace' -l backend -x -a 'auto module bpf' -d 'What sees the calls'

complete -c dmabench -n '__dmabench_in advise' -l transfer-bytes -x -a '4K 64K 1M' -d 'Size of a transfer'
complete -c dmabench -n '__dmabench_in advise' -l touch-bytes -x -a '4K 64K 1M' -d 'What the CPU accesses of it'
complete -c dmabench -n '__dmabench_in advise' -l touch -x -a 'none read write copy' -d How
complete -c dmabench -n '__dmabench_in advise' -l transfers-per-sync -x -d 'Transfers for each change of ownership'
complete -c dmabench -n '__dmabench_in advise' -l direction -x -a 'bidirectional to_device from_device' -d 'Which way'
complete -c dmabench -n '__dmabench_in advise' -l in -x -a 'kernel user' -d 'Where the CPU accesses it'
complete -c dmabench -n '__dmabench_in advise' -l pattern -x -a 'sequential strided random' -d 'Order of accesses'
complete -c dmabench -n '__dmabench_in advise' -l target -x -d 'Only this target of the report'
complete -c dmabench -n '__dmabench_in advise' -l all -d 'The whole ranking'
complete -c dmabench -n '__dmabench_in advise' -l json -d 'The same as JSON'
complete -c dmabench -n '__dmabench_in advise' -k -a '(__fish_complete_suffix .json)'
complete -c dmabench -n '__dmabench_in report' -s o -l output -x -a '(__fish_complete_directories)' -d 'Folder for page and plots'
complete -c dmabench -n '__dmabench_in report' -l history -x -k -a '(__fish_complete_suffix .json)' -d 'Reports of earlier runs'
complete -c dmabench -n '__dmabench_in report' -l repeat -x -k -a '(__fish_complete_suffix .json)' -d 'Reports of a second run'
complete -c dmabench -n '__dmabench_in report' -l plots -x -a 'svg png svg,png' -d 'Kinds of plot files'
complete -c dmabench -n '__dmabench_in report' -k -a '(__fish_complete_suffix .json)'

set -l fields kernel arch cpu_model cpus_online page_size virtualization clocksource governor \
    turbo smt slow_configs dma_debug iommu swiotlb.parameter swiotlb.forced preempt targets
complete -c dmabench -n '__dmabench_in compare' -l threshold -x -a '1% 2% 5% 10%' -d 'How much slower is too much'
complete -c dmabench -n '__dmabench_in compare' -l format -x -a 'text markdown json junit csv' -d 'How to print it'
complete -c dmabench -n '__dmabench_in compare' -l color -x -a 'auto always never' -d 'When to colour text'
complete -c dmabench -n '__dmabench_in compare' -l strict -d 'Fail for inconclusive and missing points'
complete -c dmabench -n '__dmabench_in compare' -l all -d 'List also what did not change'
complete -c dmabench -n '__dmabench_in compare' -l force -d 'Judge different platforms as one'
complete -c dmabench -n '__dmabench_in compare' -l across -x -a "(__dmabench_list '' $fields)" -d 'Fields that are meant to differ'
complete -c dmabench -n '__dmabench_in compare' -l row -x -a '(__dmabench_axes)' -d 'Sum up by this axis'
complete -c dmabench -n '__dmabench_in compare' -l col -x -a '(__dmabench_axes)' -d 'And by this one'
complete -c dmabench -n '__dmabench_in compare' -k -a '(__fish_complete_suffix .json)'

complete -c dmabench -n '__dmabench_in export' -l format -x -a 'bmf openmetrics junit ktap kcidb lava csv' -d 'Of which dashboard'
complete -c dmabench -n '__dmabench_in export' -s o -l output -r -F -d 'File to write'
complete -c dmabench -n '__dmabench_in export' -l build -x -d 'For kcidb, as ORIGIN:ID'
complete -c dmabench -n '__dmabench_in export' -k -a '(__fish_complete_suffix .json)'

complete -c dmabench -n '__dmabench_in lab; and not __dmabench_in_lab list fetch run exec shell' -a 'list fetch run exec shell'
complete -c dmabench -n '__dmabench_in_lab list' -l json -d 'Print JSON'
complete -c dmabench -n '__dmabench_in_lab list' -l models -d 'The models for PLATFORM@MODEL'
complete -c dmabench -n '__dmabench_in_lab fetch' -l again -d 'Fetch even what is in the cache'
complete -c dmabench -n '__dmabench_in_lab fetch exec shell' -a '(__dmabench_platforms)'
complete -c dmabench -n '__dmabench_in_lab run' -a '(__dmabench_list "" (__dmabench_platforms))'
complete -c dmabench -n '__dmabench_in_lab run exec' -s o -l output -r -F -d 'Report or folder'
complete -c dmabench -n '__dmabench_in_lab run' -l scenario -x -k -a '(__fish_complete_suffix .json)' -d 'Scenario to run'
complete -c dmabench -n '__dmabench_in_lab run exec shell' -l share -r -F -d 'File to put into /mnt/in'
complete -c dmabench -n '__dmabench_in_lab run exec shell' -l binary -r -F -d 'The static dmabench to run'
complete -c dmabench -n '__dmabench_in_lab run exec shell' -l clock -x -a 'instructions modelled realtime' -d 'Clock of the guest'
complete -c dmabench -n '__dmabench_in_lab run exec' -l timeout -x -d 'Seconds for a guest'
complete -c dmabench -n '__dmabench_in_lab run' -l jobs -x -d 'Guests at once'
complete -c dmabench -n '__dmabench_in_lab run' -l resume -d 'Go on from journals'
complete -c dmabench -n '__dmabench_in_lab run' -l quiet -d 'No progress'
