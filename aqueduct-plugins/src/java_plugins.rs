//! Connector classes in the Java jars of `plugin.path`.
//!
//! In comes the text of `plugin.path`; out go class names with the jar that holds each. Java cannot be run here, so the
//! jars are looked at only to say what is true of them. A class is a connector when a jar lists it in
//! `META-INF/services/`, or when it is named `…Connector`, can be made, and descends from one of Connect's two connector
//! classes; parents are followed through `…Connector` classes of all jars and through any class of the same jar. A
//! connector of another name that is not listed stays unseen: finding it would mean to read every class of every jar.
//!
//! What cannot be read is a warning and never ends the scan. Everything is bounded, so that a path that points at a whole
//! disk does not hold the start up.

mod class_file;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::JavaPlugin;
use class_file::ClassHeader;

const SERVICES: [&str; 2] = [
    "META-INF/services/org.apache.kafka.connect.source.SourceConnector",
    "META-INF/services/org.apache.kafka.connect.sink.SinkConnector",
];
const CONNECTORS: [&str; 2] =
    ["org/apache/kafka/connect/source/SourceConnector", "org/apache/kafka/connect/sink/SinkConnector"];
const CLASS: &str = ".class";
const CONNECTOR_CLASS: &str = "Connector.class";

/// More of a list of classes is not read.
const MAX_SERVICES_BYTES: u64 = 1 << 20;
/// Folders nested deeper, in an entry of the path, are not entered.
const MAX_DEPTH: usize = 16;
/// A chain of parents longer than this is no real one.
const MAX_PARENTS: usize = 32;

/// How much is looked at, over all of `plugin.path`.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Files and folders.
    files: usize,
    /// Class files that are opened.
    classes: usize,
}

const LIMITS: Limits = Limits { files: 50_000, classes: 20_000 };

/// Finds the connector classes in a `plugin.path`: jars, and folders that hold jars or class files at any depth, with
/// commas between. The classes come by name, each once, and what could not be read is logged as a warning.
pub fn scan(plugin_path: &str) -> Vec<JavaPlugin> {
    let mut scan = Scan::new(LIMITS);
    scan.path(plugin_path);
    for problem in &scan.problems {
        tracing::warn!("{problem}");
    }
    scan.connectors()
}

struct Scan {
    left: Limits,
    problems: Vec<String>,
    /// Folders that were entered, so that links that lead back are not followed for ever.
    entered: HashSet<PathBuf>,
    /// Class, with dots, to where it was first listed.
    listed: BTreeMap<String, String>,
    /// Classes that were read, with where, by name with slashes.
    read: HashMap<String, (ClassHeader, String)>,
}

impl Scan {
    fn new(left: Limits) -> Self {
        Self { left, problems: Vec::new(), entered: HashSet::new(), listed: BTreeMap::new(), read: HashMap::new() }
    }

    fn path(&mut self, plugin_path: &str) {
        for element in plugin_path.split(',').map(str::trim) {
            if element.is_empty() {
                // Java takes the folder that it was started in. Nobody means that, and it may be the whole disk.
                self.problems.push("Plugin path element is empty, ignoring it".to_owned());
                continue;
            }
            let path = std::path::absolute(element).unwrap_or_else(|_| element.into());
            match fs::metadata(&path) {
                Ok(what) if what.is_dir() => self.folder(&path, 0),
                Ok(what) if what.is_file() && is_archive(&path) => self.jar(&path),
                Ok(_) => self.no_listing(&path, "it is neither a folder nor a jar"),
                Err(error) => self.no_listing(&path, error),
            }
        }
    }

    fn folder(&mut self, folder: &Path, depth: usize) {
        let real = match fs::canonicalize(folder) {
            Ok(real) => real,
            Err(error) => return self.no_listing(folder, error),
        };
        if !self.entered.insert(real) {
            return;
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.no_listing(folder, error),
        };
        let mut paths = Vec::new();
        for entry in entries {
            if !spend(&mut self.left.files, &mut self.problems, "files") {
                break;
            }
            match entry {
                Ok(entry) => paths.push(entry.path()),
                Err(error) => return self.no_listing(folder, error),
            }
        }
        // The order of a folder differs from disk to disk; the log should not.
        paths.sort();
        for path in paths {
            // A link to nothing is nothing to warn of: it is no plugin.
            let Ok(what) = fs::metadata(&path) else { continue };
            if what.is_dir() {
                if depth < MAX_DEPTH {
                    self.folder(&path, depth + 1);
                }
            } else if !what.is_file() {
                // Opening a pipe would wait for a writer.
            } else if is_archive(&path) {
                self.jar(&path);
            } else {
                self.loose_file(&path);
            }
        }
    }

    /// A file of an unpacked plugin.
    fn loose_file(&mut self, path: &Path) {
        let wanted = is_services(path) || path.to_string_lossy().ends_with(CONNECTOR_CLASS);
        if !wanted {
            return;
        }
        let place = path.display().to_string();
        let read = File::open(path).and_then(|file| {
            if is_services(path) {
                self.services(file, &place)
            } else if spend(&mut self.left.classes, &mut self.problems, "classes") {
                self.class(BufReader::new(file), &place).map(drop)
            } else {
                Ok(())
            }
        });
        if let Err(error) = read {
            self.unreadable(path, error);
        }
    }

