//! The floating-point settings of a thread. Rust takes for granted that no operation traps, that results are rounded to
//! the nearest number and that denormal numbers count. A host may have set its thread otherwise (Delphi and Free Pascal
//! programs trap on invalid operations), and threads inherit the settings of the thread that starts them.

/// A guard: while it lives, its thread computes as Rust expects. When it is dropped, the thread has its former settings
/// back, and the exceptions that were flagged before and no others.
#[must_use = "the state lasts as long as this lives"]
pub struct FloatState {
    before: Registers,
    /// Keeps the guard on the thread whose settings it holds.
    _thread: std::marker::PhantomData<*const ()>,
}

impl FloatState {
    /// Sets this thread up as Rust expects, until the guard is dropped.
    pub fn enter() -> FloatState {
        let before = Registers::read();
        Registers::USUAL.write();
        FloatState { before, _thread: std::marker::PhantomData }
    }
}

impl Drop for FloatState {
    fn drop(&mut self) {
        self.before.write();
    }
}

/// Sets up a thread of ours for good: as Rust expects, but with denormal numbers as 0. They are a hundred times slower,
/// and a fit makes many.
pub(super) fn set_for_kernels() {
    Registers::WITHOUT_DENORMALS.write();
}

#[cfg(any(target_arch = "x86_64", all(target_arch = "x86", target_feature = "sse")))]
#[derive(Clone, Copy)]
struct Registers {
    /// The register of SSE and AVX: which exceptions were flagged, which trap, and how results are rounded.
    mxcsr: u32,
    /// The control word of the x87: which exceptions trap, and how results are rounded.
    x87_control: u16,
}

#[cfg(any(target_arch = "x86_64", all(target_arch = "x86", target_feature = "sse")))]
impl Registers {
    /// The settings that a process starts with (System V ABI): no exception traps, results are rounded to the nearest,
    /// and the x87 computes in extended precision.
    const USUAL: Registers = Registers { mxcsr: 0x1f80, x87_control: 0x037f };
    /// The usual settings with flush-to-zero (bit 15) and denormals-are-zero (bit 6).
    const WITHOUT_DENORMALS: Registers = Registers { mxcsr: 0x1f80 | 0x8040, ..Registers::USUAL };

    fn read() -> Registers {
        let (mut mxcsr, mut x87_control) = (0u32, 0u16);
        // SAFETY: stmxcsr writes the four bytes of `mxcsr`, fnstcw the two of `x87_control`; nothing else changes.
        unsafe {
            std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut mxcsr, options(nostack, preserves_flags));
            std::arch::asm!("fnstcw word ptr [{}]", in(reg) &raw mut x87_control, options(nostack, preserves_flags));
        }
        Registers { mxcsr, x87_control }
    }

    fn write(self) {
        let Registers { mxcsr, x87_control } = self;
        // SAFETY: both read the bytes of a local. What they set is Rust's own expectation, or is given back to the
        // host's code that had it.
        unsafe {
            std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const mxcsr, options(nostack, preserves_flags));
            std::arch::asm!("fldcw word ptr [{}]", in(reg) &raw const x87_control, options(nostack, preserves_flags));
        }
    }
}

#[cfg(target_arch = "aarch64")]
#[derive(Clone, Copy)]
struct Registers {
    control: u64,
    /// Which exceptions were flagged.
    status: u64,
}

#[cfg(target_arch = "aarch64")]
impl Registers {
    const USUAL: Registers = Registers { control: 0, status: 0 };
    /// The usual settings with flush-to-zero (FZ).
    const WITHOUT_DENORMALS: Registers = Registers { control: 1 << 24, status: 0 };

    fn read() -> Registers {
        let control: u64;
        let status: u64;
        // SAFETY: both read this thread's floating-point registers.
        unsafe {
            std::arch::asm!("mrs {}, fpcr", out(reg) control, options(nostack, preserves_flags));
            std::arch::asm!("mrs {}, fpsr", out(reg) status, options(nostack, preserves_flags));
        }
        Registers { control, status }
    }

    fn write(self) {
        // SAFETY: as on x86: Rust's own expectation, or the host's own state.
        unsafe {
            std::arch::asm!("msr fpcr, {}", in(reg) self.control, options(nostack, preserves_flags));
            std::arch::asm!("msr fpsr, {}", in(reg) self.status, options(nostack, preserves_flags));
        }
    }
}

/// Nothing: the settings of other processors are left as they are.
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "x86", target_feature = "sse"), target_arch = "aarch64")))]
#[derive(Clone, Copy)]
struct Registers;

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "x86", target_feature = "sse"), target_arch = "aarch64")))]
impl Registers {
    const USUAL: Registers = Registers;
    const WITHOUT_DENORMALS: Registers = Registers;

    fn read() -> Registers {
        Registers
    }

    fn write(self) {}
}
