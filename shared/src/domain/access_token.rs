//! Access tokens: JSON Web Tokens with the profile of RFC 9068, signed with ES256.
//!
//! The reader accepts exactly what is written here: one algorithm, one type and one set of claims.
//! Before the signature is checked, it takes only the key's name from a token.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use crate::clock::Timestamp;
use crate::domain::audience::Audience;
use crate::domain::client::ModuleGrants;
use crate::error::{Error, Result};
use crate::ids::ClientId;
use crate::schema::described;
use crate::secrets::signing_key::{KeyId, KeyRing, SigningKey, TOKEN_LIFE};

/// Lifetime of an access token in seconds (administration contract, section 7).
pub const TOKEN_SECONDS: u64 = TOKEN_LIFE.as_secs();

/// Leeway in seconds for a token from the future, because clocks differ.
const LEEWAY: i64 = 10;

/// Longer than any token that is made here: a hundred modules and twenty audiences take 25 kB.
const MOST_BYTES: usize = 32 * 1024;

/// The only algorithm: ECDSA over P-256 with SHA-256.
const ALGORITHM: &str = "ES256";
/// The only type (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";

/// An access token. Whoever has it can use it, so `Debug` does not show it. Serialising it is the one
/// way out.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct AccessToken(SecretString);

described! {
    AccessToken: { "type": "string", "format": "password", "minLength": 1, "examples": ["eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJleGFtcGxlIn0.c2lnbmF0dXJl"], "description": "An access token: a JSON Web Token as RFC 9068 has it." }
}

impl From<String> for AccessToken {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

impl Serialize for AccessToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

/// A scope of a token: a module, or Administrator of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Scope {
    module: String,
    administrator: bool,
}

/// Suffix of the scope for Administrator of a module.
const ADMINISTRATOR: &str = ":admin";

impl Scope {
    fn parse(text: &str) -> Self {
        match text.strip_suffix(ADMINISTRATOR) {
            Some(module) => Self {
                module: module.to_owned(),
                administrator: true,
            },
            None => Self {
                module: text.to_owned(),
                administrator: false,
            },
        }
    }

    fn is_within(&self, grants: &ModuleGrants) -> bool {
        let grant = grants.get(&self.module);
        grant.is_some_and(|grant| grant.administrator || !self.administrator)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.module)?;
        f.write_str(if self.administrator {
            ADMINISTRATOR
        } else {
            ""
        })
    }
}

/// The scopes of a token (RFC 6749, section 3.3): `payments`, and `payments:admin` for Administrator.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(from = "String", into = "String")]
pub struct Scopes(BTreeSet<Scope>);

described! {
    Scopes: {
        "type": "string",
        "examples": ["payments payments:admin"],
        "description": "Scopes, with spaces between them. A scope is the key of a module, or the key followed by `:admin` for Administrator of that module."
    }
}

impl Scopes {
    /// Returns all that a client's modules let it into.
    pub(crate) fn of(grants: &ModuleGrants) -> Self {
        let of_module = |(module, grant): (&String, &crate::domain::client::ModuleGrant)| {
            let plain = Scope {
                module: module.clone(),
                administrator: false,
            };
            let administrator = Scope {
                administrator: true,
                ..plain.clone()
            };
            [Some(plain), grant.administrator.then_some(administrator)]
        };
        Self(grants.iter().flat_map(of_module).flatten().collect())
    }

    /// Returns whether a client's modules let it into all of them.
    pub(crate) fn are_within(&self, grants: &ModuleGrants) -> bool {
        self.0.iter().all(|scope| scope.is_within(grants))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Scopes {
    fn from(text: String) -> Self {
        let scopes = text.split(' ').filter(|scope| !scope.is_empty());
        Self(scopes.map(Scope::parse).collect())
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        let scopes: Vec<_> = scopes.0.iter().map(Scope::to_string).collect();
        scopes.join(" ")
    }
}

/// The header of a token. A token with any other parameter is not one of ours.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: KeyId,
}

/// The claims of a token (RFC 9068, section 2.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    /// The issuer: the URL of the API.
    pub(crate) iss: String,
    /// The subject: the client itself.
    pub(crate) sub: ClientId,
    pub(crate) client_id: ClientId,
    /// The audiences.
    pub(crate) aud: OneOrMore,
    /// Seconds since the epoch.
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    /// Its own name, under which it is revoked.
    pub(crate) jti: String,
    pub(crate) scope: Scopes,
}