    fn jar(&mut self, path: &Path) {
        let place = path.display().to_string();
        let opened = File::open(path).map_err(Into::into).and_then(|file| ZipArchive::new(BufReader::new(file)));
        let mut jar = match opened {
            Ok(jar) => jar,
            Err(error) => return self.unreadable(path, error),
        };
        for list in SERVICES {
            let Some(index) = jar.index_for_name(list) else { continue };
            let read = jar.by_index(index).map_err(io::Error::from).and_then(|file| self.services(file, &place));
            if let Err(error) = read {
                self.unreadable(path, format_args!("{list}: {error}"));
            }
        }
        // A name that is not even text names no class.
        let names = jar.file_names().filter_map(Result::ok);
        let mut classes: Vec<String> =
            names.filter(|name| name.ends_with(CONNECTOR_CLASS)).map(Cow::into_owned).collect();
        // Parents that the jar holds join in. A class is queued once, thus the queue ends.
        let mut queued: HashSet<String> = classes.iter().cloned().collect();
        while let Some(class) = classes.pop() {
            if !spend(&mut self.left.classes, &mut self.problems, "classes") {
                return;
            }
            let Some(index) = jar.index_for_name(&class) else { continue };
            let read =
                jar.by_index(index).map_err(io::Error::from).and_then(|file| self.class(BufReader::new(file), &place));
            match read {
                Ok(Some(parent)) => {
                    let parent = parent + CLASS;
                    if jar.index_for_name(&parent).is_some() && queued.insert(parent.clone()) {
                        classes.push(parent);
                    }
                }
                Ok(None) => {}
                Err(error) => self.unreadable(path, format_args!("{class}: {error}")),
            }
        }
    }

    /// Reads a list of classes: one a line, `#` starts a comment.
    fn services(&mut self, file: impl Read, place: &str) -> io::Result<()> {
        let mut text = Vec::new();
        file.take(MAX_SERVICES_BYTES).read_to_end(&mut text)?;
        for line in String::from_utf8_lossy(&text).lines() {
            let class = line.split('#').next().unwrap_or_default().trim();
            if !class.is_empty() {
                self.listed.entry(class.to_owned()).or_insert_with(|| place.to_owned());
            }
        }
        Ok(())
    }

    /// Reads a class file and answers the parent, unless the ancestry ends there.
    fn class(&mut self, file: impl Read, place: &str) -> io::Result<Option<String>> {
        let header = class_file::read(file)?;
        let parent = header.parent.clone().filter(|parent| !CONNECTORS.contains(&parent.as_str()));
        self.read.entry(header.name.clone()).or_insert_with(|| (header, place.to_owned()));
        Ok(parent)
    }

    fn connectors(self) -> Vec<JavaPlugin> {
        let mut found = BTreeMap::new();
        for (header, place) in self.read.values() {
            // Parents that were read on the way count only under the name that people give to connectors.
            if header.name.ends_with("Connector") && !header.is_abstract && self.is_connector(header) {
                found.insert(header.name.replace('/', "."), place.clone());
            }
        }
        // Where a class is listed is the better place to send people to.
        found.extend(self.listed);
        found.into_iter().map(|(class, location)| JavaPlugin { class, location }).collect()
    }

    fn is_connector(&self, header: &ClassHeader) -> bool {
        let mut parent = header.parent.as_deref();
        for _ in 0..MAX_PARENTS {
            let Some(name) = parent else { return false };
            if CONNECTORS.contains(&name) {
                return true;
            }
            parent = self.read.get(name).and_then(|(header, _)| header.parent.as_deref());
        }
        false
    }

    fn no_listing(&mut self, path: &Path, problem: impl std::fmt::Display) {
        self.problems.push(format!("Could not get listing for plugin path: {}. Ignoring. ({problem})", path.display()));
    }

    fn unreadable(&mut self, path: &Path, problem: impl std::fmt::Display) {
        self.problems.push(format!("Could not read {} in plugin path. Ignoring. ({problem})", path.display()));
    }
}

/// Takes one from what may still be looked at. When nothing is left, that is said once.
fn spend(left: &mut usize, problems: &mut Vec<String>, what: &str) -> bool {
    if *left > 0 {
        *left -= 1;
        return true;
    }
    let problem = format!("plugin.path holds too many {what}: the rest is not looked at");
    if !problems.contains(&problem) {
        problems.push(problem);
    }
    false
}

/// What Connect takes for a jar.
fn is_archive(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    extension.eq_ignore_ascii_case("jar") || extension.eq_ignore_ascii_case("zip")
}

fn is_services(path: &Path) -> bool {
    SERVICES.iter().any(|list| path.ends_with(list))
}

#[cfg(test)]
mod tests;
