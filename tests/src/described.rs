//! Checks of replies against the OpenAPI document: what the suite is answered must be described.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Registry, Validator};
use reqwest::Method;
use serde_json::Value;

use crate::caller::Reply;

/// Replies that the document does not describe: the operation, the status, and the reason.
const EXEMPTIONS: &[(&str, u16, &str)] = &[];

/// Headers that every answer may have. They say nothing of an operation.
const PLAIN_HEADERS: &[&str] = &[
    "access-control-allow-origin",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "cross-origin-resource-policy",
    "date",
    "pragma",
    "referrer-policy",
    "transfer-encoding",
    "x-content-type-options",
];

/// The statuses that the gateway answers with where a path leads to an operation.
const GATEWAY: &[u16] = &[400, 413, 429, 431, 500, 503];

const BASE: &str = "urn:countersign:openapi";

/// The document, prepared once for all tests of a process.
struct Description {
    document: &'static Value,
    registry: &'static Registry<'static>,
    /// The templates of paths, cut at their slashes.
    templates: Vec<(Vec<&'static str>, &'static str)>,
    /// By the pointer of the schema.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| {
    let document: &'static Value = Box::leak(Box::new(functions::openapi_document()));
    let registry = Registry::new()
        .draft(jsonschema::Draft::Draft202012)
        .add(BASE, document)
        .and_then(jsonschema::RegistryBuilder::prepare)
        .expect("the document is a JSON Schema resource");
    let templates = document["paths"].as_object().unwrap().keys();
    Description {
        document,
        registry: Box::leak(Box::new(registry)),
        templates: templates
            .map(|template| (template.split('/').collect(), template.as_str()))
            .collect(),
        validators: Mutex::default(),
    }
});

/// Fails where a reply is not what the document describes for its request.
pub(crate) fn hold(method: &Method, path: &str, reply: &Reply) {
    // An answer to HEAD has no body to look at. No operation takes it, so that the gateway answers.
    if method == Method::HEAD {
        return;
    }
    if let Err(difference) = DESCRIPTION.compare(method, path, reply) {
        panic!(
            "{method} {path} answered what /openapi.json does not describe: {difference}\nstatus {}, headers {:?}, body {}",
            reply.status, reply.headers, reply.body
        );
    }
}

impl Description {
    fn compare(&self, method: &Method, path: &str, reply: &Reply) -> Result<(), String> {
        let Some((operation, pointer)) = self.operation(method, path) else {
            // What leads to no operation is answered by the gateway.
            return self.fits("/components/responses/Gateway", reply);
        };
        let id = operation["operationId"].as_str().unwrap_or_default();
        let is_exempt =
            |(exempt, status, _): &&(&str, u16, &str)| *exempt == id && *status == reply.status;
        if EXEMPTIONS.iter().any(|exemption| is_exempt(&exemption)) {
            return Ok(());
        }
        let described = operation["responses"]
            .as_object()
            .ok_or("it has no responses")?;
        let status = reply.status.to_string();
        let key = if described.contains_key(&status) {
            status.as_str()
        } else {
            "default"
        };
        let response = &described[key];
        let pointer = match response["$ref"].as_str() {
            Some(path) => path.trim_start_matches('#').to_owned(),
            None => format!("{pointer}/responses/{key}"),
        };
        // The gateway has some of these statuses, too. It answers before an operation is asked.
        if GATEWAY.contains(&reply.status)
            && self.fits("/components/responses/Gateway", reply).is_ok()
        {
            return Ok(());
        }
        self.fits(&pointer, reply).map_err(|difference| {
            let statuses: Vec<_> = described.keys().collect();
            format!("{id}, {pointer}: {difference}; it describes {statuses:?}")
        })
    }

