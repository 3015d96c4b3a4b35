// What an iteration's restored picture leaves behind: the latest picture, and the averages.
#pragma once
#include "lanes.h"
#include "tree.h"

// Moves an average: `weight` of it stays. A weight of 0 also forgets what is not finite, which 0 times it would not.
DEVICE float moved_average(float average, float x, float weight) {
    return weight == 0.0f ? x : average * weight + x * (1.0f - weight);
}

// A sample of a blocked picture by its logical channel; `places` is the table of physical ones.
DEVICE float logical_sample(GLOBAL float *arena, Place picture, Place places, int channel, int pixels, int pixel) {
    return arena[picture + sample_of(table_at(arena, places)[channel], pixels, pixel)];
}

KERNEL(see, SeeArgs, THREADS) {
    SHARED(float, sums, THREADS);
    SHARED(int, flag, 1);
    const int thread = THREAD, pixels = ARGS.pixels, parts = ARGS.parts;
    const ulong64 length = (ulong64)ARGS.channels * pixels;
    const uint row = counter_at(arena, ARGS.control.control)[1];
    GLOBAL const float *rates = arena + ARGS.control.rates + (ulong64)row * RATE_COLUMNS;
    const bool has_pictures = rates[RATE_HAS_PICTURES] != 0.0f;
    const float of_average = has_pictures ? rates[RATE_AVERAGE] : 0.0f;
    const float of_mean = has_pictures ? rates[RATE_MEAN] : 0.0f;
    float sum = 0.0f;
    for (ulong64 at = (ulong64)BLOCK_X * THREADS + thread; at < length; at += (ulong64)parts * THREADS) {
        const int channel = (int)(at / (ulong64)pixels), pixel = (int)(at % (ulong64)pixels);
        const float x = logical_sample(arena, ARGS.restored, ARGS.places, channel, pixels, pixel);
        const float mean = arena[ARGS.mean + at], average = arena[ARGS.average + at];
        if (has_pictures) sum += (x - mean) * (x - mean);
        arena[ARGS.mean + at] = moved_average(mean, x, of_mean);
        if (ARGS.has_counted) {
            const float now = logical_sample(arena, ARGS.counted_now, ARGS.counted_places, channel, pixels, pixel);
            const float counted = moved_average(arena[ARGS.counted + at], now, of_average);
            const float step = counted > 0.0f ? now * (1.0f - of_average) / counted : 1.0f;
            arena[ARGS.counted + at] = counted;
            arena[ARGS.average + at] = of_average == 0.0f ? x : average + (x - average) * step;
        } else {
            arena[ARGS.average + at] = moved_average(average, x, of_average);
        }
        arena[ARGS.latest + at] = x;
    }
    sum = tree_sum_of_one(sums, thread, sum, 1);
    if (thread == 0) arena[ARGS.partial + BLOCK_X] = sum;
    if (!is_last_block(counter_at(arena, ARGS.counter), parts, thread, flag)) return;
    const float total = sum_of_blocks(arena + ARGS.partial, parts, sums, thread);
    if (thread == 0) {
        arena[ARGS.control.scalars + (ulong64)row * SCALAR_COLUMNS + SCALAR_DEVIATION] = total / (float)length;
    }
}
