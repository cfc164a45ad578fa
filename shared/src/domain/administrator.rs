//! Administrators: people with privileges, and what they are known by.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AdministratorId;
use crate::schema::{described, short_text};
use crate::secrets::invitation_token::InvitationToken;

/// An e-mail address, by which an administrator signs in: compared without case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(String);

described! {
    Email: { "type": "string", "format": "email", "maxLength": Email::MOST_BYTES, "examples": ["ada@example.com"], "description": "An e-mail address: unique in the application, compared without case." }
}

impl Email {
    /// RFC 5321, section 4.5.3.1.3.
    const MOST_BYTES: usize = 254;

    /// Returns the address as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address as it is compared.
    pub(crate) fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        let plain = |part: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| !c.is_control() && !c.is_whitespace() && !"@,;:<>()[]\"\\".contains(c))
        };
        match text.split_once('@') {
            Some((name, host)) if plain(name) && plain(host) && text.len() <= Self::MOST_BYTES => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(format!(
                "it takes an e-mail address like ada@example.com, of at most {} bytes",
                Self::MOST_BYTES
            )),
        }
    }
}

/// The name of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PersonName(String);

short_text! {
    PersonName: "a name" has 1..=100 characters, {
        "pattern": crate::text::PATTERN,
        "examples": ["Ada Lovelace"],
        "description": "The name of a person.",
    }
}

impl PersonName {
    /// Returns the name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A privilege of an administrator, beyond their own account.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Privilege {
    /// Assign modules to API clients, and say which modules there are.
    ManageModules,
    /// Manage administrators and API clients.
    ManageUsers,
}

impl Privilege {
    /// All privileges, in alphabetical order.
    pub const ALL: [Self; 2] = [Self::ManageModules, Self::ManageUsers];

    /// Returns the privilege's name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ManageModules => "manage_modules",
            Self::ManageUsers => "manage_users",
        }
    }
}

/// A set of privileges, listed in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Privileges(#[schemars(with = "Vec<Privilege>")] BTreeSet<Privilege>);

impl Privileges {
    /// Returns whether `privilege` is among them.
    pub fn contains(&self, privilege: Privilege) -> bool {
        self.0.contains(&privilege)
    }

    /// Returns whether all of `others` are among them.
    pub(crate) fn includes(&self, others: &Self) -> bool {
        self.0.is_superset(&others.0)
    }

    /// Returns whether all of `others` are among them.
    pub(crate) fn has_all(&self, others: &[Privilege]) -> bool {
        others.iter().all(|other| self.contains(*other))
    }
}

impl FromIterator<Privilege> for Privileges {
    fn from_iter<I: IntoIterator<Item = Privilege>>(privileges: I) -> Self {
        Self(privileges.into_iter().collect())
    }
}

/// The state of an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdministratorState {
    /// Has not taken up the invitation yet.
    Invited,
    /// Can sign in.
    Active,
    /// Cannot sign in for 20 minutes, after five wrong passwords or codes.
    Locked,
    /// The password or the authenticator must be set again, by the link of a reset.
    PendingActions,
}

/// The attributes of an administrator that can be edited. They are stored, proposed and audited as
/// this very struct, under the names of its fields.
///
/// A new attribute needs `#[serde(default)]`: items and proposals of before do not have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdministratorProfile {
    /// Their name.
    pub name: PersonName,
    /// The privileges that they hold.
    pub privileges: Privileges,
}

impl AdministratorProfile {
    /// Returns the attributes whose change lets the administrator do more than `before`, by their
    /// names.
    pub(crate) fn escalations(&self, before: Option<&Self>) -> Vec<&'static str> {
        // Whole, so that a new attribute is judged here.
        let Self {
            name: _,
            privileges,
        } = self;
        let is_more = before.is_none_or(|before| !before.privileges.includes(privileges));
        is_more.then_some("privileges").into_iter().collect()
    }
}

