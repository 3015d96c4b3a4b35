//! Sessions on the card, and what they show.

use dipkit::options::Options;
use dipkit::pixels::{Layout, Sample};
use dipkit::session::{Metrics, Output, Session, State};

use super::cases::Case;

/// A session whose picture has been measured.
pub fn open(options: &Options, case: &Case) -> dipkit::Result<Session> {
    let session = Session::create(options, case.inputs())?;
    session.prepare().map(|_| session)
}

/// Steps to the end, some iterations at a time.
pub fn finish(session: &Session) -> Metrics {
    loop {
        let metrics = session.step(7).unwrap();
        if metrics.state != State::Running {
            return metrics;
        }
    }
}

/// What a session makes of a case.
pub fn restored(options: &Options, case: &Case) -> (Metrics, Vec<f32>) {
    let session = open(options, case).unwrap();
    (finish(&session), shown(&session, Output::Result))
}

/// The samples of a picture of a session.
pub fn shown(session: &Session, output: Output) -> Vec<f32> {
    let layout = Layout::packed(session.size(), 3, Sample::F32);
    let mut bytes = vec![0; session.size().area() * 12];
    session.preview(output, &layout, 0, &mut bytes).unwrap();
    bytes.chunks_exact(4).map(|sample| f32::from_ne_bytes(sample.try_into().unwrap())).collect()
}

/// dB between two pictures.
pub fn psnr(a: &[f32], b: &[f32]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    -10.0 * (sum / a.len() as f64).log10()
}
