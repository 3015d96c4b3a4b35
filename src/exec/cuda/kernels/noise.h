// Noise, drawn afresh at each iteration, added to a picture.
#pragma once
#include "lanes.h"
#include "philox.h"

KERNEL(noise, NoiseArgs, THREADS) {
    const int pixel = BLOCK_X * THREADS + THREAD, block = BLOCK_Y, pixels = ARGS.pixels;
    if (pixel >= pixels) return;
    const Draws draws = draws_of(ARGS.seed, ARGS.key, counter_at(arena, ARGS.control.control)[0]);
    const ulong64 at = lanes_of(block, pixels, pixel);
    const Eight level = ARGS.has_level ? load_eight(arena + ARGS.level + at) : all_lanes<8>(0.0f);
    Eight x = ARGS.is_planes ? all_lanes<8>(0.0f) : load_eight(arena + ARGS.input + at);
    UNROLL for (int i = 0; i < LANES; i++) {
        const int channel = table_at(arena, ARGS.lanes)[block * LANES + i];
        if (channel >= 0) {
            const ulong64 index = (ulong64)channel * pixels + pixel;
            const float deviation = ARGS.has_level ? ARGS.deviation * level.lane[i] : ARGS.deviation;
            const float before = ARGS.is_planes ? arena[ARGS.input + index] : x.lane[i];
            x.lane[i] = before + deviation * draw_normal(draws, index);
        }
    }
    store_eight(arena + ARGS.output + at, x);
}
