//! What programs open and forget to close. Noted if a developer (`-X dev`) or a test runner wants
//! to know; otherwise nothing is kept. What is forgotten is closed in any case: a file when it is
//! collected or the process ends, a socket by its `__del__`.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::sys::HostInfo;
use super::traceback::{Entry, line_of};
use super::witness::witness;
use crate::value::Value;
use crate::vm::{Cx, Stop};

/// Files of the library, which open nothing of their own accord.
const LIBRARY: &str = "<sloop>/";

struct Opening {
    shown: String,
    place: (String, u32),
    closed: Rc<Cell<bool>>,
}

#[derive(Default)]
struct Opened {
    wanted: OnceCell<bool>,
    files: RefCell<Vec<Opening>>,
}

/// The innermost line of the program's own, if somebody wants to know.
pub fn place(cx: &Cx) -> Option<(String, u32)> {
    let opened = cx.state::<Opened>();
    let wanted = || cx.state::<HostInfo>().flags.get().dev_mode || witness(cx).is_some();
    if !*opened.wanted.get_or_init(wanted) {
        return None;
    }
    (0..).map_while(|depth| cx.place_above(depth)).find_map(|(code, word)| {
        let file = code.code.filename.to_string();
        let line = || line_of(Entry { code, word, line: None, level: None });
        (!file.starts_with(LIBRARY)).then(|| (file, line()))
    })
}

/// Notes a file. Whoever closes it says so by what is returned.
pub fn note(cx: &Cx, shown: impl FnOnce() -> String) -> Option<Rc<Cell<bool>>> {
    let place = place(cx)?;
    let opened = cx.state::<Opened>();
    let mut files = opened.files.borrow_mut();
    if files.len() >= 64 && files.len().is_power_of_two() {
        files.retain(|file| !file.closed.get());
    }
    let closed = Rc::new(Cell::new(false));
    files.push(Opening { shown: shown(), place, closed: closed.clone() });
    Some(closed)
}

/// Tells of the files that nobody has closed.
pub fn report(cx: &mut Cx) -> Result<(), Stop> {
    let files = cx.state::<Opened>().files.take();
    for file in files.iter().filter(|file| !file.closed.get()) {
        let text = cx.str_value(&format!("unclosed file {}", file.shown));
        let name = cx.str_value(&file.place.0);
        cx.call_prelude("_unclosed", &[text, name, Value::int(file.place.1.into())])?;
    }
    Ok(())
}
