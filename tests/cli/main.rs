//! The command as its users run it: a program, files, flags, exit statuses.

mod batch;
mod checkpoints;
mod companions;
mod documents;
mod errors;
mod experiments;
mod exr;
mod formats;
mod interrupts;
mod jpegs;
mod json;
mod masks;
mod metadata;
mod noise;
mod pictures;
mod pipes;
mod program;
mod ranges;
mod report;
mod room;
mod shards;
mod slips;
mod tiffs;
mod workers;
