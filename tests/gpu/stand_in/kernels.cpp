// The kernels of src/exec/cuda/kernels (or those of a test, named by KERNELS), compiled for the CPU.
//
// host.h keeps shared memory in thread_local arrays. Here one kernel runs at a time, so plain ones do, which are
// quicker in a library; and they lie in a section of their own, so that fibers.cpp can fill them with NaN before a
// launch.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#define thread_local __attribute__((section("shared_memory")))
#include KERNELS
