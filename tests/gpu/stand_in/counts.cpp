// What was asked of the stand-in, in numbers:
//   launches, launches/KERNEL        by cuLaunchKernel outside of a capture
//   captured, captured/KERNEL        by cuLaunchKernel inside of one
//   replayed, replayed/KERNEL        kernels inside of the graphs that were launched
//   graph_launches, captures, instantiations
//   runs, runs/KERNEL                kernels that ran
//   allocations, frees, live_allocations, live_bytes, most_bytes
//   to_host, to_host_bytes, to_card, to_card_bytes, on_card, on_card_bytes (copies), fills
//   waits                            for a stream, an event or the context
//   modules                          that were loaded
//   calls, calls/cuXxx               of every function
// The caller holds the lock.
#include "counts.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "settings.h"

namespace stand_in {
namespace {

using Counts = std::map<std::string, unsigned long long>;

Counts &counts() {
    // Never destroyed: programs may call the driver while they exit.
    static Counts *const all = new Counts;
    return *all;
}

bool is_alive(const std::string &name) { return name.rfind("live_", 0) == 0; }

std::string json() {
    std::string text = "{";
    for (const auto &[name, value] : counts()) {
        text += (text.size() > 1 ? ", \"" : "\"") + name + "\": " + std::to_string(value);
    }
    return text + "}\n";
}

__attribute__((destructor)) void report() {
    const std::string &path = settings().report;
    if (path.empty()) return;
    std::FILE *file = path == "-" ? stderr : std::fopen(path.c_str(), "a");
    if (!file) {
        std::fprintf(stderr, "stand-in: cannot write the report to %s\n", path.c_str());
        return;
    }
    const std::string text = json();
    std::fwrite(text.data(), 1, text.size(), file);
    if (file != stderr) std::fclose(file);
}

}  // namespace

unsigned long long count(const std::string &name, unsigned long long more) { return counts()[name] += more; }

unsigned long long counted(const std::string &name) {
    const auto found = counts().find(name);
    return found == counts().end() ? 0 : found->second;
}

void set_count(const std::string &name, unsigned long long value) { counts()[name] = value; }

void reset_counts() {
    for (auto &[name, value] : counts()) {
        if (!is_alive(name)) value = 0;
    }
    counts()["most_bytes"] = counted("live_bytes");
}

}  // namespace stand_in
