//! The library as a module of its process: it stays once it was used, since threads and thread-locals may outlive the
//! call that unloads it. On Linux the linker says so (build.rs).

/// Keeps the library where it is.
#[cfg(windows)]
pub fn keep() {
    use std::ffi::c_void;
    use std::ptr::null_mut;

    const FROM_ADDRESS: u32 = 4;
    const PIN: u32 = 1;
    unsafe extern "system" {
        fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
    }
    let mut module = null_mut();
    // SAFETY: the address is one of this module, and the handle is written to a pointer of ours. Where it fails, the
    // module can be unloaded as any other.
    unsafe { GetModuleHandleExW(FROM_ADDRESS | PIN, keep as *const c_void, &raw mut module) };
}

#[cfg(not(windows))]
pub fn keep() {}
