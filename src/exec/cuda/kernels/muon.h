// Muon's update: a momentum made orthogonal by rounds of Newton and Schulz; exec/rules.rs. A block does a matrix, which
// is worked on with no more rows than columns: transposed, if need be.
#pragma once
#include "lanes.h"
#include "tree.h"

CONSTANT int MUON_ROUNDS = 5;
CONSTANT float MUON_MOMENTUM = 0.95f, MUON_FRESH = 1.0f - 0.95f, MUON_EPSILON = 1e-12f;
CONSTANT float MUON_FIRST = 3.4445f, MUON_THIRD = -4.775f, MUON_FIFTH = 2.0315f;
// The samples that a thread reads before it writes any, so that it does not wait for each.
CONSTANT int MUON_AT_ONCE = 2;
// Products are made in tiles of 32 rows and 64 columns: a thread does four columns of two rows, half a tile apart.
CONSTANT int TILE_ROWS = 32, TILE_COLUMNS = 64, TILE_HALF = 16;
// The float4_s from row to row of a tile and of a square; one more than it takes, so that rows lie in different banks.
CONSTANT int TILE_STRIDE = 17, SQUARE_STRIDE = 9;
CONSTANT int TILE_LENGTH = TILE_ROWS * TILE_STRIDE, SQUARE_LENGTH = TILE_ROWS * SQUARE_STRIDE;

// Rows and columns of the parameter, and of the matrix that is worked on.
struct MuonShape {
    int rows, columns, height, width;
};

// The index in the worked-on matrix of sample i of the parameter.
DEVICE int muon_place(MuonShape shape, int i) {
    return shape.rows > shape.columns ? i % shape.columns * shape.rows + i / shape.columns : i;
}

// Samples of a parameter from `start` on, MUON_THREADS apart.
DEVICE Several<MUON_AT_ONCE> load_spread(GLOBAL const float *from, int start, int length) {
    Several<MUON_AT_ONCE> samples;
    UNROLL for (int k = 0; k < MUON_AT_ONCE; k++) {
        const int i = start + k * MUON_THREADS;
        samples.lane[k] = i < length ? from[i] : 0.0f;
    }
    return samples;
}

// Moves the momentum, writes Nesterov's to m, and gives 1 / its norm.
DEVICE float muon_begin(GLOBAL const float *gradient, GLOBAL float *momentum, GLOBAL float *m, MuonShape shape,
                        LOCAL float *sums, int thread) {
    const int length = shape.rows * shape.columns;
    float squares = 0.0f;
    for (int start = thread; start < length; start += MUON_AT_ONCE * MUON_THREADS) {
        const Several<MUON_AT_ONCE> g = load_spread(gradient, start, length), b = load_spread(momentum, start, length);
        UNROLL for (int k = 0; k < MUON_AT_ONCE; k++) {
            const int i = start + k * MUON_THREADS;
            if (i < length) {
                const float fresh = g.lane[k] * MUON_FRESH;
                const float moved = b.lane[k] * MUON_MOMENTUM + fresh;
                // The gradient counts once more on top of the momentum.
                const float x = fresh + moved * MUON_MOMENTUM;
                momentum[i] = moved;
                m[muon_place(shape, i)] = x;
                squares += x * x;
            }
        }
    }
    FENCE();
    return 1.0f / (sqrt_(tree_sum_of_one(sums, thread, squares, 1)) + MUON_EPSILON);
}

// Moves the parameter along the matrix that the rounds have made.
DEVICE void step_along(GLOBAL float *weight, GLOBAL const float *m, MuonShape shape, float step, int thread) {
    const int length = shape.rows * shape.columns;
    for (int start = thread; start < length; start += MUON_AT_ONCE * MUON_THREADS) {
        const Several<MUON_AT_ONCE> before = load_spread(weight, start, length);
        Several<MUON_AT_ONCE> x;
        UNROLL for (int k = 0; k < MUON_AT_ONCE; k++) {
            const int i = start + k * MUON_THREADS;
            x.lane[k] = i < length ? m[muon_place(shape, i)] : 0.0f;
        }
        UNROLL for (int k = 0; k < MUON_AT_ONCE; k++) {
            const int i = start + k * MUON_THREADS;
            if (i < length) weight[i] = before.lane[k] - step * x.lane[k];
        }
    }
}

// ---- tiles ----

