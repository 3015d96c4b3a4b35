// The card that the stand-in pretends to be: opening it, its properties, contexts, and what a test asks about it.
//
// For tests, beside the driver's functions (a program finds them with dlsym in the library that it has loaded):
//   unsigned long long dipkit_stand_in_counts(const char *name)
//       a count, see counts.cpp; 0 for one that is not there
//   void dipkit_stand_in_reset(void)
//       counts and failures begin anew, and a lost card is whole again
//   int dipkit_stand_in_set(const char *name, const char *value)
//       changes a setting, see settings.cpp; 0, or 1 where there is none of that name
//   size_t dipkit_stand_in_argument_bytes(const char *kernel)
//       the size of the kernel's struct of arguments, or 0 where there is no such kernel
//   int dipkit_stand_in_threads(const char *kernel)
//       the threads of the kernel's blocks, or 0
#include "card.h"

#include <cstdio>
#include <cstring>
#include <map>

namespace stand_in {
namespace {

constexpr const char *NAME = "a CPU that runs CUDA kernels";

// Numbers of CUdevice_attribute, from cuda.h.
enum Attribute {
    MAX_THREADS_PER_BLOCK = 1,
    MAX_BLOCK_X = 2,
    MAX_BLOCK_Y = 3,
    MAX_BLOCK_Z = 4,
    MAX_GRID_X = 5,
    MAX_GRID_Y = 6,
    MAX_GRID_Z = 7,
    MAX_SHARED_BYTES_PER_BLOCK = 8,
    WARP = 10,
    MAX_REGISTERS_PER_BLOCK = 12,
    CLOCK_KHZ = 13,
    MULTIPROCESSORS = 16,
    L2_BYTES = 38,
    MAX_THREADS_PER_MULTIPROCESSOR = 39,
    CAPABILITY_MAJOR = 75,
    CAPABILITY_MINOR = 76,
    MAX_SHARED_BYTES_PER_MULTIPROCESSOR = 81,
    MEMORY_POOLS_SUPPORTED = 115,
};

struct Context {
    int device;
    int users;
};

struct State {
    bool is_open = false;
    int lost = SUCCESS;
    std::map<int, Context> contexts;
    std::map<std::string, unsigned long long> kinds;
};

State &state() {
    static State *const all = new State;
    return *all;
}

thread_local Context *context_of_thread = nullptr;

bool has_device(int device) { return device >= 0 && device < settings().devices; }

int attribute(int which) {
    const Settings &now = settings();
    switch (which) {
        case MAX_THREADS_PER_BLOCK:
        case MAX_BLOCK_X:
        case MAX_BLOCK_Y:
        case MAX_THREADS_PER_MULTIPROCESSOR: return 1024;
        case MAX_BLOCK_Z: return 64;
        case MAX_GRID_X: return 0x7fffffff;
        case MAX_GRID_Y:
        case MAX_GRID_Z: return 65535;
        case MAX_SHARED_BYTES_PER_BLOCK: return 48 << 10;
        case MAX_SHARED_BYTES_PER_MULTIPROCESSOR: return 64 << 10;
        case WARP: return 32;
        case MAX_REGISTERS_PER_BLOCK: return 65536;
        case CLOCK_KHZ: return 1000000;
        case MULTIPROCESSORS: return now.multiprocessors;
        case L2_BYTES: return 4 << 20;
        case CAPABILITY_MAJOR: return now.capability / 10;
        case CAPABILITY_MINOR: return now.capability % 10;
        case MEMORY_POOLS_SUPPORTED: return now.has_memory_pools;
        default: return 0;
    }
}

}  // namespace

std::recursive_mutex &lock() {
    static std::recursive_mutex *const one = new std::recursive_mutex;
    return *one;
}

int begin(const char *name, Needs needs) {
    count("calls");
    count(std::string("calls/") + name);
    if (needs == Needs::NOTHING) return SUCCESS;
    if (!state().is_open) return NOT_INITIALIZED;
    if (needs == Needs::DRIVER) return SUCCESS;
    if (!context_of_thread || context_of_thread->users == 0) return INVALID_CONTEXT;
    return state().lost;
}

int lose(int error) {
    if (state().lost == SUCCESS) state().lost = error;
    return state().lost;
}

int lost_error() { return state().lost; }

bool is_due(const Failure &failure, const char *kind) { return ++state().kinds[kind] == failure.number; }

int wrong(int error, const std::string &sentence) {
    std::fprintf(stderr, "stand-in: %s\n", sentence.c_str());
    return error;
}

void repair() {
    state().lost = SUCCESS;
    state().kinds.clear();
}

}  // namespace stand_in

using namespace stand_in;

API CUresult cuInit(unsigned flags) {
    return call(__func__, Needs::NOTHING, [&]() -> int {
        if (settings().init_error) return settings().init_error;
        if (settings().devices == 0) return NO_DEVICE;
        if (flags != 0) return INVALID_VALUE;
        state().is_open = true;
        return SUCCESS;
    });
}

API CUresult cuDriverGetVersion(int *version) {
    return call(__func__, Needs::NOTHING, [&] {
        *version = settings().driver_version;
        return SUCCESS;
    });
}

API CUresult cuDeviceGetCount(int *devices) {
    return call(__func__, Needs::DRIVER, [&] {
        *devices = settings().devices;
        return SUCCESS;
    });
}

