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
Example, beside a broker on localhost:9092:
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
    },
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
