//! Descriptors that threads and loops wait for.

use std::collections::HashMap;
use std::io;
use std::os::fd::RawFd;

use super::{Key, Threads};
use crate::gc::Gc;
use crate::rt::Poller;
use crate::value::schedule::flag;
use crate::value::{EventLoop, Handle, Tracer, Value};
use crate::vm::{Cx, Vm};

/// For what a descriptor is watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Reads,
    Writes,
}

/// Who is told.
#[derive(Clone, Copy)]
enum Waiter {
    /// Each time, until it says that it is enough.
    Loop(Gc<EventLoop>, Gc<Handle>),
    /// Threads, once.
    Threads,
}

#[derive(Default, Clone, Copy)]
struct Source {
    sides: [Option<Waiter>; 2],
    told: Told,
}

/// What was told of a descriptor since it was last watched anew.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    /// That there is something to be read, and nothing else.
    Reads,
    More,
}

#[derive(Default)]
pub struct Sources {
    known: HashMap<RawFd, Source>,
    /// Those of which something was told: they are watched anew before the next look, so that what
    /// is left is told of again.
    told: Vec<RawFd>,
    /// How many turns of loops were made without a look at the system.
    unseen: u32,
}

/// A loop that always has something to run looks at the system every so many turns.
const PATIENCE: u32 = 8;

impl Sources {
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub fn trace(&self, tracer: &mut Tracer<'_>) {
        for waiter in self.known.values().flat_map(|source| source.sides).flatten() {
            if let Waiter::Loop(own, handle) = waiter {
                tracer.object(own);
                tracer.object(handle);
            }
        }
    }
}

/// What wakes threads that wait for a descriptor. Addresses of objects are multiples of 16.
fn key(fd: RawFd, side: Side) -> Key {
    Key(((fd as u64) << 4) | (1 + side as u64))
}

impl Threads {
    /// Puts a waiter in the place of another, who is returned.
    fn watch(
        &mut self,
        fd: RawFd,
        side: Side,
        waiter: Option<Waiter>,
    ) -> io::Result<Option<Waiter>> {
        let before = self.sources.known.get(&fd).copied().unwrap_or_default();
        let mut after = before;
        let replaced = std::mem::replace(&mut after.sides[side as usize], waiter);
        let [reads, writes] = after.sides.map(|side| side.is_some());
        if !reads && !writes {
            self.sources.known.remove(&fd);
            if replaced.is_some() {
                // It may have been closed before.
                let _ = self.poller()?.watch(fd, false, false);
            }
            return Ok(replaced);
        }
        self.poller()?.watch(fd, reads, writes)?;
        after.told = Told::Nothing;
        self.sources.known.insert(fd, after);
        Ok(replaced)
    }

    pub(super) fn poller(&mut self) -> io::Result<&mut Poller> {
        if self.poller.is_none() {
            let poller = Poller::new()?;
            self.mailbox.set_waker(poller.waker());
            self.poller = Some(poller);
        }
        Ok(self.poller.as_mut().expect("just made"))
    }

    /// Tells those who wait what the last wait has found.
    pub(super) fn tell_ready(&mut self) {
        self.sources.unseen = 0;
        let Some(poller) = &self.poller else { return };
        let mut found: Vec<_> = poller.ready().collect();
        for ready in &mut found {
            let Some(source) = self.sources.known.get(&ready.fd).copied() else { continue };
            for (side, is_ready) in [(Side::Reads, ready.reads), (Side::Writes, ready.writes)] {
                match source.sides[side as usize] {
                    Some(waiter) if is_ready => self.tell(ready.fd, side, waiter),
                    _ => {}
                }
            }
            if let Some(source) = self.sources.known.get_mut(&ready.fd) {
                let only_reads = !ready.ended && !ready.writes;
                source.told = if only_reads { Told::Reads } else { Told::More };
                self.sources.told.push(ready.fd);
            }
        }
    }

    /// Has the poller tell again of what was left of all that it told.
    pub(super) fn watch_anew(&mut self) {
        let Some(poller) = &self.poller else { return };
        for fd in self.sources.told.drain(..) {
            if let Some(source) = self.sources.known.get_mut(&fd)
                && source.told != Told::Nothing
            {
                source.told = Told::Nothing;
                let [reads, writes] = source.sides.map(|side| side.is_some());
                let _ = poller.watch(fd, reads, writes);
            }
        }
    }

