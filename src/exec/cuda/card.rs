//! The NVIDIA cards of this machine. The driver is looked for when it is first asked for, and a program starts and runs
//! on the CPU without one.

use std::sync::{Arc, OnceLock};

use cudarc::driver::{CudaContext, CudaModule, DriverError, sys};

use crate::error::{Error, Result};

/// The oldest driver whose functions and PTX the kernels need, as CUDA counts: that of CUDA 11.4, NVIDIA's driver 470.
const OLDEST_DRIVER: i32 = 11_040;
/// The oldest compute capability that the kernels run on (Turing, of 2018).
const OLDEST_CARD: (i32, i32) = (7, 5);
/// The kernels, which the driver compiles for its card.
const PTX: &str = include_str!("kernels/kernels.ptx");

/// A card that is open.
#[derive(Clone)]
pub struct Card {
    context: Arc<CudaContext>,
    name: String,
    memory_bytes: u64,
    /// The kernels, once a fit has needed them.
    kernels: Arc<OnceLock<Arc<CudaModule>>>,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.debug_struct("Card").field("name", &self.name).field("memory_bytes", &self.memory_bytes).finish()
    }
}

impl Card {
    /// Opens the card of this index.
    ///
    /// # Errors
    /// `Unsupported` where there is no driver or no such card, or where one of them is too old.
    pub fn open(index: u32) -> Result<Card> {
        look_for(index).map_err(|absence| match absence {
            Absence::Missing(text) | Absence::Unusable(text) => {
                Error::Unsupported(format!("no CUDA device {index}: {text}"))
            }
        })
    }

    /// Says why the first card of this machine cannot be used; None where there is no card, or nothing against it.
    pub fn unusable() -> Option<String> {
        match look_for(0) {
            Err(Absence::Unusable(text)) => Some(text),
            Err(Absence::Missing(_)) | Ok(_) => None,
        }
    }

    /// The name that the card's driver gives it, and the card's memory.
    pub fn description(&self) -> String {
        format!("{}, {:.1} GiB", self.name, self.memory_bytes as f64 / f64::from(1 << 30))
    }

    /// The bytes of the card's memory that are free now.
    ///
    /// # Errors
    /// `Device`.
    pub fn free_bytes(&self) -> Result<u64> {
        self.bind()?;
        let (free, _) = self.context.mem_get_info().map_err(|error| failed("asking for memory", error))?;
        Ok(free as u64)
    }

    pub(super) fn context(&self) -> &Arc<CudaContext> {
        &self.context
    }

    /// Makes the calling thread use the card, as calls that name no context ask for.
    ///
    /// # Errors
    /// `Device`.
    pub(super) fn bind(&self) -> Result<()> {
        self.context.bind_to_thread().map_err(|error| failed("using the card", error))
    }

    /// The kernels, compiled for this card by its driver at the first call.
    ///
    /// # Errors
    /// `Device` where the driver refuses them.
    pub(super) fn kernels(&self) -> Result<Arc<CudaModule>> {
        if let Some(kernels) = self.kernels.get() {
            return Ok(kernels.clone());
        }
        let kernels = self.context.load_module(PTX.into()).map_err(|error| failed("loading the kernels", error))?;
        Ok(self.kernels.get_or_init(|| kernels).clone())
    }
}

/// An error of the driver in this piece of work.
pub(super) fn failed(op: &'static str, error: DriverError) -> Error {
    Error::Device { op, message: format!("{} on the graphics card; the device cpu does without it", said(error)) }
}

/// Looks for the card of this index. The bindings panic where the driver's library lacks a function.
fn look_for(index: u32) -> std::result::Result<Card, Absence> {
    let lacks = |_| Err(Absence::Unusable("the NVIDIA driver lacks a function; a newer one has it".into()));
    std::panic::catch_unwind(|| find(index)).unwrap_or_else(lacks)
}

fn find(index: u32) -> std::result::Result<Card, Absence> {
    if !has_driver() {
        return Err(Absence::Missing("the NVIDIA driver is not installed".into()));
    }
    check_driver()?;
    let count = CudaContext::device_count()?;
    if i64::from(index) >= i64::from(count) {
        return Err(Absence::Missing(format!("the NVIDIA driver knows {count} cards, counted from 0")));
    }
    let context = CudaContext::new(index as usize)?;
    let name = context.name()?;
    let capability = context.compute_capability()?;
    if capability < OLDEST_CARD {
        let [found, needed] = [capability, OLDEST_CARD].map(|(major, minor)| format!("{major}.{minor}"));
        let text = format!("the {name} has compute capability {found}, which is older than {needed}");
        return Err(Absence::Unusable(text));
    }
    // SAFETY: all that a fit does to its memory is ordered by the fit's own stream, so that no event has to do it.
    unsafe { context.disable_event_tracking() };
    let memory_bytes = context.total_mem()? as u64;
    Ok(Card { context, name, memory_bytes, kernels: Arc::default() })
}

/// Whether the driver's library is there, which candle's CUDA is linked to.
#[cfg(feature = "cuda")]
fn has_driver() -> bool {
    true
}

/// Whether the driver's library is there.
#[cfg(not(feature = "cuda"))]
fn has_driver() -> bool {
    // SAFETY: it only opens the library, whose initialisers are NVIDIA's.
    unsafe { sys::is_culib_present() }
}

fn check_driver() -> std::result::Result<(), Absence> {
    let version = driver_version()?;
    if version < OLDEST_DRIVER {
        let found = format!("{}.{}", version / 1000, version % 1000 / 10);
        let text = format!("the NVIDIA driver, of CUDA {found}, is older than driver 470, of CUDA 11.4");
        return Err(Absence::Unusable(text));
    }
    Ok(())
}

fn driver_version() -> std::result::Result<i32, DriverError> {
    let mut version = 0;
    // SAFETY: the driver writes an int to where it is told.
    unsafe { sys::cuDriverGetVersion(&mut version) }.result()?;
    Ok(version)
}

/// Why no card can be used.
enum Absence {
    /// There is none.
    Missing(String),
    /// There is one that cannot be used.
    Unusable(String),
}

impl From<DriverError> for Absence {
    fn from(error: DriverError) -> Absence {
        match error.0 {
            sys::CUresult::CUDA_ERROR_NO_DEVICE => Absence::Missing("there is no NVIDIA card".into()),
            _ => Absence::Unusable(said(error)),
        }
    }
}

/// What the driver says of an error.
fn said(error: DriverError) -> String {
    let text = error.error_string().ok().map(|text| text.to_string_lossy().into_owned());
    text.unwrap_or_else(|| format!("{:?}", error.0))
}
