// SPDX-License-Identifier: GPL-2.0-only
#include "cli/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace dmabench {
namespace {

std::atomic<bool> asked_to_stop{false};

}  // namespace

void catch_interrupts() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread([signals] {
        for (;;) {
            int signal = 0;
            if (sigwait(&signals, &signal) != 0)
                continue;
            if (asked_to_stop.exchange(true))
                ::_exit(128 + signal);
        }
    }).detach();
}

bool interrupted() { return asked_to_stop.load(); }

}  // namespace dmabench
