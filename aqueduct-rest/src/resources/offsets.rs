//! `/connectors/N/offsets` (KIP-875).

use serde::ser::{Serialize, SerializeMap, Serializer};

use aqueduct_herder::ConnectorOffset;

use super::{Call, Site};
use crate::answer::{Answer, Failure, Handled};
use crate::request;
use crate::view::View;

struct Offsets(Vec<ConnectorOffset>);

impl Serialize for Offsets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("offsets", &View(&self.0))?;
        object.end()
    }
}

#[derive(serde::Serialize)]
struct Message {
    message: String,
}

pub(super) async fn get(site: &Site, name: &str) -> Handled {
    Ok(Answer::json(&Offsets(site.complete(site.herder.offsets(name)).await?)))
}

pub(super) async fn alter(site: &Site, name: &str, call: Call<'_>) -> Handled {
    let offsets = request::offsets(&call.json().await?)?;
    if offsets.is_empty() {
        return Err(Failure::bad_request("Partitions / offsets need to be provided for an alter offsets request"));
    }
    let message = site.complete(site.herder.alter_offsets(name, offsets)).await?;
    Ok(Answer::json(&Message { message }))
}

pub(super) async fn reset(site: &Site, name: &str) -> Handled {
    let message = site.complete(site.herder.reset_offsets(name)).await?;
    Ok(Answer::json(&Message { message }))
}
