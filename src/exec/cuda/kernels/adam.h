// Adam's update; exec/rules.rs.
#pragma once

CONSTANT float ADAM_FIRST_DECAY = 0.9f, ADAM_FIRST_FRESH = 0.1f;
CONSTANT float ADAM_SECOND_DECAY = 0.999f, ADAM_SECOND_FRESH = 0.001f;
CONSTANT float ADAM_EPSILON = 1e-8f;

KERNEL(adam, AdamArgs, THREADS) {
    GLOBAL const uint *run = counter_at(arena, ARGS.table) + BLOCK_X * 2;
    const uint row = counter_at(arena, ARGS.control.control)[1];
    GLOBAL const float *rates = arena + ARGS.control.rates + (ulong64)row * RATE_COLUMNS;
    const float rate = rates[RATE_ADAM], scale = rates[RATE_ADAM_SCALE];
    const ulong64 start = run[0];
    const int length = (int)run[1];
    for (int i = THREAD; i < length; i += THREADS) {
        const ulong64 at = start + i;
        const float g = arena[ARGS.gradients + at];
        const float m = arena[ARGS.first + at] * ADAM_FIRST_DECAY + g * ADAM_FIRST_FRESH;
        const float v = arena[ARGS.second + at] * ADAM_SECOND_DECAY + g * g * ADAM_SECOND_FRESH;
        arena[ARGS.first + at] = m;
        arena[ARGS.second + at] = v;
        arena[ARGS.parameters + at] = arena[ARGS.parameters + at] - rate * m / (sqrt_(v) * scale + ADAM_EPSILON);
    }
}
