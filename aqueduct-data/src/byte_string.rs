//! Texts: short ones in place, long ones as slices of shared buffers.
//!
//! Most texts of records are short: names of fields and topics, keys of headers, small values. Sharing one costs two atomic
//! operations, and an allocation if it is new; copying it costs neither, and keeps no large buffer alive for the sake of a
//! few bytes. So up to [`ByteString::SHORT`] bytes stand in the [`ByteString`] itself, and only longer texts share the
//! buffer that they come from, be it a block of a file or a fetched message.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::str::Utf8Error;

use bytes::Bytes;
use smol_str::SmolStr;

use crate::{Payload, Value, ascii};

/// The text of a long one, and the buffer that it is a slice of.
pub(crate) type Slice = bytestring::ByteString;

/// A text that is cheap to clone and never changes.
///
/// ```
/// use aqueduct_data::{ByteString, Bytes};
///
/// let block = Bytes::from_static("a line that is long enough to stay where it is\nanother".as_bytes());
/// let line = ByteString::try_from(block.slice(..46))?;
/// assert_eq!(line.as_ptr(), block.as_ptr());
/// assert!(line.starts_with("a line"));
/// # Ok::<(), std::str::Utf8Error>(())
/// ```
pub struct ByteString(Text);

#[derive(Clone)]
enum Text {
    /// In place, or for ever in the program.
    Short(SmolStr),
    Shared(Slice),
}

impl Clone for ByteString {
    #[inline]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }

    /// Puts the copy where it belongs, each kind of text by itself, see [`Value::set`].
    #[inline]
    fn clone_from(&mut self, source: &Self) {
        #[inline(never)]
        fn copy_short(text: &SmolStr, place: &mut ByteString) {
            *place = ByteString(Text::Short(text.clone()));
        }
        match &source.0 {
            Text::Short(text) => copy_short(text, self),
            Text::Shared(text) => *self = Self(Text::Shared(text.clone())),
        }
    }
}

impl ByteString {
    /// Texts of up to so many bytes are held in place.
    pub const SHORT: usize = 23;

    /// The empty text.
    pub const fn new() -> Self {
        Self(Text::Short(SmolStr::new_static("")))
    }

    /// A text of the program itself, whatever its length.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Text::Short(SmolStr::new_static(text)))
    }

    #[inline]
    fn short(text: &str) -> Option<Self> {
        (text.len() <= Self::SHORT).then(|| Self(Text::Short(SmolStr::new(text))))
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Short(text) => text,
            Text::Shared(text) => text,
        }
    }

    /// The text of bytes that are all ASCII, which is found out quickly; other bytes come back.
    ///
    /// # Errors
    /// The bytes, when there is one beyond ASCII.
    #[inline]
    pub fn from_ascii(bytes: Bytes) -> Result<Self, Bytes> {
        let text = ascii::text(bytes)?;
        Ok(Self::short(&text).unwrap_or(Self(Text::Shared(text))))
    }

    /// Puts a copy in the place of a value; each kind of text by itself, see [`Value::set`].
    #[inline]
    pub(crate) fn copy_to(&self, place: &mut Value) {
        #[inline(never)]
        fn copy_short(text: &SmolStr, place: &mut Value) {
            place.set(Value::String(ByteString(Text::Short(text.clone()))));
        }
        #[inline(never)]
        fn share(text: &Slice, place: &mut Value) {
            place.set(Value::String(ByteString(Text::Shared(text.clone()))));
        }
        match &self.0 {
            Text::Short(text) => copy_short(text, place),
            Text::Shared(text) => share(text, place),
        }
    }

    /// The bytes of the text, in UTF-8. Those of a long one are shared, not copied.
    #[inline]
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Text::Short(text) => Bytes::copy_from_slice(text.as_bytes()),
            Text::Shared(text) => text.into_bytes(),
        }
    }

    /// The bytes of the text, in UTF-8, on their way out: those of a short one are copied in place, those of a long one
    /// shared.
    #[inline]
    pub fn into_payload(self) -> Payload {
        match self.0 {
            Text::Short(text) => Payload::copy_from_slice(text.as_bytes()),
            Text::Shared(text) => text.into_bytes().into(),
        }
    }

    /// A part of this text, which shares its buffer if it is long.
    ///
    /// # Panics
    /// When `part` is not a part of this text.
    pub fn slice_ref(&self, part: &str) -> Self {
        match &self.0 {
            Text::Shared(text) if part.len() > Self::SHORT => Self(Text::Shared(text.slice_ref(part))),
            _ => Self::from(part),
        }
    }
}

