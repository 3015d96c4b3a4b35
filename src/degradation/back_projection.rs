//! Back-projection (Irani and Peleg, "Improving Resolution by Image Registration", CVGIP 1991): what a restored
//! picture, made small, lacks of the given one is added to it. A network leaves 1 to 2 levels of 255 of that, most of
//! it detail.

use crate::graph::{Resample, SparseMatrix};

/// The most rounds; what is still missing after them is little but the small picture's finest waves.
const ROUNDS: usize = 10;
/// The standard deviation of rounding to 8 bits.
const ROUNDING: f32 = 0.29 / 255.0;
/// The number of rounds of the power iteration.
const POWER_ITERATIONS: usize = 30;
/// How much larger the norm may be than the power iteration finds.
const MARGIN: f32 = 1.05;

/// The projection of a restored picture onto the given one: it adds to a picture what the given one shows of it.
#[derive(Debug, Clone)]
pub struct BackProjection {
    down: Resample,
    up: Resample,
    /// The planes of the small picture.
    y: Vec<f32>,
    /// How far each of its samples was observed.
    weight: Vec<f32>,
    /// The length of a step along the gradient of half the squared distance: 1 / the largest eigenvalue of the operator
    /// times its transpose.
    step: f32,
    /// The standard deviation that the distance is expected to have.
    deviation: f32,
}

impl BackProjection {
    /// Prepares the projection to planes `y` that `down` made, and whose noise has this standard deviation.
    pub fn new(down: Resample, y: Vec<f32>, weight: Vec<f32>, deviation: f32) -> BackProjection {
        let up = Resample { rows: down.rows.transposed(), columns: down.columns.transposed() };
        let norm = MARGIN * largest_eigenvalue(&down.rows, &up.rows) * largest_eigenvalue(&down.columns, &up.columns);
        BackProjection { down, up, y, weight, step: 1.0 / norm, deviation: deviation.max(ROUNDING) }
    }

    /// Brings the planes of a restored picture to the given one, within 0..1.
    pub fn project(&self, x: &mut [f32]) {
        for _ in 0..ROUNDS {
            let mut residual = filtered(&self.down, x);
            for ((residual, y), weight) in residual.iter_mut().zip(&self.y).zip(&self.weight) {
                *residual = weight * (y - *residual);
            }
            let square =
                residual.iter().map(|residual| f64::from(residual * residual)).sum::<f64>() / residual.len() as f64;
            if square.sqrt() as f32 <= self.deviation {
                return;
            }
            let change = filtered(&self.up, &residual);
            x.iter_mut().zip(change).for_each(|(x, change)| *x = (*x + self.step * change).clamp(0.0, 1.0));
        }
    }
}

/// Filters each plane.
fn filtered(filter: &Resample, planes: &[f32]) -> Vec<f32> {
    let Resample { rows, columns, .. } = filter;
    let mut out = Vec::with_capacity(planes.len());
    for plane in planes.chunks_exact(rows.columns() * columns.columns()) {
        let mut narrow = Vec::with_capacity(rows.columns() * columns.rows());
        for line in plane.chunks_exact(columns.columns()) {
            narrow.extend((0..columns.rows()).map(|i| dot(columns, i, line)));
        }
        for i in 0..rows.rows() {
            let mut line = vec![0.0; columns.rows()];
            for (from, weight) in rows.row(i) {
                let source = &narrow[from * line.len()..][..line.len()];
                line.iter_mut().zip(source).for_each(|(sum, x)| *sum += weight * x);
            }
            out.append(&mut line);
        }
    }
    out
}

fn dot(matrix: &SparseMatrix, row: usize, x: &[f32]) -> f32 {
    matrix.row(row).iter().map(|(column, weight)| weight * x[*column]).sum()
}

/// Finds the largest eigenvalue of the matrix times its transpose by the power iteration.
fn largest_eigenvalue(matrix: &SparseMatrix, transposed: &SparseMatrix) -> f32 {
    // Not orthogonal to anything in particular.
    let mut x: Vec<f32> = (0..matrix.rows()).map(|i| 1.0 + (1.7 * i as f32).sin()).collect();
    let mut norm = 0.0;
    for _ in 0..POWER_ITERATIONS {
        let length = x.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        x.iter_mut().for_each(|x| *x /= length);
        let wide: Vec<f32> = (0..transposed.rows()).map(|i| dot(transposed, i, &x)).collect();
        x = (0..matrix.rows()).map(|i| dot(matrix, i, &wide)).collect();
        norm = x.iter().map(|x| x * x).sum::<f32>().sqrt();
    }
    norm
}
