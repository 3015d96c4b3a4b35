// What a test asks the stand-in for: environment variables, read when the library is first used. A process can also
// change one later, by dipkit_stand_in_set("DRIVER_VERSION", "11040"); an empty value is the default.
//
//   DIPKIT_STAND_IN_DEVICES             cards; with 0 cuInit gives error 100. Default 1.
//   DIPKIT_STAND_IN_DRIVER_VERSION      as cuDriverGetVersion gives it. Default 12040.
//   DIPKIT_STAND_IN_CAPABILITY          compute capability: 75 for 7.5. PTX for a later one is refused. Default 75.
//   DIPKIT_STAND_IN_MULTIPROCESSORS     default 2.
//   DIPKIT_STAND_IN_MEMORY_POOLS        0: no cuMemAllocAsync. Default 1.
//   DIPKIT_STAND_IN_MEMORY_BYTES        the card's memory; what is beyond gives error 2. Default 8 GiB.
//   DIPKIT_STAND_IN_INIT_ERROR          the error of cuInit, for instance 803. Default 0.
//   DIPKIT_STAND_IN_PTX_ERROR           the error of every module, for instance 222, 218 or 209. Default 0.
//
// These are N, or N:CODE for another error than the one named here: the N-th such call, from 1, fails.
//   DIPKIT_STAND_IN_FAIL_LAUNCH         cuLaunchKernel, captured ones too; 701. Nothing else breaks.
//   DIPKIT_STAND_IN_FAIL_REPLAY         cuGraphLaunch; 701. Nothing else breaks.
//   DIPKIT_STAND_IN_FAIL_WAIT           waits for a stream, an event or the context; 700. The card is lost.
//   DIPKIT_STAND_IN_FAIL_ALLOCATION     2. Nothing else breaks.
//   DIPKIT_STAND_IN_FAIL_COPY           copies from or to the host; 700. The card is lost.
//   DIPKIT_STAND_IN_FAIL_INSTANTIATION  cuGraphInstantiateWithFlags; 801. Nothing else breaks.
//   DIPKIT_STAND_IN_LOST_AFTER          no call: so many kernels run, replayed ones too, and the next one fails; 719. 0
//                                       fails the first one. The card is lost.
// A card that is lost answers every later call that needs it with the same error, until dipkit_stand_in_reset.
//
//   DIPKIT_STAND_IN_EAGER               1: work is done when it is asked for. By default it is done when somebody waits
//                                       for it, so that a missing wait shows.
//   DIPKIT_STAND_IN_THREADS             forward or backward: the order of a block's threads. Default forward.
//   DIPKIT_STAND_IN_BLOCKS              forward or backward: the order of a grid's blocks. Default forward.
//   DIPKIT_STAND_IN_REPORT              at exit the counts are appended to this file as a line of JSON, or printed to
//                                       stderr where it is "-".
#include "settings.h"

#include <cstdlib>
#include <functional>
#include <map>

namespace stand_in {
namespace {

// Gives the setting its value; an empty text is the default.
using Reader = std::function<void(Settings &, const std::string &)>;

template <class Number>
Reader number(Number Settings::*field) {
    return [field](Settings &settings, const std::string &text) {
        const unsigned long long given = std::strtoull(text.c_str(), nullptr, 10);
        settings.*field = text.empty() ? Settings{}.*field : static_cast<Number>(given);
    };
}

Reader flag(bool Settings::*field) {
    return [field](Settings &settings, const std::string &text) {
        settings.*field = text.empty() ? Settings{}.*field : text != "0";
    };
}

Reader failure(Failure Settings::*field, int code) {
    return [field, code](Settings &settings, const std::string &text) {
        const size_t colon = text.find(':');
        const bool has_code = colon != std::string::npos;
        settings.*
            field = {std::strtoull(text.c_str(), nullptr, 10), has_code ? std::atoi(text.c_str() + colon + 1) : code};
    };
}

// As `failure`; here N counts what goes well, so a text alone says that there is a failure.
Reader lost() {
    return [](Settings &settings, const std::string &text) {
        failure(&Settings::lost, 719)(settings, text);
        if (text.empty()) settings.lost.code = 0;
    };
}

Reader backward(bool Order::*field) {
    return [field](Settings &settings, const std::string &text) { settings.order.*field = text == "backward"; };
}

const std::map<std::string, Reader> &readers() {
    static const std::map<std::string, Reader> all = {
        {"DEVICES", number(&Settings::devices)},
        {"DRIVER_VERSION", number(&Settings::driver_version)},
        {"CAPABILITY", number(&Settings::capability)},
        {"MULTIPROCESSORS", number(&Settings::multiprocessors)},
        {"MEMORY_POOLS", flag(&Settings::has_memory_pools)},
        {"MEMORY_BYTES", number(&Settings::memory_bytes)},
        {"INIT_ERROR", number(&Settings::init_error)},
        {"PTX_ERROR", number(&Settings::ptx_error)},
        {"FAIL_LAUNCH", failure(&Settings::launch, 701)},
        {"FAIL_REPLAY", failure(&Settings::replay, 701)},
        {"FAIL_WAIT", failure(&Settings::wait, 700)},
        {"FAIL_ALLOCATION", failure(&Settings::allocation, 2)},
        {"FAIL_COPY", failure(&Settings::copy, 700)},
        {"FAIL_INSTANTIATION", failure(&Settings::instantiation, 801)},
        {"LOST_AFTER", lost()},
        {"EAGER", flag(&Settings::is_eager)},
        {"THREADS", backward(&Order::threads_backward)},
        {"BLOCKS", backward(&Order::blocks_backward)},
        {"REPORT", [](Settings &settings, const std::string &text) { settings.report = text; }},
    };
    return all;
}

Settings from_environment() {
    Settings settings;
    for (const auto &[name, reader] : readers()) {
        const char *value = std::getenv(("DIPKIT_STAND_IN_" + name).c_str());
        if (value) reader(settings, value);
    }
    return settings;
}

}  // namespace

Settings &settings() {
    // Never destroyed: the report at exit asks for it.
    static Settings *const all = new Settings(from_environment());
    return *all;
}

bool set(Settings &settings, const std::string &name, const std::string &value) {
    const auto found = readers().find(name);
    if (found != readers().end()) found->second(settings, value);
    return found != readers().end();
}

}  // namespace stand_in
