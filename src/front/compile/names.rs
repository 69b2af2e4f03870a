//! Identifiers as the compiler sees them: those of the tree, and a few of its own.
//!
//! The tree's names keep their numbers; mangled private names (`_Class__name`) and names that no
//! source spells (`.0`) are numbered after them. Comparing names is comparing numbers.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use sloop_grammar::ast::{self, Name};

/// Begins what no class is called.
const PARAMETERS: char = '\0';

/// A multiplicative hash for small keys. Keys are numbers the compiler itself hands out, so an
/// attacker cannot steer them.
#[derive(Default, Clone)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(value as u64);
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(value as u64);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(23) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

pub(crate) type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

/// Names the compiler asks about.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    pub class: Name,
    pub class_dict: Name,
    pub super_: Name,
    pub debug: Name,
    pub iterable: Name,
    pub format: Name,
    pub type_params: Name,
    pub generic_base: Name,
    pub defaults: Name,
    pub keyword_defaults: Name,
    pub range: Name,
    pub lambda: Name,
    pub genexpr: Name,
    pub annotate: Name,
}

pub(crate) struct Names<'a> {
    tree: &'a ast::Names,
    extra: Vec<Box<str>>,
    index: HashMap<Box<str>, Name>,
    mangled: NumberMap<(u32, u32), Name>,
    pub known: Known,
}

impl<'a> Names<'a> {
    /// Is it a name in the source?
    pub fn occurs(&self, text: &str) -> bool {
        self.tree.find(text).is_some()
    }

    pub fn new(tree: &'a ast::Names) -> Names<'a> {
        let nothing = Name(0);
        let mut names = Names {
            tree,
            extra: Vec::new(),
            index: HashMap::new(),
            mangled: NumberMap::default(),
            known: Known {
                class: nothing,
                class_dict: nothing,
                super_: nothing,
                debug: nothing,
                iterable: nothing,
                format: nothing,
                type_params: nothing,
                generic_base: nothing,
                defaults: nothing,
                keyword_defaults: nothing,
                range: nothing,
                lambda: nothing,
                genexpr: nothing,
                annotate: nothing,
            },
        };
        names.known = Known {
            class: names.intern("__class__"),
            class_dict: names.intern("__classdict__"),
            super_: names.intern("super"),
            debug: names.intern("__debug__"),
            iterable: names.intern(".0"),
            format: names.intern(".format"),
            type_params: names.intern(".type_params"),
            generic_base: names.intern(".generic_base"),
            defaults: names.intern(".defaults"),
            keyword_defaults: names.intern(".kwdefaults"),
            range: names.intern("range"),
            lambda: names.intern("<lambda>"),
            genexpr: names.intern("<genexpr>"),
            annotate: names.intern("__annotate__"),
        };
        names
    }

    pub fn text(&self, name: Name) -> &str {
        let own = self.tree.len();
        match (name.0 as usize).checked_sub(own) {
            None => self.tree.text(name),
            Some(at) => &self.extra[at],
        }
    }

    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(name) = self.tree.find(text) {
            return name;
        }
        if let Some(&name) = self.index.get(text) {
            return name;
        }
        let name = Name((self.tree.len() + self.extra.len()) as u32);
        self.extra.push(text.into());
        self.index.insert(text.into(), name);
        name
    }

    /// What stands for the class in the scope of its type parameters: these are spelt as in the class,
    /// other names as they are.
    pub fn around_class(&mut self, class: Name, parameters: impl Iterator<Item = Name>) -> Name {
        let text = format!("{PARAMETERS}{}:{}", self.text(class), self.extra.len());
        let around = self.intern(&text);
        for name in parameters {
            let spelt = self.mangle(Some(class), name);
            self.mangled.insert((around.0, name.0), spelt);
        }
        around
    }

    /// The same for a name that the walk over scopes has met already.
    pub fn mangled(&self, class: Option<Name>, name: Name) -> Name {
        let class = class.map(|class| class.0);
        class.and_then(|class| self.mangled.get(&(class, name.0)).copied()).unwrap_or(name)
    }

    /// The name as code in a class called `class` spells it: `__x` becomes `_Class__x`.
    pub fn mangle(&mut self, class: Option<Name>, name: Name) -> Name {
        let Some(class) = class else { return name };
        let text = self.text(name);
        if !text.starts_with("__") || text.ends_with("__") || text.contains('.') {
            return name;
        }
        if let Some(&known) = self.mangled.get(&(class.0, name.0)) {
            return known;
        }
        let stem = self.text(class).trim_start_matches('_');
        let result = if stem.is_empty() || stem.starts_with(PARAMETERS) {
            name
        } else {
            let text = format!("_{stem}{text}");
            self.intern(&text)
        };
        self.mangled.insert((class.0, name.0), result);
        result
    }
}
