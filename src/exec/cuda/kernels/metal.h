// The words of the kernels for Metal. They are only checked so far, by clang as C++ for OpenCL, which has the same
// address spaces (DIP_METAL_CHECK); Metal runs candle's tensors.
#pragma once
#if defined(DIP_METAL_CHECK)
#define device __global
#define threadgroup __local
#define constant __constant
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE)
#define FENCE() mem_fence(CLK_GLOBAL_MEM_FENCE)
#define KERNEL(name, Args, threads) __kernel void name(__global float *arena, __constant Args *args_)
#define ARGS (*args_)
#define THREAD ((int)get_local_id(0))
#define BLOCK_X ((int)get_group_id(0))
#define BLOCK_Y ((int)get_group_id(1))
#define BLOCK_Z ((int)get_group_id(2))
#define GRID_X ((int)get_num_groups(0))
#define CONSTANT __constant const
static inline unsigned int bits_of(float a) { return as_uint(a); }
static inline float float_of(unsigned int a) { return as_float(a); }
static inline unsigned int count_up(__global unsigned int *counter, unsigned int last) {
    unsigned int before = atomic_inc((volatile __global unsigned int *)counter);
    if (before == last) *counter = 0;
    return before;
}
static inline void add_whole(__global unsigned int *sum, unsigned int more) { atomic_add((volatile __global unsigned int *)sum, more); }
#else
#include <metal_stdlib>
using namespace metal;
#define BARRIER() threadgroup_barrier(mem_flags::mem_threadgroup)
#define FENCE() threadgroup_barrier(mem_flags::mem_device)
#define KERNEL(name, Args, threads)                                                                                   \
    kernel void name(device float *arena [[buffer(0)]], constant Args &args_ [[buffer(1)]],                           \
                     uint3 thread_ [[thread_position_in_threadgroup]], uint3 block_ [[threadgroup_position_in_grid]], \
                     uint3 grid_ [[threadgroups_per_grid]])
#define ARGS args_
#define THREAD ((int)thread_.x)
#define BLOCK_X ((int)block_.x)
#define BLOCK_Y ((int)block_.y)
#define BLOCK_Z ((int)block_.z)
#define GRID_X ((int)grid_.x)
#define CONSTANT constant const
static inline uint bits_of(float a) { return as_type<uint>(a); }
static inline float float_of(uint a) { return as_type<float>(a); }
static inline uint count_up(device uint *counter, uint last) {
    uint before = atomic_fetch_add_explicit((device atomic_uint *)counter, 1u, memory_order_relaxed);
    if (before == last) *counter = 0;
    return before;
}
static inline void add_whole(device uint *sum, uint more) {
    atomic_fetch_add_explicit((device atomic_uint *)sum, more, memory_order_relaxed);
}
#endif
typedef unsigned long ulong64;
typedef float4 float4_;
typedef float2 float2_;
#define DEVICE static inline
#define GLOBAL device
#define LOCAL threadgroup
#define SHARED(type, name, length) threadgroup type name[length]
#define UNROLL _Pragma("unroll")
#define ROLLED _Pragma("unroll 1")
static inline float fma_(float a, float b, float c) { return fma(a, b, c); }
static inline float sqrt_(float a) { return sqrt(a); }
