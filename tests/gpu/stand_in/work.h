// What the card has to do, see work.cpp.
#pragma once
#include <functional>
#include <string>

#include "card.h"

namespace stand_in {

// Gives SUCCESS, or the error that the card is lost by.
using Work = std::function<int()>;

// Takes work into the graph of a stream that is captured, else into the queue. `kernel` is its name, or empty.
int submit(Handle stream, Work work, const std::string &kernel = "");

// Whether the stream is being captured (for counting; submit does the rest).
bool is_captured(Handle stream);

// Does all that is queued.
int finish_work();

// Whether a capture forbids this thread to do so, which is said, and spoils the capture. `what` is what is done, as a
// sentence begins: "memory is freed".
bool is_forbidden(const std::string &what);

}  // namespace stand_in
