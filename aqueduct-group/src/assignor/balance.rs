//! Loads of workers: what is taken from those that have too much, and who gets what is to be given out.
//!
//! Connectors and tasks are balanced apart, by the same rules; the functions here see one kind.

use super::items::Item;

/// What a worker will have of one kind of items.
#[derive(Clone, Debug)]
pub(super) struct Load<T> {
    /// What it keeps, in its own order, then what it was given in this round.
    items: Vec<T>,
    /// How many of these it keeps.
    kept: usize,
}

impl<T: Item> Load<T> {
    /// The load of a worker that keeps these.
    pub(super) fn keeping(items: Vec<T>) -> Self {
        Self { kept: items.len(), items }
    }

    pub(super) fn give(&mut self, item: T) {
        self.items.push(item);
    }

    pub(super) fn take_first(&mut self, count: usize) {
        self.items.drain(..count);
        self.kept = self.kept.saturating_sub(count);
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn items(&self) -> &[T] {
        &self.items
    }

    /// What it was given in this round and was not taken away again.
    pub(super) fn given(&self) -> &[T] {
        &self.items[self.kept..]
    }
}

/// How many items each worker has too many when `total` are to be spread evenly; the first of the worker's items are
/// those to take. All zero when the loads, with what is still to be given out, are even already.
///
/// The workers are visited in their order: as many as there are items left over may keep one more than the others.
pub(super) fn surplus(total: usize, loads: &[usize]) -> Vec<usize> {
    let mut surplus = vec![0; loads.len()];
    if loads.is_empty() {
        return surplus;
    }
    let (least, left_over) = (total / loads.len(), total % loads.len());
    let with = |size: usize| loads.iter().filter(|&&load| load == size).count();
    let with_one_more = with(least + 1);
    if with_one_more == left_over && with(least) + with_one_more == loads.len() {
        return surplus;
    }
    let mut one_more = 0;
    for (&load, surplus) in loads.iter().zip(&mut surplus) {
        if load <= least {
            continue;
        }
        let most = if one_more < left_over {
            one_more += 1;
            least + 1
        } else {
            least
        };
        *surplus = load - most;
    }
    surplus
}

/// Gives items out, the lowest loads first. `by_id` lists the workers' places in the order of their ids.
pub(super) fn give_out<T: Item>(loads: &mut [Load<T>], by_id: &[usize], items: &[T]) {
    let mut lowest_first = by_id.to_vec();
    lowest_first.sort_by_key(|&worker| loads[worker].len());
    let mut items = items.iter();
    // Workers up to here share the lowest load; it only grows, since a round lifts all of them by one.
    let mut level = 0;
    while let (false, Some(&first)) = (items.as_slice().is_empty(), lowest_first.first()) {
        let lowest = loads[first].len();
        while lowest_first.get(level).is_some_and(|&worker| loads[worker].len() <= lowest) {
            level += 1;
        }
        for (&worker, &item) in lowest_first[..level].iter().zip(items.by_ref()) {
            loads[worker].give(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_surplus(total: usize, loads: &[usize], expect: &[usize]) {
        assert_eq!(surplus(total, loads), expect, "{total} on {loads:?}");
    }

    #[test]
    fn what_exceeds_an_even_share_is_surplus() {
        check_surplus(0, &[], &[]);
        check_surplus(4, &[2, 2], &[0, 0]);
        check_surplus(4, &[4, 0], &[2, 0]);
        check_surplus(5, &[0, 5], &[0, 2]);
        check_surplus(5, &[3, 2], &[0, 0]);
        // The first in order keeps one more.
        check_surplus(7, &[3, 4, 0], &[0, 2, 0]);
        check_surplus(7, &[4, 3, 0], &[1, 1, 0]);
        // Work that is still to be given out counts.
        check_surplus(10, &[2, 3], &[0, 0]);
        check_surplus(0, &[2, 1], &[2, 1]);
    }

    #[track_caller]
    fn check_given(loads: &[usize], items: u32, expect: &[&[u32]]) {
        let mut loads: Vec<Load<u32>> = loads.iter().map(|&kept| Load::keeping(vec![1000; kept])).collect();
        let by_id: Vec<usize> = (0..loads.len()).collect();
        give_out(&mut loads, &by_id, &(0..items).collect::<Vec<_>>());
        assert_eq!(loads.iter().map(Load::given).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn the_lowest_loads_are_filled_first() {
        check_given(&[0, 0], 3, &[&[0, 2], &[1]]);
        check_given(&[2, 0, 1], 4, &[&[], &[0, 1, 3], &[2]]);
        check_given(&[2, 0, 1], 6, &[&[5], &[0, 1, 3], &[2, 4]]);
        check_given(&[1], 0, &[&[]]);
        check_given(&[], 3, &[]);
    }
}
