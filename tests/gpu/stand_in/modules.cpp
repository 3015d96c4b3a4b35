// Modules, kernels and their launches.
//
// A module is PTX text. Nobody compiles it here: a kernel of a name that the text has an `.entry` for is the one that
// was compiled for the CPU. Where the text's arguments or threads differ from that one's, the text is an old one.
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "memory.h"
#include "work.h"

namespace stand_in {
namespace {

// What the PTX says about a kernel.
struct Entry {
    std::vector<size_t> argument_bytes;
    int threads = 0;
};

struct Function {
    const Kernel *kernel;
};

struct Module {
    std::map<std::string, Entry> entries;
    std::map<std::string, std::unique_ptr<Function>> functions;
};

struct State {
    std::map<Module *, std::unique_ptr<Module>> modules;
    // Those of modules that are alive.
    std::set<Function *> functions;
};

State &state() {
    static State *const all = new State;
    return *all;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }

// The word that begins at or after `at`, which goes behind it.
std::string next_word(const std::string &text, size_t &at) {
    while (at < text.size() && !is_word(text[at])) at++;
    const size_t start = at;
    while (at < text.size() && is_word(text[at])) at++;
    return text.substr(start, at - start);
}

// The bytes of a parameter such as ".param .u64 name" or ".param .align 8 .b8 name[72]".
size_t parameter_bytes(const std::string &parameter) {
    const size_t bracket = parameter.find('[');
    if (bracket != std::string::npos) return std::strtoull(parameter.c_str() + bracket + 1, nullptr, 10);
    for (const char *type : {".u64", ".b64", ".s64", ".f64"}) {
        if (parameter.find(type) != std::string::npos) return 8;
    }
    return 4;
}

Entry entry(const std::string &text, size_t after_name) {
    Entry found;
    const size_t end = text.find(')', after_name), body = text.find('{', after_name);
    for (size_t at = text.find(".param", after_name); at < end; at = text.find(".param", at + 1)) {
        found.argument_bytes.push_back(parameter_bytes(text.substr(at, std::min(text.find(',', at), end) - at)));
    }
    const size_t threads = text.find(".maxntid", end);
    if (threads < body) found.threads = std::atoi(text.c_str() + threads + std::strlen(".maxntid"));
    return found;
}

// All of a text's entries.
std::map<std::string, Entry> entries(const std::string &text) {
    std::map<std::string, Entry> all;
    const std::string mark = ".entry";
    for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
        at += mark.size();
        const std::string name = next_word(text, at);
        while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at]))) at++;
        if (at < text.size() && text[at] == '(') all[name] = entry(text, at);
    }
    return all;
}

// The compute capability that the text is for, such as 75, or 0.
int target(const std::string &text) {
    const std::string mark = ".target sm_";
    const size_t at = text.find(mark);
    return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + mark.size());
}

int load(Handle *module, const void *image) {
    if (is_forbidden("a module is loaded")) return CAPTURE_UNSUPPORTED;
    if (settings().ptx_error) return settings().ptx_error;
    const std::string text = static_cast<const char *>(image);
    if (text.find(".version") == std::string::npos) return INVALID_IMAGE;
    if (target(text) > settings().capability) return INVALID_PTX;
    auto loaded = std::make_unique<Module>();
    loaded->entries = entries(text);
    *module = loaded.get();
    state().modules[loaded.get()] = std::move(loaded);
    count("modules");
    return SUCCESS;
}

// Whether the PTX was made from the same text as the kernel for the CPU.
bool is_same(const Entry &entry, const Kernel &kernel) {
    const bool has_same_threads = entry.threads == 0 || entry.threads == kernel.threads;
    return entry.argument_bytes == std::vector<size_t>{8, kernel.args_bytes} && has_same_threads;
}

int find_function(Function **function, Module &module, const std::string &name) {
    const auto found = module.entries.find(name);
    if (found == module.entries.end()) return NOT_FOUND;
    const Kernel *kernel = find_kernel(name);
    if (!kernel) return wrong(NOT_FOUND, "the PTX has a kernel " + name + ", the sources of the stand-in have not");
    if (!is_same(found->second, *kernel)) {
        return wrong(INVALID_PTX, "kernel " + name + " has other arguments or threads in the PTX than in the sources");
    }
    auto &kept = module.functions[name];
    if (!kept) kept = std::make_unique<Function>(Function{kernel});
    state().functions.insert(kept.get());
    *function = kept.get();
    return SUCCESS;
}

