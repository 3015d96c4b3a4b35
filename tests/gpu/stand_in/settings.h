// What a test asks the stand-in for, see settings.cpp.
#pragma once
#include <cstddef>
#include <string>

#include "fibers.h"

namespace stand_in {

// The n-th call of a kind fails (0: none), with this code.
struct Failure {
    unsigned long long number = 0;
    int code = 0;
};

struct Settings {
    int devices = 1;
    int driver_version = 12040;
    int capability = 75;
    int multiprocessors = 2;
    bool has_memory_pools = true;
    size_t memory_bytes = size_t{8} << 30;
    int init_error = 0, ptx_error = 0;
    Failure launch, replay, wait, allocation, copy, instantiation, lost;
    bool is_eager = false;
    Order order;
    std::string report;
};

// Read from the environment when the library is first used.
Settings &settings();

// As an environment variable DIPKIT_STAND_IN_<name> would have set it; whether there is such a variable.
bool set(Settings &settings, const std::string &name, const std::string &value);

}  // namespace stand_in
