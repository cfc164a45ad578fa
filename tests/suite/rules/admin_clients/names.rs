//! Names: unique in the application, trimmed, compared without case, of 1 to 100 characters.

use countersign_tests::App;
use countersign_tests::admin_clients::{id_of, of_client, view};
use countersign_tests::machine_api::{assert_unchanged, clients};
use serde_json::json;

#[tokio::test]
async fn a_name_has_1_to_100_characters_and_no_control_character() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    let path = of_client("owner", "");
    for name in [
        String::new(),
        " \u{a0}\u{2003} ".to_owned(),
        "ü".repeat(101),
        "tab\tin it".to_owned(),
        "line\nin it".to_owned(),
        "nul\0".to_owned(),
        "escape\u{1b}[31m".to_owned(),
    ] {
        let body = json!({"name": name});
        for reply in [
            ben.post("/admin/clients", &body).await,
            ben.patch(&path, &body).await,
        ] {
            let faults = reply.faults();
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert_eq!(faults[0].0, "/name", "{name:?}");
            assert!(faults[0].1.starts_with("a name "), "{faults:?}");
        }
    }
    assert_unchanged(&app, &before).await;
    for name in [
        "x",
        &"ü".repeat(100),
        &format!("  {}\t", "y".repeat(100)),
        "👩‍👩‍👧 family",
        "0",
    ] {
        let client = ben.new_client(&json!({"name": name})).await;
        assert_eq!(client["name"], name.trim());
    }
}

#[tokio::test]
async fn a_name_is_taken_whoever_gave_it_and_however_it_is_written() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let by_machine = [("description", "Größe Eins")];
    app.owner().post("/clients/add", &by_machine).await.ok();
    let before = clients(&app).await;
    for name in [
        "Größe Eins",
        "GRÖßE EINS",
        "  größe eins ",
        "the owner",
        "THE OWNER",
    ] {
        let body = json!({"name": name});
        let words = ben
            .post("/admin/clients", &body)
            .await
            .problem(409, "taken");
        assert!(words.contains("another client"), "{words}");
        let path = of_client("featureless", "");
        ben.patch(&path, &body).await.problem(409, "taken");
    }
    assert_unchanged(&app, &before).await;
    // And the other way round.
    ben.new_client(&json!({"name": "Said here"})).await;
    let why = app
        .owner()
        .post("/clients/add", &[("description", "SAID HERE")])
        .await
        .invalid("description");
    assert_eq!(why, "another client of this application has it");
}

#[tokio::test]
async fn another_application_may_use_the_same_name() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let fay = app.sign_in("fay").await;
    let body = json!({"name": "the owner"});
    fay.new_client(&body).await;
    ben.new_client(&json!({"name": "the foreigner"})).await;
    fay.post("/admin/clients", &body)
        .await
        .problem(409, "taken");
}

#[tokio::test]
async fn a_name_can_be_kept_and_written_otherwise() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let path = of_client("owner", "");
    for name in ["the owner", "The Owner", "THE OWNER", "the owner"] {
        ben.patch(&path, &json!({"name": name})).await.fine();
        assert_eq!(view(&ben, "owner").await["name"], name);
        // It is still taken.
        let body = json!({"name": "tHe OwNeR"});
        ben.post("/admin/clients", &body)
            .await
            .problem(409, "taken");
    }
}

#[tokio::test]
async fn a_name_that_was_given_up_is_free() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let first = id_of(&ben.new_client(&json!({"name": "Wanted"})).await);
    ben.patch(&of_client(&first, ""), &json!({"name": "Given up"}))
        .await
        .fine();
    let second = id_of(&ben.new_client(&json!({"name": "wanted"})).await);
    ben.patch(&of_client(&first, ""), &json!({"name": "WANTED"}))
        .await
        .problem(409, "taken");
    ben.delete(&of_client(&second, "")).await.nothing();
    ben.patch(&of_client(&first, ""), &json!({"name": "WANTED"}))
        .await
        .fine();
}

#[tokio::test]
async fn a_name_of_up_to_255_characters_that_the_machine_api_gave_is_shown_and_may_stay() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let long = "m".repeat(255);
    let made = app
        .owner()
        .post("/clients/add", &[("description", &long)])
        .await
        .ok();
    let id = made["client_id"].as_str().unwrap();
    assert_eq!(view(&ben, id).await["name"], long);
    ben.patch(&of_client(id, ""), &json!({"enabled": false}))
        .await
        .fine();
    assert_eq!(view(&ben, id).await["name"], long);
}
