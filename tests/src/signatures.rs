//! A signed request, made as the vendor's client libraries make it.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use sha1::Sha1;

use crate::{App, Caller, Reply, form};

/// Parameters that are credentials themselves, and so not signed.
const NOT_SIGNED: [&str; 3] = ["client_id", "client_secret", "access_token"];

/// A client that signs.
#[derive(Clone)]
pub struct Signer {
    pub id: String,
    pub secret: String,
    caller: Caller,
    clock: shared::Clock,
}

/// The place of the arguments in a signed request.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Query,
    Form,
    FormByGet,
    QueryBesideEmptyJson,
}

impl Transport {
    pub const ALL: [Self; 4] = [
        Self::Query,
        Self::Form,
        Self::FormByGet,
        Self::QueryBesideEmptyJson,
    ];
}

/// A request with its signature; what is changed after the signature does not fit it.
#[derive(Clone)]
pub struct Signed {
    pub path: String,
    pub parameters: Vec<(String, String)>,
    /// The `Date` header; none is sent if it is empty.
    pub date: String,
    /// The `Authorization` header, where it is not to be made of the rest.
    pub authorization: Option<String>,
    signer: Signer,
    transport: Transport,
}

impl Signer {
    pub fn new(app: &App, id: &str, secret: &str) -> Self {
        Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
            caller: app.stranger(),
            clock: app.clock.clone(),
        }
    }

    pub fn request(&self, path: &str, parameters: &[(&str, &str)]) -> Signed {
        let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        let signed = Signed {
            path: path.to_owned(),
            parameters: parameters.iter().map(owned).collect(),
            date: String::new(),
            authorization: None,
            signer: self.clone(),
            transport: Transport::Form,
        };
        signed.dated(0)
    }

    /// The header for this text.
    pub fn header(&self, text: &str) -> String {
        let mac = Hmac::<Sha1>::new_from_slice(self.secret.as_bytes()).unwrap();
        let signature = mac.chain_update(text).finalize().into_bytes();
        format!(
            "Signature {}:{}",
            self.id,
            BASE64_STANDARD.encode(signature)
        )
    }
}

impl Signed {
    #[must_use]
    pub fn by(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// So many seconds after the server's time.
    #[must_use]
    pub fn dated(mut self, seconds: i64) -> Self {
        let now = self.signer.clock.now().millis() / 1_000;
        let date = DateTime::from_secs(now + seconds).fmt(Format::DateTime);
        self.date = date.unwrap().replace('T', " ").replace('Z', "");
        self
    }

    /// From another address of this machine.
    #[must_use]
    pub fn from(mut self, address: &str) -> Self {
        self.signer.caller = self.signer.caller.from(address);
        self
    }

    /// Returns the text to sign, as the contract defines it.
    pub fn text(&self) -> String {
        let mut lines: Vec<_> = self
            .parameters
            .iter()
            .filter(|(name, _)| !NOT_SIGNED.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        lines.sort();
        let end = if lines.is_empty() { "" } else { "\n" };
        format!("{}\n{}\n{}{end}", self.path, self.date, lines.join("\n"))
    }

    /// With the signature of this text.
    #[must_use]
    pub fn signing(mut self, text: &str) -> Self {
        self.authorization = Some(self.signer.header(text));
        self
    }

    /// Signed now: later changes do not count.
    #[must_use]
    pub fn sealed(self) -> Self {
        let text = self.text();
        self.signing(&text)
    }

    pub async fn send(self) -> Reply {
        let this = if self.authorization.is_none() {
            self.sealed()
        } else {
            self
        };
        let given: Vec<_> = this
            .parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let (method, kind, in_query) = match this.transport {
            Transport::Query => (Method::GET, "", true),
            Transport::Form => (Method::POST, "application/x-www-form-urlencoded", false),
            Transport::FormByGet => (Method::GET, "application/x-www-form-urlencoded", false),
            Transport::QueryBesideEmptyJson => (Method::POST, "application/json", true),
        };
        let (path, body) = match (in_query, kind) {
            (true, "") => (format!("{}?{}", this.path, form(&given)), String::new()),
            (true, _) => (
                format!("{}?{}", this.path, form(&given)),
                r#""""#.to_owned(),
            ),
            (false, _) => (this.path.clone(), form(&given)),
        };
        let headers = [("date", this.date.as_str()), ("content-type", kind)];
        let headers: Vec<_> = headers
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let authorization = this.authorization.unwrap_or_default();
        this.signer
            .caller
            .authorization(&[&authorization])
            .send(method, &path, &headers, body.into())
            .await
    }
}
