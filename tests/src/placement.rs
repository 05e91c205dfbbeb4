//! Where the instances of a group of workers run, as the statuses say it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::worker::Worker;

/// The worker of each connector and of each task: a connector by its name, a task by `name-number`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Connectors, by name.
    pub connectors: BTreeMap<String, String>,
    /// Tasks, by name and number.
    pub tasks: BTreeMap<(String, u64), String>,
}

impl Placement {
    /// Asks a worker where these connectors, each with its number of tasks, run. `None` as long as one of them, or a task of
    /// it, does not run, or there is another number of tasks.
    pub fn of(worker: &Worker, connectors: &[(String, usize)]) -> Option<Self> {
        Self::in_states(worker, connectors, &["RUNNING"])
    }

    /// The same, where each of them may be in any of these states.
    pub fn in_states(worker: &Worker, connectors: &[(String, usize)], states: &[&str]) -> Option<Self> {
        let owner = |instance: &Value| {
            let there = states.iter().any(|state| instance["state"] == *state);
            there.then(|| instance["worker_id"].as_str().map(str::to_owned))?
        };
        let (status, all) = worker.request("GET", "/connectors?expand=status", None);
        if status != 200 {
            return None;
        }
        let mut placement = Self::default();
        for (name, count) in connectors {
            let status = &all[name]["status"];
            placement.connectors.insert(name.clone(), owner(&status["connector"])?);
            let tasks = status["tasks"].as_array()?;
            if tasks.len() != *count {
                return None;
            }
            for task in tasks {
                placement.tasks.insert((name.clone(), task["id"].as_u64()?), owner(task)?);
            }
        }
        Some(placement)
    }

    /// The workers that run something.
    pub fn workers(&self) -> BTreeSet<&str> {
        self.connectors.values().chain(self.tasks.values()).map(String::as_str).collect()
    }

    /// How many connectors and tasks a worker runs.
    pub fn load(&self, worker: &str) -> (usize, usize) {
        let connectors = self.connectors.values().filter(|owner| *owner == worker).count();
        (connectors, self.tasks.values().filter(|owner| *owner == worker).count())
    }

    /// How many connectors and tasks a worker runs that it did not run before.
    pub fn gained(&self, worker: &str, before: &Self) -> (usize, usize) {
        (gained(&self.connectors, &before.connectors, worker), gained(&self.tasks, &before.tasks, worker))
    }
}

fn gained<K: Ord>(now: &BTreeMap<K, String>, before: &BTreeMap<K, String>, worker: &str) -> usize {
    let here = |key: &K, owners: &BTreeMap<K, String>| owners.get(key).is_some_and(|owner| owner == worker);
    now.keys().filter(|key| here(key, now) && !here(key, before)).count()
}
