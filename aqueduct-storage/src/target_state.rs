//! The state that a user wants a connector to be in.

/// The state that a user wants a connector to be in (`TargetState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TargetState {
    /// It copies data.
    #[default]
    Started,
    /// It and its tasks wait.
    Paused,
    /// It has no tasks (KIP-875).
    Stopped,
}

impl TargetState {
    /// Java's name, as records of the config topic carry it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Started => "STARTED",
            Self::Paused => "PAUSED",
            Self::Stopped => "STOPPED",
        }
    }
}