API CUresult cuDeviceGet(int *device, int index) {
    return call(__func__, Needs::DRIVER, [&] {
        if (!has_device(index)) return INVALID_DEVICE;
        *device = index;
        return SUCCESS;
    });
}

API CUresult cuDeviceGetName(char *name, int length, int device) {
    return call(__func__, Needs::DRIVER, [&] {
        if (!has_device(device)) return INVALID_DEVICE;
        if (length < 1) return INVALID_VALUE;
        std::snprintf(name, length, "%s", NAME);
        return SUCCESS;
    });
}

API CUresult cuDeviceGetUuid_v2(unsigned char *uuid, int device) {
    return call(__func__, Needs::DRIVER, [&] {
        if (!has_device(device)) return INVALID_DEVICE;
        std::memset(uuid, 0, 16);
        uuid[15] = static_cast<unsigned char>(device);
        return SUCCESS;
    });
}

API CUresult cuDeviceTotalMem_v2(size_t *bytes, int device) {
    return call(__func__, Needs::DRIVER, [&] {
        if (!has_device(device)) return INVALID_DEVICE;
        *bytes = settings().memory_bytes;
        return SUCCESS;
    });
}

API CUresult cuDeviceGetAttribute(int *value, int which, int device) {
    return call(__func__, Needs::DRIVER, [&] {
        if (!has_device(device)) return INVALID_DEVICE;
        *value = attribute(which);
        return SUCCESS;
    });
}

API CUresult cuDevicePrimaryCtxRetain(Handle *context, int device) {
    return call(__func__, Needs::DRIVER, [&]() -> int {
        if (!has_device(device)) return INVALID_DEVICE;
        if (lost_error()) return lost_error();
        Context &primary = state().contexts[device];
        primary.device = device;
        primary.users++;
        *context = &primary;
        return SUCCESS;
    });
}

API CUresult cuDevicePrimaryCtxRelease_v2(int device) {
    return call(__func__, Needs::DRIVER, [&] {
        const auto found = state().contexts.find(device);
        if (found == state().contexts.end() || found->second.users == 0) return INVALID_CONTEXT;
        found->second.users--;
        return SUCCESS;
    });
}

API CUresult cuCtxSetCurrent(Handle context) {
    return call(__func__, Needs::DRIVER, [&] {
        context_of_thread = static_cast<Context *>(context);
        return SUCCESS;
    });
}

API CUresult cuCtxGetCurrent(Handle *context) {
    return call(__func__, Needs::DRIVER, [&] {
        *context = context_of_thread;
        return SUCCESS;
    });
}

API CUresult cuCtxGetDevice(int *device) {
    return call(__func__, Needs::CONTEXT, [&] {
        *device = context_of_thread->device;
        return SUCCESS;
    });
}

API CUresult cuCtxGetStreamPriorityRange(int *least, int *greatest) {
    return call(__func__, Needs::CONTEXT, [&] {
        if (least) *least = 0;
        if (greatest) *greatest = 0;
        return SUCCESS;
    });
}

API CUresult cuGetErrorName(int error, const char **name) {
    static const std::map<int, const char *> names = {
        {SUCCESS, "CUDA_SUCCESS"},
        {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE"},
        {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY"},
        {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED"},
        {NO_DEVICE, "CUDA_ERROR_NO_DEVICE"},
        {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE"},
        {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE"},
        {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT"},
        {NO_BINARY_FOR_GPU, "CUDA_ERROR_NO_BINARY_FOR_GPU"},
        {INVALID_PTX, "CUDA_ERROR_INVALID_PTX"},
        {UNSUPPORTED_PTX_VERSION, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"},
        {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE"},
        {NOT_FOUND, "CUDA_ERROR_NOT_FOUND"},
        {NOT_READY, "CUDA_ERROR_NOT_READY"},
        {ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS"},
        {LAUNCH_OUT_OF_RESOURCES, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"},
        {LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED"},
        {NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED"},
        {CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"},
        {CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"},
        {CAPTURE_UNMATCHED, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED"},
        {CAPTURE_WRONG_THREAD, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD"},
    };
    const auto found = names.find(error);
    *name = found == names.end() ? "CUDA_ERROR_UNKNOWN" : found->second;
    return SUCCESS;
}

API CUresult cuGetErrorString(int error, const char **sentence) {
    static thread_local char text[64];
    std::snprintf(text, sizeof text, "the stand-in's error %d", error);
    *sentence = text;
    return SUCCESS;
}

API unsigned long long dipkit_stand_in_counts(const char *name) {
    const std::lock_guard<std::recursive_mutex> held(lock());
    return counted(name);
}

API void dipkit_stand_in_reset(void) {
    const std::lock_guard<std::recursive_mutex> held(lock());
    reset_counts();
    repair();
}

API int dipkit_stand_in_set(const char *name, const char *value) {
    const std::lock_guard<std::recursive_mutex> held(lock());
    return set(settings(), name, value) ? 0 : 1;
}

API size_t dipkit_stand_in_argument_bytes(const char *name) {
    const Kernel *kernel = find_kernel(name);
    return kernel ? kernel->args_bytes : 0;
}

API int dipkit_stand_in_threads(const char *name) {
    const Kernel *kernel = find_kernel(name);
    return kernel ? kernel->threads : 0;
}
