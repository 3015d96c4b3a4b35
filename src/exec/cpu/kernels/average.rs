//! Moving averages of the restored picture.

/// `average` = `weight` of the past and the rest of the new picture.
pub fn mix(average: &mut [f32], picture: &[f32], weight: f32) {
    for (average, x) in average.iter_mut().zip(picture) {
        *average = *average * weight + x * (1.0 - weight);
    }
}

/// The same where samples count by `now`: `counted` is the moving average of that, and `average` is what
/// has been seen over what has been counted; the picture itself where nothing has.
pub fn mix_counted(average: &mut [f32], counted: &mut [f32], picture: &[f32], now: &[f32], weight: f32) {
    for ((average, counted), (x, now)) in average.iter_mut().zip(counted).zip(picture.iter().zip(now)) {
        let fresh = now * (1.0 - weight);
        *counted = *counted * weight + fresh;
        let step = if *counted > 0.0 { fresh / *counted } else { 1.0 };
        *average += (x - *average) * step;
    }
}

/// Mean squared distance, summed in f64 and in order.
pub fn mean_square_distance(a: &[f32], b: &[f32]) -> f32 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from((a - b) * (a - b))).sum();
    (sum / a.len() as f64) as f32
}
