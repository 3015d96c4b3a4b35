//! Measures the presets on a manifest of degraded pictures whose truth is known.
//!
//!   cargo bench --bench quality -- FOLDER OUT [quality=balanced,fast] [seed=0] [group=G,..] [case=ID,..]
//!       [crop=SIDE] [OPTION=VALUE ...]
//!
//! FOLDER has manifest.json and what it names: id, task (denoise, sr, inpaint, jpeg, flash), group, gt, input,
//! and mask, guide, factor, kernel where the task has them. For each case, quality and seed it writes a line to
//! OUT/results.csv: PSNR (of the luma within borders for sr, as published) and SSIM of what is delivered, the
//! best moving average of the same run, the iterations of both, seconds, and what noise was found; the picture
//! itself goes to OUT/QUALITY-SEED/ID.png. A run that was killed goes on where it was: lines that are there
//! are not made again. At the end it prints the mean of every group and draws OUT/GROUP.svg, the PSNR gained over
//! the input against seconds, with the methods that FOLDER/reference.csv has, if it is there.
//! `crop` takes the middle of each picture (denoise, inpaint and flash only). Options are the option table's.

#[path = "quality/chart.rs"]
mod chart;
#[path = "quality/manifest.rs"]
mod manifest;
#[path = "quality/results.rs"]
mod results;

use std::path::{Path, PathBuf};
use std::time::Instant;

use dipkit::options::{self, Choice, Options, Quality, Task};
use dipkit::pixels::metrics::ssim;
use dipkit::pixels::{Layout, Picture, Sample, Size};
use dipkit::session::{Output, Session, State};
use manifest::{Case, Score};
use results::{Line, Results};

pub type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Iterations between two looks at the average.
const EVERY: u32 = 10;

struct Settings {
    folder: PathBuf,
    out: PathBuf,
    qualities: Vec<Quality>,
    seeds: Vec<u32>,
    groups: Vec<String>,
    cases: Vec<String>,
    crop: Option<usize>,
    options: Vec<(String, String)>,
}

impl Settings {
    fn new(words: &[String]) -> Fallible<Settings> {
        let [folder, out, words @ ..] = words else { return Err("quality FOLDER OUT [NAME=VALUE ...]".into()) };
        let mut settings = Settings {
            folder: folder.into(),
            out: out.into(),
            qualities: vec![Quality::Balanced],
            seeds: vec![0],
            groups: Vec::new(),
            cases: Vec::new(),
            crop: None,
            options: Vec::new(),
        };
        for word in words {
            let (name, value) = word.split_once('=').ok_or_else(|| format!("{word} is not NAME=VALUE"))?;
            let list = || value.split(',').map(str::to_owned);
            match name {
                "quality" => settings.qualities = list().map(|word| quality(&word)).collect::<Fallible<_>>()?,
                "seed" => settings.seeds = list().map(|seed| Ok(seed.parse()?)).collect::<Fallible<_>>()?,
                "group" => settings.groups = list().collect(),
                "case" => settings.cases = list().collect(),
                "crop" => settings.crop = Some(value.parse()?),
                _ => settings.options.push((name.into(), value.into())),
            }
        }
        Ok(settings)
    }

    fn wants(&self, case: &Case) -> bool {
        let is_in = |list: &[String], word: &str| list.is_empty() || list.iter().any(|other| other == word);
        is_in(&self.groups, &case.group) && is_in(&self.cases, &case.id)
    }

    /// What makes a line another one than those of the plain presets.
    fn changes(&self) -> String {
        let options = self.options.iter().map(|(name, value)| format!("{name}={value}"));
        options.chain(self.crop.map(|side| format!("crop={side}"))).collect::<Vec<_>>().join(" ")
    }
}

fn quality(word: &str) -> Fallible<Quality> {
    let found = Quality::CHOICES.iter().find(|(known, _)| *known == word);
    Ok(found.ok_or_else(|| format!("{word} is no quality"))?.1)
}

