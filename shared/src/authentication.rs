//! Who is calling: verifies the credentials of a request against the client's record.

mod presented;
mod signature;
mod warm;

use std::net::IpAddr;

use presented::{Presentation, Presented};
use signature::Signed;
pub use warm::WarmSecrets;

use crate::audit::{About, Actor, Object};
use crate::request::Call;
use crate::secret::Origin;
use crate::{ApplicationId, ClientId, Description, Error, Features, Result};

/// A client that has proved who it is.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) application: ApplicationId,
    pub(crate) client: ClientId,
    pub(crate) name: Description,
    pub(crate) features: Features,
    /// Where it calls from.
    pub(crate) source_ip: IpAddr,
    /// May it call from there?
    pub(crate) is_admitted: bool,
}

/// Where a call comes from that the gateway says nothing of: no allow list admits it.
const NOWHERE: IpAddr = IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED);

/// Verifies the caller: one strongly consistent read by client ID, then the secret or signature,
/// then the allow list. What a refusal costs depends on what was presented, never on what is stored.
pub(crate) async fn authenticate(call: &Call<'_>) -> Result<Principal> {
    let Call {
        cx,
        request,
        arguments,
        ..
    } = *call;
    let Presented { client, proof } = Presented::find(request, arguments)?;
    let signed = match &proof {
        Presentation::Secret(secret) if secret.origin() == Origin::Mistyped => {
            return Err(Error::BadCredentials);
        }
        Presentation::Secret(_) => None,
        Presentation::Signature(_) => Some(Signed::of(request, arguments, cx.now())?),
    };
    let credential = match client {
        Some(ref id) => cx.store().credential(id).await?,
        None => None,
    };
    let about = About {
        application: credential.as_ref().map(|known| known.application.clone()),
        actor: Actor::Nobody,
        object: credential.as_ref().map(|known| Object {
            kind: "api_client",
            id: known.client.as_str().to_owned(),
            name: known.description.as_str().to_owned(),
        }),
    };
    let credential = credential.filter(|credential| credential.enabled);
    let genuine = match (proof, signed) {
        (Presentation::Signature(signature), Some(signed)) => {
            let secrets = match &credential {
                Some(credential) => cx.store().signing_secrets(credential, cx.now()).await?,
                None => Vec::new(),
            };
            signed.fits(&signature, &secrets)
        }
        (Presentation::Secret(secret), _) => {
            cx.warm()
                .verify(secret, credential.as_ref(), cx.now())
                .await?
        }
        (Presentation::Signature(_), None) => false,
    };
    let Some(credential) = credential.filter(|_| genuine) else {
        let _ = call.about.set(about);
        return Err(Error::BadCredentials);
    };
    let source_ip = request.source_ip;
    Ok(Principal {
        is_admitted: source_ip.is_some_and(|ip| credential.allow_list.admits(ip)),
        source_ip: source_ip.unwrap_or(NOWHERE),
        application: credential.application,
        client: credential.client,
        name: credential.description,
        features: credential.features,
    })
}