struct Launch {
    Grid grid, block;
    unsigned shared_bytes;
};

int check(const Kernel &kernel, const Launch &launch) {
    const Grid &grid = launch.grid, &block = launch.block;
    const std::string begin = "kernel " + kernel.name + " is launched with ";
    if (block.x != static_cast<unsigned>(kernel.threads) || block.y != 1 || block.z != 1) {
        const std::string threads = std::to_string(block.x * block.y * block.z);
        return wrong(INVALID_VALUE, begin + threads + " threads, it has " + std::to_string(kernel.threads));
    }
    const bool is_empty = grid.x == 0 || grid.y == 0 || grid.z == 0;
    if (is_empty || grid.x > 0x7fffffff || grid.y > 65535 || grid.z > 65535) {
        const std::string yz = std::to_string(grid.y) + " x " + std::to_string(grid.z);
        return wrong(INVALID_VALUE, begin + "a grid of " + std::to_string(grid.x) + " x " + yz);
    }
    if (launch.shared_bytes != 0) return wrong(INVALID_VALUE, begin + "more shared memory than its own");
    return SUCCESS;
}

// The arguments of a launch: the arena, and the struct.
struct Arguments {
    CUdeviceptr arena;
    std::vector<char> rest;
};

int read_pointers(const Kernel &kernel, void **pointers, Arguments &arguments) {
    if (!pointers[0] || !pointers[1])
        return wrong(INVALID_VALUE, "kernel " + kernel.name + " is launched without arguments");
    std::memcpy(&arguments.arena, pointers[0], sizeof arguments.arena);
    const char *rest = static_cast<const char *>(pointers[1]);
    arguments.rest.assign(rest, rest + kernel.args_bytes);
    return SUCCESS;
}

// A buffer with all arguments: pairs of a key (CU_LAUNCH_PARAM_BUFFER_POINTER, _SIZE) and a value, and 0.
int read_buffer(const Kernel &kernel, void **pairs, Arguments &arguments) {
    const char *buffer = nullptr;
    size_t bytes = 0;
    for (; *pairs; pairs += 2) {
        if (reinterpret_cast<uintptr_t>(pairs[0]) == 1) buffer = static_cast<const char *>(pairs[1]);
        if (reinterpret_cast<uintptr_t>(pairs[0]) == 2) bytes = *static_cast<const size_t *>(pairs[1]);
    }
    if (!buffer || bytes != sizeof arguments.arena + kernel.args_bytes) {
        const std::string begin = "kernel " + kernel.name + " is launched with " + std::to_string(bytes);
        return wrong(INVALID_VALUE, begin + " bytes of arguments, it has " + std::to_string(8 + kernel.args_bytes));
    }
    std::memcpy(&arguments.arena, buffer, sizeof arguments.arena);
    arguments.rest.assign(buffer + sizeof arguments.arena, buffer + bytes);
    return SUCCESS;
}

// As the card runs it, when its turn has come.
int run(const Kernel &kernel, Grid grid, const Arguments &arguments) {
    const Failure &lost = settings().lost;
    if (lost.code != 0 && counted("runs") >= lost.number) return lost.code;
    if (!is_there(arguments.arena)) return wrong(ILLEGAL_ADDRESS, "kernel " + kernel.name + " works on no allocation");
    count("runs");
    count("runs/" + kernel.name);
    float *arena = reinterpret_cast<float *>(static_cast<uintptr_t>(arguments.arena));
    if (!run_kernel(kernel, grid, arena, arguments.rest.data(), settings().order)) return LAUNCH_FAILED;
    return fences_are_whole("kernel " + kernel.name) ? SUCCESS : ILLEGAL_ADDRESS;
}

