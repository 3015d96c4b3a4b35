//! The file of a saved session: a head of numbers and named buffers in one safetensors file, with a digest over all of
//! it. It is written beside its place and then moved there, so that at any time there is the old file, the new one or
//! none.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};

use super::Metrics;
use super::key::KEY_BYTES;
use super::work::saving;
use crate::error::{Error, Result};
use crate::options::{self, Options, Quality, Task};

/// The samples of each buffer, by its name.
pub(super) type Buffers = BTreeMap<String, Vec<f32>>;

/// All of a saved session but its buffers.
#[derive(Serialize, Deserialize)]
pub(super) struct SessionHead {
    /// The name of the engine that saved it.
    pub engine: String,
    /// The key of its result.
    pub key: [u8; KEY_BYTES],
    /// The options as they were asked for.
    pub asked: OptionValues,
    /// The options without AUTO.
    pub resolved: OptionValues,
    pub metrics: Metrics,
    /// The floating-point operations of an iteration of the first job.
    pub flops: u64,
    /// The work that is left; None where it is done.
    pub work: Option<saving::WorkHead>,
}

/// The values of options by name; NaN is AUTO.
pub(super) type OptionValues = Vec<(String, f64)>;

/// The note that says what the file is and which form it has.
const MARK: &str = "dipkit";
const FORM: &str = "session 2";
const DIGEST: &str = "digest";
/// The name of the tensor that is no buffer.
const HEAD: &str = "head";
/// How names of files begin that are not whole yet.
const UNFINISHED: &str = ".dipkit-";

impl SessionHead {
    /// Refuses a file of another engine or of other inputs.
    pub fn check(&self, path: &Path, engine: &str, key: &[u8; KEY_BYTES]) -> Result<()> {
        let path = path.display();
        if self.engine != engine {
            let text = format!("{path} was saved by {}, this is {engine}: fit the picture again", self.engine);
            return Err(Error::Unsupported(text));
        }
        if self.key != *key {
            return Err(Error::invalid(format!("{path} was saved with another image, mask or guide than is given")));
        }
        Ok(())
    }
}

/// Lists the values of all options.
pub(super) fn numbers(options: &Options) -> OptionValues {
    options::rows().iter().map(|row| (row.name.to_owned(), (row.get)(options))).collect()
}

/// Makes options of the values that a file has.
///
/// # Errors
/// `InvalidArgument` for an unknown option; `Io` for a value out of range.
pub(super) fn options(path: &Path, numbers: &OptionValues) -> Result<Options> {
    let mut options = Options::new(Task::Denoise, Quality::Balanced);
    for (name, number) in numbers {
        let row = options::row(name)?;
        row.check(*number).map_err(|error| refuse(path, error.to_string()))?;
        (row.set)(&mut options, *number);
    }
    Ok(options)
}

/// Writes the file of a session.
///
/// # Errors
/// `Io` where the file cannot be written; what was there before then stays.
pub(super) fn write(path: &Path, head: &SessionHead, buffers: &Buffers) -> Result<()> {
    let failed = |message: String| Error::Io { path: path.to_owned(), message };
    let head = postcard::to_stdvec(head).map_err(|error| Error::Internal(error.to_string()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut unfinished = builder().tempfile_in(folder).map_err(|error| failed(error.to_string()))?;
    let digest = digest(&head, buffers.iter().map(|(name, samples)| (name.as_str(), bytes(samples))));
    let notes = [(MARK, FORM.to_owned()), (DIGEST, digest)].map(|(name, text)| (name.to_owned(), text));
    let tensors = buffers.iter().map(|(name, samples)| (name.as_str(), SavedTensor::Samples([samples.len()], samples)));
    let tensors = tensors.chain([(HEAD, SavedTensor::Head([head.len()], &head))]);
    // The library's own way to a file neither waits for the disk nor lets other users read it.
    let whole =
        safetensors::serialize(tensors, Some(HashMap::from(notes))).map_err(|error| failed(error.to_string()))?;
    let written = unfinished.write_all(&whole).and_then(|()| unfinished.as_file().sync_all());
    written.map_err(|error| failed(error.to_string()))?;
    unfinished.persist(path).map_err(|error| failed(error.error.to_string()))?;
    Ok(())
}

/// Creates a file that others may read as any new file, where a temporary one would be the user's alone.
#[cfg(unix)]
fn builder() -> tempfile::Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED).permissions(std::fs::Permissions::from_mode(0o666));
    builder
}

