//! The default of every option, for dialogs, which have no picture yet.

use super::asked::Options;
use super::choice::{Quality, Task};
use super::measured::Measured;
use super::resolved::resolve;
use super::row::Row;
use super::table;

/// Gives the row at `index` and its default for this task and quality: NaN where only the picture can tell. `None`
/// behind the last row.
pub fn info(index: usize, task: Task, quality: Quality) -> Option<(&'static Row, f64)> {
    let row = table::rows().get(index)?;
    let options = Options::new(task, quality);
    let mut defaults =
        Measured::kinds(task).into_iter().map(|measured| (row.get)(&resolve(&options, &measured).into()));
    let first = defaults.next().unwrap_or(f64::NAN);
    let is_same = defaults.all(|default| default == first);
    Some((row, if is_same { first } else { f64::NAN }))
}
