//! What is new in the pictures of a session.

use super::canvas::Moment;

/// What previews have to show from now on.
pub(super) enum News {
    /// What was given: the current job has no picture yet, or went back to its start.
    Input,
    /// The pictures of the current job.
    Current(Box<Moment>),
    /// The end of a job that others follow.
    Settled(Box<Moment>),
    /// What was shown before: the job's pictures are not finite, or cannot be read.
    Nothing,
}
