//! The state of a task, and which share of its life it spent in each.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

#[derive(Debug, Default)]
struct Life {
    /// The present state and since when.
    present: Option<(&'static str, Instant)>,
    /// What was spent in states before.
    spent: Vec<(&'static str, Duration)>,
}

/// Follows a state, named in lower case such as `running`.
#[derive(Debug, Default)]
pub struct StateTime(Mutex<Life>);

impl StateTime {
    /// The state changed.
    pub fn enter(&self, state: &'static str) {
        self.enter_at(state, Instant::now());
    }

    fn enter_at(&self, state: &'static str, now: Instant) {
        let mut life = self.0.lock();
        if let Some((before, since)) = life.present.replace((state, now)) {
            let passed = now.saturating_duration_since(since);
            match life.spent.iter_mut().find(|(state, _)| *state == before) {
                Some((_, spent)) => *spent += passed,
                None => life.spent.push((before, passed)),
            }
        }
    }

    /// The present state; `unassigned` before the first.
    pub fn state(&self) -> &'static str {
        self.0.lock().present.map_or("unassigned", |(state, _)| state)
    }

    /// The share of the time since the first state that was spent in this one, from 0 to 1.
    pub fn ratio(&self, state: &str, now: Instant) -> f64 {
        let life = self.0.lock();
        let Some((present, since)) = life.present else { return 0.0 };
        let passed = now.saturating_duration_since(since);
        let before: Duration = life.spent.iter().map(|(_, spent)| *spent).sum();
        let mut here: Duration = life.spent.iter().filter(|(other, _)| *other == state).map(|(_, spent)| *spent).sum();
        if present == state {
            here += passed;
        }
        let all = before + passed;
        if all.is_zero() { f64::from(u8::from(present == state)) } else { here.as_secs_f64() / all.as_secs_f64() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_a_life_add_up() {
        let (time, start) = (StateTime::default(), Instant::now());
        assert_eq!(time.ratio("running", start), 0.0);
        let at = |seconds| start + Duration::from_secs(seconds);
        time.enter_at("running", start);
        time.enter_at("paused", at(3));
        time.enter_at("running", at(4));
        assert_eq!(time.state(), "running");
        assert_eq!(time.ratio("running", at(5)), 0.8);
        assert_eq!(time.ratio("paused", at(5)), 0.2);
    }
}
