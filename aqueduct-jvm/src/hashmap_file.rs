//! The serialized `HashMap<byte[], byte[]>` of Java's offset file.
//!
//! Only this one shape is read: a stream that names any other class, or is cut off, is an error. Nothing is allocated
//! that the input does not have the bytes for, but for arrays that are referred to again, of which there is a limit.
//! Entries keep the order in which they stand; Java's own order is arbitrary.

use std::fmt;

const HASH_MAP: &str = "java.util.HashMap";
const HASH_MAP_UID: u64 = 0x0507_DAC1_C316_60D1;
const BYTE_ARRAY_UID: u64 = 0xACF3_17F8_0608_54E0;
/// The handle of the first object in a stream: the class description of the map; then the map, then that of `byte[]`.
const FIRST_HANDLE: u32 = 0x7E_0000;
const BYTE_ARRAY_CLASS_HANDLE: u32 = FIRST_HANDLE + 2;

const TC_NULL: u8 = 0x70;
const TC_REFERENCE: u8 = 0x71;
const TC_CLASSDESC: u8 = 0x72;
const TC_OBJECT: u8 = 0x73;
const TC_STRING: u8 = 0x74;
const TC_ARRAY: u8 = 0x75;
const TC_BLOCKDATA: u8 = 0x77;
const TC_ENDBLOCKDATA: u8 = 0x78;

/// So many bytes may come from arrays that occurred before. Java shares those arrays and never writes such a file itself.
const MAX_REPEATED: usize = 64 << 20;

/// Keys with their values, each of which may be null.
pub type Entries = Vec<(Option<Vec<u8>>, Option<Vec<u8>>)>;

/// Why bytes are no serialized map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HashMapFileError {
    /// The stream holds an object of another class.
    WrongClass(String),
    /// The stream is not what Java writes for such a map, at this byte.
    Malformed {
        /// Where.
        at: usize,
        /// What was expected there.
        expected: &'static str,
    },
}

impl fmt::Display for HashMapFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongClass(class) => write!(f, "Expected HashMap but found class {class}"),
            Self::Malformed { at, expected } => {
                write!(f, "not a serialized Java HashMap: expected {expected} at byte {at}")
            }
        }
    }
}

impl std::error::Error for HashMapFileError {}

/// Writes entries as Java would.
pub fn write<'a>(entries: impl ExactSizeIterator<Item = (Option<&'a [u8]>, Option<&'a [u8]>)>) -> Vec<u8> {
    let count = entries.len();
    // A table is at most three quarters full, and its size a power of two.
    let mut capacity = 16usize;
    while capacity * 3 / 4 < count {
        capacity *= 2;
    }
    let threshold = if count == 0 { 0 } else { capacity * 3 / 4 };
    let mut out = vec![0xAC, 0xED, 0, 5, TC_OBJECT, TC_CLASSDESC];
    text(&mut out, HASH_MAP);
    out.extend(HASH_MAP_UID.to_be_bytes());
    out.extend([3, 0, 2, b'F']);
    text(&mut out, "loadFactor");
    out.push(b'I');
    text(&mut out, "threshold");
    out.extend([TC_ENDBLOCKDATA, TC_NULL]);
    out.extend(0.75f32.to_be_bytes());
    out.extend(int(threshold));
    out.extend([TC_BLOCKDATA, 8]);
    out.extend(int(capacity));
    out.extend(int(count));
    let mut described = false;
    for (key, value) in entries {
        array(&mut out, key, &mut described);
        array(&mut out, value, &mut described);
    }
    out.push(TC_ENDBLOCKDATA);
    out
}

fn int(n: usize) -> [u8; 4] {
    u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes()
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u16).to_be_bytes());
    out.extend(text.as_bytes());
}

fn array(out: &mut Vec<u8>, bytes: Option<&[u8]>, described: &mut bool) {
    let Some(bytes) = bytes else {
        out.push(TC_NULL);
        return;
    };
    out.push(TC_ARRAY);
    if *described {
        out.push(TC_REFERENCE);
        out.extend(BYTE_ARRAY_CLASS_HANDLE.to_be_bytes());
    } else {
        *described = true;
        out.push(TC_CLASSDESC);
        text(out, "[B");
        out.extend(BYTE_ARRAY_UID.to_be_bytes());
        out.extend([2, 0, 0, TC_ENDBLOCKDATA, TC_NULL]);
    }
    out.extend(int(bytes.len()));
    out.extend(bytes);
}

