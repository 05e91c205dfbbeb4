//! Whether `docs/compatibility.md` speaks of every row of Kafka Connect's documentation.
//!
//! The page's text comes in, what is wrong with its table goes out as lines of text.

/// The page, relative to the workspace.
pub(crate) const PAGE: &str = "docs/compatibility.md";

/// How many rows the documentation was cut into.
const ROWS: usize = 208;

/// The states that the page defines; `partly: ` is followed by what is missing.
const STATES: [&str; 4] = ["yes", "partly: ", "planned", "later"];

/// Every problem, one line each.
pub(crate) fn check(page: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut next = 1;
    for (line, number) in page.lines().zip(1..) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let Some(row) = cells[0].parse::<usize>().ok().filter(|_| line.starts_with("| ")) else { continue };
        if row != next {
            problems.push(format!("{PAGE}:{number}: row {row} where row {next} is due"));
        }
        next = row + 1;
        let state = cells.get(2).copied().unwrap_or_default();
        if !STATES.iter().any(|known| state == *known || (known.ends_with(' ') && state.starts_with(known))) {
            problems.push(format!(
                "{PAGE}:{number}: row {row} has the state `{state}`; known are yes, partly: …, planned, later"
            ));
        }
    }
    if next != ROWS + 1 {
        problems.push(format!("{PAGE}: the rows end at {} and not at {ROWS}", next - 1));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(state: &str, last: usize) -> String {
        (1..=last).map(|row| format!("| {row} | what | {state} | |\n")).collect()
    }

    #[test]
    fn every_row_has_a_known_state() {
        assert_eq!(check(&page("yes", ROWS)), [] as [&str; 0]);
        assert_eq!(check(&page("partly: no exports", ROWS)), [] as [&str; 0]);
        assert!(check(&page("partly", ROWS))[0].contains("row 1 has the state `partly`"));
        assert!(check(&page("done", ROWS))[0].contains("`done`"));
    }

    #[test]
    fn no_row_is_missing_or_doubled() {
        assert!(check(&page("yes", ROWS - 1))[0].contains("end at 207"));
        assert!(
            check(&page("yes", ROWS).replace("| 7 | what | yes | |\n", ""))[0].contains("row 8 where row 7 is due")
        );
        assert!(check(&page("yes", ROWS + 1))[0].contains("end at 209"));
    }
}
