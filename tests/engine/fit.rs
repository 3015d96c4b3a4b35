//! What the fit decides, with an executor that plays back what it is told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use dipkit::error::Error;
use dipkit::exec::{Evaluation, Executor, ExecutorState, Pace, Reading, Scalars};
use dipkit::fit::{AverageStart, Calibration, Evidence, Fit, FitStatus, Schedule, StopRule};

type Result<T> = dipkit::Result<T>;

/// What was asked of the executor.
#[derive(Default)]
struct Log {
    paces: Vec<Pace>,
    snapshots: Vec<u32>,
    checkpoints: Vec<u32>,
    restores: Vec<u32>,
}

struct Played {
    /// Data term and deviation of an iteration.
    play: fn(u32) -> (f32, f32),
    log: Arc<Mutex<Log>>,
    iteration: u32,
}

impl Executor for Played {
    fn iterate(&mut self, first: u32, paces: &[Pace], cancel: &AtomicBool, ring: &mut Vec<Scalars>) -> Result<()> {
        for (iteration, pace) in (first..).zip(paces) {
            if cancel.load(Ordering::SeqCst) {
                break;
            }
            let (term, deviation) = (self.play)(iteration);
            ring.push(Scalars { loss: term, data_term: term, deviation, risk: None });
            self.log.lock().unwrap().paces.push(*pace);
            self.iteration = iteration;
        }
        Ok(())
    }
    fn read(&self, _: Reading, _: &mut [f32]) -> Result<()> {
        Ok(())
    }
    fn snapshot(&mut self) -> Result<()> {
        self.log.lock().unwrap().snapshots.push(self.iteration);
        Ok(())
    }
    fn checkpoint(&mut self) -> Result<()> {
        self.log.lock().unwrap().checkpoints.push(self.iteration);
        Ok(())
    }
    fn restore(&mut self) -> Result<()> {
        self.log.lock().unwrap().restores.push(self.iteration);
        Ok(())
    }
    fn evaluate(&mut self, _: u32) -> Result<Evaluation> {
        Err(Error::Internal("not asked for".into()))
    }
    fn state(&self) -> Result<ExecutorState> {
        Ok(ExecutorState::default())
    }
    fn checkpoint_state(&self) -> Result<ExecutorState> {
        Ok(ExecutorState::default())
    }

    fn load(&mut self, _: &ExecutorState) -> Result<()> {
        Ok(())
    }
}

const CALIBRATION: Calibration = Calibration { observed_share: 1.0, one_colour_term: 0.05, target_variance: 0.0 };

fn fit(play: fn(u32) -> (f32, f32), iterations: u32, patience: u32) -> (Fit, Arc<Mutex<Log>>) {
    fit_by(play, iterations, patience, 0.99, Evidence::Variance)
}

fn averaged_fit(
    play: fn(u32) -> (f32, f32),
    iterations: u32,
    patience: u32,
    average_weight: f32,
) -> (Fit, Arc<Mutex<Log>>) {
    fit_by(play, iterations, patience, average_weight, Evidence::Variance)
}

fn fit_by(
    play: fn(u32) -> (f32, f32),
    iterations: u32,
    patience: u32,
    average_weight: f32,
    evidence: Evidence,
) -> (Fit, Arc<Mutex<Log>>) {
    let log = Arc::new(Mutex::new(Log::default()));
    let executor = Played { play, log: log.clone(), iteration: 0 };
    let schedule = Schedule {
        iterations,
        learning_rate: 0.01,
        matrix_learning_rate: 0.02,
        average_weight,
        average_start: AverageStart::Growing,
    };
    (Fit::new(Box::new(executor), schedule, StopRule { patience, evidence }, CALIBRATION).unwrap(), log)
}

fn run(fit: &mut Fit) -> Result<()> {
    while fit.status() == FitStatus::Running {
        fit.advance(7, &AtomicBool::new(false))?;
    }
    Ok(())
}

/// A loss that falls, and a variance whose deviation is lowest at iteration 300.
fn good(iteration: u32) -> (f32, f32) {
    (0.04 / iteration as f32, 1e-4 + 1e-6 * (iteration as f32 - 300.0).abs())
}

#[test]
fn control_comes_every_ten_iterations_however_they_are_grouped() {
    let (mut fit, log) = fit(good, 35, 0);
    run(&mut fit).unwrap();
    assert_eq!(log.lock().unwrap().checkpoints, [0, 10, 20, 30, 35]);
    assert_eq!((fit.iteration(), fit.status()), (35, FitStatus::Finished));
}

