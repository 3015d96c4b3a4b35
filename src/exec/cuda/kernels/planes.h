// Copies between planes and blocked pictures.
#pragma once
#include "lanes.h"

KERNEL(block, PlanesArgs, THREADS) {
    const int pixel = BLOCK_X * THREADS + THREAD, index = BLOCK_Y;
    if (pixel >= ARGS.pixels) return;
    Eight x;
    UNROLL for (int i = 0; i < LANES; i++) {
        const int channel = table_at(arena, ARGS.lanes)[index * LANES + i];
        x.lane[i] = channel < 0 ? 0.0f : arena[ARGS.planes + (ulong64)channel * ARGS.pixels + pixel];
    }
    store_eight(arena + ARGS.blocked + lanes_of(index, ARGS.pixels, pixel), x);
}

KERNEL(unblock, PlanesArgs, THREADS) {
    const int pixel = BLOCK_X * THREADS + THREAD, index = BLOCK_Y;
    if (pixel >= ARGS.pixels) return;
    const Eight x = load_eight(arena + ARGS.blocked + lanes_of(index, ARGS.pixels, pixel));
    UNROLL for (int i = 0; i < LANES; i++) {
        const int channel = table_at(arena, ARGS.lanes)[index * LANES + i];
        if (channel >= 0) arena[ARGS.planes + (ulong64)channel * ARGS.pixels + pixel] = x.lane[i];
    }
}
