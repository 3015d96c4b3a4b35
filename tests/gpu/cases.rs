//! Small pictures for each task, with networks so narrow that an iteration takes milliseconds.

use std::sync::Arc;

use dipkit::graph::Graph;
use dipkit::options::{AUTO, DeviceKind, Hole, Measured, NoiseKind, Options, Quality, Task, resolve};
use dipkit::pixels::{Layout, Picture, Sample, Size, import};
use dipkit::rng::{Draws, Stream};
use dipkit::session::Inputs;
use dipkit::tasks::{Subject, measure, recipe};

/// A picture with what is to be done about it.
pub struct Case {
    pub name: &'static str,
    pub options: Options,
    pub size: Size,
    noise: NoiseKind,
}

/// Every task, with what takes other kernels than the rest; the sides are no multiples of anything.
pub fn all() -> Vec<Case> {
    let hole = |hole: Hole| Options { hole: hole as u32, ..narrow(Task::Inpaint, Quality::Balanced) };
    let reference = |task| narrow(task, Quality::Reference);
    let denoise = Options { noise_level: NOISE, ..narrow(Task::Denoise, Quality::Balanced) };
    let picture = Options { scales: 0, tv_weight: 1e-4, ..reference(Task::Denoise) };
    let case = |name, options, (width, height)| Case {
        name,
        options,
        size: Size::new(width, height),
        noise: NoiseKind::White,
    };
    vec![
        case("white noise", denoise, (33, 21)),
        Case { noise: NoiseKind::Correlated, ..case("correlated noise", denoise, (32, 24)) },
        Case { noise: NoiseKind::Impulse, ..case("impulses", denoise, (19, 30)) },
        case("the paper's denoising", reference(Task::Denoise), (32, 24)),
        case("a picture without a network", picture, (29, 18)),
        case("JPEG", narrow(Task::Dejpeg, Quality::Balanced), (40, 24)),
        case("a region", hole(Hole::Region), (35, 27)),
        case("sparse pixels", hole(Hole::Sparse), (32, 24)),
        case("text", Options { hole: Hole::Text as u32, ..reference(Task::Inpaint) }, (24, 32)),
        case("the paper's region", Options { hole: Hole::Region as u32, ..reference(Task::Inpaint) }, (24, 32)),
        case("twice as large", narrow(Task::SuperResolve, Quality::Balanced), (17, 13)),
        case("four times as large", Options { factor: 4, ..reference(Task::SuperResolve) }, (9, 11)),
    ]
}

/// Those that differ in what an executor keeps: the rules of updates, what is counted, and the size of the result.
pub fn few() -> Vec<Case> {
    ["white noise", "the paper's denoising", "a region", "twice as large"].map(named).into()
}

/// A fit of milliseconds.
pub fn tiny() -> Case {
    let mut case = named("the paper's denoising");
    case.options = Options { scales: 2, channels: 4, channels_deepest: 4, skip_channels: 2, ..case.options };
    case
}

/// The case of this name.
pub fn named(name: &str) -> Case {
    all().into_iter().find(|case| case.name == name).unwrap()
}

/// A network of three narrow scales.
pub fn narrow(task: Task, quality: Quality) -> Options {
    Options {
        device: DeviceKind::Cuda,
        threads: 1,
        seed: 7,
        factor: 2,
        scales: 3,
        channels: 12,
        channels_deepest: 12,
        skip_channels: if quality == Quality::Balanced { AUTO } else { 4 },
        input_depth: 8,
        iterations: 20,
        runs: 1,
        ..Options::new(task, quality)
    }
}

impl Case {
    /// What a task makes of the picture.
    pub fn graph(&self) -> Arc<Graph> {
        let subject = Subject { image: self.picture(), weight: self.weight(3), guide: None };
        let mut measured = measure(self.options.task, &subject, &|| Ok(())).unwrap();
        measured.noise.kind = self.noise;
        measured.noise.level = NOISE;
        Arc::new(recipe(&resolve(&self.options, &measured), &measured, &subject, None, 0).unwrap().graph)
    }

    /// The same for a session.
    pub fn inputs(&self) -> Inputs {
        let picture = self.picture();
        let layout = Layout::packed(self.size, 3, Sample::F32);
        let pixels = 0..self.size.area();
        let samples = pixels.flat_map(|pixel| (0..3).map(move |channel| (channel, pixel)));
        let bytes: Vec<u8> = samples.flat_map(|(channel, pixel)| picture.plane(channel)[pixel].to_ne_bytes()).collect();
        let mask = (self.options.task == Task::Inpaint).then(|| self.weight(1));
        Inputs { image: import(&layout, 0, &bytes).unwrap(), mask, guide: None }
    }

    /// Waves and an edge, with noise.
    fn picture(&self) -> Picture {
        let Size { width, .. } = self.size;
        let mut noise = vec![0.0; 3 * self.size.area()];
        Draws::new(3, 0, Stream::Synthetic, 0).normal(0, &mut noise);
        let sample = |(i, noise): (usize, &f32)| {
            let (channel, pixel) = (i / self.size.area(), i % self.size.area());
            let (x, y) = ((pixel % width) as f32, (pixel / width) as f32);
            let wave = 0.2 * (0.3 * x + 0.2 * y + channel as f32).sin();
            let edge = if x + 2.0 * y > 40.0 { 0.2 } else { -0.1 };
            (0.5 + wave + edge + NOISE / 255.0 * noise).clamp(0.0, 1.0)
        };
        Picture { size: self.size, channels: 3, samples: noise.iter().enumerate().map(sample).collect() }
    }

    /// 1 but in the hole that the options name.
    fn weight(&self, channels: usize) -> Picture {
        let Size { width, height } = self.size;
        let is_hole = |x: usize, y: usize| match self.options.hole {
            hole if hole == Hole::Region as u32 => x > width / 2 && y > height / 3 && y < height - 4,
            hole if hole == Hole::Text as u32 => x % 8 == 3,
            hole if hole == Hole::Sparse as u32 => (x * 7 + y * 5).is_multiple_of(3),
            _ => false,
        };
        let is_missing = |i: usize| is_hole(i % self.size.area() % width, i % self.size.area() / width);
        let samples = (0..channels * self.size.area()).map(|i| if is_missing(i) { 0.0 } else { 1.0 });
        Picture { size: self.size, channels, samples: samples.collect() }
    }
}

/// The level of the noise, of 255.
const NOISE: f32 = 25.0;

/// `balanced` as it is, for denoising 64x64 pixels.
pub fn balanced_denoising() -> Arc<Graph> {
    let case = Case {
        name: "balanced",
        options: Options { noise_level: NOISE, ..Options::new(Task::Denoise, Quality::Balanced) },
        size: Size::new(64, 64),
        noise: NoiseKind::White,
    };
    let mut measured = Measured::plain();
    measured.noise.kind = NoiseKind::White;
    let subject = Subject { image: case.picture(), weight: case.weight(3), guide: None };
    Arc::new(recipe(&resolve(&case.options, &measured), &measured, &subject, None, 0).unwrap().graph)
}
