// The total variation: the sum of sqrt(dh^2 + dw^2 + epsilon) over the pixels that have a right and a lower neighbour.
#pragma once
#include "lanes.h"
#include "tree.h"

CONSTANT float VARIATION_EPSILON = 1e-8f;

// The length of the gradient at a sample, from its right and its lower neighbour.
DEVICE float slope_length(float x, float right, float below) {
    const float dw = right - x, dh = below - x;
    return sqrt_(dw * dw + dh * dh + VARIATION_EPSILON);
}

KERNEL(variation, VariationArgs, THREADS) {
    SHARED(float, sums, THREADS);
    SHARED(int, flag, 1);
    const int thread = THREAD, y = BLOCK_X, block = BLOCK_Y, height = ARGS.height, row = ARGS.width * LANES;
    GLOBAL const float *samples = arena + ARGS.input + lanes_of(block, height * ARGS.width, y * ARGS.width);
    float sum = 0.0f;
    // A thread does always the same lane.
    if (y + 1 < height && table_at(arena, ARGS.lanes)[block * LANES + thread % LANES] >= 0) {
        for (int at = thread; at < row - LANES; at += THREADS) {
            sum += slope_length(samples[at], samples[at + LANES], samples[at + row]);
        }
    }
    sum = tree_sum_of_one(sums, thread, sum, 1);
    if (thread == 0) arena[ARGS.partial + (ulong64)block * height + y] = sum;
    if (!is_last_block(counter_at(arena, ARGS.counter), ARGS.blocks * height, thread, flag)) return;
    const float total = sum_of_blocks(arena + ARGS.partial, ARGS.blocks * height, sums, thread);
    if (thread == 0) set_scalar(arena + ARGS.output, total);
}

KERNEL(variation_back, VariationBackArgs, THREADS) {
    const int pixel = BLOCK_X * THREADS + THREAD, block = BLOCK_Y, height = ARGS.height, width = ARGS.width;
    if (pixel >= height * width) return;
    const int y = pixel / width, x = pixel % width, row = width * LANES;
    const bool has_left = x > 0, has_right = x + 1 < width, has_above = y > 0, has_below = y + 1 < height;
    const ulong64 at = lanes_of(block, height * width, pixel);
    GLOBAL const float *samples = arena + ARGS.input + at;
    const float weight = arena[ARGS.by_term];
    const Eight here = load_eight(samples);
    Eight right = here, below = here;
    if (has_right) right = load_eight(samples + LANES);
    if (has_below) below = load_eight(samples + row);
    Eight sum = all_lanes<8>(0.0f);
    if (has_right && has_below) {
        UNROLL for (int i = 0; i < LANES; i++) {
            const float both = right.lane[i] + below.lane[i] - 2.0f * here.lane[i];
            sum.lane[i] -= both / slope_length(here.lane[i], right.lane[i], below.lane[i]);
        }
    }
    if (has_left && has_below) {
        const Eight left = load_eight(samples - LANES), left_below = load_eight(samples + row - LANES);
        UNROLL for (int i = 0; i < LANES; i++) {
            const float step = here.lane[i] - left.lane[i];
            sum.lane[i] += step / slope_length(left.lane[i], here.lane[i], left_below.lane[i]);
        }
    }
    if (has_above && has_right) {
        const Eight above = load_eight(samples - row), above_right = load_eight(samples - row + LANES);
        UNROLL for (int i = 0; i < LANES; i++) {
            const float step = here.lane[i] - above.lane[i];
            sum.lane[i] += step / slope_length(above.lane[i], above_right.lane[i], here.lane[i]);
        }
    }
    UNROLL for (int i = 0; i < LANES; i++) sum.lane[i] = weight * sum.lane[i];
    leave_eight(arena + ARGS.gradient + at, sum, ARGS.store);
}
