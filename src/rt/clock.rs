//! What time it is: by the machine's clocks, or by a clock that moves only when told to.
//!
//! A virtual clock makes runs repeatable: whoever waits moves it to the next deadline instead of
//! sleeping. The real monotonic clock is handed in by the caller, so that `loop.time()` and
//! `time.monotonic()` are one clock.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub struct Clock(Kind);

enum Kind {
    Real {
        monotonic: fn() -> Duration,
        /// The same, but late by some milliseconds, and read in a tenth of the time.
        lagging: fn() -> Duration,
    },
    Virtual {
        now: Cell<f64>,
        /// How often somebody has looked at it since it was moved.
        looks: Cell<u32>,
    },
}

/// So often a virtual clock can be looked at before it begins to move by itself.
const LOOKS: u32 = 10_000;

/// A lagging clock is late by less, in seconds.
const LAG: f64 = 0.02;
/// What is due within this many seconds is due now.
pub const RESOLUTION: f64 = 1e-9;

impl Clock {
    pub fn real(monotonic: fn() -> Duration, lagging: fn() -> Duration) -> Clock {
        Clock(Kind::Real { monotonic, lagging })
    }

    pub fn virtual_from_zero() -> Clock {
        Clock(Kind::Virtual { now: Cell::new(0.0), looks: Cell::new(0) })
    }

    /// Monotonic seconds.
    pub fn now(&self) -> f64 {
        match &self.0 {
            Kind::Real { monotonic, .. } => monotonic().as_secs_f64(),
            Kind::Virtual { now, .. } => now.get(),
        }
    }

    /// What a program sees that asks for the time.
    ///
    /// Virtual time moves when everybody waits. A program that looks at the clock until it is late
    /// enough never does: for it time begins to move at some point, faster with every look.
    pub fn look(&self) -> f64 {
        if let Kind::Virtual { now, looks } = &self.0 {
            looks.set(looks.get().saturating_add(1));
            let more = looks.get().saturating_sub(LOOKS);
            now.set(now.get() + f64::from(more) * 1e-9);
        }
        self.now()
    }

    /// Is a time certainly still to come? If not, `now` says more.
    pub fn is_before(&self, when: f64) -> bool {
        match &self.0 {
            Kind::Real { lagging, .. } => lagging().as_secs_f64() + LAG < when,
            Kind::Virtual { now, .. } => now.get() + RESOLUTION < when,
        }
    }

    /// When who sleeps until `when` is to be woken: a real clock's sleepers of one millisecond
    /// wake together, as with the time-outs of a system's poll.
    pub fn wake_up_time(&self, now: f64, when: f64) -> f64 {
        match self.0 {
            Kind::Real { .. } => now + ((when - now) * 1e3).ceil() / 1e3,
            Kind::Virtual { .. } => when,
        }
    }

    /// Seconds since the epoch; a virtual world begins at the epoch.
    pub fn time(&self) -> f64 {
        match self.0 {
            Kind::Real { .. } => {
                SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
            }
            Kind::Virtual { .. } => self.now(),
        }
    }

    pub fn is_virtual(&self) -> bool {
        matches!(self.0, Kind::Virtual { .. })
    }

    /// Moves a virtual clock forwards to `when`; an earlier `when` leaves it where it is.
    ///
    /// Real time moves by itself: asking it to is a bug of the caller.
    pub fn advance_to(&mut self, when: f64) {
        match &self.0 {
            Kind::Real { .. } => debug_assert!(false, "a real clock cannot be moved"),
            Kind::Virtual { now, looks } => {
                if when > now.get() {
                    now.set(when);
                    looks.set(0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use std::time::Duration;

    #[test]
    fn virtual_time_moves_only_forwards() {
        let mut clock = Clock::virtual_from_zero();
        assert!(clock.is_virtual());
        assert_eq!((clock.now(), clock.time()), (0.0, 0.0));
        clock.advance_to(2.5);
        clock.advance_to(1.0);
        clock.advance_to(f64::NAN);
        assert_eq!((clock.now(), clock.time()), (2.5, 2.5));
    }

    #[test]
    fn virtual_time_moves_for_who_looks_and_looks() {
        let clock = Clock::virtual_from_zero();
        assert!((0..1000).all(|_| clock.look() == 0.0));
        let looks = (0..1_000_000).take_while(|_| clock.look() < 10.0).count();
        assert!(looks > 9000 && looks < 200_000, "{looks}");
    }

    #[test]
    fn real_time_is_what_it_was_given() {
        let clock = Clock::real(|| Duration::from_millis(1500), || Duration::from_millis(1496));
        assert!(!clock.is_virtual());
        assert_eq!(clock.now(), 1.5);
        assert!(clock.is_before(2.0) && !clock.is_before(1.501));
        assert_eq!(clock.wake_up_time(1.5, 1.50025), 1.501);
        assert!(clock.time() > 1.0e9);
    }
}
