// Convolutions of blocked pictures: forward, and for the gradient by the input.
//
// A thread computes some rows of one column for 8 outputs, a warp 32 columns, a block of threads 32 outputs. For each
// block of 8 inputs the threads first put the part of the picture that they need, the tile, and the weights into shared
// memory: [4 lanes of 8][row][column] and [tap][lane][outputs / 4], so that threads read 16 bytes at a time.
//
// `Args` in templates is a pointer to the arguments, which lie in another address space for each compiler.
#pragma once

// Which thread this is, of which block: in Metal only the kernel itself knows.
struct Spot {
    int thread, x, y, z;
};
#define HERE (Spot{THREAD, BLOCK_X, BLOCK_Y, BLOCK_Z})

// The columns of the tile of a convolution with a stride of 2 are the even ones, then from here on the odd ones:
// so neighbouring threads read neighbouring places, and no two of them need the same bank of shared memory.
CONSTANT int ODD_COLUMNS = 34, SPLIT_COLUMNS = 66;
// The same for conv_any, which takes a row of at most ANY_TAPS taps at a time.
CONSTANT int ANY_TAPS = 8, ANY_ODD_COLUMNS = 36, ANY_SPLIT_COLUMNS = 72, ANY_COLUMNS = 40;

constexpr int tile_rows(int rows, int size, int stride) { return (rows - 1) * stride + size; }
constexpr int tile_columns(int size, int stride) { return stride == 2 ? SPLIT_COLUMNS : CONV_COLUMNS - 1 + size; }
// The places of a plane, which holds 4 lanes. 4 more than a multiple of 8: then the threads that fill both planes at a
// time use different banks.
constexpr int tile_plane(int pixels) { return (pixels + 3) / 8 * 8 + 4; }
constexpr int conv_plane(int rows, int size, int stride) {
    return tile_plane(tile_rows(rows, size, stride) * tile_columns(size, stride));
}
// How many pixels of a tile each thread brings: even threads bring their first 4 lanes and odd ones the others.
constexpr int share_of(int pixels) { return (pixels * 2 + CONV_THREADS - 1) / CONV_THREADS; }

// What a tile is cut from: the size of the picture, and what lies between its samples and beyond its borders.
struct Canvas {
    int height, width, dilation, padding;
};

// The samples that a thread brings to a tile: which pixel of the picture each is, or -1 for zeros.
template <int COUNT> struct Places {
    int of[COUNT];
};
template <int COUNT> struct Samples {
    float4_ of[COUNT];
};

// How readers see the 4 lanes that a thread brings.
struct SeenBy {
    float4_ factor, offset;
    int is_plain, is_leaky;
};

INLINED float4_ four(float x, float y, float z, float w) {
    const float4_ all = {x, y, z, w};
    return all;
}

