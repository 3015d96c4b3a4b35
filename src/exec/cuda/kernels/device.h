// One source of kernels, three compilers: CUDA (clang or nvcc, to PTX), Metal, and C++ on the host for tests. These
// headers give them the same words. Kernels take the arena, the device's one block of memory, and their arguments.
#pragma once
#if defined(DIP_HOST)
#include "host.h"
#elif defined(__METAL_VERSION__) || defined(DIP_METAL_CHECK)
#include "metal.h"
#else
#include "cuda.h"
#endif

// Compilers leave large functions alone otherwise, and all that these are given and give would lie in local memory.
#define INLINED __attribute__((always_inline)) DEVICE
