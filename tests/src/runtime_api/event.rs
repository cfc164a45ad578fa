//! Events that API Gateway makes of requests: payload format 2.0 of HTTP APIs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::app::secret_of;
use crate::caller::form;

/// A request, as it reaches a function.
#[derive(Clone, Debug)]
pub struct Event(Value);

impl Event {
    /// Returns a `POST` with the arguments as a form. API Gateway passes forms on in base64.
    pub fn post(path: &str, arguments: &[(&str, &str)]) -> Self {
        let body = STANDARD.encode(form(arguments));
        let mut event =
            Self::new("POST", path, "").header("content-type", "application/x-www-form-urlencoded");
        event.0["body"] = body.into();
        event.0["isBase64Encoded"] = true.into();
        event
    }

    /// Returns a `GET` with the arguments in the query.
    pub fn get(path: &str, arguments: &[(&str, &str)]) -> Self {
        Self::new("GET", path, &form(arguments))
    }

    /// Returns a `DELETE` without a body.
    pub fn delete(path: &str) -> Self {
        Self::new("DELETE", path, "")
    }

    /// Returns a request of the admin API, with a JSON body.
    pub fn json_body(method: &str, path: &str, body: &Value) -> Self {
        let event = Self::new(method, path, "").header("content-type", "application/json");
        event.text(&body.to_string())
    }

    fn new(method: &str, path: &str, query: &str) -> Self {
        let route_key = format!("{method} {path}");
        Self(json!({
            "version": "2.0",
            "routeKey": route_key,
            "rawPath": path,
            "rawQueryString": query,
            "headers": {
                "accept": "*/*",
                "host": "api1234567.execute-api.us-east-1.amazonaws.com",
                "user-agent": "suite/1.0",
                "x-amzn-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https"
            },
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api1234567",
                "domainName": "api1234567.execute-api.us-east-1.amazonaws.com",
                "domainPrefix": "api1234567",
                "http": {
                    "method": method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "suite/1.0"
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": route_key,
                "stage": "$default",
                "time": "21/Nov/2026:00:00:00 +0000",
                "timeEpoch": 2_110_838_400_000_i64
            },
            "isBase64Encoded": false
        }))
    }

    /// Adds the credentials of a client of the seed.
    #[must_use]
    pub fn by(self, client: &str) -> Self {
        self.basic(client, &secret_of(client))
    }

    /// Adds HTTP Basic credentials.
    #[must_use]
    pub fn basic(self, id: &str, secret: &str) -> Self {
        let pair = STANDARD.encode(format!("{id}:{secret}"));
        self.header("authorization", &format!("Basic {pair}"))
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0["headers"][name] = value.into();
        self
    }

    /// Sets the caller's address, as the gateway saw it.
    #[must_use]
    pub fn from(mut self, address: &str) -> Self {
        self.0["requestContext"]["http"]["sourceIp"] = address.into();
        self
    }

    /// Sets a body of text.
    #[must_use]
    pub fn text(mut self, body: &str) -> Self {
        self.0["body"] = body.into();
        self.0["isBase64Encoded"] = false.into();
        self
    }

    /// Sets the path parameters of this route, which has parts in braces.
    #[must_use]
    pub fn on_route(mut self, route: &str) -> Self {
        let path = self.0["rawPath"].as_str().unwrap_or_default().to_owned();
        for (name, value) in route.split('/').zip(path.split('/')) {
            if let Some(name) = name
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'))
            {
                self.0["pathParameters"][name] = value.into();
            }
        }
        self
    }

    /// Returns the event's JSON.
    pub fn json(&self) -> Value {
        self.0.clone()
    }
}
