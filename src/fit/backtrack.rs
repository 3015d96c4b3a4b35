//! Backtracking: the fit goes back to its last checkpoint when it jumps, and gives up when that does
//! not help. The authors go back when the observed PSNR falls by more than 5 dB.

/// dB that the observed PSNR may fall from one control point to the next.
const LARGEST_FALL_DB: f64 = 5.0;
/// Each return halves the learning rate, as without input noise the same steps would follow; so many
/// good control points in a row double it again.
const GOOD_BEFORE_FASTER: u32 = 10;
/// Returns in a row before the fit is given up.
const MOST_RETURNS: u32 = 5;
/// Control points without progress after which a fit that explains no more than one colour does is
/// given up: a network whose output saturated at black or white never recovers.
const MOST_STUCK: u32 = 10;
/// A data term above this many times the one colour's, plus a little for pictures that are one colour.
const STUCK_RATIO: f64 = 1.5;
const STUCK_MARGIN: f64 = 1e-3;
/// Progress is a fall of the data term by this share.
const PROGRESS_SHARE: f64 = 0.01;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All is well: keep a checkpoint.
    Keep,
    /// Restore the last one.
    Return,
    GiveUp,
}

/// What the last control points saw.
#[derive(Debug, Clone)]
pub(super) struct Backtrack {
    flat_term: f64,
    /// PSNR at the checkpoint; none before the first.
    psnr: Option<f64>,
    lowest_term: f64,
    stuck: u32,
    returns: u32,
    good: u32,
    halvings: u32,
}

impl Backtrack {
    /// `flat_term` is the data term of the best picture of one colour.
    pub fn new(flat_term: f64) -> Self {
        Backtrack { flat_term, psnr: None, lowest_term: f64::INFINITY, stuck: 0, returns: 0, good: 0, halvings: 0 }
    }

    /// Share of the learning rate to go on with.
    pub fn rate_share(&self) -> f32 {
        0.5f32.powi(self.halvings as i32)
    }

    /// At a control point: the data term and observed PSNR of its last iteration, and whether all
    /// scalars since the last one were finite.
    pub fn judge(&mut self, term: f64, psnr: f64, is_finite: bool) -> Verdict {
        let has_fallen = self.psnr.is_some_and(|before| before - psnr > LARGEST_FALL_DB);
        if !is_finite || has_fallen {
            return self.go_back();
        }
        self.psnr = Some(psnr);
        self.returns = 0;
        self.recover();
        if self.is_stuck(term) { Verdict::GiveUp } else { Verdict::Keep }
    }

    fn go_back(&mut self) -> Verdict {
        self.returns += 1;
        self.halvings += 1;
        self.good = 0;
        if self.returns > MOST_RETURNS { Verdict::GiveUp } else { Verdict::Return }
    }

    fn recover(&mut self) {
        self.good += 1;
        if self.good >= GOOD_BEFORE_FASTER && self.halvings > 0 {
            self.halvings -= 1;
            self.good = 0;
        }
    }

    fn is_stuck(&mut self, term: f64) -> bool {
        let has_progressed = term < self.lowest_term * (1.0 - PROGRESS_SHARE);
        self.lowest_term = self.lowest_term.min(term);
        let explains_nothing = term > STUCK_RATIO * self.flat_term + STUCK_MARGIN;
        self.stuck = if explains_nothing && !has_progressed { self.stuck + 1 } else { 0 };
        self.stuck >= MOST_STUCK
    }
}
