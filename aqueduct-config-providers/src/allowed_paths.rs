//! The paths that a provider may look at (`allowed.paths`, KIP-993).

use std::path::{Component, Path, PathBuf};

use aqueduct_api::{ConfigMap, ConnectError};

const ALLOWED_PATHS: &str = "allowed.paths";

/// The paths that may be looked at; without any, all may.
#[derive(Debug)]
pub(crate) struct AllowedPaths(Option<Vec<PathBuf>>);

impl AllowedPaths {
    /// Reads `allowed.paths`.
    ///
    /// # Errors
    /// When one of them is not absolute or not there.
    pub(crate) fn configure(props: &ConfigMap) -> Result<Self, ConnectError> {
        let Some(text) = props.get(ALLOWED_PATHS).filter(|text| !text.is_empty()) else {
            return Ok(Self(None));
        };
        let allowed = text.split(',').map(|text| {
            let path = Path::new(text.trim());
            if !path.is_absolute() {
                return Err(ConnectError::config(format!("Path {} is not absolute", path.display())));
            }
            if !path.exists() {
                return Err(ConnectError::config(format!("Path {} does not exist", path.display())));
            }
            Ok(normalized(path))
        });
        Ok(Self(Some(allowed.collect::<Result<_, _>>()?)))
    }

    /// The path to look at; `None`, and a warning, when that is not allowed.
    pub(crate) fn check(&self, text: &str) -> Option<PathBuf> {
        let path = Path::new(text);
        let Some(allowed) = &self.0 else {
            return Some(path.to_owned());
        };
        let path = normalized(path);
        if allowed.iter().any(|allowed| path.starts_with(allowed)) {
            return Some(path);
        }
        tracing::warn!("The path {text} is not allowed to be accessed");
        None
    }
}

/// Without `.` and, where it can be done without looking at the disk, `..`.
fn normalized(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            (part, _) => parts.push(part),
        }
    }
    parts.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configure(paths: &str) -> Result<AllowedPaths, ConnectError> {
        AllowedPaths::configure(&[("allowed.paths".to_owned(), paths.to_owned())].into())
    }

    #[test]
    fn only_what_is_below_may_be_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().display().to_string();
        let allowed = configure(&format!("/nowhere-else-is-there,{base}")).unwrap_err();
        assert_eq!(allowed.message(), Some("Path /nowhere-else-is-there does not exist"));
        let allowed = configure(&base).unwrap();
        for (path, expect) in [("/x", true), ("/./x", true), ("/../x", false), ("/a/../b", true), ("", true)] {
            assert_eq!(allowed.check(&format!("{base}{path}")).is_some(), expect, "{path}");
        }
        assert!(allowed.check(&format!("{base}-other/x")).is_none());
        assert!(allowed.check("relative").is_none());
    }

    #[test]
    fn without_allowed_paths_all_are() {
        assert!(AllowedPaths::configure(&ConfigMap::new()).unwrap().check("relative").is_some());
        assert_eq!(configure("relative").unwrap_err().message(), Some("Path relative is not absolute"));
    }
}
