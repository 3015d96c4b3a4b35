// Gradients of convolutions by their weights and, in bias.h, by their biases.
//
// A block of threads goes over some tiles of pixels for 8 inputs and 32 outputs. It leaves its sums, [tap][8][32], in
// memory, and the block that is done last adds those of all blocks.
#pragma once
#include "bias.h"

// The rows of a tile: with a stride of 2 half of them at a time, so that they fit in 32 KiB of shared memory.
constexpr int weight_rows(int stride) { return WEIGHT_ROWS / stride; }
constexpr int weight_in_rows(int stride) { return (weight_rows(stride) - 1) * stride + 3; }
constexpr int weight_in_columns(int stride) { return (WEIGHT_COLUMNS - 1) * stride + 3; }
constexpr int weight_in_pixels(int stride) { return weight_in_rows(stride) * weight_in_columns(stride); }
// 16-byte places of shared memory: the input [pixel][8], then the gradient [pixel][32].
constexpr int weight_space(int stride) {
    return weight_in_pixels(stride) * 2 + weight_rows(stride) * WEIGHT_COLUMNS * 8;
}
// The pixels of a tile of weights1 and weights_any, which follow each other in memory.
CONSTANT int PIXELS_OF_TILE = WEIGHT_ROWS * WEIGHT_COLUMNS;
// How many columns weights3 unrolls: fewer would move what is in registers more often, more need too many of them.
CONSTANT int COLUMNS_AT_ONCE = 8;
// How many blocks' sums are asked for at a time.
CONSTANT int SUMS_AT_ONCE = 8;

template <class Args> INLINED int out_groups(Args args) { return (args->out_blocks + 3) / 4; }

// Writes the gradient by 4 outputs' weights for one lane of the input and one tap.
template <class Args>
INLINED void scatter(GLOBAL float *arena, Args args, Spot spot, int in_block, int lane, int tap, int quad,
                     float4_ sum) {
    const int from = table_at(arena, args->in_lanes)[in_block * LANES + lane];
    const int first = spot.z * CONV_OUTPUTS + quad * 4;
    if (from < 0) return;
    UNROLL for (int o = 0; o < 4; o++) {
        const ulong64 at = ((ulong64)(first + o) * args->in_channels + from) * args->side * args->side + tap;
        if (first + o < args->out_channels) arena[args->result + at] = lane_of(sum, o);
    }
}

// Leaves the sums of this block, `total`, and in the block that is done last adds all. The sums are of TAPS taps from
// first_tap on; `rows` is the number of blocks in the grid's second direction.
template <int TAPS, class Args>
INLINED void finish(GLOBAL float *arena, Args args, Spot spot, LOCAL const float4_ *total, int in_block, int first_tap,
                    int rows, LOCAL int *flag) {
    const ulong64 groups = (ulong64)out_groups(args), slot = (ulong64)spot.y * groups + spot.z;
    const ulong64 step = (ulong64)rows * groups * (TAPS * 64);
    GLOBAL float4_ *partial = (GLOBAL float4_ *)(arena + args->partial) + slot * (TAPS * 64);
    ROLLED for (int i = spot.thread; i < TAPS * 64; i += WEIGHT_THREADS) partial[spot.x * step + i] = total[i];
    if (!is_last_block(counter_at(arena, args->counters) + slot, args->chunks, spot.thread, flag)) return;
    ROLLED for (int i = spot.thread; i < TAPS * 64; i += WEIGHT_THREADS) {
        float4_ sum = four(0.0f, 0.0f, 0.0f, 0.0f);
        ROLLED for (int chunk = 0; chunk < args->chunks; chunk += SUMS_AT_ONCE) {
            float4_ more[SUMS_AT_ONCE];
            UNROLL for (int k = 0; k < SUMS_AT_ONCE; k++) {
                more[k] = four(0.0f, 0.0f, 0.0f, 0.0f);
                if (chunk + k < args->chunks) more[k] = partial[(chunk + k) * step + i];
            }
            UNROLL for (int k = 0; k < SUMS_AT_ONCE; k++) sum = add4(sum, more[k]);
        }
        scatter(arena, args, spot, in_block, i / 8 % 8, first_tap + i / 64, i % 8, sum);
    }
}

