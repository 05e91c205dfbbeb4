//! What administrators do with groups: list, describe, delete.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::GroupId;
use kafka_protocol::messages::describe_groups_response::DescribedGroup;
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::protocol::StrBytes;

use super::Groups;
use super::member::Member;
use super::state::State;

/// All groups here are of this type (KIP-848 has others).
const CLASSIC: &str = "classic";

/// The state of a group that is not there.
const DEAD: &str = "Dead";

// === impl Groups ===

impl Groups {
    /// The groups in one of these states and of one of these types; an empty filter lets all pass.
    pub(crate) fn list(&self, states: &[StrBytes], types: &[StrBytes]) -> Vec<ListedGroup> {
        let passes = |filter: &[StrBytes], value: &str| {
            filter.is_empty() || filter.iter().any(|wanted| wanted.trim().eq_ignore_ascii_case(value))
        };
        if !passes(types, CLASSIC) {
            return Vec::new();
        }
        let known = self.known.lock();
        let passing = known.groups.iter().filter(|(_, group)| passes(states, group.state.name()));
        passing
            .map(|(id, group)| {
                ListedGroup::default()
                    .with_group_id(GroupId(id.clone().into()))
                    .with_protocol_type(group.protocol_type.clone().unwrap_or_default())
                    .with_group_state(group.state.name().into())
                    .with_group_type(CLASSIC.into())
            })
            .collect()
    }

    /// One group; none when it is not there.
    pub(crate) fn describe(&self, id: &GroupId) -> Option<DescribedGroup> {
        let known = self.known.lock();
        let group = known.groups.get(id.as_str())?;
        let mut members: Vec<_> = group.members.iter().map(Member::describe).collect();
        let described = DescribedGroup::default()
            .with_group_id(id.clone())
            .with_group_state(group.state.name().into())
            .with_protocol_type(group.protocol_type.clone().unwrap_or_default());
        // Only then it is certain what all members speak.
        let protocol = group.protocol_name.clone().filter(|_| group.state == State::Stable);
        if let Some(protocol) = &protocol {
            for (described, member) in members.iter_mut().zip(&group.members) {
                described.member_metadata = member.metadata(protocol);
            }
        }
        Some(described.with_protocol_data(protocol.unwrap_or_default()).with_members(members))
    }

    /// Deletes a group without members, and its offsets.
    pub(crate) fn delete(&self, id: &str) -> Result<(), ResponseError> {
        let mut known = self.known.lock();
        let group = known.groups.get_mut(id).ok_or(ResponseError::GroupIdNotFound)?;
        if group.state != State::Empty {
            return Err(ResponseError::NonEmptyGroup);
        }
        self.log.remove_group(id, group).map_err(|error| {
            tracing::error!(group = id, %error, "a group cannot be deleted");
            ResponseError::NotCoordinator
        })?;
        known.groups.remove(id);
        Ok(())
    }
}

/// What is told of a group that is not there.
pub(crate) fn dead(id: GroupId) -> DescribedGroup {
    DescribedGroup::default().with_group_id(id).with_group_state(DEAD.into())
}
