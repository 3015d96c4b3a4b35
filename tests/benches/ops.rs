//! Measures where the time of an iteration goes, step by step, and how long a cancel takes.
//!
//!   cargo bench --bench ops -- [size=512] [rounds=9] [cancels=0] [threads=0] [OPTION=VALUE ...]
//!
//! OPTIONs are those of the option table, such as task=inpaint quality=reference channels=32; the picture is made up.
//! It prints the median milliseconds of each step of the plan, forward and back, and their sums by kind. With cancels=N
//! it also cancels N steps of a session at different moments and prints the longest wait.

use std::collections::BTreeMap;
use std::sync::Arc;

use std::time::{Duration, Instant};

use dipkit::exec::Pool;
use dipkit::exec::cpu::{CpuExecutor, StepTime};
use dipkit::options::{self, Options, Quality, Task, resolve};
use dipkit::pixels::{Layout, Picture, Sample, Size, import};
use dipkit::rng::{Draws, Stream};
use dipkit::session::{Inputs, Session};
use dipkit::tasks::{Subject, measure, recipe};

struct Settings {
    options: Options,
    side: usize,
    rounds: usize,
    cancels: u32,
}

impl Settings {
    fn new() -> Settings {
        let options = Options::new(Task::Denoise, Quality::Reference);
        let mut settings = Settings { options, side: 512, rounds: 9, cancels: 0 };
        for argument in std::env::args().skip(1) {
            match argument.split_once('=') {
                Some(("size", value)) => settings.side = value.parse().unwrap(),
                Some(("rounds", value)) => settings.rounds = value.parse().unwrap(),
                Some(("cancels", value)) => settings.cancels = value.parse().unwrap(),
                Some((name, value)) => options::set(&mut settings.options, name, value).unwrap(),
                None => {}
            }
        }
        settings
    }

    fn picture(&self) -> Picture {
        let mut picture = Picture::filled(Size::new(self.side, self.side), 3, 0.0);
        Draws::new(0, 0, Stream::Synthetic, 0).uniform(0, &mut picture.samples);
        picture
    }

    /// Every third pixel is missing.
    fn weight(&self, channels: usize) -> Picture {
        let is_missing =
            |i: usize| self.options.task == Task::Inpaint && (i % (self.side * self.side)).is_multiple_of(3);
        let samples = (0..channels * self.side * self.side).map(|i| if is_missing(i) { 0.0 } else { 1.0 });
        Picture { size: Size::new(self.side, self.side), channels, samples: samples.collect() }
    }
}

fn main() {
    let settings = Settings::new();
    let threads = match settings.options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads as usize,
    };
    Pool::new(threads).unwrap().run(|| print_steps(&settings));
    if settings.cancels > 0 {
        print_cancels(&settings);
    }
}

fn print_steps(settings: &Settings) {
    let subject = Subject { image: settings.picture(), weight: settings.weight(3), guide: None };
    let measured = measure(settings.options.task, &subject, &|| Ok(())).unwrap();
    let resolved = resolve(&settings.options, &measured);
    let graph = recipe(&resolved, &measured, &subject, None, 0).unwrap().graph;
    let mut executor = CpuExecutor::new(Arc::new(graph)).unwrap();
    executor.profile(1);
    let rounds: Vec<Vec<StepTime>> = (0..settings.rounds).map(|_| executor.profile(1)).collect();
    let mut by_kind: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    println!("{:<52} {:>8} {:>8}", "milliseconds", "forward", "back");
    for (index, step) in rounds[0].iter().enumerate() {
        let of = |way: fn(&StepTime) -> Duration| {
            median(rounds.iter().map(|round| way(&round[index]).as_secs_f64() * 1e3).collect())
        };
        let [forward, back] = [of(|step| step.forward), of(|step| step.back)];
        println!("{:<52} {forward:8.2} {back:8.2}", step.name);
        let kind = step.name.split(' ').take_while(|word| word.parse::<u32>().is_err()).collect::<Vec<_>>().join(" ");
        let sums = by_kind.entry(kind).or_default();
        *sums = [sums[0] + forward, sums[1] + back];
    }
    let total: f64 = by_kind.values().flatten().sum();
    println!("\n{:<52} {:>8} {:>8} {:>6}", "by kind", "forward", "back", "share");
    for (kind, [forward, back]) in by_kind {
        println!("{kind:<52} {forward:8.2} {back:8.2} {:5.1}%", 100.0 * (forward + back) / total);
    }
    println!("{:<52} {total:17.2}", "sum");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The longest of the waits between a cancel and the end of the step.
fn print_cancels(settings: &Settings) {
    let given = |picture: &Picture| {
        let layout = Layout::packed(picture.size, picture.channels, Sample::F32);
        let mut bytes = Vec::with_capacity(4 * picture.samples.len());
        for pixel in 0..picture.size.area() {
            (0..picture.channels).for_each(|channel| bytes.extend(picture.plane(channel)[pixel].to_ne_bytes()));
        }
        import(&layout, 0, &bytes).unwrap()
    };
    let mask = (settings.options.task == Task::Inpaint).then(|| settings.weight(1));
    let image = given(&settings.picture());
    let session = Session::create(&settings.options, Inputs { image, mask, guide: None }).unwrap();
    session.prepare().unwrap();
    let start = Instant::now();
    session.step(1).unwrap();
    let iteration = start.elapsed();
    let mut longest = Duration::ZERO;
    for i in 0..settings.cancels {
        let delay = iteration.mul_f64((f64::from(i) + 0.5) / f64::from(settings.cancels));
        longest = longest.max(wait_of_a_cancel(&session, delay));
    }
    println!(
        "\nlongest of {} cancels: {:.0} ms (an iteration: {iteration:.2?})",
        settings.cancels,
        longest.as_secs_f64() * 1e3
    );
}

fn wait_of_a_cancel(session: &Session, delay: Duration) -> Duration {
    std::thread::scope(|scope| {
        let stepping = scope.spawn(|| {
            let _ = session.step(1000);
            Instant::now()
        });
        std::thread::sleep(delay);
        let start = Instant::now();
        session.cancel();
        stepping.join().unwrap() - start
    })
}
