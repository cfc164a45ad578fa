//! Cursors that nobody was given, and what stands in another application's audit.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_tests::{App, Person, form, secret_of};
use serde_json::{Value, json};

use super::call;

async fn busy() -> (App, Person, Person) {
    let app = App::with_people().await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    for number in 0..4 {
        let name = format!("client {number}");
        ada.new_client(&json!({"name": format!("OURS {name}")}))
            .await;
        fay.new_client(&json!({"name": format!("THEIRS {name}")}))
            .await;
        for id in ["owner", "foreigner"] {
            let impostor = app.caller(id, &secret_of("login_client"));
            call(&impostor, "/clients/list", &[]).await;
        }
    }
    (app, ada, fay)
}

#[tokio::test]
async fn a_cursor_leads_to_a_place_in_one_s_own_audit_or_nowhere() {
    let (_app, ada, fay) = busy().await;
    let all = ada.audit("limit=200").await;
    let mut places: Vec<String> = [
        "0",
        "~",
        "#",
        "999999999999999",
        "9999999999999999999999",
        "-00000000000001",
        "+00000000000001",
        "00211083840000",
        "001795219230000#",
        "001795219230000#zzzz",
        "\u{0}",
        "\u{10ffff}",
        "ä",
        "aaaaaaaaaaaaaaä",
        "001795219230000\u{0}",
        "client#owner",
        "app#app2bbbbbbbbbbbbbbbbbbbbbb",
        "{}",
        "null",
        "' OR 1=1",
    ]
    .map(str::to_owned)
    .to_vec();
    places.push("9".repeat(1_024));
    places.push("ä".repeat(512));
    let mut cursors: Vec<_> = places
        .iter()
        .map(|place| URL_SAFE_NO_PAD.encode(place))
        .collect();
    for person in [&ada, &fay] {
        for list in ["/admin/audit", "/admin/clients"] {
            let page = person.get(&format!("{list}?limit=2")).await.fine();
            let cursor = page["next_cursor"].as_str().unwrap();
            cursors.push(cursor.to_owned());
            cursors.extend(
                (1..cursor.len())
                    .step_by(5)
                    .map(|end| cursor[..end].to_owned()),
            );
            let mut flipped = cursor.to_owned().into_bytes();
            flipped[3] = if flipped[3] == b'A' { b'B' } else { b'A' };
            cursors.push(String::from_utf8(flipped).unwrap());
        }
    }
    cursors.push("A".repeat(5_000));
    for cursor in &cursors {
        let query = form(&[("cursor", cursor), ("limit", "200")]);
        let reply = ada.get(&format!("/admin/audit?{query}")).await;
        if reply.status == 422 {
            assert_eq!(reply.faults()[0].0, "/cursor");
            continue;
        }
        let items = reply.fine()["items"].as_array().unwrap().clone();
        assert!(all.ends_with(&items), "{cursor} leads elsewhere");
    }
}

#[tokio::test]
async fn a_cursor_of_other_clients_leads_to_no_client_that_is_not_one_s_own() {
    let (_app, ada, fay) = busy().await;
    let own = ada.all("/admin/clients", "limit=200").await;
    let page = fay.get("/admin/clients?limit=2").await.fine();
    let query = form(&[
        ("cursor", page["next_cursor"].as_str().unwrap()),
        ("limit", "200"),
    ]);
    let reply = ada.get(&format!("/admin/clients?{query}")).await;
    let items = reply.fine()["items"].as_array().unwrap().clone();
    assert!(own.ends_with(&items), "a foreign cursor leads elsewhere");
}

#[tokio::test]
async fn nothing_of_one_application_is_in_the_audit_of_another() {
    let (_app, ada, fay) = busy().await;
    for (person, own, foreign) in [
        (&ada, "OURS", ["THEIRS", "foreigner", "fay", "Foreign"]),
        (&fay, "THEIRS", ["OURS", "the owner", "ada", "Under test"]),
    ] {
        let mut told = json!(person.audit("limit=200").await).to_string();
        for format in ["csv", "ndjson"] {
            let path = format!("/admin/audit/export?format={format}");
            told.push_str(&person.get(&path).await.body);
        }
        assert!(told.contains(own) && told.contains("invalid-client-credentials"));
        for word in foreign {
            assert!(
                !told.contains(&format!("\"{word}")),
                "{word} is in the other's audit"
            );
            assert!(
                !told.contains(&format!(",{word}")),
                "{word} is in the other's audit"
            );
        }
    }
    // Who asks for what stands in the other's gets nothing.
    for (name, value) in [
        ("actor", "fay"),
        ("object", "foreigner"),
        ("actor", fay.id.as_str()),
    ] {
        let found = ada.audit(&form(&[(name, value)])).await;
        assert_eq!(found, Vec::<Value>::new(), "{name}={value}");
    }
}
