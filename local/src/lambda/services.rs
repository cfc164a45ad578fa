//! DynamoDB and KMS at a URL, for functions that are processes of their own.
//!
//! Each function has its own credentials, which Lambda gives it. They lead a call to the function's
//! guards, which grant or deny it by its policy.

use std::collections::HashMap;
use std::sync::Arc;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use shared::store::Resource;
use shared::{ApplicationId, ENCRYPTION_CONTEXT, Error, Random, WrappedKey};

use super::Guards;
use crate::iam::key_arn;

/// The guards of all functions, by the session tokens of their credentials.
#[derive(Default)]
pub(super) struct Services {
    by_token: HashMap<String, Guards>,
}

/// The credentials that Lambda gives a function. Signatures are not checked here: the token is enough.
pub(super) struct Credentials {
    token: String,
}

impl Credentials {
    /// Returns them as environment variables.
    pub(super) fn variables(self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("AWS_SESSION_TOKEN", self.token),
        ]
    }
}

impl Services {
    /// Registers a function, and makes credentials for it.
    pub(super) fn admit(&mut self, guards: Guards, random: &Random) -> Result<Credentials, Error> {
        let token = random.id(32)?;
        self.by_token.insert(token.clone(), guards);
        Ok(Credentials { token })
    }

    pub(super) fn router(self) -> Router {
        Router::new()
            .fallback(call)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::new(self))
    }
}

async fn call(
    State(services): State<Arc<Services>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let token = text("x-amz-security-token").unwrap_or_default();
    let Some(guards) = services.by_token.get(token) else {
        let why = "The security token included in the request is invalid.";
        return refused("UnrecognizedClientException", why);
    };
    let target = text("x-amz-target").unwrap_or_default();
    match target.split_once('.') {
        Some(("TrentService", action)) => kms(guards, action, &body).await,
        Some(("DynamoDB_20120810", _)) => dynamodb(guards, target, &body).await,
        _ => refused("UnknownOperationException", ""),
    }
}

async fn dynamodb(guards: &Guards, target: &str, body: &[u8]) -> Response<Body> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    let json = "application/x-amz-json-1.0";
    request.headers_mut().insert("content-type", json);
    request
        .headers_mut()
        .insert("x-amz-target", target.to_owned());
    let passed = async {
        let mut answer = guards.dynamodb.forward(request).await.ok()?;
        let status = answer.status().as_u16();
        let body = ByteStream::new(answer.take_body()).collect().await.ok()?;
        Some((StatusCode::from_u16(status).ok()?, body.into_bytes()))
    };
    match passed.await {
        Some((status, body)) => (status, [("content-type", json)], body).into_response(),
        // A connection that breaks.
        None => Body::from_stream(futures_util::stream::iter([Err::<Bytes, _>(
            std::io::Error::other("the store's connection broke"),
        )]))
        .into_response(),
    }
}

async fn kms(guards: &Guards, action: &str, body: &[u8]) -> Response<Body> {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    if asked["KeyId"] != key_arn(Resource::SealingKey.logical_id()) {
        return refused("NotFoundException", "");
    }
    let context = asked["EncryptionContext"].as_object();
    let keys: Vec<_> = context
        .into_iter()
        .flatten()
        .map(|(name, _)| &**name)
        .collect();
    match guards.keys.pass(&format!("kms:{action}"), &keys) {
        Ok(()) => {}
        Err(Error::Busy) => return refused("ThrottlingException", "Rate exceeded"),
        Err(_) => {
            let why = "no identity-based policy allows it";
            return refused("AccessDeniedException", why);
        }
    }
    let application = asked["EncryptionContext"][ENCRYPTION_CONTEXT].as_str();
    let application = application.unwrap_or_default().to_owned();
    // A policy does not see the context's values. KMS itself refuses a wrong application.
    let Ok(application) = ApplicationId::try_from(application) else {
        return refused("InvalidCiphertextException", "");
    };
    let encoded = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    let key = &asked["KeyId"];
    let answer = match action {
        "GenerateDataKey" => guards.keys.keys.make(&application).await.map(|(plain, wrapped)| {
            json!({"KeyId": key, "Plaintext": encoded(plain.expose()), "CiphertextBlob": encoded(&wrapped.0)})
        }),
        "Decrypt" => {
            let wrapped = asked["CiphertextBlob"].as_str().unwrap_or_default();
            let wrapped = WrappedKey(BASE64_STANDARD.decode(wrapped).unwrap_or_default());
            let opened = guards.keys.keys.unwrap(&application, &wrapped).await;
            opened.map(|plain| json!({"KeyId": key, "Plaintext": encoded(plain.expose()), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}))
        }
        _ => return refused("UnknownOperationException", ""),
    };
    match answer {
        Ok(answer) => {
            let head = [("content-type", "application/x-amz-json-1.1")];
            (head, answer.to_string()).into_response()
        }
        Err(_) => refused("InvalidCiphertextException", ""),
    }
}

fn refused(kind: &str, message: &str) -> Response<Body> {
    let head = [("content-type", "application/x-amz-json-1.0")];
    let body = json!({"__type": kind, "message": message});
    (StatusCode::BAD_REQUEST, head, body.to_string()).into_response()
}
