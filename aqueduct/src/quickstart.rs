//! The first minute: a worker, a sample file, and its lines on their way through Kafka, shown as they arrive.
//!
//! Everything is in one folder: the files that a person would write to do the same, the worker's log and its offsets. The
//! worker is the ordinary standalone one; this module writes its files, and shows what comes out.

mod files;
mod follow;

use std::io::{IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::{LogArgs, QuickstartArgs};
use crate::dev_broker::EmbeddedBroker;
use crate::exit::Failure;
use crate::{logging, standalone};
use files::Files;

/// How long the first lines may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs it until Ctrl-C, or until so many lines have arrived as were asked for.
pub(crate) fn run(args: &QuickstartArgs, log: &LogArgs) -> Result<(), Failure> {
    check_port(args.rest_port)?;
    let folder = Folder::of(args.data_dir.as_deref())?;
    let (broker, kafka) = kafka(args, &folder)?;
    let files = Files::write(folder.path(), &kafka, args.rest_port).map_err(|error| folder.failure(&error))?;
    let file = std::fs::File::create(&files.log).map_err(|error| folder.failure(&error))?;
    let loggers = logging::init_to(log, file);
    aqueduct_worker::install_hook();

    say("Kafka")?;
    match &broker {
        Some(_) => tell(&format!("a development broker inside of this process, at {kafka} (not for production)"))?,
        None => tell(&format!("at {kafka}"))?,
    }
    say("Files")?;
    tell(&format!("in {}", folder.path().display()))?;
    tell(&format!("{} holds:", files.input.display()))?;
    show_file(&files.input)?;
    say("Starting the worker")?;
    let connectors = [files.source.clone(), files.sink.clone()];
    tell(&format!(
        "the same as: aqueduct standalone {} {} {}",
        files.worker.display(),
        files.source.display(),
        files.sink.display()
    ))?;
    let outcome = standalone::run_beside(&files.worker, &connectors, None, loggers, show(&files, args));
    if outcome.is_err() {
        // There is nobody left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr(), "{}", log_tail(&files.log));
    }
    outcome
}

/// The broker inside of this process, unless another Kafka was named; and where it is.
fn kafka(args: &QuickstartArgs, folder: &Folder) -> Result<(Option<EmbeddedBroker>, String), Failure> {
    if let Some(kafka) = &args.kafka {
        return Ok((None, kafka.clone()));
    }
    let port = args.broker_port;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if port != 0 && TcpListener::bind(address).is_err() {
        return Err(Failure::start(format!(
            "the development broker cannot listen on {address}: something else does; use it with --kafka {address} if it is a \
             Kafka, or choose another port with --broker-port PORT (0 takes a free one)"
        )));
    }
    let broker = EmbeddedBroker::start(&address.to_string(), Some(&folder.path().join("broker")))?;
    let bootstrap = broker.bootstrap().to_owned();
    Ok((Some(broker), bootstrap))
}

/// Shows lines as they arrive; ends when there are as many as were asked for.
async fn show(files: &Files, args: &QuickstartArgs) -> Result<(), Failure> {
    say(&format!("Through Kafka and back: {} receives", files.output.display()))?;
    let mut output = follow::Follower::new(&files.output);
    let samples = files::SAMPLE.lines().count();
    for number in 1..=samples {
        let line = tokio::time::timeout(PATIENCE, output.line()).await.map_err(|_| {
            Failure::answer(format!(
                "line {number} did not arrive within {} s; {} may say why",
                PATIENCE.as_secs(),
                files.log.display()
            ))
        })?;
        tell(&format!("    {line}"))?;
    }
    let port = args.rest_port;
    tell("\nThe worker's REST API:")?;
    for path in ["", "connectors?expand=status", "connector-plugins"] {
        tell(&format!("    curl -s localhost:{port}/{path}"))?;
    }
    tell(&format!("    curl -s -X PUT localhost:{port}/connectors/{}/pause", files::SINK))?;
    tell(&format!("Its log:\n    {}", files.log.display()))?;
    say("Append a line from another terminal and see it arrive here. Ctrl-C ends it")?;
    tell(&format!("    echo hello >> {}\n", files.input.display()))?;
    let enough = args.exit_after_lines.unwrap_or(usize::MAX);
    for _ in samples..enough {
        let line = output.line().await;
        tell(&format!("    {line}"))?;
    }
    Ok(())
}

/// The folder of the files: given and kept, or made and removed.
enum Folder {
    Kept(PathBuf),
    Temporary(PathBuf),
}

impl Folder {
    fn of(given: Option<&Path>) -> Result<Self, Failure> {
        let (path, kept) = match given {
            Some(path) => (path.to_owned(), true),
            None => (std::env::temp_dir().join(format!("aqueduct-quickstart-{}", std::process::id())), false),
        };
        let made = std::fs::create_dir_all(&path).and_then(|()| path.canonicalize());
        let path = made.map_err(|error| {
            Failure::start(format!(
                "cannot make the folder {}: {error}; choose another one with --data-dir FOLDER",
                path.display()
            ))
        })?;
        Ok(if kept { Self::Kept(path) } else { Self::Temporary(path) })
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) | Self::Temporary(path) => path,
        }
    }

    fn failure(&self, error: &std::io::Error) -> Failure {
        Failure::start(format!(
            "cannot write into {}: {error}; choose another folder with --data-dir FOLDER",
            self.path().display()
        ))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Self::Temporary(path) = self
            && let Err(error) = std::fs::remove_dir_all(&*path)
        {
            tracing::debug!("{} stays: {error}", path.display());
        }
    }
}

fn check_port(port: u16) -> Result<(), Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).map(drop).map_err(|error| {
        Failure::start(format!(
            "the REST API cannot listen on {address}: {error}; stop what listens there, or choose another port with \
             --rest-port PORT"
        ))
    })
}

fn show_file(path: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().try_for_each(|line| tell(&format!("    {line}")))
}

fn log_tail(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(15)..];
    format!("the end of the worker's log:\n    {}", last.join("\n    "))
}

/// The title of a step.
fn say(step: &str) -> Result<(), Failure> {
    if std::io::stdout().is_terminal() { tell(&format!("\n\x1b[1m{step}\x1b[0m")) } else { tell(&format!("\n{step}")) }
}

fn tell(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(|error| Failure::answer(format!("cannot print: {error}")))
}
