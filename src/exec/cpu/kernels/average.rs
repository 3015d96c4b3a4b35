//! Moving averages of the restored picture.

/// `average` = `weight` of the past and the rest of the new picture.
pub fn mix(average: &mut [f32], picture: &[f32], weight: f32) {
    for (average, x) in average.iter_mut().zip(picture) {
        *average = *average * weight + x * (1.0 - weight);
    }
}

/// Mean squared distance, summed in f64 and in order.
pub fn mean_square_distance(a: &[f32], b: &[f32]) -> f32 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from((a - b) * (a - b))).sum();
    (sum / a.len() as f64) as f32
}
