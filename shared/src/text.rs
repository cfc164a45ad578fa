//! Short texts that people write: names of things and of people.

/// The pattern of a text that [`trimmed`] takes, for the documentation.
pub(crate) const PATTERN: &str =
    r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";

/// Returns `text` without white space at its ends, if it is valid. It must have 1 to `most` characters,
/// and none that controls a terminal, a log or a header. `what` begins the sentence of the error.
pub(crate) fn trimmed(text: &str, what: &str, most: usize) -> Result<String, String> {
    let trimmed = text.trim();
    if trimmed.chars().any(char::is_control) {
        return Err(format!("{what} holds no control characters"));
    }
    match trimmed.chars().count() {
        count if (1..=most).contains(&count) => Ok(trimmed.to_owned()),
        count => Err(format!(
            "{what} has 1 to {most} characters, this one has {count}"
        )),
    }
}
