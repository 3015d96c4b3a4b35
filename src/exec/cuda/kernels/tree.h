// Sums over the threads of a block, always in the same order.
#pragma once

// Adds up numbers of THREADS threads, those whose index leaves the same rest after division by `width` (a power of
// two), and gives each thread the sums of its rest. `sums` has COUNT * THREADS f32s. All threads of the block call it.
template <int COUNT> DEVICE Several<COUNT> tree_sum(LOCAL float *sums, int thread, Several<COUNT> mine, int width) {
    UNROLL for (int i = 0; i < COUNT; i++) sums[i * THREADS + thread] = mine.lane[i];
    for (int step = THREADS / 2; step >= width; step /= 2) {
        BARRIER();
        if (thread < step) {
            UNROLL for (int i = 0; i < COUNT; i++) {
                mine.lane[i] += sums[i * THREADS + thread + step];
                sums[i * THREADS + thread] = mine.lane[i];
            }
        }
    }
    BARRIER();
    UNROLL for (int i = 0; i < COUNT; i++) mine.lane[i] = sums[i * THREADS + thread % width];
    // The caller may use the shared memory for something else now.
    BARRIER();
    return mine;
}

DEVICE float tree_sum_of_one(LOCAL float *sums, int thread, float mine, int width) {
    return tree_sum<1>(sums, thread, all_lanes<1>(mine), width).lane[0];
}

// Adds up the sums that so many blocks have left, in all threads of the last block.
DEVICE float sum_of_blocks(GLOBAL const float *partial, int blocks, LOCAL float *sums, int thread) {
    float sum = 0.0f;
    for (int i = thread; i < blocks; i += THREADS) sum += partial[i];
    return tree_sum_of_one(sums, thread, sum, 1);
}
