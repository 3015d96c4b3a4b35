// What was asked of the stand-in, see counts.cpp.
#pragma once
#include <string>

namespace stand_in {

// Adds to the count of that name and gives the sum.
unsigned long long count(const std::string &name, unsigned long long more = 1);

// The count of that name, 0 where there was none.
unsigned long long counted(const std::string &name);

void set_count(const std::string &name, unsigned long long value);

// All counts back to 0, but for those that say what is alive.
void reset_counts();

}  // namespace stand_in
