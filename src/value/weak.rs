//! References that do not keep alive, and objects that want a last word.
//!
//! After marking, `Finals` looks at what was not reached. Objects with a finaliser live on until
//! the next collection, with all they refer to, and fall due. Of the rest weak references are
//! cleared, and their callbacks fall due. What is due runs later, at a safepoint
//! (`vm/finalise.rs`).

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};

use super::kind::{Kind, Object, Tracer};
use super::wait::phase;
use super::{Frame, Value, Wait, frame};
use crate::gc::{Gc, Header, Marker};

#[repr(C)]
pub struct Weak {
    pub header: Header,
    /// Not traced; UNDEF once the object is gone.
    pub target: Cell<Value>,
    pub callback: Cell<Value>,
    /// The hash of the target once it was asked for.
    pub hash: Cell<Option<i64>>,
}

impl Object for Weak {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.value(self.callback.get());
    }
}

/// What is to be run for the sake of an object that has died, or is about to.
#[derive(Clone, Copy)]
pub enum Due {
    /// A weak reference whose target is gone: its callback.
    Callback(Gc<Weak>),
    /// `__del__`, or `close` of a suspended frame.
    Finaliser(Value),
}

/// Can there be weak references to objects of this kind, whatever their class?
pub fn is_more_than_data(layout: Kind) -> bool {
    matches!(
        layout,
        Kind::Function
            | Kind::Native
            | Kind::BoundMethod
            | Kind::Class
            | Kind::Set
            | Kind::Deque
            | Kind::Frame
            | Kind::Module
            | Kind::CodeObject
            | Kind::Resource
            | Kind::Record
            | Kind::MemoryView
            | Kind::GenericAlias
            | Kind::Union
            | Kind::Future
            | Kind::Task
            | Kind::Gathering
            | Kind::Wait
            | Kind::Primitive
            | Kind::Timeout
            | Kind::Queue
            | Kind::Handle
            | Kind::EventLoop
    )
}

#[derive(Default)]
pub struct Finals {
    objects: RefCell<Vec<Value>>,
    weak: RefCell<Vec<Gc<Weak>>>,
    /// The references without callback, by target: one serves all.
    shared: RefCell<HashMap<u64, Gc<Weak>>>,
    due: RefCell<VecDeque<Due>>,
    /// How many of those due are to run in one go.
    batch: Cell<usize>,
}

impl Finals {
    /// The object wants a last word.
    pub fn register(&self, object: Value) {
        self.objects.borrow_mut().push(object);
    }

    /// The object registered last wants none after all: somebody else answers for it.
    pub fn withdraw(&self, object: Value) {
        let mut objects = self.objects.borrow_mut();
        if objects.last() == Some(&object) {
            objects.pop();
        }
    }

    /// A new reference, which may be `shared` if nobody can tell it from the next.
    pub fn add_weak(&self, weak: Gc<Weak>, shared: bool) {
        self.weak.borrow_mut().push(weak);
        if shared {
            self.shared.borrow_mut().insert(weak.target.get().bits(), weak);
        }
    }

    pub fn shared(&self, target: Value) -> Option<Gc<Weak>> {
        self.shared.borrow().get(&target.bits()).copied()
    }

    /// The weak references to an object.
    pub fn references(&self, target: Value) -> Vec<Gc<Weak>> {
        self.weak.borrow().iter().copied().filter(|weak| weak.target.get() == target).collect()
    }

    pub fn has_due(&self) -> bool {
        !self.due.borrow().is_empty()
    }

    pub fn begin_batch(&self) {
        self.batch.set(self.due.borrow().len());
    }

    /// The next of the batch.
    pub fn take_due(&self) -> Option<Due> {
        let left = self.batch.get().checked_sub(1)?;
        self.batch.set(left);
        self.due.borrow_mut().pop_front()
    }

    /// At the end of the program everything that waits for its end falls due.
    pub fn all_due(&self) {
        let objects = std::mem::take(&mut *self.objects.borrow_mut());
        let waiting = objects.into_iter().filter(|&object| is_unfinished(object));
        self.due.borrow_mut().extend(waiting.map(Due::Finaliser));
    }

    /// What is due must live until it has run.
    pub fn trace(&self, tracer: &mut Tracer<'_>) {
        for due in self.due.borrow().iter() {
            match *due {
                Due::Callback(weak) => tracer.object(weak),
                Due::Finaliser(object) => tracer.value(object),
            }
        }
    }

    /// What can be reached is marked: who wants a last word? `reach` marks an object with all that
    /// it refers to and says whether that leads back to it.
    ///
    /// Who refers to another comes before it, as if the last reference to it had just gone; what
    /// refers to each other, and what has nothing to do with each other, comes as it was made.
    pub fn save(&self, marker: &mut Marker, reach: &dyn Fn(&mut Marker, Value) -> bool) {
        /// Of more than that the order is that in which they were made.
        const FEW: usize = 1000;
        let mut waiting = Vec::new();
        self.objects.borrow_mut().retain(|&object| {
            if Tracer::new(marker).is_marked(object) {
                return is_unfinished(object);
            }
            if is_unfinished(object) {
                waiting.push(object);
            }
            false
        });
        let mut due = self.due.borrow_mut();
        if waiting.len() > FEW {
            for object in waiting {
                reach(marker, object);
                due.push_back(Due::Finaliser(object));
            }
            return;
        }
        let mut groups = Vec::new();
        while let Some(object) = waiting.pop() {
            let leads_back = reach(marker, object);
            let reached = |other: &mut Value| Tracer::new(marker).is_marked(*other);
            let mut group: Vec<Value> = waiting.extract_if(.., reached).collect();
            group.push(object);
            if !leads_back {
                group.reverse();
            }
            groups.push(group);
        }
        due.extend(groups.into_iter().rev().flatten().map(Due::Finaliser));
    }

    /// What the saved ones refer to is marked, too: the rest is gone. Callbacks that wait for the
    /// same object fall due newest first.
    pub fn clear(&self, tracer: &Tracer<'_>) {
        let mut called: Vec<(u64, Gc<Weak>)> = Vec::new();
        self.weak.borrow_mut().retain(|&weak| {
            let known = tracer.is_marked(Value::object(weak));
            let target = weak.target.get();
            if tracer.is_marked(target) {
                return known;
            }
            weak.target.set(Value::UNDEF);
            if known && !weak.callback.get().is_none() {
                called.push((target.bits(), weak));
            }
            false
        });
        let mut first = HashMap::new();
        for (nth, &(target, _)) in called.iter().enumerate() {
            first.entry(target).or_insert(nth);
        }
        called.reverse();
        called.sort_by_key(|(target, _)| first[target]);
        self.due.borrow_mut().extend(called.into_iter().map(|(_, weak)| Due::Callback(weak)));
        let lives =
            |weak: Gc<Weak>| tracer.is_marked(Value::object(weak)) && !weak.target.get().is_undef();
        self.shared.borrow_mut().retain(|_, &mut weak| lives(weak));
    }
}

/// Is there still something to finalise? Native coroutines only want to be begun. Frames that have ended have had their last word, those
/// that guard nothing only want to be begun.
fn is_unfinished(object: Value) -> bool {
    if let Some(wait) = object.cast::<Wait>() {
        return wait.phase.get() == phase::CREATED;
    }
    object.cast::<Frame>().is_none_or(|frame| match frame.state() {
        frame::state::FINISHED => false,
        frame::state::CREATED => true,
        _ => !frame.function.code.code.handlers.is_empty(),
    })
}
