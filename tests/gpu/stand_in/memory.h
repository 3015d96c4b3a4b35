// The card's memory, see memory.cpp.
#pragma once
#include <cstddef>
#include <string>

#include "card.h"

namespace stand_in {

// Whether all these bytes lie in one allocation.
bool holds(CUdeviceptr at, size_t bytes);

// Whether an allocation begins here, for work whose turn has come: what was freed after it is still there.
bool is_there(CUdeviceptr at);

// Whether nobody has written beside an allocation; says where, and after which work, if not.
bool fences_are_whole(const std::string &work);

}  // namespace stand_in
