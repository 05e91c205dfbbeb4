//! When an offset sync is due: how far the offsets of a partition may run on before the next.

/// What is remembered of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spacing {
    previous_upstream: i64,
    previous_downstream: i64,
    last_sync: Option<i64>,
    /// `offset.lag.max`
    max_lag: i64,
}

impl Spacing {
    pub(crate) fn new(max_lag: i64) -> Self {
        Self { previous_upstream: -1, previous_downstream: -1, last_sync: None, max_lag }
    }

    /// Whether a record that was copied from one offset to another calls for a sync: the first one, one so far behind the last
    /// sync that translated offsets would be too old, one after records that were not copied, one on a topic that was made
    /// anew.
    pub(crate) fn is_due(&mut self, upstream: i64, downstream: i64) -> bool {
        // A translated offset lies one behind the sync.
        let stale = self.last_sync.is_none_or(|last| downstream - (last + 1) >= self.max_lag);
        let skipped = upstream - self.previous_upstream != 1;
        let truncated = downstream < self.previous_downstream;
        let due = stale || skipped || truncated;
        if due {
            self.last_sync = Some(downstream);
        }
        self.previous_upstream = upstream;
        self.previous_downstream = downstream;
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(max_lag: i64, steps: &[(i64, i64, bool)]) {
        let mut spacing = Spacing::new(max_lag);
        for (upstream, downstream, due) in steps {
            assert_eq!(spacing.is_due(*upstream, *downstream), *due, "{upstream} -> {downstream}");
        }
    }

    #[test]
    fn the_first_record_and_every_so_many_call_for_a_sync() {
        check(3, &[(0, 100, true), (1, 101, false), (2, 102, false), (3, 103, false), (4, 104, true), (5, 105, false)]);
        check(0, &[(0, 0, true), (1, 1, true), (2, 2, true)]);
    }

    #[test]
    fn gaps_and_topics_made_anew_call_for_a_sync() {
        check(50, &[(0, 100, true), (2, 102, true), (3, 152, false), (4, 153, true)]);
        check(50, &[(5, 200, true), (6, 201, false), (7, 198, true), (8, 199, false)]);
        check(50, &[(5, 5, true), (6, 6, false), (2, 7, true)]);
    }
}
