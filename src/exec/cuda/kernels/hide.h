// Hiding: a share of a weight's pixels is set to 0, single ones or copies of the weight's own holes; graph/hiding.rs.
#pragma once
#include "lanes.h"
#include "philox.h"

KERNEL(hide_pixels, HideArgs, THREADS) {
    const int pixel = BLOCK_X * THREADS + THREAD, block = BLOCK_Y, pixels = ARGS.height * ARGS.width;
    if (pixel >= pixels) return;
    const Draws draws = draws_of(ARGS.seed, ARGS.key, counter_at(arena, ARGS.control.control)[0]);
    const ulong64 at = lanes_of(block, pixels, pixel);
    const bool is_kept = unit(draw_bits(draws, (ulong64)pixel)) >= ARGS.share;
    store_eight(arena + ARGS.output + at, is_kept ? load_eight(arena + ARGS.weight + at) : all_lanes<8>(0.0f));
}

// A copy of a weight's holes: mirrored, moved, and what leaves at one side comes in at the other.
struct HoleCopy {
    int right, down, is_mirrored_x, is_mirrored_y;
};

// A place in 0..length by a number in 0..1.
DEVICE int drawn_place(float number, int length) {
    const int place = (int)(number * (float)length);
    return place < length ? place : length - 1;
}

DEVICE HoleCopy draw_copy(Draws draws, int index, int height, int width) {
    const Words words = philox(draws, (ulong64)index);
    HoleCopy copy;
    copy.right = drawn_place(unit(words.word[0]), width);
    copy.down = drawn_place(unit(words.word[1]), height);
    copy.is_mirrored_x = unit(words.word[2]) < 0.5f;
    copy.is_mirrored_y = unit(words.word[3]) < 0.5f;
    return copy;
}

// Moves a position by less than the length.
DEVICE int moved(int position, int by, int length) {
    return position < length - by ? position + by : position - (length - by);
}

// The first of so many copies that hides a pixel, or MOST_COPIES.
DEVICE int first_copy(GLOBAL const float *weight, LOCAL const HoleCopy *copies, int count, int height, int width,
                      int pixel) {
    const int y = pixel / width, x = pixel % width;
    for (int index = 0; index < count; index++) {
        const int row = moved(copies[index].is_mirrored_y ? height - 1 - y : y, copies[index].down, height);
        const int column = moved(copies[index].is_mirrored_x ? width - 1 - x : x, copies[index].right, width);
        if (weight[lanes_at(row * width + column)] == 0.0f) return index;
    }
    return MOST_COPIES;
}

// How many copies hide the share of what is known, by how many pixels each copy is the first to hide.
DEVICE int copies_in_use(LOCAL const int *histogram, float share) {
    int known = 0, hidden = 0;
    for (int index = 0; index < HISTOGRAM_UINTS; index++) known += histogram[index];
    for (int index = 0; index < MOST_COPIES; index++) {
        if ((float)hidden >= share * (float)known) return index;
        hidden += histogram[index];
    }
    return MOST_COPIES;
}

KERNEL(hide_count, HideArgs, THREADS) {
    SHARED(HoleCopy, copies, MOST_COPIES);
    SHARED(int, first, THREADS);
    SHARED(int, counts, HISTOGRAM_UINTS);
    SHARED(int, flag, 1);
    const int thread = THREAD, height = ARGS.height, width = ARGS.width;
    const int pixel = BLOCK_X * THREADS + thread, pixels = height * width;
    GLOBAL const float *weight = arena + ARGS.weight;
    GLOBAL uint *histogram = counter_at(arena, ARGS.histogram);
    const Draws draws = draws_of(ARGS.seed, ARGS.key, counter_at(arena, ARGS.control.control)[0]);
    if (thread < MOST_COPIES) copies[thread] = draw_copy(draws, thread, height, width);
    BARRIER();
    const bool is_known = pixel < pixels && weight[lanes_at(pixel < pixels ? pixel : 0)] != 0.0f;
    first[thread] = is_known ? first_copy(weight, copies, MOST_COPIES, height, width, pixel) : -1;
    BARRIER();
    // Counted within the block first, since atomic additions to few places wait for each other.
    if (thread < HISTOGRAM_UINTS) {
        uint count = 0;
        for (int i = 0; i < THREADS; i++) count += first[i] == thread ? 1u : 0u;
        if (count != 0) add_whole(histogram + thread, count);
    }
    if (!is_last_block(counter_at(arena, ARGS.counter), (pixels + THREADS - 1) / THREADS, thread, flag)) return;
    if (thread < HISTOGRAM_UINTS) {
        counts[thread] = (int)histogram[thread];
        histogram[thread] = 0;
    }
    BARRIER();
    if (thread == 0) counter_at(arena, ARGS.copies)[0] = (uint)copies_in_use(counts, ARGS.share);
}

KERNEL(hide_holes, HideArgs, THREADS) {
    SHARED(HoleCopy, copies, MOST_COPIES);
    const int thread = THREAD, block = BLOCK_Y, height = ARGS.height, width = ARGS.width;
    const int pixel = BLOCK_X * THREADS + thread, pixels = height * width;
    const Draws draws = draws_of(ARGS.seed, ARGS.key, counter_at(arena, ARGS.control.control)[0]);
    const int count = (int)counter_at(arena, ARGS.copies)[0];
    if (thread < count) copies[thread] = draw_copy(draws, thread, height, width);
    BARRIER();
    if (pixel >= pixels) return;
    const ulong64 at = lanes_of(block, pixels, pixel);
    const bool is_kept = first_copy(arena + ARGS.weight, copies, count, height, width, pixel) == MOST_COPIES;
    store_eight(arena + ARGS.output + at, is_kept ? load_eight(arena + ARGS.weight + at) : all_lanes<8>(0.0f));
}
