//! Finding the credentials in a request.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::header::AUTHORIZATION;
use zeroize::Zeroizing;

use crate::admission::call::Call;
use crate::error::{Error, Result};
use crate::ids::ClientId;
use crate::secrets::client_secret::ClientSecret;
use crate::wire::arguments::Arguments;
use crate::wire::route::Envelope;

/// Credentials as they came.
pub(super) enum Presented {
    /// An ID and its secret: in all the ways in which they can be read, at least one.
    Secret(Vec<Reading>),
    /// A signature of the request.
    Signature(Option<ClientId>, Vec<u8>),
}

/// An ID and a secret.
pub(super) struct Reading {
    /// `None` for an ID that no client can have.
    pub(super) client: Option<ClientId>,
    pub(super) secret: ClientSecret,
}

impl Reading {
    fn of([mut id, mut secret]: [Text; 2]) -> Self {
        Self {
            client: client(&mut id),
            secret: ClientSecret::from_outside(std::mem::take(&mut *secret)),
        }
    }
}

fn client(id: &mut Text) -> Option<ClientId> {
    ClientId::try_from(std::mem::take(&mut **id)).ok()
}

type Text = Zeroizing<String>;

/// The content of an `Authorization` header.
enum Header {
    Basic([Text; 2]),
    Signature(Text, Vec<u8>),
}

impl Presented {
    /// Returns the credentials of a request, as its API expects them.
    pub(super) fn find(call: &Call<'_>) -> Result<Self> {
        let header = header(call)?;
        match call.envelope {
            Envelope::OAuth => Self::for_a_token(header, call.arguments),
            _ => Self::for_an_operation(header, call.arguments),
        }
    }

    /// Reads HTTP Basic (RFC 7617), a signature, or the parameters `client_id` and `client_secret`.
    ///
    /// Given both ways, they must agree (machine API contract, section 2).
    fn for_an_operation(header: Option<Header>, arguments: &Arguments) -> Result<Self> {
        let (id, secret, signature) = match header {
            None => (None, None, None),
            Some(Header::Basic([id, secret])) => (Some(id), Some(secret), None),
            Some(Header::Signature(id, signature)) => (Some(id), None, Some(signature)),
        };
        let id = agreed("client_id", id, arguments.credential("client_id")?)?;
        if let Some(signature) = signature {
            let mut id = id.ok_or(Error::BadCredentials)?;
            return Ok(Self::Signature(client(&mut id), signature));
        }
        let parameter = arguments.credential("client_secret")?;
        match (id, agreed("client_secret", secret, parameter)?) {
            (Some(id), Some(secret)) => Ok(Self::Secret(vec![Reading::of([id, secret])])),
            _ => Err(Error::BadCredentials),
        }
    }

    /// HTTP Basic or the parameters, not both (RFC 6749, section 2.3); beside Basic, `client_id` may
    /// say the same again. Basic is percent-encoded there (section 2.3.1), which not every client
    /// does: so it is understood in both ways.
    fn for_a_token(header: Option<Header>, arguments: &Arguments) -> Result<Self> {
        let [id, secret] = ["client_id", "client_secret"].map(|name| arguments.credential(name));
        let readings = match (header, id?, secret?) {
            (None, Some(id), Some(secret)) => vec![Reading::of([id, secret])],
            (Some(Header::Basic(_)), _, Some(_)) => {
                return Err(Error::invalid(
                    "client_secret",
                    "credentials come in the Authorization header or in the body, not in both",
                ));
            }
            (Some(Header::Basic(plain)), id, None) => {
                let decoded = plain
                    .each_ref()
                    .map(|text| Arguments::unescaped(text.as_bytes()));
                let mut readings = match decoded {
                    [Some(id), Some(secret)] => vec![[id, secret]],
                    _ => Vec::new(),
                };
                if readings.first() != Some(&plain) {
                    readings.push(plain);
                }
                if let Some(id) = id {
                    readings.retain(|[of_header, _]| *of_header == id);
                    if readings.is_empty() {
                        return Err(Error::invalid(
                            "client_id",
                            "it is not the one of the Authorization header",
                        ));
                    }
                }
                readings.into_iter().map(Reading::of).collect()
            }
            (Some(Header::Signature(..)), ..) => return Err(Error::UnsupportedScheme),
            (None, ..) => return Err(Error::BadCredentials),
        };
        Ok(Self::Secret(readings))
    }
}

fn header(call: &Call<'_>) -> Result<Option<Header>> {
    let mut headers = call.request.headers.get_all(AUTHORIZATION).iter();
    match (headers.next(), headers.next()) {
        (None, _) => Ok(None),
        (Some(header), None) => {
            let header = header.to_str().map_err(|_| Error::BadCredentials)?;
            read(header).map(Some)
        }
        (Some(_), Some(_)) => Err(Error::BadCredentials),
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
            [id, secret].map(|text| Zeroizing::new(text.to_owned())),
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
