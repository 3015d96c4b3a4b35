// What the card has to do: streams, their queue, captures, graphs and events.
//
// All streams share one queue, which is worked off in order when somebody waits (see DIPKIT_STAND_IN_EAGER); that is
// one of the orders that a card could choose. A stream that is captured puts its work into a graph instead; a graph's
// work goes into the queue each time it is launched.
//
// Stricter than the driver: a stream that is captured takes no copy from or to the host and no allocation. Missing
// here: a capture that spreads to other streams by events.
#include "work.h"

#include <chrono>
#include <deque>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "memory.h"

namespace stand_in {
namespace {

// A driver, too, makes the host wait when so much is queued.
constexpr size_t MOST_QUEUED = 1024;
// CUstreamCaptureMode and CUstreamCaptureStatus, from cuda.h.
constexpr int MODE_GLOBAL = 0, MODE_THREAD_LOCAL = 1;
constexpr int STATUS_NONE = 0, STATUS_ACTIVE = 1, STATUS_SPOILED = 2;

struct Node {
    Work work;
    std::string kernel;
};

using Nodes = std::vector<Node>;

struct Graph {
    Nodes nodes;
};

struct ExecutableGraph {
    std::shared_ptr<const Nodes> nodes;
};

struct Stream {
    int status = STATUS_NONE;
    int mode = MODE_GLOBAL;
    std::thread::id thread;
    std::unique_ptr<Graph> graph;
};

struct Event {
    bool is_done = true;
    std::chrono::steady_clock::time_point time;
};

// The handles that are alive of one kind.
template <class Thing>
class Handles {
public:
    Handle add(std::unique_ptr<Thing> thing) {
        alive.insert(thing.get());
        return thing.release();
    }
    Thing *find(Handle handle) const {
        return alive.count(static_cast<Thing *>(handle)) ? static_cast<Thing *>(handle) : nullptr;
    }
    bool remove(Handle handle) {
        std::unique_ptr<Thing> thing(find(handle));
        return thing && alive.erase(thing.get());
    }
    const std::set<Thing *> &all() const { return alive; }

private:
    std::set<Thing *> alive;
};

struct State {
    std::deque<Work> queue;
    Handles<Stream> streams;
    Handles<Graph> graphs;
    Handles<ExecutableGraph> executables;
    Handles<Event> events;
};

State &state() {
    static State *const all = new State;
    return *all;
}

// The streams that every program has: 0, the legacy one (1) and that of each thread (2).
bool is_default(Handle stream) { return reinterpret_cast<uintptr_t>(stream) <= 2; }

bool is_stream(Handle stream) { return is_default(stream) || state().streams.find(stream); }

int enqueue(Work work) {
    state().queue.push_back(std::move(work));
    return settings().is_eager || state().queue.size() > MOST_QUEUED ? finish_work() : SUCCESS;
}

int wait() {
    count("waits");
    if (is_due(settings().wait, "wait")) {
        state().queue.clear();
        return lose(settings().wait.code);
    }
    return finish_work();
}

int spoil(Handle stream) {
    state().streams.find(stream)->status = STATUS_SPOILED;
    return wrong(CAPTURE_UNSUPPORTED, "somebody waits for a stream that is captured");
}

int end_capture(Stream &stream, Handle *graph) {
    *graph = nullptr;
    if (stream.status == STATUS_NONE) return CAPTURE_UNMATCHED;
    const bool is_spoiled = stream.status == STATUS_SPOILED;
    if (stream.mode != 2 && stream.thread != std::this_thread::get_id()) return CAPTURE_WRONG_THREAD;
    stream.status = STATUS_NONE;
    if (is_spoiled) {
        stream.graph.reset();
        return CAPTURE_INVALIDATED;
    }
    *graph = state().graphs.add(std::move(stream.graph));
    return SUCCESS;
}

int launch_graph(const ExecutableGraph &graph, Handle stream) {
    if (is_captured(stream)) return CAPTURE_UNSUPPORTED;
    if (is_due(settings().replay, "replay")) return settings().replay.code;
    count("graph_launches");
    for (const Node &node : *graph.nodes) {
        if (!node.kernel.empty()) {
            count("replayed");
            count("replayed/" + node.kernel);
        }
        const int error = enqueue(node.work);
        if (error != SUCCESS) return error;
    }
    return SUCCESS;
}

}  // namespace

bool is_captured(Handle stream) {
    const Stream *found = state().streams.find(stream);
    return found && found->status != STATUS_NONE;
}

int submit(Handle stream, Work work, const std::string &kernel) {
    if (!is_stream(stream)) return wrong(INVALID_HANDLE, "work is given to a stream that does not exist");
    Stream *found = state().streams.find(stream);
    if (!found || found->status == STATUS_NONE) return enqueue(std::move(work));
    if (found->status == STATUS_SPOILED) return CAPTURE_INVALIDATED;
    found->graph->nodes.push_back({std::move(work), kernel});
    return SUCCESS;
}

int finish_work() {
    while (!state().queue.empty()) {
        const Work work = std::move(state().queue.front());
        state().queue.pop_front();
        const int error = work();
        if (error == SUCCESS) continue;
        state().queue.clear();
        return lose(error);
    }
    return lost_error();
}

bool is_forbidden(const std::string &what) {
    bool any = false;
    for (Stream *stream : state().streams.all()) {
        const bool is_own = stream->mode == MODE_THREAD_LOCAL && stream->thread == std::this_thread::get_id();
        if (stream->status == STATUS_NONE || !(stream->mode == MODE_GLOBAL || is_own)) continue;
        stream->status = STATUS_SPOILED;
        any = true;
    }
    if (any) wrong(CAPTURE_UNSUPPORTED, what + " while a stream is captured");
    return any;
}

}  // namespace stand_in

