// The way back of the padding of a convolution's input.
#pragma once

// The places of a padded side that can repeat a sample: those of the border before the picture, the sample's own, and
// those of the border behind it. There are 2 border + 1 of them; this is one, or -1 where it repeats another sample.
DEVICE int repeat(int index, int position, int length, int border, int padding) {
    if (index == border) return position + border;
    const int padded = index < border ? index : length + index - 1;
    return source(padded - border, length, padding) == position ? padded : -1;
}

// Whether no place of the borders repeats this sample.
DEVICE bool is_alone(int position, int length, int border, int padding) {
    return padding == PADDING_ZERO || (position > border && position < length - 1 - border);
}

KERNEL(fold, FoldArgs, THREADS) {
    const int border = ARGS.border, height = ARGS.height, width = ARGS.width, padding = ARGS.padding;
    const int pixel = BLOCK_X * THREADS + THREAD, y = pixel / width, x = pixel % width;
    if (y >= height) return;
    const ulong64 padded_width = width + 2 * border, padded_height = height + 2 * border;
    const ulong64 start = BLOCK_Y * padded_height * padded_width;
    GLOBAL const float4_ *from = (GLOBAL const float4_ *)(arena + ARGS.padded) + start * 2;
    GLOBAL float4_ *to = (GLOBAL float4_ *)(arena + ARGS.gradient) + ((ulong64)BLOCK_Y * height * width + pixel) * 2;
    float4_ low = four(0.0f, 0.0f, 0.0f, 0.0f), high = low;
    if (ARGS.store == STORE_ADD) {
        low = to[0];
        high = to[1];
    }
    // Most samples are read from their own place alone.
    const bool is_row_alone = is_alone(y, height, border, padding);
    const bool is_column_alone = is_alone(x, width, border, padding);
    const int first_i = is_row_alone ? border : 0, last_i = is_row_alone ? border : 2 * border;
    const int first_j = is_column_alone ? border : 0, last_j = is_column_alone ? border : 2 * border;
    for (int i = first_i; i <= last_i; i++) {
        const int row = repeat(i, y, height, border, padding);
        if (row < 0) continue;
        for (int j = first_j; j <= last_j; j++) {
            const int column = repeat(j, x, width, border, padding);
            if (column < 0) continue;
            const ulong64 at = (row * padded_width + column) * 2;
            low = add4(low, from[at]);
            high = add4(high, from[at + 1]);
        }
    }
    to[0] = low;
    to[1] = high;
}
