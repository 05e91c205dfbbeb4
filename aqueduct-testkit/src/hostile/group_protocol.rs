//! What the workers of a group send each other.

use aqueduct_group::protocol::{Assignment, Metadata, Protocol};
use aqueduct_group::{TaskId, Work};

/// Reads with every reader, and writes what was read.
pub(super) fn read(bytes: &[u8]) {
    let metadata = Metadata::decode(bytes).ok();
    drop(Metadata::decode_eager(bytes));
    let allocation = metadata.clone().and_then(|metadata| metadata.allocation);
    let assignments = [allocation, Assignment::decode(bytes).ok(), Assignment::decode_eager(bytes).ok()];
    for assignment in assignments.into_iter().flatten() {
        let count = assignment.assigned.len() + assignment.revoked.len();
        assert!(count * 4 <= bytes.len(), "{count} items in {} bytes", bytes.len());
    }
    // What a worker says is passed on as it is.
    if let Some(metadata) = metadata
        && let Ok(written) = metadata.encode_in_order(Protocol::Sessioned)
    {
        let again = Metadata::decode(&written).unwrap_or_else(|error| panic!("{written:?}: {error}"));
        assert_eq!(again.encode_in_order(Protocol::Sessioned), Ok(written));
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let work = |from: i32| Work {
        connectors: (from..from + 3).map(|n| format!("connector-{n}").into()).collect(),
        tasks: (from..from + 5).map(|n| TaskId::new(format!("connector-{}", n % 3), n)).collect(),
    };
    let assignment = Assignment {
        leader: "connect-1".into(),
        leader_url: "http://one:8083/".into(),
        offset: 77,
        assigned: work(0),
        revoked: work(20),
        delay: 40,
        ..Assignment::default()
    };
    let metadata = Metadata { url: "http://one:8083/".into(), offset: 77, allocation: Some(assignment.clone()) };
    Protocol::ALL
        .into_iter()
        .flat_map(|protocol| [metadata.encode(protocol), assignment.encode(protocol)])
        .filter_map(Result::ok)
        .collect()
}
