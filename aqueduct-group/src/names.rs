//! Names of connectors and ids of members: shared texts that compare as Java compares them.
//!
//! Java orders texts by their UTF-16 units, so that U+1F600 comes before U+FF5E. The order decides which work goes to whom.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// The order of Java's `String.compareTo`, but for the size of its result.
fn compare(left: &str, right: &str) -> Ordering {
    let different = left.bytes().zip(right.bytes()).find(|(a, b)| a != b);
    let Some((a, b)) = different else {
        return left.len().cmp(&right.len());
    };
    // Where two texts first differ, UTF-8 orders as UTF-16 does, but for characters above U+FFFF (lead bytes 0xF0 and
    // up): their surrogates come before U+E000 to U+FFFF (lead bytes 0xEE and 0xEF).
    match (a, b) {
        (0xf0.., 0xee | 0xef) => Ordering::Less,
        (0xee | 0xef, 0xf0..) => Ordering::Greater,
        _ => a.cmp(&b),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { compare(&self.0, &other.0) }
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of a connector. Orders by UTF-16 units.
    ConnectorName
}

name! {
    /// The id that the group's coordinator gave to a member. Orders by UTF-16 units.
    MemberId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(left: &str, right: &str) {
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        assert_eq!(compare(left, right), units(left).cmp(&units(right)), "{left:?} {right:?}");
    }

    #[test]
    fn names_compare_as_utf_16_units() {
        let texts = [
            "",
            "a",
            "b",
            "ab",
            "aé",
            "é",
            "日",
            "\u{d7ff}",
            "\u{e000}",
            "\u{ff5e}",
            "\u{10000}",
            "😀",
            "a😀",
            "a\u{ff5e}",
        ];
        for left in texts {
            for right in texts {
                check(left, right);
            }
        }
        assert!(ConnectorName::from("😀") < ConnectorName::from("\u{ff5e}"));
    }
}
