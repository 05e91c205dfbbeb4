//! Bytes that are no requests: they end their own connection at most, and harm nothing else.
//!
//! The generator is seeded (`AQUEDUCT_SEED`); `AQUEDUCT_GARBAGE` is the number of frames. The endless form is the fuzz
//! target `broker_request`.

#![allow(clippy::unwrap_used, reason = "a test fails when there is nothing to unwrap")]

mod client;

use std::time::Duration;

use aqueduct_devbroker::DevBroker;
use bytes::Bytes;
use client::{Client, NOBODY};

struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Changes some bytes, cuts something off, or puts an extreme number somewhere; the api key may become any other.
fn spoil(frame: &Bytes, random: &mut Seeded) -> Bytes {
    let mut bytes = frame.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes[at] = random.below(256) as u8,
            1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes.truncate(at.max(1)),
            3 => bytes.insert(at, random.below(256) as u8),
            4 => {
                let extreme = [0x7f_u8, 0xff, 0x80, 0][random.below(4)];
                bytes[at..].iter_mut().take(4).for_each(|byte| *byte = extreme);
            }
            _ => bytes[at.min(1)] = random.below(90) as u8,
        }
    }
    bytes.into()
}

#[tokio::test(start_paused = true)]
async fn no_frame_harms_the_broker() {
    let seed = number("AQUEDUCT_SEED", 7);
    let frames = number("AQUEDUCT_GARBAGE", 60_000);
    println!("seed {seed}, {frames} frames");
    let mut random = Seeded(seed);
    let broker = DevBroker::builder().start().await.unwrap();
    let good = client::requests();
    let mut answered = 0;
    for _ in 0..frames {
        let frame = spoil(&good[random.below(good.len())], &mut random);
        let answer = tokio::time::timeout(Duration::from_secs(60), broker.answer(frame)).await;
        answered += u64::from(matches!(answer, Ok(Some(_))));
    }
    // Some garbage is still a request, and most is none.
    assert!(answered > frames / 100 && answered < frames, "{answered} of {frames} answered");
    let mut client = Client::connect(&broker).await;
    client.create("still-here", 1, &[]).await;
    assert_eq!(client.produce("still-here", NOBODY, &[("k", Some("v"))]).await.error_code, 0);
}

#[tokio::test]
async fn a_length_that_is_too_large_closes_only_its_connection() {
    let broker = DevBroker::builder().max_request_bytes(1000).start().await.unwrap();
    let mut good = Client::connect(&broker).await;
    for bytes in
        [&[0x7f, 0xff, 0xff, 0xff][..], &[0xff; 8], &[0, 0, 0x03, 0xe9], b"GET / HTTP/1.1\r\n\r\n", &[0, 0, 0, 2, 0, 0]]
    {
        let mut bad = Client::connect(&broker).await;
        bad.send_raw(bytes).await;
        assert!(bad.is_closed().await, "{bytes:x?}");
    }
    good.create("t", 1, &[]).await;
}