    fn tell(&mut self, fd: RawFd, side: Side, waiter: Waiter) {
        match waiter {
            Waiter::Loop(own, handle) => {
                if handle.flags.get() & flag::CANCELLED == 0 {
                    own.push(Value::object(handle));
                }
                self.wake_one(Key::of(own));
                while self.wake_one(key(fd, side)) {}
            }
            Waiter::Threads => {
                while self.wake_one(key(fd, side)) {}
                // An error would be that it is gone already.
                let _ = self.watch(fd, side, None);
            }
        }
    }
}

impl Vm {
    /// A turn of a loop begins that has something to run: now and then it sees what the system
    /// has for it.
    #[inline]
    pub(in crate::vm) fn glance(&mut self) {
        let threads = &mut self.threads;
        if threads.sources.is_empty() && !threads.mailbox.is_full() {
            return;
        }
        threads.sources.unseen += 1;
        if threads.sources.unseen >= PATIENCE || threads.mailbox.is_full() {
            self.look_now();
        }
    }

    #[cold]
    pub(super) fn look_now(&mut self) {
        self.threads.watch_anew();
        if !self.threads.sources.is_empty()
            && let Ok(poller) = self.threads.poller()
            && poller.wait(Some(std::time::Duration::ZERO)).is_ok()
        {
            self.threads.tell_ready();
        }
        super::turns::look_outside(self);
    }
}

impl Cx {
    /// Everything that had come over a connection was read: the next that comes is told of in any
    /// case, without asking for it.
    #[inline]
    pub fn all_read(&mut self, fd: RawFd) {
        if let Some(source) = self.vm_mut().threads.sources.known.get_mut(&fd)
            && source.told == Told::Reads
        {
            source.told = Told::Nothing;
        }
    }

    /// Has a loop run a handle whenever a descriptor is ready; None: not any more. Returns the
    /// handle before.
    pub fn watch_for_loop(
        &mut self,
        (fd, side): (RawFd, Side),
        handle: Option<(Gc<EventLoop>, Gc<Handle>)>,
    ) -> io::Result<Option<Value>> {
        let waiter = handle.map(|(own, handle)| Waiter::Loop(own, handle));
        let before = self.vm_mut().threads.watch(fd, side, waiter)?;
        Ok(match before {
            Some(Waiter::Loop(_, handle)) => Some(Value::object(handle)),
            _ => None,
        })
    }

    /// A loop is closed: it is told of nothing any more.
    pub fn watch_nothing_for(&mut self, own: Gc<EventLoop>) {
        let threads = &mut self.vm_mut().threads;
        let is_its =
            |waiter: Option<Waiter>| matches!(waiter, Some(Waiter::Loop(of, _)) if of == own);
        let known = threads.sources.known.iter();
        let its: Vec<RawFd> = known
            .filter(|(_, source)| source.sides.into_iter().any(is_its))
            .map(|(&fd, _)| fd)
            .collect();
        for fd in its {
            for side in [Side::Reads, Side::Writes] {
                let source = threads.sources.known.get(&fd).copied().unwrap_or_default();
                if is_its(source.sides[side as usize]) {
                    // An error would be that it is gone already.
                    let _ = threads.watch(fd, side, None);
                }
            }
        }
    }

    /// Lets others run until a descriptor is ready, or until a time.
    pub fn wait_for_fd(
        &mut self,
        fd: RawFd,
        side: Side,
        until: Option<f64>,
    ) -> io::Result<super::Woke> {
        let known = self.vm().threads.sources.known.get(&fd).copied().unwrap_or_default();
        // The number may have been another descriptor's, which was closed while a loop watched it.
        let waiter = known.sides[side as usize].unwrap_or(Waiter::Threads);
        self.vm_mut().threads.watch(fd, side, Some(waiter))?;
        let woke = self.park(Some(key(fd, side)), until, Value::int(fd.into()));
        if woke != super::Woke::Called {
            let threads = &mut self.vm_mut().threads;
            if !threads.parked.contains_key(&key(fd, side)) {
                let _ = threads.watch(fd, side, None);
            }
        }
        Ok(woke)
    }
}
