//! The layers of the workspace, and whether the crates keep to them.
//!
//! The tables below say where each crate stands; the dependencies come in as the JSON of `cargo metadata`, the
//! violations go out as lines of text. Arrows go downwards only, never sideways; tests of a crate (dev-dependencies)
//! are free. ARCHITECTURE.md describes the same picture in words.

use serde_json::Value;

/// What a crate is for. It decides what the crate may see beside its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Data, configuration, the author's interface and Java's behaviour: what everybody may use.
    Foundation,
    /// Provides connectors, converters, transforms or providers; sees foundations only.
    Plugin,
    /// Runs plugins and never names one.
    Engine,
    /// Puts engine and plugins together.
    Root,
    /// Suites, stories, benchmarks and chores. They may use anything; nothing uses them.
    Beside,
}

/// Crate, level (the higher sees the lower), role. A crate named with a `*` stands for all that begin so.
const LEVELS: &[(&str, i8, Role)] = &[
    ("aqueduct", 7, Role::Root),
    ("aqueduct-rest", 6, Role::Engine),
    ("aqueduct-herder", 5, Role::Engine),
    ("aqueduct-worker", 4, Role::Engine),
    ("aqueduct-pipeline", 3, Role::Engine),
    ("aqueduct-storage", 3, Role::Engine),
    ("aqueduct-group", 3, Role::Engine),
    ("aqueduct-plugins", 3, Role::Engine),
    ("aqueduct-kafka", 2, Role::Engine),
    ("aqueduct-devbroker", 2, Role::Engine),
    ("aqueduct-json", 2, Role::Plugin),
    ("aqueduct-converters", 2, Role::Plugin),
    ("aqueduct-transforms", 2, Role::Plugin),
    ("aqueduct-config-providers", 2, Role::Plugin),
    ("aqueduct-connector-*", 2, Role::Plugin),
    ("aqueduct-api", 1, Role::Foundation),
    ("aqueduct-data", 0, Role::Foundation),
    ("aqueduct-config", 0, Role::Foundation),
    ("aqueduct-metrics", 0, Role::Foundation),
    ("aqueduct-jvm", -1, Role::Foundation),
    ("aqueduct-testkit", 9, Role::Beside),
    ("aqueduct-tests", 9, Role::Beside),
    ("aqueduct-benches", 9, Role::Beside),
    ("xtask", 9, Role::Beside),
];

/// Edges that the rules forbid and that are wanted all the same: from, to, why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("aqueduct-storage", "aqueduct-json", "the internal topics and the offset file hold JSON"),
    ("aqueduct-connector-mirror", "aqueduct-kafka", "the system that it connects to is Kafka"),
];

/// Libraries that live in one crate only, so that the choice can be made again. Crates beside the layers are free.
const HOMES: &[(&str, &[&str])] = &[
    ("rdkafka", &["aqueduct-kafka"]),
    ("rdkafka-sys", &["aqueduct-kafka"]),
    ("kafka-protocol", &["aqueduct-devbroker", "aqueduct-kafka", "aqueduct-group"]),
    ("hyper", &["aqueduct-rest"]),
    ("hyper-util", &["aqueduct-rest"]),
    ("axum", &["aqueduct-rest"]),
];

/// Crates that know no async runtime: what they hold is pure or blocks, and is called from wherever the engine likes.
const WITHOUT_TOKIO: &[&str] = &[
    "aqueduct-data",
    "aqueduct-config",
    "aqueduct-api",
    "aqueduct-jvm",
    "aqueduct-json",
    "aqueduct-converters",
    "aqueduct-transforms",
    "aqueduct-pipeline",
];

/// A workspace member and the names of its normal and build dependencies.
#[derive(Debug, Default)]
pub(crate) struct Member {
    name: String,
    folder: String,
    dependencies: Vec<String>,
}

/// Reads the members out of `cargo metadata --no-deps`.
pub(crate) fn members(metadata: &str) -> Result<Vec<Member>, String> {
    let metadata: Value = serde_json::from_str(metadata).map_err(|error| format!("reading cargo metadata: {error}"))?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    Ok(packages.iter().map(member).collect())
}

fn member(package: &Value) -> Member {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let manifest = text(&package["manifest_path"]);
    let folder = manifest.trim_end_matches("/Cargo.toml").rsplit('/').next().unwrap_or_default().to_owned();
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    Member {
        name: text(&package["name"]),
        folder,
        dependencies: dependencies.filter(|d| d["kind"] != "dev").map(|d| text(&d["name"])).collect(),
    }
}

/// Every violation, one line each.
pub(crate) fn check(members: &[Member]) -> Vec<String> {
    let mut problems = Vec::new();
    for member in members {
        let Some((level, role)) = place(&member.name) else {
            problems.push(format!("layers: {} has no level: add it to xtask/src/layers.rs", member.name));
            continue;
        };
        if member.name.starts_with("aqueduct") && role != Role::Beside && member.name != member.folder {
            problems.push(format!("layers: {} lives in the folder {}", member.name, member.folder));
        }
        for dependency in &member.dependencies {
            let found = match place(dependency) {
                Some(to) => forbidden_edge(&member.name, (level, role), dependency, to),
                None => forbidden_library(&member.name, role, dependency),
            };
            problems.extend(found.map(|why| format!("layers: {} uses {dependency}: {why}", member.name)));
        }
    }
    problems
}

