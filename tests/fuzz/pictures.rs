//! Picture files: a decoder refuses with a sentence or gives a whole picture, and what the command would write of it is
//! read again as the same picture.

use crate::failure::{Failure, Status};
use crate::picture::decode::decode_page;
use crate::picture::decoded::Decoded;
use crate::picture::encode::EncodingPlan;
use crate::picture::format::Format;
use crate::picture::header;
use crate::picture::limits::Limits;
use crate::picture::range::{NumberRange, RangeMapping};
use crate::picture::tiff;
use dipkit::options::{Options, Quality, Task};
use std::path::Path;

/// The largest picture that is decoded here, in pixels: larger ones only take time.
const MOST_PIXELS: usize = 1 << 20;
/// The memory limit, which the header's check refuses larger pictures by.
const MEMORY_LIMIT: u64 = 64 << 20;
/// The pages of a file that are read.
const MOST_PAGES: usize = 3;

/// Decodes an input.
pub fn run(data: &[u8]) {
    let mut options = Options::new(Task::Denoise, Quality::Fast);
    options.memory_limit = MEMORY_LIMIT;
    if header::check(data, &options).map_err(told).is_err() {
        return;
    }
    let pages = tiff::pages::areas(data);
    if pages.iter().any(|pixels| *pixels > MOST_PIXELS as u64) {
        return;
    }
    for page in 0..pages.len().clamp(1, MOST_PAGES) {
        if let Ok(decoded) = decode_page(data, Path::new("picture"), &Limits::new(0), page).map_err(told) {
            check(decoded);
        }
    }
}

/// A picture that was decoded is whole, and its numbers can be spread and written.
fn check(mut decoded: Decoded) {
    let layout = decoded.raster.layout;
    let bytes = layout.size.area() * layout.channels * layout.sample.bytes();
    assert!(layout.size.area() > 0, "{layout:?}");
    assert_eq!(decoded.raster.bytes.len(), bytes, "{layout:?}");
    if layout.size.area() > MOST_PIXELS {
        return;
    }
    let range = decoded.stated_range.or_else(|| NumberRange::find(&decoded.raster, decoded.metadata.signed_bits));
    if let Some(range) = range {
        let signed_bits = decoded.metadata.signed_bits;
        decoded.metadata.scale = RangeMapping::apply(range, &mut decoded.raster, signed_bits).map_err(told).ok();
    }
    let imported = decoded.raster.import().unwrap();
    assert!(imported.colour.samples.iter().all(|sample| sample.is_finite()), "{layout:?}");
    write(&decoded);
}

/// What is written in the picture's own format and in PNG is read again.
fn write(decoded: &Decoded) {
    for format in [decoded.format, Format::Png] {
        let raster = &decoded.raster;
        let plan = EncodingPlan::new(format, raster.size(), &raster.layout, &decoded.metadata);
        let Ok(plan) = plan.map_err(told) else { continue };
        if plan.layout != raster.layout {
            continue; // The session would convert it.
        }
        let file = plan.encode(raster).unwrap_or_else(|failure| panic!("{}: {}", format.name(), failure.text));
        let again = decode_page(&file, Path::new("picture"), &Limits::new(0), 0);
        let again = again.unwrap_or_else(|failure| panic!("its own {}: {}", format.name(), failure.text));
        assert_eq!(again.raster.size(), raster.size(), "{}", format.name());
        if format != Format::Jpeg && plan_keeps_numbers(decoded) {
            assert_eq!(again.raster.layout, raster.layout, "{}", format.name());
            let differing = again.raster.bytes.iter().zip(&raster.bytes).filter(|(a, b)| a != b).count();
            assert!(differing == 0, "{differing} bytes of a {} differ", format.name());
        }
    }
}

/// Whether the file's numbers are the raster's, and no numbers are NaN, which has many bit patterns.
fn plan_keeps_numbers(decoded: &Decoded) -> bool {
    let is_whole = matches!(decoded.raster.layout.sample, dipkit::pixels::Sample::U8 | dipkit::pixels::Sample::U16);
    decoded.metadata.scale.is_none() && decoded.metadata.signed_bits.is_none() && is_whole
}

/// A failure, which is the file's and says so in a sentence.
pub fn told(failure: Failure) -> Failure {
    assert!(matches!(failure.status, Status::WrongInput | Status::OutOfMemory), "{failure:?}");
    assert!(!failure.text.is_empty());
    failure
}

/// Small files of every format.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = small_files("formats");
    seeds.extend(small_files("formats/jpeg"));
    seeds.extend(made());
    seeds
}

/// The longest file that is taken as a seed: mutations of larger ones seldom meet what matters.
const LONGEST_SEED: usize = 20_000;

fn small_files(folder: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(Path::new(crate::DATA).join(folder)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).filter(|file| file.len() <= LONGEST_SEED).collect()
}

/// The files that masks are made of.
pub fn made_masks() -> Vec<Vec<u8>> {
    let mut masks = made();
    masks.extend(small_files("formats").into_iter().filter(|file| file.len() < 2_000));
    masks
}

/// A picture of 9x7 in each format and type that the command writes.
fn made() -> Vec<Vec<u8>> {
    use crate::picture::metadata::Metadata;
    use crate::picture::raster::Raster;
    use dipkit::pixels::{Layout, Sample, Size};
    let formats = [
        Format::Png,
        Format::Tiff,
        Format::Exr,
        Format::WebP,
        Format::Bmp,
        Format::Pgm,
        Format::Ppm,
        Format::Pam,
        Format::Jpeg,
    ];
    let samples = [Sample::U8, Sample::U16, Sample::F32];
    let mut files = Vec::new();
    for format in formats {
        for (sample, channels) in samples.iter().flat_map(|sample| (1..=4).map(move |channels| (*sample, channels))) {
            let layout = Layout::packed(Size::new(9, 7), channels, sample);
            let Ok(plan) = EncodingPlan::new(format, layout.size, &layout, &Metadata::default()) else { continue };
            if plan.layout.sample != sample || plan.layout.channels != channels {
                continue;
            }
            let mut raster = Raster::blank(plan.layout);
            raster.bytes.iter_mut().enumerate().for_each(|(place, byte)| *byte = (place * 37 % 64) as u8);
            files.extend(plan.encode(&raster).ok());
        }
    }
    files.push(b"P3 2 2 255 1 2 3 4 5 6 7 8 9 10 11 12\n".to_vec());
    files.push(b"P4 9 2\n\x55\x80\xaa\x00".to_vec());
    files.push(b"P1 3 1 1 0 1\n".to_vec());
    files
}
