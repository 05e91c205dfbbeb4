//! What was read from the status topic, and what this worker has written to it and not seen yet.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_data::Value;

use super::record::{Subject, is_topic_value, parse_status};
use crate::{Status, StatusState};

/// Everything that is known.
#[derive(Debug, Default)]
pub(super) struct Cache {
    connectors: BTreeMap<String, Connector>,
    /// The generation of the last status that this worker wrote.
    generation: i32,
    next_entry: u64,
}

#[derive(Debug, Default)]
struct Connector {
    status: Option<Entry>,
    tasks: BTreeMap<u32, Entry>,
    topics: BTreeSet<String>,
}

/// A connector's or task's place: there from the first write on, gone with the tombstone.
#[derive(Debug)]
struct Entry {
    /// Differs from that of an entry of the same name that came before.
    id: u64,
    /// Grows with each write of this worker.
    sequence: u64,
    value: Option<(i32, Status)>,
    /// The last word of this worker.
    ours: Option<OurWord>,
}

/// What this worker wrote last about something, in which generation.
#[derive(Debug)]
struct OurWord {
    generation: i32,
    status: Status,
    /// It was read back: what is read from now on was written after it.
    is_there: bool,
}

/// One write of this worker, to find out later whether it is still wanted.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    entry: u64,
    sequence: u64,
}

impl Entry {
    /// Whether a status may be written without overwriting what another worker, which has taken over, said.
    fn is_safe(&self, generation: i32, status: &Status) -> bool {
        self.value.as_ref().is_none_or(|(known_generation, known)| {
            known.worker_id == status.worker_id || *known_generation <= generation
        })
    }

    /// Notes what was read; answers whether it is the word of a worker that had this before us, and hides ours.
    fn hides_ours(&mut self, generation: i32, status: &Status) -> bool {
        let Some(ours) = &mut self.ours else { return false };
        if status.worker_id == ours.status.worker_id {
            ours.is_there |= generation == ours.generation && *status == ours.status;
            return false;
        }
        ours.is_there && generation < ours.generation && ours.status.state != StatusState::Unassigned
    }
}

impl Cache {
    /// Notes that a status is about to be written; none when it must not be.
    pub(super) fn begin(&mut self, subject: &Subject, generation: i32, status: &Status, safe: bool) -> Option<Ticket> {
        self.generation = generation;
        let entry = self.entry(subject)?;
        if safe && !entry.is_safe(generation, status) {
            return None;
        }
        entry.sequence += 1;
        entry.ours = Some(OurWord { generation, status: status.clone(), is_there: false });
        Some(Ticket { entry: entry.id, sequence: entry.sequence })
    }

    /// The last word of this worker, about to be written once more; none when it has given up what it is about.
    pub(super) fn begin_again(&mut self, subject: &Subject) -> Option<(Ticket, i32, Status)> {
        let entry = self.find_mut(subject)?;
        let ours = entry.ours.as_mut().filter(|ours| ours.status.state != StatusState::Unassigned)?;
        ours.is_there = false;
        entry.sequence += 1;
        Some((Ticket { entry: entry.id, sequence: entry.sequence }, ours.generation, ours.status.clone()))
    }

    /// Whether a status that could not be written is worth another attempt.
    pub(super) fn is_wanted(
        &mut self,
        ticket: &Ticket,
        subject: &Subject,
        generation: i32,
        status: &Status,
        safe: bool,
    ) -> bool {
        let latest = self.generation;
        self.find(subject).is_some_and(|entry| {
            entry.id == ticket.entry
                && generation == latest
                && (!safe || (entry.sequence == ticket.sequence && entry.is_safe(generation, status)))
        })
    }

    /// Takes in a record that was read. Answers what this worker has to speak of again: a worker that had it before was
    /// heard after us.
    pub(super) fn read(&mut self, key: &str, value: &Value) -> Option<Subject> {
        let subject = match Subject::parse(key) {
            Ok(subject) => subject,
            Err(why) => {
                tracing::warn!("{why}");
                return None;
            }
        };
        if value.is_null() {
            self.remove(&subject);
            return None;
        }
        if let Subject::Topic { topic, connector } = subject {
            if is_topic_value(value) {
                self.connectors.entry(connector).or_default().topics.insert(topic);
            } else {
                tracing::warn!("Failed to parse topic status with key {key}");
            }
            return None;
        }
        let (generation, status) = match parse_status(value) {
            Ok(parsed) => parsed,
            Err(why) => {
                tracing::error!("Failed to deserialize the status with key {key}: {why}");
                return None;
            }
        };
        let is_task = matches!(subject, Subject::Task(..));
        let entry = self.entry(&subject)?;
        let hides_ours = entry.hides_ours(generation, &status);
        // The worker that gave a task up may be heard after the one that runs it now.
        let stale = is_task
            && status.state == StatusState::Unassigned
            && entry.value.as_ref().is_some_and(|(known_generation, known)| {
                known.state == StatusState::Running && *known_generation >= generation
            });
        if !stale {
            entry.value = Some((generation, status));
        }
        hides_ours.then_some(subject)
    }

