// Channels mixed by a matrix, pixel by pixel.
#pragma once
#include "lanes.h"

KERNEL(mix, MixArgs, THREADS) {
    const int pixel = BLOCK_X * THREADS + THREAD, block = BLOCK_Y;
    if (pixel >= ARGS.pixels) return;
    const int given = ARGS.is_transposed ? ARGS.rows : ARGS.columns;
    const int made = ARGS.is_transposed ? ARGS.columns : ARGS.rows;
    // How far apart the weights of neighbouring channels lie.
    const int by_made = ARGS.is_transposed ? 1 : ARGS.columns, by_given = ARGS.is_transposed ? ARGS.columns : 1;
    GLOBAL const float *weights = arena + ARGS.weights;
    Eight sum = all_lanes<8>(0.0f);
    for (int from_block = 0; from_block < ARGS.in_blocks; from_block++) {
        const Eight x = load_eight(arena + ARGS.input + lanes_of(from_block, ARGS.pixels, pixel));
        UNROLL for (int i = 0; i < LANES; i++) {
            const int from = from_block * LANES + i;
            if (from < given) {
                UNROLL for (int o = 0; o < LANES; o++) {
                    const int to = block * LANES + o;
                    if (to < made) sum.lane[o] += weights[to * by_made + from * by_given] * x.lane[i];
                }
            }
        }
    }
    leave_eight(arena + ARGS.output + lanes_of(block, ARGS.pixels, pixel), sum, ARGS.store);
}
