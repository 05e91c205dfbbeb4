//! From an offset of the source to one of the target, by the syncs that were seen of a partition.
//!
//! All syncs of a busy partition are too many to keep. Up to 64 are kept, close to each other near the end of the partition
//! and twice as far apart with each step back: a group near the end is translated to within a few records, one far behind at
//! least roughly, and never too far ahead.

use std::sync::Arc;

/// One sync for each bit of an offset.
const KEPT: usize = i64::BITS as usize;

/// Two offsets that stand for the same record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) upstream: i64,
    pub(crate) downstream: i64,
}

/// What an offset of the source is at the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Translated {
    /// This offset, or one that is a little older and on the safe side.
    To(i64),
    /// It lies before everything that is known: no checkpoint is made.
    TooOld,
}

/// The syncs of one partition, the newest first. Places may share a sync: with few syncs, most do.
///
/// Between neighbours `i` and `j = i + 1` these hold: the later place is not too old (`recent`), and unless both are the same
/// sync, they are not too close to each other (`apart`).
#[derive(Debug, Clone)]
pub(crate) struct Syncs(Vec<Arc<Pair>>);

impl Syncs {
    pub(crate) fn new(first: Pair) -> Self {
        let first = Arc::new(first);
        Self(vec![first; KEPT])
    }

    /// A newer sync was seen. With `only_last`, or when it goes back in the source, all others are forgotten.
    pub(crate) fn update(&mut self, sync: Pair, only_last: bool) {
        let sync = Arc::new(sync);
        if only_last || sync.upstream < self.0[0].upstream {
            self.0.fill(sync);
            return;
        }
        let before = self.0.clone();
        self.0[0] = Arc::clone(&sync);
        // What a place gets that has become too old: the oldest of the former syncs that still fits there.
        let mut replacement = sync;
        let mut next = 0;
        for current in 1..KEPT {
            let previous = current - 1;
            while next < current {
                let old = &before[next];
                let from_previous = apart(&self.0[previous], old, previous);
                let to_next = self.0.get(current + 1).is_none_or(|after| apart(old, after, current));
                let promoted = recent(&self.0[previous], old, previous, current) && from_previous && to_next;
                if promoted {
                    replacement = Arc::clone(old);
                }
                let repeated = before.get(next + 1).is_some_and(|after| Arc::ptr_eq(old, after));
                let of_no_use = repeated || !from_previous;
                if promoted || of_no_use {
                    next += 1;
                }
                if !of_no_use {
                    break;
                }
            }
            if recent(&self.0[previous], &self.0[current], previous, current) {
                // All places behind are as they were, and fit.
                break;
            }
            self.0[current] = Arc::clone(&replacement);
        }
    }

    /// Translates an offset that a group has committed.
    pub(crate) fn translate(&self, upstream: i64) -> Translated {
        match self.0.iter().find(|sync| sync.upstream <= upstream) {
            None => Translated::TooOld,
            Some(sync) if sync.upstream == upstream => Translated::To(sync.downstream),
            // How many of the records in between were copied is not known, but the one behind the sync comes after it.
            Some(sync) => Translated::To(sync.downstream + 1),
        }
    }
}

/// Whether place `j` is not too old, given the sync of place `i` before it.
fn recent(before: &Arc<Pair>, after: &Arc<Pair>, i: usize, j: usize) -> bool {
    let bound = after.upstream.wrapping_add(1_i64 << j).wrapping_sub(1_i64 << i);
    Arc::ptr_eq(before, after) || bound < 0 || before.upstream <= bound
}

/// Whether the sync of place `i` and the next older one are far enough from each other to keep both.
fn apart(newer: &Arc<Pair>, older: &Arc<Pair>, i: usize) -> bool {
    let bound = older.upstream.wrapping_add(1_i64 << i.saturating_sub(2));
    Arc::ptr_eq(newer, older) || (bound >= 0 && newer.upstream >= bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sync(upstream: i64) -> Pair {
        Pair { upstream, downstream: upstream + 1000 }
    }

    /// Every invariant, for every pair of neighbours, and that nothing is invented.
    fn check(syncs: &Syncs) {
        for i in 0..KEPT - 1 {
            let (newer, older) = (&syncs.0[i], &syncs.0[i + 1]);
            assert!(recent(newer, older, i, i + 1), "place {} is too old: {syncs:?}", i + 1);
            assert!(apart(newer, older, i), "places {i} and {} are too close: {syncs:?}", i + 1);
        }
    }

    fn distinct(syncs: &Syncs) -> Vec<i64> {
        let mut upstreams: Vec<i64> = syncs.0.iter().map(|sync| sync.upstream).collect();
        upstreams.dedup();
        upstreams
    }

    #[test]
    fn an_offset_is_translated_by_the_newest_sync_that_is_not_ahead() {
        let mut syncs = Syncs::new(sync(100));
        assert_eq!(syncs.translate(99), Translated::TooOld);
        assert_eq!(syncs.translate(100), Translated::To(1100));
        assert_eq!(syncs.translate(150), Translated::To(1101));
        syncs.update(sync(200), false);
        assert_eq!(syncs.translate(150), Translated::To(1101));
        assert_eq!(syncs.translate(200), Translated::To(1200));
        assert_eq!(syncs.translate(201), Translated::To(1201));
    }

    #[test]
    fn going_back_in_the_source_forgets_all() {
        let mut syncs = Syncs::new(sync(100));
        syncs.update(sync(200), false);
        syncs.update(Pair { upstream: 5, downstream: 3000 }, false);
        assert_eq!(distinct(&syncs), [5]);
        assert_eq!(syncs.translate(4), Translated::TooOld);
        assert_eq!(syncs.translate(150), Translated::To(3001));
    }

    #[test]
    fn while_the_topic_is_read_only_the_last_sync_may_count() {
        let mut syncs = Syncs::new(sync(1));
        syncs.update(sync(50), true);
        syncs.update(sync(100), true);
        assert_eq!(distinct(&syncs), [100]);
    }

    #[test]
    fn the_places_keep_their_order_whatever_the_steps() {
        for step in [1, 2, 3, 7, 100, 1 << 20, 1 << 40] {
            let mut syncs = Syncs::new(sync(0));
            for n in 1..2000 {
                syncs.update(sync(n * step), false);
                if n % 37 == 0 {
                    check(&syncs);
                }
            }
            check(&syncs);
            // The further back, the fewer, but the first sync can be reached as long as its place is not too old.
            let kept = distinct(&syncs);
            assert!(kept.is_sorted_by(|newer, older| newer > older), "{kept:?}");
            assert_eq!(kept[0], 1999 * step);
            assert!(kept.len() > 8 && kept.len() <= KEPT, "step {step}: {kept:?}");
        }
    }

    #[test]
    fn syncs_at_odd_distances_fit_too() {
        let (mut syncs, mut upstream, mut seed) = (Syncs::new(sync(0)), 0_i64, 42_u64);
        for _ in 0..5000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            upstream += 1 + i64::try_from(seed >> 33).unwrap() % 300;
            syncs.update(sync(upstream), false);
            check(&syncs);
            assert_eq!(syncs.translate(upstream), Translated::To(upstream + 1000));
        }
    }

    #[test]
    fn offsets_near_the_largest_do_not_overflow() {
        let mut syncs = Syncs::new(Pair { upstream: i64::MAX - 10, downstream: 0 });
        for n in (0..10).rev() {
            syncs.update(Pair { upstream: i64::MAX - n, downstream: 10 - n }, false);
        }
        assert_eq!(syncs.translate(i64::MAX), Translated::To(10));
    }
}
