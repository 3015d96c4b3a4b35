// A separable filter by sparse matrices, which changes the size of a picture.
#pragma once
#include "lanes.h"

DEVICE Four four_of_view(GLOBAL const float *arena, Place place, int has_norm, int channel, float plain) {
    return has_norm ? load_four(arena + place + channel) : all_lanes<4>(plain);
}

KERNEL(resample, ResampleArgs, THREADS) {
    const ulong64 index = (ulong64)BLOCK_X * THREADS + THREAD;
    const int pixels = ARGS.height * ARGS.width, pixel = (int)(index / 2), lane = (int)(index % 2) * 4, block = BLOCK_Y;
    if (pixel >= pixels) return;
    const int y = pixel / ARGS.width, x = pixel % ARGS.width, channel = block * LANES + lane;
    const Four factor = four_of_view(arena, ARGS.view.factor, ARGS.view.has_norm, channel, 1.0f);
    const Four offset = four_of_view(arena, ARGS.view.offset, ARGS.view.has_norm, channel, 0.0f);
    GLOBAL const uint *row_of = counter_at(arena, ARGS.rows.entries);
    GLOBAL const uint *column_of = counter_at(arena, ARGS.columns.entries);
    GLOBAL const uint *row_offsets = counter_at(arena, ARGS.rows.offsets) + y;
    GLOBAL const uint *column_offsets = counter_at(arena, ARGS.columns.offsets) + x;
    const uint row_start = row_offsets[0], row_end = row_offsets[1], column_end = column_offsets[1];
    GLOBAL const float *input = arena + ARGS.input + lanes_of(block, ARGS.in_height * ARGS.in_width, 0) + lane;
    Four sum = all_lanes<4>(0.0f);
    for (uint column = column_offsets[0]; column < column_end; column++) {
        const int from = (int)column_of[2 * column];
        Four mixed = all_lanes<4>(0.0f);
        for (uint row = row_start; row < row_end; row++) {
            const Four in = load_four(input + lanes_at((int)row_of[2 * row] * ARGS.in_width + from));
            const float weight = float_of(row_of[2 * row + 1]);
            UNROLL for (int i = 0; i < 4; i++) {
                mixed.lane[i] += seen(in.lane[i], factor.lane[i], offset.lane[i], ARGS.view.is_leaky) * weight;
            }
        }
        const float weight = float_of(column_of[2 * column + 1]);
        UNROLL for (int i = 0; i < 4; i++) sum.lane[i] += mixed.lane[i] * weight;
    }
    leave_four(arena + ARGS.output + lanes_of(block, pixels, pixel) + lane, sum, ARGS.store);
}
