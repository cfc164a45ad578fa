//! Callers over HTTP, and what they are answered.

use std::fmt::Write;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method, header};
use serde_json::Value;

/// Someone who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    http: Client,
    url: String,
    authorization: Vec<String>,
    /// Whether replies are held to the description of the API.
    is_held: bool,
}

/// A reply, with the bytes it consisted of.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: header::HeaderMap,
    pub body: String,
}

/// Returns an HTTP client that calls from a given address of this machine: all of 127.0.0.0/8 is ours.
pub fn http_from(address: &str) -> Client {
    let address: IpAddr = address.parse().unwrap();
    Client::builder()
        .local_address(address)
        .no_proxy()
        .build()
        .unwrap()
}

/// Arguments as a form.
pub fn form(arguments: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in arguments {
        if !form.is_empty() {
            form.push('&');
        }
        escape(name, &mut form);
        form.push('=');
        escape(value, &mut form);
    }
    form
}

fn escape(text: &str, form: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' => form.push(byte.into()),
            _ => write!(form, "%{byte:02X}").unwrap(),
        }
    }
}

impl Caller {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            http: http_from("127.0.0.1"),
            url: url.to_owned(),
            authorization: Vec::new(),
            is_held: true,
        }
    }

    /// Returns the same caller of a stand-in for the bootstrap, which answers what no operation does.
    #[must_use]
    pub fn of_a_stand_in(mut self) -> Self {
        self.is_held = false;
        self
    }

    /// Returns the same caller at another server.
    pub fn at(url: &str) -> Self {
        Self::new(url)
    }

    /// Adds HTTP Basic credentials.
    #[must_use]
    pub fn basic(mut self, id: &str, secret: &str) -> Self {
        self.authorization = vec![format!(
            "Basic {}",
            STANDARD.encode(format!("{id}:{secret}"))
        )];
        self
    }

    /// Replaces the credentials with these `Authorization` headers.
    #[must_use]
    pub fn authorization(mut self, headers: &[&str]) -> Self {
        self.authorization = headers.iter().map(ToString::to_string).collect();
        self
    }

    /// Changes to another address of this machine.
    #[must_use]
    pub fn from(mut self, address: &str) -> Self {
        self.http = http_from(address);
        self
    }

    /// Sends a `POST` with the arguments as a form.
    pub async fn post(&self, path: &str, arguments: &[(&str, &str)]) -> Reply {
        self.post_raw(path, "application/x-www-form-urlencoded", form(arguments))
            .await
    }

    /// Sends a `POST` with any body.
    pub async fn post_raw(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        self.send(
            Method::POST,
            path,
            &[("content-type", content_type)],
            body.into(),
        )
        .await
    }

    /// Sends a `GET` with the arguments in the query.
    pub async fn get(&self, path: &str, arguments: &[(&str, &str)]) -> Reply {
        let path = if arguments.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", form(arguments))
        };
        self.send(Method::GET, &path, &[], reqwest::Body::default())
            .await
    }

    /// Sends a `POST` to a server that may go away.
    pub async fn try_post(&self, path: &str, arguments: &[(&str, &str)]) -> reqwest::Result<Reply> {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.try_send(Method::POST, path, &headers, form(arguments).into())
            .await
    }

    /// Sends any request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: reqwest::Body,
    ) -> Reply {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    /// Sends any request to a server that may go away, or not read it to its end.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: reqwest::Body,
    ) -> reqwest::Result<Reply> {
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.url))
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        for value in &self.authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let response = request.send().await?;
        // What was sent, which a URL parser has put in order.
        let path = response.url().path().to_owned();
        let reply = Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await?,
        };
        if self.is_held {
            crate::described::hold(&method, &path, &reply);
        }
        Ok(reply)
    }
}

impl Reply {
    /// Returns the body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|fault| panic!("{fault}: {self:?}"))
    }

    /// Asserts that it is a success of the machine API, and returns its JSON.
    #[track_caller]
    pub fn ok(&self) -> Value {
        let json = self.json();
        assert_eq!(
            (self.status, &json["stat"]),
            (200, &Value::from("ok")),
            "{}",
            self.body
        );
        self.checked(json)
    }

    /// Asserts that it is this error of the machine API, and returns its description.
    #[track_caller]
    pub fn error(&self, code: u16, name: &str) -> String {
        let json = self.json();
        assert_eq!(
            (self.status, &json["stat"]),
            (200, &Value::from("error")),
            "{}",
            self.body
        );
        assert_eq!(
            (&json["code"], &json["error"]),
            (&Value::from(code), &Value::from(name)),
            "{}",
            self.body
        );
        assert_eq!(
            json.get("argument_name").is_some(),
            matches!(code, 100 | 200),
            "{}",
            self.body
        );
        assert_eq!(
            json["request_id"],
            self.header("x-request-id"),
            "{}",
            self.body
        );
        self.checked(json)["error_description"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Asserts that it is error 200 for this argument, and returns the reason.
    #[track_caller]
    pub fn invalid(&self, argument: &str) -> String {
        let words = self.error(200, "invalid_argument");
        assert_eq!(self.json()["argument_name"], argument, "{}", self.body);
        let frame = format!("{argument} was not valid for the following reason: ");
        words
            .strip_prefix(&frame)
            .unwrap_or_else(|| panic!("{words}"))
            .to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts the properties of every reply of the machine API.
    #[track_caller]
    fn checked(&self, json: Value) -> Value {
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(self.header("cache-control"), "no-store");
        let id = self.header("x-request-id");
        assert!(
            id.len() == 16
                && id
                    .bytes()
                    .all(|byte| b"23456789abcdefghjkmnpqrstuvwxyz".contains(&byte)),
            "{id}"
        );
        assert!(
            self.body
                .ends_with(&format!(",\"stat\":{}}}", json["stat"]))
                || self.body == r#"{"stat":"ok"}"#,
            "{}",
            self.body
        );
        json
    }
}
