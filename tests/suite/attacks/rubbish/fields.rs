//! Rubbish in the fields of a body, and bodies that are none.

use std::time::Duration;

use countersign_tests::App;
use functions::openapi_document;
use serde_json::json;

use super::super::{method, operations};
use super::{assert_orderly, assert_sound, fields, fitting, path_of, send};

/// JSON that is not what any field takes, or more of it than there should be.
fn values() -> Vec<String> {
    let nested = format!("{}{}", "[".repeat(120), "]".repeat(120));
    let too_nested = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(120), "}".repeat(120));
    let many = json!((0..5_000).collect::<Vec<_>>()).to_string();
    let mut values: Vec<_> = [
        "null",
        "true",
        "0",
        "-0",
        "-1",
        "1.5",
        "1e308",
        "1e400",
        "-1e400",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "0.1e-400",
        r#""""#,
        r#"" ""#,
        r#""\u0000""#,
        r#""a\u0000b""#,
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        r#""\ud83d\ude00""#,
        r#""\uffff""#,
        r#""\u202e""#,
        r#""__proto__""#,
        r#""' OR '1'='1""#,
        r#""${jndi:ldap://x}""#,
        r#""../../../etc/passwd""#,
        r#""%00%0d%0a""#,
        r#""a@b""#,
        r#""000000""#,
        "[]",
        "{}",
        "[null]",
        r#"[""]"#,
        r#"["\u0000"]"#,
        "[[[]]]",
        r#"{"":""}"#,
        r#"{"__proto__":{"administrator":true}}"#,
        r#"{"payments":null}"#,
        r#"{"constructor":{}}"#,
        r#"{"\u0000":{"administrator":true}}"#,
        r#"["owner","owner"]"#,
        r#"["10.0.0.0/99","::/0"]"#,
        r#"[{"key":"","name":""}]"#,
        r#"[{"key":"a","name":"b"},{"key":"a","name":"c"}]"#,
    ]
    .map(str::to_owned)
    .to_vec();
    values.extend([nested, too_nested, objects, many]);
    values.push(json!("x".repeat(300_000)).to_string());
    values.push(json!("ß😀".repeat(30_000)).to_string());
    values.push(json!(vec!["x".repeat(1_000); 300]).to_string());
    values
}

#[tokio::test]
async fn no_json_in_any_field_is_a_fault_of_the_server() {
    let of_clients = |id: &str| id.starts_with("admin.clients.");
    tokio::join!(
        put_into_fields(|id| of_clients(id)),
        put_into_fields(|id| id.starts_with("admin.administrators.")),
        put_into_fields(|id| !of_clients(id) && !id.starts_with("admin.administrators.")),
    );
}

/// Puts every value into every field of these operations, at a server of their own.
async fn put_into_fields(is_one: impl Fn(&str) -> bool) {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let document = openapi_document();
    let mut asked = 0;
    for endpoint in
        operations().filter(|endpoint| endpoint.route.takes_json() && is_one(endpoint.id))
    {
        let path = path_of(&app, &ada, endpoint).await;
        let mut names = fields(&document, endpoint, "body");
        names.extend(["__proto__", "constructor", ""].map(str::to_owned));
        for name in &names {
            for (number, value) in values().iter().enumerate() {
                // A minute has so many attempts.
                if number % 8 == 0 {
                    app.advance(Duration::from_mins(1));
                    ada.get("/admin/me").await.fine();
                }
                let mut rest = fitting(endpoint.id);
                rest.as_object_mut().unwrap().remove(name);
                let rest = rest.to_string();
                let rest = rest.trim_start_matches('{').trim_end_matches('}');
                let comma = if rest.is_empty() { "" } else { "," };
                let body = format!("{{{}:{value}{comma}{rest}}}", json!(name));
                let reply = send(&ada, method(endpoint), &path, body).await;
                let shown: String = value.chars().take(60).collect();
                assert_orderly(&format!("{} {name}={shown}", endpoint.id), &reply);
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "only {asked} requests");
    assert_sound(&app).await;
}

#[tokio::test]
async fn no_body_of_any_kind_is_a_fault_of_the_server() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let bodies: [&[u8]; 14] = [
        b"",
        b" ",
        b"null",
        b"[]",
        b"\"\"",
        b"{",
        b"{}{}",
        b"{\"a\":1,\"a\":2}",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"\x00",
        b"a=b&c=d",
        b"<xml/>",
        b"{\"name\":\"\xc3\"}",
    ];
    let kinds = [
        "application/json",
        "application/json; charset=utf-16",
        "text/plain",
        "",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "APPLICATION/JSON",
    ];
    for endpoint in operations() {
        let path = path_of(&app, &ada, endpoint).await;
        for body in bodies {
            for kind in kinds {
                let headers = [("content-type", kind)];
                // Not with a session: what would succeed is not the point here.
                let caller = app.stranger().authorization(&["Bearer csn_x"]);
                let sent = caller.send(method(endpoint), &path, &headers, body.to_vec().into());
                assert_orderly(endpoint.id, &sent.await);
                if endpoint.route.takes_json() && body.first() != Some(&b'{') && !body.is_empty() {
                    let sent =
                        ada.caller
                            .send(method(endpoint), &path, &headers, body.to_vec().into());
                    let reply = sent.await;
                    assert_orderly(endpoint.id, &reply);
                    assert!(
                        [415, 422, 429].contains(&reply.status),
                        "{}: {}",
                        endpoint.id,
                        reply.body
                    );
                }
            }
        }
    }
    assert_sound(&app).await;
}