// What a thread has of a tile that begins here (its row, then that half a tile below), 0 beyond the matrix.
DEVICE Eight load_part(GLOBAL const float *m, MuonShape shape, int row, int column) {
    Eight part;
    UNROLL for (int i = 0; i < LANES; i++) {
        const int y = row + i / 4 * TILE_HALF, x = column + i % 4;
        part.lane[i] = y < shape.height && x < shape.width ? m[y * shape.width + x] : 0.0f;
    }
    return part;
}

DEVICE void store_part(GLOBAL float *m, MuonShape shape, int row, int column, Eight part) {
    UNROLL for (int i = 0; i < LANES; i++) {
        const int y = row + i / 4 * TILE_HALF, x = column + i % 4;
        if (y < shape.height && x < shape.width) m[y * shape.width + x] = part.lane[i];
    }
}

DEVICE void put_part(LOCAL float4_ *tile, int thread, Eight part) {
    const int at = thread / TILE_HALF * TILE_STRIDE + thread % TILE_HALF;
    float4_ above, below;
    above.x = part.lane[0];
    above.y = part.lane[1];
    above.z = part.lane[2];
    above.w = part.lane[3];
    below.x = part.lane[4];
    below.y = part.lane[5];
    below.z = part.lane[6];
    below.w = part.lane[7];
    tile[at] = above;
    tile[at + TILE_HALF * TILE_STRIDE] = below;
}

DEVICE Eight add_outer(Eight sum, float above, float below, float4_ line) {
    sum.lane[0] = fma_(above, line.x, sum.lane[0]);
    sum.lane[1] = fma_(above, line.y, sum.lane[1]);
    sum.lane[2] = fma_(above, line.z, sum.lane[2]);
    sum.lane[3] = fma_(above, line.w, sum.lane[3]);
    sum.lane[4] = fma_(below, line.x, sum.lane[4]);
    sum.lane[5] = fma_(below, line.y, sum.lane[5]);
    sum.lane[6] = fma_(below, line.z, sum.lane[6]);
    sum.lane[7] = fma_(below, line.w, sum.lane[7]);
    return sum;
}

// Adds a thread's part of the product of a square of TILE_ROWS and a tile, whose first 4 * `length` rows count.
DEVICE Eight add_product(LOCAL const float4_ *square, LOCAL const float4_ *tile, int length, int thread, Eight sum) {
    LOCAL const float4_ *rows = square + thread / TILE_HALF * SQUARE_STRIDE;
    LOCAL const float4_ *lines = tile + thread % TILE_HALF;
    for (int k = 0; k < length; k++) {
        const float4_ above = rows[k], below = rows[k + TILE_HALF * SQUARE_STRIDE];
        sum = add_outer(sum, above.x, below.x, lines[(4 * k) * TILE_STRIDE]);
        sum = add_outer(sum, above.y, below.y, lines[(4 * k + 1) * TILE_STRIDE]);
        sum = add_outer(sum, above.z, below.z, lines[(4 * k + 2) * TILE_STRIDE]);
        sum = add_outer(sum, above.w, below.w, lines[(4 * k + 3) * TILE_STRIDE]);
    }
    return sum;
}

DEVICE float add_dot(float sum, float4_ a, float4_ b) {
    return fma_(a.w, b.w, fma_(a.z, b.z, fma_(a.y, b.y, fma_(a.x, b.x, sum))));
}

// Adds the products of rows with rows: of the thread's two rows (as in a tile) with two others, half a tile apart too.
// Rows have `length` float4_s that count.
template <int STRIDE> DEVICE Four add_dots(LOCAL const float4_ *rows, int length, int thread, Four sum) {
    LOCAL const float4_ *a = rows + thread / TILE_HALF * STRIDE, *b = rows + thread % TILE_HALF * STRIDE;
    for (int k = 0; k < length; k++) {
        const float4_ above = a[k], below = a[k + TILE_HALF * STRIDE];
        const float4_ left = b[k], right = b[k + TILE_HALF * STRIDE];
        sum.lane[0] = add_dot(sum.lane[0], above, left);
        sum.lane[1] = add_dot(sum.lane[1], above, right);
        sum.lane[2] = add_dot(sum.lane[2], below, left);
        sum.lane[3] = add_dot(sum.lane[3], below, right);
    }
    return sum;
}

// ---- matrices of few rows: all but the matrix itself stays in shared memory ----

