// The words of the kernels on a CPU, for tests: the threads of a block are fibers that switch at barriers.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
typedef unsigned int uint;
typedef unsigned long long ulong64;
struct Where { int thread, x, y, z, grid_x; };
extern thread_local Where where_;
void barrier_();
void register_(const char *name, void (*run)(float *, const void *), int threads, size_t args_size);
#define THREAD (where_.thread)
#define BLOCK_X (where_.x)
#define BLOCK_Y (where_.y)
#define BLOCK_Z (where_.z)
#define GRID_X (where_.grid_x)
#define BARRIER() barrier_()
// Blocks run one after the other, threads of a block by turns.
#define FENCE() ((void)0)
#define DEVICE static inline
#define GLOBAL
#define LOCAL
#define CONSTANT static constexpr
#define SHARED(type, name, length) static thread_local type name[length]
// Else a compiler asks in each turn which lane it is.
#define UNROLL _Pragma("GCC unroll 32")
#define ROLLED
#define KERNEL(name, Args, threads)                                                                                   \
    static void name(float *arena, const Args &args_);                                                                \
    static const int name##_registered = (register_(                                                                  \
        #name, [](float *arena, const void *args) { name(arena, *(const Args *)args); }, threads, sizeof(Args)), 0);  \
    static void name(float *arena, const Args &args_)
#define ARGS args_
static inline float fma_(float a, float b, float c) { return std::fmaf(a, b, c); }
static inline float sqrt_(float a) { return std::sqrt(a); }
static inline uint bits_of(float a) { uint b; std::memcpy(&b, &a, 4); return b; }
static inline float float_of(uint a) { float b; std::memcpy(&b, &a, 4); return b; }
static inline uint count_up(uint *counter, uint last) { uint before = *counter; *counter = before >= last ? 0 : before + 1; return before; }
static inline void add_whole(uint *sum, uint more) { *sum += more; }
struct alignas(16) float4_ { float x, y, z, w; };
struct alignas(8) float2_ { float x, y; };
