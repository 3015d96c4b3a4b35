//! What is said of a JPEG that cannot be read.

use crate::failure::Failure;

/// A file that ends before its picture does.
pub fn cut_off() -> Failure {
    Failure::wrong_input("is damaged: it is cut off in the middle; get a whole copy of it")
}

/// A file in which `what` cannot be understood.
pub fn damaged(what: &str) -> Failure {
    Failure::wrong_input(format!("is damaged ({what}): get a whole copy of it"))
}

/// A file with a feature that is not read.
pub fn not_read(what: &str) -> Failure {
    Failure::wrong_input(format!("is a JPEG with {what}, which is not read: save it as PNG first"))
}
