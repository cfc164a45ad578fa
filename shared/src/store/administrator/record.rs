//! Administrators, as they are stored: the record, what they authenticate with, and what admission
//! reads of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::administrator::{Administrator, AdministratorProfile, Email, OpenInvitation};
use crate::error::{Error, Result};
use crate::ids::{AdministratorId, ApplicationId};
use crate::secrets::one_time_code::TotpKey;
use crate::secrets::password::RecoveryHashes;
use crate::secrets::sealing::Sealer;
use crate::store::dynamodb::Bytes;

/// The whole administrator, but for what they authenticate with.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredAdministrator {
    administrator_id: AdministratorId,
    email: Email,
    #[serde(flatten)]
    profile: AdministratorProfile,
    created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    activated: Option<Timestamp>,
    has_mfa: bool,
    has_password: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invitation: Option<StoredOpenInvitation>,
    #[serde(default)]
    handed: Vec<(AdministratorId, Timestamp)>,
    authority: u64,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredOpenInvitation {
    digest: Bytes,
    until: Timestamp,
}

impl From<&Administrator> for StoredAdministrator {
    fn from(administrator: &Administrator) -> Self {
        let invitation = administrator.invitation.as_ref();
        Self {
            administrator_id: administrator.id.clone(),
            email: administrator.email.clone(),
            profile: administrator.profile.clone(),
            created: administrator.created,
            activated: administrator.activated,
            has_mfa: administrator.has_mfa,
            has_password: administrator.has_password,
            invitation: invitation.map(|invitation| StoredOpenInvitation {
                digest: Bytes(invitation.digest.to_vec()),
                until: invitation.until,
            }),
            handed: administrator.handed.clone(),
            authority: administrator.authority,
            version: administrator.version,
        }
    }
}

impl From<StoredAdministrator> for Administrator {
    fn from(stored: StoredAdministrator) -> Self {
        let invitation = stored.invitation.and_then(|invitation| {
            Some(OpenInvitation {
                digest: invitation.digest.0.try_into().ok()?,
                until: invitation.until,
            })
        });
        Self {
            id: stored.administrator_id,
            email: stored.email,
            profile: stored.profile,
            created: stored.created,
            activated: stored.activated,
            has_mfa: stored.has_mfa,
            has_password: stored.has_password,
            invitation,
            handed: stored.handed,
            authority: stored.authority,
            version: stored.version,
        }
    }
}

/// The part of an administrator that admission reads for every call. Its version is their authority.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredStanding {
    pub(super) application_id: ApplicationId,
    administrator: StoredAdministrator,
    pub(super) version: u64,
}

impl StoredStanding {
    pub(in crate::store) fn of(application: &ApplicationId, administrator: &Administrator) -> Self {
        Self {
            application_id: application.clone(),
            administrator: StoredAdministrator::from(administrator),
            version: administrator.authority,
        }
    }

    pub(super) fn administrator(self) -> Administrator {
        self.administrator.into()
    }
}

/// A session.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredSession {
    pub(super) began: Timestamp,
    pub(super) last_used: Timestamp,
    /// The authority that its administrator had then.
    pub(super) authority: u64,
    /// Seconds since the epoch.
    pub(super) expires: i64,
}

/// The login item: the administrator of an address.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredLogin {
    pub(super) application_id: ApplicationId,
    pub(super) administrator_id: AdministratorId,
    /// Since when they can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<Timestamp>,
}

impl StoredLogin {
    pub(in crate::store) fn of(application: &ApplicationId, administrator: &Administrator) -> Self {
        Self {
            application_id: application.clone(),
            administrator_id: administrator.id.clone(),
            since: administrator.activated,
        }
    }
}

/// The item that an invitation or reset link is looked up by.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredInvitation {
    pub(super) application_id: ApplicationId,
    pub(super) administrator_id: AdministratorId,
    pub(super) until: Timestamp,
    /// Seconds since the epoch.
    pub(super) expires: i64,
}