using namespace stand_in;

API CUresult cuStreamCreate(Handle *stream, unsigned) {
    return call(__func__, Needs::CONTEXT, [&] {
        *stream = state().streams.add(std::make_unique<Stream>());
        return SUCCESS;
    });
}

API CUresult cuStreamCreateWithPriority(Handle *stream, unsigned flags, int) { return cuStreamCreate(stream, flags); }

API CUresult cuStreamDestroy_v2(Handle stream) {
    // The work that it was given is still done, in the driver too.
    return call(__func__, Needs::CONTEXT, [&] { return state().streams.remove(stream) ? SUCCESS : INVALID_HANDLE; });
}

API CUresult cuStreamSynchronize(Handle stream) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        if (!is_stream(stream)) return INVALID_HANDLE;
        if (is_captured(stream)) return spoil(stream);
        return wait();
    });
}

API CUresult cuStreamQuery(Handle stream) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        if (!is_stream(stream)) return INVALID_HANDLE;
        if (is_captured(stream)) return spoil(stream);
        // A program that asks again and again must come to an end.
        const bool was_idle = state().queue.empty();
        const int error = finish_work();
        return error != SUCCESS || was_idle ? error : NOT_READY;
    });
}

API CUresult cuStreamWaitEvent(Handle stream, Handle event, unsigned) {
    // There is one queue, so what comes later waits.
    return call(__func__, Needs::CONTEXT,
                [&] { return is_stream(stream) && state().events.find(event) ? SUCCESS : INVALID_HANDLE; });
}

API CUresult cuCtxSynchronize() {
    return call(__func__, Needs::CONTEXT,
                [&]() -> int { return is_forbidden("somebody waits for the card") ? CAPTURE_UNSUPPORTED : wait(); });
}

API CUresult cuLaunchHostFunc(Handle stream, void (*function)(void *), void *data) {
    return call(__func__, Needs::CONTEXT, [&] { return submit(stream, [=] { return function(data), SUCCESS; }); });
}

API CUresult cuStreamBeginCapture_v2(Handle handle, int mode) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        Stream *stream = state().streams.find(handle);
        if (!stream) return is_default(handle) ? CAPTURE_UNSUPPORTED : INVALID_HANDLE;
        if (stream->status != STATUS_NONE) return INVALID_VALUE;
        stream->status = STATUS_ACTIVE;
        stream->mode = mode;
        stream->thread = std::this_thread::get_id();
        stream->graph = std::make_unique<Graph>();
        count("captures");
        return SUCCESS;
    });
}

