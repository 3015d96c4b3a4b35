// Sums over the blocks of a kernel whose result does not depend on the order in which blocks run.
#pragma once

// Whether all blocks of those that share this counter are done but this one: called by all threads of a block once they
// have written what they leave to the others. `flag` is one shared int. In Metal only the kernel itself knows its `thread`.
DEVICE bool is_last_block(GLOBAL uint *counter, int blocks, int thread, LOCAL int *flag) {
    FENCE();
    BARRIER();
    if (thread == 0) *flag = count_up(counter, (uint)blocks - 1u) == (uint)blocks - 1u;
    BARRIER();
    const bool is_last = *flag != 0;
    FENCE();
    return is_last;
}

DEVICE GLOBAL uint *counter_at(GLOBAL float *arena, Place place) { return (GLOBAL uint *)(arena + place); }
DEVICE GLOBAL int *table_at(GLOBAL float *arena, Place place) { return (GLOBAL int *)(arena + place); }