INLINED float4_ add4(float4_ a, float4_ b) { return four(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }

INLINED float4_ fma4(float a, float4_ b, float4_ c) {
    return four(fma_(a, b.x, c.x), fma_(a, b.y, c.y), fma_(a, b.z, c.z), fma_(a, b.w, c.w));
}

INLINED float lane_of(float4_ x, int lane) { return lane == 0 ? x.x : lane == 1 ? x.y : lane == 2 ? x.z : x.w; }

// The pixel at this position of the dilated and padded picture, or -1.
INLINED int pixel_at(Canvas canvas, int y, int x) {
    if (canvas.dilation == 2) {
        const bool is_sample = y >= 0 && x >= 0 && y % 2 == 0 && x % 2 == 0;
        return is_sample && y / 2 < canvas.height && x / 2 < canvas.width ? y / 2 * canvas.width + x / 2 : -1;
    }
    const int row = source(y, canvas.height, canvas.padding), column = source(x, canvas.width, canvas.padding);
    return row < 0 || column < 0 ? -1 : row * canvas.width + column;
}

// A tile of `rows` rows, each `step` further down, whose columns are stored as told above where `odd` is not 0.
template <int COUNT>
INLINED Places<COUNT> find_places(Spot spot, Canvas canvas, int top, int left, int rows, int step, int columns,
                                  int odd) {
    Places<COUNT> places;
    UNROLL for (int k = 0; k < COUNT; k++) {
        const int at = spot.thread / 2 + k * (CONV_THREADS / 2), row = at / columns, stored = at % columns;
        const int column = odd == 0 ? stored : stored < odd ? 2 * stored : 2 * (stored - odd) + 1;
        places.of[k] = row < rows ? pixel_at(canvas, top + row * step, left + column) : -1;
    }
    return places;
}

INLINED float4_ four_at(GLOBAL const float *arena, Place place) { return *(GLOBAL const float4_ *)(arena + place); }

// `first` is the first of the 4 physical channels.
template <class Args> INLINED SeenBy find_view(GLOBAL const float *arena, Args args, int first) {
    SeenBy view = {four(1.0f, 1.0f, 1.0f, 1.0f), four(0.0f, 0.0f, 0.0f, 0.0f), 0, args->view.is_leaky};
    if (args->view.has_norm) {
        view.factor = four_at(arena, args->view.factor + (ulong64)first);
        view.offset = four_at(arena, args->view.offset + (ulong64)first);
    }
    view.is_plain = !args->view.has_norm && !args->view.is_leaky;
    return view;
}

INLINED float4_ seen4(float4_ x, SeenBy view) {
    if (view.is_plain) return x;
    const float4_ a = view.factor, b = view.offset;
    const int is_leaky = view.is_leaky;
    return four(seen(x.x, a.x, b.x, is_leaky), seen(x.y, a.y, b.y, is_leaky), seen(x.z, a.z, b.z, is_leaky),
                seen(x.w, a.w, b.w, is_leaky));
}

// What a thread brings of this block of channels. All samples are asked for before the first is needed.
template <int COUNT, class Args>
INLINED Samples<COUNT> bring(GLOBAL const float *arena, Args args, Spot spot, int block, Places<COUNT> places) {
    const int part = spot.thread % 2;
    const ulong64 start = (ulong64)block * args->in_height * args->in_width * 2;
    GLOBAL const float4_ *from = (GLOBAL const float4_ *)(arena + args->input) + start + part;
    const SeenBy view = find_view(arena, args, block * LANES + part * 4);
    Samples<COUNT> samples;
    UNROLL for (int k = 0; k < COUNT; k++) {
        samples.of[k] = four(0.0f, 0.0f, 0.0f, 0.0f);
        if (places.of[k] >= 0) samples.of[k] = from[(ulong64)places.of[k] * 2];
    }
    UNROLL for (int k = 0; k < COUNT; k++)
        if (places.of[k] >= 0) samples.of[k] = seen4(samples.of[k], view);
    return samples;
}

// Fills the shared memory for this block of inputs, once all threads are done with what is there.
template <int COUNT, int TAPS, class Args>
INLINED void stage(GLOBAL const float *arena, Args args, Spot spot, int block, Places<COUNT> places, int plane,
                   LOCAL float4_ *tile, int first_tap, int taps, LOCAL float4_ *weights) {
    constexpr int each = (TAPS * 64 + CONV_THREADS - 1) / CONV_THREADS;
    const ulong64 start = ((ulong64)spot.z * args->in_blocks + block) * args->side * args->side + first_tap;
    GLOBAL const float4_ *packed = (GLOBAL const float4_ *)(arena + args->weights) + start * 64;
    float4_ packed_here[each];
    UNROLL for (int k = 0; k < each; k++) {
        const int at = spot.thread + k * CONV_THREADS;
        packed_here[k] = four(0.0f, 0.0f, 0.0f, 0.0f);
        if (at < taps * 64) packed_here[k] = packed[at];
    }
    const Samples<COUNT> samples = bring(arena, args, spot, block, places);
    BARRIER();
    UNROLL for (int k = 0; k < COUNT; k++) {
        const int at = spot.thread / 2 + k * (CONV_THREADS / 2);
        if (at < plane) tile[spot.thread % 2 * plane + at] = samples.of[k];
    }
    UNROLL for (int k = 0; k < each; k++) {
        const int at = spot.thread + k * CONV_THREADS;
        if (at < taps * 64) weights[at] = packed_here[k];
    }
    BARRIER();
}

// The bias of 4 outputs.
template <class Args> INLINED float4_ bias_of(GLOBAL const float *arena, Args args, int first) {
    GLOBAL const float *bias = arena + args->bias + first;
    const int n = args->bias_channels - first;
    return four(n > 0 ? bias[0] : 0.0f, n > 1 ? bias[1] : 0.0f, n > 2 ? bias[2] : 0.0f, n > 3 ? bias[3] : 0.0f);
}

template <class Args>
INLINED void store_pixel(GLOBAL float *arena, Args args, int block, int y, int x, float4_ low, float4_ high) {
    if (block >= args->out_blocks || y >= args->height || x >= args->width) return;
    const ulong64 pixel = ((ulong64)block * args->height + y) * args->width + x;
    GLOBAL float4_ *to = (GLOBAL float4_ *)(arena + args->output) + pixel * 2;
    const bool is_added = args->store == STORE_ADD;
    to[0] = is_added ? add4(to[0], low) : low;
    to[1] = is_added ? add4(to[1], high) : high;
}

// A convolution whose kernel is SIZE wide, ROWS rows a thread.
template <int ROWS, int SIZE, int STRIDE, class Args>
INLINED void convolve(GLOBAL float *arena, Args args, Spot spot, LOCAL float4_ *tile, LOCAL float4_ *weights) {
    constexpr int rows = tile_rows(ROWS, SIZE, STRIDE), columns = tile_columns(SIZE, STRIDE);
    constexpr int plane = conv_plane(ROWS, SIZE, STRIDE), odd = STRIDE == 2 ? ODD_COLUMNS : 0;
    constexpr int each = share_of(rows * columns);
    const int column = spot.thread % CONV_COLUMNS, group = spot.thread / CONV_COLUMNS, block = spot.z * 4 + group;
    const int left = spot.x * CONV_COLUMNS, top = spot.y * ROWS, border = args->border;
    const Canvas canvas = {args->in_height, args->in_width, STRIDE == 1 ? args->dilation : 1, args->padding};
    const Places<each> places =
        find_places<each>(spot, canvas, top * STRIDE - border, left * STRIDE - border, rows, 1, columns, odd);
    const float4_ low_bias = bias_of(arena, args, block * LANES), high_bias = bias_of(arena, args, block * LANES + 4);
    float4_ sum[ROWS][2];
    UNROLL for (int i = 0; i < ROWS; i++) {
        sum[i][0] = low_bias;
        sum[i][1] = high_bias;
    }
    ROLLED for (int in_block = 0; in_block < args->in_blocks; in_block++) {
        stage<each, SIZE * SIZE>(arena, args, spot, in_block, places, plane, tile, 0, SIZE * SIZE, weights);
        // Warps without outputs only help to fill the shared memory.
        const int steps = block < args->out_blocks ? 2 * SIZE : 0;
        ROLLED for (int step = 0; step < steps; step++) {
            const int part = step / SIZE, dx = step % SIZE, met = STRIDE == 2 ? dx % 2 * odd + dx / 2 : dx;
            LOCAL const float4_ *from = tile + part * plane + column + met;
            LOCAL const float4_ *by = weights + (dx * LANES + part * 4) * 8 + group * 2;
            float4_ x[rows];
            UNROLL for (int r = 0; r < rows; r++) x[r] = from[r * columns];
            UNROLL for (int dy = 0; dy < SIZE; dy++)
                UNROLL for (int lane = 0; lane < 4; lane++) {
                    const int at = (dy * SIZE * LANES + lane) * 8;
                    const float4_ low = by[at], high = by[at + 1];
                    UNROLL for (int i = 0; i < ROWS; i++) {
                        const float v = lane_of(x[i * STRIDE + dy], lane);
                        sum[i][0] = fma4(v, low, sum[i][0]);
                        sum[i][1] = fma4(v, high, sum[i][1]);
                    }
                }
        }
    }
    UNROLL for (int i = 0; i < ROWS; i++)
        store_pixel(arena, args, block, top + i, left + column, sum[i][0], sum[i][1]);
}

KERNEL(conv1_tall, ConvArgs, CONV_THREADS) {
    SHARED(float4_, tile, 2 * conv_plane(CONV_TALL_ROWS, 1, 1));
    SHARED(float4_, weights, 64);
    convolve<CONV_TALL_ROWS, 1, 1>(arena, &ARGS, HERE, tile, weights);
}

KERNEL(conv1_flat, ConvArgs, CONV_THREADS) {
    SHARED(float4_, tile, 2 * conv_plane(CONV_FLAT_ROWS, 1, 1));
    SHARED(float4_, weights, 64);
    convolve<CONV_FLAT_ROWS, 1, 1>(arena, &ARGS, HERE, tile, weights);
}

KERNEL(conv3_tall, ConvArgs, CONV_THREADS) {
    SHARED(float4_, tile, 2 * conv_plane(CONV_TALL_ROWS, 3, 1));
    SHARED(float4_, weights, 9 * 64);
    convolve<CONV_TALL_ROWS, 3, 1>(arena, &ARGS, HERE, tile, weights);
}

KERNEL(conv3_flat, ConvArgs, CONV_THREADS) {
    SHARED(float4_, tile, 2 * conv_plane(CONV_FLAT_ROWS, 3, 1));
    SHARED(float4_, weights, 9 * 64);
    convolve<CONV_FLAT_ROWS, 3, 1>(arena, &ARGS, HERE, tile, weights);
}

KERNEL(conv3_stride2, ConvArgs, CONV_THREADS) {
    SHARED(float4_, tile, 2 * conv_plane(CONV_OTHER_ROWS, 3, 2));
    SHARED(float4_, weights, 9 * 64);
    convolve<CONV_OTHER_ROWS, 3, 2>(arena, &ARGS, HERE, tile, weights);
}

constexpr int any_pixels() { return CONV_OTHER_ROWS * ANY_SPLIT_COLUMNS; }

// Any kernel: the tile has only the rows that one row of taps reads, so its size does not depend on the kernel.
template <class Args>
INLINED void convolve_any(GLOBAL float *arena, Args args, Spot spot, LOCAL float4_ *tile, LOCAL float4_ *weights) {
    constexpr int rows = CONV_OTHER_ROWS, plane = tile_plane(any_pixels()), each = share_of(any_pixels());
    const int column = spot.thread % CONV_COLUMNS, group = spot.thread / CONV_COLUMNS, block = spot.z * 4 + group;
    const int stride = args->stride, odd = stride == 2 ? ANY_ODD_COLUMNS : 0;
    const int columns = stride == 2 ? ANY_SPLIT_COLUMNS : ANY_COLUMNS;
    const int left = spot.x * CONV_COLUMNS, top = spot.y * rows, border = args->border, side = args->side;
    const Canvas canvas = {args->in_height, args->in_width, args->dilation, args->padding};
    const float4_ low_bias = bias_of(arena, args, block * LANES), high_bias = bias_of(arena, args, block * LANES + 4);
    float4_ sum[rows][2];
    UNROLL for (int i = 0; i < rows; i++) {
        sum[i][0] = low_bias;
        sum[i][1] = high_bias;
    }
    // ANY_TAPS taps of a row of the kernel at a time: the runs of taps, row by row.
    const int runs_of_row = (side + ANY_TAPS - 1) / ANY_TAPS;
    ROLLED for (int run = 0; run < runs_of_row * side; run++) {
        const int dy = run / runs_of_row, dx = run % runs_of_row * ANY_TAPS, rest = side - dx;
        const int taps = rest < ANY_TAPS ? rest : ANY_TAPS;
        const Places<each> places = find_places<each>(
            spot, canvas, top * stride + dy - border, left * stride + dx - border, rows, stride, columns, odd);
        ROLLED for (int in_block = 0; in_block < args->in_blocks; in_block++) {
            stage<each, ANY_TAPS>(arena, args, spot, in_block, places, plane, tile, dy * side + dx, taps, weights);
            const int steps = block < args->out_blocks ? 2 * taps : 0;
            ROLLED for (int step = 0; step < steps; step++) {
                const int part = step % 2, tap = step / 2, met = stride == 2 ? tap % 2 * odd + tap / 2 : tap;
                LOCAL const float4_ *from = tile + part * plane + column + met;
                LOCAL const float4_ *by = weights + (tap * LANES + part * 4) * 8 + group * 2;
                float4_ x[rows];
                UNROLL for (int r = 0; r < rows; r++) x[r] = from[r * columns];
                UNROLL for (int lane = 0; lane < 4; lane++) {
                    const float4_ low = by[lane * 8], high = by[lane * 8 + 1];
                    UNROLL for (int i = 0; i < rows; i++) {
                        sum[i][0] = fma4(lane_of(x[i], lane), low, sum[i][0]);
                        sum[i][1] = fma4(lane_of(x[i], lane), high, sum[i][1]);
                    }
                }
            }
        }
    }
    UNROLL for (int i = 0; i < rows; i++)
        store_pixel(arena, args, block, top + i, left + column, sum[i][0], sum[i][1]);
}

KERNEL(conv_any, ConvArgs, CONV_THREADS) {
    SHARED(float4_, tile, 2 * tile_plane(any_pixels()));
    SHARED(float4_, weights, ANY_TAPS * 64);
    convolve_any(arena, &ARGS, HERE, tile, weights);
}
