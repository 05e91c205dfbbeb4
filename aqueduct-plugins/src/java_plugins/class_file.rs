//! The header of a Java class file: its name, its parent's name, and whether it is abstract.
//!
//! Nothing of the class but its constant pool is read, and of that only names. The layout is chapter 4 of the Java
//! Virtual Machine Specification; names inside hold `/` where people write `.`.

use std::io::{self, Read};

/// More of a class file is never read: names come before code, and a class with more names than this is no connector.
const MAX_BYTES: u64 = 4 << 20;

const MAGIC: u32 = 0xCAFE_BABE;
const INTERFACE: u16 = 0x0200;
const ABSTRACT: u16 = 0x0400;

/// What a class file says of its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClassHeader {
    /// The class, with `/` between packages.
    pub(super) name: String,
    /// Its parent; none for `java/lang/Object`.
    pub(super) parent: Option<String>,
    /// No object of it can be made: it is an abstract class or an interface.
    pub(super) is_abstract: bool,
}

/// An entry of the constant pool, as far as names need it.
enum Constant {
    Utf8(Vec<u8>),
    Class(u16),
    Other,
}

/// Reads the header of a class file.
///
/// # Errors
/// When reading fails, or when the bytes are no class file.
pub(super) fn read(input: impl Read) -> io::Result<ClassHeader> {
    let mut input = Bytes(input.take(MAX_BYTES));
    if u32::from_be_bytes(input.array()?) != MAGIC {
        return Err(broken("it does not start as a class file does"));
    }
    let _version: [u8; 4] = input.array()?;
    let pool = constant_pool(&mut input)?;
    let flags = input.u16()?;
    let name = class_name(&pool, input.u16()?)?;
    let parent = match input.u16()? {
        0 => None,
        index => Some(class_name(&pool, index)?),
    };
    Ok(ClassHeader { name, parent, is_abstract: flags & (INTERFACE | ABSTRACT) != 0 })
}

fn constant_pool(input: &mut Bytes<impl Read>) -> io::Result<Vec<Constant>> {
    let count = usize::from(input.u16()?);
    // Indices start at 1.
    let mut pool = vec![Constant::Other];
    while pool.len() < count {
        let [tag] = input.array()?;
        let skipped = match tag {
            1 => {
                let length = input.u16()?;
                pool.push(Constant::Utf8(input.bytes(length)?));
                continue;
            }
            7 => {
                pool.push(Constant::Class(input.u16()?));
                continue;
            }
            // Longs and doubles take two indices.
            5 | 6 => {
                pool.push(Constant::Other);
                8
            }
            3 | 4 | 9..=12 | 17 | 18 => 4,
            15 => 3,
            8 | 16 | 19 | 20 => 2,
            _ => return Err(broken("it holds a constant of an unknown kind")),
        };
        input.bytes(skipped)?;
        pool.push(Constant::Other);
    }
    Ok(pool)
}

fn class_name(pool: &[Constant], index: u16) -> io::Result<String> {
    if let Some(Constant::Class(name)) = pool.get(usize::from(index))
        && let Some(Constant::Utf8(text)) = pool.get(usize::from(*name))
    {
        return Ok(String::from_utf8_lossy(text).into_owned());
    }
    Err(broken("a class name is missing from its constants"))
}

fn broken(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

/// Big-endian numbers and runs of bytes.
struct Bytes<R>(R);

impl<R: Read> Bytes<R> {
    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn u16(&mut self) -> io::Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn bytes(&mut self, length: u16) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::from(length)];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}
