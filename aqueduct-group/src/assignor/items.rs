//! Connectors and tasks as numbers for the time of one round, and sets of them.
//!
//! All names that a round knows are numbered in their order, so that numbers compare as names do. A set is a sorted
//! list without repetitions.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::names::ConnectorName;
use crate::work::{TaskId, Work};

/// A connector's number, or a connector's number and a task's.
pub(super) trait Item: Copy + Ord + Hash {}

impl<T: Copy + Ord + Hash> Item for T {}

/// A task: its connector's number and its own.
pub(super) type Task = (u32, i32);

/// A thing for connectors and the same for tasks.
#[derive(Clone, Debug, Default)]
pub(super) struct Both<C, T> {
    pub(super) connectors: C,
    pub(super) tasks: T,
}

/// Lists or sets of connectors and of tasks.
pub(super) type Items = Both<Vec<u32>, Vec<Task>>;

impl Items {
    pub(super) fn is_empty(&self) -> bool {
        self.connectors.is_empty() && self.tasks.is_empty()
    }
}

/// The names that a round knows, in their order.
pub(super) struct Names<'a> {
    sorted: Vec<&'a ConnectorName>,
    numbers: HashMap<&'a ConnectorName, u32>,
}

impl<'a> Names<'a> {
    pub(super) fn new(configured: impl Iterator<Item = &'a ConnectorName>, works: &[&'a Work]) -> Self {
        let mut known: HashSet<&ConnectorName> = configured.collect();
        for work in works {
            known.extend(&work.connectors);
            known.extend(work.tasks.iter().map(|task| &task.connector));
        }
        let mut sorted: Vec<_> = known.into_iter().collect();
        sorted.sort_unstable();
        let numbers = sorted.iter().zip(0..).map(|(&name, number)| (name, number)).collect();
        Self { sorted, numbers }
    }

    pub(super) fn number(&self, name: &ConnectorName) -> u32 {
        self.numbers[name]
    }

    /// The items of work in its order, each once.
    pub(super) fn items(&self, work: &Work) -> Items {
        let tasks = work.tasks.iter().map(|task| (self.number(&task.connector), task.task));
        Items {
            connectors: without_repetitions(work.connectors.iter().map(|name| self.number(name)).collect()),
            tasks: without_repetitions(tasks.collect()),
        }
    }

    pub(super) fn work(&self, connectors: &[u32], tasks: &[Task]) -> Work {
        let name = |number: u32| self.sorted[number as usize].clone();
        Work {
            connectors: connectors.iter().map(|&number| name(number)).collect(),
            tasks: tasks.iter().map(|&(number, task)| TaskId { connector: name(number), task }).collect(),
        }
    }
}

/// The list with each item at its first place only.
fn without_repetitions<T: Item>(mut list: Vec<T>) -> Vec<T> {
    if !list.is_sorted_by(|a, b| a < b) {
        let mut seen = HashSet::with_capacity(list.len());
        list.retain(|item| seen.insert(*item));
    }
    list
}

/// The set of these items.
pub(super) fn set<T: Item>(mut items: Vec<T>) -> Vec<T> {
    items.sort_unstable();
    items.dedup();
    items
}

/// The set of these lists' items, and the set of those in more than one list. No list repeats an item.
pub(super) fn union_and_shared<'a, T: Item + 'a>(lists: impl Iterator<Item = &'a [T]>) -> (Vec<T>, Vec<T>) {
    let mut all: Vec<T> = lists.flatten().copied().collect();
    all.sort_unstable();
    let shared = set(all.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect());
    all.dedup();
    (all, shared)
}

/// The set without the items of other sets.
pub(super) fn minus<T: Item>(set: &[T], others: &[&[T]]) -> Vec<T> {
    let mut others: Vec<_> = others.iter().map(|other| other.iter().peekable()).collect();
    let mut is_elsewhere = |item: &T| {
        others.iter_mut().any(|other| {
            while other.next_if(|&at| at < item).is_some() {}
            other.peek() == Some(&item)
        })
    };
    set.iter().filter(|item| !is_elsewhere(item)).copied().collect()
}

/// Whether an item is in a set.
pub(super) fn contains<T: Item>(set: &[T], item: &T) -> bool {
    set.binary_search(item).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_subtracted_and_united() {
        assert_eq!(minus(&[1, 2, 3, 5, 8, 9], &[&[2, 4, 8], &[0, 3, 10]]), [1, 5, 9]);
        assert_eq!(minus(&[1, 2], &[]), [1, 2]);
        let lists: [&[u32]; 3] = [&[3, 1], &[1, 2], &[1]];
        assert_eq!(union_and_shared(lists.into_iter()), (vec![1, 2, 3], vec![1]));
        assert_eq!(without_repetitions(vec![3, 1, 3, 2, 1]), [3, 1, 2]);
    }
}
