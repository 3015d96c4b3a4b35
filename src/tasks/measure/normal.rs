//! The standard normal distribution as a table, for what is asked of it sample by sample.

/// Points of the table, from -RANGE / 2 to RANGE / 2.
const POINTS: usize = 1000;
const RANGE: f32 = 10.0;

/// The cumulative normal distribution in steps.
#[derive(Debug, Clone)]
pub(super) struct NormalTable {
    /// Share of the numbers below the end of each step.
    cumulative: Vec<f32>,
}

impl NormalTable {
    /// Tabulates the distribution.
    pub fn new() -> NormalTable {
        let mut sum = 0.0;
        let mut sums: Vec<f64> = Vec::with_capacity(POINTS);
        for point in 0..POINTS {
            sum += f64::from(-Self::at(point as f32 + 0.5).powi(2) / 2.0).exp();
            sums.push(sum);
        }
        NormalTable { cumulative: sums.iter().map(|part| (part / sum) as f32).collect() }
    }

    /// Gives the number that stands after so many steps.
    fn at(steps: f32) -> f32 {
        RANGE * (steps / POINTS as f32 - 0.5)
    }

    /// Gives the probability density at n.
    pub fn density(n: f32) -> f32 {
        (-n * n / 2.0).exp() / std::f32::consts::TAU.sqrt()
    }

    /// Gives the number that a share of all, 0..1, lies below.
    pub fn quantile(&self, share: f32) -> f32 {
        let index = self.cumulative.partition_point(|part| *part < share).min(POINTS - 1);
        let before = if index == 0 { 0.0 } else { self.cumulative[index - 1] };
        let part = (share - before) / (self.cumulative[index] - before).max(f32::MIN_POSITIVE);
        Self::at(index as f32 + part.clamp(0.0, 1.0))
    }

    /// Gives the share of the numbers below n.
    pub fn cumulative_at(&self, n: f32) -> f32 {
        let steps = (n / RANGE + 0.5) * POINTS as f32;
        let index = (steps.max(0.0) as usize).min(POINTS - 1);
        let before = if index == 0 { 0.0 } else { self.cumulative[index - 1] };
        before + (self.cumulative[index] - before) * (steps - index as f32).clamp(0.0, 1.0)
    }

    /// Gives the number that the share `u` of those above `least` does not pass; `least` itself where there are next to
    /// none above.
    pub fn truncated_quantile(&self, least: f32, u: f32) -> f32 {
        let below = self.cumulative_at(least);
        self.quantile(below + u * (1.0 - below)).max(least)
    }

    /// Gives the mean of x + sigma n clipped to 0..1.
    pub fn clipped_mean(&self, x: f32, sigma: f32) -> f32 {
        let mut before = 0.0;
        let mut mean = 0.0;
        for (point, part) in self.cumulative.iter().enumerate() {
            mean += f64::from(part - before) * f64::from((x + sigma * Self::at(point as f32 + 0.5)).clamp(0.0, 1.0));
            before = *part;
        }
        mean as f32
    }
}
