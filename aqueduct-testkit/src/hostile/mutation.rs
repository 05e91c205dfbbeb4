//! Inputs made of other inputs, as a fuzzer makes them, but the same for the same seed.

/// Numbers that look random (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit.max(1) as u64).unwrap_or(0)
    }

    /// A range within a length; often short.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let most = [1, 4, 16, length][self.below(4)];
        start..(start + self.below(most + 1)).min(length)
    }
}

/// Bytes that mean something to one reader or another.
const SPECIAL: [&[u8]; 16] = [
    b"\"",
    b"\\",
    b"{",
    b"[",
    b"(",
    b"]",
    b"\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xf0\x9f\x98\x80",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"99999999999999999999",
    b"-",
    b"{2147483647}",
    b"e400",
];

/// This many inputs, each made of one of the seeds by a few changes: bytes replaced, removed, repeated, or taken from
/// another seed.
pub fn mutated(seeds: &[Vec<u8>], seed: u64, count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut numbers = Numbers(seed);
    (0..count).map(move |_| {
        let mut bytes = seeds.get(numbers.below(seeds.len())).cloned().unwrap_or_default();
        for _ in 0..=numbers.below(4) {
            change(&mut bytes, seeds, &mut numbers);
        }
        bytes
    })
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], numbers: &mut Numbers) {
    let range = numbers.range(bytes.len());
    let at = numbers.below(bytes.len() + 1);
    match numbers.below(6) {
        0 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
        1 if at < bytes.len() => bytes[at] = u8::try_from(numbers.below(256)).unwrap_or(0),
        2 => drop(bytes.drain(range)),
        3 => {
            let copy = bytes[range].repeat(1 + numbers.below(3));
            drop(bytes.splice(at..at, copy));
        }
        4 => {
            let special = SPECIAL[numbers.below(SPECIAL.len())];
            drop(bytes.splice(range, special.iter().copied()));
        }
        _ => {
            if let Some(other) = seeds.get(numbers.below(seeds.len())) {
                let part = other[numbers.range(other.len())].to_vec();
                drop(bytes.splice(range, part));
            }
        }
    }
}
