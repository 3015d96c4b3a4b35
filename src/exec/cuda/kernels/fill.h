// Holes of a picture filled by push and pull: what is known is averaged to ever coarser grids, and interpolated back
// from there.
#pragma once
#include "lanes.h"
#include "tree.h"

// The least total weight that is divided by.
CONSTANT float FILL_LEAST = 1e-6f;

// The weighted mean from a weighted sum.
DEVICE float fill_ratio(float sum, float total) { return sum / (total > FILL_LEAST ? total : FILL_LEAST); }

KERNEL(fill_push, FillArgs, THREADS) {
    const int height = ARGS.height, width = ARGS.width;
    const int coarse_height = (height + 1) / 2, coarse_width = (width + 1) / 2;
    const int pixel = BLOCK_X * THREADS + THREAD, block = BLOCK_Y;
    if (pixel >= coarse_height * coarse_width) return;
    const int y = pixel / coarse_width * 2, x = pixel % coarse_width * 2;
    Eight sum = all_lanes<8>(0.0f), total = all_lanes<8>(0.0f);
    for (int row = y; row < y + 2 && row < height; row++) {
        for (int column = x; column < x + 2 && column < width; column++) {
            const ulong64 at = lanes_of(block, height * width, row * width + column);
            const Eight sample = load_eight(arena + ARGS.samples + at), weight = load_eight(arena + ARGS.weight + at);
            UNROLL for (int i = 0; i < LANES; i++) {
                sum.lane[i] += sample.lane[i] * weight.lane[i];
                total.lane[i] += weight.lane[i];
            }
        }
    }
    UNROLL for (int i = 0; i < LANES; i++) {
        const float known = total.lane[i] > 0.0f ? 1.0f : 0.0f;
        sum.lane[i] = fill_ratio(sum.lane[i], total.lane[i]) * known;
        total.lane[i] = known;
    }
    const ulong64 at = lanes_of(block, coarse_height * coarse_width, pixel);
    store_eight(arena + ARGS.means + at, sum);
    store_eight(arena + ARGS.shares + at, total);
}

// The second position of a coarse grid that position i of the finer one is interpolated from; the first is i / 2.
DEVICE int second_of(int i, int length) {
    if (i % 2 == 0) return i / 2 > 0 ? i / 2 - 1 : 0;
    return i / 2 + 1 < length ? i / 2 + 1 : length - 1;
}

KERNEL(fill_pull, FillArgs, THREADS) {
    const int height = ARGS.height, width = ARGS.width;
    const int coarse_height = (height + 1) / 2, coarse_width = (width + 1) / 2;
    const int pixel = BLOCK_X * THREADS + THREAD, block = BLOCK_Y;
    if (pixel >= height * width) return;
    const int y = pixel / width, x = pixel % width;
    const int other_row = second_of(y, coarse_height), other_column = second_of(x, coarse_width);
    GLOBAL const float *coarse = arena + ARGS.means + lanes_of(block, coarse_height * coarse_width, 0);
    Eight pulled = all_lanes<8>(0.0f);
    UNROLL for (int corner = 0; corner < 4; corner++) {
        const int row = corner < 2 ? y / 2 : other_row, column = corner % 2 == 0 ? x / 2 : other_column;
        const float weight = (corner < 2 ? 0.75f : 0.25f) * (corner % 2 == 0 ? 0.75f : 0.25f);
        const Eight from = load_eight(coarse + lanes_at(row * coarse_width + column));
        UNROLL for (int i = 0; i < LANES; i++) pulled.lane[i] += weight * from.lane[i];
    }
    const ulong64 at = lanes_of(block, height * width, pixel);
    const Eight weight = load_eight(arena + ARGS.weight + at);
    Eight sample = load_eight(arena + ARGS.samples + at);
    UNROLL for (int i = 0; i < LANES; i++) {
        sample.lane[i] = sample.lane[i] * weight.lane[i] + pulled.lane[i] * (1.0f - weight.lane[i]);
    }
    store_eight(arena + ARGS.samples + at, sample);
}

KERNEL(fill_mean, FillArgs, THREADS) {
    SHARED(float, sums, THREADS * 2);
    const int thread = THREAD, pixels = ARGS.height * ARGS.width;
    const ulong64 start = lanes_of(BLOCK_Y, pixels, 0), length = lanes_at(pixels);
    GLOBAL float *samples = arena + ARGS.samples + start;
    GLOBAL const float *weight = arena + ARGS.weight + start;
    // A thread does always the same lane.
    Several<2> sum = all_lanes<2>(0.0f);
    for (ulong64 at = (ulong64)thread; at < length; at += THREADS) {
        sum.lane[0] += samples[at] * weight[at];
        sum.lane[1] += weight[at];
    }
    sum = tree_sum<2>(sums, thread, sum, LANES);
    const float mean = fill_ratio(sum.lane[0], sum.lane[1]);
    for (ulong64 at = (ulong64)thread; at < length; at += THREADS) {
        samples[at] = samples[at] * weight[at] + mean * (1.0f - weight[at]);
    }
}
