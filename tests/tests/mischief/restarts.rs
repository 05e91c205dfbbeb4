//! Automatic restarts: what fails comes back by itself, where its connector asks for it, and not otherwise.

use aqueduct_herder::{Herder, Restarts};
use aqueduct_tests::{eventually, unique};

use crate::host::Host;

const ON: [(&str, &str); 2] = [("errors.restart.policy", "on-failure"), ("errors.restart.delay.ms", "50")];

fn flaky<'a>(call: &'a str, times: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let own = [("connector.class", "test.MischiefSource"), ("mischief", call), ("how", times)];
    own.iter().chain(more).copied().collect()
}

fn attempts(restarts: Option<Restarts>) -> Option<u32> {
    restarts.map(|restarts| restarts.attempts)
}

#[test]
fn a_task_that_fails_twice_runs_after_two_restarts() {
    let host = Host::new();
    let name = unique("flaky");
    host.create(&name, &flaky("poll", "2", &ON)).unwrap();
    eventually("the task runs after two restarts", || {
        let status = host.status(&name)?;
        let task = &status.tasks.first()?.status;
        (task.state == "RUNNING" && attempts(task.restarts) == Some(2)).then_some(())
    });
    let status = host.status(&name).unwrap();
    assert_eq!(status.connector.restarts, Some(Restarts { attempts: 0, max_attempts: 5, next_at: None }));
    host.delete(&name);
}

#[test]
fn a_connector_that_fails_to_start_is_started_again() {
    let host = Host::new();
    let name = unique("flaky");
    let refused = host.create(&name, &flaky("connector start", "2", &ON)).unwrap_err();
    assert!(refused.message().contains("failure 1"), "{refused}");
    eventually("the connector and its task run", || {
        let status = host.status(&name)?;
        let runs = status.connector.state == "RUNNING" && status.tasks.first()?.status.state == "RUNNING";
        (runs && attempts(status.connector.restarts) == Some(2)).then_some(())
    });
    host.delete(&name);
}

#[test]
fn after_enough_attempts_a_task_stays_failed() {
    let host = Host::new();
    let name = unique("broken");
    let mut props = flaky("poll", "1000", &ON);
    props.push(("errors.restart.max.attempts", "2"));
    host.create(&name, &props).unwrap();
    eventually("the last attempt has failed", || {
        let task = host.status(&name)?.tasks.first()?.status.clone();
        let given_up = Restarts { attempts: 2, max_attempts: 2, next_at: None };
        (task.state == "FAILED" && task.restarts == Some(given_up)).then_some(())
    });
    host.delete(&name);
}

#[test]
fn without_the_policy_a_failed_task_is_left_alone_and_nothing_is_shown() {
    let host = Host::new();
    let name = unique("left");
    host.create(&name, &flaky("poll", "1", &[("errors.restart.delay.ms", "1")])).unwrap();
    host.task_is(&name, "FAILED");
    host.bystander_goes_on();
    let task = host.status(&name).unwrap().tasks[0].status.clone();
    assert_eq!((task.state, task.restarts), ("FAILED", None));
    host.delete(&name);
}

#[test]
fn a_pause_cancels_the_restart_that_is_due() {
    let host = Host::new();
    let name = unique("paused");
    let slow = [("errors.restart.policy", "on-failure"), ("errors.restart.delay.ms", "60000")];
    host.create(&name, &flaky("poll", "1", &slow)).unwrap();
    let due = || host.status(&name)?.tasks.first()?.status.restarts?.next_at;
    eventually("a restart is due", due);
    host.control.block_on(host.herder.pause_connector(&name)).unwrap();
    assert_eq!(due(), None);
    host.task_is(&name, "FAILED");
    host.delete(&name);
}

#[test]
fn the_keys_are_validated_and_shown_only_when_they_are_given() {
    let host = Host::new();
    let answer = |more: &[(&str, &str)]| {
        let props = flaky("poll", "1", more);
        let given = props.iter().chain(&[("name", "v")]);
        let config = given.map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned()))).collect();
        let infos = host.control.block_on(host.herder.validate(config)).unwrap();
        let keys = infos.configs.iter().filter(|config| config.value.name.starts_with("errors.restart."));
        keys.map(|config| (config.value.name.clone(), config.value.errors.clone())).collect::<Vec<_>>()
    };
    assert_eq!(answer(&[]), []);
    assert_eq!(answer(&[("errors.restart.policy", "on-failure")]), [("errors.restart.policy".to_owned(), vec![])]);
    let wrong = answer(&[("errors.restart.policy", "always")]);
    assert!(wrong[0].1[0].contains("String must be one of: none, on-failure"), "{wrong:?}");
}
