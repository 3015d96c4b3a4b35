//! The rules of the update in numbers, for every executor: Adam (Kingma and Ba, arXiv 1412.6980) as PyTorch computes
//! it, without decay, and Muon (Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024), a
//! momentum that is made orthogonal by rounds of Newton and Schulz.

/// The numbers of Adam.
pub mod adam {
    /// The weight of the past in the mean of gradients. It is an f64, since 1 - 0.999 in f32 is off by 5e-5 of its
    /// size.
    pub const FIRST_DECAY: f64 = 0.9;
    /// The weight of the past in the mean of squared gradients.
    pub const SECOND_DECAY: f64 = 0.999;
    /// What is added to the root of the mean of squared gradients, which is divided by.
    pub const EPSILON: f32 = 1e-8;

    /// The factors of one update: a parameter changes by -`rate` m / (sqrt(v) `scale` + [`EPSILON`]), m and v the
    /// means of gradients and of their squares.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct Factors {
        /// The learning rate, over the correction for m having started at 0.
        pub rate: f32,
        /// The inverse root of the correction for v having started at 0.
        pub scale: f32,
    }

    impl Factors {
        /// Computes the factors of an update, counted from 1.
        pub fn new(learning_rate: f32, update: u32) -> Factors {
            let correction = |decay: f64| 1.0 - decay.powi(update.min(i32::MAX as u32) as i32);
            Factors {
                rate: (f64::from(learning_rate) / correction(FIRST_DECAY)) as f32,
                scale: (1.0 / correction(SECOND_DECAY).sqrt()) as f32,
            }
        }
    }
}

/// The numbers of Muon.
pub mod muon {
    /// The weight of the past in the momentum.
    pub const MOMENTUM: f32 = 0.95;
    /// The number of rounds of Newton and Schulz.
    pub const ROUNDS: usize = 5;
    /// What is added to the norm of a matrix before the matrix is divided by it.
    pub const EPSILON: f64 = 1e-12;
    /// The coefficients of a x + b x^3 + c x^5, which drives singular values towards 1.
    pub const POLYNOMIAL: [f32; 3] = [3.4445, -4.775, 2.0315];

    /// How far a matrix of so many rows and columns is moved along the orthogonal one.
    pub fn step_size(rate: f32, [rows, columns]: [usize; 2]) -> f32 {
        rate * (rows as f32 / columns as f32).max(1.0).sqrt()
    }
}