fn place(name: &str) -> Option<(i8, Role)> {
    let fits = |pattern: &str| pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start));
    LEVELS.iter().find(|(pattern, ..)| fits(pattern)).map(|&(_, level, role)| (level, role))
}

fn forbidden_edge(from: &str, (level, role): (i8, Role), to: &str, (below, kind): (i8, Role)) -> Option<&'static str> {
    if EXCEPTIONS.iter().any(|&(a, b, _)| (a, b) == (from, to)) {
        return None;
    }
    match (role, kind) {
        (Role::Beside, _) => None,
        (_, Role::Beside) => Some("nothing depends on suites, tests, benchmarks or chores"),
        (Role::Plugin, Role::Engine | Role::Plugin) => Some("a plugin sees the foundations only"),
        (Role::Engine, Role::Plugin) => Some("the engine never names a plugin"),
        _ if level == below => Some("both are on the same level"),
        _ if level < below => Some("that is upwards"),
        _ => None,
    }
}

fn forbidden_library(from: &str, role: Role, library: &str) -> Option<&'static str> {
    let tokio = library == "tokio" || library.starts_with("tokio-");
    if tokio && WITHOUT_TOKIO.contains(&from) {
        return Some("this crate knows no async runtime");
    }
    let homeless = |homes: &[&str]| role != Role::Beside && !homes.contains(&from);
    HOMES
        .iter()
        .find(|(name, homes)| *name == library && homeless(homes))
        .map(|_| "that library has another home; see HOMES in xtask/src/layers.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, dependencies: &[&str]) -> Member {
        Member {
            name: name.into(),
            folder: name.into(),
            dependencies: dependencies.iter().copied().map(String::from).collect(),
        }
    }

    #[track_caller]
    fn check_edge(from: &str, to: &str, expect: &str) {
        let problems = check(&[member(from, &[to])]).join("\n");
        assert!(
            if expect.is_empty() { problems.is_empty() } else { problems.contains(expect) },
            "{from} -> {to}: expected {expect:?}, got {problems:?}"
        );
    }

    #[test]
    fn edges_go_downwards_only() {
        check_edge("aqueduct", "aqueduct-rest", "");
        check_edge("aqueduct-rest", "aqueduct-herder", "");
        check_edge("aqueduct-herder", "aqueduct-rest", "upwards");
        check_edge("aqueduct-worker", "aqueduct-kafka", "");
        check_edge("aqueduct-data", "aqueduct-jvm", "");
        check_edge("aqueduct-data", "aqueduct-config", "same level");
        check_edge("aqueduct-storage", "aqueduct-pipeline", "same level");
    }

    #[test]
    fn engine_and_plugins_do_not_see_each_other() {
        check_edge("aqueduct-pipeline", "aqueduct-transforms", "never names a plugin");
        check_edge("aqueduct-worker", "aqueduct-json", "never names a plugin");
        check_edge("aqueduct-storage", "aqueduct-json", "");
        check_edge("aqueduct-connector-s3", "aqueduct-api", "");
        check_edge("aqueduct-connector-s3", "aqueduct-kafka", "foundations only");
        check_edge("aqueduct-connector-mirror", "aqueduct-kafka", "");
        check_edge("aqueduct-connector-mirror", "aqueduct-storage", "foundations only");
        check_edge("aqueduct-transforms", "aqueduct-converters", "foundations only");
    }

    #[test]
    fn what_stands_beside_uses_all_and_is_used_by_none() {
        check_edge("aqueduct-tests", "aqueduct", "");
        check_edge("aqueduct-api", "aqueduct-testkit", "nothing depends");
    }

    #[test]
    fn libraries_keep_to_their_homes() {
        check_edge("aqueduct-pipeline", "tokio", "no async runtime");
        check_edge("aqueduct-worker", "tokio-util", "");
        check_edge("aqueduct-kafka", "rdkafka", "");
        check_edge("aqueduct-worker", "rdkafka", "another home");
        check_edge("aqueduct-benches", "rdkafka", "");
        check_edge("aqueduct-data", "bytes", "");
    }

    #[test]
    fn a_crate_without_a_level_or_in_another_folder_is_told() {
        assert!(check(&[member("aqueduct-new", &[])])[0].contains("has no level"));
        let moved = Member { folder: "elsewhere".into(), ..member("aqueduct-api", &[]) };
        assert!(check(&[moved])[0].contains("folder elsewhere"));
    }

    #[test]
    fn dev_dependencies_are_free() {
        let json = r#"{"packages":[{"name":"aqueduct-data","manifest_path":"/x/aqueduct-data/Cargo.toml","dependencies":[
            {"name":"aqueduct-testkit","kind":"dev"},{"name":"bytes","kind":null},{"name":"cc","kind":"build"}]}]}"#;
        let members = members(json).expect("well-formed");
        assert_eq!(members[0].dependencies, ["bytes", "cc"]);
        assert_eq!(members[0].folder, "aqueduct-data");
        assert_eq!(check(&members), [] as [&str; 0]);
    }
}
