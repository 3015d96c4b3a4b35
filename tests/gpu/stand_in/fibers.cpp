// Runs kernels on the CPU: the blocks of a grid one after the other, the threads of a block as fibers, each with a
// stack of its own, that switch at barriers and nowhere else.
//
// A block goes through phases, from barrier to barrier, and in each all its threads have their turn in the same order.
// In the first phase a fiber that is done with a thread begins the next one, so a kernel without barriers needs one
// fiber and no switch. At a barrier the thread's fiber waits, and another one goes on with the next thread.
//
// A race, where threads rely on an order that nothing but a barrier gives, shows when the order is turned around
// (struct Order): the results differ. Shared memory holds NaN when a kernel begins.
#include "fibers.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include <sys/mman.h>

// As kernels.cpp has it: both must see `where_` in the same place.
#include <cmath>
#include <cstdint>
#define thread_local __attribute__((section("shared_memory")))
#include "host.h"
#undef thread_local

__attribute__((section("shared_memory"))) Where where_;
// The linker's names for both ends of that section.
extern "C" __attribute__((visibility("hidden"))) char __start_shared_memory[], __stop_shared_memory[];

// Keeps on the stack what a function of x86-64 has to keep, writes where that is to *left, and goes on with what was
// kept at `entered`. setjmp and longjmp would do the same, with more work.
extern "C" __attribute__((visibility("hidden"))) void switch_stack(char **left, char *entered);
asm(".text\n"
    "switch_stack:\n"
    "    pushq %rbp\n    pushq %rbx\n    pushq %r12\n    pushq %r13\n    pushq %r14\n    pushq %r15\n"
    "    movq %rsp, (%rdi)\n"
    "    movq %rsi, %rsp\n"
    "    popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbx\n    popq %rbp\n"
    "    ret\n");

