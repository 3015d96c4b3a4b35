// The logistic function of each sample, by the arithmetic of exec/cpu/ops/sigmoid.rs.
#pragma once
#include "lanes.h"

// e^x with a relative error of at most 2e-7; x beyond +-87 counts as +-87.
DEVICE float exp_(float x) {
    // A NaN stays one, as comparisons with it are false.
    x = x > 87.0f ? 87.0f : x;
    x = x < -87.0f ? -87.0f : x;
    // The nearest whole number, by the addition that leaves no room for a fraction.
    const float n = (x * 1.44269504088896340736f + 12582912.0f) - 12582912.0f;
    // ln 2 in two parts, so that n ln 2 is exact.
    const float r = x - n * 0.6933594f - n * -2.1219444e-4f;
    float p = 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    return p * float_of((uint)((int)n + 127) << 23);
}

KERNEL(sigmoid, SigmoidArgs, THREADS) {
    const ulong64 at = (ulong64)BLOCK_X * THREADS + THREAD;
    if (at >= ARGS.length) return;
    arena[ARGS.output + at] = 1.0f / (1.0f + exp_(-arena[ARGS.input + at]));
}

KERNEL(sigmoid_back, SigmoidBackArgs, THREADS) {
    const ulong64 at = (ulong64)BLOCK_X * THREADS + THREAD;
    if (at >= ARGS.length) return;
    const float s = arena[ARGS.output + at];
    leave(arena + ARGS.by_input + at, arena[ARGS.by_output + at] * s * (1.0f - s), ARGS.store);
}