/// A single audience stands by itself, and more stand in a list (RFC 7519, section 4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "TokenAudience")]
pub(crate) enum OneOrMore {
    One(Audience),
    More(Vec<Audience>),
}

impl From<Vec<Audience>> for OneOrMore {
    fn from(mut audiences: Vec<Audience>) -> Self {
        match (audiences.len(), audiences.pop()) {
            (1, Some(only)) => Self::One(only),
            (_, last) => {
                audiences.extend(last);
                Self::More(audiences)
            }
        }
    }
}

/// The claims of an active token (RFC 7662, section 2.2).
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActiveToken {
    iss: String,
    sub: ClientId,
    client_id: ClientId,
    aud: OneOrMore,
    /// Seconds since the epoch.
    iat: i64,
    /// Seconds since the epoch.
    exp: i64,
    jti: String,
    scope: Scopes,
    token_type: TokenType,
}

/// The type of the token: a bearer token (RFC 6750).
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub enum TokenType {
    /// The only kind that there is.
    Bearer,
}

impl From<Claims> for ActiveToken {
    fn from(claims: Claims) -> Self {
        Self {
            iss: claims.iss,
            sub: claims.sub,
            client_id: claims.client_id,
            aud: claims.aud,
            iat: claims.iat,
            exp: claims.exp,
            jti: claims.jti,
            scope: claims.scope,
            token_type: TokenType::Bearer,
        }
    }
}

impl Claims {
    /// Returns the token that says this, signed.
    pub(crate) fn sign(&self, key: &SigningKey) -> Result<AccessToken> {
        let header = Header {
            alg: ALGORITHM,
            typ: TYPE,
            kid: key.id().clone(),
        };
        let mut token = format!("{}.{}", part(&header)?, part(self)?);
        let signature = key.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(AccessToken::from(token))
    }

    /// Returns the claims of a token of `issuer`, signed with a key of this ring and valid at `now`.
    ///
    /// Returns `None` for anything else.
    pub(crate) fn verified(
        token: &AccessToken,
        ring: &KeyRing,
        issuer: &str,
        now: Timestamp,
    ) -> Option<Self> {
        let token = token.0.expose_secret();
        // Before any decoding, so that a stranger's long text costs nothing.
        if token.len() > MOST_BYTES {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header = object(header)?;
        let header: Header<'_> = serde_json::from_slice(&header).ok()?;
        // Otherwise a token could choose its algorithm, or another JWT pass as an access token (RFC 8725, 3.1 and 3.11).
        if header.alg != ALGORITHM || header.typ != TYPE {
            return None;
        }
        let key = ring.verifying(&header.kid, now)?;
        // Over the text as it came: encoding it again might sign something else than was read.
        if !key.verifies(signed.as_bytes(), &bytes(signature)?) {
            return None;
        }
        let claims: Self = serde_json::from_slice(&object(claims)?).ok()?;
        let now = now.seconds();
        let lives = claims.iat <= now + LEEWAY
            && now < claims.exp
            // A key never signs another lifetime here, so a token with one is no token of ours.
            && claims.exp.checked_sub(claims.iat) == i64::try_from(TOKEN_SECONDS).ok();
        (lives && claims.iss == issuer && claims.sub == claims.client_id).then_some(claims)
    }
}

fn part<T: Serialize>(part: &T) -> Result<String> {
    let json = serde_json::to_vec(part)
        .map_err(|fault| Error::unexpected(format!("a token does not serialise: {fault}")))?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

/// Returns a part that is a JSON object. A list of values would be read as one, too.
fn object(part: &str) -> Option<Vec<u8>> {
    bytes(part).filter(|json| json.starts_with(b"{"))
}

/// Decodes strictly: without padding, and with zeros in the bits that are left over.
fn bytes(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

#[cfg(test)]
mod tests;
