//! Devices: what this build and this machine have.

#[cfg(has_cuda)]
use super::cuda::Card;
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
    means: Means,
}

/// What runs a graph on a device.
#[derive(Debug, Clone)]
pub(super) enum Means {
    /// The static plan, on the CPU.
    Plan,
    /// The static plan, on an NVIDIA card.
    #[cfg(has_cuda)]
    Card(Card),
    /// Candle's tensors.
    Candle(candle_core::Device),
}

impl Device {
    /// Opens the device number `index` of a backend (0 on the CPU).
    ///
    /// # Errors
    /// `Unsupported` where the build or the machine has no such device.
    pub fn open(backend: Backend, index: u32) -> Result<Device> {
        let means = match backend {
            Backend::Cpu if index == 0 => Means::Plan,
            Backend::Cpu => return Err(Error::Unsupported(format!("there is no CPU {index}, only CPU 0"))),
            Backend::Cuda => card(index)?,
            Backend::Metal => Means::Candle(candle(backend, index)?),
        };
        Ok(Device { backend, means })
    }

    /// The CPU.
    pub fn cpu() -> Device {
        Device { backend: Backend::Cpu, means: Means::Plan }
    }

    /// A graphics card that is open.
    #[cfg(has_cuda)]
    pub(super) fn card(card: &Card) -> Device {
        Device { backend: Backend::Cuda, means: Means::Card(card.clone()) }
    }

    /// The fastest device of this build and machine.
    pub fn fastest() -> Device {
        let gpus = [Backend::Cuda, Backend::Metal];
        gpus.into_iter().find_map(|backend| Device::open(backend, 0).ok()).unwrap_or(Device::cpu())
    }

    /// Says why a graphics card that is there cannot be used; None where there is none, or nothing against it.
    pub fn unusable() -> Option<String> {
        #[cfg(has_cuda)]
        return Card::unusable();
        #[cfg(not(has_cuda))]
        None
    }

    /// The device with the candle executor, which judges the others. On an NVIDIA card it needs the feature `cuda`.
    ///
    /// # Errors
    /// `Unsupported` where the build or the machine has no such device.
    pub fn judge(backend: Backend, index: u32) -> Result<Device> {
        Ok(Device { backend, means: Means::Candle(candle(backend, index)?) })
    }

    /// What runs a graph on the device.
    pub(super) fn means(&self) -> &Means {
        &self.means
    }

    /// Whether this device runs the static plan; other devices run candle.
    pub fn has_plan(&self) -> bool {
        match &self.means {
            Means::Plan => true,
            #[cfg(has_cuda)]
            Means::Card(_) => true,
            Means::Candle(_) => false,
        }
    }

    /// What the device is programmed by.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Describes the device to people, for instance "CPU, 8 threads"; `index` is the number that it was opened by.
    pub fn description(&self, index: u32) -> String {
        match &self.means {
            Means::Plan => format!("CPU, {} threads", super::cores()),
            #[cfg(has_cuda)]
            Means::Card(card) => card.description(),
            Means::Candle(_) => format!("{} device {index}", self.backend.name()),
        }
    }

    /// The device as candle knows it.
    ///
    /// # Errors
    /// `Unsupported` for an NVIDIA card that is open for the static plan.
    pub(super) fn candle(&self) -> Result<candle_core::Device> {
        match &self.means {
            Means::Plan => Ok(candle_core::Device::Cpu),
            #[cfg(has_cuda)]
            Means::Card(_) => Err(Error::Unsupported("this card is not open for candle".into())),
            Means::Candle(device) => Ok(device.clone()),
        }
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

#[cfg(has_cuda)]
fn card(index: u32) -> Result<Means> {
    Card::open(index).map(Means::Card)
}

#[cfg(not(has_cuda))]
fn card(_: u32) -> Result<Means> {
    Err(Error::Unsupported("there is no CUDA on this system".into()))
}

/// Opens a device for candle.
fn candle(backend: Backend, index: u32) -> Result<candle_core::Device> {
    let opened = match backend {
        Backend::Cpu => Ok(candle_core::Device::Cpu),
        Backend::Cuda if !cfg!(feature = "cuda") => return Err(missing_feature("candle's CUDA")),
        Backend::Metal if !cfg!(feature = "metal") => return Err(missing_feature("Metal")),
        // The drivers' bindings panic where a library is missing.
        // On a stream of its own, since the default one is another in each thread of the host.
        Backend::Cuda => guarded(|| candle_core::Device::new_cuda_with_stream(index as usize).map(untracked)),
        Backend::Metal => guarded(|| candle_core::Device::new_metal(index as usize)),
    };
    opened.map_err(|reason| Error::Unsupported(format!("no {} device {index}: {reason}", backend.name())))
}

/// Candle's CUDA device without the events that its tensors would record, two for each, to order several streams.
#[cfg(feature = "cuda")]
fn untracked(device: candle_core::Device) -> candle_core::Device {
    if let candle_core::Device::Cuda(device) = &device {
        // SAFETY: all that an executor does is ordered by the one stream of its device.
        unsafe { device.disable_event_tracking() };
    }
    device
}

#[cfg(not(feature = "cuda"))]
fn untracked(device: candle_core::Device) -> candle_core::Device {
    device
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
