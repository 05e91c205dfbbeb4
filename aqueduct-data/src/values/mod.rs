//! From one form of a value to another (`org.apache.kafka.connect.data.Values`).
//!
//! Texts enter through [`parse_string`], which guesses a schema, and any value leaves as text through
//! [`convert_to_string`]. The other `convert_to_…` functions lead to a type that the caller expects. Headers are
//! converted this way, and transforms cast with it. Everything follows Java's rules, the odd ones included.

mod common_schema;
mod convert;
mod infer;
mod logical;
mod number;
mod parse;
mod print;
mod temporal;
mod tokens;

pub use convert::{
    convert_to_boolean, convert_to_byte, convert_to_double, convert_to_float, convert_to_integer, convert_to_list,
    convert_to_long, convert_to_map, convert_to_short, convert_to_struct,
};
pub use infer::infer_schema;
pub use logical::{convert_to_date, convert_to_decimal, convert_to_time, convert_to_timestamp};
pub use parse::parse_string;
pub use print::{convert_to_string, write_string};
