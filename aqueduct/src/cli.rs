//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Kafka Connect as one small binary.
///
/// Takes the properties files, REST calls and connector configurations of Apache Kafka Connect, and does the same job with
/// a fraction of the memory and CPU.
#[derive(Debug, Parser)]
#[command(
    name = "aqueduct",
    version,
    max_term_width = 100,
    after_help = "\
The first minute, without any Kafka:
  aqueduct quickstart
Beside a broker on localhost:9092:
  aqueduct standalone config/connect-standalone.properties config/connect-file-source.properties
  curl localhost:8083/connectors

Exit codes: 0 stopped by a signal, 1 wrong usage, 2 the worker could not start, 3 a connector file could not be used."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the main job: lines of a file through Kafka into another file
    ///
    /// Starts a development broker, writes a sample file and the files of a worker and two connectors, runs them, and shows
    /// the lines that arrive, also those that you append. Ctrl-C ends it.
    Quickstart(QuickstartArgs),
    /// Runs a worker of its own, with the connectors of some files
    ///
    /// The worker serves REST on the `listeners` of its properties (port 8083). Connector files are properties or JSON; more
    /// connectors can be created over REST. Source offsets are kept in `offset.storage.file.filename`, in a file that Java's
    /// standalone worker can read and write too.
    Standalone {
        /// The worker's properties
        #[arg(value_name = "WORKER.PROPERTIES")]
        worker: PathBuf,
        /// Connectors to create: properties files, or JSON
        #[arg(value_name = "CONNECTOR")]
        connectors: Vec<PathBuf>,
        #[command(flatten)]
        broker: WithDevBroker,
    },
    /// Runs a development broker: one node of Kafka, not for production
    ///
    /// Any Kafka client can use it. Everything is in memory, or in the folder that --data-dir names. There is no
    /// authentication: who reaches the address can read and write.
    DevBroker(DevBrokerArgs),
    /// Runs a worker of a group, which shares the work with the others
    ///
    /// Workers with the same `group.id` and the same three topics form a group, Java's workers included. Connectors are
    /// created over REST, on any of them.
    Distributed {
        /// The worker's properties
        #[arg(value_name = "WORKER.PROPERTIES")]
        worker: PathBuf,
        #[command(flatten)]
        broker: WithDevBroker,
    },
    /// Asks a running worker about one connector, or tells it what to do with it
    ///
    /// Works for every name, also for those that no URL can hold: with %, / or \\, and . and .. - Java Connect creates such
    /// connectors and cannot be asked about them any more.
    Connector(ConnectorArgs),
    /// Lists the plugins: connectors, converters, transforms, predicates
    Plugins {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Checks connector files against the plugins; needs no broker
    Validate {
        /// The properties of the worker that the connectors are for, whose converters they fall back to
        #[arg(long, value_name = "WORKER.PROPERTIES")]
        worker: Option<PathBuf>,
        /// The connector files
        #[arg(required = true, value_name = "CONNECTOR")]
        connectors: Vec<PathBuf>,
    },
}

/// A development broker beside a worker.
#[derive(Debug, Args)]
pub(crate) struct WithDevBroker {
    /// Starts a development broker at this address, and uses it in place of bootstrap.servers
    #[arg(long = "dev-broker", value_name = "HOST:PORT", num_args = 0..=1, require_equals = true,
          default_missing_value = DEV_BROKER)]
    pub(crate) address: Option<String>,
    /// Where the development broker keeps everything; without it in memory
    #[arg(long = "dev-broker-dir", value_name = "FOLDER", requires = "address")]
    pub(crate) folder: Option<PathBuf>,
}

/// Where a development broker listens unless it is told otherwise.
const DEV_BROKER: &str = "127.0.0.1:9092";

#[derive(Debug, Args)]
pub(crate) struct DevBrokerArgs {
    /// Where it listens; port 0 takes a free one
    #[arg(value_name = "HOST:PORT", default_value = DEV_BROKER)]
    pub(crate) address: String,
    /// Where everything is kept
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Partitions of a topic that does not say how many
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) partitions: u16,
    /// Refuses to make topics that nobody created
    #[arg(long)]
    pub(crate) no_auto_create: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConnectorArgs {
    /// What to do
    pub(crate) action: ConnectorAction,
    /// The connector's name, as it is
    #[arg(allow_hyphen_values = true)]
    pub(crate) name: String,
    /// Where the worker's REST API is
    #[arg(long, env = "AQUEDUCT_URL", value_name = "URL", default_value = "http://localhost:8083")]
    pub(crate) url: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConnectorAction {
    /// Configuration and tasks
    Info,
    /// The configuration
    Config,
    /// The state of the connector and its tasks
    Status,
    /// The tasks with their configurations
    Tasks,
    /// The topics it has used
    Topics,
    /// Its offsets
    Offsets,
    /// Pauses it
    Pause,
    /// Lets it go on
    Resume,
    /// Stops it
    Stop,
    /// Restarts the connector
    Restart,
    /// Restarts the connector and its tasks
    RestartAll,
    /// Forgets the offsets of a stopped connector
    ResetOffsets,
    /// Removes it
    Delete,
}

#[derive(Debug, Args)]
pub(crate) struct QuickstartArgs {
    /// A Kafka to use in place of the development broker that runs inside of the process
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) kafka: Option<String>,
    /// The port of the development broker (0 takes a free one)
    #[arg(long, value_name = "PORT", default_value_t = 9092, conflicts_with = "kafka")]
    pub(crate) broker_port: u16,
    /// The port of the worker's REST API
    #[arg(long, value_name = "PORT", default_value_t = 8083)]
    pub(crate) rest_port: u16,
    /// Where the files and the broker's records are, to go on with them next time; without it a temporary folder that is
    /// removed at the end
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Ends when so many lines have been shown (the sample has three)
    #[arg(long, value_name = "N")]
    pub(crate) exit_after_lines: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// What is logged: error, warn, info, debug or trace
    #[arg(long, global = true, env = "AQUEDUCT_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    pub(crate) log_level: tracing::level_filters::LevelFilter,
    /// How it is logged
    #[arg(long, global = true, env = "AQUEDUCT_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}
