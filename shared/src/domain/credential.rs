//! Credentials: the part of a client that authentication needs, read for every call.

use crate::clock::Timestamp;
use crate::domain::client::ClientProfile;
use crate::error::Result;
use crate::ids::{ApplicationId, ClientId};
use crate::secrets::client_secret::{ClientSecret, GracePeriod, Verifier};
use crate::secrets::data_key::WrappedKey;
use crate::secrets::sealing::Sealer;

/// The credential of a client, with the rights that it carries.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) application: ApplicationId,
    pub(crate) client: ClientId,
    pub(crate) profile: ClientProfile,
    /// The serial number and verifier of the present secret.
    pub(crate) current: (u32, Verifier),
    /// The same of the secret before it, and for how long that one works.
    pub(crate) previous: Option<((u32, Verifier), GracePeriod)>,
    /// Only in an application that accepts signed requests.
    pub(crate) signing: Option<Signing>,
}

impl Credential {
    /// Returns the serial numbers and verifiers of the secrets that authenticate at `now`.
    ///
    /// They are the present secret, and the one before it during its grace period.
    pub(crate) fn verifiers(&self, now: Timestamp) -> [Option<(u32, &Verifier)>; 2] {
        let previous = self.previous.as_ref().filter(|(_, grace)| grace.lasts(now));
        [Some(&self.current), previous.map(|(secret, _)| secret)]
            .map(|secret| secret.map(|(serial, verifier)| (*serial, verifier)))
    }
}

/// The sealed secrets of a client that may sign its requests. A signature cannot be checked by a digest.
#[derive(Debug)]
pub(crate) struct Signing {
    /// The application's data key, which opens them.
    pub(crate) data_key: WrappedKey,
    /// Serial number, sealed secret, and the grace period of one that was replaced.
    pub(crate) secrets: Vec<(u32, Vec<u8>, Option<GracePeriod>)>,
}

impl Signing {
    /// Opens the secrets that `client` may sign with at `now`, with their serial numbers.
    pub(crate) fn open(
        &self,
        sealer: &Sealer,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<Vec<(u32, ClientSecret)>> {
        let live = self
            .secrets
            .iter()
            .filter(|(_, _, grace)| grace.is_none_or(|grace| grace.lasts(now)));
        live.map(|(serial, sealed, _)| Ok((*serial, sealer.open(client, *serial, sealed)?)))
            .collect()
    }
}
