// The card's memory: allocations, copies, and fills.
//
// Fresh memory is full of NaN, as all its bits are 1. Beside each allocation lie fences, so that a kernel that writes
// beyond the end is found. As in the driver, a copy between pageable memory of the host and the card has read or
// written that memory when the call returns; with pinned memory that happens when the work is done.
#include "memory.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "work.h"

namespace stand_in {
namespace {

constexpr size_t FENCE_BYTES = 4096;
// A NaN that nobody writes.
constexpr uint32_t FENCE = 0x7fc0dead;

struct Allocation {
    size_t bytes;
    // Asked to be freed; the work before that may still use it.
    bool is_given_back;
};

using Allocations = std::map<CUdeviceptr, Allocation>;

Allocations &allocations() {
    static Allocations *const all = new Allocations;
    return *all;
}

std::map<char *, size_t> &pinned() {
    static auto *const all = new std::map<char *, size_t>;
    return *all;
}

char *host(CUdeviceptr at) { return reinterpret_cast<char *>(static_cast<uintptr_t>(at)); }

size_t rounded(size_t bytes) { return (bytes + FENCE_BYTES - 1) / FENCE_BYTES * FENCE_BYTES; }

void set_fence(char *from, size_t bytes) {
    for (size_t i = 0; i + 4 <= bytes; i += 4) std::memcpy(from + i, &FENCE, 4);
}

bool is_fence(const char *from, size_t bytes) {
    for (size_t i = 0; i + 4 <= bytes; i += 4) {
        if (std::memcmp(from + i, &FENCE, 4) != 0) return false;
    }
    return true;
}

// They fill a page before the allocation, and behind it the rest of its last page and one more.
struct Fences {
    char *before, *after;
    size_t after_bytes;
};

Fences fences(CUdeviceptr at, size_t bytes) {
    const size_t end = (bytes + 3) / 4 * 4;
    return {host(at) - FENCE_BYTES, host(at) + end, rounded(bytes) - end + FENCE_BYTES};
}

void set_fences(CUdeviceptr at, size_t bytes) {
    const Fences both = fences(at, bytes);
    set_fence(both.before, FENCE_BYTES);
    set_fence(both.after, both.after_bytes);
}

bool has_room(size_t bytes) { return counted("live_bytes") + bytes <= settings().memory_bytes; }

int allocate(CUdeviceptr *at, size_t bytes) {
    if (is_forbidden("memory is allocated")) return CAPTURE_UNSUPPORTED;
    if (is_due(settings().allocation, "allocation")) return settings().allocation.code;
    if (bytes == 0) return INVALID_VALUE;
    // What was freed may be waiting for its turn.
    if (!has_room(bytes)) finish_work();
    if (!has_room(bytes)) return OUT_OF_MEMORY;
    char *memory = static_cast<char *>(std::aligned_alloc(FENCE_BYTES, rounded(bytes) + 2 * FENCE_BYTES));
    if (!memory) return OUT_OF_MEMORY;
    *at = reinterpret_cast<uintptr_t>(memory) + FENCE_BYTES;
    std::memset(host(*at), 0xff, bytes);
    set_fences(*at, bytes);
    allocations()[*at] = {bytes, false};
    count("allocations");
    count("live_allocations");
    set_count("most_bytes", std::max(counted("most_bytes"), count("live_bytes", bytes)));
    return SUCCESS;
}

void release(CUdeviceptr at) {
    const auto found = allocations().find(at);
    std::free(host(at) - FENCE_BYTES);
    set_count("live_bytes", counted("live_bytes") - found->second.bytes);
    set_count("live_allocations", counted("live_allocations") - 1);
    allocations().erase(found);
}

int give_back(CUdeviceptr at) {
    const auto found = allocations().find(at);
    if (found == allocations().end() || found->second.is_given_back)
        return wrong(INVALID_VALUE, "what is freed is not allocated, or no more");
    found->second.is_given_back = true;
    count("frees");
    return SUCCESS;
}

bool is_pinned(const void *at, size_t bytes) {
    const char *first = static_cast<const char *>(at);
    const auto after = pinned().upper_bound(const_cast<char *>(first));
    if (after == pinned().begin()) return false;
    const auto &[start, length] = *std::prev(after);
    return first + bytes <= start + length;
}

int outside(const char *what, size_t bytes) {
    return wrong(INVALID_VALUE, std::string(what) + " of " + std::to_string(bytes) + " bytes leaves its allocation");
}

// What all copies between the host and the card begin with.
int begin_copy(const char *kind, CUdeviceptr on_card, size_t bytes) {
    if (is_forbidden(std::string("a copy ") + kind + " is asked for")) return CAPTURE_UNSUPPORTED;
    if (is_due(settings().copy, "copy")) return lose(settings().copy.code);
    if (!holds(on_card, bytes)) return outside("a copy", bytes);
    count(kind);
    count(std::string(kind) + "_bytes", bytes);
    return SUCCESS;
}

int copy_to_card(Handle stream, CUdeviceptr to, const void *from, size_t bytes) {
    const int error = begin_copy("to_card", to, bytes);
    if (error != SUCCESS) return error;
    if (is_pinned(from, bytes)) return submit(stream, [=] { return std::memcpy(host(to), from, bytes), SUCCESS; });
    const char *first = static_cast<const char *>(from);
    const auto kept = std::make_shared<std::vector<char>>(first, first + bytes);
    return submit(stream, [=] { return std::memcpy(host(to), kept->data(), bytes), SUCCESS; });
}

int copy_to_host(Handle stream, void *to, CUdeviceptr from, size_t bytes) {
    const int error = begin_copy("to_host", from, bytes);
    if (error != SUCCESS) return error;
    const int submitted = submit(stream, [=] { return std::memcpy(to, host(from), bytes), SUCCESS; });
    return submitted != SUCCESS || is_pinned(to, bytes) ? submitted : finish_work();
}

int copy_on_card(Handle stream, CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    if (!holds(to, bytes) || !holds(from, bytes)) return outside("a copy on the card", bytes);
    count("on_card");
    count("on_card_bytes", bytes);
    return submit(stream, [=] { return std::memmove(host(to), host(from), bytes), SUCCESS; });
}

int fill(Handle stream, CUdeviceptr at, unsigned value, size_t width, size_t length) {
    if (!holds(at, width * length)) return outside("a fill", width * length);
    count("fills");
    return submit(stream, [=] {
        for (size_t i = 0; i < length; i++) std::memcpy(host(at) + i * width, &value, width);
        return SUCCESS;
    });
}

// What a call does whose work is done when it returns.
int at_once(int error) { return error != SUCCESS ? error : finish_work(); }

}  // namespace

bool holds(CUdeviceptr at, size_t bytes) {
    const auto after = allocations().upper_bound(at);
    if (after == allocations().begin()) return false;
    const auto &[start, allocation] = *std::prev(after);
    return !allocation.is_given_back && at - start <= allocation.bytes && bytes <= allocation.bytes - (at - start);
}

bool is_there(CUdeviceptr at) { return allocations().count(at) > 0; }

bool fences_are_whole(const std::string &work) {
    bool all = true;
    for (const auto &[at, allocation] : allocations()) {
        const Fences both = fences(at, allocation.bytes);
        const bool is_whole_before = is_fence(both.before, FENCE_BYTES);
        if (is_whole_before && is_fence(both.after, both.after_bytes)) continue;
        wrong(ILLEGAL_ADDRESS, work + " has written " + (is_whole_before ? "behind" : "before") + " an allocation of " +
                                   std::to_string(allocation.bytes) + " bytes");
        set_fences(at, allocation.bytes);
        all = false;
    }
    return all;
}

}  // namespace stand_in

