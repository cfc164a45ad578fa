//! Finding the credentials in a request.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::header::AUTHORIZATION;
use zeroize::Zeroizing;

use crate::{Arguments, ClientId, ClientSecret, Error, Request, Result};

/// Credentials as they came.
pub(super) struct Presented {
    /// `None` for an ID that no client can have.
    pub(super) client: Option<ClientId>,
    pub(super) proof: Presentation,
}

/// What is to prove that the caller is that client.
pub(super) enum Presentation {
    /// Its secret.
    Secret(ClientSecret),
    /// A signature of the request.
    Signature(Vec<u8>),
}

type Text = Zeroizing<String>;

/// What an `Authorization` header holds.
enum Header {
    Basic(Text, Text),
    Signature(Text, Vec<u8>),
}

impl Presented {
    /// HTTP Basic (RFC 7617), a signature, or the parameters `client_id` and `client_secret`; given
    /// both ways they must agree (contract section 2).
    pub(super) fn find(request: &Request, arguments: &Arguments) -> Result<Self> {
        let mut headers = request.headers.get_all(AUTHORIZATION).iter();
        let header = match (headers.next(), headers.next()) {
            (None, _) => None,
            (Some(header), None) => {
                Some(read(header.to_str().map_err(|_| Error::BadCredentials)?)?)
            }
            (Some(_), Some(_)) => return Err(Error::BadCredentials),
        };
        let (id, secret, signature) = match header {
            None => (None, None, None),
            Some(Header::Basic(id, secret)) => (Some(id), Some(secret), None),
            Some(Header::Signature(id, signature)) => (Some(id), None, Some(signature)),
        };
        let id = agreed("client_id", id, arguments.credential("client_id")?)?;
        let proof = match signature {
            Some(signature) => Some(Presentation::Signature(signature)),
            None => agreed(
                "client_secret",
                secret,
                arguments.credential("client_secret")?,
            )?
            .map(|mut secret| {
                Presentation::Secret(ClientSecret::from_outside(std::mem::take(&mut *secret)))
            }),
        };
        let (Some(mut id), Some(proof)) = (id, proof) else {
            return Err(Error::BadCredentials);
        };
        Ok(Self {
            client: ClientId::try_from(std::mem::take(&mut *id)).ok(),
            proof,
        })
    }
}

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

fn read(header: &str) -> Result<Header> {
    let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = Zeroizing::new(BASE64.decode(rest).map_err(|_| Error::BadCredentials)?);
        let text = std::str::from_utf8(&decoded).map_err(|_| Error::BadCredentials)?;
        let (id, secret) = text.split_once(':').ok_or(Error::BadCredentials)?;
        return Ok(Header::Basic(
            Zeroizing::new(id.to_owned()),
            Zeroizing::new(secret.to_owned()),
        ));
    }
    if scheme.eq_ignore_ascii_case("signature") {
        let (id, signature) = rest.rsplit_once(':').ok_or(Error::BadCredentials)?;
        let signature = BASE64
            .decode(signature)
            .map_err(|_| Error::BadCredentials)?;
        return Ok(Header::Signature(Zeroizing::new(id.to_owned()), signature));
    }
    Err(if scheme.is_empty() {
        Error::BadCredentials
    } else {
        Error::UnsupportedScheme
    })
}
