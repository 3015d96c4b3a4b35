//! The cases of a manifest: a degraded picture, its truth, and how a restored one is scored.

use std::path::Path;

use dipkit::options::{Options, Task, set};
use dipkit::pixels::metrics::psnr;
use dipkit::pixels::resize::{ResizeFilter, resize};
use dipkit::pixels::{Imported, Picture, Size, import};
use dipkit::session::Inputs;
use serde_json::Value;

use super::{Fallible, planes, task};

pub struct Case {
    pub id: String,
    pub group: String,
    pub task: Task,
    value: Value,
}

/// All cases of a folder.
pub fn read(folder: &Path) -> Fallible<Vec<Case>> {
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json"))?)?;
    let cases = manifest["cases"].as_array().ok_or("manifest.json has no cases")?;
    let word = |value: &Value, name: &str| -> Fallible<String> {
        Ok(value[name].as_str().ok_or_else(|| format!("a case without {name}"))?.to_owned())
    };
    cases
        .iter()
        .map(|value| {
            let (id, group) = (word(value, "id")?, word(value, "group")?);
            Ok(Case { id, group, task: task(&word(value, "task")?)?, value: value.clone() })
        })
        .collect()
}

pub struct Pictures {
    pub truth: Picture,
    image: Picture,
    mask: Option<Picture>,
    guide: Option<Picture>,
}

impl Case {
    /// What the protocol lets a program be told: factor and kernel.
    pub fn tell(&self, options: &mut Options) -> Fallible<()> {
        if self.task == Task::SuperResolve {
            set(options, "factor", &self.value["factor"].to_string())?;
            set(options, "downsample", self.value["kernel"].as_str().ok_or("sr without a kernel")?)?;
        }
        Ok(())
    }

    pub fn read(&self, folder: &Path, crop: Option<usize>) -> Fallible<Pictures> {
        let read = |name: &str| -> Fallible<Option<Picture>> {
            self.value[name].as_str().map(|path| planes_of(&folder.join(path))).transpose()
        };
        let required =
            |name: &str| -> Fallible<Picture> { Ok(read(name)?.ok_or_else(|| format!("{} has no {name}", self.id))?) };
        let truth = required("gt")?;
        let image = match read("input_decoded")? {
            Some(image) => image,
            None => required("input")?,
        };
        let mask = read("mask")?.map(|mask| Picture { channels: 1, samples: mask.plane(0).to_vec(), ..mask });
        let pictures = Pictures { truth, image, mask, guide: read("guide")? };
        Ok(match crop.filter(|_| !matches!(self.task, Task::SuperResolve | Task::Dejpeg)) {
            Some(side) => pictures.map(|picture| middle(&picture, side)),
            None => pictures,
        })
    }
}

fn planes_of(path: &Path) -> Fallible<Picture> {
    let read = image::open(path)?;
    let is_grey = !read.color().has_color();
    let (width, height) = (read.width() as usize, read.height() as usize);
    let bytes = if is_grey { read.to_luma8().into_raw() } else { read.to_rgb8().into_raw() };
    let channels = if is_grey { 1 } else { 3 };
    let plane = |channel: usize| bytes.iter().skip(channel).step_by(channels).map(|byte| f32::from(*byte) / 255.0);
    Ok(Picture { size: Size::new(width, height), channels, samples: (0..channels).flat_map(plane).collect() })
}

fn middle(picture: &Picture, side: usize) -> Picture {
    let (width, height) = (picture.size.width.min(side), picture.size.height.min(side));
    let (left, top) = ((picture.size.width - width) / 2, (picture.size.height - height) / 2);
    let mut samples = Vec::with_capacity(picture.channels * width * height);
    for channel in 0..picture.channels {
        for row in picture.plane(channel).chunks_exact(picture.size.width).skip(top).take(height) {
            samples.extend_from_slice(&row[left..][..width]);
        }
    }
    Picture { size: Size::new(width, height), channels: picture.channels, samples }
}

impl Pictures {
    fn map(self, f: impl Fn(Picture) -> Picture) -> Pictures {
        Pictures { truth: f(self.truth), image: f(self.image), mask: self.mask.map(&f), guide: self.guide.map(&f) }
    }

    pub fn inputs(&self) -> Fallible<Inputs> {
        let given = |picture: &Picture| -> Fallible<Imported> {
            let buffer: Vec<u8> = picture.samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect();
            Ok(import(&planes(picture.size, picture.channels), 0, &buffer)?)
        };
        let guide = self.guide.as_ref().map(given).transpose()?;
        Ok(Inputs { image: given(&self.image)?, mask: self.mask.clone(), guide })
    }

    /// A picture of the network as it would be delivered: what is known is copied.
    pub fn delivered(&self, mut picture: Picture) -> Picture {
        if let Some(mask) = &self.mask {
            let area = mask.size.area();
            for (i, (sample, given)) in picture.samples.iter_mut().zip(&self.image.samples).enumerate() {
                *sample += mask.samples[i % area] * (given - *sample);
            }
        }
        picture
    }

    /// PSNR of what was given, enlarged without a prior for super-resolution.
    pub fn input_psnr(&self, case: &Case) -> Fallible<f64> {
        let image = match case.task {
            Task::SuperResolve => resize(&self.image, self.truth.size, ResizeFilter::Bicubic)?,
            _ => self.image.clone(),
        };
        Ok(Score::of(case, self, &image).psnr)
    }
}

/// PSNR in dB.
pub struct Score {
    pub psnr: f64,
    /// Of missing samples only; NaN where none are.
    pub hole: f64,
}

impl Score {
    pub fn of(case: &Case, pictures: &Pictures, picture: &Picture) -> Score {
        let truth = &pictures.truth;
        if case.task == Task::SuperResolve {
            return Score { psnr: psnr(&luma(picture), &luma(truth)).unwrap_or(f64::NAN), hole: f64::NAN };
        }
        let psnr = psnr(picture, truth).unwrap_or(f64::NAN);
        let Some(mask) = &pictures.mask else { return Score { psnr, hole: f64::NAN } };
        let area = mask.size.area();
        let (mut sum, mut count) = (0.0, 0.0);
        for (i, (x, t)) in picture.samples.iter().zip(&truth.samples).enumerate() {
            if mask.samples[i % area] < 0.5 {
                sum += f64::from(x.clamp(0.0, 1.0) - t).powi(2);
                count += 1.0;
            }
        }
        Score { psnr, hole: -10.0 * (sum / count).log10() }
    }
}

/// Studio-range luma without a border of 4 pixels at the top and left and 5 below and right, as published.
fn luma(picture: &Picture) -> Picture {
    let (width, height) = (picture.size.width, picture.size.height);
    let weights: &[f32] = if picture.channels == 3 { &[0.299, 0.587, 0.114] } else { &[1.0] };
    let of =
        |i: usize| -> f32 { weights.iter().enumerate().map(|(c, w)| w * picture.plane(c)[i].clamp(0.0, 1.0)).sum() };
    let inside = (0..width * height).filter(|i| {
        let (x, y) = (i % width, i / width);
        (4..height - 5).contains(&y) && (4..width - 5).contains(&x)
    });
    let samples = inside.map(|i| (of(i) * 219.0 + 16.0) / 255.0).collect();
    Picture { size: Size::new(width - 9, height - 9), channels: 1, samples }
}
