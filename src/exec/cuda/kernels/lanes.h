// The lanes of a pixel, all eight or half of them, read and written 16 bytes at a time. Pictures and all that has a
// number for each physical channel begin at a Place that 4 divides.
#pragma once

template <int COUNT> struct Several {
    float lane[COUNT];
};
typedef Several<4> Four;
typedef Several<8> Eight;

DEVICE Four load_four(GLOBAL const float *from) {
    const float4_ loaded = *(GLOBAL const float4_ *)from;
    Four four;
    four.lane[0] = loaded.x;
    four.lane[1] = loaded.y;
    four.lane[2] = loaded.z;
    four.lane[3] = loaded.w;
    return four;
}

DEVICE void store_four(GLOBAL float *to, Four four) {
    float4_ stored;
    stored.x = four.lane[0];
    stored.y = four.lane[1];
    stored.z = four.lane[2];
    stored.w = four.lane[3];
    *(GLOBAL float4_ *)to = stored;
}

DEVICE Eight load_eight(GLOBAL const float *from) {
    const Four low = load_four(from), high = load_four(from + 4);
    Eight eight;
    UNROLL for (int i = 0; i < 4; i++) {
        eight.lane[i] = low.lane[i];
        eight.lane[i + 4] = high.lane[i];
    }
    return eight;
}

DEVICE void store_eight(GLOBAL float *to, Eight eight) {
    Four low, high;
    UNROLL for (int i = 0; i < 4; i++) {
        low.lane[i] = eight.lane[i];
        high.lane[i] = eight.lane[i + 4];
    }
    store_four(to, low);
    store_four(to + 4, high);
}

// The same number in all lanes.
template <int COUNT> DEVICE Several<COUNT> all_lanes(float number) {
    Several<COUNT> lanes;
    UNROLL for (int i = 0; i < COUNT; i++) lanes.lane[i] = number;
    return lanes;
}

// Leaves a result where it belongs; see "Store" in arguments.h.
DEVICE void leave_four(GLOBAL float *to, Four result, int store) {
    if (store == STORE_ADD) {
        const Four before = load_four(to);
        UNROLL for (int i = 0; i < 4; i++) result.lane[i] = before.lane[i] + result.lane[i];
    }
    store_four(to, result);
}

DEVICE void leave_eight(GLOBAL float *to, Eight result, int store) {
    if (store == STORE_ADD) {
        const Eight before = load_eight(to);
        UNROLL for (int i = 0; i < LANES; i++) result.lane[i] = before.lane[i] + result.lane[i];
    }
    store_eight(to, result);
}

DEVICE void leave(GLOBAL float *to, float result, int store) {
    *to = store == STORE_ADD ? *to + result : result;
}

// The index of the first lane of a pixel within its block, and within the picture.
DEVICE ulong64 lanes_at(int pixel) { return (ulong64)pixel * LANES; }
DEVICE ulong64 lanes_of(int block, int pixels, int pixel) { return ((ulong64)block * pixels + pixel) * LANES; }

// The index of a sample by its physical channel.
DEVICE ulong64 sample_of(int channel, int pixels, int pixel) {
    return lanes_of(channel / LANES, pixels, pixel) + channel % LANES;
}

// Writes a scalar to its block.
DEVICE void set_scalar(GLOBAL float *to, float scalar) {
    to[0] = scalar;
    for (int i = 1; i < LANES; i++) to[i] = 0.0f;
}
