//! The order in which the ancestors of a class are searched, and moving a class to other bases.

use super::slots::solid_base;
use super::store::{flush_slot_caches, refresh_tree};
use super::{Cx, Flow, Stop};
use crate::gc::Gc;
use crate::value::class::flags;
use crate::value::kind::Kind;
use crate::value::{Class, Native, T, Tuple, Value};

/// The order in which ancestors are searched (C3), or the classes that stand in each other's way.
pub(super) fn linearise(bases: &[Gc<Class>]) -> Result<Vec<Gc<Class>>, Vec<Gc<Class>>> {
    let mut lists: Vec<Vec<Gc<Class>>> = bases.iter().map(|b| b.mro.borrow().clone()).collect();
    lists.push(bases.to_vec());
    let mut order = Vec::new();
    loop {
        lists.retain(|list| !list.is_empty());
        if lists.is_empty() {
            return Ok(order);
        }
        let next = lists
            .iter()
            .map(|list| list[0])
            .find(|candidate| !lists.iter().any(|list| list[1..].contains(candidate)));
        let Some(next) = next else {
            let mut heads: Vec<Gc<Class>> = Vec::new();
            for list in &lists {
                if !heads.contains(&list[0]) {
                    heads.push(list[0]);
                }
            }
            return Err(heads);
        };
        order.push(next);
        for list in &mut lists {
            if list[0] == next {
                list.remove(0);
            }
        }
    }
}

/// TypeError: these classes stand in each other's way.
pub(super) fn no_order(cx: &Cx, heads: &[Gc<Class>]) -> Stop {
    let names: Vec<String> = heads.iter().map(|base| base.name_text()).collect();
    cx.type_error(&format!(
        "Cannot create a consistent method resolution order (MRO) for bases {}",
        names.join(", ")
    ))
}

/// The `mro` that the metaclass has in place of the one of `type`.
pub(super) fn own_order(cx: &Cx, class: Gc<Class>) -> Option<Value> {
    let meta = cx.class_of(Value::object(class));
    if meta == cx.class(T::Type) {
        return None;
    }
    cx.lookup(meta, cx.vm().names.mro).filter(|method| !method.is::<Native>())
}

/// What a metaclass's `mro` has returned, if it can be an order of lookup.
pub(super) fn checked_order(
    cx: &mut Cx,
    class: Gc<Class>,
    order: Value,
) -> Result<Vec<Gc<Class>>, Stop> {
    let items = match cx.plain_items(order) {
        Some(items) => items,
        None => {
            let collect = cx.vm().prelude("_collect");
            let items = cx.call(collect, &[order])?;
            cx.plain_items(items).unwrap_or_default()
        }
    };
    // A class that is being made has no order yet.
    let own = match class.mro.borrow().is_empty() {
        true => cx.best_base(&bases_of(class)).unwrap_or(cx.class(T::Object)),
        false => class,
    };
    let own = solid_base(cx, own);
    let mut classes = Vec::with_capacity(items.len());
    for item in items {
        let Some(ancestor) = item.cast::<Class>() else {
            let text = format!("mro() returned a non-class ('{}')", cx.type_name(item));
            return Err(cx.type_error(&text));
        };
        let solid = solid_base(cx, ancestor);
        if !own.is_subclass(solid) {
            let text =
                format!("mro() returned base with unsuitable layout ('{}')", ancestor.name_text());
            return Err(cx.type_error(&text));
        }
        classes.push(ancestor);
    }
    if classes.is_empty() {
        return Err(cx.type_error("type MRO must not be empty"));
    }
    Ok(classes)
}

// ---- `__bases__`

fn bases_of(class: Gc<Class>) -> Vec<Gc<Class>> {
    let bases = class.bases.get().cast::<Tuple>();
    bases.iter().flat_map(|bases| bases.as_slice()).filter_map(|base| base.cast()).collect()
}

/// A class and all that derive from it, bases before what is derived from them.
fn family(class: Gc<Class>) -> Vec<Gc<Class>> {
    fn visit(class: Gc<Class>, all: &mut Vec<Gc<Class>>) {
        if all.contains(&class) {
            return;
        }
        for &derived in class.subclasses.borrow().iter() {
            visit(derived, all);
        }
        all.push(class);
    }
    let mut all = Vec::new();
    visit(class, &mut all);
    all.reverse();
    all
}