/// Reads what Java wrote.
///
/// # Errors
/// When the bytes are anything but one such map.
pub fn read(bytes: &[u8]) -> Result<Entries, HashMapFileError> {
    let mut reader = Reader { bytes, at: 0, arrays: Vec::new(), described: false, repeated: 0 };
    reader.expect(&[0xAC, 0xED, 0, 5], "the header of a Java object stream")?;
    match reader.peek() {
        Some(TC_STRING) => return Err(HashMapFileError::WrongClass("java.lang.String".into())),
        Some(TC_ARRAY) => {
            reader.expect(&[TC_ARRAY, TC_CLASSDESC], "an object")?;
            return Err(HashMapFileError::WrongClass(reader.text()?));
        }
        _ => reader.expect(&[TC_OBJECT, TC_CLASSDESC], "an object")?,
    }
    let class = reader.text()?;
    if class != HASH_MAP {
        return Err(HashMapFileError::WrongClass(class));
    }
    reader.expect(&HASH_MAP_UID.to_be_bytes(), "the version of java.util.HashMap")?;
    reader.expect(&[3, 0, 2, b'F'], "the fields of java.util.HashMap")?;
    reader.text()?;
    reader.expect(b"I", "the fields of java.util.HashMap")?;
    reader.text()?;
    reader.expect(&[TC_ENDBLOCKDATA, TC_NULL], "the end of the class description")?;
    reader.take(8, "load factor and threshold")?;
    reader.expect(&[TC_BLOCKDATA, 8], "the size of the map")?;
    reader.int("the capacity")?;
    let count = reader.int("the number of entries")?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let key = reader.array()?;
        entries.push((key, reader.array()?));
    }
    reader.expect(&[TC_ENDBLOCKDATA], "the end of the map")?;
    Ok(entries)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The arrays so far, which later ones may refer to.
    arrays: Vec<&'a [u8]>,
    described: bool,
    /// So many bytes came from arrays that occurred before.
    repeated: usize,
}

impl<'a> Reader<'a> {
    fn malformed(&self, expected: &'static str) -> HashMapFileError {
        HashMapFileError::Malformed { at: self.at, expected }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, n: usize, expected: &'static str) -> Result<&'a [u8], HashMapFileError> {
        let taken = self.at.checked_add(n).and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| self.malformed(expected))?;
        self.at += n;
        Ok(taken)
    }

    fn expect(&mut self, wanted: &[u8], expected: &'static str) -> Result<(), HashMapFileError> {
        if !self.bytes[self.at..].starts_with(wanted) {
            return Err(self.malformed(expected));
        }
        self.at += wanted.len();
        Ok(())
    }

    fn int(&mut self, expected: &'static str) -> Result<u32, HashMapFileError> {
        let bytes = self.take(4, expected)?;
        Ok(bytes.iter().fold(0, |n, &byte| n << 8 | u32::from(byte)))
    }

    fn text(&mut self) -> Result<String, HashMapFileError> {
        let length = self.take(2, "a name")?;
        let length = usize::from(length[0]) << 8 | usize::from(length[1]);
        Ok(String::from_utf8_lossy(self.take(length, "a name")?).into_owned())
    }

    fn array(&mut self) -> Result<Option<Vec<u8>>, HashMapFileError> {
        const EXPECTED: &str = "a byte array or null";
        match self.take(1, EXPECTED)?[0] {
            TC_NULL => Ok(None),
            TC_REFERENCE => {
                // Arrays count from behind the class description of byte[].
                let handle = self.int("a handle")?;
                let index = handle.checked_sub(BYTE_ARRAY_CLASS_HANDLE + 1).map(|index| index as usize);
                let earlier = index.and_then(|index| self.arrays.get(index)).copied();
                let array = earlier.ok_or_else(|| self.malformed("the handle of an earlier array"))?;
                self.repeated += array.len();
                if self.repeated > MAX_REPEATED {
                    return Err(self.malformed("fewer references to earlier arrays"));
                }
                Ok(Some(array.to_vec()))
            }
            TC_ARRAY => {
                self.array_class()?;
                let length = self.int("the length of an array")? as usize;
                let content = self.take(length, "the content of an array")?;
                self.arrays.push(content);
                Ok(Some(content.to_vec()))
            }
            _ => {
                self.at -= 1;
                Err(self.malformed(EXPECTED))
            }
        }
    }

