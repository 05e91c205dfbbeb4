//! Bytes on their way out: what a converter makes of a key or value.
//!
//! Keys and values are often a few bytes, such as a number or a short text, and then an allocation for them would cost more
//! than all else. So up to [`Payload::SHORT`] bytes stand in the [`Payload`] itself, and more are in a shared buffer.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

/// The bytes of a key or value, cheap to clone.
///
/// ```
/// use aqueduct_data::{Bytes, Payload};
///
/// let number = Payload::from(5i32.to_be_bytes());
/// let text = Payload::from(Bytes::from_static(b"a text that is somewhere else"));
/// assert_eq!((&*number, &text[..6]), (&[0, 0, 0, 5][..], &b"a text"[..]));
/// ```
#[derive(Clone)]
pub struct Payload(Place);

#[derive(Clone)]
enum Place {
    Here { length: u8, bytes: [u8; Payload::SHORT] },
    Shared(Bytes),
}

impl Payload {
    /// So many bytes are held in place.
    pub const SHORT: usize = 23;

    /// A copy of these bytes.
    #[inline]
    pub fn copy_from_slice(bytes: &[u8]) -> Self {
        Self::short(bytes).unwrap_or_else(|| Self(Place::Shared(Bytes::copy_from_slice(bytes))))
    }

    /// A copy of a few bytes; none when they are too many to stand here.
    #[inline]
    fn short(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > Self::SHORT {
            return None;
        }
        let mut here = [0; Self::SHORT];
        here[..bytes.len()].copy_from_slice(bytes);
        Some(Self(Place::Here { length: bytes.len() as u8, bytes: here }))
    }

    /// The bytes in a buffer, which is shared if they are in one.
    #[inline]
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Place::Here { length, bytes } => Bytes::copy_from_slice(&bytes[..length.into()]),
            Place::Shared(bytes) => bytes,
        }
    }
}

impl Deref for Payload {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Place::Here { length, bytes } => &bytes[..(*length).into()],
            Place::Shared(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl From<Bytes> for Payload {
    #[inline]
    fn from(bytes: Bytes) -> Self {
        Self(Place::Shared(bytes))
    }
}

/// A few bytes, such as those of a number, which need no buffer.
impl<const N: usize> From<[u8; N]> for Payload {
    #[inline]
    fn from(bytes: [u8; N]) -> Self {
        Self::copy_from_slice(&bytes)
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Place::Shared(bytes.into()))
    }
}

impl From<String> for Payload {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<&'static str> for Payload {
    fn from(text: &'static str) -> Self {
        Self(Place::Shared(text.into()))
    }
}

impl From<&'static [u8]> for Payload {
    fn from(bytes: &'static [u8]) -> Self {
        Self(Place::Shared(bytes.into()))
    }
}

impl From<Payload> for Bytes {
    fn from(payload: Payload) -> Self {
        payload.into_bytes()
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Payload {}

impl PartialEq<[u8]> for Payload {
    fn eq(&self, other: &[u8]) -> bool {
        **self == *other
    }
}

impl PartialEq<&[u8]> for Payload {
    fn eq(&self, other: &&[u8]) -> bool {
        **self == **other
    }
}

impl PartialEq<Bytes> for Payload {
    fn eq(&self, other: &Bytes) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Here { .. } => self.clone().into_bytes().fmt(f),
            Place::Shared(bytes) => bytes.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_no_larger_than_a_shared_buffer() {
        assert_eq!(size_of::<Payload>(), size_of::<Bytes>());
    }

    #[test]
    fn bytes_come_back_as_they_went_in() {
        for length in [0, 1, 22, 23, 24, 100] {
            let bytes = vec![7; length];
            for payload in [Payload::copy_from_slice(&bytes), bytes.clone().into(), Bytes::from(bytes.clone()).into()] {
                assert_eq!(&*payload, &bytes[..]);
                assert_eq!(payload, payload.clone());
                assert_eq!(payload.into_bytes(), bytes);
            }
        }
    }

    #[test]
    fn a_buffer_is_handed_on_whatever_its_length() {
        for bytes in [Bytes::from(vec![7; 3]), Bytes::from(vec![7; 300])] {
            assert_eq!(Payload::from(bytes.clone()).into_bytes().as_ptr(), bytes.as_ptr());
        }
    }
}
