//! Which offsets of a source may be committed (`SubmittedRecords`).
//!
//! Records are numbered in the order in which they are sent. Acknowledgements may come in any order; an offset becomes
//! committable only when its record and every one before it from the same source partition are acknowledged.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use aqueduct_data::ValueMap;

struct Entry<K> {
    partition: Arc<ValueMap>,
    offset: ValueMap,
    acknowledged: bool,
    kept: K,
}

/// The records that were sent and are not yet committable. `K` is what the task wants back with each acknowledgement.
pub(crate) struct Submitted<K> {
    /// The number of the first entry.
    base: u64,
    /// `None` once an entry's offset was taken.
    entries: VecDeque<Option<Entry<K>>>,
    /// The numbers of the records of each partition that were not taken yet, in order.
    queues: HashMap<Arc<ValueMap>, VecDeque<u64>>,
    outstanding: usize,
}

impl<K> Submitted<K> {
    pub(crate) fn new() -> Self {
        Self { base: 0, entries: VecDeque::new(), queues: HashMap::new(), outstanding: 0 }
    }

    /// Registers a record; the number identifies it to [`Submitted::acknowledge`].
    pub(crate) fn submit(&mut self, partition: Arc<ValueMap>, offset: ValueMap, kept: K) -> u64 {
        let sequence = self.base + self.entries.len() as u64;
        match self.queues.get_mut(&partition) {
            Some(queue) => queue.push_back(sequence),
            None => {
                self.queues.insert(Arc::clone(&partition), VecDeque::from([sequence]));
            }
        }
        self.entries.push_back(Some(Entry { partition, offset, acknowledged: false, kept }));
        self.outstanding += 1;
        sequence
    }

    /// Takes back the record that was submitted last, which was not sent after all.
    pub(crate) fn withdraw_last(&mut self) {
        if let Some(Some(entry)) = self.entries.pop_back() {
            self.outstanding -= usize::from(!entry.acknowledged);
            if let Some(queue) = self.queues.get_mut(&entry.partition) {
                queue.pop_back();
            }
        }
    }

    /// Notes that records were acknowledged; `each` gets what was kept for them.
    pub(crate) fn acknowledge(&mut self, sequences: Range<u64>, mut each: impl FnMut(u64, &K)) {
        for sequence in sequences {
            let Some(at) = sequence.checked_sub(self.base) else { continue };
            if let Some(Some(entry)) = self.entries.get_mut(at as usize)
                && !entry.acknowledged
            {
                entry.acknowledged = true;
                self.outstanding -= 1;
                each(sequence, &entry.kept);
            }
        }
    }

    /// Takes the newest committable offset of each partition.
    pub(crate) fn committable(&mut self, mut commit: impl FnMut(Arc<ValueMap>, ValueMap)) {
        let Self { base, entries, queues, .. } = self;
        queues.retain(|_, queue| {
            let mut newest = None;
            while let Some(&sequence) = queue.front() {
                let slot = &mut entries[(sequence - *base) as usize];
                // Invariant: an offset is committable only behind an unbroken run of acknowledged records.
                if !slot.as_ref().is_some_and(|entry| entry.acknowledged) {
                    break;
                }
                queue.pop_front();
                newest = slot.take();
            }
            if let Some(entry) = newest {
                commit(entry.partition, entry.offset);
            }
            !queue.is_empty()
        });
        while matches!(entries.front(), Some(None)) {
            entries.pop_front();
            *base += 1;
        }
    }

