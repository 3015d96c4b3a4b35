//! Sessions as hosts use them, with networks so small that a fit takes milliseconds.

mod bytes;
mod limits;
mod memory;
mod metrics;
mod noise;
mod nothing;
mod parts;
mod rates;
mod samples;
mod saving;
mod sizes;

use dipkit::options::{DeviceKind, Input, Options, Quality, Task};
use dipkit::pixels::{Layout, Picture, Sample, Size, import};
use dipkit::rng::{Draws, Stream};
use dipkit::session::{Inputs, Metrics, Output, Session, State};

const TASKS: [Task; 4] = [Task::Denoise, Task::Dejpeg, Task::SuperResolve, Task::Inpaint];
const QUALITIES: [Quality; 3] = [Quality::Reference, Quality::Balanced, Quality::Fast];

/// A few iterations of a small network.
fn tiny(task: Task) -> Options {
    Options {
        device: DeviceKind::Cpu,
        threads: 1,
        seed: 7,
        factor: 2,
        iterations: 20,
        input: Input::Noise as u32,
        input_depth: 4,
        channels: 4,
        channels_deepest: 8,
        scales: 2,
        skip_channels: 2,
        ..Options::new(task, Quality::Balanced)
    }
}

/// A picture in a host's memory.
#[derive(Clone, PartialEq, Debug)]
struct Shot {
    layout: Layout,
    bytes: Vec<u8>,
}

impl Shot {
    fn new(size: Size, channels: usize, sample: Sample) -> Shot {
        let layout = Layout::packed(size, channels, sample);
        Shot { layout, bytes: vec![0; size.area() * layout.pixel_stride as usize] }
    }

    /// Each sample from channel, x and y; integers are rounded.
    fn of(size: Size, channels: usize, sample: Sample, at: impl Fn(usize, usize, usize) -> f32) -> Shot {
        let mut shot = Shot::new(size, channels, sample);
        for i in 0..size.area() * channels {
            let (channel, pixel) = (i % channels, i / channels);
            shot.set(i, at(channel, pixel % size.width, pixel / size.width));
        }
        shot
    }

    /// A sample by its place in the packed buffer.
    fn set(&mut self, index: usize, sample: f32) {
        let bytes = &mut self.bytes[index * self.layout.sample.bytes()..][..self.layout.sample.bytes()];
        match self.layout.sample {
            Sample::U8 => bytes[0] = (sample * 255.0).round() as u8,
            Sample::U16 => bytes.copy_from_slice(&((sample * 65535.0).round() as u16).to_ne_bytes()),
            Sample::F16 => unreachable!("no test has half floats"),
            Sample::F32 => bytes.copy_from_slice(&sample.to_ne_bytes()),
        }
    }

    /// All samples as numbers.
    fn samples(&self) -> Vec<f32> {
        let number = |bytes: &[u8]| match bytes {
            [byte] => f32::from(*byte) / 255.0,
            [a, b] => f32::from(u16::from_ne_bytes([*a, *b])) / 65535.0,
            _ => f32::from_ne_bytes(bytes.try_into().unwrap()),
        };
        self.bytes.chunks_exact(self.layout.sample.bytes()).map(number).collect()
    }

    /// The bytes of one channel.
    fn channel(&self, channel: usize) -> Vec<&[u8]> {
        self.bytes.chunks_exact(self.layout.sample.bytes()).skip(channel).step_by(self.layout.channels).collect()
    }

    fn is_finite(&self) -> bool {
        self.samples().iter().all(|sample| sample.is_finite())
    }
}

/// Something like a photograph: slopes, an edge, a disc, a little noise; alpha has 0, 1 and between.
fn scene(size: Size, channels: usize, sample: Sample) -> Shot {
    let mut noise = vec![0.0; size.area() * channels];
    Draws::new(3, 0, Stream::Synthetic, 0).normal(0, &mut noise);
    let (width, height) = (size.width as f32, size.height as f32);
    Shot::of(size, channels, sample, |channel, x, y| {
        if channel == 3 || (channels == 2 && channel == 1) {
            return [1.0, 0.0, 0.4, 1.0][(x + y) % 4];
        }
        let (u, v) = (x as f32 / width, y as f32 / height);
        let disc = if (u - 0.6).hypot(v - 0.4) < 0.25 { 0.35 } else { 0.0 };
        let edge = if u + 0.5 * v < 0.4 { 0.25 } else { 0.0 };
        let slope = 0.2 + 0.3 * v * (channel + 1) as f32 / 3.0;
        (slope + disc + edge + 0.04 * noise[(y * size.width + x) * channels + channel]).clamp(0.0, 1.0)
    })
}

/// Every third pixel is a hole; a picture of one pixel has a weight of 1/2.
fn holes(size: Size) -> Picture {
    let at = |i: usize| if size.area() == 1 { 0.5 } else { f32::from(i % 3 != 1) };
    Picture { size, channels: 1, samples: (0..size.area()).map(at).collect() }
}

/// With [`holes`] for inpainting.
fn inputs(task: Task, shot: &Shot) -> Inputs {
    let mask = (task == Task::Inpaint).then(|| holes(shot.layout.size));
    Inputs { image: import(&shot.layout, 0, &shot.bytes).unwrap(), mask, guide: None }
}

/// A session whose picture has been measured.
fn prepared(options: &Options, inputs: Inputs) -> dipkit::Result<Session> {
    let session = Session::create(options, inputs)?;
    session.prepare().map(|_| session)
}

fn open(options: &Options, shot: &Shot) -> Session {
    prepared(options, inputs(options.task, shot)).unwrap()
}

/// Steps to the end.
fn finish(session: &Session) -> Metrics {
    loop {
        let metrics = session.step(7).unwrap();
        if metrics.state != State::Running {
            return metrics;
        }
    }
}

/// The picture in the layout of what was given, at the result's size.
fn show(session: &Session, output: Output, like: &Shot) -> Shot {
    let mut shot = Shot::new(session.size(), like.layout.channels, like.layout.sample);
    session.preview(output, &shot.layout, 0, &mut shot.bytes).unwrap();
    shot
}

fn result(session: &Session, like: &Shot) -> Shot {
    show(session, Output::Result, like)
}