namespace stand_in {
namespace {

// Far more than a kernel keeps in its frame; pages that nobody touches cost nothing.
constexpr size_t STACK_BYTES = 256 << 10;
constexpr size_t PAGE_BYTES = 4096, CACHE_LINE_BYTES = 64;
// What switch_stack keeps.
constexpr int KEPT_REGISTERS = 6;
// Of a block, on any card.
constexpr int MOST_THREADS = 1024;
// So many turns before a thread goes on, its stack is fetched into the cache.
constexpr int TURNS_AHEAD = 2;

struct Fiber {
    char *stack;
    // Where it goes on when it is idle.
    char *at;
};

// The block that runs now.
struct Block {
    const Kernel *kernel;
    float *arena;
    const void *args;
    int threads;
    // The thread of turn 0, and what is added from turn to turn.
    int first, step;
    bool is_first_phase;
    // Turns that have begun in this phase.
    int turn;
    // Threads that wait at the barrier that ends this phase, and those that have returned, in this phase or before.
    int waiting, returned;
    bool is_broken;
};

std::vector<Fiber> fibers;
std::vector<int> idle;
// The fiber that begins.
int current;
Block block;
// Where the thread of each turn goes on that waits at a barrier.
char *waiting_at[MOST_THREADS];
// Where run_block waits for the end of its block.
char *home;

std::map<std::string, Kernel> &kernels() {
    static auto *const all = new std::map<std::string, Kernel>;
    return *all;
}

int thread_of(int turn) { return block.first + turn * block.step; }

// Below a stack lies a page that cannot be touched.
char *new_stack() {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *memory = mmap(nullptr, STACK_BYTES + PAGE_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, PAGE_BYTES, PROT_NONE) != 0) {
        std::fprintf(stderr, "stand-in: there is no memory for the stacks of threads\n");
        std::abort();
    }
    return static_cast<char *>(memory) + PAGE_BYTES;
}

void body();

// Makes a fiber begin at the top of its stack.
void set_start(Fiber &fiber) {
    // Not at the same place in their pages, or all stacks would want the same few lines of the cache.
    const size_t shift = (&fiber - fibers.data()) * 5 % 64 * CACHE_LINE_BYTES;
    void **top = reinterpret_cast<void **>(fiber.stack + STACK_BYTES - shift);
    // No one returns from `body`; a function's stack pointer is a multiple of 16 before it is called.
    *--top = nullptr;
    *--top = reinterpret_cast<void *>(body);
    for (int i = 0; i < KEPT_REGISTERS; i++) *--top = nullptr;
    fiber.at = reinterpret_cast<char *>(top);
}

// All fibers, at least `count`, begin anew: after a broken block some wait for ever.
void start_over(int count) {
    while (static_cast<int>(fibers.size()) < count) fibers.push_back({new_stack(), nullptr});
    idle.clear();
    for (size_t i = 0; i < fibers.size(); i++) {
        set_start(fibers[i]);
        idle.push_back(static_cast<int>(i));
    }
}

// `left` keeps where the caller goes on.
void enter_idle(char **left) {
    current = idle.back();
    idle.pop_back();
    switch_stack(left, fibers[current].at);
}

void resume_next(char **left) {
    const int turn = block.turn++;
    where_.thread = thread_of(turn);
    const char *soon = waiting_at[turn + TURNS_AHEAD < block.threads ? turn + TURNS_AHEAD : 0];
    __builtin_prefetch(soon);
    __builtin_prefetch(soon + CACHE_LINE_BYTES);
    __builtin_prefetch(soon + 2 * CACHE_LINE_BYTES);
    // A block may have one thread only.
    if (left != &waiting_at[turn]) switch_stack(left, waiting_at[turn]);
}

// All threads have had their turn: on to the next phase, or home.
void end_phase(char **left) {
    if (block.waiting == block.threads) {
        block.is_first_phase = false;
        block.turn = block.waiting = 0;
        return resume_next(left);
    }
    block.is_broken = block.returned != block.threads;
    if (block.is_broken) {
        std::fprintf(stderr,
                     "stand-in: kernel %s, block %d %d %d: %d threads, %d at a barrier, %d returned without it\n",
                     block.kernel->name.c_str(), where_.x, where_.y, where_.z, block.threads, block.waiting,
                     block.returned);
    }
    switch_stack(left, home);
}

// To the next thread that has begun, if there is one.
void hand_over(char **left) {
    if (block.turn < block.threads) return resume_next(left);
    end_phase(left);
}

void run_threads() {
    do {
        where_.thread = thread_of(block.turn++);
        block.kernel->run(block.arena, block.args);
        block.returned++;
    } while (block.is_first_phase && block.turn < block.threads);
}

// What a fiber does for ever: it runs threads, and rests until it is entered again.
void body() {
    const int self = current;
    for (;;) {
        run_threads();
        idle.push_back(self);
        hand_over(&fibers[self].at);
    }
}

bool run_block() {
    block.is_first_phase = true;
    block.turn = block.waiting = block.returned = 0;
    enter_idle(&home);
    return !block.is_broken;
}

}  // namespace

const Kernel *find_kernel(const std::string &name) {
    const auto found = kernels().find(name);
    return found == kernels().end() ? nullptr : &found->second;
}

bool run_kernel(const Kernel &kernel, Grid grid, float *arena, const void *args, Order order) {
    if (static_cast<int>(fibers.size()) < kernel.threads) start_over(kernel.threads);
    std::memset(__start_shared_memory, 0xff, __stop_shared_memory - __start_shared_memory);
    block.kernel = &kernel;
    block.arena = arena;
    block.args = args;
    block.threads = kernel.threads;
    block.first = order.threads_backward ? kernel.threads - 1 : 0;
    block.step = order.threads_backward ? -1 : 1;
    const size_t plane = static_cast<size_t>(grid.x) * grid.y, blocks = plane * grid.z;
    for (size_t i = 0; i < blocks; i++) {
        const size_t at = order.blocks_backward ? blocks - 1 - i : i;
        const size_t x = at % grid.x, y = at % plane / grid.x, z = at / plane;
        where_ = {0, static_cast<int>(x), static_cast<int>(y), static_cast<int>(z), static_cast<int>(grid.x)};
        if (!run_block()) {
            start_over(kernel.threads);
            return false;
        }
    }
    return true;
}

}  // namespace stand_in

void register_(const char *name, void (*run)(float *, const void *), int threads, size_t args_size) {
    stand_in::kernels()[name] = {name, run, threads, args_size};
}

void barrier_() {
    using namespace stand_in;
    char **const left = &waiting_at[block.turn - 1];
    block.waiting++;
    if (block.turn == block.threads) return end_phase(left);
    if (block.is_first_phase) return enter_idle(left);
    resume_next(left);
}
