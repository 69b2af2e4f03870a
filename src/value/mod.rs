//! Objects: what they are in memory and what can be done with them without running code of the
//! program. `Space` makes them; `word.rs` says how a value fits into eight bytes.

pub mod class;
pub mod code;
pub mod deque;
pub mod dict;
pub mod error;
pub mod fill;
pub mod frame;
pub mod func;
pub mod future;
mod group;
pub mod instance;
mod intern;
pub mod iter;
pub mod kind;
mod memory;
mod module;
pub mod names;
pub mod number;
pub mod queue;
pub mod record;
pub mod resource;
pub mod schedule;
pub mod sequence;
pub mod set;
pub mod shape;
mod signature;
pub mod space;
pub mod str;
pub mod table;
mod texts;
pub mod timeout;
mod trace;
pub mod types;
pub mod view;
pub mod wait;
pub mod weak;
mod word;

pub use class::Class;
pub use code::CodeObject;
pub use deque::Deque;
pub use dict::{Dict, DictView, ViewKind};
pub use error::{Exception, Traceback};
pub use frame::{Frame, Ret};
pub use func::{
    BoundMethod, Cell, ClassMethod, Declaration, Entry, Function, GenericAlias, MappingProxy,
    Member, Native, NativeKind, Property, StaticMethod, Super, Union,
};
pub use future::{Future, Gathering, Task};
pub use group::Group;
pub use instance::{Instance, Slots};
pub use iter::{AsyncOp, Iter, IterKind, Step};
pub use kind::{Kind, Tracer};
pub use memory::MemoryView;
pub use module::Module;
pub use number::{BigInt, Complex};
pub use queue::Queue;
pub use record::Record;
pub use resource::Resource;
pub use schedule::{EventLoop, Handle};
pub use sequence::{ByteArray, Bytes, List, Range, Slice, Tuple};
pub use set::Set;
pub use shape::ShapeId;
pub use signature::Signature;
pub use space::Space;
pub use str::{Str, StrBuffer};
pub use timeout::Timeout;
pub use trace::{Trace, TracePoint};
pub use types::T;
pub use view::FrameView;
pub use wait::{Primitive, Wait};
pub use weak::{Due, Weak};
pub use word::Value;
