//! The device that a session runs on.

use std::sync::Mutex;

use super::lock;
use crate::error::Result;
use crate::exec::cpu::kernels::conv::multiply_add_rate;
use crate::exec::cpu::simd::Simd;
use crate::exec::{Backend, Device, Pool};
use crate::options::{DeviceKind, Options};

/// The device of a session.
pub(super) struct DeviceInUse {
    /// What the options ask for.
    asked: DeviceKind,
    index: u32,
    current: Mutex<Device>,
    /// Why a graphics card that is there is not used.
    reason: Mutex<Option<String>>,
}

impl DeviceInUse {
    /// The device that was opened for these options.
    pub fn new(device: Device, options: &Options) -> DeviceInUse {
        let is_cpu = device.backend() == Backend::Cpu;
        let reason = if options.device == DeviceKind::Auto && is_cpu { Device::unusable() } else { None };
        DeviceInUse {
            asked: options.device,
            index: options.device_index,
            current: Mutex::new(device),
            reason: Mutex::new(reason),
        }
    }

    /// The device.
    pub fn current(&self) -> Device {
        lock(&self.current).clone()
    }

    /// Why a graphics card that is there is not used; None where there is none, or where it is used.
    pub fn reason(&self) -> Option<String> {
        lock(&self.reason).clone()
    }

    /// The name of the engine; see [`engine`].
    ///
    /// # Errors
    /// Those of [`engine`].
    pub fn engine(&self) -> Result<String> {
        engine(&self.current(), self.index)
    }

    /// Goes over to the CPU where the card cannot be used and the options leave the choice, and says whether it has.
    pub fn falls_back(&self, check: &Result<()>) -> bool {
        let Err(error) = check else { return false };
        let is_free = self.asked == DeviceKind::Auto;
        if is_free {
            *lock(&self.current) = Device::cpu();
            *lock(&self.reason) = Some(error.to_string());
        }
        is_free
    }
}

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
        // Every card runs the same arithmetic in the same order.
        (Backend::Cuda, true) => "CUDA".into(),
        (kind @ (Backend::Cpu | Backend::Cuda | Backend::Metal), _) => format!("{} {index} candle", kind.name()),
    };
    Ok(format!("dipkit {version}, {system} {machine}, {means}"))
}
