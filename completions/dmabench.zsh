#compdef dmabench
# SPDX-License-Identifier: GPL-2.0-only
# zsh completion of dmabench. Install it as _dmabench in a folder of $fpath.

_dmabench_axes() {
    print strategy size direction target source map_every sync_every sync_offset sync_bytes touch touch_bytes dirty \
        cache_state transfer ownership cache_mode access pattern width batch unmap_cpu offset mask_bits node threads
}

_dmabench_platforms() {
    local -a platforms
    platforms=(${${(f)"$(_call_program platforms ${(q)words_program:-dmabench} lab list 2>/dev/null)"}%% *})
    print -r -- ${(F)platforms}
}

_dmabench_counter_sets() {
    print -r -- "$(_call_program sets ${(q)words_program:-dmabench} counters --names 2>/dev/null)"
}

_dmabench_on() {
    if compset -P 'lab:'; then
        _values -s , 'platform' ${(f)"$(_dmabench_platforms)"}
    else
        _values 'where' 'auto[this machine]' 'host[this machine]' 'fake[a cost model]'
        compadd -S '' lab:
    fi
}

_dmabench_set() {
    local -a values
    if ! compset -P '*='; then
        compadd -S = $(_dmabench_axes)
        return
    fi
    case ${IPREFIX##*[[:space:]]} in
        *strategy=) values=(null coherent write_combine pool streaming_single streaming_page streaming_sg noncoherent noncontiguous streaming_recycle copy) ;;
        *direction=) values=(bidirectional to_device from_device) ;;
        *target=) values=(auto platform platform-coherent platform-noncoherent pci dmaengine) ;;
        *source=) values=(default kmalloc pages slab vmalloc user) ;;
        *touch= | *access=) values=(none read write copy) ;;
        *cache_state=) values=(as_is cold warm dirty) ;;
        *cache_mode=) values=(none cached writecombine uncached coherent) ;;
        *transfer=) values=(none memcpy edu) ;;
        *ownership=) values=(synced no_sync_for_cpu no_sync_for_device) ;;
        *pattern=) values=(sequential strided random) ;;
        *width=) values=(word vector) ;;
        *unmap_cpu=) values=(none other) ;;
        *node=) values=(any 0 1 2 3 4 5 6 7) ;;
        *) _message 'integers, as 4K,64K or 4K..1M x4' && return ;;
    esac
    compset -P '*,'
    compadd -S '' -a values
}

_dmabench_run() {
    _arguments -s \
        '(- *)'{-h,--help}'[show help]' \
        '--on=[where to measure]:where:_dmabench_on' \
        {-o,--output=}'[the report, or a folder for it]:report:_files' \
        '*--set=[replace an axis]:AXIS=VALUES:_dmabench_set' \
        '--filter=[only points whose name matches]:regular expression:' \
        '--max-points=[most combinations of a scenario]:number:(100000 1000000)' \
        '--counters=[what to count]:set:_values -s , set none ${(f)"$(_dmabench_counter_sets)"}' \
        '--seed=[seed of the order of points]:seed:' \
        '--budget=[most time per point]:time:(100ms 500ms 1s 5s)' \
        '--fix[mend what disturbs, for the run]' \
        '--resume[go on with an interrupted run]' \
        {-q,--quiet}'[only the path of the report]' \
        '--platform-name=[what the report calls this machine]:name:' \
        '--clock=[what drives the clock]:clock:(hardware realtime instructions modelled)' \
        '*:scenario:_files -g "*.json"'
}

_dmabench_plan() {
    _arguments -s \
        '(- *)'{-h,--help}'[show help]' \
        '*--set=[replace an axis]:AXIS=VALUES:_dmabench_set' \
        '--filter=[only points whose name matches]:regular expression:' \
        '--max-points=[most combinations of a scenario]:number:(100000 1000000)' \
        '--like=[estimate the time from a report]:report:_files -g "*.json"' \
        '--json[the same as JSON]' \
        '*:scenario:_files -g "*.json"'
}

_dmabench_info() {
    _arguments -s \
        '(- *)'{-h,--help}'[show help]' \
        '--on=[where to look]:where:_dmabench_on' \
        '--memory[which memory may be DMA-mapped]' \
        '--json[the same as JSON]'
}