#[test]
fn stopping_keeps_the_steadiest_moment_and_ends_after_the_patience() {
    let (mut fit, log) = fit(good, 5000, 200);
    run(&mut fit).unwrap();
    let best = *log.lock().unwrap().snapshots.last().unwrap();
    // The exponential windows lag by about their lengths, 20 and 100 iterations.
    assert!((300..=420).contains(&best), "kept {best}");
    assert_eq!((fit.best_iteration(), fit.status(), fit.iteration()), (best, FitStatus::StoppedEarly, best + 200));
    assert_eq!(fit.best(), Reading::Snapshot);
}

#[test]
fn without_patience_the_average_is_delivered() {
    let (mut fit, log) = fit(good, 400, 0);
    run(&mut fit).unwrap();
    assert!(log.lock().unwrap().snapshots.is_empty());
    assert_eq!((fit.best(), fit.best_iteration()), (Reading::Average, 400));
}

#[test]
fn variance_means_nothing_before_its_window_is_full() {
    let (mut fit, _) = fit(good, 100, 50);
    fit.advance(10, &AtomicBool::new(false)).unwrap();
    assert!(fit.variance().is_nan());
    run(&mut fit).unwrap();
    assert!(fit.variance() > 0.0);
}

#[test]
fn variance_is_the_recursion_of_the_paper() {
    let (mut fit, _) = fit(good, 90, 0);
    run(&mut fit).unwrap();
    let a = f64::from(dipkit::exec::MEAN_WEIGHT);
    let expected = (1..=90).fold(0.0, |v, i| (1.0 - a) * v + a * (1.0 - a) * f64::from(good(i).1));
    assert!((fit.variance() / expected - 1.0).abs() < 1e-12);
}

#[test]
fn a_jump_goes_back_to_the_checkpoint_at_half_the_rate() {
    let jump = |iteration: u32| if iteration == 30 { (0.04, 1e-3) } else { good(iteration) };
    let (mut fit, log) = fit(jump, 200, 0);
    run(&mut fit).unwrap();
    let log = log.lock().unwrap();
    assert_eq!(log.restores, [30]);
    let rate = |iteration: usize| log.paces[iteration - 1].learning_rate;
    assert_eq!((rate(30), rate(31), rate(130), rate(131)), (0.01, 0.005, 0.005, 0.01));
}

#[test]
fn an_easy_draw_of_hidden_samples_makes_no_jump_of_the_next() {
    let sky = |iteration: u32| if iteration == 30 { (1e-5, 1e-3) } else { (0.01, 1e-3) };
    let restores = |play: fn(u32) -> (f32, f32)| {
        let (mut fit, log) = fit_by(play, 100, 0, 0.99, Evidence::Risk);
        run(&mut fit).unwrap();
        log.lock().unwrap().restores.clone()
    };
    assert!(restores(sky).is_empty());
    // A jump that stays is one.
    assert_eq!(restores(|iteration| if (31..=40).contains(&iteration) { (0.04, 1e-3) } else { (0.01, 1e-3) }), [40]);
}

#[test]
fn a_loss_that_is_not_finite_is_an_error_after_going_back_in_vain() {
    let broken = |iteration: u32| if iteration > 40 { (f32::NAN, f32::NAN) } else { good(iteration) };
    let (mut fit, log) = fit(broken, 1000, 0);
    let error = run(&mut fit).unwrap_err();
    assert!(matches!(error, Error::Diverged { iteration: 100, .. }), "{error}");
    assert_eq!(log.lock().unwrap().restores.len(), 6);
    assert!(matches!(fit.advance(1, &AtomicBool::new(false)), Err(Error::Diverged { .. })), "it stays an error");
}

#[test]
fn one_not_finite_interval_is_survived() {
    let hiccup = |iteration: u32| if iteration == 55 { (f32::INFINITY, f32::NAN) } else { good(iteration) };
    let (mut fit, log) = fit(hiccup, 200, 0);
    run(&mut fit).unwrap();
    assert_eq!(log.lock().unwrap().restores, [60]);
    assert!(fit.variance().is_finite());
}

#[test]
fn a_fit_that_explains_less_than_one_colour_is_given_up() {
    let (mut fit, _) = fit(|_| (0.3, 1e-9), 5000, 0);
    assert!(matches!(run(&mut fit), Err(Error::Diverged { iteration: 100, .. })));
}

