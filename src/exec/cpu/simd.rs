//! The vector instructions that the kernels use. They are chosen at run time, since a library that is shipped cannot be
//! built for one machine's features. Each kernel is written once and compiled for every set of instructions.

use crate::error::{Error, Result};

/// A set of vector instructions that the kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Simd {
    /// The instructions that every machine of the target has.
    Portable,
    /// AVX2 and FMA.
    Avx2,
}

impl Simd {
    /// Chooses the best set that this machine has, or the one that the environment variable `DIPKIT_SIMD` names
    /// (`portable` or `avx2`), which is for tests.
    ///
    /// # Errors
    /// `Unsupported` for an unknown name and for instructions that this machine lacks.
    pub fn choose() -> Result<Simd> {
        match std::env::var("DIPKIT_SIMD") {
            Ok(name) => Simd::named(&name),
            Err(_) => Ok(Simd::best()),
        }
    }

    /// Finds a set by its name, `portable` or `avx2`.
    ///
    /// # Errors
    /// `Unsupported` for an unknown name and for instructions that this machine lacks.
    pub fn named(name: &str) -> Result<Simd> {
        match name {
            "portable" => Ok(Simd::Portable),
            "avx2" if Simd::best() >= Simd::Avx2 => Ok(Simd::Avx2),
            "avx2" => Err(Error::Unsupported("this machine has no AVX2 and FMA".into())),
            _ => Err(Error::Unsupported(format!("DIPKIT_SIMD is \"{name}\", must be portable or avx2"))),
        }
    }

    /// The best set that this machine has.
    pub fn best() -> Simd {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            return Simd::Avx2;
        }
        Simd::Portable
    }

    /// The name of the set, `portable` or `avx2`.
    pub fn name(self) -> &'static str {
        match self {
            Simd::Portable => "portable",
            Simd::Avx2 => "avx2",
        }
    }
}

/// Defines a function whose body, plain Rust over slices, is compiled for every [`Simd`], which becomes the first
/// parameter of the function.
macro_rules! for_every_path {
    ($(#[$meta:meta])* $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $visibility fn $name(simd: $crate::exec::cpu::simd::Simd, $($argument: $type),*) $(-> $out)? {
            #[inline(always)]
            fn body($($argument: $type),*) $(-> $out)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) $(-> $out)? {
                body($($argument),*)
            }

            match simd {
                // SAFETY: `Simd` says AVX2 only where the machine has AVX2 and FMA.
                #[cfg(target_arch = "x86_64")]
                $crate::exec::cpu::simd::Simd::Avx2 => unsafe { avx2($($argument),*) },
                #[cfg(not(target_arch = "x86_64"))]
                $crate::exec::cpu::simd::Simd::Avx2 => body($($argument),*),
                $crate::exec::cpu::simd::Simd::Portable => body($($argument),*),
            }
        }
    };
}
pub(super) use for_every_path;
