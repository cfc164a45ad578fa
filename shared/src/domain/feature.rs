//! Features: what an API client may call.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::quoted;
use crate::schema::described;

/// A feature: something that an API client may do (contract section 2). Declared in the alphabetical
/// order in which features are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// May issue access codes.
    AccessIssuer,
    /// May read and write records directly.
    DirectAccess,
    /// May read records directly.
    DirectReadAccess,
    /// May sign end users in.
    LoginClient,
    /// May call every operation of the machine API.
    Owner,
}

impl Feature {
    /// All features, in alphabetical order.
    pub const ALL: [Self; 5] = [
        Self::AccessIssuer,
        Self::DirectAccess,
        Self::DirectReadAccess,
        Self::LoginClient,
        Self::Owner,
    ];

    /// Returns the feature's name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessIssuer => "access_issuer",
            Self::DirectAccess => "direct_access",
            Self::DirectReadAccess => "direct_read_access",
            Self::LoginClient => "login_client",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of features, listed in alphabetical order. A client with none may call nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Features(BTreeSet<Feature>);

described! {
    Features: {
        "type": "array",
        "description": "The features of an API client, in alphabetical order: what it may call of the machine API.",
        "examples": [["direct_read_access"]],
        "items": { "type": "string", "enum": Feature::ALL.map(Feature::name) }
    }
}

impl Features {
    /// Returns whether `feature` is among them.
    pub fn contains(&self, feature: Feature) -> bool {
        self.0.contains(&feature)
    }

    /// Returns whether at least one of `others` is among them.
    pub fn has_any(&self, others: impl IntoIterator<Item = Feature>) -> bool {
        others.into_iter().any(|feature| self.contains(feature))
    }

    /// Returns the features, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = Feature> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Self {
        Self(features.into_iter().collect())
    }
}

impl TryFrom<Vec<String>> for Features {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, String> {
        names
            .iter()
            .map(|name| {
                Feature::ALL
                    .into_iter()
                    .find(|feature| feature.name() == name)
                    .ok_or_else(|| {
                        let all = Feature::ALL.map(Feature::name).join(", ");
                        format!(
                            "there is no feature {}; the features are {all}",
                            quoted(name)
                        )
                    })
            })
            .collect()
    }
}
