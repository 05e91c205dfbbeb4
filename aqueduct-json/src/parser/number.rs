//! The syntax of numbers. Leading zeros are allowed.

use super::Parser;
use crate::fault::Fault;
use crate::number;
use crate::tape::Kind;

/// The longest number, in digits.
const MAX_DIGITS: usize = 1000;

impl Parser<'_> {
    /// A number whose first byte was read.
    #[inline]
    pub(super) fn number(&mut self, first: u8) -> Result<(), Fault> {
        let start = self.at - 1;
        if first == b'-' {
            match self.peek() {
                Some(b'0'..=b'9') => {}
                _ => return Err(self.no_number_after_minus()),
            }
        } else {
            self.at = start;
        }
        let digits = self.digits();
        let kind = match self.peek() {
            Some(b'.' | b'e' | b'E') => self.fraction(start, digits)?,
            _ if digits > MAX_DIGITS => {
                self.check_digits(start, digits)?;
                Kind::Integer
            }
            _ => Kind::Integer,
        };
        if self.is_root() {
            self.separated()?;
        }
        if kind == Kind::Fraction {
            self.check_exponent(start)?;
        }
        self.push(kind, false, start, self.at);
        Ok(())
    }

    /// Skips digits; answers how many.
    #[inline]
    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    fn fraction(&mut self, start: usize, mut digits: usize) -> Result<Kind, Fault> {
        if self.peek() == Some(b'.') {
            self.at += 1;
            let fraction = self.digits();
            if fraction == 0 {
                let (byte, at) = self.peek().map_or((b'.', self.at - 1), |byte| (byte, self.at));
                return Err(Fault::number_character(byte, "Decimal point not followed by a digit", at));
            }
            digits += fraction;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            let exponent = self.digits();
            if exponent == 0 {
                let why = "Exponent indicator not followed by a digit";
                return Err(match self.peek() {
                    Some(byte) => Fault::number_character(byte, why, self.at),
                    None => Fault::end(format!(" in {}", self.current_token()), self.at),
                });
            }
            digits += exponent;
        }
        self.check_digits(start, digits)?;
        Ok(Kind::Fraction)
    }

    /// Jackson counts the digits without leading zeros.
    fn check_digits(&self, start: usize, digits: usize) -> Result<(), Fault> {
        if digits <= MAX_DIGITS {
            return Ok(());
        }
        let text = &self.text[start..self.at];
        let digits = digits - (text.len() - number::without_leading_zeros(text).len());
        if digits > MAX_DIGITS {
            return Err(Fault::limit("Number value length", digits, MAX_DIGITS, "getMaxNumberLength"));
        }
        Ok(())
    }

    /// Jackson makes a `BigDecimal` of the number, and not all exponents fit in one.
    #[inline]
    fn check_exponent(&self, start: usize) -> Result<(), Fault> {
        let text = &self.text[start..self.at];
        number::check_exponent(text).map_err(|reason| {
            let sign = if text.starts_with(b"-") { "-" } else { "" };
            let shown = String::from_utf8_lossy(number::without_leading_zeros(text));
            Fault::decimal(&format!("{sign}{shown}"), reason)
        })
    }

    /// A number that is the whole text has to be followed by white space or the end.
    fn separated(&self) -> Result<(), Fault> {
        match self.peek() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n') => Ok(()),
            Some(byte) => Err(Fault::character(byte.into(), "Expected space separating root-level values", self.at)),
        }
    }

    #[cold]
    fn no_number_after_minus(&mut self) -> Fault {
        match self.peek() {
            None => Fault::end(format!(" in {}", self.current_token()), self.at),
            Some(byte) => {
                self.at += 1;
                match byte {
                    b'.' => self.unexpected_value(b'.'),
                    _ => self.no_number(byte, "expected digit (0-9) to follow minus sign, for valid numeric value"),
                }
            }
        }
    }

    /// What was read behind a sign is no digit: perhaps an infinity, which JSON has no numbers for.
    fn no_number(&mut self, byte: u8, why: &str) -> Fault {
        if byte != b'I' {
            return Fault::number_character(byte, why, self.at - 1);
        }
        let Some(second) = self.peek() else { return Fault::end(" in a Number value", self.at) };
        self.at += 1;
        match second {
            b'N' => self.non_standard("-INF", 3),
            b'n' => self.non_standard("-Infinity", 3),
            _ => Fault::number_character(second, why, self.at - 1),
        }
    }
}