    fn array_class(&mut self) -> Result<(), HashMapFileError> {
        if self.described {
            self.expect(&[TC_REFERENCE], "the class byte[]")?;
            return self.expect(&BYTE_ARRAY_CLASS_HANDLE.to_be_bytes(), "the class byte[]");
        }
        self.described = true;
        self.expect(&[TC_CLASSDESC], "the class byte[]")?;
        let class = self.text()?;
        if class != "[B" {
            return Err(HashMapFileError::WrongClass(class));
        }
        self.expect(&BYTE_ARRAY_UID.to_be_bytes(), "the version of byte[]")?;
        self.expect(&[2, 0, 0, TC_ENDBLOCKDATA, TC_NULL], "the end of the class description")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write_all(entries: &Entries) -> Vec<u8> {
        write(entries.iter().map(|(key, value)| (key.as_deref(), value.as_deref())))
    }

    #[test]
    fn two_entries_are_written_byte_for_byte_as_java_does() {
        let entries = vec![(Some(b"[\"c\",{}]".to_vec()), Some(b"{\"o\":1}".to_vec())), (Some(b"k2".to_vec()), None)];
        let hex: String = write_all(&entries).iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(
            hex,
            "ACED000573720011\
             6A6176612E7574696C2E486173684D61700507DAC1C31660D103000246000A6C6F6164466163746F724900097468726573686F6C64\
             78703F4000000000000C770800000010000000027572\
             00025B42ACF317F8060854E00200007870000000085B2263222C7B7D5D7571007E0002000000077B226F223A317D\
             7571007E0002000000026B327078"
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        for count in [0, 1, 12, 13, 24, 25, 100] {
            let entries: Entries =
                (0..count).map(|n| (Some(vec![n as u8; n]), (n % 3 > 0).then(|| vec![1; n]))).collect();
            assert_eq!(read(&write_all(&entries)), Ok(entries));
        }
    }

    /// The bytes of a map of one entry, whose key and value are given as bytes of the stream.
    fn stream(entry: &[u8]) -> Vec<u8> {
        let mut bytes = write_all(&vec![(None, None)]);
        bytes.truncate(bytes.len() - 3);
        bytes.extend(entry);
        bytes.push(TC_ENDBLOCKDATA);
        bytes
    }

    #[track_caller]
    fn check(bytes: &[u8], expect: &str) {
        assert_eq!(read(bytes).map_err(|error| error.to_string()), Err(expect.to_owned()));
    }

    const ARRAY_CLASS: &[u8] = b"\x75\x72\0\x02[B\xAC\xF3\x17\xF8\x06\x08\x54\xE0\x02\0\0\x78\x70";

    #[test]
    fn an_array_may_be_referred_to_again() {
        let entry = [ARRAY_CLASS, b"\0\0\0\x01k", b"\x71\0\x7E\0\x03"].concat();
        assert_eq!(read(&stream(&entry)), Ok(vec![(Some(b"k".to_vec()), Some(b"k".to_vec()))]));
        let entry = [ARRAY_CLASS, b"\0\0\0\x01k", b"\x71\0\x7E\0\x04"].concat();
        check(&stream(&entry), "not a serialized Java HashMap: expected the handle of an earlier array at byte 110");
    }

    #[test]
    fn references_do_not_multiply_without_end() {
        let long = vec![0; 1 << 20];
        let mut bytes = write_all(&vec![(Some(long), None); 1]);
        bytes.truncate(bytes.len() - 2);
        let count = bytes.windows(6).position(|window| window == [TC_BLOCKDATA, 8, 0, 0, 0, 16]).unwrap() + 6;
        bytes[count..count + 4].copy_from_slice(&1000u32.to_be_bytes());
        for _ in 0..1999 {
            bytes.extend(b"\x71\0\x7E\0\x03");
        }
        assert!(read(&bytes).unwrap_err().to_string().contains("fewer references to earlier arrays"));
    }

    #[test]
    fn other_classes_are_named() {
        check(b"\xAC\xED\0\x05\x73\x72\0\x11java.util.TreeMap", "Expected HashMap but found class java.util.TreeMap");
        check(b"\xAC\xED\0\x05\x74\0\x01a", "Expected HashMap but found class java.lang.String");
        check(b"\xAC\xED\0\x05\x75\x72\0\x02[I", "Expected HashMap but found class [I");
        check(&stream(b"\x75\x72\0\x02[C"), "Expected HashMap but found class [C");
        check(b"{}", "not a serialized Java HashMap: expected the header of a Java object stream at byte 0");
        check(b"\xAC\xED\0\x05\x70", "not a serialized Java HashMap: expected an object at byte 4");
        check(&stream(b"\x74\0\x01k\x70"), "not a serialized Java HashMap: expected a byte array or null at byte 81");
    }

    #[test]
    fn garbage_is_an_error_and_never_a_panic() {
        let whole = write_all(&(0..5).map(|n| (Some(vec![n; 9]), Some(vec![n; 3]))).collect());
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "cut off at {end}");
        }
        // A small generator with a fixed seed: any failure can be repeated.
        let mut state = 7u64;
        for _ in 0..20_000 {
            let mut bytes = whole.clone();
            for _ in 0..3 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (state >> 33) as usize % bytes.len();
                bytes[at] = (state >> 20) as u8;
            }
            let _ = read(&bytes);
        }
    }
}
