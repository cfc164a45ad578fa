//! Export the Audit: all events that fit, as CSV or as lines of JSON.

use countersign_tests::App;
use serde_json::{Value, json};

const EXPORT: &str = "/admin/audit/export";
const HEAD: &str = "time,actor_kind,actor_id,actor_name,source_ip,user_agent,action,object_kind,object_id,object_name,outcome,reason,count,last_time,change_request,request_id,changes\r\n";

#[tokio::test]
async fn a_csv_export_has_a_head_and_a_line_for_each_event() {
    let app = App::with_people().await;
    let dora = app.sign_in("dora").await.with("user-agent", "a, \"b\"");
    let wrong = app.caller("login_client", "wrong");
    let refused = wrong.post("/clients/list", &[]).await;
    refused.error(402, "invalid_client_credentials");
    let out = dora.delete("/admin/sessions/current").await;
    out.nothing();
    let cleo = app.sign_in("cleo").await;
    let get = async |query: &str| cleo.get(&format!("{EXPORT}?format=csv&{query}")).await;

    let ended = get("action=admin.sessions.delete").await;
    let (id, request) = (&dora.id, out.header("x-request-id"));
    assert_eq!(
        ended.body,
        format!(
            "{HEAD}2036-11-21T00:00:30Z,administrator,{id},dora,127.0.0.1,\"a, \"\"b\"\"\",admin.sessions.delete,administrator,{id},dora@example.com,applied,,1,2036-11-21T00:00:30Z,,{request},\r\n"
        )
    );
    let found = get("outcome=refused").await;
    let request = refused.header("x-request-id");
    assert_eq!(
        found.body,
        format!(
            "{HEAD}2036-11-21T00:00:30Z,unknown,,,127.0.0.1,,clients.list,api_client,login_client,the login_client,refused,invalid-client-credentials,1,2036-11-21T00:00:30Z,,{request},\r\n"
        )
    );
    assert_eq!(get("actor=nobody+ever").await.body, HEAD);
}

#[tokio::test]
async fn an_ndjson_export_has_the_events_of_the_list_one_a_line() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    ada.new_client(&json!({"name": "first\u{2028}second"}))
        .await;
    let export = ada.get(&format!("{EXPORT}?format=ndjson")).await;
    let lines: Vec<Value> = export
        .body
        .split_terminator('\n')
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, ada.audit("limit=200").await);
    assert!(export.body.ends_with("}\n"));
    let none = ada
        .get(&format!("{EXPORT}?format=ndjson&actor=nobody+ever"))
        .await;
    assert_eq!((none.status, none.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_browser_keeps_it_as_a_file_and_nobody_caches_it() {
    let app = App::with_people().await;
    let dora = app.sign_in("dora").await;
    for (format, kind) in [
        ("csv", "text/csv; charset=utf-8"),
        ("ndjson", "application/x-ndjson"),
    ] {
        let export = dora.get(&format!("{EXPORT}?format={format}")).await;
        assert_eq!(export.status, 200);
        let disposition = format!("attachment; filename=\"audit.{format}\"");
        for (name, value) in [
            ("content-type", kind),
            ("content-disposition", &disposition),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(export.header(name), value, "{format}");
        }
        assert_eq!(export.header("x-request-id").len(), 16, "{format}");
    }
}

#[tokio::test]
async fn a_format_must_be_named_and_each_filter_must_fit() {
    let app = App::with_people().await;
    let dora = app.sign_in("dora").await;
    for (query, pointer) in [
        ("", "/format"),
        ("?format=", "/format"),
        ("?format=xlsx", "/format"),
        ("?format=CSV", "/format"),
        ("?format=csv&from=now", "/from"),
        ("?format=csv&to=now", "/to"),
        ("?format=ndjson&outcome=maybe", "/outcome"),
    ] {
        let faults = dora.get(&format!("{EXPORT}{query}")).await.faults();
        let pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(pointers, [pointer], "{query}");
    }
}

#[tokio::test]
async fn it_takes_a_session_and_no_privilege() {
    let app = App::with_people().await;
    let path = format!("{EXPORT}?format=csv");
    let stranger = app.stranger().get(&path, &[]).await;
    stranger.problem(401, "not-signed-in");
    let machine = app.owner().get(&path, &[]).await;
    machine.problem(401, "not-signed-in");
    let dora = app.sign_in("dora").await;
    assert_eq!(dora.get(&path).await.status, 200);
    dora.delete("/admin/sessions/current").await.nothing();
    dora.get(&path).await.problem(401, "not-signed-in");
}
