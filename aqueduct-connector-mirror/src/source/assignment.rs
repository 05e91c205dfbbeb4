//! Which task copies which partitions: they are dealt out like cards, so that the partitions of a busy topic go to different
//! tasks.

use aqueduct_api::TopicPartition;
use aqueduct_jvm::hash_order::iteration_order_with_capacity;

use crate::topics::Partitions;

/// All partitions, topic by topic in the order in which Java comes by them: a worker of either kind that takes over finds the
/// tasks as they are.
pub(crate) fn in_order(topics: &Partitions) -> Vec<TopicPartition> {
    let names: Vec<&String> = topics.keys().collect();
    let order = iteration_order_with_capacity(names.len(), &names);
    let mut all = Vec::with_capacity(topics.values().map(Vec::len).sum());
    for name in order.into_iter().map(|at| names[at]) {
        let mut partitions = topics[name].clone();
        partitions.sort_unstable();
        all.extend(partitions.into_iter().map(|partition| TopicPartition::new(name.as_str(), partition)));
    }
    all
}

/// The partitions of each task, as its configuration names them. There are no more tasks than partitions.
pub(crate) fn deal(partitions: &[TopicPartition], max_tasks: usize) -> Vec<String> {
    let tasks = max_tasks.min(partitions.len());
    let of_task = |task| {
        let mine: Vec<String> = partitions.iter().skip(task).step_by(tasks).map(TopicPartition::to_string).collect();
        mine.join(",")
    };
    (0..tasks).map(of_task).collect()
}

/// A partition out of a task's configuration. A topic may have dashes of its own.
pub(crate) fn read(text: &str) -> Option<TopicPartition> {
    let (topic, partition) = text.rsplit_once('-')?;
    Some(TopicPartition::new(topic, partition.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_dealt_out_one_by_one() {
        let partitions: Vec<TopicPartition> = [("t0", 8), ("t1", 2), ("t2", 2)]
            .iter()
            .flat_map(|(t, n)| (0..*n).map(|p| TopicPartition::new(*t, p)))
            .collect();
        assert_eq!(deal(&partitions, 3), ["t0-0,t0-3,t0-6,t1-1", "t0-1,t0-4,t0-7,t2-0", "t0-2,t0-5,t1-0,t2-1"]);
        assert_eq!(deal(&partitions[..2], 5), ["t0-0", "t0-1"]);
        assert_eq!(deal(&[], 5), [""; 0]);
    }

    #[test]
    fn topics_come_in_the_order_of_javas_map() {
        let topics =
            Partitions::from([("b".into(), vec![1, 0]), ("a".into(), vec![0]), ("heartbeats".into(), vec![0])]);
        let order: Vec<String> = in_order(&topics).iter().map(TopicPartition::to_string).collect();
        assert_eq!(order.len(), 4);
        assert!(order.iter().position(|p| p == "b-0") < order.iter().position(|p| p == "b-1"));
    }

    #[test]
    fn a_topic_may_have_dashes() {
        assert_eq!(read("a-b-3"), Some(TopicPartition::new("a-b", 3)));
        assert_eq!(read("a"), None);
        assert_eq!(read("a-b"), None);
    }
}
