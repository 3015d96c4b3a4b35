// The data term, sum(w (f - y)^2) / samples, and its way back.
#pragma once
#include "lanes.h"
#include "tree.h"

KERNEL(data_term, DataTermArgs, THREADS) {
    SHARED(float, sums, THREADS);
    SHARED(int, flag, 1);
    const int thread = THREAD, parts = ARGS.parts;
    float sum = 0.0f;
    for (ulong64 at = (ulong64)BLOCK_X * THREADS + thread; at < ARGS.length; at += (ulong64)parts * THREADS) {
        const float distance = arena[ARGS.predicted + at] - arena[ARGS.degraded + at];
        sum += arena[ARGS.weight + at] * distance * distance;
    }
    sum = tree_sum_of_one(sums, thread, sum, 1);
    if (thread == 0) arena[ARGS.partial + BLOCK_X] = sum;
    if (!is_last_block(counter_at(arena, ARGS.counter), parts, thread, flag)) return;
    const float total = sum_of_blocks(arena + ARGS.partial, parts, sums, thread);
    if (thread == 0) set_scalar(arena + ARGS.output, total / ARGS.samples);
}

KERNEL(data_term_back, DataTermBackArgs, THREADS) {
    const ulong64 at = (ulong64)BLOCK_X * THREADS + THREAD;
    if (at >= ARGS.length) return;
    const float factor = 2.0f * arena[ARGS.by_term] / ARGS.samples;
    const float distance = arena[ARGS.predicted + at] - arena[ARGS.degraded + at];
    leave(arena + ARGS.gradient + at, factor * arena[ARGS.weight + at] * distance, ARGS.store);
}
