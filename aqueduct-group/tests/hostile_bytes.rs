//! Bytes that nobody writes: readers answer or refuse, and never hold more than the bytes account for.

#![allow(clippy::unwrap_used, reason = "a test fails when there is nothing to unwrap")]

use aqueduct_group::leader::LeaderError;
use aqueduct_group::protocol::{Assignment, Metadata, Protocol, ProtocolError};
use aqueduct_group::{ConfigSnapshot, Leader, MemberId, Round, TaskId, Work};

fn sample() -> Metadata {
    let work = |from: i32| Work {
        connectors: (from..from + 5).map(|n| format!("connector-{n}").into()).collect(),
        tasks: (from..from + 9).map(|n| TaskId::new(format!("connector-{}", n % 7), n)).collect(),
    };
    let allocation = Assignment {
        leader: "connect-1".into(),
        leader_url: "http://one:8083/".into(),
        offset: 77,
        assigned: work(0),
        revoked: work(20),
        delay: 40,
        ..Assignment::default()
    };
    Metadata { url: "http://one:8083/".into(), offset: 77, allocation: Some(allocation) }
}

/// Reads with every reader.
fn read(bytes: &[u8]) {
    let allocation = Metadata::decode(bytes).ok().and_then(|metadata| metadata.allocation);
    drop(Metadata::decode_eager(bytes));
    for assignment in [allocation, Assignment::decode(bytes).ok(), Assignment::decode_eager(bytes).ok()] {
        let count = assignment.map_or(0, |assignment| assignment.assigned.len() + assignment.revoked.len());
        assert!(count * 4 <= bytes.len(), "{count} items in {} bytes", bytes.len());
    }
}

#[test]
fn every_cut_and_every_flipped_bit_is_read_or_refused() {
    let metadata = sample();
    for protocol in Protocol::ALL {
        let written =
            [metadata.encode(protocol).unwrap(), metadata.allocation.clone().unwrap().encode(protocol).unwrap()];
        for bytes in written {
            for length in 0..bytes.len() {
                read(&bytes[..length]);
            }
            for bit in 0..bytes.len() * 8 {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                read(&flipped);
            }
            for place in 0..bytes.len().saturating_sub(3) {
                for number in [i32::MAX, i32::MIN, -1, 0x7fff, 1 << 24] {
                    let mut overwritten = bytes.clone();
                    overwritten[place..place + 4].copy_from_slice(&number.to_be_bytes());
                    read(&overwritten);
                }
            }
        }
    }
}

#[test]
fn random_bytes_are_read_or_refused() {
    let mut state = 1_u64;
    for length in 0..5000 {
        let bytes: Vec<u8> = (0..length % 200)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // Many zeros, so that lengths are often small.
                let byte = u8::try_from(state >> 56).unwrap();
                if byte < 128 { 0 } else { byte }
            })
            .collect();
        read(&bytes);
    }
}

#[test]
fn texts_that_are_too_long_are_not_written() {
    let metadata = Metadata { url: "u".repeat(32_768), ..Metadata::default() };
    let error = metadata.encode(Protocol::Sessioned).unwrap_err();
    assert!(matches!(&error, ProtocolError::Field(text) if text.contains("32768")), "{error}");
    assert!(Metadata { url: "u".repeat(32_767), ..Metadata::default() }.encode(Protocol::Eager).is_ok());
}

#[test]
fn a_round_with_unreadable_metadata_is_refused_and_names_the_member() {
    let members: [(MemberId, Vec<u8>); 2] =
        [("a".into(), sample().encode(Protocol::Compatible).unwrap()), ("b".into(), vec![0xff, 0xff])];
    let (a, c) = (MemberId::from("a"), MemberId::from("c"));
    let round = |leader, members| Round {
        protocol: Protocol::Compatible,
        leader,
        members,
        generation: 1,
        last_generation: -1,
        now: 0,
    };
    let assign = |round| {
        let mut leader = Leader::new(std::time::Duration::ZERO);
        leader.assign(&round, &ConfigSnapshot::default(), ConfigSnapshot::default).unwrap_err()
    };
    let error = assign(round(&a, &members[..]));
    assert_eq!(error, LeaderError::Metadata("b".into(), ProtocolError::UnsupportedVersion(-1)));
    assert_eq!(error.to_string(), "reading the metadata of member b: Unsupported subscription version: -1");
    assert_eq!(assign(round(&c, &members[..1])), LeaderError::NotAMember(c.clone()));
}