int launch(const Kernel &kernel, const Launch &launch, Handle stream, const Arguments &arguments) {
    if (is_due(settings().launch, "launch")) return settings().launch.code;
    const std::string kind = is_captured(stream) ? "captured" : "launches";
    const Work work = [&kernel, grid = launch.grid, arguments] { return run(kernel, grid, arguments); };
    const int error = submit(stream, work, kernel.name);
    if (error != SUCCESS) return error;
    count(kind);
    count(kind + "/" + kernel.name);
    return SUCCESS;
}

const Kernel *kernel_of(Handle function) {
    const auto found = state().functions.find(static_cast<Function *>(function));
    return found == state().functions.end() ? nullptr : (*found)->kernel;
}

}  // namespace
}  // namespace stand_in

using namespace stand_in;

API CUresult cuModuleLoadData(Handle *module, const void *image) {
    return call(__func__, Needs::CONTEXT, [&] { return load(module, image); });
}

API CUresult cuModuleLoadDataEx(Handle *module, const void *image, unsigned, int *, void **) {
    return call(__func__, Needs::CONTEXT, [&] { return load(module, image); });
}

API CUresult cuModuleUnload(Handle handle) {
    return call(__func__, Needs::CONTEXT, [&] {
        const auto found = state().modules.find(static_cast<Module *>(handle));
        if (found == state().modules.end()) return INVALID_HANDLE;
        for (const auto &[name, function] : found->second->functions) state().functions.erase(function.get());
        state().modules.erase(found);
        return SUCCESS;
    });
}

API CUresult cuModuleGetFunction(Handle *function, Handle handle, const char *name) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        const auto module = state().modules.find(static_cast<Module *>(handle));
        if (module == state().modules.end()) return INVALID_HANDLE;
        Function *found = nullptr;
        const int error = find_function(&found, *module->second, name);
        *function = found;
        return error;
    });
}

// What a kernel uses is not known here: 0 registers, 0 bytes. 0 is CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK.
API CUresult cuFuncGetAttribute(int *value, int attribute, Handle function) {
    return call(__func__, Needs::CONTEXT, [&] {
        const Kernel *kernel = kernel_of(function);
        if (!kernel) return INVALID_HANDLE;
        *value = attribute == 0 ? kernel->threads : 0;
        return SUCCESS;
    });
}

API CUresult cuFuncSetAttribute(Handle function, int, int) {
    return call(__func__, Needs::CONTEXT, [&] { return kernel_of(function) ? SUCCESS : INVALID_HANDLE; });
}

API CUresult cuFuncSetCacheConfig(Handle function, int) {
    return call(__func__, Needs::CONTEXT, [&] { return kernel_of(function) ? SUCCESS : INVALID_HANDLE; });
}

API CUresult cuFuncGetParamInfo(Handle function, size_t index, size_t *offset, size_t *bytes) {
    return call(__func__, Needs::CONTEXT, [&] {
        const Kernel *kernel = kernel_of(function);
        if (!kernel || index > 1) return kernel ? INVALID_VALUE : INVALID_HANDLE;
        *offset = index == 0 ? 0 : sizeof(CUdeviceptr);
        if (bytes) *bytes = index == 0 ? sizeof(CUdeviceptr) : kernel->args_bytes;
        return SUCCESS;
    });
}

API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, Handle function, int threads, size_t) {
    return call(__func__, Needs::CONTEXT, [&] {
        if (!kernel_of(function) || threads < 1) return kernel_of(function) ? INVALID_VALUE : INVALID_HANDLE;
        *blocks = 1024 / threads;
        return SUCCESS;
    });
}

API CUresult cuLaunchKernel(Handle function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                            unsigned block_y, unsigned block_z, unsigned shared_bytes, Handle stream, void **pointers,
                            void **pairs) {
    return call(__func__, Needs::CONTEXT, [&]() -> int {
        const Kernel *kernel = kernel_of(function);
        if (!kernel) return INVALID_HANDLE;
        const Launch asked = {{grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, shared_bytes};
        int error = check(*kernel, asked);
        if (error != SUCCESS) return error;
        if (!pointers == !pairs) return INVALID_VALUE;
        Arguments arguments;
        error = pointers ? read_pointers(*kernel, pointers, arguments) : read_buffer(*kernel, pairs, arguments);
        return error != SUCCESS ? error : launch(*kernel, asked, stream, arguments);
    });
}