// Where 4 outputs' gradients of a pixel lie: turned by two places from pixel to pixel, so that the threads that write
// those of neighbouring pixels use different banks of shared memory.
INLINED int turned(int pixel, int quad) { return pixel * 8 + (quad + pixel * 2) % 8; }

// Fills the shared memory with a tile for a kernel of 3.
template <int STRIDE, class Args>
INLINED void stage_pixels(GLOBAL const float *arena, Args args, Spot spot, int in_block, int top, int left,
                          LOCAL float4_ *x, LOCAL float4_ *by) {
    constexpr int each = weight_rows(STRIDE) * WEIGHT_COLUMNS * 2 / WEIGHT_THREADS;
    constexpr int in_pixels = weight_in_pixels(STRIDE), in_each = share_of(in_pixels);
    const ulong64 plane = (ulong64)args->height * args->width;
    GLOBAL const float4_ *from = (GLOBAL const float4_ *)(arena + args->by_output) + spot.thread % 2;
    float4_ gradients[each][4];
    UNROLL for (int k = 0; k < each; k++) {
        const int pixel = spot.thread / 2 + k * (WEIGHT_THREADS / 2);
        const int row = top + pixel / WEIGHT_COLUMNS, column = left + pixel % WEIGHT_COLUMNS;
        const int at = row < args->height && column < args->width ? row * args->width + column : -1;
        UNROLL for (int b = 0; b < 4; b++) {
            const int block = spot.z * 4 + b;
            gradients[k][b] = four(0.0f, 0.0f, 0.0f, 0.0f);
            if ((at >= 0) & (block < args->out_blocks)) gradients[k][b] = from[(block * plane + at) * 2];
        }
    }
    const Canvas canvas = {args->in_height, args->in_width, 1, args->padding};
    const int border = args->border, rows = weight_in_rows(STRIDE), columns = weight_in_columns(STRIDE);
    const Places<in_each> places =
        find_places<in_each>(spot, canvas, top * STRIDE - border, left * STRIDE - border, rows, 1, columns, 0);
    const Samples<in_each> samples = bring(arena, args, spot, in_block, places);
    BARRIER();
    UNROLL for (int k = 0; k < in_each; k++) {
        const int at = spot.thread + k * WEIGHT_THREADS;
        if (at < in_pixels * 2) x[at] = samples.of[k];
    }
    UNROLL for (int k = 0; k < each; k++)
        UNROLL for (int b = 0; b < 4; b++)
            by[turned(spot.thread / 2 + k * (WEIGHT_THREADS / 2), b * 2 + spot.thread % 2)] = gradients[k][b];
    BARRIER();
}

