// Random numbers, those of src/rng.rs bit for bit: Philox 4x32-10, and normal numbers by Box and Muller.
#pragma once

// What the draws of a stream are keyed by.
struct Draws {
    uint seed, key, iteration;
};

DEVICE Draws draws_of(uint seed, uint key, uint iteration) {
    Draws draws;
    draws.seed = seed;
    draws.key = key;
    draws.iteration = iteration;
    return draws;
}

struct Words {
    uint word[4];
};

DEVICE uint high_half(uint a, uint b) { return (uint)(((ulong64)a * b) >> 32); }

// The four words of the block of draws at this index.
DEVICE Words philox(Draws draws, ulong64 index) {
    uint w = (uint)index, x = (uint)(index >> 32), y = draws.iteration, z = 0, low = draws.seed, high = draws.key;
    UNROLL for (int round = 0; round < 10; round++) {
        const uint a_low = 0xD2511F53u * w, a_high = high_half(0xD2511F53u, w);
        const uint b_low = 0xCD9E8D57u * y, b_high = high_half(0xCD9E8D57u, y);
        w = b_high ^ x ^ low;
        x = b_low;
        y = a_high ^ z ^ high;
        z = a_low;
        low += 0x9E3779B9u;
        high += 0xBB67AE85u;
    }
    Words words;
    words.word[0] = w;
    words.word[1] = x;
    words.word[2] = y;
    words.word[3] = z;
    return words;
}

// The 32 random bits at an index.
DEVICE uint draw_bits(Draws draws, ulong64 index) {
    const Words words = philox(draws, index / 4);
    const uint first = index & 2 ? words.word[2] : words.word[0], second = index & 2 ? words.word[3] : words.word[1];
    return index & 1 ? second : first;
}

// Makes 24 of the bits a number in 0..1, 1 excluded.
DEVICE float unit(uint bits) { return (float)(int)(bits >> 8) * (1.0f / 16777216.0f); }

// The natural logarithm of a normal number in (0, 1].
DEVICE float ln_(float x) {
    // x = m 2^e with m in [sqrt(1/2), sqrt(2))
    const uint shifted = bits_of(x) + (0x3f800000u - 0x3f3504f3u);
    const int exponent = (int)(shifted >> 23) - 127;
    const float m = float_of((shifted & 0x007fffffu) + 0x3f3504f3u);
    // ln m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172
    const float s = (m - 1.0f) / (m + 1.0f);
    const float s2 = s * s;
    float series = 1.0f / 9.0f;
    series = series * s2 + 1.0f / 7.0f;
    series = series * s2 + 1.0f / 5.0f;
    series = series * s2 + 1.0f / 3.0f;
    return 2.0f * s + 2.0f * s * s2 * series + (float)exponent * 0.69314718055994530942f;
}

// The cosine of 2 pi times the unit of these bits, or the sine.
DEVICE float turn(uint bits, bool is_sine) {
    // The nearest quarter turn, and what is left of it in -1/8..1/8.
    const uint quarter = ((bits >> 8) + (1u << 21)) >> 22;
    const int left = (int)(bits >> 8) - (int)(quarter << 22);
    const float x = (float)left * (6.28318530717958647693f / 16777216.0f);
    const float x2 = x * x;
    const float sine = x * (1.0f + x2 * (-1.0f / 6.0f + x2 * (1.0f / 120.0f + x2 * (-1.0f / 5040.0f))));
    const float cosine =
        1.0f + x2 * (-0.5f + x2 * (1.0f / 24.0f + x2 * (-1.0f / 720.0f + x2 * (1.0f / 40320.0f))));
    // A quarter turn on, the sine is the cosine and the cosine is minus the sine.
    const bool is_odd = (quarter & 1) != 0;
    const float found = is_odd == is_sine ? cosine : sine;
    const float signed_ = is_odd && !is_sine ? -found : found;
    return quarter & 2 ? -signed_ : signed_;
}

// The standard normal number at an index.
DEVICE float draw_normal(Draws draws, ulong64 index) {
    const Words words = philox(draws, index / 4);
    const uint radius_bits = index & 2 ? words.word[2] : words.word[0];
    const uint angle_bits = index & 2 ? words.word[3] : words.word[1];
    // In 2^-24..1, so that the logarithm is finite.
    const float radius = sqrt_(-2.0f * ln_(1.0f - unit(radius_bits)));
    return radius * turn(angle_bits, (index & 1) != 0);
}
