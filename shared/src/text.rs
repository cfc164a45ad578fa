//! Short texts that people write: names of things and of people.

use std::ops::RangeInclusive;

/// The pattern of a text that [`trimmed`] takes, for the documentation.
pub(crate) const PATTERN: &str =
    r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";

/// Returns `text` without white space at its ends, if it has so many characters. None of them may
/// control a terminal, a log or a header. `what` begins the sentence of the error.
pub(crate) fn trimmed(
    text: &str,
    what: &str,
    length: &RangeInclusive<usize>,
) -> Result<String, String> {
    let trimmed = text.trim();
    if trimmed.chars().any(char::is_control) {
        return Err(format!("{what} holds no control characters"));
    }
    let count = trimmed.chars().count();
    fits(count, what, length, "characters").map(|()| trimmed.to_owned())
}

/// Returns `text` as it is, if it has so many bytes. `what` begins the sentence of the error.
pub(crate) fn in_bytes(
    text: String,
    what: &str,
    length: &RangeInclusive<usize>,
) -> Result<String, String> {
    fits(text.len(), what, length, "bytes").map(|()| text)
}

fn fits(
    count: usize,
    what: &str,
    length: &RangeInclusive<usize>,
    unit: &str,
) -> Result<(), String> {
    if length.contains(&count) {
        return Ok(());
    }
    let bounds = from_to(length);
    Err(format!("{what} has {bounds} {unit}, this one has {count}"))
}

/// Returns the bounds of a range in words: `1 to 255`.
pub(crate) fn from_to(range: &RangeInclusive<usize>) -> String {
    format!("{} to {}", range.start(), range.end())
}
