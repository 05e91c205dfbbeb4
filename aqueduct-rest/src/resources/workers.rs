//! What workers of a cluster ask each other. Who asks has to prove that it is one of them, before anything else is looked
//! at; a worker alone takes no such requests.

use aqueduct_herder::InternalRequest;

use super::{Call, Signature, Site, no_content};
use crate::answer::Handled;
use crate::{body, request};

/// Task configurations that another worker has computed.
pub(super) async fn put_task_configs(site: &Site, name: &str, call: Call<'_>) -> Handled {
    let body = body::read(call.body).await?;
    call.forward.keep_body(&body);
    site.herder.check_internal(&signed(call.signature, body.to_vec()))?;
    let tasks = request::text_maps(&body)?;
    let present = |(key, value): (String, Option<String>)| Some((key, value?));
    let tasks = tasks.into_iter().map(|task| task.into_iter().filter_map(present).collect()).collect();
    site.complete(site.herder.put_task_configs(name, tasks)).await?;
    Ok(no_content())
}

/// Fences the producers of a source connector's former tasks (KIP-618).
pub(super) async fn fence(site: &Site, name: &str, call: Call<'_>) -> Handled {
    let body = body::read(call.body).await?;
    site.herder.check_internal(&signed(call.signature, body.to_vec()))?;
    site.complete(site.herder.fence_zombies(name)).await?;
    Ok(no_content())
}

fn signed(signature: Signature, body: Vec<u8>) -> InternalRequest {
    InternalRequest { body, signature: signature.authorization, algorithm: signature.algorithm }
}