_dmabench_counters() {
    _arguments -s \
        '(- *)'{-h,--help}'[show help]' \
        '--on=[where to look]:where:_dmabench_on' \
        '--json[everything, as JSON]' \
        '--names[only the names of the sets]' \
        '*:set:(${(f)"$(_dmabench_counter_sets)"})'
}

_dmabench_doctor() {
    _arguments -s \
        '(- *)'{-h,--help}'[show help]' \
        '--on=[where to look]:where:_dmabench_on' \
        '--json[the same as JSON]' \
        '(--undo)--fix[mend what can be undone]' \
        '(--fix)--undo[put back what --fix changed]'
}

_dmabench_advise() {
    _arguments -s \
        '(- *)'{-h,--help}'[show help]' \
        '--transfer-bytes=[size of a transfer]:bytes:(4K 64K 1M)' \
        '--touch-bytes=[what the CPU accesses of it]:bytes:(4K 64K 1M)' \
        '--touch=[how]:touch:(none read write copy)' \
        '--transfers-per-sync=[transfers for each change of ownership]:count:' \
        '--direction=[which way the data goes]:direction:(bidirectional to_device from_device)' \
        '--in=[where the CPU accesses it]:where:(kernel user)' \
        '--pattern=[order of accesses in user space]:pattern:(sequential strided random)' \
        '--target=[only this target of the report]:target:' \
        '--all[the whole ranking]' \
        '--json[the same as JSON]' \
        '*:report:_files -g "*.json"'
}

_dmabench_trace() {
    _arguments -s \
        '(- *)'{-h,--help}'[show help]' \
        '--seconds=[how long]:seconds:(1 10 60)' \
        '--interval=[seconds between two tables]:seconds:(1 5)' \
        '--driver=[only sites of these drivers]:driver:' \
        '--device=[only sites of these devices]:device:' \
        '--function=[trace only these]:function:(map unmap sync sync_for_cpu sync_for_device alloc free)' \
        '--min-time=[only sites that took so much]:time:(1ms 10ms 100ms)' \
        '--sites=[room for so many sites per CPU]:sites:(256 1024)' \
        '--json=[write the trace as JSON]:file:_files' \
        '--folded=[write folded stacks]:file:_files' \
        '--advise=[say what would cost less, by this report]:report:_files -g "*.json"' \
        '--touch-bytes=[what the CPU accesses of each buffer]:bytes:(64 1500 4K)' \
        '--target=[this target of the report]:target:' \
        '--force[take the report of another platform]' \
        '--clock=[what drives the clock]:clock:(hardware realtime instructions modelled)' \
        '--on=[where to trace]:where:(auto host fake)' \
        '--backend=[what sees the calls]:backend:(auto module bpf)' \
        '*::command:_normal'
}

_dmabench_report() {
    _arguments -s \
        '(- *)'{-h,--help}'[show help]' \
        {-o,--output=}'[folder for the page and plots]:folder:_files -/' \
        '*--history=[reports of earlier runs]:report:_files -g "*.json"' \
        '*--repeat=[reports of a second run]:report:_files -g "*.json"' \
        '--plots=[kinds of plot files]:kinds:(svg png svg,png)' \
        '*:report:_files -g "*.json"'
}

_dmabench_compare() {
    _arguments -s \
        '(- *)'{-h,--help}'[show help]' \
        '--threshold=[how much slower is too much]:percent:(1% 2% 5% 10%)' \
        '--format=[how to print it]:format:(text markdown json junit csv)' \
        '--color=[when to colour text]:when:(auto always never)' \
        '--strict[fail for inconclusive and missing points]' \
        '--all[list also what did not change]' \
        '--force[judge different platforms as one]' \
        '--across=[fields that are meant to differ]:fields:_values -s , field kernel arch cpu_model cpus_online page_size virtualization clocksource governor turbo smt slow_configs dma_debug iommu preempt targets' \
        '--row=[sum up by this axis]:axis:($(_dmabench_axes))' \
        '--col=[and by this one]:axis:($(_dmabench_axes))' \
        '*:report:_files'
}

