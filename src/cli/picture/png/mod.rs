//! PNG files: the library codes the samples, and the chunks beside them are read and written here.

pub mod chunks;
pub mod read;
pub mod write;