fn main() -> Fallible<()> {
    // cargo bench adds --bench.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if words.is_empty() {
        println!("quality FOLDER OUT [NAME=VALUE ...]");
        return Ok(());
    }
    let settings = Settings::new(&words)?;
    std::fs::create_dir_all(&settings.out)?;
    let mut results = Results::open(&settings.out.join("results.csv"))?;
    for seed in &settings.seeds {
        for quality in &settings.qualities {
            for case in manifest::read(&settings.folder)?.iter().filter(|case| settings.wants(case)) {
                let key =
                    [case.id.clone(), Quality::word(*quality as u32).into(), seed.to_string(), settings.changes()];
                if !results.has(&key) {
                    let line = run(&settings, case, *quality, *seed)?;
                    println!("{}", line.summary());
                    results.add(key, line)?;
                }
            }
        }
    }
    results.print_groups();
    chart::draw(&results, &settings.folder.join("reference.csv"), &settings.out)
}

fn run(settings: &Settings, case: &Case, quality: Quality, seed: u32) -> Fallible<Line> {
    let pictures = case.read(&settings.folder, settings.crop)?;
    let mut options = Options { seed, ..Options::new(case.task, quality) };
    case.tell(&mut options)?;
    for (name, value) in &settings.options {
        options::set(&mut options, name, value)?;
    }
    let session = Session::create(&options, pictures.inputs()?)?;
    let channels = pictures.truth.channels;
    let (mut best, mut best_iteration, mut iteration) = (f64::NEG_INFINITY, 0, 0);
    let mut stepping = 0.0;
    let start = Instant::now();
    loop {
        let begun = Instant::now();
        let metrics = session.step(EVERY)?;
        stepping += begun.elapsed().as_secs_f64();
        let average = pictures.delivered(shown(&session, Output::Average, channels)?);
        let psnr = Score::of(case, &pictures, &average).psnr;
        if psnr > best {
            (best, best_iteration) = (psnr, metrics.iteration);
        }
        if metrics.state != State::Running || metrics.iteration == iteration {
            break;
        }
        iteration = metrics.iteration;
    }
    let metrics = session.metrics();
    let result = shown(&session, Output::Result, channels)?;
    let folder = settings.out.join(format!("{}-{seed}", Quality::word(quality as u32)));
    save(&result, &folder, &case.id)?;
    let score = Score::of(case, &pictures, &result);
    Ok(Line {
        case: case.id.clone(),
        group: case.group.clone(),
        psnr: score.psnr,
        input_psnr: pictures.input_psnr(case)?,
        hole: score.hole,
        ssim: ssim(&result, &pictures.truth)?,
        best,
        best_iteration,
        delivered: metrics.best_iteration,
        iterations: metrics.iteration,
        seconds: stepping.min(start.elapsed().as_secs_f64()),
        noise_level: metrics.noise_level,
        noise_kind: metrics.noise_kind.word().into(),
    })
}

/// Plane after plane, as [`Picture`] has them.
pub fn planes(size: Size, channels: usize) -> Layout {
    let row = 4 * size.width as isize;
    let packed = Layout::packed(size, channels, Sample::F32);
    Layout { channel_stride: row * size.height as isize, pixel_stride: 4, row_stride: row, ..packed }
}

fn shown(session: &Session, output: Output, channels: usize) -> Fallible<Picture> {
    let size = session.size();
    let mut buffer = vec![0; 4 * channels * size.area()];
    session.preview(output, &planes(size, channels), 0, &mut buffer)?;
    let samples = buffer.as_chunks::<4>().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect();
    Ok(Picture { size, channels, samples })
}

fn save(picture: &Picture, folder: &Path, id: &str) -> Fallible<()> {
    std::fs::create_dir_all(folder)?;
    let (width, height) = (picture.size.width as u32, picture.size.height as u32);
    let sample = |channel: usize, i: usize| (picture.plane(channel)[i].clamp(0.0, 1.0) * 255.0).round() as u8;
    let interleaved = (0..picture.size.area()).flat_map(|i| (0..picture.channels).map(move |c| sample(c, i)));
    let colour = if picture.channels == 1 { image::ColorType::L8 } else { image::ColorType::Rgb8 };
    let bytes: Vec<u8> = interleaved.collect();
    image::save_buffer(folder.join(format!("{id}.png")), &bytes, width, height, colour)?;
    Ok(())
}

/// The task of a manifest's word.
pub fn task(word: &str) -> Fallible<Task> {
    match word {
        "denoise" | "flash" => Ok(Task::Denoise),
        "sr" => Ok(Task::SuperResolve),
        "inpaint" => Ok(Task::Inpaint),
        "jpeg" => Ok(Task::Dejpeg),
        _ => Err(format!("{word} is no task").into()),
    }
}
