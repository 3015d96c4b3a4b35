// How kernels read a picture: its view, and its borders.
#pragma once

// What readers see of the sample x. Product and sum are rounded apart: where a channel has one value only, x is the mean,
// and x * factor then takes away all of the mean that is in the offset.
DEVICE float seen(float x, float factor, float offset, int is_leaky) {
    const float y = x * factor + offset;
    return is_leaky && y <= 0.0f ? LEAKY_SLOPE * y : y;
}

// The sample that a position beyond the borders repeats, or -1 for a zero; graph/padding.rs.
DEVICE int source(int position, int length, int padding) {
    if (position >= 0 && position < length) return position;
    if (padding == PADDING_ZERO) return -1;
    if (length == 1) return 0;
    const int period = 2 * (length - 1);
    int folded = position % period;
    folded = folded < 0 ? folded + period : folded;
    return folded < period - folded ? folded : period - folded;
}
