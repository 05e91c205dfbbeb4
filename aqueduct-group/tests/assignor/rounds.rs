//! Rounds of the assignors, played through a leader from the members' bytes on.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aqueduct_group::assignor::revocation_backoff;
use aqueduct_group::leader::{Decision, Owners};
use aqueduct_group::protocol::{Assignment, Metadata, Protocol};
use aqueduct_group::{Leader, MemberId, Round, Work};
use serde_json::{Value as Json, json};

use super::values::{element_list, item_map, snapshot};
use super::{Verdict, same};

/// All rounds of a history, in order; the first difference ends it.
pub(crate) fn history(case: &Json) -> Verdict {
    let max_delay = Duration::from_millis(case["max_delay"].as_u64().unwrap());
    let url = |id: &str| case["urls"][id].as_str().unwrap().to_owned();
    let mut processes: HashMap<u64, Leader> = HashMap::new();
    for (number, round) in case["rounds"].as_array().unwrap().iter().enumerate() {
        let leader = processes.entry(round["process"].as_u64().unwrap()).or_insert_with(|| Leader::new(max_delay));
        let protocol = Protocol::from_name(round["protocol"].as_str().unwrap()).unwrap();
        let verdict = play(leader, round, protocol, url).and_then(|()| memory(leader, round, protocol));
        verdict.map_err(|difference| format!("round {number}: {difference}"))?;
    }
    Ok(())
}

/// A round of the eager assignor.
pub(crate) fn eager_case(case: &Json) -> Verdict {
    play(&mut Leader::new(Duration::ZERO), case, Protocol::Eager, |id| format!("http://{id}:8083/"))
}

/// The delays between revocations under one setting.
pub(crate) fn backoff(case: &Json) -> Verdict {
    let max_delay = i32::try_from(case["max_delay"].as_i64().unwrap()).unwrap();
    let count = u32::try_from(case["delays"].as_array().unwrap().len()).unwrap();
    let delays: Vec<i32> = (1..=count).map(|successive| revocation_backoff(successive, max_delay)).collect();
    same("delays", &case["delays"], &json!(delays))
}

fn play(leader: &mut Leader, case: &Json, protocol: Protocol, url: impl Fn(&str) -> String) -> Verdict {
    let members: Vec<(MemberId, Vec<u8>)> = case["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| {
            let id = member[0].as_str().unwrap();
            let current = (!member[2].is_null()).then(|| element_list(&member[2]));
            let allocation = current.map(|assigned| Assignment { assigned, ..Assignment::default() });
            let metadata = Metadata { url: url(id), offset: member[1].as_i64().unwrap(), allocation };
            // The order of the records is that of the bytes; an eager round has metadata of any version.
            let written = if protocol == Protocol::Eager { Protocol::Compatible } else { protocol };
            (id.into(), metadata.encode_in_order(written).unwrap())
        })
        .collect();
    let id: MemberId = case["leader"].as_str().unwrap().into();
    let int = |name: &str| i32::try_from(case[name].as_i64().unwrap_or(-1)).unwrap();
    let round = Round {
        protocol,
        leader: &id,
        members: &members,
        generation: int("generation"),
        last_generation: int("last"),
        now: case["now"].as_i64().unwrap_or(0),
    };
    let mut asked = false;
    let decision = leader.assign(&round, &snapshot(&case["config"]), || {
        asked = true;
        case.get("fresh").map(snapshot).unwrap_or_default()
    });
    let decision = decision.map_err(|error| error.to_string())?;
    same("asks for a fresh snapshot", &json!(case.get("fresh").is_some()), &json!(asked))?;
    decided(&case["out"], protocol, &members, &decision)?;
    owned(protocol, &members, &decision)
}

/// Compares what the members are told.
fn decided(out: &Json, protocol: Protocol, members: &[(MemberId, Vec<u8>)], decision: &Decision) -> Verdict {
    let listed: BTreeSet<&MemberId> = decision.assignments.iter().map(|(id, _)| id).collect();
    if listed != members.iter().map(|(id, _)| id).collect() || listed.len() != decision.assignments.len() {
        return Err("not every member has one assignment".into());
    }
    let mut told = serde_json::Map::new();
    for (id, assignment) in &decision.assignments {
        // What is compared is what a member reads from the bytes.
        let assignment = Assignment::decode(&assignment.encode(protocol).unwrap()).unwrap();
        let mut head = json!({
            "version": assignment.version, "error": assignment.error, "leader": assignment.leader,
            "leader_url": assignment.leader_url, "offset": assignment.offset, "delay": assignment.delay,
        });
        let mut expected = out.clone();
        expected.as_object_mut().unwrap().remove("members");
        if protocol == Protocol::Eager {
            head.as_object_mut().unwrap().remove("delay");
        }
        same(id.as_str(), &expected, &head)?;
        let parts = [("assigned", &assignment.assigned), ("revoked", &assignment.revoked)];
        let parts: serde_json::Map<String, Json> = parts
            .into_iter()
            .filter(|(_, work)| !work.is_empty())
            .map(|(name, work)| (name.to_owned(), item_map(work)))
            .collect();
        if !parts.is_empty() {
            told.insert(id.as_str().to_owned(), parts.into());
        }
    }
    same("members", &out["members"], &told.into())
}

/// Compares the leader's view with what the members have: what they reported, less what is revoked, and what is new.
fn owned(protocol: Protocol, members: &[(MemberId, Vec<u8>)], decision: &Decision) -> Verdict {
    let failed = decision.assignments.iter().any(|(_, assignment)| assignment.failed());
    let Some(owners) = &decision.owners else {
        return if failed { Ok(()) } else { Err("no owners without an error".into()) };
    };
    for ((id, bytes), (_, assignment)) in members.iter().zip(&decision.assignments) {
        let allocation = Metadata::decode(bytes).unwrap().allocation;
        let followed = match protocol {
            Protocol::Eager => &assignment.assigned,
            _ => &assignment.clone().following(protocol, allocation).assigned,
        };
        owned_by(owners, id, followed)?;
    }
    Ok(())
}

fn owned_by(owners: &Owners, id: &MemberId, work: &Work) -> Verdict {
    let stray = work.connectors.iter().find(|connector| owners.connector(connector) != Some(id));
    if let Some(connector) = stray {
        return Err(format!("{connector} is {id}'s, not {:?}'s", owners.connector(connector)));
    }
    let stray = work.tasks.iter().find(|task| owners.task(task) != Some(id));
    stray.map_or(Ok(()), |task| Err(format!("{task} is {id}'s, not {:?}'s", owners.task(task))))
}

/// Compares what the assignor remembers.
fn memory(leader: &Leader, round: &Json, protocol: Protocol) -> Verdict {
    let Some(after) = round.get("after").filter(|_| protocol != Protocol::Eager) else {
        return Ok(());
    };
    let incremental = leader.incremental();
    let got: BTreeMap<&str, Json> = [
        ("scheduled", json!(incremental.scheduled_rebalance().unwrap_or(0))),
        ("delay", json!(incremental.delay())),
        ("revoked_in_previous", json!(incremental.revoked_in_previous())),
        ("successive", json!(incremental.successive_revocations())),
        ("candidates", json!(incremental.candidates().iter().map(AsRef::as_ref).collect::<Vec<&str>>())),
    ]
    .into();
    let blank = json!({"scheduled": 0, "delay": 0, "revoked_in_previous": false, "successive": 0, "candidates": []});
    for (name, got) in got {
        same(name, after.get(name).unwrap_or(&blank[name]), &got)?;
    }
    Ok(())
}
