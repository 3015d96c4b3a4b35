//! Measures the milliseconds of the convolution kernels, and what share of the machine's dense multiply-add rate they
//! reach, counting the operations of a direct convolution.
//!
//! cargo bench --bench conv_kernels -- [threads=2] [simd=avx2] [rounds=7] [clock=wall]
//!     [method=winograd] [136-128-256x256-3-1 ...]
//!
//! `clock=processor` measures the processor time of the process over the number of threads, for a machine that is busy
//! with other work (Unix).

use dipkit::exec::Pool;
use dipkit::exec::cpu::kernels::Run;
use dipkit::exec::cpu::kernels::conv::{ConvKernel, ConvShape, Method, multiply_add_rate};
use dipkit::exec::cpu::simd::Simd;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Inputs, outputs, width x height, kernel, stride: layers of the networks that the tasks use.
const LAYERS: &[&str] = &[
    "136-128-256x256-3-1",
    "128-128-256x256-3-1",
    "128-128-128x128-3-1",
    "128-128-64x64-3-1",
    "128-128-32x32-3-1",
    "128-128-16x16-3-1",
    "128-128-8x8-3-1",
    "128-128-4x4-3-1",
    "40-32-512x512-3-1",
    "32-32-512x512-3-1",
    "16-16-512x512-3-1",
    "8-8-512x512-3-1",
    "32-128-128x128-3-2",
    "128-128-128x128-3-2",
    "128-128-32x32-3-2",
    "32-32-256x256-3-2",
    "128-128-256x256-1-1",
    "128-8-256x256-1-1",
    "32-8-512x512-1-1",
    "32-32-512x512-1-1",
    "128-128-128x128-5-1",
    "16-32-256x256-7-1",
];

struct Settings {
    threads: usize,
    simd: Simd,
    rounds: usize,
    clock: fn() -> f64,
    methods: Vec<Method>,
    layers: Vec<ConvShape>,
}

impl Settings {
    fn new() -> Settings {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut settings = Settings {
            threads,
            simd: Simd::best(),
            rounds: 7,
            clock: wall,
            methods: Method::ALL.to_vec(),
            layers: Vec::new(),
        };
        for argument in std::env::args().skip(1) {
            match argument.split_once('=') {
                Some(("threads", value)) => settings.threads = value.parse().unwrap(),
                Some(("simd", value)) => settings.simd = Simd::named(value).unwrap(),
                Some(("rounds", value)) => settings.rounds = value.parse().unwrap(),
                Some(("clock", "processor")) => settings.clock = processor,
                Some(("method", name)) => {
                    settings.methods.retain(|method| format!("{method:?}").eq_ignore_ascii_case(name));
                }
                _ if argument.starts_with("--") => {}
                _ => settings.layers.push(shape(&argument)),
            }
        }
        if settings.layers.is_empty() {
            settings.layers = LAYERS.iter().map(|layer| shape(layer)).collect();
        }
        settings
    }
}

fn shape(text: &str) -> ConvShape {
    let numbers: Vec<usize> = text.split(['-', 'x']).map(|number| number.parse().unwrap()).collect();
    let [inputs, outputs, width, height, kernel, stride] = numbers[..] else { panic!("{text} is no layer") };
    ConvShape { inputs, outputs, height, width, kernel, stride }
}

fn main() {
    let settings = Settings::new();
    let pool = Pool::new(settings.threads).unwrap();
    pool.run(|| {
        let peak = multiply_add_rate(settings.simd) / 1e9;
        println!("{} with {} threads: dense multiply-add {peak:.0} GFLOP/s", settings.simd.name(), settings.threads);
        println!("layer                  method      pack  forward  by weight  by both |  GFLOP/s: f, w, i |  of peak");
        for shape in &settings.layers {
            for method in settings.methods.iter().filter(|method| method.can(shape)) {
                layer(&settings, shape, *method, peak);
            }
        }
    });
}

/// Medians in milliseconds of packing, forward, backward by the weights and by both.
fn layer(settings: &Settings, shape: &ConvShape, method: Method, peak: f64) {
    let conv = ConvKernel::with_method(*shape, (0..shape.inputs).collect(), (0..shape.outputs).collect(), method);
    let (height, width) = conv.padded();
    let noise = |len: usize| (0..len).map(|index| (index % 1013) as f32 / 1013.0 - 0.5).collect::<Vec<f32>>();
    let padded = noise(shape.inputs * height * width);
    let gradient = noise(shape.outputs * shape.height * shape.width);
    let weight = noise(shape.inputs * shape.outputs * shape.kernel * shape.kernel);
    let (mut out, mut by_padded, mut by_weight) = (gradient.clone(), padded.clone(), weight.clone());
    let mut packed = vec![0.0; conv.packed_len()];
    let mut scratch = vec![0.0; conv.scratch_len()];
    let cancel = AtomicBool::new(false);
    let run = Run { simd: settings.simd, cancel: &cancel };
    let pack = median(settings, || conv.pack(&run, &weight, &mut packed));
    let forward = median(settings, || conv.forward(&run, &padded, &packed, None, &mut out, &mut scratch));
    let half = median(settings, || {
        conv.backward(&run, &padded, &gradient, &packed, &mut by_weight, None, &mut scratch);
    });
    let both = median(settings, || {
        conv.backward(&run, &padded, &gradient, &packed, &mut by_weight, Some(&mut by_padded), &mut scratch);
    });
    let gigaflops = conv.flops() as f64 / 1e6;
    let rate = |milliseconds: f64| gigaflops / milliseconds;
    println!(
        "{:<22} {:<9} {pack:6.2} {forward:8.2} {half:10.2} {both:8.2} | {:5.0} {:5.0} {:5.0} | {:4.0} %",
        format!(
            "{}-{}-{}x{}-{}-{}",
            shape.inputs, shape.outputs, shape.width, shape.height, shape.kernel, shape.stride
        ),
        format!("{method:?}"),
        rate(forward),
        rate(half),
        rate(both - half),
        100.0 * 3.0 * rate(forward + both) / peak,
    );
}

fn wall() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

#[cfg(unix)]
fn processor() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock writes into `time`, which outlives the call.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    (time.tv_sec as f64 + time.tv_nsec as f64 / 1e9) / rayon::current_num_threads() as f64
}

#[cfg(not(unix))]
fn processor() -> f64 {
    wall()
}

fn median(settings: &Settings, mut work: impl FnMut()) -> f64 {
    work();
    let mut times: Vec<f64> = (0..settings.rounds)
        .map(|_| {
            // Short work is repeated, so that a clock tick or an interrupt does not show.
            let (start, begun) = (Instant::now(), (settings.clock)());
            let mut count = 0;
            while count == 0 || start.elapsed().as_secs_f64() < 0.005 {
                work();
                count += 1;
            }
            ((settings.clock)() - begun) * 1e3 / f64::from(count)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
