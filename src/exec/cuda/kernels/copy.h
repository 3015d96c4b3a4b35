// Copies of pictures: as readers see them, weighed, or with the channels in other lanes.
#pragma once
#include "lanes.h"

// Factors or offsets of a view's lanes; `plain` where there is no norm.
DEVICE Eight eight_of_view(GLOBAL const float *arena, Place place, int has_norm, int block, float plain) {
    return has_norm ? load_eight(arena + place + block * LANES) : all_lanes<8>(plain);
}

KERNEL(copy_seen, CopyArgs, THREADS) {
    const int pixel = BLOCK_X * THREADS + THREAD, block = BLOCK_Y;
    if (pixel >= ARGS.pixels) return;
    const ulong64 at = lanes_of(block, ARGS.pixels, pixel);
    const Eight factor = eight_of_view(arena, ARGS.view.factor, ARGS.view.has_norm, block, 1.0f);
    const Eight offset = eight_of_view(arena, ARGS.view.offset, ARGS.view.has_norm, block, 0.0f);
    Eight x = load_eight(arena + ARGS.input + at);
    UNROLL for (int i = 0; i < LANES; i++) {
        x.lane[i] = seen(x.lane[i], factor.lane[i], offset.lane[i], ARGS.view.is_leaky);
    }
    store_eight(arena + ARGS.output + at, x);
}

KERNEL(weigh, WeighArgs, THREADS) {
    const ulong64 at = (ulong64)BLOCK_X * THREADS + THREAD;
    if (at >= ARGS.length) return;
    leave(arena + ARGS.output + at, ARGS.weight * arena[ARGS.input + at], ARGS.store);
}

KERNEL(relane, RelaneArgs, THREADS) {
    const int pixel = BLOCK_X * THREADS + THREAD, block = BLOCK_Y;
    if (pixel >= ARGS.pixels) return;
    Eight x;
    UNROLL for (int i = 0; i < LANES; i++) {
        const int channel = table_at(arena, ARGS.sources)[block * LANES + i];
        x.lane[i] = channel < 0 ? 0.0f : arena[ARGS.input + sample_of(channel, ARGS.pixels, pixel)];
    }
    leave_eight(arena + ARGS.output + lanes_of(block, ARGS.pixels, pixel), x, ARGS.store);
}
