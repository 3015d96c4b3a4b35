//! Saved fits: a file that is changed in any way is refused, and one that is changed and signed again is refused or goes
//! on; neither ends the process or has more to say than that.

use dipkit::Error;
use dipkit::options::{Options, Quality, Task, set};
use dipkit::pixels::{Layout, Sample, Size, import};
use dipkit::session::{Inputs, Output, Session};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

const SIDE: usize = 12;
/// The entry of the file that is no buffer, and its notes.
const HEAD: &str = "head";
const DIGEST: &str = "digest";

/// Loads an input as it is, and as it is when it is signed again.
pub fn run(data: &[u8]) {
    load(data);
    if let Some(signed) = signed(data) {
        load(&signed);
    }
}

fn load(file: &[u8]) {
    let path = scratch("load");
    fs::write(&path, file).unwrap();
    match Session::load(&path, inputs()) {
        Ok(session) => go_on(&session),
        Err(error) => told(&error),
    }
}

/// What is done with a session that was taken up.
fn go_on(session: &Session) {
    for _ in 0..2 {
        match session.step(1) {
            Ok(_) => {}
            Err(error) => told(&error),
        }
    }
    let layout = Layout::packed(session.size(), 3, Sample::F32);
    let mut bytes = vec![0; layout.size.area() * 12];
    for output in [Output::Result, Output::Average, Output::Latest] {
        if let Err(error) = session.preview(output, &layout, 0, &mut bytes) {
            told(&error);
        }
    }
    if let Err(error) = session.save(&scratch("saved")) {
        told(&error);
    }
}

/// An error that a file may cause.
fn told(error: &Error) {
    match error {
        Error::InvalidArgument(_)
        | Error::Unsupported(_)
        | Error::OutOfMemory { .. }
        | Error::Diverged { .. }
        | Error::Io { .. } => assert!(!error.to_string().is_empty()),
        Error::Cancelled | Error::Device { .. } | Error::Internal(_) => panic!("{error}"),
    }
}

/// The file with the digest of what it holds now, as whoever knows the form could write it.
fn signed(data: &[u8]) -> Option<Vec<u8>> {
    let (_, metadata) = SafeTensors::read_metadata(data).ok()?;
    let tensors = SafeTensors::deserialize(data).ok()?;
    let head = tensors.tensor(HEAD).ok()?;
    let named: BTreeMap<String, TensorView> = tensors.iter().map(|(name, view)| (name.to_owned(), view)).collect();
    let mut digest = blake3::Hasher::new();
    let buffers = named.iter().filter(|(name, _)| *name != HEAD).map(|(name, view)| (name.as_str(), view.data()));
    for (name, bytes) in [(HEAD, head.data())].into_iter().chain(buffers) {
        digest.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
        digest.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    }
    let mut notes: HashMap<String, String> = metadata.metadata().clone()?;
    notes.insert(DIGEST.into(), digest.finalize().to_string());
    safetensors::serialize(named, Some(notes)).ok()
}

fn inputs() -> Inputs {
    let bytes: Vec<u8> = (0..SIDE * SIDE * 3).map(|place| (place * 29 % 251) as u8).collect();
    let image = import(&Layout::packed(Size::new(SIDE, SIDE), 3, Sample::U8), 0, &bytes).unwrap();
    Inputs { image, mask: None, guide: None }
}

/// A file of this thread.
fn scratch(name: &str) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    folder.join(format!("dipkit-fuzz-{}-{:?}-{name}", std::process::id(), std::thread::current().id()))
}

/// Removes the files of this thread.
pub fn clean() {
    ["load", "saved", "seed"].iter().for_each(|name| drop(fs::remove_file(scratch(name))));
}

/// Sessions that were saved, and the same with a buffer of another length.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = saved();
    seeds.extend(shortened_seeds());
    seeds
}

/// Sessions that were saved, each with one of its buffers a sample too short.
pub fn shortened_seeds() -> Vec<Vec<u8>> {
    saved().iter().flat_map(|file| shortened(file)).collect()
}

/// A session of two runs that was saved at its start, in both runs and at its end.
fn saved() -> Vec<Vec<u8>> {
    let mut options = Options::new(Task::Denoise, Quality::Balanced);
    let small = [("iterations", "12"), ("channels", "2"), ("channels_deepest", "2"), ("scales", "1")];
    let more = [("threads", "1"), ("runs", "2"), ("input_depth", "2"), ("noise_level", "20")];
    for (name, value) in small.into_iter().chain(more) {
        set(&mut options, name, value).unwrap();
    }
    let path = scratch("seed");
    let session = Session::create(&options, inputs()).unwrap();
    let mut save = |iterations| {
        session.step(iterations).unwrap();
        session.save(&path).unwrap();
        fs::read(&path).unwrap()
    };
    let files = [0, 7, 8, 20].map(&mut save).to_vec();
    clean();
    files
}

/// The file with one of its buffers cut by a sample, for each of them.
fn shortened(file: &[u8]) -> Vec<Vec<u8>> {
    let (_, metadata) = SafeTensors::read_metadata(file).unwrap();
    let tensors = SafeTensors::deserialize(file).unwrap();
    let views: Vec<(String, TensorView)> = tensors.iter().map(|(name, view)| (name.to_owned(), view)).collect();
    let cut = |short: &str| {
        let entries = views.iter().map(|(name, view)| {
            let data = if name == short { &view.data()[4..] } else { view.data() };
            let (kind, bytes) = if name == HEAD { (Dtype::U8, 1) } else { (Dtype::F32, 4) };
            (name.clone(), TensorView::new(kind, vec![data.len() / bytes], data).unwrap())
        });
        safetensors::serialize(entries, metadata.metadata().clone()).unwrap()
    };
    views.iter().filter(|(name, _)| name != HEAD).map(|(name, _)| cut(name)).collect()
}
