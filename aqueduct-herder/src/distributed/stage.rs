//! What the herder is doing, for the message of a request that took too long.

use std::time::SystemTime;

use parking_lot::Mutex;

/// Something that the herder does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The stores are being read.
    Starting,
    /// The group is dividing its work.
    Joining,
    /// The config topic is being read to its end.
    Reading,
    /// The worker waits after it could not read the config topic in time.
    BackingOff,
    /// Nothing but waiting.
    Polling,
    /// The end.
    ShuttingDown,
}

impl Stage {
    fn text(self) -> &'static str {
        match self {
            Self::Starting => "initializing and reading to the end of internal topics",
            Self::Joining => "ensuring membership in the cluster",
            Self::Reading => "reading to the end of the config topic",
            Self::BackingOff => "backing off after a failure to read to the end of the config topic",
            Self::Polling => "polling the group coordinator until interrupted",
            Self::ShuttingDown => "shutting down",
        }
    }
}

/// The present stage.
#[derive(Debug)]
pub(super) struct Stages(Mutex<(Stage, SystemTime)>);

impl Default for Stages {
    fn default() -> Self {
        Self(Mutex::new((Stage::Starting, SystemTime::now())))
    }
}

impl Stages {
    /// The herder does something else now; doing the same as before is no change.
    pub(super) fn begin(&self, stage: Stage) {
        let mut present = self.0.lock();
        if present.0 != stage {
            *present = (stage, SystemTime::now());
        }
    }

    /// The present stage in words.
    pub(super) fn describe(&self) -> String {
        let (stage, began) = *self.0.lock();
        format!("The worker is currently {}, which began at {}.", stage.text(), instant(began))
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
    use std::time::Duration;

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
}
