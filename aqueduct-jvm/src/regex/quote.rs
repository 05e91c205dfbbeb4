//! `\Q…\E`: everything between stands for itself.
//!
//! Java rewrites quotations before it parses a pattern, and counts the places that its messages name in the text so
//! rewritten. So does this module.

const BACKSLASH: u32 = b'\\' as u32;

/// The code points of a pattern, with quotations written as escapes.
pub(super) fn unquoted(pattern: &str) -> Vec<u32> {
    let points: Vec<u32> = pattern.chars().map(u32::from).collect();
    let starts_at = |at: usize| points[at] == BACKSLASH && points.get(at + 1) == Some(&u32::from(b'Q'));
    let mut first = 0;
    // The first quotation: an escaped backslash before it hides it.
    while first + 1 < points.len() && !starts_at(first) {
        first += if points[first] == BACKSLASH { 2 } else { 1 };
    }
    if first + 1 >= points.len() {
        return points;
    }
    let mut out = points[..first].to_vec();
    let mut rest = points[first + 2..].iter().copied().peekable();
    let (mut quoting, mut just_begun) = (true, true);
    while let Some(point) = rest.next() {
        let ascii = u8::try_from(point).ok().filter(u8::is_ascii);
        match ascii {
            None => out.push(point),
            Some(letter) if letter.is_ascii_alphabetic() => out.push(point),
            Some(digit) if digit.is_ascii_digit() => {
                if just_begun {
                    // So that no escape before the quotation takes the digit for its own.
                    out.extend([BACKSLASH, u32::from(b'x'), u32::from(b'3')]);
                }
                out.push(point);
            }
            Some(b'\\') if quoting => {
                if rest.next_if_eq(&u32::from(b'E')).is_some() {
                    quoting = false;
                } else {
                    out.extend([BACKSLASH, BACKSLASH]);
                }
            }
            Some(b'\\') => {
                if rest.next_if_eq(&u32::from(b'Q')).is_some() {
                    quoting = true;
                    just_begun = true;
                    continue;
                }
                out.push(point);
                out.extend(rest.next());
            }
            Some(_) => {
                if quoting {
                    out.push(BACKSLASH);
                }
                out.push(point);
            }
        }
        just_begun = false;
    }
    out
}
