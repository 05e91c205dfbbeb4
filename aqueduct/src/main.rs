//! Kafka Connect as one small binary: reads properties, registers plugins, wires the layers, runs, shuts down.

mod cli;
mod connector_command;
mod connector_file;
mod dev_broker;
mod distributed;
mod exit;
mod logging;
mod plugins;
mod properties_file;
mod quickstart;
mod signals;
mod standalone;
mod startup;
mod validate;
mod worker_settings;

use std::process::ExitCode;

use clap::Parser;

/// The system's allocator keeps what a burst of requests has needed for ever.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            // Java's scripts end with 1 when they are called wrongly; asking for help is no mistake.
            let code = u8::from(usage.use_stderr());
            let _ = usage.print();
            return ExitCode::from(code);
        }
    };
    let outcome = match cli.command {
        cli::Command::Quickstart(args) => quickstart::run(&args, &cli.log),
        cli::Command::Standalone { worker, connectors, broker } => {
            let loggers = logging::init(&cli.log);
            aqueduct_worker::install_hook();
            dev_broker::beside(&broker)
                .and_then(|broker| standalone::run(&worker, &connectors, broker.as_ref(), loggers))
        }
        cli::Command::DevBroker(args) => dev_broker::run(&args, logging::init(&cli.log)),
        cli::Command::Distributed { worker, broker } => {
            let loggers = logging::init(&cli.log);
            aqueduct_worker::install_hook();
            dev_broker::beside(&broker).and_then(|broker| distributed::run(&worker, broker.as_ref(), loggers))
        }
        cli::Command::Connector(args) => connector_command::run(&args),
        cli::Command::Plugins { json } => plugins::list(json),
        cli::Command::Validate { worker, connectors } => validate::run(worker.as_deref(), &connectors),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell();
            failure.code()
        }
    }
}
