//! Files and pipes: their names, reading and writing them whole, and what a command does with which file.

mod destination;
mod names;
mod reading;
pub mod uses;
mod writing;

pub use destination::{Destination, DestinationKind};
pub use names::{is_pipe, is_same, marked, name, unfinished};
pub use reading::{pictures, read};
pub use writing::{create_folder, replace, rescue};
