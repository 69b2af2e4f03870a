//! What bytes are read into: a bytearray, or a view of something that may be written.

use super::bytes::not_bytes;
use super::memory;
use crate::gc::Gc;
use crate::value::{ByteArray, MemoryView, Value};
use crate::vm::{Cx, Stop};

pub enum Target {
    Array(Gc<ByteArray>),
    View(Gc<MemoryView>),
}

impl Target {
    /// None if nothing can be written there. `__buffer__` of a class is asked; its answer is rooted.
    pub fn of(cx: &mut Cx, value: Value) -> Result<Option<Target>, Stop> {
        let target = match memory::own_buffer(cx, value)? {
            Some(method) => {
                let view = cx.call(method, &[Value::int(1)])?;
                cx.root(view);
                view
            }
            None => cx.unwrap(value),
        };
        if let Some(array) = target.cast::<ByteArray>() {
            return Ok(Some(Target::Array(array)));
        }
        match target.cast::<MemoryView>().filter(|view| !view.readonly) {
            Some(view) if view.is_released() => Err(not_bytes(cx, value)),
            Some(view) if view.layout().is_c_contiguous() => Ok(Some(Target::View(view))),
            _ => Ok(None),
        }
    }

    pub fn room(&self) -> usize {
        match self {
            Target::Array(array) => array.edit(|data| data.len()),
            Target::View(view) => view.layout().byte_len(),
        }
    }

    /// Writes at the beginning, as far as there is still room: others may have made it smaller.
    pub fn put(&self, data: &[u8]) {
        let copy = |target: &mut [u8]| {
            let count = data.len().min(target.len());
            target[..count].copy_from_slice(&data[..count]);
        };
        match self {
            Target::Array(array) => array.edit(|target| copy(target)),
            Target::View(view) => {
                let start = view.layout().start;
                view.edit(|storage| copy(storage.get_mut(start..).unwrap_or_default()));
            }
        }
    }
}
