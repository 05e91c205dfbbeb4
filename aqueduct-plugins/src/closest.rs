//! Names that someone may have meant.

/// The names nearest to `wrong`, best first: at most three, and only such as a slip of the hand would explain.
pub fn closest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    if wrong.is_empty() {
        // Nothing was slipped from.
        return Vec::new();
    }
    let wrong = wrong.to_lowercase();
    let allowed = (wrong.chars().count() / 3).max(2);
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let distance = if lower.contains(&wrong) || wrong.contains(&lower) { 1 } else { distance(&wrong, &lower) };
            (distance <= allowed).then_some((distance, name))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|(_, name)| name).take(3).collect()
}

/// The number of single-character changes between two texts (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let names = ["FileStreamSource", "FileStreamSink", "HoistField$Value"];
        assert_eq!(closest("FileStreamSourc", names)[0], "FileStreamSource");
        assert_eq!(closest("filestreamsink", names)[0], "FileStreamSink");
        assert!(closest("JdbcSource", names).is_empty());
        assert!(closest("", names).is_empty());
    }

    #[test]
    fn distance_counts_changes() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
