//! Hidden classes: which attributes an object has, and in which slot.
//!
//! Every object header holds a shape id. Shapes form trees: a class has a root, and giving an
//! object one more attribute moves it to the child shape for that name. Equal ids mean equal
//! class and equal layout, so an inline cache compares one word. Built-in types and immediates
//! have a root shape each and never move.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::kind::Tracer;
use super::{Class, Str};
use crate::gc::Gc;

pub type ShapeId = u32;

/// Instances with more attributes than this keep them in a dict.
pub const MAX_KEYS: usize = 128;

pub struct Shape {
    pub class: Gc<Class>,
    parent: ShapeId,
    /// The attribute this shape adds to its parent; None for a root.
    key: Option<Gc<Str>>,
    /// Attributes in all.
    pub count: u32,
    /// Slots inside the object; later ones are in its `Slots`.
    pub inline: u32,
    children: RefCell<Vec<(Gc<Str>, ShapeId)>>,
    /// Made once the linear walk would be long.
    index: RefCell<Option<HashMap<Gc<Str>, u32>>>,
}

#[derive(Default)]
pub struct Shapes {
    /// Boxed: a reference to a shape outlives the growth of the vector.
    #[allow(clippy::vec_box)]
    shapes: RefCell<Vec<Box<Shape>>>,
    /// Bumped when something that class caches relied on has changed.
    pub epoch: Cell<u32>,
}

impl Shapes {
    /// Ids start at 1: 0 is the shape of objects that no program sees.
    pub fn new() -> Shapes {
        Shapes { shapes: RefCell::new(Vec::new()), epoch: Cell::new(1) }
    }

    #[inline]
    pub fn get(&self, id: ShapeId) -> &Shape {
        let shapes = self.shapes.borrow();
        let shape: *const Shape = &*shapes[id as usize - 1];
        // SAFETY: shapes are boxed and never removed while the table lives.
        unsafe { &*shape }
    }

    pub fn len(&self) -> usize {
        self.shapes.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A new root for objects of a class.
    pub fn root(&self, class: Gc<Class>, inline: usize) -> ShapeId {
        self.push(Shape {
            class,
            parent: 0,
            key: None,
            count: 0,
            inline: inline as u32,
            children: RefCell::default(),
            index: RefCell::default(),
        })
    }

    fn push(&self, shape: Shape) -> ShapeId {
        let mut shapes = self.shapes.borrow_mut();
        shapes.push(Box::new(shape));
        shapes.len() as ShapeId
    }

    /// The shape with one more attribute.
    pub fn child(&self, id: ShapeId, key: Gc<Str>) -> ShapeId {
        let shape = self.get(id);
        if let Some(&(_, child)) = shape.children.borrow().iter().find(|(k, _)| *k == key) {
            return child;
        }
        let child = self.push(Shape {
            class: shape.class,
            parent: id,
            key: Some(key),
            count: shape.count + 1,
            inline: shape.inline,
            children: RefCell::default(),
            index: RefCell::default(),
        });
        shape.children.borrow_mut().push((key, child));
        shape.class.slotted.set(true);
        child
    }

    /// Slot of an attribute (names are interned: compared by address).
    pub fn slot(&self, id: ShapeId, key: Gc<Str>) -> Option<u32> {
        let shape = self.get(id);
        if shape.count > 8 {
            let mut index = shape.index.borrow_mut();
            let map = index.get_or_insert_with(|| self.keys(id).into_iter().zip(0..).collect());
            return map.get(&key).copied();
        }
        let mut at = shape;
        while let Some(own) = at.key {
            if own == key {
                return Some(at.count - 1);
            }
            at = self.get(at.parent);
        }
        None
    }

    /// The attributes in slot order.
    pub fn keys(&self, id: ShapeId) -> Vec<Gc<Str>> {
        let mut at = self.get(id);
        let mut keys = Vec::with_capacity(at.count as usize);
        while let Some(key) = at.key {
            keys.push(key);
            at = self.get(at.parent);
        }
        keys.reverse();
        keys
    }

    /// The shape with the same attributes under another root.
    pub fn rebase(&self, id: ShapeId, root: ShapeId) -> ShapeId {
        self.keys(id).into_iter().fold(root, |shape, key| self.child(shape, key))
    }

    /// What the table itself keeps alive: the names, and the classes of shapes.
    pub fn trace(&self, marker: &mut Tracer<'_>) {
        for shape in self.shapes.borrow().iter() {
            marker.object(shape.class);
            marker.maybe(shape.key);
        }
    }
}
