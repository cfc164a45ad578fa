//! JSON syntax of bodies: texts that are one JSON object, and texts that are not.

use countersign_tests::App;
use countersign_tests::machine_api::{assert_unchanged, clients};

use super::{post, post_json};

#[tokio::test]
async fn a_body_is_one_object() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    for body in [
        "[]",
        "null",
        "true",
        "7",
        r#""name""#,
        r#"[{"name":"new"}]"#,
    ] {
        let faults = post_json(&ben, body).await.faults();
        assert_eq!(
            faults,
            [(String::new(), "the body is a JSON object".to_owned())],
            "{body}"
        );
    }
    // Without a body everything is missing.
    let faults = post(&ben, None, "").await.faults();
    assert_eq!(faults, [("/name".to_owned(), "it is missing".to_owned())]);
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn what_is_no_json_is_said_with_the_place() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    for body in [
        " ",
        "{",
        "{'name':'new'}",
        r#"{"name":"new",}"#,
        r#"{"name":"new"}{}"#,
        r#"{"name":"new"} x"#,
        "{\"name\":\"new\"}\0",
        r#"{"name":"\ud800"}"#,
        "{\"name\":\"line\nbreak\"}",
        "// {\n{\"name\":\"new\"}",
        r#"{"name":NaN}"#,
    ] {
        let faults = post_json(&ben, body).await.faults();
        assert_eq!(faults.len(), 1, "{body}: {faults:?}");
        assert_eq!(faults[0].0, "");
        assert!(faults[0].1.contains("in line "), "{body}: {faults:?}");
    }
    for bytes in [
        &b"{\"name\":\"\xff\"}"[..],
        b"\xef\xbb\xbf{\"name\":\"new\"}",
        b"{\"name\":\"\xed\xa0\x80\"}",
    ] {
        assert_eq!(post_json(&ben, bytes).await.faults()[0].0, "");
    }
    let utf_16: Vec<u8> = r#"{"name":"new"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(post_json(&ben, utf_16).await.faults()[0].0, "");
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn nesting_without_end_is_refused() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    for depth in [200, 100_000] {
        for (open, close) in [("[", "]"), (r#"{"modules":"#, "}")] {
            let inside = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let body = format!(r#"{{"name":"new","modules":{inside}}}"#);
            assert!(body.len() > depth);
            let reply = post_json(&ben, body).await;
            if reply.status != 413 {
                assert_eq!(reply.faults().len(), 1);
            }
        }
    }
    ben.get("/admin/me").await.fine();
}

#[tokio::test]
async fn a_name_that_stands_twice_in_an_object_is_a_fault() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let before = clients(&app).await;
    for (body, pointer) in [
        (r#"{"name":"one","name":"two"}"#, "/name"),
        (
            r#"{"name":"new","enabled":true,"enabled":true}"#,
            "/enabled",
        ),
        (
            r#"{"name":"new","modules":{},"modules":{"payments":{}}}"#,
            "/modules",
        ),
        (
            r#"{"name":"new","modules":{"payments":{},"payments":{"administrator":true}}}"#,
            "/modules/payments",
        ),
        (r#"{"name":"one","n\u0061me":"two"}"#, "/name"),
    ] {
        let faults = post_json(&ada, body).await.faults();
        assert_eq!(faults.len(), 1, "{body}: {faults:?}");
        assert_eq!(faults[0].0, pointer, "{body}: {faults:?}");
    }
    assert_unchanged(&app, &before).await;
}
