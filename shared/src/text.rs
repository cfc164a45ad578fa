//! Short texts that people write: names of things and of people.

/// `text` without white space at its ends, if it has 1 to `most` characters and none that control
/// a terminal, a log or a header. `what` begins the sentence that says why not.
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
