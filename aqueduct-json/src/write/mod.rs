//! From values and schemas to JSON, byte for byte as Jackson writes it.
//!
//! Nothing stands between a value and its bytes: a [`Writer`] appends to a buffer that the converter uses again.

mod buffer;
mod primitive;
mod schema;
mod value;

pub(crate) use buffer::Buffer;
pub(crate) use schema::EnvelopeCache;

use crate::config::DecimalFormat;
use crate::label::LabelCache;

/// Appends JSON to a buffer.
pub(crate) struct Writer<'a> {
    out: &'a mut Buffer,
    labels: &'a mut LabelCache,
    decimals: DecimalFormat,
    /// Whether a null becomes the schema's default (`replace.null.with.default`).
    replace_null: bool,
    /// How many arrays and objects are open.
    depth: usize,
}

impl<'a> Writer<'a> {
    /// A writer to the end of a buffer, inside so many arrays and objects.
    pub(crate) fn new(
        out: &'a mut Buffer,
        labels: &'a mut LabelCache,
        decimals: DecimalFormat,
        replace_null: bool,
        depth: usize,
    ) -> Self {
        Self { out, labels, decimals, replace_null, depth }
    }
}