/// The roster: administrators who can sign in and hold `manage_users`.
///
/// It is one item, so that two who remove each other at once do not leave nobody.
#[derive(Default, Serialize, Deserialize)]
pub(in crate::store) struct StoredRoster {
    pub(super) eligible: BTreeSet<AdministratorId>,
    pub(super) version: u64,
}

/// The credentials of an administrator, and their recent attempts.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Authenticator {
    pub(super) password: Option<String>,
    pub(super) totp: Option<SealedTotp>,
    /// The step of the code that was used last: no earlier one is accepted any more.
    pub(super) last_step: u64,
    pub(super) recovery: RecoveryHashes,
    /// Wrong passwords and codes since the last right ones.
    pub(super) failures: u32,
    pub(super) locked_until: Option<Timestamp>,
    pub(super) version: u64,
}

/// The key of one-time codes, sealed. Before an invitation is taken up it is there already, and
/// the record says that it is not in use.
#[derive(Clone, Debug)]
pub(super) struct SealedTotp {
    serial: u32,
    sealed: Vec<u8>,
}

impl Authenticator {
    /// Puts a key of one-time codes in the place of the one before.
    pub(in crate::store) fn set_totp(
        &mut self,
        id: &AdministratorId,
        key: &TotpKey,
        sealer: &Sealer,
    ) -> Result<()> {
        let serial = self.totp.as_ref().map_or(1, |totp| totp.serial + 1);
        let sealed = sealer.seal_other(["totp", id.as_str()], serial, key.as_bytes())?;
        self.totp = Some(SealedTotp { serial, sealed });
        self.last_step = 0;
        Ok(())
    }

    /// Returns the key of one-time codes.
    pub(super) fn totp(&self, id: &AdministratorId, sealer: &Sealer) -> Result<TotpKey> {
        let totp = self
            .totp
            .as_ref()
            .ok_or_else(|| Error::unexpected("an administrator has no key for one-time codes"))?;
        sealer
            .open_other(["totp", id.as_str()], totp.serial, &totp.sealed)
            .map(TotpKey::from_bytes)
    }

    pub(super) fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }
}

/// An authenticator, as it is stored.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredAuthenticator {
    administrator_id: AdministratorId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    totp: Option<StoredTotp>,
    last_step: u64,
    recovery_salt: Bytes,
    recovery_hashes: Vec<Bytes>,
    failures: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) locked_until: Option<Timestamp>,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredTotp {
    serial: u32,
    sealed: Bytes,
}

impl StoredAuthenticator {
    pub(in crate::store) fn of(id: &AdministratorId, authenticator: &Authenticator) -> Self {
        let totp = authenticator.totp.as_ref();
        Self {
            administrator_id: id.clone(),
            password: authenticator.password.clone(),
            totp: totp.map(|totp| StoredTotp {
                serial: totp.serial,
                sealed: Bytes(totp.sealed.clone()),
            }),
            last_step: authenticator.last_step,
            recovery_salt: Bytes(authenticator.recovery.salt.to_vec()),
            recovery_hashes: authenticator
                .recovery
                .left
                .iter()
                .map(|hash| Bytes(hash.to_vec()))
                .collect(),
            failures: authenticator.failures,
            locked_until: authenticator.locked_until,
            version: authenticator.version,
        }
    }

    pub(super) fn id(&self) -> &AdministratorId {
        &self.administrator_id
    }
}

impl TryFrom<StoredAuthenticator> for Authenticator {
    type Error = Error;

    fn try_from(stored: StoredAuthenticator) -> Result<Self> {
        let broken = |_| Error::unexpected("the hashes of recovery codes have the wrong length");
        let left = stored.recovery_hashes.into_iter();
        Ok(Self {
            password: stored.password,
            totp: stored.totp.map(|totp| SealedTotp {
                serial: totp.serial,
                sealed: totp.sealed.0,
            }),
            last_step: stored.last_step,
            recovery: RecoveryHashes {
                salt: stored.recovery_salt.0.try_into().map_err(broken)?,
                left: left
                    .map(|hash| hash.0.try_into().map_err(broken))
                    .collect::<Result<_>>()?,
            },
            failures: stored.failures,
            locked_until: stored.locked_until,
            version: stored.version,
        })
    }
}
