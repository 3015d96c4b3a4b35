//! The news of a job: what has changed in the pictures that a session shows.

use super::canvas::Moment;

/// What previews have to show from now on.
pub(super) enum News {
    /// Previews show what was given: the current job has no picture yet, or went back to its start.
    Input,
    /// Previews show these pictures of the current job.
    Current(Box<Moment>),
    /// Previews show the result of a job that has ended, and keep it, since other jobs follow.
    Settled(Box<Moment>),
    /// Previews show what they showed before: the job's pictures are not finite, or cannot be read.
    Nothing,
}
