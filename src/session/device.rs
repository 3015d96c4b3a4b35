//! Which device a session runs on.

use crate::error::Result;
use crate::exec::cpu::kernels::conv::multiply_add_rate;
use crate::exec::cpu::simd::Simd;
use crate::exec::{Backend, Device, Pool};
use crate::options::DeviceKind;

pub(super) fn open(device: DeviceKind, index: u32) -> Result<Device> {
    match device {
        DeviceKind::Auto => Ok(Device::fastest()),
        DeviceKind::Cpu => Device::open(Backend::Cpu, index),
        DeviceKind::Cuda => Device::open(Backend::Cuda, index),
        DeviceKind::Metal => Device::open(Backend::Metal, index),
    }
}

pub(super) fn kind_of(device: &Device) -> DeviceKind {
    match device.backend() {
        Backend::Cpu => DeviceKind::Cpu,
        Backend::Cuda => DeviceKind::Cuda,
        Backend::Metal => DeviceKind::Metal,
    }
}

/// Whether a session could run there.
pub fn is_available(device: DeviceKind, index: u32) -> bool {
    open(device, index).is_ok()
}

/// Name of the device, or why there is none.
pub fn describe(device: DeviceKind, index: u32) -> String {
    match open(device, index) {
        Ok(device) => device.description(index),
        Err(error) => error.to_string(),
    }
}

/// What the kernels of a CPU have to work with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuRate {
    /// The instructions in use: "portable", "avx2".
    pub simd: &'static str,
    /// Dense multiply-adds of f32 that they do on registers, FLOP/s over all threads.
    pub flops_per_second: f64,
}

impl CpuRate {
    pub(super) fn measure(threads: usize) -> Result<CpuRate> {
        let simd = Simd::choose()?;
        let flops_per_second = Pool::new(threads)?.run(|| multiply_add_rate(simd));
        Ok(CpuRate { simd: simd.name(), flops_per_second })
    }
}

/// What decides over the bits beside options and samples: this version, and the device with its instructions.
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