/// An administrator, without what they authenticate with.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// Their ID.
    pub id: AdministratorId,
    /// The email address, with which they sign in.
    pub email: Email,
    /// The attributes that can be edited.
    pub profile: AdministratorProfile,
    /// When they were invited.
    pub created: Timestamp,
    /// When they first took up an invitation.
    pub(crate) activated: Option<Timestamp>,
    /// Is an authenticator set up?
    pub(crate) has_mfa: bool,
    /// Is a password set?
    pub(crate) has_password: bool,
    /// The invitation or reset link that is open.
    pub(crate) invitation: Option<OpenInvitation>,
    /// The people who had a link to this account in hand, with the time.
    ///
    /// They have reset the account, or approved its invitation.
    pub(crate) handed: Vec<(AdministratorId, Timestamp)>,
    /// Counts what ends sessions: resets and lost privileges. A session of another count is dead.
    pub(crate) authority: u64,
    /// Counts the changes.
    pub(crate) version: u64,
}

/// A link that was handed out and not used yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenInvitation {
    /// SHA-256 of its token.
    pub(crate) digest: [u8; 32],
    /// The moment from which on it is refused.
    pub(crate) until: Timestamp,
}

/// Lifetime of an invitation or reset link.
pub(crate) const INVITATION: Duration = Duration::from_hours(72);

impl OpenInvitation {
    /// Returns a link that is handed out now.
    pub(crate) fn of(token: &InvitationToken, now: Timestamp) -> Self {
        Self {
            digest: token.digest(),
            until: now + INVITATION,
        }
    }
}

/// Time for which the receiver of a link and the account's owner do not count as two people.
///
/// The receiver may have taken the account over (administration contract, section 5).
const HANDED: Duration = Duration::from_hours(24);

impl Administrator {
    /// Returns an administrator who is invited now.
    pub(crate) fn invited(
        id: AdministratorId,
        email: Email,
        profile: AdministratorProfile,
        invitation: OpenInvitation,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            email,
            profile,
            created: now,
            activated: None,
            has_mfa: false,
            has_password: false,
            invitation: Some(invitation),
            handed: Vec::new(),
            authority: 1,
            version: 1,
        }
    }

    /// Returns the same person with another profile. Privileges that are lost end their sessions.
    pub(crate) fn changed(&self, profile: AdministratorProfile) -> Self {
        let has_lost = !profile.privileges.includes(&self.profile.privileges);
        Self {
            profile,
            authority: self.authority + u64::from(has_lost),
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// Notes that `whose` hands a link to this account are.
    pub(crate) fn hand_link_to(&mut self, whose: &AdministratorId, now: Timestamp) {
        self.handed
            .retain(|(other, at)| other != whose && now < *at + HANDED);
        self.handed.push((whose.clone(), now));
    }

    /// Restarts the time of the last handed-out link, because its receiver may be the one who uses it
    /// now.
    pub(crate) fn link_taken_up(&mut self, now: Timestamp) {
        if let Some((_, at)) = self.handed.last_mut() {
            *at = now;
        }
    }

    /// Returns the people who had a link to this account in hand lately.
    pub(crate) fn handed_to(&self, now: Timestamp) -> impl Iterator<Item = &AdministratorId> {
        self.handed
            .iter()
            .filter(move |(_, at)| now < *at + HANDED)
            .map(|(whose, _)| whose)
    }

    /// Returns whether they can sign in, apart from locks.
    pub(crate) fn is_ready(&self) -> bool {
        self.has_mfa && self.has_password
    }

    /// Returns whether they count as a manager of the application.
    pub(crate) fn is_eligible(&self) -> bool {
        self.is_ready() && self.profile.privileges.contains(Privilege::ManageUsers)
    }

    /// Returns the state, given the time until which they are locked.
    pub(crate) fn state(
        &self,
        locked_until: Option<Timestamp>,
        now: Timestamp,
    ) -> AdministratorState {
        if self.activated.is_none() {
            AdministratorState::Invited
        } else if !self.is_ready() {
            AdministratorState::PendingActions
        } else if locked_until.is_some_and(|until| now < until) {
            AdministratorState::Locked
        } else {
            AdministratorState::Active
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_at_and_nothing_that_another_program_would_read_as_more() {
        for good in ["ada@example.com", " Ada.L+x@example.co.uk ", "ä@b"] {
            assert!(Email::try_from(good.to_owned()).is_ok(), "{good}");
        }
        let long = format!("{}@b", "a".repeat(253));
        for bad in [
            "",
            "ada",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b\r\nBcc: x@y",
            "a,b@c",
            "<a@b>",
            &long,
        ] {
            assert!(Email::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