_dmabench_export() {
    _arguments -s \
        '(- *)'{-h,--help}'[show help]' \
        '--format=[of which dashboard or test system]:format:(bmf openmetrics junit ktap kcidb lava csv)' \
        {-o,--output=}'[file to write]:file:_files' \
        '--build=[for kcidb, as ORIGIN\:ID]:build:' \
        '*:report:_files -g "*.json"'
}

_dmabench_lab_list() {
    _arguments '(- *)'{-h,--help}'[show help]' '--json[print JSON]' '--models[the models for PLATFORM@MODEL]'
}

_dmabench_lab_fetch() {
    _arguments '(- *)'{-h,--help}'[show help]' '--again[fetch even what is in the cache]' \
        '*:platform:(${(f)"$(_dmabench_platforms)"})'
}

_dmabench_lab_run() {
    _arguments \
        '(- *)'{-h,--help}'[show help]' \
        {-o,--output=}'[the report, or a folder for reports]:report:_files' \
        '*--scenario=[scenario to run]:scenario:_files -g "*.json"' \
        '*--share=[file to put into /mnt/in]:file:_files' \
        '--binary=[the static dmabench to run]:file:_files' \
        '--clock=[clock of the guest]:clock:(instructions modelled realtime)' \
        '--timeout=[seconds for a guest]:seconds:' \
        '--jobs=[guests at once]:number:' \
        '--resume[go on from the journals in the output folder]' \
        '--quiet[no progress]' \
        '1:platforms:_values -s , platform ${(f)"$(_dmabench_platforms)"}'
}

_dmabench_lab_exec() {
    _arguments \
        '(- *)'{-h,--help}'[show help]' \
        {-o,--output=}'[folder for what is put into /mnt/out]:folder:_files -/' \
        '*--share=[file to put into /mnt/in]:file:_files' \
        '--binary=[the static dmabench to run]:file:_files' \
        '--clock=[clock of the guest]:clock:(instructions modelled realtime)' \
        '--timeout=[seconds for a guest]:seconds:' \
        '1:platform:(${(f)"$(_dmabench_platforms)"})'
}

_dmabench_lab_shell() {
    _arguments \
        '(- *)'{-h,--help}'[show help]' \
        '*--share=[file to put into /mnt/in]:file:_files' \
        '--binary=[the static dmabench to offer]:file:_files' \
        '--clock=[clock of the guest]:clock:(instructions modelled realtime)' \
        '1:platform:(${(f)"$(_dmabench_platforms)"})'
}

_dmabench_lab() {
    local curcontext=$curcontext state
    _arguments -C '(- *)'{-h,--help}'[show help]' '1:command:->command' '*::argument:->argument'
    case $state in
        command)
            local -a commands=(
                'list:the platforms, and whether their parts are in the cache'
                'fetch:fetch kernels and build the module'
                'run:run dmabench in guests and bring the reports back'
                'exec:run any command in a guest'
                'shell:open a shell in a guest'
            )
            _describe command commands
            ;;
        argument) (($+functions[_dmabench_lab_$words[1]])) && _dmabench_lab_$words[1] ;;
    esac
}

_dmabench() {
    local curcontext=$curcontext state words_program=$words[1]
    _arguments -C \
        '(- *)'{-h,--help}'[show help]' \
        '(- *)--version[show the version]' \
        '1:command:->command' \
        '*::argument:->argument'
    case $state in
        command)
            local -a commands=(
                'run:sweep scenarios and write a report'
                'plan:show the points of scenarios, and how long they take'
                'info:show the platform, its targets, strategies and counters'
                'counters:list sets of counters, and what can be counted here'
                'doctor:tell what would disturb or prevent a run'
                'advise:say which way of keeping a buffer to take'
                'report:draw reports as a page with plots'
                'compare:tell what got slower or faster between reports'
                'export:give a report in the format of a dashboard or test system'
                'trace:show who spends the time in the DMA API, live'
                'lab:emulated machines that boot real kernels'
            )
            _describe command commands
            ;;
        argument) (($+functions[_dmabench_$words[1]])) && _dmabench_$words[1] ;;
    esac
}

if [[ $funcstack[1] == _dmabench ]]; then
    _dmabench "$@"
else
    compdef _dmabench dmabench
fi
