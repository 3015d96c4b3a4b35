//! Structs that grow at their end: `struct_size` says how much of one the program knows.

use crate::error::{Error, Result};
use std::mem::size_of;

/// A struct of the header that starts with `struct_size`.
///
/// # Safety
/// The type is `repr(C)`, starts with a `u32` that is its size, has no padding, and takes any bytes.
pub unsafe trait Growing: Copy {
    /// Size in the first release: no program knows less.
    const FIRST_SIZE: usize;
}

/// Reads as much as the program and this library both know; the rest stays as in `unset`.
///
/// # Errors
/// `InvalidArgument` for NULL and for a size below the first release's.
///
/// # Safety
/// `pointer` is NULL or points to as many readable bytes as its `struct_size` says.
pub unsafe fn read<T: Growing>(pointer: *const T, name: &str, unset: T) -> Result<T> {
    // SAFETY: as this function's own promise.
    let size = unsafe { known_size(pointer, name) }?;
    let mut value = unset;
    // SAFETY: both hold `size` bytes (at most a T), and a T takes any bytes.
    unsafe { std::ptr::copy_nonoverlapping(pointer.cast::<u8>(), (&raw mut value).cast::<u8>(), size) };
    Ok(value)
}

/// A program's struct that will be written, checked before the work.
pub struct Out<T> {
    pointer: *mut T,
    size: usize,
}

impl<T: Growing> Out<T> {
    /// Takes the program's struct, whose size is checked.
    ///
    /// # Errors
    /// As [`read`].
    ///
    /// # Safety
    /// `pointer` is NULL or points to as many writable bytes as its `struct_size` says, until the
    /// end of the call.
    pub unsafe fn new(pointer: *mut T, name: &str) -> Result<Out<T>> {
        // SAFETY: as this function's own promise.
        let size = unsafe { known_size(pointer, name) }?;
        Ok(Out { pointer, size })
    }

    /// Writes what the program knows of `value`; its `struct_size` stays.
    pub fn write(&self, value: &T) {
        let from = (&raw const *value).cast::<u8>();
        let skipped = size_of::<u32>();
        // SAFETY: `new` saw that both hold `size` bytes, which is more than `struct_size` itself.
        unsafe {
            std::ptr::copy_nonoverlapping(
                from.add(skipped),
                self.pointer.cast::<u8>().add(skipped),
                self.size - skipped,
            );
        }
    }

    /// Whether `value` and `other` differ in a part that the program does not know.
    pub fn hides_difference(&self, value: &T, other: &T) -> bool {
        bytes(value)[self.size..] != bytes(other)[self.size..]
    }
}

/// Writes `value`, its `struct_size` too, to a program's memory of `size` bytes.
///
/// # Errors
/// As [`read`].
///
/// # Safety
/// `pointer` is NULL or points to `size` writable bytes.
pub unsafe fn initialise<T: Growing>(
    pointer: *mut T,
    name: &str,
    size: usize,
    value: impl FnOnce(u32) -> T,
) -> Result<()> {
    refuse_null(pointer, name)?;
    let known = checked_size::<T>(size, &format!("size_of_{name}"))?;
    // A T is far smaller than 4 GiB.
    let value = value(known as u32);
    // SAFETY: the caller's memory holds `size` bytes, `value` a T, and `known` is the smaller.
    unsafe { std::ptr::copy_nonoverlapping((&raw const value).cast::<u8>(), pointer.cast::<u8>(), known) };
    Ok(())
}

/// Refuses NULL where the header wants something.
///
/// # Errors
/// `InvalidArgument` saying which one is NULL.
pub fn refuse_null<T: ?Sized>(pointer: *const T, name: &str) -> Result<()> {
    if pointer.is_null() { Err(Error::invalid(format!("{name} is null"))) } else { Ok(()) }
}

unsafe fn known_size<T: Growing>(pointer: *const T, name: &str) -> Result<usize> {
    refuse_null(pointer, name)?;
    // SAFETY: the header asks for struct_size, its first field, before the call; a C struct may be
    // less aligned than ours where it was copied as bytes.
    let size = unsafe { pointer.cast::<u32>().read_unaligned() };
    checked_size::<T>(size as usize, &format!("{name}.struct_size"))
}

fn checked_size<T: Growing>(size: usize, name: &str) -> Result<usize> {
    if size < T::FIRST_SIZE {
        return Err(Error::invalid(format!("{name} is {size}, must be at least {}", T::FIRST_SIZE)));
    }
    Ok(size.min(size_of::<T>()))
}

fn bytes<T: Growing>(value: &T) -> &[u8] {
    // SAFETY: a Growing has no padding, so every byte of it is set.
    unsafe { std::slice::from_raw_parts((&raw const *value).cast::<u8>(), size_of::<T>()) }
}
