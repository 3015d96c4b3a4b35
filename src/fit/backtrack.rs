//! Backtracking: the fit goes back to its last checkpoint when it jumps, and gives up when that does
//! not help. The authors go back when the observed PSNR falls by more than 5 dB.

use serde::{Deserialize, Serialize};

/// dB that the observed PSNR may fall from one control point to the next.
const LARGEST_FALL_DB: f64 = 5.0;
/// Each return halves the learning rate, as without input noise the same steps would follow; so many
/// good control points in a row double it again.
const GOOD_BEFORE_FASTER: u32 = 10;
/// Returns in a row before the fit is given up.
const MOST_RETURNS: u32 = 5;
/// Iterations without progress after which a fit that explains no more than one colour does is given up:
/// a network whose output saturated at black or white never recovers.
const MOST_STUCK: u32 = 100;
/// As [`MOST_STUCK`], at the end of a fit, which may be a short one.
const MOST_STUCK_AT_END: u32 = 10;
/// A fit explains nothing where its data term is above this many times the one of the best single colour, plus a little
/// for pictures that are one colour.
const STUCK_RATIO: f64 = 1.5;
const STUCK_MARGIN: f64 = 1e-3;
/// Progress is a fall of the data term by this share.
const PROGRESS_SHARE: f64 = 0.01;
/// A fit that ends without explaining anything, this many times above its lowest data term, has not just
/// ended too soon.
const WORSE_RATIO: f64 = 2.0;
/// A network hits a few pixels, or a picture of one colour, by luck and loses them again while it learns: up to this
/// data term, which is a distance of 0.22 from the picture, that is no divergence. A saturated network stays where it
/// is.
const NEAR_TERM: f64 = 0.05;
/// A fit at this learning rate is not on its way to anything either: each of Adam's updates moves a weight by about the
/// rate, which is then more than the whole range that weights start in.
const HOPELESS_RATE: f32 = 1.0;

/// What backtracking says at a control point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BacktrackVerdict {
    /// The fit goes well: keep a checkpoint.
    Keep,
    /// The fit makes no progress and explains nothing, so the last checkpoint is better: keep none.
    GoOn,
    /// Restore the last checkpoint.
    Return,
    GiveUp,
}

/// What has happened between two control points.
#[derive(Debug, Clone, Copy)]
pub(super) struct ControlPoint {
    /// Data term that the fit is judged by, and the observed PSNR that it means.
    pub term: f64,
    pub psnr: f64,
    /// Whether all scalars since the last control point were finite.
    pub is_finite: bool,
    /// Iterations since the last control point.
    pub iterations: u32,
    /// Whether no iteration follows.
    pub is_last: bool,
}

/// What is remembered of earlier control points.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Backtrack {
    one_colour_term: f64,
    learning_rate: f32,
    /// The observed PSNR at the last checkpoint; none before the first.
    psnr: Option<f64>,
    lowest_term: f64,
    /// Iterations without progress, as far as the fit explains nothing.
    stuck: u32,
    returns: u32,
    good: u32,
    halvings: u32,
}

impl Backtrack {
    /// Begins with nothing remembered; `one_colour_term` is the data term of the best picture of one colour.
    pub fn new(one_colour_term: f64, learning_rate: f32) -> Self {
        let lowest_term = f64::INFINITY;
        Backtrack {
            one_colour_term,
            learning_rate,
            psnr: None,
            lowest_term,
            stuck: 0,
            returns: 0,
            good: 0,
            halvings: 0,
        }
    }

    /// Gives the share of the learning rate to go on with.
    pub fn rate_share(&self) -> f32 {
        0.5f32.powi(self.halvings as i32)
    }

    /// Takes in the data term of the first iteration, from where progress counts.
    pub fn start(&mut self, term: f64) {
        self.lowest_term = self.lowest_term.min(term);
    }

    /// Judges a control point, and remembers it.
    pub fn judge(&mut self, point: ControlPoint) -> BacktrackVerdict {
        let has_fallen = self.psnr.is_some_and(|before| before - point.psnr > LARGEST_FALL_DB);
        let is_tired = self.returns == MOST_RETURNS;
        // What still explains something may fall: the authors' code never gives up.
        let is_accepted = is_tired && !self.explains_nothing(point.term);
        if !point.is_finite || (has_fallen && !is_accepted) {
            return if is_tired { BacktrackVerdict::GiveUp } else { self.go_back() };
        }
        self.returns = 0;
        self.recover();
        if self.is_lost(point) {
            return BacktrackVerdict::GiveUp;
        }
        if self.stuck > 0 {
            return BacktrackVerdict::GoOn;
        }
        self.psnr = Some(point.psnr);
        BacktrackVerdict::Keep
    }

    fn go_back(&mut self) -> BacktrackVerdict {
        self.returns += 1;
        self.halvings += 1;
        self.good = 0;
        BacktrackVerdict::Return
    }

    fn recover(&mut self) {
        self.good += 1;
        if self.good >= GOOD_BEFORE_FASTER && self.halvings > 0 {
            self.halvings -= 1;
            self.good = 0;
        }
    }

    /// Whether one colour would have explained about as much as the fit has at any time; `term` is the last data term.
    pub fn has_explained_nothing(&self, term: f64) -> bool {
        self.explains_nothing(self.lowest_term.min(term))
    }

    fn explains_nothing(&self, term: f64) -> bool {
        term > STUCK_RATIO * self.one_colour_term + STUCK_MARGIN
    }

    fn is_lost(&mut self, point: ControlPoint) -> bool {
        let ControlPoint { term, iterations, is_last, .. } = point;
        let has_progressed = term < self.lowest_term * (1.0 - PROGRESS_SHARE);
        let is_worse = term > NEAR_TERM.max(self.lowest_term * WORSE_RATIO);
        let is_wavering = term <= NEAR_TERM && term > self.lowest_term * (1.0 + PROGRESS_SHARE);
        self.lowest_term = self.lowest_term.min(term);
        if !self.explains_nothing(term) {
            self.stuck = 0;
            return false;
        }
        self.stuck = if has_progressed { 0 } else { self.stuck + iterations };
        let is_moving = self.stuck < MOST_STUCK_AT_END || is_wavering;
        let is_on_its_way = is_moving && !is_worse && self.learning_rate < HOPELESS_RATE;
        self.stuck >= MOST_STUCK || (is_last && !is_on_its_way)
    }
}
