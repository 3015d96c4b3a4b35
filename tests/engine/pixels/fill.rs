//! The smoothest surface through what is known, against the solution of its equations.

use dipkit::pixels::{Picture, Size, fill_smoothly};

const SIZE: Size = Size { width: 14, height: 11 };
/// That the fill is documented to have.
const TENSION: f64 = 0.003;

fn is_inside(x: isize, y: isize) -> bool {
    (0..SIZE.width as isize).contains(&x) && (0..SIZE.height as isize).contains(&y)
}

/// The matrix of a plane's Laplacian, in which a side has no neighbour.
fn laplacian() -> Vec<Vec<f64>> {
    let mut matrix = vec![vec![0.0; SIZE.area()]; SIZE.area()];
    for (i, row) in matrix.iter_mut().enumerate() {
        let (x, y) = ((i % SIZE.width) as isize, (i / SIZE.width) as isize);
        for (x, y) in [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)].into_iter().filter(|(x, y)| is_inside(*x, *y)) {
            row[y as usize * SIZE.width + x as usize] += 1.0;
            row[i] -= 1.0;
        }
    }
    matrix
}

/// Gauss, with the largest pivot.
fn solved(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let count = rows.len();
    for i in 0..count {
        let pivot = (i..count).max_by(|a, b| rows[*a][i].abs().total_cmp(&rows[*b][i].abs())).unwrap();
        rows.swap(i, pivot);
        let row = rows[i].clone();
        for other in (0..count).filter(|other| *other != i) {
            let factor = rows[other][i] / row[i];
            rows[other].iter_mut().zip(&row).for_each(|(x, y)| *x -= factor * y);
        }
    }
    (0..count).map(|i| rows[i][count] / rows[i][i]).collect()
}

/// Where the sum of squared Laplacians and tensions has no slope by any missing sample.
fn expected(samples: &[f32]) -> Vec<f64> {
    let l = laplacian();
    let energy = |i: usize, j: usize| (0..l.len()).map(|k| l[k][i] * l[k][j]).sum::<f64>() - TENSION * l[i][j];
    let holes: Vec<usize> = (0..samples.len()).filter(|i| samples[*i].is_nan()).collect();
    let known: Vec<usize> = (0..samples.len()).filter(|i| !samples[*i].is_nan()).collect();
    let row = |i: &usize| {
        let right = known.iter().map(|j| -energy(*i, *j) * f64::from(samples[*j])).sum::<f64>();
        holes.iter().map(|j| energy(*i, *j)).chain([right]).collect()
    };
    let found = solved(holes.iter().map(row).collect());
    let mut filled: Vec<f64> = samples.iter().map(|sample| f64::from(*sample)).collect();
    holes.iter().zip(found).for_each(|(i, x)| filled[*i] = x);
    filled
}

#[test]
fn a_smooth_fill_solves_its_equations_inside_and_at_the_sides() {
    let is_hole = |x: usize, y: usize| (4..9).contains(&x) && (3..7).contains(&y) || x >= 12 || (x < 3 && y > 8);
    let value = |x: usize, y: usize| 0.5 + 0.3 * (0.7 * x as f32).sin() * (0.5 * y as f32 + 0.2).cos();
    let sample = |i: usize| (i % SIZE.width, i / SIZE.width);
    let given = (0..SIZE.area()).map(sample).map(|(x, y)| if is_hole(x, y) { f32::NAN } else { value(x, y) });
    let mut picture = Picture { size: SIZE, channels: 1, samples: given.collect() };
    let expected = expected(&picture.samples);
    fill_smoothly(&mut picture).unwrap();
    for (i, (found, expected)) in picture.samples.iter().zip(expected).enumerate() {
        assert!((f64::from(*found) - expected).abs() < 2e-3, "{found} at {:?}, not {expected}", sample(i));
    }
}

#[test]
fn a_slope_goes_on_through_a_wide_hole() {
    let size = Size::new(90, 80);
    let slope = |i: usize| 0.2 + 0.004 * (i % 90) as f32 + 0.003 * (i / 90) as f32;
    let is_hole = |i: usize| (20..75).contains(&(i % 90)) && (15..70).contains(&(i / 90));
    let given = (0..size.area()).map(|i| if is_hole(i) { f32::NAN } else { slope(i) }).collect();
    let mut picture = Picture { size, channels: 1, samples: given };
    fill_smoothly(&mut picture).unwrap();
    let farthest = (0..size.area()).map(|i| (picture.samples[i] - slope(i)).abs()).fold(0.0, f32::max);
    assert!(farthest < 6e-3, "{farthest}");
}