// A kernel of 3. A warp takes a quarter of the rows of a tile; a thread of it 2 inputs, 4 outputs and all taps.
template <int STRIDE, class Args>
INLINED void weights_of_3(GLOBAL float *arena, Args args, Spot spot, LOCAL float4_ *space, LOCAL int *flag) {
    constexpr int rows = weight_rows(STRIDE), columns = weight_in_columns(STRIDE), rows_of_warp = rows / 4;
    LOCAL float4_ *by = space + weight_in_pixels(STRIDE) * 2;
    const int pair = spot.thread % 4, quad = spot.thread / 4 % 8, warp = spot.thread / 32, in_block = spot.y;
    const int tiles_x = (args->width + WEIGHT_COLUMNS - 1) / WEIGHT_COLUMNS;
    const int tiles = tiles_x * ((args->height + rows - 1) / rows);
    float4_ sum[9][2];
    UNROLL for (int t = 0; t < 9; t++)
        UNROLL for (int i = 0; i < 2; i++) sum[t][i] = four(0.0f, 0.0f, 0.0f, 0.0f);

    ROLLED for (int tile = spot.x; tile < tiles; tile += args->chunks) {
        const int top = tile / tiles_x * rows, left = tile % tiles_x * WEIGHT_COLUMNS;
        stage_pixels<STRIDE>(arena, args, spot, in_block, top, left, space, by);
        ROLLED for (int row = warp * rows_of_warp; row < (warp + 1) * rows_of_warp; row++) {
            LOCAL const float2_ *x = (LOCAL const float2_ *)space + row * STRIDE * columns * 4 + pair;
            // The columns that the taps meet: they move to the left by the stride.
            float2_ met[3][3];
            UNROLL for (int dy = 0; dy < 3; dy++)
                UNROLL for (int dx = STRIDE; dx < 3; dx++) met[dy][dx] = x[(dy * columns + dx - STRIDE) * 4];
            ROLLED for (int start = 0; start < WEIGHT_COLUMNS; start += COLUMNS_AT_ONCE)
                UNROLL for (int i = 0; i < COLUMNS_AT_ONCE; i++) {
                    const int column = start + i;
                    LOCAL const float2_ *next = x + column * STRIDE * 4;
                    const float4_ g = by[turned(row * WEIGHT_COLUMNS + column, quad)];
                    UNROLL for (int dy = 0; dy < 3; dy++) {
                        UNROLL for (int dx = 0; dx < 3 - STRIDE; dx++) met[dy][dx] = met[dy][dx + STRIDE];
                        UNROLL for (int dx = 3 - STRIDE; dx < 3; dx++) met[dy][dx] = next[(dy * columns + dx) * 4];
                        UNROLL for (int dx = 0; dx < 3; dx++) {
                            sum[dy * 3 + dx][0] = fma4(met[dy][dx].x, g, sum[dy * 3 + dx][0]);
                            sum[dy * 3 + dx][1] = fma4(met[dy][dx].y, g, sum[dy * 3 + dx][1]);
                        }
                    }
                }
        }
    }
    // The warps add their sums one after the other, so that the order is fixed.
    BARRIER();
    for (int i = spot.thread; i < 9 * 64; i += WEIGHT_THREADS) space[i] = four(0.0f, 0.0f, 0.0f, 0.0f);
    ROLLED for (int turn = 0; turn < 4; turn++) {
        BARRIER();
        if (warp == turn)
            UNROLL for (int t = 0; t < 9; t++)
                UNROLL for (int i = 0; i < 2; i++) {
                    LOCAL float4_ *to = space + (t * 8 + pair * 2 + i) * 8 + quad;
                    *to = add4(*to, sum[t][i]);
                }
    }
    BARRIER();
    finish<9>(arena, args, spot, space, in_block, 0, args->in_blocks, flag);
}

KERNEL(weights3, WeightGradientArgs, WEIGHT_THREADS) {
    SHARED(float4_, space, weight_space(1));
    SHARED(int, flag, 1);
    weights_of_3<1>(arena, &ARGS, HERE, space, flag);
}

KERNEL(weights3_stride2, WeightGradientArgs, WEIGHT_THREADS) {
    SHARED(float4_, space, weight_space(2));
    SHARED(int, flag, 1);
    weights_of_3<2>(arena, &ARGS, HERE, space, flag);
}

// Fills the shared memory with a tile for a single tap: the input [pixel][8], the gradient [block][pixel][8].
template <bool IS_POINT, class Args>
INLINED void stage_run(GLOBAL const float *arena, Args args, Spot spot, int in_block, int dy, int dx, int start,
                       LOCAL float4_ *in, LOCAL float4_ *by) {
    const int pixels = args->height * args->width;
    GLOBAL const float4_ *from = (GLOBAL const float4_ *)(arena + args->by_output) + spot.thread % 2;
    const Canvas canvas = {args->in_height, args->in_width, 1, args->padding};
    float4_ gradients[4][2];
    Places<2> places;
    UNROLL for (int k = 0; k < 2; k++) {
        const int pixel = start + spot.thread / 2 + k * (WEIGHT_THREADS / 2);
        UNROLL for (int b = 0; b < 4; b++) {
            const int block = spot.z * 4 + b;
            gradients[b][k] = four(0.0f, 0.0f, 0.0f, 0.0f);
            if ((pixel < pixels) & (block < args->out_blocks))
                gradients[b][k] = from[((ulong64)block * pixels + pixel) * 2];
        }
        const int y = pixel / args->width * args->stride + dy - args->border;
        const int x = pixel % args->width * args->stride + dx - args->border;
        places.of[k] = pixel >= pixels ? -1 : IS_POINT ? pixel : pixel_at(canvas, y, x);
    }
    const Samples<2> samples = bring(arena, args, spot, in_block, places);
    BARRIER();
    UNROLL for (int k = 0; k < 2; k++) {
        const int at = spot.thread + k * WEIGHT_THREADS;
        in[at] = samples.of[k];
        UNROLL for (int b = 0; b < 4; b++) by[b * PIXELS_OF_TILE * 2 + at] = gradients[b][k];
    }
    BARRIER();
}

