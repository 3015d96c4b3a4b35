// The gradient of a convolution by its bias.
#pragma once

// Adds up what the threads of a block hold, [thread / 2][8]: thread 0 then has the sums of the first 4 lanes, thread 1
// of the others.
INLINED float4_ sum_of_pairs(float4_ sum, LOCAL float4_ *sums, int thread) {
    BARRIER();
    sums[thread] = sum;
    for (int step = THREADS / 2; step > 1; step /= 2) {
        BARRIER();
        if (thread < step) {
            sum = add4(sum, sums[thread + step]);
            sums[thread] = sum;
        }
    }
    return sum;
}

KERNEL(bias, BiasGradientArgs, THREADS) {
    SHARED(float4_, sums, THREADS);
    SHARED(int, flag, 1);
    const int part = THREAD % 2, block = BLOCK_Y;
    GLOBAL const float4_ *from =
        (GLOBAL const float4_ *)(arena + ARGS.by_output) + (ulong64)block * (ulong64)ARGS.pixels * 2 + part;
    float4_ sum = four(0.0f, 0.0f, 0.0f, 0.0f);
    UNROLL for (int k = 0; k < SLAB_PIXELS * 2 / THREADS; k++) {
        const int pixel = BLOCK_X * SLAB_PIXELS + THREAD / 2 + k * (THREADS / 2);
        if (pixel < ARGS.pixels) sum = add4(sum, from[(ulong64)pixel * 2]);
    }
    sum = sum_of_pairs(sum, sums, THREAD);
    // [slab][block][8]
    GLOBAL float4_ *partial = (GLOBAL float4_ *)(arena + ARGS.partial) + (ulong64)block * 2 + part;
    if (THREAD < 2) partial[(ulong64)BLOCK_X * (ulong64)ARGS.blocks * 2] = sum;
    if (!is_last_block(counter_at(arena, ARGS.counters) + block, ARGS.slabs, THREAD, flag)) return;

    sum = four(0.0f, 0.0f, 0.0f, 0.0f);
    for (int slab = THREAD / 2; slab < ARGS.slabs; slab += THREADS / 2)
        sum = add4(sum, partial[(ulong64)slab * (ulong64)ARGS.blocks * 2]);
    sum = sum_of_pairs(sum, sums, THREAD);
    if (THREAD < 2)
        for (int o = 0; o < 4; o++) {
            const int channel = block * LANES + part * 4 + o;
            if (channel < ARGS.channels) arena[ARGS.result + channel] = lane_of(sum, o);
        }
}