    /// Returns the operation that a request leads to, and its place in the document. A path that stands
    /// there as it is goes before one with parameters.
    fn operation(&self, method: &Method, path: &str) -> Option<(&Value, String)> {
        let path = unescaped(path);
        let method = method.as_str().to_lowercase();
        let segments: Vec<_> = path.split('/').collect();
        let is_parameter = |part: &&&str| part.starts_with('{');
        let leads_there = |template: &[&str]| {
            template.len() == segments.len()
                && template.iter().zip(&segments).all(|(part, segment)| {
                    part == segment || (is_parameter(&part) && !segment.is_empty())
                })
        };
        let paths = &self.document["paths"];
        let fitting = self
            .templates
            .iter()
            .filter(|(template, path)| leads_there(template) && paths[path].get(&method).is_some());
        let (_, path) =
            fitting.min_by_key(|(template, _)| template.iter().filter(is_parameter).count())?;
        let pointer = format!(
            "/paths/{}/{method}",
            path.replace('~', "~0").replace('/', "~1")
        );
        Some((&paths[path][&method], pointer))
    }

    /// Compares a reply with the response at a place in the document.
    fn fits(&self, pointer: &str, reply: &Reply) -> Result<(), String> {
        let response = self
            .document
            .pointer(pointer)
            .ok_or("there is no such response")?;
        self.headers_fit(response, reply)?;
        let Some(content) = response["content"].as_object() else {
            return if reply.body.is_empty() {
                Ok(())
            } else {
                Err("it describes no body".to_owned())
            };
        };
        let essence = reply
            .header("content-type")
            .split(';')
            .next()
            .unwrap_or_default()
            .trim();
        if !content.contains_key(essence) {
            let media_types: Vec<_> = content.keys().collect();
            return Err(format!("it describes {media_types:?}, not {essence:?}"));
        }
        if !essence.ends_with("json") || essence.ends_with("ndjson") {
            return Ok(());
        }
        let body: Value = serde_json::from_str(&reply.body).map_err(|fault| fault.to_string())?;
        let media_type = essence.replace('/', "~1");
        let validator = self.validator(format!("{pointer}/content/{media_type}/schema"));
        let faults: Vec<_> = validator
            .iter_errors(&body)
            .map(|fault| format!("at {:?}: {fault}", fault.instance_path().to_string()))
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults.join("; "))
        }
    }

    fn headers_fit(&self, response: &Value, reply: &Reply) -> Result<(), String> {
        let none = serde_json::Map::new();
        let described = response["headers"].as_object().unwrap_or(&none);
        for name in reply.headers.keys() {
            if !PLAIN_HEADERS.contains(&name.as_str())
                && !described
                    .keys()
                    .any(|known| known.eq_ignore_ascii_case(name.as_str()))
            {
                return Err(format!("it does not describe the header {name}"));
            }
        }
        for (name, header) in described {
            let place = header["$ref"]
                .as_str()
                .unwrap_or_default()
                .trim_start_matches('#');
            let header = self.document.pointer(place).unwrap_or(header);
            if header["required"] == true && !reply.headers.contains_key(name) {
                return Err(format!(
                    "it describes the header {name}, which is not there"
                ));
            }
        }
        Ok(())
    }

    fn validator(&self, pointer: String) -> Arc<Validator> {
        // A test that failed here leaves the map as it was.
        let mut validators = self
            .validators
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let validator = validators.entry(pointer).or_insert_with_key(|pointer| {
            // Braces of a path's template have to be escaped in a URI.
            let fragment = pointer.replace('{', "%7B").replace('}', "%7D");
            let schema = serde_json::json!({ "$ref": format!("{BASE}#{fragment}") });
            let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
            let built = options.with_registry(self.registry).build(&schema);
            Arc::new(built.unwrap_or_else(|fault| panic!("{pointer} is no schema: {fault}")))
        });
        validator.clone()
    }
}

/// Returns a path as the gateway sees it: percent-decoded.
fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| byte == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(decoded.unwrap_or(byte));
        rest = if decoded.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
