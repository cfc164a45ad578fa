//! Who is calling: verifies the credentials of a request against the client's record.

mod presented;
mod signature;
mod warm;

use std::net::IpAddr;

use presented::{Presentation, Presented};
use signature::Signed;
pub use warm::WarmSecrets;

use crate::secret::Origin;
use crate::{
    ApplicationId, Arguments, ClientId, Context, Description, Error, Features, Request, Result,
};

/// A client that has proved who it is, calling from where it may.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) application: ApplicationId,
    pub(crate) client: ClientId,
    pub(crate) name: Description,
    pub(crate) features: Features,
    pub(crate) source_ip: IpAddr,
}

/// Verifies the caller: one strongly consistent read by client ID, then the secret or signature,
/// then the allow list. What a refusal costs depends on what was presented, never on what is stored.
pub(crate) async fn authenticate(
    cx: &Context,
    request: &Request,
    arguments: &Arguments,
) -> Result<Principal> {
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
    let credential = credential
        .filter(|_| genuine)
        .ok_or(Error::BadCredentials)?;
    let source_ip = request
        .source_ip
        .filter(|&ip| credential.allow_list.admits(ip))
        .ok_or(Error::NotPermitted)?;
    Ok(Principal {
        application: credential.application,
        client: credential.client,
        name: credential.description,
        features: credential.features,
        source_ip,
    })
}
