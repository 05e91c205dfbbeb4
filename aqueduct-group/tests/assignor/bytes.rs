//! Byte images: what Java wrote has to be written and read alike, what nobody writes has to be read or refused alike.

use aqueduct_group::protocol::{Assignment, Metadata, Protocol, ProtocolError, offers};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::values::{assignment, assignment_json};
use super::{Verdict, same};

pub(crate) fn case(case: &Json) -> Verdict {
    match case["kind"].as_str().unwrap() {
        "metadata" => {
            read(case, read_metadata)?;
            let protocol = version(case);
            same("written", &case["bytes"], &base64(&metadata(&case["value"]).encode(protocol).unwrap()))?;
            let again = Metadata::decode(&bytes(case)).unwrap().encode_in_order(protocol).unwrap();
            same("written again", &case["bytes"], &base64(&again))
        }
        "assignment" => {
            read(case, read_assignment)?;
            let protocol = version(case);
            same("written", &case["bytes"], &base64(&assignment(&case["value"]).encode(protocol).unwrap()))?;
            let again = Assignment::decode(&bytes(case)).unwrap().encode_in_order(protocol).unwrap();
            same("written again", &case["bytes"], &base64(&again))
        }
        "join" => {
            let most = Protocol::from_config(case["connect_protocol"].as_str().unwrap()).unwrap();
            let offered = offers(most, &metadata(&case["value"])).unwrap();
            let offered: Vec<Json> = offered.iter().map(|(name, bytes)| json!([name, base64(bytes)])).collect();
            same("protocols", &case["protocols"], &json!(offered))
        }
        "read_metadata" => read(case, read_metadata),
        "read_assignment" => read(case, read_assignment),
        other => Err(format!("unknown kind {other}")),
    }
}

fn base64(bytes: &[u8]) -> Json {
    json!(STANDARD.encode(bytes))
}

fn bytes(case: &Json) -> Vec<u8> {
    STANDARD.decode(case["bytes"].as_str().unwrap()).unwrap()
}

fn version(case: &Json) -> Protocol {
    Protocol::ALL.into_iter().find(|protocol| json!(protocol.version()) == case["version"]).unwrap()
}

fn metadata(value: &Json) -> Metadata {
    Metadata {
        url: value["url"].as_str().unwrap().to_owned(),
        offset: value["offset"].as_i64().unwrap(),
        allocation: value.get("allocation").filter(|allocation| !allocation.is_null()).map(assignment),
    }
}

fn read_metadata(bytes: &[u8], eager: bool) -> Result<Json, ProtocolError> {
    let metadata = if eager { Metadata::decode_eager(bytes) } else { Metadata::decode(bytes) }?;
    let mut json = json!({"url": metadata.url, "offset": metadata.offset});
    if !eager {
        json["allocation"] = metadata.allocation.map_or(Json::Null, |allocation| assignment_json(&allocation, false));
    }
    Ok(json)
}

fn read_assignment(bytes: &[u8], eager: bool) -> Result<Json, ProtocolError> {
    let assignment = if eager { Assignment::decode_eager(bytes) } else { Assignment::decode(bytes) }?;
    Ok(assignment_json(&assignment, eager))
}

/// Reads with both readers. A failure has to be one; where its message is not Java's, that is told and no more.
fn read(case: &Json, read: fn(&[u8], bool) -> Result<Json, ProtocolError>) -> Verdict {
    let bytes = bytes(case);
    for (reader, eager) in [("eager", true), ("incremental", false)] {
        let expected = &case[reader];
        match (read(&bytes, eager), expected.get("failure")) {
            (Ok(got), None) => same(reader, expected, &got)?,
            (Err(error), Some(_)) => {
                if let Err(difference) = same(reader, &expected["message"], &json!(error.to_string())) {
                    println!("{}: message only: {difference}", case["id"]);
                }
            }
            (Ok(got), Some(_)) => return Err(format!("{reader}: expected {expected}, got {got}")),
            (Err(error), None) => return Err(format!("{reader}: expected {expected}, got the error {error}")),
        }
    }
    Ok(())
}