using namespace stand_in;

API CUresult cuMemGetInfo_v2(size_t *free_bytes, size_t *bytes) {
    return call(__func__, Needs::CONTEXT, [&] {
        *bytes = settings().memory_bytes;
        *free_bytes = *bytes - std::min<size_t>(*bytes, counted("live_bytes"));
        return SUCCESS;
    });
}

API CUresult cuMemAlloc_v2(CUdeviceptr *at, size_t bytes) {
    return call(__func__, Needs::CONTEXT, [&] { return allocate(at, bytes); });
}

API CUresult cuMemAllocAsync(CUdeviceptr *at, size_t bytes, Handle) {
    return call(__func__, Needs::CONTEXT,
                [&] { return settings().has_memory_pools ? allocate(at, bytes) : NOT_SUPPORTED; });
}

API CUresult cuMemFree_v2(CUdeviceptr at) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        if (at == 0) return SUCCESS;
        if (is_forbidden("memory is freed")) return CAPTURE_UNSUPPORTED;
        const int error = at_once(give_back(at));
        if (error == SUCCESS) release(at);
        return error;
    });
}

API CUresult cuMemFreeAsync(CUdeviceptr at, Handle stream) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        if (at == 0) return SUCCESS;
        if (is_forbidden("memory is freed")) return CAPTURE_UNSUPPORTED;
        const int error = give_back(at);
        return error != SUCCESS ? error : submit(stream, [=] { return release(at), SUCCESS; });
    });
}

