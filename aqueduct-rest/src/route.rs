//! Which resource a path names, and what can be done with it.

/// Which resources a listener shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// Everything but `/admin` and `/metrics`.
    Public,
    /// `/admin` and `/metrics` alone.
    Admin,
    /// Everything.
    Both,
}

/// A resource and the names in its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource<'a> {
    /// `/`
    Root,
    /// `/health` (KIP-1017)
    Health,
    /// `/connectors`
    Connectors,
    /// `/connectors/N`
    Connector(&'a str),
    /// `/connectors/N/config`
    Config(&'a str),
    /// `/connectors/N/status`
    Status(&'a str),
    /// `/connectors/N/tasks`
    Tasks(&'a str),
    /// `/connectors/N/tasks/T/status`
    TaskStatus(&'a str, &'a str),
    /// `/connectors/N/tasks/T/restart`
    TaskRestart(&'a str, &'a str),
    /// `/connectors/N/topics` (KIP-558)
    Topics(&'a str),
    /// `/connectors/N/topics/reset`
    TopicsReset(&'a str),
    /// `/connectors/N/pause`
    Pause(&'a str),
    /// `/connectors/N/resume`
    Resume(&'a str),
    /// `/connectors/N/stop` (KIP-875)
    Stop(&'a str),
    /// `/connectors/N/restart`
    Restart(&'a str),
    /// `/connectors/N/offsets` (KIP-875)
    Offsets(&'a str),
    /// `/connectors/N/fence`, between workers (KIP-618)
    Fence(&'a str),
    /// `/connector-plugins`
    Plugins,
    /// `/connector-plugins/P/config` (KIP-769)
    PluginConfig(&'a str),
    /// `/connector-plugins/P/config/validate`
    Validate(&'a str),
    /// `/admin/loggers` (KIP-495)
    Loggers,
    /// `/admin/loggers/L`
    Logger(&'a str),
    /// `/metrics`, which Java Connect does not have
    Metrics,
    /// `/openapi.json`, which Java Connect does not have
    OpenApi,
}

use Resource::{
    Config, Connector, Connectors, Fence, Health, Logger, Loggers, Metrics, Offsets, OpenApi, Pause, PluginConfig,
    Plugins, Restart, Resume, Root, Status, Stop, TaskRestart, TaskStatus, Tasks, Topics, TopicsReset, Validate,
};

impl<'a> Resource<'a> {
    /// The resource that a path names on a listener.
    pub(crate) fn find(segments: &'a [String], surface: Surface) -> Option<Self> {
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let resource = match segments[..] {
            [] => Root,
            ["health"] => Health,
            ["connectors"] => Connectors,
            ["connectors", name] => Connector(name),
            ["connectors", name, "config"] => Config(name),
            ["connectors", name, "status"] => Status(name),
            ["connectors", name, "tasks"] => Tasks(name),
            ["connectors", name, "tasks", task, "status"] => TaskStatus(name, task),
            ["connectors", name, "tasks", task, "restart"] => TaskRestart(name, task),
            ["connectors", name, "topics"] => Topics(name),
            ["connectors", name, "topics", "reset"] => TopicsReset(name),
            ["connectors", name, "pause"] => Pause(name),
            ["connectors", name, "resume"] => Resume(name),
            ["connectors", name, "stop"] => Stop(name),
            ["connectors", name, "restart"] => Restart(name),
            ["connectors", name, "offsets"] => Offsets(name),
            ["connectors", name, "fence"] => Fence(name),
            ["connector-plugins"] => Plugins,
            ["connector-plugins", plugin, "config"] => PluginConfig(plugin),
            ["connector-plugins", plugin, "config", "validate"] => Validate(plugin),
            ["admin", "loggers"] => Loggers,
            ["admin", "loggers", logger] => Logger(logger),
            ["metrics"] => Metrics,
            ["openapi.json"] => OpenApi,
            _ => return None,
        };
        let admin = matches!(resource, Loggers | Logger(_) | Metrics);
        let shown = match surface {
            Surface::Both => true,
            Surface::Public => !admin,
            Surface::Admin => admin,
        };
        shown.then_some(resource)
    }

    /// Every resource, with a letter for each name in its path.
    pub(crate) const EVERY: [Resource<'static>; 24] = [
        Root,
        Health,
        Connectors,
        Connector("N"),
        Config("N"),
        Status("N"),
        Tasks("N"),
        TaskStatus("N", "0"),
        TaskRestart("N", "0"),
        Topics("N"),
        TopicsReset("N"),
        Pause("N"),
        Resume("N"),
        Stop("N"),
        Restart("N"),
        Offsets("N"),
        Fence("N"),
        Plugins,
        PluginConfig("P"),
        Validate("P"),
        Loggers,
        Logger("L"),
        Metrics,
        OpenApi,
    ];

    /// The methods that the resource understands, sorted; HEAD goes with GET.
    pub(crate) fn methods(self) -> &'static [&'static str] {
        match self {
            Root | Health | Status(_) | TaskStatus(..) | Topics(_) | Plugins | PluginConfig(_) | Loggers | Metrics
            | OpenApi => &["GET", "HEAD", "OPTIONS"],
            Connectors | Tasks(_) => &["GET", "HEAD", "OPTIONS", "POST"],
            Connector(_) => &["DELETE", "GET", "HEAD", "OPTIONS"],
            Config(_) => &["GET", "HEAD", "OPTIONS", "PATCH", "PUT"],
            Offsets(_) => &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH"],
            TaskRestart(..) | Restart(_) => &["OPTIONS", "POST"],
            TopicsReset(_) | Pause(_) | Resume(_) | Stop(_) | Fence(_) | Validate(_) => &["OPTIONS", "PUT"],
            Logger(_) => &["GET", "HEAD", "OPTIONS", "PUT"],
        }
    }

    /// Whether a request with a body type other than JSON is turned away unread, whatever its method.
    pub(crate) fn wants_json(self, method: &str) -> bool {
        match self {
            Root | Health | Fence(_) => false,
            // Workers send task configurations as bytes that they have signed.
            Tasks(_) => method != "POST",
            _ => true,
        }
    }
}
