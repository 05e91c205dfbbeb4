//! Logs: lines for people with the connector or task they are about, or JSON; and the levels that REST shows and changes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use aqueduct_rest::{Level, LoggerLevel, Loggers};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime as Now};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::{LogArgs, LogFormat};

/// Begins to log to standard output, as Java's console appender does.
pub(crate) fn init(args: &LogArgs) -> Arc<TargetLoggers> {
    init_to(args, std::io::stdout)
}

/// Begins to log to somewhere else.
pub(crate) fn init_to(
    args: &LogArgs,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> Arc<TargetLoggers> {
    let (filter, reload) = reload::Layer::new(targets(args.log_level, &BTreeMap::new()));
    let registry = tracing_subscriber::registry().with(filter);
    match args.log_format {
        LogFormat::Text => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_ansi(false)
                    .with_writer(writer)
                    .event_format(Line)
                    .fmt_fields(ContextOnly),
            )
            .init(),
        LogFormat::Json => {
            registry.with(tracing_subscriber::fmt::layer().json().with_writer(writer).flatten_event(true)).init();
        }
    }
    let root = Set { level: level(args.log_level), modified: None };
    Arc::new(TargetLoggers { levels: Mutex::new(BTreeMap::from([(ROOT.to_owned(), root)])), reload })
}

const ROOT: &str = "root";

/// Java's names for the worker's own loggers, and the prefix that stands for them here.
const JAVA_CONNECT: &str = "org.apache.kafka.connect";
const OURS: &str = "aqueduct";

fn targets(root: LevelFilter, levels: &BTreeMap<String, Set>) -> Targets {
    let mut targets = Targets::new().with_default(root);
    for (name, set) in levels.iter().filter(|(name, _)| *name != ROOT) {
        let target = if name.starts_with(JAVA_CONNECT) { OURS.to_owned() } else { name.clone() };
        targets = targets.with_target(target, filter(set.level));
    }
    targets
}

#[derive(Debug, Clone, Copy)]
struct Set {
    /// As it was asked for: `FATAL` and `ALL` have no filter of their own here.
    level: Level,
    modified: Option<i64>,
}

/// The levels of the loggers, which are named by the modules of the program.
pub(crate) struct TargetLoggers {
    levels: Mutex<BTreeMap<String, Set>>,
    reload: reload::Handle<Targets, tracing_subscriber::Registry>,
}

impl TargetLoggers {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Set>) -> T) -> T {
        work(&mut self.levels.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn shown(set: Set) -> LoggerLevel {
    LoggerLevel { level: set.level, last_modified: set.modified }
}

fn level(filter: LevelFilter) -> Level {
    match filter.into_level() {
        None => Level::Off,
        Some(tracing::Level::ERROR) => Level::Error,
        Some(tracing::Level::WARN) => Level::Warn,
        Some(tracing::Level::INFO) => Level::Info,
        Some(tracing::Level::DEBUG) => Level::Debug,
        Some(_) => Level::Trace,
    }
}

fn filter(level: Level) -> LevelFilter {
    match level {
        Level::Off => LevelFilter::OFF,
        Level::Fatal | Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace | Level::All => LevelFilter::TRACE,
    }
}

impl Loggers for TargetLoggers {
    fn levels(&self) -> BTreeMap<String, LoggerLevel> {
        self.with(|levels| levels.iter().map(|(name, set)| (name.clone(), shown(*set))).collect())
    }

    fn level(&self, logger: &str) -> Option<LoggerLevel> {
        self.with(|levels| levels.get(logger).map(|set| shown(*set)))
    }

    fn set_level(&self, logger: &str, level: Level) -> Vec<String> {
        let modified = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        let set = Set { level, modified: Some(modified) };
        let below = format!("{logger}.");
        self.with(|levels| {
            let mut changed = Vec::new();
            levels.entry(logger.to_owned()).or_insert(Set { level: Level::Off, modified: None });
            for (name, now) in levels.iter_mut() {
                let meant = name == logger || logger == ROOT || name.starts_with(&below);
                if meant && (now.level != set.level || now.modified.is_none() && name != ROOT) {
                    *now = set;
                    changed.push(name.clone());
                }
            }
            let root = levels.get(ROOT).map_or(LevelFilter::INFO, |set| filter(set.level));
            // Fails only when the subscriber is gone, at exit.
            let _ = self.reload.reload(targets(root, levels));
            changed
        })
    }
}

/// A line: time, level, the connector or task in brackets, the message, and the module that wrote it.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        line.write_char('[')?;
        Now.format_time(&mut line)?;
        write!(line, "] {} ", metadata.level())?;
        let scope = context.event_scope().into_iter().flatten();
        if let Some(span) = scope.into_iter().find(|span| span.metadata().fields().field("context").is_some()) {
            let extensions = span.extensions();
            if let Some(fields) = extensions.get::<FormattedFields<N>>() {
                write!(line, "[{fields}] ")?;
            }
        }
        let mut message = Message { line: &mut line, result: Ok(()) };
        event.record(&mut message);
        message.result?;
        writeln!(line, " ({})", metadata.target())
    }
}

/// Spans show the value of their field `context` and nothing else.
struct ContextOnly;

impl<'writer> FormatFields<'writer> for ContextOnly {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        struct OnlyContext<'a>(Writer<'a>);
        impl Visit for OnlyContext<'_> {
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                if field.name() == "context" {
                    // A failure shows when the line is written.
                    let _ = write!(self.0, "{value:?}");
                }
            }
        }
        fields.record(&mut OnlyContext(writer));
        Ok(())
    }
}

struct Message<'a, 'w> {
    line: &'a mut Writer<'w>,
    result: fmt::Result,
}

impl Visit for Message<'_, '_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if self.result.is_ok() {
            self.result = match field.name() {
                "message" => write!(self.line, "{value:?}"),
                name => write!(self.line, " {name}={value:?}"),
            };
        }
    }
}