// One tap. A warp takes 8 outputs; a thread of it 4 inputs and every 16th pixel. IS_POINT tells that the kernel is 1.
template <bool IS_POINT, class Args>
INLINED void weights_of_tap(GLOBAL float *arena, Args args, Spot spot, int in_block, int tap, int rows,
                            LOCAL float4_ *space, LOCAL int *flag) {
    constexpr int slots = 16;
    LOCAL float4_ *by = space, *in = space + PIXELS_OF_TILE * 8;
    const int part = spot.thread % 2, slot = spot.thread / 2 % slots, warp = spot.thread / 32;
    const int dy = IS_POINT ? 0 : tap / args->side, dx = IS_POINT ? 0 : tap % args->side;
    const int tiles = (args->height * args->width + PIXELS_OF_TILE - 1) / PIXELS_OF_TILE;
    float4_ sum[4][2];
    UNROLL for (int i = 0; i < 4; i++)
        UNROLL for (int j = 0; j < 2; j++) sum[i][j] = four(0.0f, 0.0f, 0.0f, 0.0f);
    ROLLED for (int tile = spot.x; tile < tiles; tile += args->chunks) {
        stage_run<IS_POINT>(arena, args, spot, in_block, dy, dx, tile * PIXELS_OF_TILE, in, by);
        // Warps without outputs only help to fill the shared memory.
        if (spot.z * 4 + warp < args->out_blocks)
            UNROLL for (int k = 0; k < PIXELS_OF_TILE / slots; k++) {
                const int pixel = k * slots + slot, at = (warp * PIXELS_OF_TILE + pixel) * 2;
                const float4_ v = in[pixel * 2 + part], low = by[at], high = by[at + 1];
                UNROLL for (int i = 0; i < 4; i++) {
                    sum[i][0] = fma4(lane_of(v, i), low, sum[i][0]);
                    sum[i][1] = fma4(lane_of(v, i), high, sum[i][1]);
                }
            }
    }
    // Each slot leaves its sums, [8][32], and each of the first threads adds those of 4 outputs.
    BARRIER();
    UNROLL for (int i = 0; i < 4; i++)
        UNROLL for (int j = 0; j < 2; j++) space[slot * 64 + (part * 4 + i) * 8 + warp * 2 + j] = sum[i][j];
    BARRIER();
    if (spot.thread < 64) {
        float4_ total = space[spot.thread];
        for (int k = 1; k < slots; k++) total = add4(total, space[k * 64 + spot.thread]);
        in[spot.thread] = total;
    }
    BARRIER();
    finish<1>(arena, args, spot, in, in_block, tap, rows, flag);
}

KERNEL(weights1, WeightGradientArgs, WEIGHT_THREADS) {
    SHARED(float4_, space, PIXELS_OF_TILE * 10);
    SHARED(int, flag, 1);
    weights_of_tap<true>(arena, &ARGS, HERE, BLOCK_Y, 0, ARGS.in_blocks, space, flag);
}

KERNEL(weights_any, WeightGradientArgs, WEIGHT_THREADS) {
    SHARED(float4_, space, PIXELS_OF_TILE * 10);
    SHARED(int, flag, 1);
    const int taps = ARGS.side * ARGS.side;
    weights_of_tap<false>(arena, &ARGS, HERE, BLOCK_Y / taps, BLOCK_Y % taps, ARGS.in_blocks * taps, space, flag);
}
