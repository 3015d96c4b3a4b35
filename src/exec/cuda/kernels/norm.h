// Batch norm and leaky ReLU: what a norm measures, and the way back of both.
#pragma once
#include "lanes.h"
#include "tree.h"

CONSTANT float NORM_EPSILON = 1e-5f;
// A thread does 4 lanes of a pixel, so that neighbours read what lies next to each other.
CONSTANT int NORM_STEP = THREADS / 2;
// The pixels that a thread reads before it writes any, so that it does not wait for each.
CONSTANT int NORM_AT_ONCE = 4;
// The threads of the last block that share a lane, each of which merges every NORM_GROUPS-th slab.
CONSTANT int NORM_GROUPS = THREADS / LANES;

// The end of a slab.
DEVICE int slab_end(int slab, int pixels) {
    const int end = (slab + 1) * SLAB_PIXELS;
    return end < pixels ? end : pixels;
}

// Leaves two sums of each of a thread's four lanes where the last block finds them; threads 0 and 1 have all.
DEVICE void leave_slab(GLOBAL float *partial, int thread, Four first, Four second) {
    if (thread < 2) {
        UNROLL for (int i = 0; i < 4; i++) {
            partial[(thread * 4 + i) * 2] = first.lane[i];
            partial[(thread * 4 + i) * 2 + 1] = second.lane[i];
        }
    }
}

// Merges the slabs of a lane by the formula of Chan, Golub and LeVeque, for all at once: the mean of all, and the
// squared distances within slabs and of their means. Gives mean (from the pivot) and variance.
DEVICE Several<2> merge_slabs(GLOBAL const float *partial, int slabs, int pixels, LOCAL float *sums, int thread) {
    const int lane = thread % LANES;
    float sum = 0.0f;
    for (int slab = thread / LANES; slab < slabs; slab += NORM_GROUPS) {
        const float count = (float)(slab_end(slab, pixels) - slab * SLAB_PIXELS);
        sum += count * partial[(slab * LANES + lane) * 2];
    }
    const float mean = tree_sum_of_one(sums, thread, sum, LANES) / (float)pixels;
    float squares = 0.0f;
    for (int slab = thread / LANES; slab < slabs; slab += NORM_GROUPS) {
        const float count = (float)(slab_end(slab, pixels) - slab * SLAB_PIXELS);
        const float distance = partial[(slab * LANES + lane) * 2] - mean;
        squares += partial[(slab * LANES + lane) * 2 + 1] + count * distance * distance;
    }
    Several<2> merged;
    merged.lane[0] = mean;
    merged.lane[1] = tree_sum_of_one(sums, thread, squares, LANES) / (float)pixels;
    return merged;
}

KERNEL(norm_measure, NormArgs, THREADS) {
    SHARED(float, sums, THREADS * 4);
    SHARED(int, flag, 1);
    const int thread = THREAD, slab = BLOCK_X, block = BLOCK_Y, pixels = ARGS.pixels, slabs = ARGS.slabs;
    GLOBAL const float *samples = arena + ARGS.samples + lanes_of(block, pixels, 0);
    GLOBAL const float *four = samples + thread % 2 * 4;
    GLOBAL float *partial = arena + ARGS.partial + (ulong64)block * slabs * LANES * 2;
    const int first = slab * SLAB_PIXELS + thread / 2, end = slab_end(slab, pixels);
    // The first sample is taken off all others, so that a large mean costs no digits.
    const Four pivot = load_four(four);
    Four mean = all_lanes<4>(0.0f), squares = all_lanes<4>(0.0f);
    for (int pixel = first; pixel < end; pixel += NORM_STEP) {
        const Four x = load_four(four + lanes_at(pixel));
        UNROLL for (int i = 0; i < 4; i++) mean.lane[i] += x.lane[i] - pivot.lane[i];
    }
    mean = tree_sum<4>(sums, thread, mean, 2);
    const float count = (float)(end - slab * SLAB_PIXELS);
    UNROLL for (int i = 0; i < 4; i++) mean.lane[i] = mean.lane[i] / count;
    for (int pixel = first; pixel < end; pixel += NORM_STEP) {
        const Four x = load_four(four + lanes_at(pixel));
        UNROLL for (int i = 0; i < 4; i++) {
            const float distance = x.lane[i] - pivot.lane[i] - mean.lane[i];
            squares.lane[i] += distance * distance;
        }
    }
    squares = tree_sum<4>(sums, thread, squares, 2);
    leave_slab(partial + slab * LANES * 2, thread, mean, squares);
    if (!is_last_block(counter_at(arena, ARGS.counters + block), slabs, thread, flag)) return;
    const Several<2> merged = merge_slabs(partial, slabs, pixels, sums, thread);
    if (thread < LANES) {
        const int channel = block * LANES + thread, channels = ARGS.blocks * LANES;
        const int logical = table_at(arena, ARGS.lanes)[channel];
        const float scale = logical < 0 ? 0.0f : arena[ARGS.scale + logical];
        const float shift = logical < 0 ? 0.0f : arena[ARGS.shift + logical];
        const float of_all = samples[thread] + merged.lane[0];
        const float inverse = 1.0f / sqrt_(merged.lane[1] + NORM_EPSILON);
        GLOBAL float *statistics = arena + ARGS.statistics + channel;
        statistics[0] = of_all;
        statistics[channels] = inverse;
        statistics[2 * channels] = scale * inverse;
        statistics[3 * channels] = shift - of_all * (scale * inverse);
    }
}

