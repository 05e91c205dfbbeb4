//! The outline of every request: whether its lengths and counts fit into the frame that came.
//!
//! A reader of messages reserves memory for as many elements as a list says to have. So a frame is first walked through:
//! every length must lie within the frame, and all lists together may have so many elements. What passes may still
//! be wrong in other ways; reading it gives an error then.

use kafka_protocol::messages::ApiKey;

use Shape::{Array, Blob, Fixed, Struct, Text};

/// Elements of all lists of one request at most. A list of partitions has some thousands.
const MAX_ELEMENTS: usize = 1 << 20;

/// The form of a field.
enum Shape {
    /// So many bytes.
    Fixed(usize),
    /// A text, or none.
    Text,
    /// Bytes, or none.
    Blob,
    /// A list, or none.
    Array(&'static Shape),
    /// Fields, each with the first and last version that has it.
    Struct(&'static [(i16, i16, Shape)]),
}

/// Walks over a request, header and all.
///
/// # Errors
///
/// Where the frame does not have the form.
pub(super) fn check(key: ApiKey, version: i16, header_version: i16, frame: &[u8]) -> Result<(), String> {
    let flexible = header_version >= 2;
    let mut walk = Walk { rest: frame, flexible, version, elements: 0 };
    let walked = walk.header().and_then(|()| walk.shape(&shape(key)));
    match walked {
        // Bytes may follow: librdkafka's request for the metadata of all topics is longer than it says.
        Some(()) => Ok(()),
        None if walk.elements > MAX_ELEMENTS => {
            Err(format!("{key:?} version {version}: lists with more than {MAX_ELEMENTS} elements"))
        }
        None => Err(format!("{key:?} version {version}: a length does not fit into the request")),
    }
}

struct Walk<'a> {
    rest: &'a [u8],
    /// Lengths are varints and structs end with tagged fields (KIP-482).
    flexible: bool,
    version: i16,
    elements: usize,
}

// === impl Walk ===

/// `None` where the frame ends too early.
impl Walk<'_> {
    fn header(&mut self) -> Option<()> {
        self.skip(8)?;
        // The client id keeps its old form in all versions.
        let length = self.i16()?;
        self.skip(usize::try_from(length).unwrap_or(0))?;
        self.tags()
    }

    fn shape(&mut self, shape: &Shape) -> Option<()> {
        match shape {
            Fixed(size) => self.skip(*size),
            Text => match self.flexible {
                true => self.compact_length().and_then(|length| self.skip(length)),
                false => self.i16().and_then(|length| self.skip(usize::try_from(length).unwrap_or(0))),
            },
            Blob => self.length().and_then(|length| self.skip(length)),
            Array(element) => {
                let count = self.length()?;
                self.elements += count;
                if self.elements > MAX_ELEMENTS {
                    return None;
                }
                (0..count).try_for_each(|_| self.shape(element))
            }
            Struct(fields) => {
                let version = self.version;
                let present = fields.iter().filter(|(first, last, _)| (*first..=*last).contains(&version));
                present.map(|(_, _, shape)| shape).try_for_each(|shape| self.shape(shape))?;
                self.tags()
            }
        }
    }

    fn tags(&mut self) -> Option<()> {
        if !self.flexible {
            return Some(());
        }
        for _ in 0..self.varint()? {
            self.varint()?;
            let size = self.varint()?;
            self.skip(size)?;
        }
        Some(())
    }

    /// The length of bytes or a list; none counts as empty.
    fn length(&mut self) -> Option<usize> {
        if self.flexible {
            return self.compact_length();
        }
        let (length, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0))
    }

    fn compact_length(&mut self) -> Option<usize> {
        Some(self.varint()?.saturating_sub(1))
    }

    fn i16(&mut self) -> Option<i16> {
        let (value, rest) = self.rest.split_first_chunk::<2>()?;
        self.rest = rest;
        Some(i16::from_be_bytes(*value))
    }

    fn varint(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        for shift in (0..35).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.rest = self.rest.get(count..)?;
        Some(())
    }
}

