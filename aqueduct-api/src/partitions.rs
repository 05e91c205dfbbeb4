//! Sharing out the parts of a source among tasks (`ConnectorUtils.groupPartitions`).

/// Splits `items` into `groups` groups of neighbours whose sizes differ by one at most, the larger ones first.
///
/// # Panics
/// When `groups` is 0.
///
/// ```
/// let groups = aqueduct_api::group_partitions(&["a", "b", "c", "d", "e"], 2);
/// assert_eq!(groups, [vec!["a", "b", "c"], vec!["d", "e"]]);
/// ```
pub fn group_partitions<T: Clone>(items: &[T], groups: usize) -> Vec<Vec<T>> {
    assert!(groups > 0, "Number of groups must be positive.");
    let (size, larger) = (items.len() / groups, items.len() % groups);
    let mut rest = items;
    (0..groups)
        .map(|group| {
            let (mine, others) = rest.split_at(size + usize::from(group < larger));
            rest = others;
            mine.to_vec()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::group_partitions;

    #[test]
    fn groups_are_even_and_larger_ones_come_first() {
        let sizes = |n: usize, groups| -> Vec<usize> {
            group_partitions(&(0..n).collect::<Vec<_>>(), groups).iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(5, 1), [5]);
        assert_eq!(sizes(5, 2), [3, 2]);
        assert_eq!(sizes(5, 3), [2, 2, 1]);
        assert_eq!(sizes(2, 5), [1, 1, 0, 0, 0]);
        assert_eq!(sizes(0, 2), [0, 0]);
    }
}
