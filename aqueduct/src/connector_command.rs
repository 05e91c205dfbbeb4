//! `aqueduct connector`: one request about one connector to a worker that runs, whatever the connector's name.

use std::io::Write;

use aqueduct_herder::odd_name;

use crate::cli::{ConnectorAction, ConnectorArgs};
use crate::exit::Failure;

/// Method and the path behind the connector's name.
fn request(action: ConnectorAction) -> (&'static str, &'static str) {
    match action {
        ConnectorAction::Info => ("GET", ""),
        ConnectorAction::Config => ("GET", "/config"),
        ConnectorAction::Status => ("GET", "/status"),
        ConnectorAction::Tasks => ("GET", "/tasks"),
        ConnectorAction::Topics => ("GET", "/topics"),
        ConnectorAction::Offsets => ("GET", "/offsets"),
        ConnectorAction::Pause => ("PUT", "/pause"),
        ConnectorAction::Resume => ("PUT", "/resume"),
        ConnectorAction::Stop => ("PUT", "/stop"),
        ConnectorAction::Restart => ("POST", "/restart"),
        ConnectorAction::RestartAll => ("POST", "/restart?includeTasks=true"),
        ConnectorAction::ResetOffsets => ("DELETE", "/offsets"),
        ConnectorAction::Delete => ("DELETE", ""),
    }
}

/// Sends the request and prints the answer.
pub(crate) fn run(args: &ConnectorArgs) -> Result<(), Failure> {
    let (method, rest) = request(args.action);
    let (segment, odd) = odd_name::segment(&args.name);
    let url = format!("{}/connectors/{segment}{rest}", args.url.trim_end_matches('/'));
    let failed = |why: &dyn std::fmt::Display| Failure::answer(format!("{method} {url}: {why}"));
    let mut builder = ureq::http::Request::builder().method(method).uri(&url).header("Accept", "application/json");
    if let Some((header, name)) = odd {
        builder = builder.header(header, name);
    }
    let request = builder.body(()).map_err(|error| failed(&error))?;
    // A status that says no is an answer too, and has the reason in its body.
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut response = agent.run(request).map_err(|error| failed(&error))?;
    let status = response.status();
    let body = response.body_mut().read_to_string().map_err(|error| failed(&error))?;
    let json = serde_json::from_str::<serde_json::Value>(&body).ok();
    if !status.is_success() {
        let why = json.as_ref().and_then(|json| json["message"].as_str());
        return Err(failed(&format_args!("{status}{}", why.map(|why| format!(": {why}")).unwrap_or_default())));
    }
    let shown = json.map_or(body, |json| format!("{json:#}"));
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(std::io::stdout(), "{shown}").map_err(|error| Failure::answer(format!("cannot print: {error}")))
}
