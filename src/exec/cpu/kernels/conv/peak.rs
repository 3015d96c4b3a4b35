//! The peak rate of multiply-adds of a machine, which convolutions are compared with.

use std::time::{Duration, Instant};

use super::lanes::for_every_width;
use crate::exec::cpu::simd::Simd;

/// The number of rounds of the loop between two looks at the clock.
const TIMES: usize = 200_000;
/// The number of sums that do not wait for each other.
const CHAINS: usize = 12;
/// How often the rate is measured; the best time counts, since others share the machine.
const ROUNDS: usize = 9;

/// Measures the floating-point operations a second of multiply-adds on registers, on all threads of the pool that it is
/// called in; takes about a twentieth of a second.
pub fn multiply_add_rate(simd: Simd) -> f64 {
    let times = rayon::broadcast(|_| {
        let mut sums = [0.0; 8 * CHAINS];
        let round = |_| {
            let start = Instant::now();
            // SAFETY: the caller has nothing to promise but that `simd` is the machine's.
            unsafe { chains(simd, TIMES, &mut sums) };
            std::hint::black_box(&sums);
            start.elapsed()
        };
        (0..ROUNDS).map(round).min().unwrap_or(Duration::MAX)
    });
    times.iter().map(|time| operations(simd) / time.as_secs_f64()).sum()
}

fn chains_of(is_wide: bool) -> usize {
    // Narrow lanes take two registers each, of which there are sixteen.
    if is_wide { CHAINS } else { CHAINS / 2 }
}

fn operations(simd: Simd) -> f64 {
    (2 * 8 * TIMES * chains_of(simd != Simd::Portable)) as f64
}

for_every_width! {
    unsafe fn chains<L>(times: usize, sums: &mut [f32; 8 * CHAINS]) {
        // SAFETY: each store has eight places of `sums`; lanes are the machine's by the caller's promise.
        unsafe {
            let factor = L::splat(std::hint::black_box(0.999));
            let mut registers = [factor; CHAINS];
            for _ in 0..times {
                for register in &mut registers[..chains_of(L::IS_WIDE)] {
                    *register = factor.add_product(*register, factor);
                }
            }
            for (register, place) in registers.iter().zip(sums.chunks_exact_mut(8)) {
                register.store(place.as_mut_ptr());
            }
        }
    }
}
