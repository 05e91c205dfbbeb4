//! The order in which Java's `HashSet` lists strings: some messages name the permitted values in it.

/// Sorts distinct strings as a `HashSet` would list them after they were added in the given order.
pub(crate) fn hash_set_order(mut items: Vec<String>) -> Vec<String> {
    let mut buckets = 16_usize;
    while items.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    // Within a bucket the order of insertion stays, so the sort has to be stable.
    items.sort_by_key(|item| bucket(item, buckets));
    items
}

fn bucket(item: &str, buckets: usize) -> usize {
    let hash = item.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
    (hash ^ (hash >> 16)) as usize & (buckets - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(items: &[&str], expect: &[&str]) {
        assert_eq!(hash_set_order(items.iter().map(|&item| item.to_owned()).collect()), expect);
    }

    #[test]
    fn the_order_is_that_of_the_buckets() {
        check(&[], &[]);
        check(&["B", "A"], &["A", "B"]);
        check(&["REQUESTED", "REQUIRED"], &["REQUIRED", "REQUESTED"]);
    }

    #[test]
    fn strings_of_one_bucket_stay_as_they_were_added() {
        check(&["BB", "Aa"], &["BB", "Aa"]);
        check(&["Aa", "BB"], &["Aa", "BB"]);
    }
}