DEVICE void put_dots(LOCAL float4_ *square, int thread, Four dots) {
    LOCAL float *to = (LOCAL float *)square + thread / TILE_HALF * SQUARE_STRIDE * 4 + thread % TILE_HALF;
    to[0] = dots.lane[0];
    to[TILE_HALF] = dots.lane[1];
    to[TILE_HALF * SQUARE_STRIDE * 4] = dots.lane[2];
    to[TILE_HALF * SQUARE_STRIDE * 4 + TILE_HALF] = dots.lane[3];
}

// Makes b A + c A A of a thread's part of A = m m^T.
DEVICE void make_polynomial(LOCAL float4_ *square, LOCAL float4_ *polynomial, int length, int thread, Four dots) {
    put_dots(square, thread, dots);
    BARRIER();
    // A is symmetric, so that its columns are its rows.
    const Four squared = add_dots<SQUARE_STRIDE>(square, length, thread, all_lanes<4>(0.0f));
    UNROLL for (int i = 0; i < 4; i++) dots.lane[i] = MUON_THIRD * dots.lane[i] + MUON_FIFTH * squared.lane[i];
    put_dots(polynomial, thread, dots);
    BARRIER();
}

// All rounds of a matrix with at most TILE_ROWS rows. A thread reads what it has itself written to m, so that rounds
// do not wait for the arena.
DEVICE void muon_flat(GLOBAL float *m, MuonShape shape, float factor, LOCAL float4_ *shared, int thread) {
    LOCAL float4_ *before = shared, *after = before + TILE_LENGTH;
    LOCAL float4_ *square = after + TILE_LENGTH, *polynomial = square + SQUARE_LENGTH;
    const int row = thread / TILE_HALF, first = thread % TILE_HALF * 4, length = (shape.height + 3) / 4;
    Four dots = all_lanes<4>(0.0f);
    // Round 0 only scales.
    for (int round = 0; round <= MUON_ROUNDS; round++) {
        if (round > 0) make_polynomial(square, polynomial, length, thread, dots);
        dots = all_lanes<4>(0.0f);
        for (int left = 0; left < shape.width; left += TILE_COLUMNS) {
            Eight x = load_part(m, shape, row, left + first);
            const float by = round > 0 ? MUON_FIRST : factor;
            put_part(before, thread, x);
            UNROLL for (int i = 0; i < LANES; i++) x.lane[i] = by * x.lane[i];
            BARRIER();
            if (round > 0) x = add_product(polynomial, before, length, thread, x);
            store_part(m, shape, row, left + first, x);
            put_part(after, thread, x);
            BARRIER();
            if (round < MUON_ROUNDS) dots = add_dots<TILE_STRIDE>(after, TILE_COLUMNS / 4, thread, dots);
        }
    }
    FENCE();
    BARRIER();
}

// ---- matrices of any size ----

// One product: out = alpha given + beta a b, or with b transposed; all in the arena.
struct MuonProduct {
    GLOBAL const float *a, *b, *given;
    GLOBAL float *out;
    int rows, depth, columns;
    bool is_transposed;
    float alpha, beta;
};

DEVICE void load_tiles(MuonProduct product, int top, int left, int deep, LOCAL float *square, LOCAL float *tile,
                       int thread) {
    for (int i = thread; i < TILE_ROWS * TILE_ROWS; i += MUON_THREADS) {
        const int y = i / TILE_ROWS, k = i % TILE_ROWS;
        const bool is_inside = top + y < product.rows && deep + k < product.depth;
        square[y * SQUARE_STRIDE * 4 + k] = is_inside ? product.a[(top + y) * product.depth + deep + k] : 0.0f;
    }
    for (int i = thread; i < TILE_ROWS * TILE_COLUMNS; i += MUON_THREADS) {
        // Neighbouring threads read what lies next to each other.
        const int k = product.is_transposed ? i % TILE_ROWS : i / TILE_COLUMNS;
        const int x = product.is_transposed ? i / TILE_ROWS : i % TILE_COLUMNS;
        const bool is_inside = deep + k < product.depth && left + x < product.columns;
        const int at = product.is_transposed ? (left + x) * product.depth + deep + k
                                             : (deep + k) * product.columns + left + x;
        tile[k * TILE_STRIDE * 4 + x] = is_inside ? product.b[at] : 0.0f;
    }
}

