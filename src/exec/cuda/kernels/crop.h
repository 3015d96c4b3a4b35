// A rectangle that is cut out of a picture, and the way back.
#pragma once
#include "lanes.h"

KERNEL(crop, CropArgs, THREADS) {
    const int pixel = BLOCK_X * THREADS + THREAD, block = BLOCK_Y, pixels = ARGS.height * ARGS.width;
    if (pixel >= pixels) return;
    const int y = ARGS.top + pixel / ARGS.width, x = ARGS.left + pixel % ARGS.width;
    const ulong64 from = lanes_of(block, ARGS.whole_height * ARGS.whole_width, y * ARGS.whole_width + x);
    store_eight(arena + ARGS.part + lanes_of(block, pixels, pixel), load_eight(arena + ARGS.whole + from));
}

KERNEL(crop_back, CropArgs, THREADS) {
    const int pixel = BLOCK_X * THREADS + THREAD, block = BLOCK_Y, pixels = ARGS.whole_height * ARGS.whole_width;
    if (pixel >= pixels) return;
    const int y = pixel / ARGS.whole_width - ARGS.top, x = pixel % ARGS.whole_width - ARGS.left;
    const bool is_inside = y >= 0 && y < ARGS.height && x >= 0 && x < ARGS.width;
    if (!is_inside && ARGS.store == STORE_ADD) return;
    Eight by_output = all_lanes<8>(0.0f);
    if (is_inside) {
        const ulong64 from = lanes_of(block, ARGS.height * ARGS.width, y * ARGS.width + x);
        by_output = load_eight(arena + ARGS.part + from);
    }
    leave_eight(arena + ARGS.whole + lanes_of(block, pixels, pixel), by_output, ARGS.store);
}
