// The card that the stand-in pretends to be, and how every call begins and ends.
#pragma once
#include <mutex>
#include <string>

#include "counts.h"
#include "settings.h"

#define API extern "C" __attribute__((visibility("default")))

// The driver's own types, as far as they are seen from outside: all handles are pointers.
using CUresult = int;
using CUdeviceptr = unsigned long long;
using Handle = void *;

namespace stand_in {

// The driver's errors that are used here, from cuda.h.
enum Result : int {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    NO_DEVICE = 100,
    INVALID_DEVICE = 101,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    NO_BINARY_FOR_GPU = 209,
    INVALID_PTX = 218,
    UNSUPPORTED_PTX_VERSION = 222,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    LAUNCH_OUT_OF_RESOURCES = 701,
    LAUNCH_FAILED = 719,
    NOT_SUPPORTED = 801,
    CAPTURE_UNSUPPORTED = 900,
    CAPTURE_INVALIDATED = 901,
    CAPTURE_UNMATCHED = 903,
    CAPTURE_WRONG_THREAD = 908,
};

// What a call needs. Most need the context of this thread, and that the card is not lost.
enum class Needs { NOTHING, DRIVER, CONTEXT };

// One lock for everything, kernels too.
std::recursive_mutex &lock();

// The error that a call of this name begins with, or SUCCESS. Counts it.
int begin(const char *name, Needs needs);

template <class Body>
CUresult call(const char *name, Needs needs, Body body) {
    const std::lock_guard<std::recursive_mutex> held(lock());
    const int error = begin(name, needs);
    return error != SUCCESS ? error : body();
}

// From now on every call that needs the card gives this error, which this returns.
int lose(int error);

// The error of the card that is lost, or SUCCESS.
int lost_error();

// Counts one more call of a kind; whether it is the one that has to fail.
bool is_due(const Failure &failure, const char *kind);

// Says on stderr what the program did wrong, and returns the error.
int wrong(int error, const std::string &sentence);

// Counting towards failures begins anew, and a lost card is whole again.
void repair();

}  // namespace stand_in
