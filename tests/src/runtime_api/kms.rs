//! A KMS at a URL for functions that are processes of their own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_kms::Client;
use aws_sdk_kms::config::{Credentials, Region};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use functions::kms::{KmsKeys, tuned};
use serde_json::{Value, json};
use shared::Random;

use super::Server;
use super::dynamodb::trace_of;

/// A KMS with one key: a stand-in on 127.0.0.1, or another's that is reached by HTTP.
#[derive(Debug)]
pub struct Kms {
    url: String,
    key: String,
    here: Option<(Arc<Mutex<StandIn>>, Server)>,
}

/// A fault of the stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It refuses with this code, in a message that says more than it should.
    Refuses(&'static str),
    /// It is asked too much of, so many times.
    Throttles(usize),
    /// It takes the request and says nothing.
    IsSilent,
}

/// The state of the stand-in, and the calls to it.
#[derive(Debug, Default)]
struct StandIn {
    wrapped: BTreeMap<String, DataKey>,
    calls: Vec<(String, Value)>,
    traces: Vec<Option<String>>,
    trouble: Option<Trouble>,
}

#[derive(Debug)]
struct DataKey {
    plain: String,
    context: Value,
    key: Value,
}

impl Kms {
    /// Connects to the one at `COUNTERSIGN_TEST_KMS` with a new key, or starts the stand-in.
    pub async fn start() -> Self {
        let Ok(url) = std::env::var("COUNTERSIGN_TEST_KMS") else {
            return Self::stand_in().await;
        };
        let made = client(&url).create_key().send().await.unwrap();
        Self {
            url,
            key: made.key_metadata.unwrap().arn.unwrap(),
            here: None,
        }
    }

    /// Starts the stand-in, which can be made to fail.
    pub async fn stand_in() -> Self {
        let kept = Arc::new(Mutex::new(StandIn::default()));
        let router = Router::new().fallback(call).with_state(Arc::clone(&kept));
        let server = Server::start(router).await;
        Self {
            url: format!("http://{}", server.address),
            key: local::iam::key_arn("SealingKey"),
            here: Some((kept, server)),
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the key's ARN.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns a wrapper of data keys with this KMS and all rights.
    pub fn keys(&self) -> KmsKeys {
        KmsKeys::new(client(&self.url), &self.key)
    }

    /// Makes its calls fail like this from now on.
    pub fn gets_into(&self, trouble: Trouble) {
        self.kept().trouble = Some(trouble);
    }

    /// Lets its calls succeed again.
    pub fn recovers(&self) {
        self.kept().trouble = None;
    }

    /// Returns the calls since the last time: the action and its JSON.
    pub fn asked(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.kept().calls)
    }

    /// Returns the tracing headers of the calls since the last time.
    pub fn traces(&self) -> Vec<Option<String>> {
        std::mem::take(&mut self.kept().traces)
    }

    /// Returns whether a text contains one of its data keys, in any encoding.
    pub fn is_in(&self, text: &str) -> bool {
        self.kept().wrapped.values().any(|key| {
            let plain = STANDARD.decode(&key.plain).unwrap();
            let digits = plain.iter().map(|byte| format!("{byte:02x}"));
            let hexadecimal = digits.collect::<Vec<_>>().concat();
            let listed = format!("{plain:?}");
            text.contains(&key.plain)
                || text.to_lowercase().contains(&hexadecimal)
                || text.contains(listed.trim_matches(['[', ']']))
        })
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, StandIn> {
        let (kept, _) = self.here.as_ref().expect("this is about the stand-in");
        kept.lock().unwrap()
    }
}

fn client(url: &str) -> Client {
    let config = tuned(aws_sdk_kms::Config::builder())
        .region(Region::new(local::iam::REGION))
        .credentials_provider(Credentials::new("local", "local", None, None, "the suite"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url);
    Client::from_conf(config.build())
}

async fn call(
    State(kept): State<Arc<Mutex<StandIn>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let target = headers["x-amz-target"].to_str().unwrap();
    let action = target.strip_prefix("TrentService.").unwrap();
    let signed_for = headers["authorization"].to_str().unwrap();
    assert!(signed_for.contains("/kms/aws4_request"), "{signed_for}");
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let answered = {
        let mut kept = kept.lock().unwrap();
        kept.traces.push(trace_of(&headers));
        kept.answer(action, &asked)
    };
    let (status, answer) = match answered {
        Some(Ok(answer)) => (200, answer),
        Some(Err((code, message))) => (400, json!({"__type": code, "message": message})),
        None => std::future::pending().await,
    };
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amzn-requestid", "4f1b6a3e-the-request")
        .body(Body::from(answer.to_string()))
        .unwrap()
}

type Refusal = (&'static str, String);

impl StandIn {
    fn answer(&mut self, action: &str, asked: &Value) -> Option<Result<Value, Refusal>> {
        self.calls.push((action.to_owned(), asked.clone()));
        match &mut self.trouble {
            Some(Trouble::IsSilent) => return None,
            Some(Trouble::Refuses(code)) => {
                let keys: Vec<_> = self.wrapped.values().map(|key| &key.plain).collect();
                return Some(Err((code, format!("an indiscreet message: {keys:?}"))));
            }
            Some(Trouble::Throttles(left)) if *left > 0 => {
                *left -= 1;
                return Some(Err(("ThrottlingException", "Rate exceeded".to_owned())));
            }
            _ => {}
        }
        Some(match action {
            "GenerateDataKey" => Ok(self.generate(asked)),
            "Decrypt" => self.decrypt(asked),
            other => Err(("UnknownOperationException", other.to_owned())),
        })
    }

    fn generate(&mut self, asked: &Value) -> Value {
        assert_eq!(asked["KeySpec"], "AES_256");
        let bytes = |_| STANDARD.encode(Random::default().bytes::<32>().unwrap());
        let [plain, wrapped] = [0, 1].map(bytes);
        let made = json!({
            "KeyId": asked["KeyId"], "Plaintext": plain, "CiphertextBlob": wrapped
        });
        let key = DataKey {
            plain,
            context: asked["EncryptionContext"].clone(),
            key: asked["KeyId"].clone(),
        };
        self.wrapped.insert(wrapped, key);
        made
    }

    fn decrypt(&self, asked: &Value) -> Result<Value, Refusal> {
        let wrapped = asked["CiphertextBlob"].as_str().unwrap_or_default();
        let invalid = || ("InvalidCiphertextException", String::new());
        let key = self.wrapped.get(wrapped).ok_or_else(invalid)?;
        if key.key != asked["KeyId"] {
            return Err(("IncorrectKeyException", String::new()));
        }
        if key.context != asked["EncryptionContext"] {
            return Err(invalid());
        }
        Ok(json!({
            "KeyId": key.key, "Plaintext": key.plain, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"
        }))
    }
}
