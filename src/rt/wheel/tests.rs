//! The wheel against a sorted list that does the same, and the places where it could go wrong.

use super::{FREE, GLANCE, NEAR, NEVER, SLOTS, Timer, Wheel};

/// Timers in order of arming; an id is the payload, too.
#[derive(Default)]
struct Model {
    armed: Vec<(f64, u64, Timer)>,
}

impl Model {
    fn first(&self) -> Option<(f64, u64, Timer)> {
        // `min_by` keeps the first of equals, which is the one armed first.
        self.armed.iter().copied().min_by(|a, b| a.0.partial_cmp(&b.0).expect("no NaN"))
    }

    fn pop_due(&mut self, until: f64) -> Option<(Timer, u64)> {
        let (when, what, timer) = self.first()?;
        (when < until).then(|| {
            self.armed.retain(|item| item.1 != what);
            (timer, what)
        })
    }
}

/// A small generator (xorshift) with a seed, so that failures repeat.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn deadline(&mut self, now: f64) -> f64 {
        match self.below(16) {
            0..=3 => now + self.below(40) as f64 / 8.0,
            4..=6 => now + self.unit() * 0.01,
            7 => now + 1.0,
            8..=9 => now + self.unit() * 100.0,
            10 => now + self.unit() * 1.0e6,
            11 => now + 10f64.powf(self.unit() * 40.0),
            12 => now - self.unit(),
            13 => (now * 4.0).ceil() / 4.0,
            14 => now + f64::from_bits(self.below(1 << 20)),
            _ => [f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -1.0e30, 1.8e16, 3.6e16]
                [self.below(6) as usize],
        }
    }
}

fn check<T: Copy>(wheel: &Wheel<T>) {
    let mut seen = [0usize; 2];
    for (home, list) in wheel.lists.iter().enumerate() {
        let (mut slot, mut prev) = (list.first, super::NONE);
        if home < NEVER as usize {
            let bit = wheel.occupied[home / SLOTS] >> (home % SLOTS) & 1;
            assert_eq!(bit == 1, slot != super::NONE, "occupancy of {home}");
        }
        while slot != super::NONE {
            let entry = &wheel.entries[slot as usize];
            assert_eq!((entry.home as usize, entry.prev), (home, prev));
            if home < NEVER as usize {
                let tick = super::tick(entry.when);
                assert!(tick > wheel.cursor);
                assert_eq!(super::home(tick, wheel.cursor) as usize, home, "level of {tick}");
            }
            seen[0] += 1;
            prev = slot;
            slot = entry.next;
        }
        assert_eq!(list.last, prev);
    }
    for (level, bits) in wheel.occupied.iter().enumerate() {
        assert_eq!(*bits != 0, wheel.levels >> level & 1 == 1);
    }
    seen[1] = wheel.entries.iter().filter(|e| e.home == NEAR).count();
    assert_eq!(wheel.near.len(), seen[1] + wheel.stale);
    assert_eq!(seen[0] + seen[1], wheel.armed);
    let free = wheel.entries.iter().filter(|e| e.home == FREE).count();
    assert_eq!(free + wheel.armed, wheel.entries.len());
}

/// `arms` of ten steps arm a timer, `cancels` cancel one, the others let time pass and fire.
fn compare(seed: u64, start: f64, arms: u64, cancels: u64, steps: usize) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut wheel = Wheel::new();
    let mut model = Model::default();
    let mut gone = Vec::new();
    let mut now = start;
    for step in 0..steps as u64 {
        match random.below(10) {
            choice if choice < arms => {
                let when = random.deadline(now);
                let timer = wheel.arm(when, step);
                assert_eq!(Timer::from_bits(timer.bits()), timer);
                assert_eq!(wheel.get(timer), Some((when, step)));
                model.armed.push((when, step, timer));
            }
            choice if choice < arms + cancels && !model.armed.is_empty() => {
                // Often the earliest: what is known about it is then wrong.
                let victim = if random.below(2) == 0 {
                    model.first().map(|first| first.2)
                } else {
                    Some(model.armed[random.below(model.armed.len() as u64) as usize].2)
                };
                let at = model.armed.iter().position(|item| Some(item.2) == victim);
                let (_, what, timer) = model.armed.remove(at.expect("it is armed"));
                assert_eq!(wheel.cancel(timer), Some(what));
                gone.push(timer);
            }
            _ => {
                now = match random.below(12) {
                    0..=4 => now + random.unit() * 0.005,
                    5..=7 => now + random.below(8) as f64 / 8.0,
                    8 => now + random.unit() * 300.0,
                    9 => now - random.unit() * 2.0,
                    10 => model.first().map_or(now, |first| first.0.clamp(now, now.max(1.0e8))),
                    _ if random.below(20) == 0 => now + random.unit() * 1.0e7,
                    _ => now,
                };
                let most = if random.below(4) == 0 { random.below(3) } else { u64::MAX };
                for _ in 0..most {
                    let fired = wheel.pop_due(now);
                    assert_eq!(fired, model.pop_due(now), "seed {seed} step {step} now {now}");
                    let Some((timer, _)) = fired else { break };
                    gone.push(timer);
                }
            }
        }
        if random.below(3) != 0 {
            assert_eq!(
                wheel.next_time(),
                model.first().map(|first| first.0),
                "seed {seed} step {step}"
            );
        }
        assert_eq!(wheel.len(), model.armed.len());
        if let Some(timer) = gone.last() {
            assert_eq!((wheel.get(*timer), wheel.cancel(*timer)), (None, None));
        }
        if step % 16 == 0 {
            check(&wheel);
        }
    }
    for timer in gone {
        assert_eq!(wheel.cancel(timer), None);
    }
    let mut left: Vec<_> = wheel.iter().collect();
    let mut expected: Vec<_> = model.armed.iter().map(|item| (item.0, item.1)).collect();
    left.sort_by_key(|item| item.1);
    expected.sort_by_key(|item| item.1);
    assert_eq!(left, expected);
    while let Some(fired) = wheel.pop_due(f64::INFINITY) {
        assert_eq!(Some(fired), model.pop_due(f64::INFINITY));
    }
    assert!(model.armed.iter().all(|item| item.0 == f64::INFINITY));
    check(&wheel);
}

