//! The consumer groups of a cluster: which there are, and whether anybody is in them.

use kafka_protocol::messages::{ConsumerGroupDescribeRequest, DescribeGroupsRequest, GroupId, ListGroupsRequest};

use super::RawClient;
use super::cluster::refused;
use super::topics::text;
use crate::error::{ErrorKind, KafkaError};

/// GROUP_ID_NOT_FOUND
const NOT_FOUND: i16 = 69;

/// What a consumer group is at (`GroupState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// It has offsets and no members.
    Empty,
    /// It has no members and no offsets: it is about to be forgotten, or there is none.
    Dead,
    /// It has members.
    Active,
}

impl GroupState {
    fn of(name: &str) -> Self {
        match name {
            "Empty" => Self::Empty,
            "Dead" => Self::Dead,
            _ => Self::Active,
        }
    }
}

impl RawClient {
    /// The ids of all consumer groups that we may see: those that consumers made, and those that only have offsets.
    pub async fn list_consumer_groups(&self) -> Result<Vec<String>, KafkaError> {
        self.persist("listing consumer groups", || async {
            let mut groups = Vec::new();
            for answer in self.ask_every(|_| Ok(ListGroupsRequest::default())).await? {
                refused(answer.error_code, None, || "listing consumer groups failed".to_owned())?;
                let consumers = answer.groups.into_iter().filter(|group| {
                    matches!(group.protocol_type.as_str(), "" | "consumer")
                        && matches!(group.group_type.to_ascii_lowercase().as_str(), "" | "classic" | "consumer")
                });
                groups.extend(consumers.map(|group| group.group_id.as_str().to_owned()));
            }
            groups.sort_unstable();
            groups.dedup();
            Ok(groups)
        })
        .await
    }

    /// What a consumer group is at, whichever protocol its members speak. A group that is not there is dead.
    pub async fn group_state(&self, group: &str) -> Result<GroupState, KafkaError> {
        self.persist("describing a consumer group", || async {
            match self.classic_state(group).await? {
                // Perhaps one of the newer protocol (KIP-848), which shows only under its own request.
                GroupState::Dead => self.modern_state(group).await,
                state => Ok(state),
            }
        })
        .await
    }

    async fn classic_state(&self, group: &str) -> Result<GroupState, KafkaError> {
        let request = DescribeGroupsRequest::default().with_groups(vec![GroupId(text(group))]);
        let answer = self.ask_coordinator(group, |_| Ok(request.clone())).await?;
        match answer.groups.into_iter().next() {
            None => Ok(GroupState::Dead),
            Some(found) if found.error_code == NOT_FOUND => Ok(GroupState::Dead),
            Some(found) => {
                refused(found.error_code, None, || format!("describing the group {group} failed"))?;
                Ok(GroupState::of(&found.group_state))
            }
        }
    }

    async fn modern_state(&self, group: &str) -> Result<GroupState, KafkaError> {
        let request = ConsumerGroupDescribeRequest::default().with_group_ids(vec![GroupId(text(group))]);
        let answer = match self.ask_coordinator(group, |_| Ok(request.clone())).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(GroupState::Dead),
            answer => answer?,
        };
        match answer.groups.into_iter().next() {
            Some(found) if found.error_code == 0 => Ok(GroupState::of(&found.group_state)),
            _ => Ok(GroupState::Dead),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_states_have_no_members() {
        for (name, state) in [
            ("Empty", GroupState::Empty),
            ("Dead", GroupState::Dead),
            ("Stable", GroupState::Active),
            ("PreparingRebalance", GroupState::Active),
            ("Reconciling", GroupState::Active),
        ] {
            assert_eq!(GroupState::of(name), state, "{name}");
        }
    }
}
