//! A parsed JSON text, flat: one token for each value and member name, in the order of the text.
//!
//! The tape stands for Jackson's tree without its allocations: tokens are ranges of the text, and its storage is used
//! again for the next text. Strings become values without a copy where they hold no escapes.

use aqueduct_data::{ByteString, Bytes};

use crate::text;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// There is no value: the text is empty, or only white space.
    Missing,
    Null,
    False,
    True,
    /// A number without fraction and exponent.
    Integer,
    /// A number with fraction or exponent.
    Fraction,
    /// A string, or the name of a member.
    Text,
    Array,
    Object,
}

impl Kind {
    /// The name of Jackson's `JsonNodeType`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Missing => "MISSING",
            Self::Null => "NULL",
            Self::False | Self::True => "BOOLEAN",
            Self::Integer | Self::Fraction => "NUMBER",
            Self::Text => "STRING",
            Self::Array => "ARRAY",
            Self::Object => "OBJECT",
        }
    }
}

/// One token: where it is in the text, and where the next one beside it is on the tape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Whether a string holds escapes.
    pub(crate) escaped: bool,
    /// The first byte, behind the quote for strings.
    pub(crate) start: u32,
    /// Behind the last byte, before the quote for strings.
    pub(crate) end: u32,
    /// The token after this one and all that is inside it.
    pub(crate) next: u32,
    /// How many elements or members are inside.
    pub(crate) count: u32,
}

/// The tokens of a text, and the storage that parsing needs.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    pub(crate) tokens: Vec<Token>,
    /// The arrays and objects that are open while parsing.
    pub(crate) open: Vec<u32>,
}

/// Storage for so many tokens is kept; what a larger text needed is given back.
const KEPT: usize = 16 * 1024;

impl Tape {
    /// Makes room for the tokens of another text.
    pub(crate) fn clear(&mut self) {
        self.open.clear();
        self.tokens.clear();
        self.tokens.shrink_to(KEPT);
    }
}

/// A text with its tokens.
#[derive(Clone, Copy)]
pub(crate) struct Document<'a> {
    pub(crate) text: &'a Bytes,
    pub(crate) tokens: &'a [Token],
}

impl<'a> Document<'a> {
    /// The value of the whole text.
    pub(crate) fn root(self) -> Node<'a> {
        self.node(0)
    }

    /// The value at a place of the tape.
    #[inline]
    pub(crate) fn node(self, at: u32) -> Node<'a> {
        Node { document: self, at, token: &self.tokens[at as usize] }
    }
}

/// One value of a parsed text.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    document: Document<'a>,
    at: u32,
    token: &'a Token,
}

impl<'a> Node<'a> {
    pub(crate) fn kind(self) -> Kind {
        self.token.kind
    }

    /// The text that the node is of, with its tokens.
    pub(crate) fn document(self) -> Document<'a> {
        self.document
    }

    /// The node's place on the tape.
    pub(crate) fn index(self) -> u32 {
        self.at
    }

    /// How many elements or members an array or object has, those of the same name counted each.
    pub(crate) fn count(self) -> usize {
        self.token.count as usize
    }

    /// The bytes of the text: a number's digits, a string without its quotes, a whole array or object.
    #[inline]
    pub(crate) fn raw(self) -> &'a [u8] {
        &self.document.text[self.token.start as usize..self.token.end as usize]
    }

    /// The text from this node's start to the start of a node inside.
    pub(crate) fn text_up_to(self, inside: Node<'a>) -> &'a [u8] {
        let quote = u32::from(inside.kind() == Kind::Text);
        &self.document.text[self.token.start as usize..(inside.token.start - quote) as usize]
    }

    /// The content of a string. A long one shares the text's buffer when it can.
    pub(crate) fn text(self) -> ByteString {
        if !self.token.escaped {
            let raw = self.raw();
            let text = if raw.len() <= ByteString::SHORT {
                std::str::from_utf8(raw).map(ByteString::from)
            } else {
                ByteString::try_from(self.document.text.slice_ref(raw))
            };
            if let Ok(text) = text {
                return text;
            }
        }
        text::decoded(self.raw()).into()
    }

    /// Whether a string holds escapes.
    pub(crate) fn is_escaped(self) -> bool {
        self.token.escaped
    }

    /// Whether a string's content is this.
    #[inline]
    pub(crate) fn is_text(self, text: &str) -> bool {
        let raw = self.raw();
        if self.token.escaped {
            return text::decoded(raw) == text;
        }
        raw == text.as_bytes() || (raw.len() > text.len() && !raw.is_ascii() && text::decoded(raw) == text)
    }

    /// Whether two strings have the same content.
    pub(crate) fn same_text(self, other: Self) -> bool {
        // Bytes that differ may still say the same: overlong UTF-8, and what becomes a question mark.
        self.raw() == other.raw() || text::decoded(self.raw()) == text::decoded(other.raw())
    }

    /// The elements of an array; nothing for other kinds.
    pub(crate) fn elements(self) -> impl Iterator<Item = Node<'a>> {
        let end = if self.token.kind == Kind::Array { self.token.next } else { 0 };
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let node = self.document.node(at);
                at = node.token.next;
                node
            })
        })
    }

    /// The members of an object, names and values, as they are in the text: a name may come several times, and then
    /// the last one counts. Nothing for other kinds.
    #[inline]
    pub(crate) fn members(self) -> impl Iterator<Item = (Node<'a>, Node<'a>)> {
        let end = if self.token.kind == Kind::Object { self.token.next } else { 0 };
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let name = self.document.node(at);
                let value = self.document.node(at + 1);
                at = value.token.next;
                (name, value)
            })
        })
    }

    /// The member of this name.
    pub(crate) fn get(self, name: &str) -> Option<Node<'a>> {
        self.members().filter(|(have, _)| have.is_text(name)).last().map(|(_, value)| value)
    }

    /// The text of a string node; none for other kinds.
    pub(crate) fn as_text(self) -> Option<ByteString> {
        (self.kind() == Kind::Text).then(|| self.text())
    }
}