DEVICE void multiply(MuonProduct product, LOCAL float4_ *shared, int thread) {
    LOCAL float4_ *square = shared, *tile = shared + SQUARE_LENGTH;
    MuonShape shape;
    shape.rows = shape.height = product.rows;
    shape.columns = shape.width = product.columns;
    for (int top = 0; top < product.rows; top += TILE_ROWS) {
        for (int left = 0; left < product.columns; left += TILE_COLUMNS) {
            const int row = top + thread / TILE_HALF, column = left + thread % TILE_HALF * 4;
            Eight sum = all_lanes<8>(0.0f);
            for (int deep = 0; deep < product.depth; deep += TILE_ROWS) {
                load_tiles(product, top, left, deep, (LOCAL float *)square, (LOCAL float *)tile, thread);
                BARRIER();
                sum = add_product(square, tile, TILE_ROWS / 4, thread, sum);
                BARRIER();
            }
            // Nothing is read where nothing of it counts: it may not be a number.
            Eight given = all_lanes<8>(0.0f);
            if (product.alpha != 0.0f) given = load_part(product.given, shape, row, column);
            UNROLL for (int i = 0; i < LANES; i++) {
                sum.lane[i] = product.alpha * given.lane[i] + product.beta * sum.lane[i];
            }
            store_part(product.out, shape, row, column, sum);
        }
    }
    FENCE();
    BARRIER();
}

// All rounds of a matrix; gives where it lies in the end. `m` is followed by its scratch memory.
DEVICE GLOBAL float *muon_any(GLOBAL float *m, MuonShape shape, float factor, LOCAL float4_ *shared, int thread) {
    const ulong64 length = (ulong64)shape.rows * shape.columns;
    GLOBAL float *other = m + length, *square = other + length;
    GLOBAL float *polynomial = square + (ulong64)shape.height * shape.height;
    for (ulong64 i = (ulong64)thread; i < length; i += MUON_THREADS) m[i] = m[i] * factor;
    FENCE();
    BARRIER();
    // Three products a round, by one call, since the compiler copies the code into every call.
    for (int step = 0; step < 3 * MUON_ROUNDS; step++) {
        const bool is_square = step % 3 == 0, is_polynomial = step % 3 == 1, is_last = step % 3 == 2;
        MuonProduct product;
        product.a = is_square ? m : is_polynomial ? square : polynomial;
        product.b = is_polynomial ? square : m;
        product.given = is_polynomial ? square : m;
        product.out = is_square ? square : is_polynomial ? polynomial : other;
        product.rows = shape.height;
        product.depth = is_square ? shape.width : shape.height;
        product.columns = is_last ? shape.width : shape.height;
        product.is_transposed = is_square;
        product.alpha = is_square ? 0.0f : is_polynomial ? MUON_THIRD : MUON_FIRST;
        product.beta = is_polynomial ? MUON_FIFTH : 1.0f;
        multiply(product, shared, thread);
        if (is_last) {
            GLOBAL float *before = m;
            m = other;
            other = before;
        }
    }
    return m;
}

KERNEL(muon, MuonArgs, MUON_THREADS) {
    SHARED(float4_, shared, 2 * TILE_LENGTH + 2 * SQUARE_LENGTH);
    const int thread = THREAD;
    GLOBAL const uint *entry = counter_at(arena, ARGS.table) + BLOCK_X * MUON_COLUMNS;
    const uint row = counter_at(arena, ARGS.control.control)[1];
    const float rate = arena[ARGS.control.rates + (ulong64)row * RATE_COLUMNS + RATE_MUON];
    const ulong64 start = entry[0];
    MuonShape shape;
    shape.rows = (int)entry[1];
    shape.columns = (int)entry[2];
    shape.height = shape.rows < shape.columns ? shape.rows : shape.columns;
    shape.width = shape.rows < shape.columns ? shape.columns : shape.rows;
    GLOBAL float *m = arena + (entry[3] | (ulong64)entry[4] << 32);
    const float factor = muon_begin(arena + ARGS.gradients + start, arena + ARGS.momentum + start, m, shape,
                                    (LOCAL float *)shared, thread);
    if (shape.height <= TILE_ROWS) {
        muon_flat(m, shape, factor, shared, thread);
    } else {
        m = muon_any(m, shape, factor, shared, thread);
    }
    const float ratio = (float)shape.rows / (float)shape.columns;
    const float step = rate * sqrt_(ratio > 1.0f ? ratio : 1.0f);
    step_along(arena + ARGS.parameters + start, m, shape, step, thread);
}
