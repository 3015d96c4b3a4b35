//! A buffer that parallel tasks fill together, each its own part.

use std::marker::PhantomData;

/// A mutable slice without the promise that nobody else writes: a task's part is scattered over
/// planes, which chunks of a slice cannot say.
#[derive(Clone, Copy)]
pub struct SharedBuffer<'a> {
    start: *mut f32,
    len: usize,
    slice: PhantomData<&'a mut [f32]>,
}

// SAFETY: the pointer is only a way to f32, which may cross threads; who writes where is promised by
// those who use `pointer` and `part`.
unsafe impl Send for SharedBuffer<'_> {}
// SAFETY: as above.
unsafe impl Sync for SharedBuffer<'_> {}

impl<'a> SharedBuffer<'a> {
    /// Shares a slice among tasks for as long as it is borrowed.
    pub fn new(slice: &'a mut [f32]) -> SharedBuffer<'a> {
        SharedBuffer { start: slice.as_mut_ptr(), len: slice.len(), slice: PhantomData }
    }

    /// The number of f32s.
    pub fn len(self) -> usize {
        self.len
    }

    /// The beginning of the buffer. Whoever writes through it promises to stay inside and apart from other tasks.
    pub fn pointer(self) -> *mut f32 {
        self.start
    }

    /// Borrows a part of the buffer to write to.
    ///
    /// # Safety
    /// No other part that is alive overlaps this one.
    pub unsafe fn part(self, first: usize, len: usize) -> &'a mut [f32] {
        assert!(first <= self.len && len <= self.len - first, "part {first}+{len} of {}", self.len);
        // SAFETY: inside the slice by the line above, alone by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(first), len) }
    }
}