/// The form of each API's request, over all versions that are supported.
fn shape(key: ApiKey) -> Shape {
    match key {
        ApiKey::Produce => Struct(&[
            (3, 13, Text),
            (3, 13, Fixed(2)),
            (3, 13, Fixed(4)),
            (
                3,
                13,
                Array(&Struct(&[
                    (3, 12, Text),
                    (13, 13, Fixed(16)),
                    (3, 13, Array(&Struct(&[(3, 13, Fixed(4)), (3, 13, Blob)]))),
                ])),
            ),
        ]),
        ApiKey::Fetch => Struct(&[
            (4, 14, Fixed(4)),
            (4, 18, Fixed(4)),
            (4, 18, Fixed(4)),
            (4, 18, Fixed(4)),
            (4, 18, Fixed(1)),
            (7, 18, Fixed(4)),
            (7, 18, Fixed(4)),
            (
                4,
                18,
                Array(&Struct(&[
                    (4, 12, Text),
                    (13, 18, Fixed(16)),
                    (
                        4,
                        18,
                        Array(&Struct(&[
                            (4, 18, Fixed(4)),
                            (9, 18, Fixed(4)),
                            (4, 18, Fixed(8)),
                            (12, 18, Fixed(4)),
                            (5, 18, Fixed(8)),
                            (4, 18, Fixed(4)),
                        ])),
                    ),
                ])),
            ),
            (7, 18, Array(&Struct(&[(7, 12, Text), (13, 18, Fixed(16)), (7, 18, Array(&Fixed(4)))]))),
            (11, 18, Text),
        ]),
        ApiKey::ListOffsets => Struct(&[
            (1, 10, Fixed(4)),
            (2, 10, Fixed(1)),
            (
                1,
                10,
                Array(&Struct(&[
                    (1, 10, Text),
                    (1, 10, Array(&Struct(&[(1, 10, Fixed(4)), (4, 10, Fixed(4)), (1, 10, Fixed(8))]))),
                ])),
            ),
            (10, 10, Fixed(4)),
        ]),
        ApiKey::OffsetForLeaderEpoch => Struct(&[
            (3, 4, Fixed(4)),
            (
                2,
                4,
                Array(&Struct(&[
                    (2, 4, Text),
                    (2, 4, Array(&Struct(&[(2, 4, Fixed(4)), (2, 4, Fixed(4)), (2, 4, Fixed(4))]))),
                ])),
            ),
        ]),
        ApiKey::DeleteRecords => Struct(&[
            (0, 2, Array(&Struct(&[(0, 2, Text), (0, 2, Array(&Struct(&[(0, 2, Fixed(4)), (0, 2, Fixed(8))])))]))),
            (0, 2, Fixed(4)),
        ]),
        ApiKey::DescribeProducers => Struct(&[(0, 0, Array(&Struct(&[(0, 0, Text), (0, 0, Array(&Fixed(4)))])))]),
        ApiKey::ApiVersions => Struct(&[(3, 4, Text), (3, 4, Text)]),
        ApiKey::Metadata => Struct(&[
            (0, 13, Array(&Struct(&[(10, 13, Fixed(16)), (0, 13, Text)]))),
            (4, 13, Fixed(1)),
            (8, 10, Fixed(1)),
            (8, 13, Fixed(1)),
        ]),
        ApiKey::DescribeCluster => Struct(&[(0, 2, Fixed(1)), (1, 2, Fixed(1)), (2, 2, Fixed(1))]),
        ApiKey::CreateTopics => Struct(&[
            (
                2,
                7,
                Array(&Struct(&[
                    (2, 7, Text),
                    (2, 7, Fixed(4)),
                    (2, 7, Fixed(2)),
                    (2, 7, Array(&Struct(&[(2, 7, Fixed(4)), (2, 7, Array(&Fixed(4)))]))),
                    (2, 7, Array(&Struct(&[(2, 7, Text), (2, 7, Text)]))),
                ])),
            ),
            (2, 7, Fixed(4)),
            (2, 7, Fixed(1)),
        ]),
        ApiKey::DeleteTopics => Struct(&[
            (6, 6, Array(&Struct(&[(6, 6, Text), (6, 6, Fixed(16))]))),
            (1, 5, Array(&Text)),
            (1, 6, Fixed(4)),
        ]),
        ApiKey::CreatePartitions => Struct(&[
            (
                0,
                3,
                Array(&Struct(&[(0, 3, Text), (0, 3, Fixed(4)), (0, 3, Array(&Struct(&[(0, 3, Array(&Fixed(4)))])))])),
            ),
            (0, 3, Fixed(4)),
            (0, 3, Fixed(1)),
        ]),
        ApiKey::DescribeConfigs => Struct(&[
            (1, 4, Array(&Struct(&[(1, 4, Fixed(1)), (1, 4, Text), (1, 4, Array(&Text))]))),
            (1, 4, Fixed(1)),
            (3, 4, Fixed(1)),
        ]),
        ApiKey::AlterConfigs => Struct(&[
            (
                0,
                2,
                Array(&Struct(&[
                    (0, 2, Fixed(1)),
                    (0, 2, Text),
                    (0, 2, Array(&Struct(&[(0, 2, Text), (0, 2, Text)]))),
                ])),
            ),
            (0, 2, Fixed(1)),
        ]),
        ApiKey::IncrementalAlterConfigs => Struct(&[
            (
                0,
                1,
                Array(&Struct(&[
                    (0, 1, Fixed(1)),
                    (0, 1, Text),
                    (0, 1, Array(&Struct(&[(0, 1, Text), (0, 1, Fixed(1)), (0, 1, Text)]))),
                ])),
            ),
            (0, 1, Fixed(1)),
        ]),
        ApiKey::FindCoordinator => Struct(&[(0, 3, Text), (1, 6, Fixed(1)), (4, 6, Array(&Text))]),
        ApiKey::InitProducerId => Struct(&[(0, 5, Text), (0, 5, Fixed(4)), (3, 5, Fixed(8)), (3, 5, Fixed(2))]),
        ApiKey::JoinGroup => Struct(&[
            (0, 9, Text),
            (0, 9, Fixed(4)),
            (1, 9, Fixed(4)),
            (0, 9, Text),
            (5, 9, Text),
            (0, 9, Text),
            (0, 9, Array(&Struct(&[(0, 9, Text), (0, 9, Blob)]))),
            (8, 9, Text),
        ]),
        ApiKey::SyncGroup => Struct(&[
            (0, 5, Text),
            (0, 5, Fixed(4)),
            (0, 5, Text),
            (3, 5, Text),
            (5, 5, Text),
            (5, 5, Text),
            (0, 5, Array(&Struct(&[(0, 5, Text), (0, 5, Blob)]))),
        ]),
        ApiKey::Heartbeat => Struct(&[(0, 4, Text), (0, 4, Fixed(4)), (0, 4, Text), (3, 4, Text)]),
        ApiKey::LeaveGroup => {
            Struct(&[(0, 5, Text), (0, 2, Text), (3, 5, Array(&Struct(&[(3, 5, Text), (3, 5, Text), (5, 5, Text)])))])
        }
        ApiKey::OffsetCommit => Struct(&[
            (2, 9, Text),
            (2, 9, Fixed(4)),
            (2, 9, Text),
            (7, 9, Text),
            (2, 4, Fixed(8)),
            (
                2,
                9,
                Array(&Struct(&[
                    (2, 9, Text),
                    (2, 9, Array(&Struct(&[(2, 9, Fixed(4)), (2, 9, Fixed(8)), (6, 9, Fixed(4)), (2, 9, Text)]))),
                ])),
            ),
        ]),
        ApiKey::OffsetFetch => Struct(&[
            (1, 7, Text),
            (1, 7, Array(&Struct(&[(1, 7, Text), (1, 7, Array(&Fixed(4)))]))),
            (
                8,
                9,
                Array(&Struct(&[
                    (8, 9, Text),
                    (9, 9, Text),
                    (9, 9, Fixed(4)),
                    (8, 9, Array(&Struct(&[(8, 9, Text), (8, 9, Array(&Fixed(4)))]))),
                ])),
            ),
            (7, 9, Fixed(1)),
        ]),
        ApiKey::OffsetDelete => Struct(&[
            (0, 0, Text),
            (0, 0, Array(&Struct(&[(0, 0, Text), (0, 0, Array(&Struct(&[(0, 0, Fixed(4))])))]))),
        ]),
        ApiKey::ListGroups => Struct(&[(4, 5, Array(&Text)), (5, 5, Array(&Text))]),
        ApiKey::DescribeGroups => Struct(&[(0, 6, Array(&Text)), (3, 6, Fixed(1))]),
        ApiKey::DeleteGroups => Struct(&[(0, 2, Array(&Text))]),
        ApiKey::AddPartitionsToTxn => Struct(&[
            (
                4,
                5,
                Array(&Struct(&[
                    (4, 5, Text),
                    (4, 5, Fixed(8)),
                    (4, 5, Fixed(2)),
                    (4, 5, Fixed(1)),
                    (4, 5, Array(&Struct(&[(0, 5, Text), (0, 5, Array(&Fixed(4)))]))),
                ])),
            ),
            (0, 3, Text),
            (0, 3, Fixed(8)),
            (0, 3, Fixed(2)),
            (0, 3, Array(&Struct(&[(0, 5, Text), (0, 5, Array(&Fixed(4)))]))),
        ]),
        ApiKey::AddOffsetsToTxn => Struct(&[(0, 4, Text), (0, 4, Fixed(8)), (0, 4, Fixed(2)), (0, 4, Text)]),
        ApiKey::TxnOffsetCommit => Struct(&[
            (0, 5, Text),
            (0, 5, Text),
            (0, 5, Fixed(8)),
            (0, 5, Fixed(2)),
            (3, 5, Fixed(4)),
            (3, 5, Text),
            (3, 5, Text),
            (
                0,
                5,
                Array(&Struct(&[
                    (0, 5, Text),
                    (0, 5, Array(&Struct(&[(0, 5, Fixed(4)), (0, 5, Fixed(8)), (2, 5, Fixed(4)), (0, 5, Text)]))),
                ])),
            ),
        ]),
        ApiKey::EndTxn => Struct(&[(0, 5, Text), (0, 5, Fixed(8)), (0, 5, Fixed(2)), (0, 5, Fixed(1))]),
        ApiKey::DescribeTransactions => Struct(&[(0, 0, Array(&Text))]),
        ApiKey::ListTransactions => {
            Struct(&[(0, 2, Array(&Text)), (0, 2, Array(&Fixed(8))), (1, 2, Fixed(8)), (2, 2, Text)])
        }
        // Every other API is refused before.
        _ => Fixed(0),
    }
}
