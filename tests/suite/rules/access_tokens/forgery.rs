//! A forger: has a genuine token, all that is public, and keys of their own.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign_tests::App;
use countersign_tests::access_tokens::{claims_of, header_of, parts, token_of};
use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING,
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use serde_json::{Value, json};

/// The means of a forger.
pub(super) struct Forger {
    /// A genuine token.
    pub(super) token: String,
    pub(super) header: Value,
    pub(super) claims: Value,
    pub(super) signature: Vec<u8>,
    /// Another one of the same client.
    pub(super) other: String,
    /// A token of another application, which is genuine there.
    pub(super) foreign: String,
    /// The public half of the key of the genuine token, as it is published, and the whole set.
    pub(super) jwk: Value,
    pub(super) jwks: String,
    random: SystemRandom,
}

/// The key that a forger signs with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pen {
    P256,
    /// The same, but the signature has the form that TLS has it in.
    P256InDer,
    P384,
    Ed25519,
    /// As many random bytes.
    Random(usize),
}

/// A part of a token.
pub(super) fn part(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

impl Forger {
    pub(super) async fn at(app: &App) -> Self {
        // One whose signature looks different in the alphabets of base 64.
        let token = loop {
            let token = token_of(app, "login_client").await;
            let signature = token.rsplit('.').next().unwrap();
            if signature.contains(['-', '_']) {
                break token;
            }
        };
        let jwks = app.read("/.well-known/jwks.json").await.body;
        let set: Value = serde_json::from_str(&jwks).unwrap();
        let header = header_of(&token);
        let mut keys = set["keys"].as_array().unwrap().iter();
        let [_, _, signature] = parts(&token);
        Self {
            jwk: keys
                .find(|key| key["kid"] == header["kid"])
                .unwrap()
                .clone(),
            claims: claims_of(&token),
            header,
            signature,
            token,
            other: token_of(app, "login_client").await,
            foreign: token_of(app, "foreigner").await,
            jwks,
            random: SystemRandom::new(),
        }
    }

    /// The encoded parts of the genuine token.
    pub(super) fn encoded(&self) -> [&str; 3] {
        let parts: Vec<_> = self.token.split('.').collect();
        parts.try_into().unwrap()
    }

    /// The genuine header with something else in it.
    pub(super) fn header_with(&self, name: &str, value: Value) -> String {
        with(&self.header, name, value)
    }

    /// The genuine claims with something else in them.
    pub(super) fn claims_with(&self, name: &str, value: Value) -> String {
        with(&self.claims, name, value)
    }

    /// The point of the published key, uncompressed.
    pub(super) fn point(&self) -> Vec<u8> {
        let [x, y] =
            ["x", "y"].map(|name| URL_SAFE_NO_PAD.decode(self.jwk[name].as_str().unwrap()));
        [vec![4], x.unwrap(), y.unwrap()].concat()
    }

    /// The published key as most libraries take it: SPKI (RFC 5480) in DER.
    pub(super) fn spki(&self) -> Vec<u8> {
        let head = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA=";
        [STANDARD.decode(head).unwrap(), self.point()].concat()
    }

    /// The same in PEM.
    pub(super) fn pem(&self) -> String {
        let text = STANDARD.encode(self.spki());
        let (first, second) = text.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }

    fn pair(&self, algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &self.random).unwrap();
        EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &self.random).unwrap()
    }

    /// A token of these texts, signed with a fresh key of the forger's.
    pub(super) fn signed(&self, pen: Pen, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", part(header), part(claims));
        let message = signed.as_bytes();
        let by = |algorithm| {
            let signature = self.pair(algorithm).sign(&self.random, message).unwrap();
            signature.as_ref().to_vec()
        };
        let signature = match pen {
            Pen::P256 => by(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Pen::P256InDer => by(&ECDSA_P256_SHA256_ASN1_SIGNING),
            Pen::P384 => by(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Pen::Ed25519 => {
                let document = Ed25519KeyPair::generate_pkcs8(&self.random).unwrap();
                let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
                pair.sign(message).as_ref().to_vec()
            }
            Pen::Random(length) => self.random_bytes(length),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub(super) fn random_bytes(&self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.random.fill(&mut bytes).unwrap();
        bytes
    }

    /// A token whose header brings along the very key that signed it, under that key's own name.
    pub(super) fn bringing_its_key(&self, claims: &str) -> String {
        let pair = self.pair(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let point = pair.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..]].map(|half| URL_SAFE_NO_PAD.encode(half));
        let thumbprint = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, thumbprint.as_bytes()));
        let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": kid, "x": x, "y": y});
        let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": kid, "jwk": jwk});
        let signed = format!("{}.{}", part(&header.to_string()), part(claims));
        let signature = pair.sign(&self.random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A token under a message authentication code, whose key is something that is public.
    pub(super) fn authenticated(
        &self,
        algorithm: hmac::Algorithm,
        name: &str,
        key: &[u8],
    ) -> String {
        let header = self.header_with("alg", name.into());
        let signed = format!("{}.{}", part(&header), self.encoded()[1]);
        let tag = hmac::sign(&hmac::Key::new(algorithm, key), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// The genuine header and claims under another signature.
    pub(super) fn under(&self, signature: &[u8]) -> String {
        self.under_text(&URL_SAFE_NO_PAD.encode(signature))
    }

    /// The same, with the signature as it stands there.
    pub(super) fn under_text(&self, signature: &str) -> String {
        let [header, claims, _] = self.encoded();
        format!("{header}.{claims}.{signature}")
    }

    /// Another header over the genuine claims and the genuine signature.
    pub(super) fn with_header(&self, header: &str) -> String {
        let [_, claims, signature] = self.encoded();
        format!("{}.{claims}.{signature}", part(header))
    }

    /// Other claims under the genuine header and the genuine signature.
    pub(super) fn with_claims(&self, claims: &str) -> String {
        let [header, _, signature] = self.encoded();
        format!("{header}.{}.{signature}", part(claims))
    }
}

fn with(object: &Value, name: &str, value: Value) -> String {
    let mut object = object.clone();
    object[name] = value;
    object.to_string()
}
