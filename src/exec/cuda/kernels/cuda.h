// The words of the kernels for CUDA, by clang without any of CUDA's own files, or by nvcc.
#pragma once
typedef unsigned int uint;
typedef unsigned long long ulong64;
#if defined(__clang__)
#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define LAUNCH_BOUNDS(threads) __attribute__((launch_bounds(threads)))
#define THREAD ((int)__nvvm_read_ptx_sreg_tid_x())
#define BLOCK_X ((int)__nvvm_read_ptx_sreg_ctaid_x())
#define BLOCK_Y ((int)__nvvm_read_ptx_sreg_ctaid_y())
#define BLOCK_Z ((int)__nvvm_read_ptx_sreg_ctaid_z())
#define GRID_X ((int)__nvvm_read_ptx_sreg_nctaid_x())
#define BARRIER() __syncthreads()
// What this thread has written to the arena is seen by all blocks before what it writes next.
#define FENCE() __nvvm_membar_gl()
extern "C" __device__ void __syncthreads() asm("llvm.nvvm.barrier0");
__device__ inline float fma_(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
__device__ inline float sqrt_(float a) { return __builtin_sqrtf(a); }
__device__ inline uint bits_of(float a) { return __builtin_bit_cast(uint, a); }
__device__ inline float float_of(uint a) { return __builtin_bit_cast(float, a); }
// Adds 1 and gives the number before; at `last` it goes back to 0.
__device__ inline uint count_up(uint *counter, uint last) { return __nvvm_atom_inc_gen_ui(counter, last); }
__device__ inline void add_whole(uint *sum, uint more) { __nvvm_atom_add_gen_i((int *)sum, (int)more); }
#else
#define LAUNCH_BOUNDS(threads) __launch_bounds__(threads)
#define THREAD ((int)threadIdx.x)
#define BLOCK_X ((int)blockIdx.x)
#define BLOCK_Y ((int)blockIdx.y)
#define BLOCK_Z ((int)blockIdx.z)
#define GRID_X ((int)gridDim.x)
#define BARRIER() __syncthreads()
#define FENCE() __threadfence()
__device__ inline float fma_(float a, float b, float c) { return fmaf(a, b, c); }
__device__ inline float sqrt_(float a) { return sqrtf(a); }
__device__ inline uint bits_of(float a) { return __float_as_uint(a); }
__device__ inline float float_of(uint a) { return __uint_as_float(a); }
__device__ inline uint count_up(uint *counter, uint last) { return atomicInc(counter, last); }
__device__ inline void add_whole(uint *sum, uint more) { atomicAdd(sum, more); }
#endif
#define DEVICE __device__ inline
#define GLOBAL
#define LOCAL
#define CONSTANT static constexpr
#define SHARED(type, name, length) __shared__ type name[length]
#define UNROLL _Pragma("unroll")
// Compilers unroll the loops around unrolled ones too: then registers run out, and a driver compiles for longer.
#define ROLLED _Pragma("unroll 1")
// By value: arguments lie in constant memory.
#define KERNEL(name, Args, threads) extern "C" __global__ void LAUNCH_BOUNDS(threads) name(float *arena, const Args args_)
#define ARGS args_
struct alignas(16) float4_ { float x, y, z, w; };
struct alignas(8) float2_ { float x, y; };