API CUresult cuMemHostAlloc(void **at, size_t bytes, unsigned) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        if (is_forbidden("memory is allocated")) return CAPTURE_UNSUPPORTED;
        *at = std::aligned_alloc(FENCE_BYTES, rounded(std::max<size_t>(bytes, 1)));
        if (!*at) return OUT_OF_MEMORY;
        std::memset(*at, 0xff, bytes);
        pinned()[static_cast<char *>(*at)] = bytes;
        return SUCCESS;
    });
}

API CUresult cuMemFreeHost(void *at) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        if (is_forbidden("memory is freed")) return CAPTURE_UNSUPPORTED;
        if (pinned().erase(static_cast<char *>(at)) == 0)
            return wrong(INVALID_VALUE, "what is freed is no memory of the host, or no more");
        const int error = finish_work();
        std::free(at);
        return error;
    });
}

API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
    return call(__func__, Needs::CONTEXT, [&] { return at_once(copy_to_card(nullptr, to, from, bytes)); });
}

API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, Handle stream) {
    return call(__func__, Needs::CONTEXT, [&] { return copy_to_card(stream, to, from, bytes); });
}

API CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
    return call(__func__, Needs::CONTEXT, [&] { return at_once(copy_to_host(nullptr, to, from, bytes)); });
}

API CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, Handle stream) {
    return call(__func__, Needs::CONTEXT, [&] { return copy_to_host(stream, to, from, bytes); });
}

API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        if (is_forbidden("a copy that waits is asked for")) return CAPTURE_UNSUPPORTED;
        return copy_on_card(nullptr, to, from, bytes);
    });
}

API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, Handle stream) {
    return call(__func__, Needs::CONTEXT, [&] { return copy_on_card(stream, to, from, bytes); });
}

API CUresult cuMemsetD8_v2(CUdeviceptr at, unsigned char value, size_t length) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        if (is_forbidden("a fill that waits is asked for")) return CAPTURE_UNSUPPORTED;
        return fill(nullptr, at, value, 1, length);
    });
}

API CUresult cuMemsetD8Async(CUdeviceptr at, unsigned char value, size_t length, Handle stream) {
    return call(__func__, Needs::CONTEXT, [&] { return fill(stream, at, value, 1, length); });
}

API CUresult cuMemsetD32_v2(CUdeviceptr at, unsigned value, size_t length) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        if (is_forbidden("a fill that waits is asked for")) return CAPTURE_UNSUPPORTED;
        return fill(nullptr, at, value, 4, length);
    });
}

API CUresult cuMemsetD32Async(CUdeviceptr at, unsigned value, size_t length, Handle stream) {
    return call(__func__, Needs::CONTEXT, [&] { return fill(stream, at, value, 4, length); });
}
