//! The small enumerations of a definition: type, importance, width. Their text is Java's constant name, which REST
//! answers and messages show.

use std::fmt;

/// What a value is parsed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// `true` or `false`, in any case.
    Boolean,
    /// Text; white space around it does not count.
    String,
    /// A signed 32-bit integer.
    Int,
    /// A signed 16-bit integer.
    Short,
    /// A signed 64-bit integer.
    Long,
    /// A double precision number.
    Double,
    /// Texts separated by commas.
    List,
    /// The name of a class, or an alias of it.
    Class,
    /// Text that is never shown.
    Password,
}

impl Type {
    /// The constant's name, as in REST answers: `BOOLEAN`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Int => "INT",
            Self::Short => "SHORT",
            Self::Long => "LONG",
            Self::Double => "DOUBLE",
            Self::List => "LIST",
            Self::Class => "CLASS",
            Self::Password => "PASSWORD",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much a key matters to its user. The order is Java's: the important ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Importance {
    /// Most users set it.
    High,
    /// Many users look at it.
    Medium,
    /// The default nearly always does.
    Low,
}

impl Importance {
    /// The constant's name, as in REST answers: `HIGH`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
        }
    }
}

impl fmt::Display for Importance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How wide a field a user interface should offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Width {
    /// Nothing is said.
    None,
    /// A number or a word.
    Short,
    /// A name.
    Medium,
    /// A class name, a path, a list.
    Long,
}

impl Width {
    /// The constant's name, as in REST answers: `NONE`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Short => "SHORT",
            Self::Medium => "MEDIUM",
            Self::Long => "LONG",
        }
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