    /// How many records wait for their acknowledgement.
    pub(crate) fn outstanding(&self) -> usize {
        self.outstanding
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(name: &str) -> Arc<ValueMap> {
        Arc::new([("p", name)].into_iter().collect())
    }

    fn offset(n: i64) -> ValueMap {
        [("o", n)].into_iter().collect()
    }

    fn committable(submitted: &mut Submitted<()>) -> Vec<(String, i64)> {
        let mut found = Vec::new();
        submitted.committable(|partition, offset| {
            let name = partition.get_str("p").unwrap().as_str().unwrap().to_owned();
            found.push((name, offset.get_str("o").unwrap().as_i64().unwrap()));
        });
        found.sort();
        found
    }

    fn acknowledge(submitted: &mut Submitted<()>, sequences: Range<u64>) {
        submitted.acknowledge(sequences, |_, ()| {});
    }

    #[test]
    fn only_a_contiguous_prefix_is_committable() {
        let (mut submitted, a) = (Submitted::new(), partition("a"));
        for n in 0..5 {
            assert_eq!(submitted.submit(Arc::clone(&a), offset(n), ()), n as u64);
        }
        acknowledge(&mut submitted, 1..3);
        assert_eq!(committable(&mut submitted), []);
        acknowledge(&mut submitted, 0..1);
        assert_eq!(committable(&mut submitted), [("a".into(), 2)]);
        acknowledge(&mut submitted, 4..5);
        assert_eq!(committable(&mut submitted), []);
        assert_eq!(submitted.outstanding(), 1);
        acknowledge(&mut submitted, 3..4);
        assert_eq!(committable(&mut submitted), [("a".into(), 4)]);
        assert_eq!(submitted.outstanding(), 0);
    }

    #[test]
    fn partitions_do_not_wait_for_each_other() {
        let (mut submitted, a, b) = (Submitted::new(), partition("a"), partition("b"));
        submitted.submit(Arc::clone(&a), offset(0), ());
        submitted.submit(Arc::clone(&b), offset(10), ());
        submitted.submit(Arc::clone(&b), offset(11), ());
        acknowledge(&mut submitted, 1..3);
        assert_eq!(committable(&mut submitted), [("b".into(), 11)]);
        submitted.submit(b, offset(12), ());
        acknowledge(&mut submitted, 0..4);
        assert_eq!(committable(&mut submitted), [("a".into(), 0), ("b".into(), 12)]);
    }

    #[test]
    fn a_withdrawn_record_was_never_there() {
        let (mut submitted, a) = (Submitted::new(), partition("a"));
        submitted.submit(Arc::clone(&a), offset(0), ());
        submitted.submit(Arc::clone(&a), offset(1), ());
        submitted.withdraw_last();
        assert_eq!(submitted.submit(a, offset(2), ()), 1);
        acknowledge(&mut submitted, 0..2);
        assert_eq!(committable(&mut submitted), [("a".into(), 2)]);
    }

    #[test]
    fn repeated_and_unknown_acknowledgements_do_no_harm() {
        let (mut submitted, a) = (Submitted::new(), partition("a"));
        submitted.submit(a, offset(0), ());
        acknowledge(&mut submitted, 0..1);
        acknowledge(&mut submitted, 0..9);
        assert_eq!(committable(&mut submitted), [("a".into(), 0)]);
        acknowledge(&mut submitted, 0..1);
        assert_eq!(submitted.outstanding(), 0);
    }

    #[test]
    fn random_acknowledgements_never_let_an_offset_overtake_a_record() {
        // A small generator with a fixed seed: any failure can be repeated.
        let mut state = 42u64;
        let mut random = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let parts = [partition("0"), partition("1"), partition("2")];
        let (mut submitted, mut sent, mut acked) = (Submitted::new(), Vec::new(), Vec::new());
        for step in 0..5_000i64 {
            let p = random(3) as usize;
            submitted.submit(Arc::clone(&parts[p]), offset(step), ());
            sent.push(p);
            acked.push(false);
            for _ in 0..random(3) {
                let n = random(sent.len() as u64);
                acked[n as usize] = true;
                acknowledge(&mut submitted, n..n + 1);
            }
            for (name, newest) in committable(&mut submitted) {
                let p: usize = name.parse().unwrap();
                assert!((0..=newest as usize).all(|n| sent[n] != p || acked[n]), "offset {newest} overtook a record");
            }
        }
    }
}
