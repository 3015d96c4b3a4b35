//! Pictures of few colours, as pixel art, dithered pictures and bi-level scans are: what looks like noise in them is
//! drawn, since noise would have given them many more.

use std::collections::HashSet;

use crate::pixels::Picture;

/// Colours that a palette has at most, and levels of a grey picture that has no noise.
const MOST_COLOURS: usize = 256;
const MOST_GREYS: usize = 8;
/// Mean number of pixels of a colour, at least: a small picture has few colours in any case.
const PIXELS_A_COLOUR: usize = 8;
/// Levels of 0..255 between the darkest and the brightest, at least: a dark picture has few colours whatever its noise.
const LEAST_RANGE: u8 = 64;

/// Whether the pixels that are observed have so few colours, in levels of 0..255, that there is no noise among them.
pub fn has_few_colours(image: &Picture, weight: &Picture) -> bool {
    let most = if image.channels == 1 { MOST_GREYS } else { MOST_COLOURS };
    let area = image.size.area();
    let mut colours = HashSet::new();
    let (mut darkest, mut brightest, mut pixels) = (u8::MAX, 0, 0);
    for pixel in 0..area {
        let samples = (0..image.channels).map(|channel| channel * area + pixel);
        if samples.clone().any(|i| weight.samples[i] == 0.0) {
            continue;
        }
        let mut colour = [0; 3];
        for (level, i) in colour.iter_mut().zip(samples) {
            *level = (255.0 * image.samples[i]).round() as u8;
            (darkest, brightest) = (darkest.min(*level), brightest.max(*level));
        }
        colours.insert(colour);
        pixels += 1;
        if colours.len() > most {
            return false;
        }
    }
    pixels >= PIXELS_A_COLOUR * colours.len() && brightest.saturating_sub(darkest) >= LEAST_RANGE
}
