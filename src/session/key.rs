//! The key of a result: a digest of everything that its bits depend on, and of nothing else, for whoever keeps
//! results.

use blake3::Hasher;

use super::Inputs;
use super::device;
use crate::error::Result;
use crate::options::{Options, Row, rows};
use crate::pixels::{Original, Picture, Transfer};

/// The bytes of a key.
pub const KEY_BYTES: usize = 32;

/// The form of what is digested; it is raised whenever that changes.
const FORM: &str = "dipkit key 1";

/// The pictures that a session is given, as far as its result depends on them.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    pub image: &'a Original,
    pub mask: Option<&'a Picture>,
    pub guide: Option<&'a Original>,
}

impl<'a> From<&'a Inputs> for Given<'a> {
    fn from(inputs: &'a Inputs) -> Given<'a> {
        let guide = inputs.guide.as_ref().map(|guide| &guide.original);
        Given { image: &inputs.image.original, mask: inputs.mask.as_ref(), guide }
    }
}

/// Computes the key of the result that a session with these options and pictures would have. It depends on the engine's
/// version, the device and its instructions, the options and the samples; not on strength, threads and time limit, nor
/// on the layout of the buffers.
///
/// # Errors
/// `InvalidArgument` for an option out of range, `Unsupported` for a device that is not there.
pub fn key(options: &Options, given: Given) -> Result<[u8; KEY_BYTES]> {
    options.check()?;
    let device = device::open(options.device, options.device_index)?;
    Ok(key_on(&device::engine(&device, options.device_index)?, options, given))
}

/// Computes the key where the name of the engine is known already; see [`device::engine`].
pub(super) fn key_on(engine: &str, options: &Options, given: Given) -> [u8; KEY_BYTES] {
    let mut digest = Hasher::new();
    text(&mut digest, FORM);
    text(&mut digest, engine);
    for row in rows().iter().filter(|row| row.decides(options)) {
        text(&mut digest, row.name);
        digest.update(&number((row.get)(options)).to_le_bytes());
    }
    original(&mut digest, Some(given.image));
    picture(&mut digest, given.mask);
    original(&mut digest, given.guide);
    *digest.finalize().as_bytes()
}

/// "iterations 20, now 30" for each option that changes the result's bits.
pub(super) fn differences(then: &Options, now: &Options) -> Vec<String> {
    let deciding = rows().iter().filter(|row| row.decides(then) || row.decides(now));
    let numbers = deciding.map(|row| (row, (row.get)(then), (row.get)(now)));
    let differing = numbers.filter(|(_, then, now)| number(*then) != number(*now));
    let text =
        |(row, then, now): (&Row, f64, f64)| format!("{} {}, now {}", row.name, row.written(then), row.written(now));
    differing.map(text).collect()
}

/// The bits of an option's value, in which AUTO is one number, whichever NaN it is.
fn number(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}

fn original(digest: &mut Hasher, original: Option<&Original>) {
    if let Some(original) = original {
        digest.update(&[u8::from(original.transfer == Transfer::Linear), u8::from(original.premultiplied)]);
    }
    picture(digest, original.map(|original| &original.samples));
}

/// Digests a picture. Samples that are not finite are missing, and which of them they are makes no difference.
fn picture(digest: &mut Hasher, picture: Option<&Picture>) {
    let Some(picture) = picture else {
        digest.update(&[0]);
        return;
    };
    digest.update(&[1]);
    for side in [picture.channels, picture.size.width, picture.size.height] {
        digest.update(&(side as u64).to_le_bytes());
    }
    let mut bytes = vec![0; CHUNK * size_of::<f32>()];
    for chunk in picture.samples.chunks(CHUNK) {
        for (place, sample) in bytes.chunks_exact_mut(size_of::<f32>()).zip(chunk) {
            let sample = if sample.is_finite() { *sample } else { f32::NAN };
            place.copy_from_slice(&sample.to_le_bytes());
        }
        digest.update(&bytes[..size_of_val(chunk)]);
    }
}

/// The number of samples that are digested at once.
const CHUNK: usize = 1 << 14;

fn text(digest: &mut Hasher, text: &str) {
    digest.update(&(text.len() as u64).to_le_bytes());
    digest.update(text.as_bytes());
}
