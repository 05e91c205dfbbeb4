//! What the herder is doing, for the message of a request that took too long.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;

/// Something that the herder's loop does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The stores are being read.
    Starting,
    /// The group is dividing its work.
    Joining,
    /// The config topic is being read to its end.
    Reading,
    /// The worker waits for so long after it could not read the config topic in time.
    BackingOff(Duration),
    /// Nothing but waiting.
    Polling,
    /// The end.
    ShuttingDown,
}

impl Stage {
    fn text(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Starting => "initializing and reading to the end of internal topics",
            Self::Joining => "ensuring membership in the cluster",
            Self::Reading => "reading to the end of the config topic",
            Self::BackingOff(pause) => {
                return format!("sleeping for a backoff duration of {}ms", pause.as_millis()).into();
            }
            Self::Polling => "polling the group coordinator until interrupted",
            Self::ShuttingDown => "shutting down",
        })
    }
}

/// What is going on.
#[derive(Debug)]
struct Present {
    stage: Stage,
    began: SystemTime,
    /// What goes on beside the loop, in the order in which it began.
    beside: BTreeMap<u64, (String, SystemTime)>,
    /// How much of it there was so far.
    count: u64,
}

/// The present stage of the loop, and what it lets be done beside it. Java's herder does all of that itself, one after
/// another; so what began first is what others wait for.
#[derive(Debug)]
pub(super) struct Stages(Mutex<Present>);

impl Default for Stages {
    fn default() -> Self {
        let began = SystemTime::now();
        Self(Mutex::new(Present { stage: Stage::Starting, began, beside: BTreeMap::new(), count: 0 }))
    }
}

impl Stages {
    /// The herder does something else now; doing the same as before is no change.
    pub(super) fn begin(&self, stage: Stage) {
        let mut present = self.0.lock();
        if present.stage != stage {
            (present.stage, present.began) = (stage, SystemTime::now());
        }
    }

    /// Something has begun beside the loop, in Java's words; it ends when the answer is dropped.
    pub(super) fn beside(self: &Arc<Self>, what: impl Into<String>) -> Beside {
        let mut present = self.0.lock();
        present.count += 1;
        let number = present.count;
        present.beside.insert(number, (what.into(), SystemTime::now()));
        Beside { stages: Arc::clone(self), number }
    }

    /// What a request waits for, in words.
    pub(super) fn describe(&self) -> String {
        let present = self.0.lock();
        let (what, began) = match present.beside.values().next() {
            Some((what, began)) => (Cow::Borrowed(what.as_str()), *began),
            None => (present.stage.text(), present.began),
        };
        format!("The worker is currently {what}, which began at {}.", instant(began))
    }
}

/// Something that goes on beside the loop.
#[derive(Debug)]
pub(super) struct Beside {
    stages: Arc<Stages>,
    number: u64,
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.stages.0.lock().beside.remove(&self.number);
    }
}

/// A time as Java prints an instant, in milliseconds.
fn instant(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        since.subsec_millis()
    )
}

/// The date of a day since the epoch. Years begin in March here, so that the day that some years have more comes last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_as_java_prints_them() {
        let check = |millis, expect: &str| {
            assert_eq!(instant(SystemTime::UNIX_EPOCH + Duration::from_millis(millis)), expect);
        };
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_782_400_123, "2000-02-29T00:00:00.123Z");
        check(1_735_689_599_999, "2024-12-31T23:59:59.999Z");
    }

    #[test]
    fn the_same_stage_keeps_its_beginning() {
        let stages = Stages::default();
        stages.begin(Stage::Polling);
        let before = stages.describe();
        stages.begin(Stage::Polling);
        assert_eq!(stages.describe(), before);
        assert!(before.starts_with("The worker is currently polling the group coordinator"), "{before}");
    }

    #[test]
    fn what_began_first_beside_the_loop_is_what_one_waits_for() {
        let stages = Arc::new(Stages::default());
        let is = |what: &str| {
            let text = stages.describe();
            assert!(text.starts_with(&format!("The worker is currently {what}, which began at ")), "{text}");
        };
        is("initializing and reading to the end of internal topics");
        stages.begin(Stage::BackingOff(Duration::from_secs(6)));
        is("sleeping for a backoff duration of 6000ms");
        let first = stages.beside("restarting task c-0");
        let second = stages.beside("generating task configs for connector c");
        is("restarting task c-0");
        drop(first);
        is("generating task configs for connector c");
        drop(second);
        is("sleeping for a backoff duration of 6000ms");
    }
}
