//! Vectors of eight channels, by which a kernel is written once for every set of instructions.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// A vector of eight f32. The methods are unsafe because they may use instructions that only some machines have: call
/// them in functions that [`for_every_width`] defines, which chooses the type by the machine. `load` and `store` also
/// need eight valid f32 behind the pointer, aligned as an f32.
pub trait Lanes: Copy {
    /// Whether one register holds all eight, so that a tile may have twice as many vectors.
    const IS_WIDE: bool;
    /// The vector of eight times the same value.
    unsafe fn splat(value: f32) -> Self;
    /// Reads a vector.
    unsafe fn load(from: *const f32) -> Self;
    /// Writes the vector.
    unsafe fn store(self, to: *mut f32);
    /// Asks for a cache line that will be read soon; the place may be anywhere.
    unsafe fn prefetch(place: *const f32);
    /// `self + other`.
    unsafe fn add(self, other: Self) -> Self;
    /// `self - other`.
    unsafe fn sub(self, other: Self) -> Self;
    /// `self * other`.
    unsafe fn mul(self, other: Self) -> Self;
    /// `self + left * right`, rounded once or twice.
    unsafe fn add_product(self, left: Self, right: Self) -> Self;
    /// `self - left * right`, rounded once or twice.
    unsafe fn sub_product(self, left: Self, right: Self) -> Self;
}

/// A vector in one AVX register, for machines that have AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub struct Avx2(__m256);

// SAFETY of each block: the machine has AVX2 and FMA, and pointers are good for eight f32, as the
// trait asks.
#[cfg(target_arch = "x86_64")]
impl Lanes for Avx2 {
    const IS_WIDE: bool = true;

    #[inline(always)]
    unsafe fn prefetch(place: *const f32) {
        // SAFETY: a hint, harmless wherever it points; every x86-64 has SSE.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) }
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: see above.
        Avx2(unsafe { _mm256_set1_ps(value) })
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        Avx2(unsafe { _mm256_loadu_ps(from) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see above.
        unsafe { _mm256_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Avx2(unsafe { _mm256_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        Avx2(unsafe { _mm256_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        Avx2(unsafe { _mm256_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn add_product(self, left: Self, right: Self) -> Self {
        // SAFETY: see above.
        Avx2(unsafe { _mm256_fmadd_ps(left.0, right.0, self.0) })
    }

    #[inline(always)]
    unsafe fn sub_product(self, left: Self, right: Self) -> Self {
        // SAFETY: see above.
        Avx2(unsafe { _mm256_fnmadd_ps(left.0, right.0, self.0) })
    }
}

/// A vector in what every x86-64 has: two SSE registers.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub struct Portable(__m128, __m128);

// SAFETY of each block: every x86-64 has SSE2, and pointers are good for eight f32.
#[cfg(target_arch = "x86_64")]
impl Lanes for Portable {
    const IS_WIDE: bool = false;

    #[inline(always)]
    unsafe fn prefetch(place: *const f32) {
        // SAFETY: a hint, harmless wherever it points; every x86-64 has SSE.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) }
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: see above.
        let one = unsafe { _mm_set1_ps(value) };
        Portable(one, one)
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        unsafe { Portable(_mm_loadu_ps(from), _mm_loadu_ps(from.add(4))) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see above.
        unsafe {
            _mm_storeu_ps(to, self.0);
            _mm_storeu_ps(to.add(4), self.1);
        }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Portable(_mm_add_ps(self.0, other.0), _mm_add_ps(self.1, other.1)) }
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Portable(_mm_sub_ps(self.0, other.0), _mm_sub_ps(self.1, other.1)) }
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Portable(_mm_mul_ps(self.0, other.0), _mm_mul_ps(self.1, other.1)) }
    }

    #[inline(always)]
    unsafe fn add_product(self, left: Self, right: Self) -> Self {
        // SAFETY: see above.
        unsafe { self.add(left.mul(right)) }
    }

    #[inline(always)]
    unsafe fn sub_product(self, left: Self, right: Self) -> Self {
        // SAFETY: see above.
        unsafe { self.sub(left.mul(right)) }
    }
}

/// A vector as an array, which is left to the compiler's vectoriser.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Clone, Copy)]
pub struct Portable([f32; 8]);

// SAFETY of each block: pointers are good for eight f32; the rest is plain arithmetic.
#[cfg(not(target_arch = "x86_64"))]
impl Lanes for Portable {
    const IS_WIDE: bool = false;

    #[inline(always)]
    unsafe fn prefetch(_place: *const f32) {}

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Portable([value; 8])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        Portable(unsafe { from.cast::<[f32; 8]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see above.
        unsafe { to.cast::<[f32; 8]>().write(self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Portable(std::array::from_fn(|lane| self.0[lane] + other.0[lane]))
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Portable(std::array::from_fn(|lane| self.0[lane] - other.0[lane]))
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Portable(std::array::from_fn(|lane| self.0[lane] * other.0[lane]))
    }

    #[inline(always)]
    unsafe fn add_product(self, left: Self, right: Self) -> Self {
        Portable(std::array::from_fn(|lane| self.0[lane] + left.0[lane] * right.0[lane]))
    }

    #[inline(always)]
    unsafe fn sub_product(self, left: Self, right: Self) -> Self {
        Portable(std::array::from_fn(|lane| self.0[lane] - left.0[lane] * right.0[lane]))
    }
}

/// Defines a function over a type of [`Lanes`] that is compiled for every [`Simd`](crate::exec::cpu::simd::Simd), which
/// becomes its first parameter. What its caller has to promise is in the function's own comment.
macro_rules! for_every_width {
    ($(#[$meta:meta])* $visibility:vis unsafe fn $name:ident<$lanes:ident>($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $visibility unsafe fn $name(simd: $crate::exec::cpu::simd::Simd, $($argument: $type),*) {
            #[inline(always)]
            unsafe fn body<$lanes: $crate::exec::cpu::kernels::conv::lanes::Lanes>($($argument: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2($($argument: $type),*) {
                // SAFETY: the caller's promise is the same.
                unsafe { body::<$crate::exec::cpu::kernels::conv::lanes::Avx2>($($argument),*) }
            }

            match simd {
                // SAFETY: `Simd` says AVX2 only where the machine has AVX2 and FMA; the rest is the
                // caller's promise.
                #[cfg(target_arch = "x86_64")]
                $crate::exec::cpu::simd::Simd::Avx2 => unsafe { avx2($($argument),*) },
                // SAFETY: the caller's promise.
                #[cfg(not(target_arch = "x86_64"))]
                $crate::exec::cpu::simd::Simd::Avx2 => unsafe {
                    body::<$crate::exec::cpu::kernels::conv::lanes::Portable>($($argument),*)
                },
                // SAFETY: the caller's promise.
                $crate::exec::cpu::simd::Simd::Portable => unsafe {
                    body::<$crate::exec::cpu::kernels::conv::lanes::Portable>($($argument),*)
                },
            }
        }
    };
}
pub(in crate::exec::cpu::kernels) use for_every_width;
