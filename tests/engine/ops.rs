//! The ops and the executors: every op's value against a slow loop in f64, its gradients against finite
//! differences of that loop, and what iterations do to the state.

mod cases;
mod drawn;
mod iterations;
pub mod judge;
mod muon;
mod random;
pub mod slow;
