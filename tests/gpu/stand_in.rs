//! The stand-in for the driver as a process has it: what was asked of it, and what it is asked for.

use std::ffi::{CStr, CString, c_char, c_int, c_ulonglong, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dipkit::exec::cuda::Card;

/// The stand-in, for one test at a time: counts and settings are the process's. When it is dropped, all settings are
/// the default ones again.
pub struct StandIn {
    library: *mut c_void,
    /// Allocations and bytes of before, which a card that was lost could not free.
    lost: [u64; 2],
    changed: Mutex<Vec<&'static str>>,
    _alone: MutexGuard<'static, ()>,
}

static ALONE: Mutex<()> = Mutex::new(());

impl StandIn {
    /// The stand-in with no counts and the default settings; None where there is none, which is said.
    pub fn alone() -> Option<StandIn> {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(library) = library() else {
            let is_promised = std::env::var_os("DIPKIT_TEST_CARD").is_some();
            assert!(!is_promised, "there is no stand-in for the driver, see tests/gpu/run");
            println!("nothing is tested, as there is no stand-in for the driver: run tests/gpu/run");
            return None;
        };
        let mut stand_in = StandIn { library, lost: [0; 2], changed: Mutex::default(), _alone: alone };
        stand_in.forget();
        stand_in.lost = stand_in.live();
        Some(stand_in)
    }

    /// The card that it stands in for.
    pub fn card(&self) -> Card {
        Card::open(0).unwrap()
    }

    /// What was counted since [`StandIn::forget`]; the names are in `stand_in/counts.cpp`.
    pub fn count(&self, name: &str) -> u64 {
        let name = CString::new(name).unwrap();
        // SAFETY: it is declared so in stand_in/card.cpp.
        let counts: extern "C" fn(*const c_char) -> c_ulonglong =
            unsafe { std::mem::transmute(self.function(c"dipkit_stand_in_counts")) };
        counts(name.as_ptr())
    }

    /// The number and the bytes of this test's allocations that have not been freed.
    pub fn live(&self) -> [u64; 2] {
        [self.count("live_allocations") - self.lost[0], self.count("live_bytes") - self.lost[1]]
    }

    /// Leaves a card so many bytes of memory that are free.
    pub fn leave_free(&self, bytes: u64) {
        self.set("MEMORY_BYTES", &(self.count("live_bytes") + bytes).to_string());
    }

    /// Counts and failures begin anew, and a lost card is whole again.
    pub fn forget(&self) {
        // SAFETY: it is declared so in stand_in/card.cpp.
        let reset: extern "C" fn() = unsafe { std::mem::transmute(self.function(c"dipkit_stand_in_reset")) };
        reset();
    }

    /// Changes a setting, see `stand_in/settings.cpp`; an empty value is the default one.
    pub fn set(&self, name: &'static str, value: &str) {
        let (setting, value) = (CString::new(name).unwrap(), CString::new(value).unwrap());
        // SAFETY: it is declared so in stand_in/card.cpp.
        let set: extern "C" fn(*const c_char, *const c_char) -> c_int =
            unsafe { std::mem::transmute(self.function(c"dipkit_stand_in_set")) };
        assert_eq!(set(setting.as_ptr(), value.as_ptr()), 0, "there is no setting {name}");
        self.changed.lock().unwrap().push(name);
    }

    /// Has something fail from now on, counted from here.
    pub fn fail(&self, name: &'static str, value: &str) {
        self.forget();
        self.set(name, value);
    }

    /// The bytes of a kernel's arguments and the threads of its blocks, as its source has them; zeros where there is no
    /// such kernel.
    pub fn kernel(&self, name: &str) -> (usize, usize) {
        let name = CString::new(name).unwrap();
        // SAFETY: both are declared so in stand_in/card.cpp.
        let (bytes, threads) = unsafe {
            let bytes: extern "C" fn(*const c_char) -> usize =
                std::mem::transmute(self.function(c"dipkit_stand_in_argument_bytes"));
            let threads: extern "C" fn(*const c_char) -> c_int =
                std::mem::transmute(self.function(c"dipkit_stand_in_threads"));
            (bytes(name.as_ptr()), threads(name.as_ptr()))
        };
        (bytes, threads as usize)
    }

    fn function(&self, name: &CStr) -> *mut c_void {
        // SAFETY: the library is open, and the name ends with a NUL.
        let function = unsafe { libc::dlsym(self.library, name.as_ptr()) };
        assert!(!function.is_null(), "the stand-in lacks {name:?}");
        function
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let changed = std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner));
        changed.into_iter().for_each(|name| self.set(name, ""));
        self.forget();
    }
}

/// The driver's library, where it is the stand-in. It stays open for good.
fn library() -> Option<*mut c_void> {
    // SAFETY: what runs when it is opened is the stand-in's or NVIDIA's own.
    let library = unsafe { libc::dlopen(c"libcuda.so.1".as_ptr(), libc::RTLD_LAZY) };
    // SAFETY: the library is open, and the name ends with a NUL.
    let is_stand_in =
        !library.is_null() && !unsafe { libc::dlsym(library, c"dipkit_stand_in_counts".as_ptr()) }.is_null();
    is_stand_in.then_some(library)
}