impl Cx {
    /// `cls.__bases__ = (…)` of a class of the program.
    pub fn set_bases(&mut self, class: Gc<Class>, value: Value) -> Flow {
        let name = class.name_text();
        let Some(tuple) = self.unwrap(value).cast::<Tuple>() else {
            let given = self.type_name(value);
            let text = format!("can only assign tuple to {name}.__bases__, not {given}");
            return Err(self.type_error(&text));
        };
        if tuple.is_empty() {
            let text = format!("can only assign non-empty tuple to {name}.__bases__, not ()");
            return Err(self.type_error(&text));
        }
        let mut bases: Vec<Gc<Class>> = Vec::new();
        for &item in tuple.as_slice() {
            let Some(base) = item.cast::<Class>() else {
                let given = self.type_name(item);
                let text = format!("{name}.__bases__ must be tuple of classes, not '{given}'");
                return Err(self.type_error(&text));
            };
            if derives(base, class) {
                return Err(self.type_error("a __bases__ item causes an inheritance cycle"));
            }
            if bases.contains(&base) {
                let text = format!("duplicate base class {}", base.name_text());
                return Err(self.type_error(&text));
            }
            bases.push(base);
        }
        self.check_layout(class, &bases)?;
        let old = class.bases.get();
        let former = bases_of(class);
        let family = family(class);
        let orders: Vec<_> = family.iter().map(|class| class.mro.borrow().clone()).collect();
        class.bases.set(Value::object(tuple));
        if class.mro.borrow().is_empty() {
            // The class is being made: its order comes when its metaclass has said it.
            return Ok(Value::NONE);
        }
        if let Err(stop) = self.reorder(&family) {
            // What a metaclass has assigned meanwhile stays.
            if class.bases.get() == Value::object(tuple) {
                class.bases.set(old);
                for (class, order) in family.iter().zip(orders) {
                    *class.mro.borrow_mut() = order;
                }
            }
            self.ancestry_changed(class);
            return Err(stop);
        }
        if class.bases.get() == Value::object(tuple) {
            for base in former {
                base.subclasses.borrow_mut().retain(|&derived| derived != class);
            }
            for base in bases {
                base.subclasses.borrow_mut().push(class);
            }
        }
        self.ancestry_changed(class);
        Ok(Value::NONE)
    }

    /// TypeError unless instances of the class are laid out as before.
    fn check_layout(&self, class: Gc<Class>, bases: &[Gc<Class>]) -> Result<(), Stop> {
        for base in bases {
            if base.header.flags & flags::FINAL != 0 {
                let text =
                    format!("type '{}' is not an acceptable base type", self.class_text(*base));
                return Err(self.type_error(&text));
            }
        }
        let root = self.class(T::Object);
        let (new, old) = (self.best_base(bases), self.best_base(&bases_of(class)));
        let (new, old) = (new.unwrap_or(root), old.unwrap_or(root));
        let solid = solid_base(self, new);
        if bases.iter().any(|&base| !solid.is_subclass(solid_base(self, base))) {
            return Err(self.type_error("multiple bases have instance lay-out conflict"));
        }
        // Mere values and objects without attributes are freed in another way than the rest.
        let is_simple = |class: Gc<Class>| match class.layout {
            Kind::BigInt | Kind::Complex | Kind::Str | Kind::Bytes => true,
            Kind::Instance => class.header.flags & flags::NO_DICT != 0,
            _ => false,
        };
        let what = if is_simple(new) != is_simple(old) {
            "deallocator"
        } else if solid != solid_base(self, old)
            || (new.header.flags ^ old.header.flags) & flags::NO_DICT != 0
        {
            "object layout"
        } else {
            return Ok(());
        };
        let (new, old) = (new.name_text(), old.name_text());
        Err(self.type_error(&format!("__bases__ assignment: '{new}' {what} differs from '{old}'")))
    }

    /// Computes the orders of classes anew, those of bases first.
    fn reorder(&mut self, family: &[Gc<Class>]) -> Result<(), Stop> {
        for &class in family {
            let order = match own_order(self, class) {
                Some(method) => {
                    let order = self.call(method, &[Value::object(class)])?;
                    checked_order(self, class, order)?
                }
                None => self.default_order(class)?,
            };
            *class.mro.borrow_mut() = order;
        }
        Ok(())
    }

    /// What `type.mro` says: the class, then the ancestors of its bases.
    pub fn default_order(&self, class: Gc<Class>) -> Result<Vec<Gc<Class>>, Stop> {
        let mut order = vec![class];
        match linearise(&bases_of(class)) {
            Ok(ancestors) => order.extend(ancestors),
            Err(heads) => return Err(no_order(self, &heads)),
        }
        Ok(order)
    }

    /// Nobody may remember what was found before.
    fn ancestry_changed(&mut self, class: Gc<Class>) {
        refresh_tree(self.vm(), class);
        self.bump_epoch();
        flush_slot_caches(self.vm());
    }
}

/// Is the class among the ancestors of `base`, by bases or by the order of search?
fn derives(base: Gc<Class>, class: Gc<Class>) -> bool {
    let mut pending = vec![base];
    while let Some(next) = pending.pop() {
        if next == class || next.is_subclass(class) {
            return true;
        }
        pending.extend(bases_of(next));
    }
    false
}
