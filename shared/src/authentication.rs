//! Who is calling: finds the credentials in a request and verifies them against the client's record.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use http::header::AUTHORIZATION;
use sha2::Sha256;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::secret::{NOBODYS_HASH, Origin, Verifier, fits_digest, fits_hash};
use crate::store::Credential;
use crate::{
    ApplicationId, Arguments, ClientId, ClientSecret, Context, Description, Error, Features,
    Random, Request, Result, Timestamp,
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

/// Verifies the caller: one strongly consistent read by client ID, then the secret, then the allow
/// list. What a refusal costs depends on what was presented, never on what is stored.
pub(crate) async fn authenticate(
    cx: &Context,
    request: &Request,
    arguments: &Arguments,
) -> Result<Principal> {
    let presented = Presented::find(request, arguments)?;
    if presented.secret.origin() == Origin::Mistyped {
        return Err(Error::BadCredentials);
    }
    let credential = match presented.client {
        Some(ref id) => cx.store().credential(id).await?,
        None => None,
    };
    let credential = credential.filter(|credential| credential.enabled);
    if !cx
        .warm()
        .verify(presented.secret, credential.as_ref(), cx.now())
        .await?
    {
        return Err(Error::BadCredentials);
    }
    let credential = credential.ok_or(Error::BadCredentials)?;
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

/// Credentials as they came.
struct Presented {
    /// `None` for an ID that no client can have.
    client: Option<ClientId>,
    secret: ClientSecret,
}

impl Presented {
    /// HTTP Basic (RFC 7617), or the parameters `client_id` and `client_secret`; given both ways
    /// they must agree (contract section 2).
    fn find(request: &Request, arguments: &Arguments) -> Result<Self> {
        let mut headers = request.headers.get_all(AUTHORIZATION).iter();
        let header = match (headers.next(), headers.next()) {
            (None, _) => None,
            (Some(header), None) => {
                Some(basic(header.to_str().map_err(|_| Error::BadCredentials)?)?)
            }
            (Some(_), Some(_)) => return Err(Error::BadCredentials),
        };
        let (header_id, header_secret) = header.unzip();
        let id = agreed("client_id", header_id, arguments.credential("client_id")?)?;
        let secret = agreed(
            "client_secret",
            header_secret,
            arguments.credential("client_secret")?,
        )?;
        match (id, secret) {
            (Some(mut id), Some(mut secret)) => Ok(Self {
                client: ClientId::try_from(std::mem::take(&mut *id)).ok(),
                secret: ClientSecret::from_outside(std::mem::take(&mut *secret)),
            }),
            _ => Err(Error::BadCredentials),
        }
    }
}

type Text = Zeroizing<String>;

fn agreed(argument: &str, header: Option<Text>, parameter: Option<Text>) -> Result<Option<Text>> {
    match (header, parameter) {
        (Some(header), Some(parameter)) if header != parameter => Err(Error::Duplicate {
            argument: argument.to_owned(),
        }),
        (header, parameter) => Ok(header.or(parameter)),
    }
}

/// Standard alphabet; some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn basic(header: &str) -> Result<(Text, Text)> {
    let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        // Signed requests are a known scheme that no application has switched on.
        let known = scheme.is_empty() || scheme.eq_ignore_ascii_case("signature");
        return Err(if known {
            Error::BadCredentials
        } else {
            Error::UnsupportedScheme
        });
    }
    let decoded = Zeroizing::new(
        BASE64
            .decode(rest.trim())
            .map_err(|_| Error::BadCredentials)?,
    );
    let text = std::str::from_utf8(&decoded).map_err(|_| Error::BadCredentials)?;
    let (id, secret) = text.split_once(':').ok_or(Error::BadCredentials)?;
    Ok((
        Zeroizing::new(id.to_owned()),
        Zeroizing::new(secret.to_owned()),
    ))
}

/// What this process remembers of imported secrets that it has verified, so that only the first
/// call pays for Argon2: a keyed MAC of the secret, bound to the very hash it was verified against.
/// The client's record is still read for every call, so nothing here outlives a change.
#[derive(Clone)]
pub struct WarmSecrets(Arc<Warm>);

struct Warm {
    key: Zeroizing<[u8; 32]>,
    seen: Mutex<Seen>,
    /// Argon2 takes 19 MiB and a core for tens of milliseconds: no more at once than there are cores.
    slots: Arc<Semaphore>,
}

#[derive(Default)]
struct Seen {
    macs: HashSet<[u8; 32]>,
    oldest_first: VecDeque<[u8; 32]>,
}

const MOST_SEEN: usize = 10_000;

impl fmt::Debug for WarmSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WarmSecrets(..)")
    }
}

impl WarmSecrets {
    /// An empty memory, under a key that only this process has.
    pub fn new(random: &Random) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self(Arc::new(Warm {
            key: Zeroizing::new(random.bytes()?),
            seen: Mutex::default(),
            slots: Arc::new(Semaphore::new(cores)),
        })))
    }

    /// Is `secret` one that `credential` authenticates with now? A secret with the form of one made
    /// here is only ever compared by digest, any other only ever by Argon2id, and where there is
    /// nothing to compare with, with nobody's: so the cost gives nothing away about the client.
    async fn verify(
        &self,
        secret: ClientSecret,
        credential: Option<&Credential>,
        now: Timestamp,
    ) -> Result<bool> {
        let verifiers = credential.map_or([None, None], |credential| credential.verifiers(now));
        if secret.origin() == Origin::Made {
            let digests = verifiers.map(|verifier| match verifier {
                Some(Verifier::Digest(digest)) => Some(digest),
                _ => None,
            });
            return Ok(fits_digest(&secret, digests));
        }
        // At most one of the two is a hash: a reset always puts a secret made here in front.
        let hash = verifiers
            .into_iter()
            .flatten()
            .find_map(|verifier| match verifier {
                Verifier::Argon2(hash) => Some(hash.as_str()),
                Verifier::Digest(_) => None,
            });
        let hash = hash.unwrap_or(NOBODYS_HASH);
        let mac = self.mac(&secret, hash)?;
        if self.seen().macs.contains(&mac) {
            return Ok(true);
        }
        let fits = self.fits_slowly(secret, hash.to_owned()).await?;
        if fits {
            self.remember(mac);
        }
        Ok(fits)
    }

    async fn fits_slowly(&self, secret: ClientSecret, hash: String) -> Result<bool> {
        let slot = Arc::clone(&self.0.slots)
            .acquire_owned()
            .await
            .map_err(|_| Error::unexpected("the slots for Argon2 are closed"))?;
        tokio::task::spawn_blocking(move || {
            let _slot = slot;
            fits_hash(&secret, &hash)
        })
        .await
        .map_err(|_| Error::unexpected("the thread for Argon2 was lost"))
    }

    fn mac(&self, secret: &ClientSecret, hash: &str) -> Result<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.0.key)
            .map_err(|_| Error::unexpected("HMAC refuses its key"))?;
        mac.update(&(hash.len() as u64).to_le_bytes());
        mac.update(hash.as_bytes());
        mac.update(secret.expose().as_bytes());
        Ok(mac.finalize().into_bytes().into())
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, mac: [u8; 32]) {
        let mut seen = self.seen();
        if seen.macs.insert(mac) {
            seen.oldest_first.push_back(mac);
            if seen.oldest_first.len() > MOST_SEEN
                && let Some(oldest) = seen.oldest_first.pop_front()
            {
                seen.macs.remove(&oldest);
            }
        }
    }
}
