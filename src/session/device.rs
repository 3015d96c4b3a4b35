//! The device that a session runs on.

use crate::error::Result;
use crate::exec::cpu::kernels::conv::multiply_add_rate;
use crate::exec::cpu::simd::Simd;
use crate::exec::{Backend, Device, Pool};
use crate::options::DeviceKind;

/// Opens the device that the options name.
///
/// # Errors
/// `Unsupported` where the build or the machine has no such device.
pub(super) fn open(device: DeviceKind, index: u32) -> Result<Device> {
    match device {
        DeviceKind::Auto => Ok(Device::fastest()),
        DeviceKind::Cpu => Device::open(Backend::Cpu, index),
        DeviceKind::Cuda => Device::open(Backend::Cuda, index),
        DeviceKind::Metal => Device::open(Backend::Metal, index),
    }
}

/// The kind of an open device, as options and metrics name it.
pub(super) fn kind_of(device: &Device) -> DeviceKind {
    match device.backend() {
        Backend::Cpu => DeviceKind::Cpu,
        Backend::Cuda => DeviceKind::Cuda,
        Backend::Metal => DeviceKind::Metal,
    }
}

/// Whether a session could run on this device.
pub fn is_available(device: DeviceKind, index: u32) -> bool {
    open(device, index).is_ok()
}

/// Describes the device, or says why there is none.
pub fn describe(device: DeviceKind, index: u32) -> String {
    match open(device, index) {
        Ok(device) => device.description(index),
        Err(error) => error.to_string(),
    }
}

/// What a CPU offers to the kernels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuRate {
    /// The instructions in use, "portable" or "avx2".
    pub simd: &'static str,
    /// The floating-point operations a second of dense multiply-adds on registers, over all threads.
    pub flops_per_second: f64,
}

impl CpuRate {
    /// Measures the rate on so many threads.
    ///
    /// # Errors
    /// `Unsupported` for instructions that this machine lacks; those of [`Pool::new`].
    pub(super) fn measure(threads: usize) -> Result<CpuRate> {
        let simd = Simd::choose()?;
        let flops_per_second = Pool::new(threads)?.run(|| multiply_add_rate(simd));
        Ok(CpuRate { simd: simd.name(), flops_per_second })
    }
}

/// Names all that decides over the bits of a result beside options and samples: the version, the system, and the device
/// with its instructions.
///
/// # Errors
/// `Unsupported` for instructions that this machine lacks.
pub(super) fn engine(device: &Device, index: u32) -> Result<String> {
    let version = env!("CARGO_PKG_VERSION");
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    let means = match (device.backend(), device.has_plan()) {
        (Backend::Cpu, true) => format!("CPU {}", Simd::choose()?.name()),
        (Backend::Cpu, false) => "CPU candle".into(),
        (kind @ (Backend::Cuda | Backend::Metal), _) => format!("{} {index}", kind.name()),
    };
    Ok(format!("dipkit {version}, {system} {machine}, {means}"))
}
