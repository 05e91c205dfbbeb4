//! x
mod signature;
pub use signature::{SIGNATURE_ALGORITHM_HEADER, SIGNATURE_HEADER};
