//! Devices: what this build and this machine have.

use crate::error::{Error, Result};

/// What a device is programmed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Cpu,
    Cuda,
    Metal,
}

/// A device that is open.
#[derive(Debug, Clone)]
pub struct Device {
    backend: Backend,
    /// Whether this is a CPU that runs the static plan, not the candle executor.
    has_plan: bool,
    candle: candle_core::Device,
}

impl Device {
    /// Opens the device number `index` of a backend (0 on the CPU).
    ///
    /// # Errors
    /// `Unsupported` where the build or the machine has no such device.
    pub fn open(backend: Backend, index: u32) -> Result<Device> {
        let opened = match backend {
            Backend::Cpu if index == 0 => Ok(candle_core::Device::Cpu),
            Backend::Cpu => return Err(Error::Unsupported(format!("there is no CPU {index}, only CPU 0"))),
            Backend::Cuda if !cfg!(feature = "cuda") => return Err(missing_feature("CUDA")),
            Backend::Metal if !cfg!(feature = "metal") => return Err(missing_feature("Metal")),
            // The drivers' bindings panic where a library is missing.
            Backend::Cuda => guarded(|| candle_core::Device::new_cuda(index as usize)),
            Backend::Metal => guarded(|| candle_core::Device::new_metal(index as usize)),
        };
        match opened {
            Ok(candle) => Ok(Device { backend, has_plan: backend == Backend::Cpu, candle }),
            Err(reason) => Err(Error::Unsupported(format!("no {} device {index}: {reason}", backend.name()))),
        }
    }

    /// The fastest device of this build and machine.
    pub fn fastest() -> Device {
        let gpus = [Backend::Cuda, Backend::Metal];
        let gpu = gpus.into_iter().find_map(|backend| Device::open(backend, 0).ok());
        gpu.unwrap_or(Device { backend: Backend::Cpu, has_plan: true, candle: candle_core::Device::Cpu })
    }

    /// The CPU with the candle executor, which judges the static plan.
    pub fn judge() -> Device {
        Device { backend: Backend::Cpu, has_plan: false, candle: candle_core::Device::Cpu }
    }

    /// Whether this device runs the static plan; other devices run candle.
    pub fn has_plan(&self) -> bool {
        self.has_plan
    }

    /// What the device is programmed by.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Describes the device to people, for instance "CPU, 8 threads"; `index` is the number that it was opened by.
    pub fn description(&self, index: u32) -> String {
        match self.backend {
            Backend::Cpu => format!("CPU, {} threads", super::cores()),
            Backend::Cuda | Backend::Metal => format!("{} device {index}", self.backend.name()),
        }
    }

    pub(super) fn candle(&self) -> &candle_core::Device {
        &self.candle
    }
}

impl Backend {
    /// The name as its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Cpu => "CPU",
            Backend::Cuda => "CUDA",
            Backend::Metal => "Metal",
        }
    }
}

fn missing_feature(name: &str) -> Error {
    Error::Unsupported(format!("this build of dipkit has no {name}"))
}

fn guarded(
    open: impl FnOnce() -> candle_core::Result<candle_core::Device> + std::panic::UnwindSafe,
) -> std::result::Result<candle_core::Device, String> {
    match std::panic::catch_unwind(open) {
        // What follows is a backtrace, where the environment asks for one.
        Ok(opened) => opened.map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned()),
        Err(_) => Err("its driver library was not found".into()),
    }
}
