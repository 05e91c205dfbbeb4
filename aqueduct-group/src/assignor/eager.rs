//! The eager assignor: everything, one by one, to the members in turn.

use crate::names::MemberId;
use crate::work::{ConfigSnapshot, TaskId, Work};

/// Divides all configured work among the members, who have stopped everything before. Returns each member's work in the
/// order of the member ids.
///
/// The members take turns: first each connector, by name, goes to the next of them; then, going on with the same turns,
/// each task, by connector and number.
pub fn eager(configured: &ConfigSnapshot, members: &[MemberId]) -> Vec<(MemberId, Work)> {
    let mut members = members.to_vec();
    members.sort();
    members.dedup();
    let count = members.len();
    let mut shares: Vec<(MemberId, Work)> = members.into_iter().map(|member| (member, Work::default())).collect();
    if count == 0 {
        return shares;
    }
    let mut turn = (0..count).cycle();
    let mut next = || turn.next().expect("the turns never end");
    for connector in configured.tasks.keys() {
        shares[next()].1.connectors.push(connector.clone());
    }
    for (connector, &tasks) in &configured.tasks {
        for task in 0..tasks.cast_signed() {
            shares[next()].1.tasks.push(TaskId { connector: connector.clone(), task });
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_go_on_where_the_connectors_ended() {
        let configured =
            ConfigSnapshot { offset: 1, tasks: [("b".into(), 2), ("a".into(), 1), ("c".into(), 0)].into() };
        let shares = eager(&configured, &["m2".into(), "m1".into()]);
        let shown: Vec<String> =
            shares.iter().map(|(id, w)| format!("{id}: {:?} {}", w.connectors, w.tasks.len())).collect();
        assert_eq!(shown, [r#"m1: ["a", "c"] 1"#, r#"m2: ["b"] 2"#]);
        assert_eq!(shares[0].1.tasks, [TaskId::new("b", 0)]);
        assert!(eager(&configured, &[]).is_empty());
    }
}
