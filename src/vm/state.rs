//! What topic files keep for the life of a VM: one Rust value per type, made when first asked
//! for. It holds no references into the heap, because the collector does not look here.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use super::Cx;

#[derive(Default)]
pub struct States(RefCell<Vec<Rc<dyn Any>>>);

impl States {
    fn get<S: Default + 'static>(&self) -> Rc<S> {
        let found = self.0.borrow().iter().find_map(|state| state.clone().downcast::<S>().ok());
        found.unwrap_or_else(|| {
            let made = Rc::new(S::default());
            self.0.borrow_mut().push(made.clone());
            made
        })
    }
}

impl Cx {
    /// The value of this type that belongs to the VM.
    pub fn state<S: Default + 'static>(&self) -> Rc<S> {
        self.vm().states.get()
    }
}