impl Default for ByteString {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for ByteString {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for ByteString {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for ByteString {
    fn borrow(&self) -> &str {
        self
    }
}

impl From<&str> for ByteString {
    #[inline]
    fn from(text: &str) -> Self {
        Self::short(text).unwrap_or_else(|| Self(Text::Shared(text.into())))
    }
}

impl From<String> for ByteString {
    #[inline]
    fn from(text: String) -> Self {
        Self::short(&text).unwrap_or_else(|| Self(Text::Shared(text.into())))
    }
}

/// The bytes have to be valid UTF-8. A long text shares them.
impl TryFrom<Bytes> for ByteString {
    type Error = Utf8Error;

    #[inline]
    fn try_from(bytes: Bytes) -> Result<Self, Utf8Error> {
        if bytes.len() <= Self::SHORT {
            return std::str::from_utf8(&bytes).map(Self::from);
        }
        // On failure the library gives nothing but the error.
        Slice::try_from(bytes).map(|text| Self(Text::Shared(text)))
    }
}

impl From<ByteString> for String {
    fn from(text: ByteString) -> Self {
        text.as_str().to_owned()
    }
}

impl PartialEq for ByteString {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ByteString {}

impl PartialEq<str> for ByteString {
    #[inline]
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ByteString {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for ByteString {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<ByteString> for str {
    fn eq(&self, other: &ByteString) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<ByteString> for &str {
    fn eq(&self, other: &ByteString) -> bool {
        *self == other.as_str()
    }
}

impl PartialEq<ByteString> for String {
    fn eq(&self, other: &ByteString) -> bool {
        self == other.as_str()
    }
}

impl PartialOrd for ByteString {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByteString {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

/// The hash is that of the text as a `str`.
impl Hash for ByteString {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for ByteString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl fmt::Debug for ByteString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_larger_than_a_shared_buffer() {
        assert_eq!(size_of::<ByteString>(), size_of::<Bytes>());
        assert_eq!(size_of::<crate::Value>(), size_of::<Bytes>() + size_of::<usize>());
    }

    #[test]
    fn texts_of_every_length_come_back_as_they_went_in() {
        for length in [0, 1, 22, 23, 24, 25, 100] {
            let text = "é".repeat(length / 2) + &"x".repeat(length % 2);
            let bytes = Bytes::from(text.clone());
            let made = [ByteString::from(&*text), text.clone().into(), ByteString::try_from(bytes.clone()).unwrap()];
            for one in made {
                assert_eq!((one.as_str(), one.len()), (&*text, length));
                assert_eq!(one.clone(), text);
                assert_eq!(one.into_bytes(), bytes);
            }
        }
    }

    #[test]
    fn long_texts_share_their_buffer_and_short_ones_leave_it() {
        let buffer = Bytes::from(vec![b'x'; 24]);
        let long = ByteString::try_from(buffer.clone()).unwrap();
        assert_eq!(long.slice_ref(&long).into_bytes().as_ptr(), buffer.as_ptr());
        assert!(!buffer.is_unique());
        let short = long.slice_ref(&long[..23]);
        drop(long);
        assert!(buffer.is_unique());
        assert_eq!(short, "x".repeat(23));
    }

    #[test]
    fn ascii_becomes_a_text_and_other_bytes_come_back() {
        for length in 0..70 {
            let bytes = Bytes::from(vec![b'x'; length]);
            assert_eq!(ByteString::from_ascii(bytes.clone()).unwrap().into_payload(), bytes);
            for place in 0..length {
                let mut other = vec![b'x'; length];
                other[place] = 0x80;
                assert_eq!(ByteString::from_ascii(other.clone().into()), Err(other.into()), "{place} of {length}");
            }
        }
    }

    #[test]
    fn what_is_no_text_is_refused_at_every_length() {
        for length in [1, 23, 24] {
            assert!(ByteString::try_from(Bytes::from(vec![0xff; length])).is_err());
        }
    }
}
