//! The luma table of ISO/IEC 10918-1 (JPEG), annex K, at the qualities of the Independent JPEG Group's library, which
//! nearly all programs write.

/// The steps of annex K, row by row.
const ANNEX_K: [u32; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, //
    12, 12, 14, 19, 26, 58, 60, 55, //
    14, 13, 16, 24, 40, 57, 69, 56, //
    14, 17, 22, 29, 51, 87, 80, 62, //
    18, 22, 37, 56, 68, 109, 103, 77, //
    24, 35, 55, 64, 81, 104, 113, 92, //
    49, 64, 78, 87, 103, 121, 120, 101, //
    72, 92, 95, 98, 112, 100, 103, 99,
];
/// How far a step that was found in pixels may be off.
const TOLERANCE: f32 = 1.0;

/// All qualities that there are.
pub const QUALITIES: std::ops::RangeInclusive<u32> = 1..=100;

/// Makes the table of a quality, row by row.
pub fn at_quality(quality: u32) -> [f32; 64] {
    let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    ANNEX_K.map(|step| ((step * percent + 50) / 100).clamp(1, 255) as f32)
}

/// Finds the whole table of which these steps are known, row by row, where 0 is unknown; none where no quality has them
/// all.
pub fn whole(steps: &[f32; 64]) -> Option<[f32; 64]> {
    let known = |table: &[f32; 64]| -> Vec<f32> {
        let both = steps.iter().zip(table).filter(|(step, _)| **step > 0.0);
        both.map(|(step, expected)| (step - expected).abs()).collect()
    };
    let fits = |table: &[f32; 64]| known(table).iter().all(|distance| *distance <= TOLERANCE);
    let distance = |table: &[f32; 64]| known(table).iter().sum::<f32>();
    let tables = QUALITIES.map(at_quality).filter(fits);
    tables.min_by(|a, b| distance(a).total_cmp(&distance(b)))
}
