//! Authentication: verifies the credentials of a request against the client's record.

mod presented;
mod signature;

use std::net::IpAddr;

use presented::{Presented, Reading};
use signature::Signed;

use crate::admission::call::{Call, Refused};
use crate::domain::audit::{About, Actor, Object};
use crate::domain::client::{Description, ModuleGrants};
use crate::domain::credential::Credential;
use crate::domain::feature::Features;
use crate::domain::kind::ObjectKind;
use crate::error::{Error, Result};
use crate::ids::{ApplicationId, ClientId};
use crate::secrets::client_secret::Origin;
use crate::store::PendingWrite;

/// A client that has proved who it is.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) application: ApplicationId,
    pub(crate) client: ClientId,
    pub(crate) name: Description,
    pub(crate) features: Features,
    pub(crate) modules: ModuleGrants,
    /// The serial number of the secret that it has used.
    pub(crate) serial: u32,
    /// The source address.
    pub(crate) source_ip: IpAddr,
    /// Whether it may call from there.
    pub(crate) is_admitted: bool,
}

/// The source address of a call of which the gateway says nothing. No allow list admits it.
const NOWHERE: IpAddr = IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED);

/// A client that has proved who it is, and the note of its use that is being written.
pub(crate) struct Authenticated {
    pub(crate) principal: Principal,
    pub(crate) pending_write: PendingWrite,
}

/// Verifies the caller: one strongly consistent read by client ID, then the secret or signature,
/// then the allow list. What a refusal costs depends on what was presented, never on what is stored.
pub(crate) async fn authenticate(call: &Call<'_>) -> Result<Authenticated, Refused> {
    let claim = match Presented::find(call)? {
        Presented::Secret(readings) => by_secret(call, readings).await?,
        Presented::Signature(client, signature) => by_signature(call, client, &signature).await?,
    };
    let (credential, serial) = match claim {
        Claim::Proved(credential, serial) => (*credential, serial),
        Claim::Unproved(about) => return Err(Refused::known(Error::BadCredentials, about)),
        Claim::Nothing => return Err(Error::BadCredentials.into()),
    };
    let pending_write = call.cx.store().note_use(&credential.client, serial);
    let source_ip = call.request.source_ip;
    let principal = Principal {
        is_admitted: source_ip.is_some_and(|ip| credential.profile.allow_list.admits(ip)),
        source_ip: source_ip.unwrap_or(NOWHERE),
        application: credential.application,
        client: credential.client,
        name: credential.profile.description,
        features: credential.profile.features,
        modules: credential.profile.modules,
        serial,
    };
    Ok(Authenticated {
        principal,
        pending_write,
    })
}

/// The outcome of looking at what a caller presents.
enum Claim {
    /// The secret with this serial number was presented, or has signed.
    Proved(Box<Credential>, u32),
    /// Nobody is proved; this is whom the caller claims to be.
    Unproved(About),
    /// The presented credentials can be no client's, so nobody was looked up.
    Nothing,
}

impl Claim {
    fn unproved(claimed: Option<&Credential>) -> Self {
        Self::Unproved(About {
            application: claimed.map(|known| known.application.clone()),
            actor: Actor::Nobody,
            object: claimed.map(|known| Object {
                kind: ObjectKind::ApiClient,
                id: known.client.as_str().to_owned(),
                name: known.profile.description.as_str().to_owned(),
            }),
        })
    }

    fn of(credential: Option<Credential>, serial: Option<u32>) -> Self {
        match (credential, serial) {
            (Some(credential), Some(serial)) => Self::Proved(Box::new(credential), serial),
            (claimed, _) => Self::unproved(claimed.as_ref()),
        }
    }
}

/// Verifies an ID and its secret.
///
/// Most requests can be read in one way only. If there are two ways, both are tried, each as if it were
/// the only one.
async fn by_secret(call: &Call<'_>, readings: Vec<Reading>) -> Result<Claim> {
    let mut secrets: Vec<(Option<ClientId>, Vec<_>)> = Vec::new();
    for Reading { client, secret } in readings {
        if secret.origin() == Origin::Mistyped {
            continue;
        }
        match secrets.iter_mut().find(|(of, _)| *of == client) {
            Some((_, others)) => others.push(secret),
            None => secrets.push((client, vec![secret])),
        }
    }
    if secrets.is_empty() {
        return Ok(Claim::Nothing);
    }
    let mut claimed = None;
    for (client, secrets) in secrets {
        let credential = look_up(call, client.as_ref()).await?;
        let enabled = credential.as_ref().filter(|known| known.profile.enabled);
        let now = call.cx.now();
        let known = enabled.map_or([None, None], |enabled| enabled.verifiers(now));
        let serial = call.cx.warm().verify(secrets, known).await?;
        if serial.is_some() {
            return Ok(Claim::of(credential, serial));
        }
        claimed = claimed.or(credential);
    }
    // Only now: a reading that does not fit says nothing of a caller whom the next one fits.
    Ok(Claim::unproved(claimed.as_ref()))
}

/// Looks at a signature of the request.
async fn by_signature(
    call: &Call<'_>,
    client: Option<ClientId>,
    signature: &[u8],
) -> Result<Claim> {
    let signed = Signed::of(call.request, call.arguments, call.cx.now())?;
    let credential = look_up(call, client.as_ref()).await?;
    let secrets = match credential.as_ref().filter(|known| known.profile.enabled) {
        Some(enabled) => {
            let store = call.cx.store();
            store.signing_secrets(enabled, call.cx.now()).await?
        }
        None => Vec::new(),
    };
    let serial = signed.fits(signature, &secrets);
    Ok(Claim::of(credential, serial))
}

async fn look_up(call: &Call<'_>, client: Option<&ClientId>) -> Result<Option<Credential>> {
    match client {
        Some(id) => call.cx.store().credential(id).await,
        None => Ok(None),
    }
}
