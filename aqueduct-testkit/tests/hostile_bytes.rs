//! The short form of every fuzz target: inputs by a generator of a fixed seed, on every run of the tests.

use aqueduct_testkit::hostile::{TARGETS, mutated};

/// The seed of the generator; a failure prints it with the input.
const SEED: u64 = 20_261_124;

#[test]
fn seeds_are_read() {
    for target in TARGETS {
        for seed in (target.seeds)() {
            (target.read)(&seed);
        }
    }
}

#[test]
fn changed_seeds_are_read_or_refused() {
    for target in TARGETS {
        for input in mutated(&(target.seeds)(), SEED, target.inputs) {
            let outcome = std::panic::catch_unwind(|| (target.read)(&input));
            assert!(
                outcome.is_ok(),
                "target {}, seed {SEED}, input {:?}",
                target.name,
                input.escape_ascii().to_string()
            );
        }
    }
}