// Goes back over a slab's leaky ReLU, and gives the sums of a thread: g of each of its lanes, then g n.
DEVICE Eight back_over_slab(GLOBAL const float *samples, GLOBAL float *gradient, GLOBAL const float *statistics,
                            int channels, int first, int end, int is_leaky) {
    const Four mean = load_four(statistics), inverse = load_four(statistics + channels);
    const Four factor = load_four(statistics + 2 * channels), offset = load_four(statistics + 3 * channels);
    Eight sum = all_lanes<8>(0.0f);
    for (int start = first; start < end; start += NORM_AT_ONCE * NORM_STEP) {
        Four x[NORM_AT_ONCE], g[NORM_AT_ONCE];
        UNROLL for (int k = 0; k < NORM_AT_ONCE; k++) {
            const ulong64 at = lanes_at(start + k * NORM_STEP);
            x[k] = g[k] = all_lanes<4>(0.0f);
            if (start + k * NORM_STEP < end) {
                x[k] = load_four(samples + at);
                g[k] = load_four(gradient + at);
            }
        }
        UNROLL for (int k = 0; k < NORM_AT_ONCE; k++) {
            UNROLL for (int i = 0; i < 4; i++) {
                const bool is_below = x[k].lane[i] * factor.lane[i] + offset.lane[i] <= 0.0f;
                const float passed = is_leaky && is_below ? g[k].lane[i] * LEAKY_SLOPE : g[k].lane[i];
                g[k].lane[i] = passed;
                sum.lane[i] += passed;
                sum.lane[i + 4] += passed * ((x[k].lane[i] - mean.lane[i]) * inverse.lane[i]);
            }
            if (is_leaky && start + k * NORM_STEP < end) store_four(gradient + lanes_at(start + k * NORM_STEP), g[k]);
        }
    }
    return sum;
}

KERNEL(norm_back, NormBackArgs, THREADS) {
    SHARED(float, sums, THREADS * 8);
    SHARED(int, flag, 1);
    const int thread = THREAD, slab = BLOCK_X, block = BLOCK_Y, pixels = ARGS.pixels, slabs = ARGS.slabs;
    const int channels = ARGS.blocks * LANES;
    const ulong64 start = lanes_of(block, pixels, 0) + thread % 2 * 4;
    GLOBAL float *partial = arena + ARGS.partial + (ulong64)block * slabs * LANES * 2;
    Eight sum = back_over_slab(arena + ARGS.samples + start, arena + ARGS.gradient + start,
                               arena + ARGS.statistics + block * LANES + thread % 2 * 4, channels,
                               slab * SLAB_PIXELS + thread / 2, slab_end(slab, pixels), ARGS.is_leaky);
    sum = tree_sum<8>(sums, thread, sum, 2);
    Four of_g, of_gn;
    UNROLL for (int i = 0; i < 4; i++) {
        of_g.lane[i] = sum.lane[i];
        of_gn.lane[i] = sum.lane[i + 4];
    }
    leave_slab(partial + slab * LANES * 2, thread, of_g, of_gn);
    if (!is_last_block(counter_at(arena, ARGS.counters + block), slabs, thread, flag)) return;
    Several<2> total = all_lanes<2>(0.0f);
    for (int i = thread / LANES; i < slabs; i += NORM_GROUPS) {
        total.lane[0] += partial[(i * LANES + thread % LANES) * 2];
        total.lane[1] += partial[(i * LANES + thread % LANES) * 2 + 1];
    }
    total = tree_sum<2>(sums, thread, total, LANES);
    if (thread < LANES) {
        const int channel = block * LANES + thread;
        const int logical = table_at(arena, ARGS.lanes)[channel];
        if (logical >= 0) {
            arena[ARGS.by_shift + logical] = total.lane[0];
            arena[ARGS.by_scale + logical] = total.lane[1];
        }
        GLOBAL const float *statistics = arena + ARGS.statistics + channel;
        GLOBAL float *coefficients = arena + ARGS.coefficients + channel;
        const float mean = statistics[0], inverse = statistics[channels], factor = statistics[2 * channels];
        const float slope = -factor * inverse * total.lane[1] / (float)pixels;
        coefficients[0] = factor;
        coefficients[channels] = slope;
        coefficients[2 * channels] = -factor * total.lane[0] / (float)pixels - slope * mean;
    }
}

KERNEL(norm_spread, NormSpreadArgs, THREADS) {
    const int pixel = BLOCK_X * THREADS + THREAD, block = BLOCK_Y, channels = ARGS.blocks * LANES;
    if (pixel >= ARGS.pixels) return;
    const ulong64 at = lanes_of(block, ARGS.pixels, pixel);
    GLOBAL const float *coefficients = arena + ARGS.coefficients + block * LANES;
    const Eight factor = load_eight(coefficients), slope = load_eight(coefficients + channels);
    const Eight rest = load_eight(coefficients + 2 * channels), x = load_eight(arena + ARGS.samples + at);
    Eight g = load_eight(arena + ARGS.gradient + at);
    UNROLL for (int i = 0; i < LANES; i++) {
        g.lane[i] = g.lane[i] * factor.lane[i] + (x.lane[i] * slope.lane[i] + rest.lane[i]);
    }
    store_eight(arena + ARGS.gradient + at, g);
}

KERNEL(leaky_back, LeakyArgs, THREADS) {
    const ulong64 at = (ulong64)BLOCK_X * THREADS + THREAD;
    if (at >= ARGS.length) return;
    if (!(arena[ARGS.samples + at] > 0.0f)) arena[ARGS.gradient + at] = arena[ARGS.gradient + at] * LEAKY_SLOPE;
}