API CUresult cuStreamEndCapture(Handle handle, Handle *graph) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        Stream *stream = state().streams.find(handle);
        return stream ? end_capture(*stream, graph) : INVALID_HANDLE;
    });
}

API CUresult cuStreamIsCapturing(Handle stream, int *status) {
    return call(__func__, Needs::CONTEXT, [&] {
        if (!is_stream(stream)) return INVALID_HANDLE;
        *status = is_captured(stream) ? state().streams.find(stream)->status : STATUS_NONE;
        return SUCCESS;
    });
}

API CUresult cuGraphInstantiateWithFlags(Handle *executable, Handle handle, unsigned long long) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        const Graph *graph = state().graphs.find(handle);
        if (!graph) return INVALID_VALUE;
        if (is_due(settings().instantiation, "instantiation")) return settings().instantiation.code;
        count("instantiations");
        const auto nodes = std::make_shared<const Nodes>(graph->nodes);
        *executable = state().executables.add(std::make_unique<ExecutableGraph>(ExecutableGraph{nodes}));
        return SUCCESS;
    });
}

API CUresult cuGraphGetNodes(Handle handle, Handle *nodes, size_t *length) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        const Graph *graph = state().graphs.find(handle);
        if (!graph || nodes) return graph ? NOT_SUPPORTED : INVALID_VALUE;
        *length = graph->nodes.size();
        return SUCCESS;
    });
}

API CUresult cuGraphUpload(Handle executable, Handle stream) {
    return call(__func__, Needs::CONTEXT,
                [&] { return state().executables.find(executable) && is_stream(stream) ? SUCCESS : INVALID_HANDLE; });
}

API CUresult cuGraphLaunch(Handle executable, Handle stream) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        const ExecutableGraph *graph = state().executables.find(executable);
        return graph && is_stream(stream) ? launch_graph(*graph, stream) : INVALID_HANDLE;
    });
}

API CUresult cuGraphExecDestroy(Handle executable) {
    return call(__func__, Needs::CONTEXT,
                [&] { return state().executables.remove(executable) ? SUCCESS : INVALID_HANDLE; });
}

API CUresult cuGraphDestroy(Handle graph) {
    return call(__func__, Needs::CONTEXT, [&] { return state().graphs.remove(graph) ? SUCCESS : INVALID_HANDLE; });
}

API CUresult cuEventCreate(Handle *event, unsigned) {
    return call(__func__, Needs::CONTEXT, [&] {
        *event = state().events.add(std::make_unique<Event>());
        return SUCCESS;
    });
}

API CUresult cuEventDestroy_v2(Handle event) {
    return call(__func__, Needs::CONTEXT, [&] { return state().events.remove(event) ? SUCCESS : INVALID_HANDLE; });
}

API CUresult cuEventRecord(Handle handle, Handle stream) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        Event *event = state().events.find(handle);
        if (!event) return INVALID_HANDLE;
        event->is_done = false;
        return submit(stream, [=] {
            Event *still = state().events.find(handle);
            if (still) *still = {true, std::chrono::steady_clock::now()};
            return SUCCESS;
        });
    });
}

API CUresult cuEventQuery(Handle handle) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        const Event *event = state().events.find(handle);
        if (!event) return INVALID_HANDLE;
        const bool was_done = event->is_done;
        const int error = finish_work();
        return error != SUCCESS || was_done ? error : NOT_READY;
    });
}

API CUresult cuEventSynchronize(Handle event) {
    return call(__func__, Needs::CONTEXT, [&] { return state().events.find(event) ? wait() : INVALID_HANDLE; });
}

API CUresult cuEventElapsedTime(float *milliseconds, Handle first, Handle second) {
    return call(__func__, Needs::CONTEXT, [&] {
        const Event *start = state().events.find(first), *end = state().events.find(second);
        if (!start || !end) return INVALID_HANDLE;
        if (!start->is_done || !end->is_done) return NOT_READY;
        *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
        return SUCCESS;
    });
}