#[cfg(not(unix))]
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    builder
}

/// Reads the file of a session.
///
/// # Errors
/// `Io` for a file that cannot be read, or that is no saved session, whole and unchanged.
pub(super) fn read(path: &Path) -> Result<(SessionHead, Buffers)> {
    let whole = std::fs::read(path).map_err(|error| Error::Io { path: path.to_owned(), message: error.to_string() })?;
    let (_, metadata) = SafeTensors::read_metadata(&whole).map_err(|error| refuse(path, error.to_string()))?;
    let notes = metadata.metadata().clone().unwrap_or_default();
    match notes.get(MARK) {
        Some(form) if form == FORM => {}
        Some(form) => return Err(refuse(path, format!("it has the form \"{form}\", this version reads \"{FORM}\""))),
        None => return Err(refuse(path, "another program wrote it".into())),
    }
    let tensors = SafeTensors::deserialize(&whole).map_err(|error| refuse(path, error.to_string()))?;
    let head = tensors.tensor(HEAD).map_err(|error| refuse(path, error.to_string()))?.data();
    let named: BTreeMap<&str, &[u8]> =
        tensors.iter().filter(|(name, _)| *name != HEAD).map(|(name, tensor)| (name, tensor.data())).collect();
    let digest = digest(head, named.iter().map(|(name, data)| (*name, Cow::Borrowed(*data))));
    if notes.get(DIGEST) != Some(&digest) {
        return Err(refuse(path, "it has changed since it was saved".into()));
    }
    let head = postcard::from_bytes(head).map_err(|error| refuse(path, error.to_string()))?;
    Ok((head, named.into_iter().map(|(name, data)| (name.to_owned(), samples(data))).collect()))
}

/// The error for a file that could be read but is no saved session, with the reason.
pub(super) fn refuse(path: &Path, text: String) -> Error {
    Error::Io { path: path.to_owned(), message: format!("this is no whole saved session: {text}") }
}

/// Computes the digest of the head, and of the buffers in the order of their names.
fn digest<'a>(head: &'a [u8], buffers: impl Iterator<Item = (&'a str, Cow<'a, [u8]>)>) -> String {
    let mut digest = blake3::Hasher::new();
    for (name, bytes) in [(HEAD, Cow::Borrowed(head))].into_iter().chain(buffers) {
        digest.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
        digest.update(&(bytes.len() as u64).to_le_bytes()).update(&bytes);
    }
    digest.finalize().to_string()
}

fn bytes(samples: &[f32]) -> Cow<'static, [u8]> {
    let mut bytes = vec![0; size_of_val(samples)];
    let places = bytes.chunks_exact_mut(size_of::<f32>());
    places.zip(samples).for_each(|(place, sample)| place.copy_from_slice(&sample.to_le_bytes()));
    Cow::Owned(bytes)
}

fn samples(bytes: &[u8]) -> Vec<f32> {
    let sample = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    bytes.chunks_exact(size_of::<f32>()).map(sample).collect()
}

/// An entry of the file, with its length.
enum SavedTensor<'a> {
    Samples([usize; 1], &'a [f32]),
    Head([usize; 1], &'a [u8]),
}

impl View for SavedTensor<'_> {
    fn dtype(&self) -> Dtype {
        match self {
            SavedTensor::Samples(..) => Dtype::F32,
            SavedTensor::Head(..) => Dtype::U8,
        }
    }

    fn shape(&self) -> &[usize] {
        match self {
            SavedTensor::Samples(shape, _) | SavedTensor::Head(shape, _) => shape,
        }
    }

    fn data(&self) -> Cow<'_, [u8]> {
        match self {
            SavedTensor::Samples(_, samples) => bytes(samples),
            SavedTensor::Head(_, bytes) => Cow::Borrowed(bytes),
        }
    }

    fn data_len(&self) -> usize {
        match self {
            SavedTensor::Samples(_, samples) => size_of_val(*samples),
            SavedTensor::Head(_, bytes) => bytes.len(),
        }
    }
}
