// The weights of convolutions in the order in which convolutions read them.
#pragma once

// A place that a row of the table gives in two halves.
DEVICE Place place_in(GLOBAL const uint *row, int column) { return (Place)row[column] | (Place)row[column + 1] << 32; }

// Where a weight lies in the order of the convolution that reads it.
DEVICE ulong64 packed_at(uint input, uint output, uint tap, uint in_blocks, uint taps) {
    const ulong64 block = (ulong64)(output / 32) * in_blocks + input / 8;
    return ((block * taps + tap) * 8 + input % 8) * 32 + output % 32;
}

KERNEL(pack, PackArgs, THREADS) {
    GLOBAL const uint *row = (GLOBAL const uint *)(arena + ARGS.table) + (ulong64)BLOCK_Y * PACK_COLUMNS;
    GLOBAL const float *parameter = arena + place_in(row, 0);
    GLOBAL float *forward = arena + place_in(row, 2), *backward = arena + place_in(row, 4);
    const uint taps = row[6] * row[6], in_channels = row[7], out_channels = row[8];
    const uint in_blocks = row[9], out_blocks = row[10];
    GLOBAL const int *lanes = (GLOBAL const int *)(arena + place_in(row, 11));
    const ulong64 count = (ulong64)taps * in_channels * out_channels;
    for (ulong64 i = (ulong64)BLOCK_X * THREADS + THREAD; i < count; i += (ulong64)ARGS.parts * THREADS) {
        const uint tap = (uint)(i % taps), pair = (uint)(i / taps), output = pair / in_channels;
        const uint input = (uint)lanes[pair % in_channels];
        const float weight = parameter[i];
        forward[packed_at(input, output, tap, in_blocks, taps)] = weight;
        // The gradient by the input: the outputs are read, the taps come in the opposite order.
        backward[packed_at(output, input, taps - 1 - tap, out_blocks, taps)] = weight;
    }
}