#[test]
fn a_short_fit_that_only_got_worse_is_given_up_at_its_end() {
    for iterations in [4, 10, 25] {
        let (mut fit, log) = fit(|iteration| (if iteration == 1 { 0.1 } else { 0.3 }, 1e-9), iterations, 0);
        let error = run(&mut fit).unwrap_err();
        assert!(matches!(error, Error::Diverged { iteration, .. } if iteration == iterations), "{error}");
        assert_eq!(log.lock().unwrap().checkpoints, [0], "nothing after the start was worth keeping");
        assert!(!fit.has_picture());
    }
}

#[test]
fn a_short_fit_on_its_way_is_no_divergence() {
    for iterations in 1..40 {
        let (mut fit, _) = fit(|iteration| (0.3 * 0.99f32.powi(iteration as i32), 1e-6), iterations, 0);
        run(&mut fit).unwrap();
        assert!(fit.has_picture() && fit.best_iteration() == iterations);
    }
}

#[test]
fn a_fit_that_gets_stuck_goes_back_to_what_was_good() {
    let (mut fit, log) = fit(|iteration| (if iteration <= 50 { 0.04 } else { 0.11 }, 1e-9), 1000, 0);
    assert!(matches!(run(&mut fit), Err(Error::Diverged { iteration: 150, .. })));
    let log = log.lock().unwrap();
    assert_eq!((log.checkpoints.last(), log.restores.as_slice()), (Some(&50), &[150][..]));
    assert_eq!((fit.best_iteration(), fit.has_picture()), (50, true));
}

#[test]
fn a_stuck_fit_does_not_look_steady() {
    let (mut fit, log) =
        fit(|iteration| (if iteration <= 80 { 0.04 } else { 0.11 }, 1e-3 / iteration as f32), 1000, 30);
    assert!(run(&mut fit).is_err());
    assert_eq!(log.lock().unwrap().snapshots.last(), Some(&80));
}

#[test]
fn falls_of_a_picture_that_still_explains_something_are_accepted_in_the_end() {
    let restless = |iteration: u32| if iteration > 10 { (0.02, 1e-6) } else { (0.0001, 1e-6) };
    let (mut fit, log) = fit(restless, 200, 0);
    run(&mut fit).unwrap();
    assert_eq!(log.lock().unwrap().restores.len(), 5);
}

#[test]
fn white_noise_that_is_not_learnt_is_no_divergence() {
    let (mut fit, _) = fit(|_| (CALIBRATION.one_colour_term as f32, 1e-6), 500, 0);
    run(&mut fit).unwrap();
}

#[test]
fn a_slow_start_is_no_divergence() {
    let (mut fit, _) = fit(|iteration| (0.3 * 0.998f32.powi(iteration as i32), 1e-6), 500, 0);
    run(&mut fit).unwrap();
}

#[test]
fn a_cancelled_step_counts_what_ran() {
    let (mut fit, log) = fit(good, 100, 0);
    assert!(matches!(fit.advance(5, &AtomicBool::new(true)), Err(Error::Cancelled)));
    assert_eq!((fit.iteration(), log.lock().unwrap().paces.len()), (0, 0));
    run(&mut fit).unwrap();
    assert_eq!(fit.iteration(), 100);
}

#[test]
fn the_average_starts_with_a_window_that_grows() {
    let (mut fit, log) = fit(good, 2000, 0);
    run(&mut fit).unwrap();
    let weights: Vec<f32> = log.lock().unwrap().paces.iter().map(|pace| pace.average_weight).collect();
    assert_eq!((weights[0], weights[1], weights[9]), (0.0, 0.1, 0.5));
    assert_eq!(weights[1999], 0.99);
    assert!(weights.windows(2).all(|pair| pair[0] <= pair[1]));
}

#[test]
fn a_longer_window_is_whole_by_iteration_1000() {
    let (mut fit, log) = averaged_fit(good, 2000, 0, 0.9975);
    run(&mut fit).unwrap();
    let weights: Vec<f32> = log.lock().unwrap().paces.iter().map(|pace| pace.average_weight).collect();
    assert!(weights[799] < 0.9975 && weights[1000] == 0.9975, "{} {}", weights[799], weights[1000]);
    assert!((weights[250] - 250.0 / 252.5).abs() < 1e-6 && weights[1999] == 0.9975, "{}", weights[250]);
}
