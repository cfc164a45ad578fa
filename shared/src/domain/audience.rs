//! Audiences of access tokens: the resource servers that an application allows.

use std::ops::RangeInclusive;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::ApplicationId;
use crate::schema::{bounded, described, pattern};
use crate::text::from_to;

/// The audience of an access token, as resource servers compare it (RFC 7519, section 4.1.3). It has
/// printable characters of ASCII, without spaces, quotation marks and backslashes. It is often the
/// address of the resource server, or a name that the company gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Audience(String);

described! {
    Audience: {
        "type": "string",
        "pattern": Audience::pattern(),
        "examples": ["https://api.example.com"],
        "description": "The audience of an access token, as resource servers compare it."
    }
}

impl Audience {
    /// The length of an audience, in characters. Each of them is a byte, because all are ASCII.
    const CHARS: RangeInclusive<usize> = 1..=200;

    /// Returns the pattern of an audience, for the documentation.
    fn pattern() -> String {
        pattern("[!#-\\[\\]-~]", &Self::CHARS)
    }

    /// Returns the audience's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the audience of an application's tokens until somebody says otherwise: the application
    /// itself.
    pub(crate) fn of(application: &ApplicationId) -> Self {
        Self::try_from(application.as_str().to_owned()).unwrap_or_else(|_| {
            // An imported ID may hold any character.
            let digest = Sha256::digest(application.as_str());
            Self(format!("sha256:{}", URL_SAFE_NO_PAD.encode(digest)))
        })
    }
}

impl TryFrom<String> for Audience {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        if Self::CHARS.contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text))
        } else {
            Err(format!(
                "an audience has {} printable characters of ASCII, without spaces, quotation marks and backslashes",
                from_to(&Self::CHARS)
            ))
        }
    }
}

/// The audiences that an application allows, each once. The first one is whom a token is for
/// that was asked for without saying so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Audience>")]
pub struct Audiences(Vec<Audience>);

described! {
    Audiences: {
        "type": "array",
        "minItems": Audiences::LENGTH.start(),
        "maxItems": Audiences::LENGTH.end(),
        "uniqueItems": true,
        "items": { "type": "string", "pattern": Audience::pattern() },
        "examples": [["https://api.example.com"]],
        "description": "The audiences that access tokens may have. The first one is the default."
    }
}

impl Audiences {
    /// The number of audiences in a list.
    const LENGTH: RangeInclusive<usize> = 1..=20;

    /// Returns the default audience: the application itself.
    pub(crate) fn of(application: &ApplicationId) -> Self {
        Self(vec![Audience::of(application)])
    }

    /// Returns all of them.
    pub(crate) fn as_slice(&self) -> &[Audience] {
        &self.0
    }

    /// Returns the requested audiences in their order, or else the first one.
    ///
    /// Returns `None` if one of them is not allowed.
    pub(crate) fn chosen(&self, asked_for: &[&str]) -> Option<Vec<Audience>> {
        if asked_for.is_empty() {
            return Some(self.0.iter().take(1).cloned().collect());
        }
        let mut chosen: Vec<Audience> = Vec::new();
        for wanted in asked_for {
            let allowed = self.0.iter().find(|allowed| allowed.as_str() == *wanted)?;
            if !chosen.contains(allowed) {
                chosen.push(allowed.clone());
            }
        }
        Some(chosen)
    }
}

impl TryFrom<Vec<Audience>> for Audiences {
    type Error = String;

    fn try_from(audiences: Vec<Audience>) -> Result<Self, String> {
        let mut seen = std::collections::BTreeSet::new();
        if !Self::LENGTH.contains(&audiences.len()) {
            return Err(format!("there are {} audiences", from_to(&Self::LENGTH)));
        }
        if !audiences.iter().all(|audience| seen.insert(audience)) {
            return Err("an audience stands there twice".to_owned());
        }
        Ok(Self(audiences))
    }
}

/// For how many days a key signs before the next one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64")]
pub struct RotationDays(u16);

bounded! {
    RotationDays(u16): 1..=365 "of days", {
        "examples": [90],
        "description": "The number of days for which a key signs access tokens.",
    }
}

impl RotationDays {
    pub(crate) fn duration(self) -> std::time::Duration {
        std::time::Duration::from_hours(u64::from(self.0) * 24)
    }
}

impl Default for RotationDays {
    fn default() -> Self {
        Self(90)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audiences(texts: &[&str]) -> Result<Audiences, String> {
        let audiences = texts
            .iter()
            .map(|text| Audience::try_from((*text).to_owned()));
        Audiences::try_from(audiences.collect::<Result<Vec<_>, _>>()?)
    }

    #[test]
    fn an_audience_is_allowed_exactly_or_not_at_all() {
        let allowed = audiences(&["https://api.example.com", "reports"]).unwrap();
        let chosen = |asked_for: &[&str]| {
            let chosen = allowed.chosen(asked_for)?;
            Some(
                chosen
                    .into_iter()
                    .map(|audience| audience.0)
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(chosen(&[]).unwrap(), ["https://api.example.com"]);
        assert_eq!(chosen(&["reports", "reports"]).unwrap(), ["reports"]);
        for other in [
            "https://api.example.com/",
            "Reports",
            "https://api.example.com.evil",
            "",
        ] {
            assert_eq!(chosen(&[other]), None, "{other}");
        }
    }

    #[test]
    fn a_list_of_audiences_is_never_empty_and_has_each_once() {
        assert!(audiences(&[]).is_err());
        assert!(audiences(&["a", "a"]).is_err());
        for text in ["", "a b", "a\"b", "a\\b", "ä", "a\n"] {
            assert!(audiences(&[text]).is_err(), "{text:?}");
        }
        let unusual = ApplicationId::try_from("ein Name".to_owned()).unwrap();
        let Audience(text) = Audience::of(&unusual);
        assert!(audiences(&[&text]).is_ok(), "{text}");
        assert!(RotationDays::try_from(0).is_err() && RotationDays::try_from(366).is_err());
    }
}
