//! The news of a job: what has changed in the pictures that a session shows.

use super::canvas::Moment;

/// What previews have to show from now on.
pub(super) enum News {
    /// They show what was given: the current job has no picture yet, or went back to its start.
    Input,
    /// They show these pictures of the current job.
    Current(Box<Moment>),
    /// They show the result of a job that has ended, and keep it: others follow.
    Settled(Box<Moment>),
    /// They show what they showed before: the job's pictures are not finite, or cannot be read.
    Nothing,
}
