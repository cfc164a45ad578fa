//! An argument, with all the values that it was given.

use zeroize::Zeroizing;

/// The rule for an argument that is there more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeated {
    /// The same value again is fine, another one is a contradiction.
    Same,
    /// It must not be, but for those that are lists.
    Never,
}

/// The value of an argument. `Debug` does not show it, because it may be a secret.
pub(super) struct Given {
    pub(super) text: Result<Zeroizing<String>, &'static str>,
    /// It was given again, and should not have been.
    pub(super) conflicting: bool,
}

impl Given {
    pub(super) fn again(
        &mut self,
        text: Result<Zeroizing<String>, &'static str>,
        repeated: Repeated,
        is_list: bool,
    ) {
        match (repeated, &mut self.text, text) {
            (Repeated::Never, Ok(first), Ok(text)) if is_list => {
                first.push(' ');
                first.push_str(&text);
            }
            (Repeated::Never, ..) => self.conflicting = true,
            (Repeated::Same, first, text) => self.conflicting |= *first != text,
        }
    }
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given(..)")
    }
}
