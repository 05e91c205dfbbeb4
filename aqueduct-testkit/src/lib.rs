//! Suites and decoders for tests: the conformance corpus, fakes
