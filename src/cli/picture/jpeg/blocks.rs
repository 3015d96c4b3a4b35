//! From a block's coefficients to its 8x8 samples: the inverse DCT of libjpeg's default (Loeffler, Ligtenberg and
//! Moschytz 1989, "Practical fast 1-D DCT algorithms with 11 multiplications", in integers), bit for bit.

/// The coefficients of a block, in rows of rising horizontal frequency.
pub type CoefficientBlock = [i16; 64];

/// The places in a block of the coefficients in a file's order (T.81, figure 5).
pub const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// The fractional bits of the constants, and of what is kept between the two passes.
const CONSTANT_BITS: u32 = 13;
const PASS_BITS: u32 = 2;

/// A constant in fixed point, with [`CONSTANT_BITS`] fractional bits.
const fn fixed(value: f64) -> i32 {
    (value * (1 << CONSTANT_BITS) as f64 + 0.5) as i32
}

/// The samples of a block whose coefficients were divided by `steps`.
pub fn samples(block: &CoefficientBlock, steps: &[u16; 64]) -> [u8; 64] {
    let mut work = [0i32; 64];
    for x in 0..8 {
        let column =
            [0, 1, 2, 3, 4, 5, 6, 7].map(|y| i32::from(block[8 * y + x]).wrapping_mul(steps[8 * y + x].into()));
        if column[1..].iter().all(|&c| c == 0) {
            (0..8).for_each(|y| work[8 * y + x] = column[0] << PASS_BITS);
            continue;
        }
        let line = line(column, CONSTANT_BITS - PASS_BITS);
        (0..8).for_each(|y| work[8 * y + x] = line[y]);
    }
    let mut samples = [0; 64];
    for (row, out) in work.as_chunks::<8>().0.iter().zip(samples.as_chunks_mut::<8>().0) {
        // 3 bits: the factor 8 of the two passes.
        *out = line(*row, CONSTANT_BITS + PASS_BITS + 3).map(|value| (value + 128).clamp(0, 255) as u8);
    }
    samples
}

/// Transforms one row or column; the results are rounded and shifted right by `shift` bits.
#[inline]
fn line(c: [i32; 8], shift: u32) -> [i32; 8] {
    let mul = |a: i32, b: f64| a.wrapping_mul(if b < 0.0 { -fixed(-b) } else { fixed(b) });
    // Even part.
    let z1 = mul(c[2].wrapping_add(c[6]), 0.541196100);
    let (t2, t3) = (z1.wrapping_add(mul(c[6], -1.847759065)), z1.wrapping_add(mul(c[2], 0.765366865)));
    let t0 = c[0].wrapping_add(c[4]) << CONSTANT_BITS;
    let t1 = c[0].wrapping_sub(c[4]) << CONSTANT_BITS;
    let even = [t0.wrapping_add(t3), t1.wrapping_add(t2), t1.wrapping_sub(t2), t0.wrapping_sub(t3)];
    // Odd part.
    let (t0, t1, t2, t3) = (c[7], c[5], c[3], c[1]);
    let (z3, z4) = (t0.wrapping_add(t2), t1.wrapping_add(t3));
    let z5 = mul(z3.wrapping_add(z4), 1.175875602);
    let z1 = mul(t0.wrapping_add(t3), -0.899976223);
    let z2 = mul(t1.wrapping_add(t2), -2.562915447);
    let z3 = mul(z3, -1.961570560).wrapping_add(z5);
    let z4 = mul(z4, -0.390180644).wrapping_add(z5);
    let sum = |a: i32, b: i32, c: i32| a.wrapping_add(b).wrapping_add(c);
    let odd = [
        sum(mul(t3, 1.501321110), z1, z4),
        sum(mul(t2, 3.072711026), z2, z3),
        sum(mul(t1, 2.053119869), z2, z4),
        sum(mul(t0, 0.298631336), z1, z3),
    ];
    let round = |value: i32| value.wrapping_add(1 << (shift - 1)) >> shift;
    let mut out = [0; 8];
    for i in 0..4 {
        out[i] = round(even[i].wrapping_add(odd[i]));
        out[7 - i] = round(even[i].wrapping_sub(odd[i]));
    }
    out
}
