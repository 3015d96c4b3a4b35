//! Which pictures finishing steps change, and in which order.

use std::sync::{Arc, Mutex};

use dipkit::pixels::{Picture, Size};
use dipkit::tasks::PaddingFrame;
use dipkit::tasks::finish::{Finish, FinishingStep, FitProgress, Scope};

const INNER: Size = Size { width: 5, height: 3 };
const OUTER: Size = Size { width: 8, height: 8 };

type Log = Arc<Mutex<Vec<(&'static str, Size)>>>;

/// A step that changes nothing, but notes that its turn has come, and the size of what it was given.
struct Noted {
    name: &'static str,
    scope: Scope,
    log: Log,
}

impl FinishingStep for Noted {
    fn scope(&self) -> Scope {
        self.scope
    }

    fn apply(&self, restored: &mut Picture, _: &FitProgress) -> dipkit::Result<()> {
        self.log.lock().unwrap().push((self.name, restored.size));
        Ok(())
    }
}

#[test]
fn steps_run_scope_by_scope_and_in_their_order() {
    let log = Log::default();
    let mut finish = Finish::new(PaddingFrame::new(INNER, 8, 1));
    let steps = [
        ("last", Scope::LastResult),
        ("result", Scope::Result),
        ("all", Scope::All),
        ("padded", Scope::LastPadded),
        ("later", Scope::Result),
    ];
    for (name, scope) in steps {
        finish.push(Noted { name, scope, log: log.clone() });
    }
    let samples = || vec![0.5; OUTER.area()];
    let progress = |is_last| FitProgress { is_last, risk: f64::NAN, early_risk: f64::NAN, iteration: 1 };
    let noted = || std::mem::take(&mut *log.lock().unwrap());
    assert_eq!(finish.result(samples(), &progress(true)).unwrap(), Picture::filled(INNER, 1, 0.5));
    let all = [("padded", OUTER), ("all", INNER), ("last", INNER), ("result", INNER), ("later", INNER)];
    assert_eq!(noted(), all);
    finish.result(samples(), &progress(false)).unwrap();
    assert_eq!(noted(), [("all", INNER), ("result", INNER), ("later", INNER)]);
    finish.companion(samples(), &progress(true)).unwrap();
    assert_eq!(noted(), [("all", INNER)]);
}
