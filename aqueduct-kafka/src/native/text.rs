//! Texts to and from C.

use std::ffi::{CStr, CString, c_char};

use crate::error::{ErrorKind, KafkaError};

/// The text at `pointer`, empty for null.
///
/// # Safety
/// `pointer` is null or points at a NUL-terminated text that lives during the call (rule 3).
pub(super) unsafe fn owned(pointer: *const c_char) -> String {
    // SAFETY: as promised by the caller.
    unsafe { optional(pointer) }.unwrap_or_default()
}

/// The text at `pointer`, `None` for null.
///
/// # Safety
/// As [`owned`].
pub(super) unsafe fn optional(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not null, and NUL-terminated as promised by the caller.
    Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}

/// `text` for C; an error when it holds a NUL, which no name that Kafka knows does.
pub(super) fn c_text(text: &str) -> Result<CString, KafkaError> {
    CString::new(text).map_err(|_| KafkaError::new(ErrorKind::Other, format!("{text:?} contains a zero character")))
}

/// A buffer for one of librdkafka's error texts.
pub(super) struct ErrorText([u8; 512]);

impl ErrorText {
    pub(super) fn new() -> ErrorText {
        ErrorText([0; 512])
    }

    pub(super) fn pointer(&mut self) -> *mut c_char {
        self.0.as_mut_ptr().cast()
    }

    pub(super) fn capacity(&self) -> usize {
        self.0.len()
    }

    pub(super) fn into_string(self) -> String {
        CStr::from_bytes_until_nul(&self.0).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
    }
}