    fn remove(&mut self, subject: &Subject) {
        match subject {
            Subject::Connector(name) => {
                if let Some(connector) = self.connectors.get_mut(name) {
                    connector.status = None;
                    connector.tasks.clear();
                }
            }
            Subject::Task(name, task) => {
                if let Some(connector) = self.connectors.get_mut(name) {
                    connector.tasks.remove(task);
                }
            }
            Subject::Topic { topic, connector } => {
                if let Some(connector) = self.connectors.get_mut(connector) {
                    connector.topics.remove(topic);
                }
            }
        }
        let (Subject::Connector(name) | Subject::Task(name, _) | Subject::Topic { connector: name, .. }) = subject;
        let is_empty = |known: &Connector| known.status.is_none() && known.tasks.is_empty() && known.topics.is_empty();
        if self.connectors.get(name).is_some_and(is_empty) {
            self.connectors.remove(name);
        }
    }

    /// The place of a connector or task, made if there is none.
    fn entry(&mut self, subject: &Subject) -> Option<&mut Entry> {
        let (Subject::Connector(name) | Subject::Task(name, _)) = subject else { return None };
        let connector = self.connectors.entry(name.clone()).or_default();
        let next = &mut self.next_entry;
        let new = || {
            *next += 1;
            Entry { id: *next, sequence: 0, value: None, ours: None }
        };
        Some(match subject {
            Subject::Task(_, task) => connector.tasks.entry(*task).or_insert_with(new),
            _ => connector.status.get_or_insert_with(new),
        })
    }

    fn find(&self, subject: &Subject) -> Option<&Entry> {
        match subject {
            Subject::Connector(name) => self.connectors.get(name)?.status.as_ref(),
            Subject::Task(name, task) => self.connectors.get(name)?.tasks.get(task),
            Subject::Topic { .. } => None,
        }
    }

    fn find_mut(&mut self, subject: &Subject) -> Option<&mut Entry> {
        match subject {
            Subject::Connector(name) => self.connectors.get_mut(name)?.status.as_mut(),
            Subject::Task(name, task) => self.connectors.get_mut(name)?.tasks.get_mut(task),
            Subject::Topic { .. } => None,
        }
    }

    /// A connector's status.
    pub(super) fn connector(&self, name: &str) -> Option<Status> {
        status(self.connectors.get(name)?.status.as_ref()?)
    }

    /// A task's status.
    pub(super) fn task(&self, connector: &str, task: u32) -> Option<Status> {
        status(self.connectors.get(connector)?.tasks.get(&task)?)
    }

    /// The statuses of a connector's tasks.
    pub(super) fn tasks(&self, connector: &str) -> Vec<(u32, Status)> {
        let tasks = self.connectors.get(connector).map(|connector| &connector.tasks);
        tasks.into_iter().flatten().filter_map(|(task, entry)| Some((*task, status(entry)?))).collect()
    }

    /// The connectors that have a status, or are about to.
    pub(super) fn connectors(&self) -> Vec<String> {
        let known = self.connectors.iter().filter(|(_, connector)| connector.status.is_some());
        known.map(|(name, _)| name.clone()).collect()
    }

    /// The topics that a connector uses.
    pub(super) fn topics(&self, connector: &str) -> Vec<String> {
        let topics = self.connectors.get(connector).map(|connector| &connector.topics);
        topics.into_iter().flatten().cloned().collect()
    }

    /// Whether it is known that a connector uses a topic.
    pub(super) fn has_topic(&self, connector: &str, topic: &str) -> bool {
        self.connectors.get(connector).is_some_and(|connector| connector.topics.contains(topic))
    }
}

fn status(entry: &Entry) -> Option<Status> {
    entry.value.as_ref().map(|(_, status)| status.clone())
}
