// Runs kernels on the CPU, see fibers.cpp.
#pragma once
#include <cstddef>
#include <string>

namespace stand_in {

// A kernel as host.h registers it.
struct Kernel {
    std::string name;
    void (*run)(float *arena, const void *args);
    int threads;
    size_t args_bytes;
};

struct Grid {
    unsigned x, y, z;
};

struct Order {
    bool threads_backward = false;
    bool blocks_backward = false;
};

// The kernel of that name, or null.
const Kernel *find_kernel(const std::string &name);

// Runs all blocks, one after the other. Says what is wrong on stderr and returns false where only some threads of a
// block reach a barrier; what the kernel has written so far stays. One kernel runs at a time: the caller holds the
// lock.
bool run_kernel(const Kernel &kernel, Grid grid, float *arena, const void *args, Order order);

}  // namespace stand_in
