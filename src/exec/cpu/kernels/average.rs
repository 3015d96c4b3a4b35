//! The kernels of the moving averages of the restored picture.

/// Moves an average: `weight` of it stays, and the rest comes from the new picture.
pub fn mix(average: &mut [f32], picture: &[f32], weight: f32) {
    for (average, x) in average.iter_mut().zip(picture) {
        *average = *average * weight + x * (1.0 - weight);
    }
}

/// Moves an average of samples that do not all count alike: those of the new picture count by `now`. `counted` is the
/// moving average of how much samples have counted, and `average` is what has been seen over what has been counted;
/// where nothing has counted yet it is the picture itself.
pub fn mix_counted(average: &mut [f32], counted: &mut [f32], picture: &[f32], now: &[f32], weight: f32) {
    for ((average, counted), (x, now)) in average.iter_mut().zip(counted).zip(picture.iter().zip(now)) {
        let fresh = now * (1.0 - weight);
        *counted = *counted * weight + fresh;
        let step = if *counted > 0.0 { fresh / *counted } else { 1.0 };
        // A step of 1 must also forget what is not finite.
        *average = if step < 1.0 { *average + (x - *average) * step } else { *x };
    }
}

/// Computes the mean squared distance of two pictures, summed in f64 and in order.
pub fn mean_square_distance(a: &[f32], b: &[f32]) -> f32 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from((a - b) * (a - b))).sum();
    (sum / a.len() as f64) as f32
}