#[test]
fn does_what_a_sorted_list_does() {
    for seed in 1..=12 {
        let start = [0.0, 123_456.789, 1.0e9, -50.0][seed as usize % 4];
        compare(seed, start, 4, 3, 6000);
        compare(seed + 100, start, 7, 1, 2500);
        compare(seed + 200, start, 5, 5, 4000);
    }
}

#[test]
fn ties_fire_in_order_of_arming() {
    let mut wheel = Wheel::new();
    assert_eq!(wheel.pop_due(1000.0), None);
    // Armed at different distances, so at different levels.
    for now in 0..=10 {
        let now = 1000.0 + f64::from(now);
        assert_eq!(wheel.pop_due(now), None);
        for _ in 0..3 {
            wheel.arm(1010.5, wheel.len());
            wheel.arm(f64::INFINITY, usize::MAX);
            wheel.arm(2000.0, usize::MAX);
        }
    }
    let order: Vec<_> = std::iter::from_fn(|| wheel.pop_due(1011.0)).map(|fired| fired.1).collect();
    assert_eq!(order.len(), 33);
    assert!(order.is_sorted());
}

#[test]
fn a_deadline_itself_is_not_before_it() {
    let mut wheel = Wheel::new();
    wheel.arm(2.0, ());
    assert_eq!(wheel.pop_due(2.0), None);
    assert!(wheel.pop_due(2.0f64.next_up()).is_some());
    assert_eq!(wheel.pop_due(f64::INFINITY), None);
}

#[test]
fn odd_deadlines() {
    let mut wheel = Wheel::new();
    let never = wheel.arm(f64::INFINITY, 'n');
    assert_eq!(wheel.next_time(), Some(f64::INFINITY));
    wheel.arm(-5.0, 'b');
    wheel.arm(f64::NAN, 'a');
    wheel.arm(-0.0, 'c');
    wheel.arm(0.0, 'd');
    wheel.arm(f64::MAX, 'e');
    assert_eq!(wheel.pop_due(f64::NAN), None);
    let fired: String =
        std::iter::from_fn(|| wheel.pop_due(f64::INFINITY)).map(|fired| fired.1).collect();
    assert_eq!(fired, "abcde");
    assert_eq!(wheel.len(), 1);
    assert_eq!(wheel.cancel(never), Some('n'));
    assert_eq!(wheel.next_time(), None);
}

#[test]
fn cancels_wherever_a_timer_is() {
    let mut wheel = Wheel::new();
    wheel.arm(5.0, -1);
    wheel.pop_due(1.0);
    let places = [0.5, 1.0, 1.002, 1.05, 3.0, 100.0, 1.0e4, 1.0e6, 1.0e12, 1.0e17, f64::INFINITY];
    // First, middle and last of a list, and the list emptied.
    for gone in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        for when in places {
            let timers = [0, 1, 2].map(|what| wheel.arm(when, what));
            for which in gone {
                assert_eq!(wheel.cancel(timers[which]), Some(which as i32));
                assert_eq!(wheel.cancel(timers[which]), None);
                check(&wheel);
            }
        }
        assert_eq!(wheel.next_time(), Some(5.0));
    }
    assert!(wheel.entries.len() <= 4, "entries are reused");
}

#[test]
fn stale_ids_are_recognised() {
    let mut wheel = Wheel::new();
    let old = wheel.arm(1.0, 'a');
    assert_ne!(old.bits(), 0);
    assert_eq!(wheel.pop_due(2.0), Some((old, 'a')));
    let new = wheel.arm(1.0, 'b');
    assert_eq!((new.slot, new.generation), (old.slot, old.generation + 1));
    assert_eq!(wheel.cancel(old), None);
    assert_eq!(wheel.get(new), Some((1.0, 'b')));
    assert_eq!(wheel.drain(), [(1.0, 'b')]);
    assert_eq!(wheel.get(new), None);
    assert_eq!(wheel.cancel(Timer::from_bits(0)), None);
    assert_eq!(wheel.cancel(Timer::from_bits(u64::MAX)), None);
    check(&wheel);
    wheel.arm(0.5, 'c');
    assert_eq!(wheel.next_time(), Some(0.5));
}

#[test]
fn cancelled_timers_of_the_heap_are_swept() {
    let mut wheel = Wheel::new();
    for i in 0..100_000 {
        let timer = wheel.arm(-1.0, i);
        wheel.cancel(timer);
    }
    assert!(wheel.near.len() <= 2 * GLANCE);
    assert_eq!(wheel.entries.len(), 1);
}

#[test]
fn looking_ahead_leaves_the_cursor() {
    let mut wheel = Wheel::new();
    for i in 0..1000 {
        wheel.arm(3600.0 + f64::from(i % 7), i);
    }
    assert_eq!(wheel.next_time(), Some(3600.0));
    assert_eq!(wheel.cursor, 0);
}

#[test]
fn an_entry_is_small() {
    assert_eq!(size_of::<super::Entry<u64>>(), 32);
}
