//! The file of a saved session: a head of numbers and named buffers in one safetensors file, with a digest over all of
//! it. At any time there is the old file, the new one or none.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::io::Write;
use std::path::Path;

use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorInfo};
use serde::{Deserialize, Serialize};

use super::Metrics;
use super::key::KEY_BYTES;
use super::work::saving;
use crate::error::{Error, Result};
use crate::options::{self, Options, Quality, Task};
use crate::room;
use crate::whole::WholeFile;

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
/// The samples that are turned into bytes at once.
const CHUNK: usize = 1 << 14;

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

/// Writes the file of a session, buffer by buffer, so that it takes no memory of its size.
///
/// # Errors
/// `Io` where the file cannot be written; what was there before then stays.
pub(super) fn write(path: &Path, head: &SessionHead, buffers: &Buffers) -> Result<()> {
    let head = postcard::to_stdvec(head).map_err(|error| Error::Internal(error.to_string()))?;
    let contents = contents(&head, buffers).map_err(|error| Error::Internal(error.to_string()))?;
    let write = || -> std::io::Result<()> {
        let mut file = WholeFile::new(path)?;
        file.write_all(&(contents.len() as u64).to_le_bytes())?;
        file.write_all(&contents)?;
        for samples in buffers.values() {
            in_bytes(samples, |bytes| file.write_all(bytes))?;
        }
        file.write_all(&head)?;
        file.finish()
    };
    write().map_err(|error| Error::Io { path: path.to_owned(), message: error.to_string() })
}

/// Describes the file in the words of safetensors: its notes, and where each buffer lies; the head is the last one.
fn contents(head: &[u8], buffers: &Buffers) -> std::result::Result<Vec<u8>, SafeTensorError> {
    let notes = [(MARK, FORM.to_owned()), (DIGEST, digest(head, buffers))];
    let notes = notes.map(|(name, text)| (name.to_owned(), text));
    let lengths =
        buffers.iter().map(|(name, samples)| (name.clone(), Dtype::F32, samples.len(), size_of_val(&samples[..])));
    let mut end = 0;
    let tensors =
        lengths.chain([(HEAD.to_owned(), Dtype::U8, head.len(), head.len())]).map(|(name, dtype, count, bytes)| {
            let start = end;
            end += bytes;
            (name, TensorInfo { dtype, shape: vec![count], data_offsets: (start, end) })
        });
    let described = Metadata::new(Some(HashMap::from(notes)), tensors.collect())?;
    let mut contents = serde_json::to_vec(&described)?;
    // The buffers begin at a multiple of eight bytes.
    contents.resize(contents.len().next_multiple_of(8), b' ');
    Ok(contents)
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
    let mut buffers = Buffers::new();
    for (name, tensor) in tensors.iter().filter(|(name, _)| *name != HEAD) {
        buffers.insert(name.to_owned(), samples(tensor.data())?);
    }
    if notes.get(DIGEST) != Some(&digest(head, &buffers)) {
        return Err(refuse(path, "it has changed since it was saved".into()));
    }
    let head = postcard::from_bytes(head).map_err(|error| refuse(path, error.to_string()))?;
    Ok((head, buffers))
}

/// The error for a file that could be read but is no saved session, with the reason.
pub(super) fn refuse(path: &Path, text: String) -> Error {
    Error::Io { path: path.to_owned(), message: format!("this is no whole saved session: {text}") }
}

/// Computes the digest of the head, and of the buffers in the order of their names.
fn digest(head: &[u8], buffers: &Buffers) -> String {
    let mut digest = blake3::Hasher::new();
    let begin = |digest: &mut blake3::Hasher, name: &str, bytes: usize| {
        digest.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
        digest.update(&(bytes as u64).to_le_bytes());
    };
    begin(&mut digest, HEAD, head.len());
    digest.update(head);
    for (name, samples) in buffers {
        begin(&mut digest, name, size_of_val(&samples[..]));
        let Ok(()) = in_bytes(samples, |bytes| {
            digest.update(bytes);
            Ok::<(), Infallible>(())
        });
    }
    digest.finalize().to_string()
}

/// Hands the bytes of samples on, some at a time.
fn in_bytes<E>(
    samples: &[f32],
    mut take: impl FnMut(&[u8]) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let mut bytes = [0; CHUNK * size_of::<f32>()];
    for chunk in samples.chunks(CHUNK) {
        let places = bytes.chunks_exact_mut(size_of::<f32>());
        places.zip(chunk).for_each(|(place, sample)| place.copy_from_slice(&sample.to_le_bytes()));
        take(&bytes[..size_of_val(chunk)])?;
    }
    Ok(())
}

/// # Errors
/// `OutOfMemory`.
fn samples(bytes: &[u8]) -> Result<Vec<f32>> {
    let sample = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let count = bytes.len() / size_of::<f32>();
    room::collect(count, bytes.chunks_exact(size_of::<f32>()).map(sample))
}
