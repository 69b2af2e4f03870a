//! What topic files keep for the life of a VM: one Rust value per type, made when first asked
//! for. It holds no references into the heap, because the collector does not look here.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::rc::Rc;

use super::Cx;

#[derive(Default)]
pub struct States(RefCell<Vec<(TypeId, Rc<dyn Any>)>>);

impl States {
    fn get<S: Default + 'static>(&self) -> Rc<S> {
        let state = self.find(TypeId::of::<S>()).unwrap_or_else(|| {
            let made = Rc::new(S::default());
            self.0.borrow_mut().push((TypeId::of::<S>(), made.clone()));
            made
        });
        state.downcast().expect("it is found by its type")
    }

    fn find(&self, wanted: TypeId) -> Option<Rc<dyn Any>> {
        let states = self.0.borrow();
        states.iter().find_map(|(of, state)| (*of == wanted).then(|| state.clone()))
    }
}

impl Cx {
    /// The value of this type that belongs to the VM.
    pub fn state<S: Default + 'static>(&self) -> Rc<S> {
        self.vm().states.get()
    }
}
