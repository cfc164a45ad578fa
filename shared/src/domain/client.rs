//! API clients: their identity, their name and what they hold.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::allow_list::AllowList;
use crate::domain::feature::{Feature, Features};
use crate::ids::ClientId;
use crate::schema::short_text;
use crate::secrets::client_secret::{GracePeriod, PreviousSecret, StoredSecret};

/// The display name of a client, without control characters and without white space at
/// either end. Unique in its application, compared without case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Description(String);

short_text! {
    Description: "a description" has 1..=255 characters, {
        "description": "The display name of an API client: unique in its application, compared without case.",
        "examples": ["Web shop"],
    }
}

impl Description {
    /// Returns the text as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text as it is compared.
    pub(crate) fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// The name of a client as administrators give it (administration contract, section 2). It is
/// what the machine API calls the client's description.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ClientName(String);

short_text! {
    ClientName: "a name" has 1..=100 characters, {
        "description": "The display name of an API client: unique in its application, compared without case.",
        "pattern": crate::text::PATTERN,
        "examples": ["Web shop"],
    }
}

impl From<ClientName> for Description {
    fn from(name: ClientName) -> Self {
        Self(name.0)
    }
}

/// The modules that a client is let into.
pub type ModuleGrants = BTreeMap<String, ModuleGrant>;

/// The access of a client to a module. Without the module there is no Administrator of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModuleGrant {
    /// Does it hold Administrator there?
    #[serde(default)]
    pub administrator: bool,
}

/// The attributes of a client that can be edited. They are stored, proposed and audited as this very
/// struct, under the names of its fields.
///
/// A new attribute needs `#[serde(default)]`: items and proposals of before do not have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientProfile {
    /// Its display name.
    pub description: Description,
    /// A client that is not enabled is refused like an unknown one.
    pub enabled: bool,
    /// The features, which decide what it may call.
    pub features: Features,
    /// The allow list of source addresses.
    pub allow_list: AllowList,
    /// The modules it is let into.
    pub modules: ModuleGrants,
}

impl ClientProfile {
    /// Returns the profile of a client with nothing but a name: enabled, without features, callable
    /// from everywhere.
    pub fn named(description: Description) -> Self {
        Self {
            description,
            enabled: true,
            features: Features::default(),
            allow_list: AllowList::default(),
            modules: ModuleGrants::new(),
        }
    }

    /// Returns the attributes whose change lets the client do more than `before`, by their names.
    pub(crate) fn escalations(&self, before: Option<&Self>) -> Vec<&'static str> {
        // Whole, so that a new attribute is judged here.
        let Self {
            description: _,
            enabled,
            features,
            allow_list,
            modules,
        } = self;
        let escalations = match before {
            // Whatever else a new client may do, it does with data of its own: that is expected of it.
            None => [
                ("enabled", false),
                ("features", features.contains(Feature::Owner)),
                ("allow_list", false),
                ("modules", !modules.is_empty()),
            ],
            Some(before) => [
                ("enabled", *enabled && !before.enabled),
                (
                    "features",
                    features.iter().any(|new| !before.features.contains(new)),
                ),
                ("allow_list", !allow_list.is_within(&before.allow_list)),
                ("modules", grants_more(&before.modules, modules)),
            ],
        };
        let escalations = escalations.into_iter();
        escalations
            .filter_map(|(attribute, is_more)| is_more.then_some(attribute))
            .collect()
    }
}

/// Returns whether a module, or Administrator of one, is newly granted.
pub(crate) fn grants_more(before: &ModuleGrants, after: &ModuleGrants) -> bool {
    after.iter().any(|(module, grant)| {
        before
            .get(module)
            .is_none_or(|had| grant.administrator && !had.administrator)
    })
}

/// An API client, whole.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its ID, which is also its user name.
    pub id: ClientId,
    /// The attributes that can be edited.
    pub profile: ClientProfile,
    /// When it was created.
    pub created: Timestamp,
    /// The secret it authenticates with.
    pub(crate) secret: StoredSecret,
    /// The secret before that, while its grace period lasts.
    pub(crate) previous: Option<PreviousSecret>,
    /// Counts the changes; the lock that keeps two of them from undoing each other.
    pub(crate) version: u64,
}

impl Client {
    /// Counts the changes: the client's `ETag`.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Returns the time until which the secret before the present one works, if it works at `now`.
    pub fn previous_secret_until(&self, now: Timestamp) -> Option<Timestamp> {
        let grace = self.previous.as_ref()?.grace;
        grace.lasts(now).then(|| grace.end())
    }

    /// Returns a new client with its first secret.
    pub(crate) fn new(
        id: ClientId,
        profile: ClientProfile,
        secret: StoredSecret,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            profile,
            created: now,
            secret,
            previous: None,
            version: 1,
        }
    }

    /// Returns the next version of the client, without the secret before its present one.
    ///
    /// Returns `None` if no such secret works at `now`.
    pub(crate) fn without_previous_secret(&self, now: Timestamp) -> Option<Self> {
        self.previous_secret_until(now)?;
        Some(Self {
            previous: None,
            version: self.version + 1,
            ..self.clone()
        })
    }

    /// Puts `secret` in the place of the current one, which keeps working until `old_until`. An
    /// older one still in its grace period ends here (contract section 5, Reset a Client Secret).
    pub(crate) fn replace_secret(
        &mut self,
        secret: StoredSecret,
        old_until: Timestamp,
        now: Timestamp,
    ) {
        let old = std::mem::replace(&mut self.secret, secret);
        let grace = GracePeriod::until(old_until);
        // A grace period of no hours leaves nothing behind.
        self.previous = grace
            .lasts(now)
            .then_some(PreviousSecret { secret: old, grace });
    }
}
