//! Status, tasks, and what makes a connector go or stand still.

use hyper::StatusCode;

use aqueduct_herder::{RestartRequest, TaskId};

use super::{Site, accepted, no_content};
use crate::answer::{Answer, Failure, Handled};
use crate::target::Target;
use crate::view::View;

pub(super) async fn status(site: &Site, name: &str) -> Handled {
    Ok(Answer::json(&View(&site.complete(site.herder.connector_status(name)).await?)))
}

pub(super) async fn tasks(site: &Site, name: &str) -> Handled {
    Ok(Answer::json(&View(&site.complete(site.herder.task_configs(name)).await?)))
}

pub(super) async fn task_status(site: &Site, name: &str, task: &str) -> Handled {
    let task = number(task)?;
    match u32::try_from(task) {
        Ok(task) => Ok(Answer::json(&View(&site.complete(site.herder.task_status(&TaskId::new(name, task))).await?))),
        // Java takes any whole number for a task; nobody has a negative one.
        Err(_) => Err(Failure::new(StatusCode::NOT_FOUND, format!("No status found for task {name}-{task}"))),
    }
}

pub(super) async fn restart_task(site: &Site, name: &str, task: &str) -> Handled {
    let task = number(task)?;
    match u32::try_from(task) {
        Ok(task) => {
            site.complete(site.herder.restart_task(&TaskId::new(name, task))).await?;
            Ok(no_content())
        }
        Err(_) => Err(Failure::new(StatusCode::NOT_FOUND, format!("Task {name}-{task} not found"))),
    }
}

/// The number of a task in a path; what is no number names no resource.
fn number(task: &str) -> Result<i32, Failure> {
    task.parse().map_err(|_| Failure::plain(StatusCode::NOT_FOUND))
}

pub(super) async fn pause(site: &Site, name: &str) -> Handled {
    site.complete(site.herder.pause_connector(name)).await?;
    Ok(accepted())
}

pub(super) async fn resume(site: &Site, name: &str) -> Handled {
    site.complete(site.herder.resume_connector(name)).await?;
    Ok(accepted())
}

pub(super) async fn stop(site: &Site, name: &str) -> Handled {
    site.complete(site.herder.stop_connector(name)).await?;
    Ok(no_content())
}

/// Without parameters the connector instance alone, as it always was; with them a plan (KIP-745).
pub(super) async fn restart(site: &Site, name: &str, target: &Target) -> Handled {
    let include_tasks = target.flag("includeTasks", false);
    let only_failed = target.flag("onlyFailed", false);
    if !include_tasks && !only_failed {
        site.complete(site.herder.restart_connector(name)).await?;
        return Ok(no_content());
    }
    let request = RestartRequest { connector: name.to_owned(), only_failed, include_tasks };
    let planned = site.complete(site.herder.restart(request)).await?;
    Ok(Answer::json_with(StatusCode::ACCEPTED, &View(&planned)))
}
