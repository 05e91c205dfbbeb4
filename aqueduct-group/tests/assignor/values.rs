//! The records' forms of work, configurations and assignments.

use std::collections::BTreeMap;

use aqueduct_group::protocol::Assignment;
use aqueduct_group::{ConfigSnapshot, TaskId, Work};
use serde_json::{Value as Json, json};

/// An element list: connectors in the order of the -1 entries, tasks in the order of all others.
pub(crate) fn element_list(list: &Json) -> Work {
    let mut work = Work::default();
    for element in list.as_array().unwrap() {
        let connector = element[0].as_str().unwrap();
        for number in element[1].as_array().unwrap() {
            match i32::try_from(number.as_i64().unwrap()).unwrap() {
                -1 => work.connectors.push(connector.into()),
                task => work.tasks.push(TaskId::new(connector, task)),
            }
        }
    }
    work
}

/// An item map. An item that comes twice stays twice and so differs from every record.
pub(crate) fn item_map(work: &Work) -> Json {
    let mut map: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for connector in &work.connectors {
        map.entry(connector.as_str()).or_default().push(-1);
    }
    for task in &work.tasks {
        map.entry(task.connector.as_str()).or_default().push(task.task);
    }
    map.values_mut().for_each(|numbers| numbers.sort_unstable());
    json!(map)
}

pub(crate) fn snapshot(json: &Json) -> ConfigSnapshot {
    let inconsistent = json.get("inconsistent").and_then(Json::as_array);
    let is_consistent = |name: &str| !inconsistent.is_some_and(|names| names.iter().any(|other| other == name));
    let tasks = json["tasks"].as_object().unwrap().iter().map(|(name, count)| {
        let count = if is_consistent(name) { u32::try_from(count.as_u64().unwrap()).unwrap() } else { 0 };
        (name.as_str().into(), count)
    });
    ConfigSnapshot { offset: json["offset"].as_i64().unwrap(), tasks: tasks.collect() }
}

fn connectors(list: &Json) -> Vec<aqueduct_group::ConnectorName> {
    list.as_array().into_iter().flatten().map(|name| name.as_str().unwrap().into()).collect()
}

fn tasks(list: &Json) -> Vec<TaskId> {
    let task = |task: &Json| TaskId::new(task[0].as_str().unwrap(), i32::try_from(task[1].as_i64().unwrap()).unwrap());
    list.as_array().into_iter().flatten().map(task).collect()
}

pub(crate) fn assignment(json: &Json) -> Assignment {
    let short = |name: &str| i16::try_from(json[name].as_i64().unwrap_or(0)).unwrap();
    Assignment {
        version: short("version"),
        error: short("error"),
        leader: json["leader"].as_str().unwrap().to_owned(),
        leader_url: json["leader_url"].as_str().unwrap().to_owned(),
        offset: json["offset"].as_i64().unwrap(),
        assigned: Work { connectors: connectors(&json["connectors"]), tasks: tasks(&json["tasks"]) },
        revoked: Work { connectors: connectors(&json["revoked_connectors"]), tasks: tasks(&json["revoked_tasks"]) },
        delay: i32::try_from(json["delay"].as_i64().unwrap_or(0)).unwrap(),
    }
}

/// As the reader of versions 1 and 2 shows it, or that of version 0.
pub(crate) fn assignment_json(assignment: &Assignment, eager: bool) -> Json {
    let connectors = |work: &Work| json!(work.connectors.iter().map(AsRef::as_ref).collect::<Vec<&str>>());
    let tasks = |work: &Work| {
        json!(work.tasks.iter().map(|task| json!([task.connector.as_str(), task.task])).collect::<Vec<_>>())
    };
    let mut json = json!({
        "error": assignment.error,
        "leader": assignment.leader,
        "leader_url": assignment.leader_url,
        "offset": assignment.offset,
        "connectors": connectors(&assignment.assigned),
        "tasks": tasks(&assignment.assigned),
    });
    if !eager {
        json["version"] = json!(assignment.version);
        json["revoked_connectors"] = connectors(&assignment.revoked);
        json["revoked_tasks"] = tasks(&assignment.revoked);
        json["delay"] = json!(assignment.delay);
    }
    json
}
