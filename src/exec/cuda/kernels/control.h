// The scalars that an iteration leaves behind, and its end.
#pragma once
#include "lanes.h"

KERNEL(keep_scalars, KeepArgs, CONTROL_THREADS) {
    if (THREAD != 0) return;
    const uint row = counter_at(arena, ARGS.control.control)[1];
    GLOBAL float *scalars = arena + ARGS.control.scalars + (ulong64)row * SCALAR_COLUMNS;
    scalars[SCALAR_LOSS] = arena[ARGS.loss];
    scalars[SCALAR_DATA_TERM] = arena[ARGS.data_term];
    scalars[SCALAR_RISK] = ARGS.has_risk ? arena[ARGS.risk] : float_of(0x7fc00000u);
    // Last, since the gradient may lie where a scalar lay.
    set_scalar(arena + ARGS.by_loss, 1.0f);
}

KERNEL(advance, AdvanceArgs, CONTROL_THREADS) {
    if (THREAD < 2) counter_at(arena, ARGS.control.control)[THREAD] += 1;
}
