//! A group of our workers: which of them live, what each of them runs, and whether all agree.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::wait::eventually;
use crate::{Worker, WorkerFiles};

/// A connector, or with a number one of its tasks.
pub type Instance = (String, Option<u32>);

/// Workers of one group, by number from 0; each may be dead for a while.
pub struct WorkerGroup {
    files: Vec<WorkerFiles>,
    workers: Vec<Option<Worker>>,
    /// What has to run.
    wanted: BTreeSet<Instance>,
}

impl WorkerGroup {
    /// Starts them all, number 0 before the others: it leads.
    pub fn start(files: Vec<WorkerFiles>) -> Self {
        let mut workers: Vec<Worker> = files.first().map(WorkerFiles::start).into_iter().collect();
        let others: Vec<Worker> = files.iter().skip(1).map(WorkerFiles::launch).collect();
        workers.extend(others.into_iter().map(|worker| worker.ready(0)));
        let workers = workers.into_iter().map(Some).collect();
        Self { files, workers, wanted: BTreeSet::new() }
    }

    /// A living worker.
    ///
    /// # Panics
    /// When it is dead.
    pub fn worker(&self, number: usize) -> &Worker {
        self.workers[number].as_ref().expect("the worker lives")
    }

    /// Those that live.
    pub fn living(&self) -> impl Iterator<Item = &Worker> {
        self.workers.iter().flatten()
    }

    /// Creates a connector, and remembers how many tasks have to run. An attempt that meets a rebalance, or a leader that
    /// cannot be reached yet, is made again.
    ///
    /// # Panics
    /// When it is refused.
    pub fn create(&mut self, name: &str, config: &Value, tasks: u32) {
        let body = json!({"name": name, "config": config});
        eventually(&format!("{name} is created"), || {
            let (status, answer) = self.living().next()?.request("POST", "/connectors", Some(&body));
            assert!([201, 409, 500].contains(&status), "{status} {answer}");
            (status == 201).then_some(())
        });
        self.wanted.insert((name.to_owned(), None));
        self.wanted.extend((0..tasks).map(|task| (name.to_owned(), Some(task))));
    }

    /// Ends a worker with SIGKILL.
    pub fn kill(&mut self, number: usize) {
        if let Some(worker) = self.workers[number].take() {
            worker.kill();
        }
    }

    /// Starts a dead worker again, without waiting for it.
    pub fn launch(&mut self, number: usize) {
        if self.workers[number].is_none() {
            self.workers[number] = Some(self.files[number].launch());
        }
    }

    /// Why the group has not converged; none when each connector and each task runs on exactly one of the living workers,
    /// by their own word, every one of them tells that status of it, and none of them has nothing to do.
    pub fn unsettled(&self) -> Option<String> {
        let mut owners: BTreeMap<Instance, Vec<String>> = BTreeMap::new();
        for worker in self.living() {
            let Some(running) = running(worker) else {
                return Some(format!("worker {} does not answer", worker.port()));
            };
            if running.is_empty() {
                return Some(format!("worker {} has nothing to do", worker.port()));
            }
            for (instance, state) in running {
                if state == "running" {
                    owners.entry(instance).or_default().push(format!("127.0.0.1:{}", worker.port()));
                } else {
                    return Some(format!("{instance:?} is {state} on {}", worker.port()));
                }
            }
        }
        for instance in owners.keys().chain(&self.wanted) {
            let count = owners.get(instance).map_or(0, Vec::len);
            let wanted = usize::from(self.wanted.contains(instance));
            if count != wanted {
                return Some(format!("{instance:?} runs on {:?}", owners.get(instance)));
            }
        }
        self.living().find_map(|worker| self.disagreement(worker, &owners))
    }

    /// What the statuses of one worker say else than the workers themselves.
    fn disagreement(&self, worker: &Worker, owners: &BTreeMap<Instance, Vec<String>>) -> Option<String> {
        for (name, _) in self.wanted.iter().filter(|(_, task)| task.is_none()) {
            let Some((_, text)) = worker.try_request("GET", &format!("/connectors/{name}/status"), None) else {
                return Some(format!("worker {} does not tell the status of {name}", worker.port()));
            };
            let status: Value = serde_json::from_str(&text).unwrap_or_default();
            let mut told = BTreeMap::from([((name.clone(), None), &status["connector"])]);
            for task in status["tasks"].as_array().into_iter().flatten() {
                let number = task["id"].as_u64().and_then(|id| u32::try_from(id).ok());
                told.insert((name.clone(), number), task);
            }
            for instance in self.wanted.iter().filter(|(of, _)| of == name) {
                let status = told.get(instance).copied().unwrap_or(&Value::Null);
                let owner = owners.get(instance).and_then(|owners| owners.first());
                if status["state"] != "RUNNING" || status["worker_id"].as_str() != owner.map(String::as_str) {
                    return Some(format!("worker {} says of {instance:?}: {status}", worker.port()));
                }
            }
        }
        None
    }

    /// What a worker runs, by its own word.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn running_on(&self, number: usize) -> BTreeSet<Instance> {
        let running = eventually("the worker tells what it runs", || running(self.worker(number)));
        running.into_iter().filter(|(_, state)| state == "running").map(|(instance, _)| instance).collect()
    }

    /// What has to run.
    pub fn wanted(&self) -> &BTreeSet<Instance> {
        &self.wanted
    }

    /// Waits until the group has converged; answers how long that took since `since`.
    ///
    /// # Panics
    /// When it has not within `limit` of `since`.
    pub fn settles(&self, what: &str, since: Instant, limit: Duration) -> Duration {
        loop {
            let Some(why) = self.unsettled() else { return since.elapsed() };
            assert!(since.elapsed() < limit, "{what}: not settled after {} s: {why}", limit.as_secs_f32());
            crate::wait::pause(Duration::from_millis(20));
        }
    }

    /// Watches the group until `limit` has passed since `since`; answers when it was last seen not to have converged.
    ///
    /// # Panics
    /// When it has not at the end.
    pub fn settles_for_good(&self, what: &str, since: Instant, limit: Duration) -> Duration {
        let mut last = Duration::ZERO;
        loop {
            let why = self.unsettled();
            if why.is_some() {
                last = since.elapsed();
            }
            if since.elapsed() >= limit {
                assert_eq!(why, None, "{what}: not settled after {} s", limit.as_secs_f32());
                return last;
            }
            crate::wait::pause(Duration::from_millis(20));
        }
    }

    /// Stops them all with SIGTERM.
    ///
    /// # Panics
    /// When one does not end well.
    pub fn stop(&mut self) {
        for worker in &mut self.workers {
            if let Some(worker) = worker.take() {
                assert!(worker.stop().success());
            }
        }
    }
}

/// What a worker runs and in which state, by its metrics.
fn running(worker: &Worker) -> Option<Vec<(Instance, String)>> {
    let (status, text) = worker.try_request("GET", "/metrics", None)?;
    if status != 200 {
        return None;
    }
    let of = |line: &str| {
        let labels = line.strip_prefix("kafka_connect_connector_")?;
        let labels =
            labels.strip_prefix("task_").unwrap_or(labels).strip_prefix("metrics_status{")?.strip_suffix("} 1")?;
        let label = |name: &str| {
            let found = labels.split(',').find_map(|label| label.strip_prefix(name)?.strip_prefix("=\""))?;
            Some(found.trim_end_matches('"').to_owned())
        };
        let task = label("task").and_then(|task| task.parse().ok());
        Some(((label("connector")?, task), label("status")?))
    };
    Some(text.lines().filter_map(of).collect())
}
