//! Many at once: one name is given once, no change undoes another, long lists are whole.

use countersign_tests::{App, Setup, random_name};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_creations_of_one_name_one_wins() {
    let app = App::start().await;
    let calls = (0..16).map(|index| {
        let owner = app.owner();
        // The same name to those who compare without case.
        let name = if index % 2 == 0 { "Wanted" } else { "WANTED" };
        tokio::spawn(async move { owner.post("/clients/add", &[("description", name)]).await })
    });
    let mut won = 0;
    for call in calls.collect::<Vec<_>>() {
        let reply = call.await.unwrap();
        if reply.json()["stat"] == "ok" {
            won += 1;
        } else {
            assert_eq!(
                reply.invalid("description"),
                "another client of this application has it"
            );
        }
    }
    assert_eq!(won, 1);
    let list = app.owner().post("/clients/list", &[]).await.ok();
    let wanted = list["results"].as_array().unwrap().iter();
    let wanted = wanted.filter(|client| {
        client["description"]
            .as_str()
            .unwrap()
            .eq_ignore_ascii_case("wanted")
    });
    assert_eq!(wanted.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_changes_of_one_client_lose_nothing() {
    let app = App::start().await;
    let (_, id) = app.new_client(&[]).await;
    let name = random_name();
    let changes: [(&str, &[(&str, &str)]); 4] = [
        (
            "/clients/set_features",
            &[("features", r#"["login_client"]"#)],
        ),
        (
            "/clients/set_whitelist",
            &[("whitelist", r#"["10.0.0.0/8"]"#)],
        ),
        ("/clients/set_description", &[("description", &name)]),
        ("/clients/reset_secret", &[("hours_to_live", "24")]),
    ];
    let mut calls = Vec::new();
    for _ in 0..4 {
        for (path, arguments) in changes {
            let (owner, id) = (app.owner(), id.clone());
            let arguments: Vec<_> = arguments
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect();
            calls.push(tokio::spawn(async move {
                let mut all: Vec<_> = arguments
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()))
                    .collect();
                all.push(("for_client_id", &id));
                owner.post(path, &all).await.ok()
            }));
        }
    }
    for call in calls {
        call.await.unwrap();
    }
    let client = app.listed(&id).await.unwrap();
    assert_eq!(client["features"], json!(["login_client"]));
    assert_eq!(client["whitelist"], json!(["10.0.0.0/8"]));
    assert_eq!(client["description"], name);
    // One event for the creation and one for each of the sixteen changes, each telling the next version.
    let events = app.dump("audit").await;
    let events = events
        .iter()
        .filter(|event| event.to_string().contains(&id))
        .count();
    assert_eq!(events, 17);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_races_with_changes_leaves_nothing_behind() {
    let app = App::start().await;
    let (caller, id) = app.new_client(&["direct_access"]).await;
    let mut calls = Vec::new();
    for index in 0..8 {
        let (owner, id) = (app.owner(), id.clone());
        calls.push(tokio::spawn(async move {
            if index == 4 {
                owner
                    .post("/clients/delete", &[("client_id_for_deletion", &id)])
                    .await
                    .ok();
            } else {
                let reply = owner
                    .post(
                        "/clients/set_description",
                        &[("for_client_id", &id), ("description", &random_name())],
                    )
                    .await;
                if reply.json()["stat"] != "ok" {
                    assert_eq!(
                        reply.invalid("for_client_id"),
                        "for_client_id is not a valid id"
                    );
                }
            }
        }));
    }
    for call in calls {
        call.await.unwrap();
    }
    caller
        .post("/settings/get_default", &[("key", "minimum_age")])
        .await
        .error(402, "invalid_client_credentials");
    assert_eq!(app.listed(&id).await, None);
    let clients = app.dump("clients").await;
    assert!(
        !clients.iter().any(|item| item.to_string().contains(&id)),
        "something of the client is still there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_clients_are_listed_whole() {
    let mut setup = Setup::default();
    let clients = setup.seed["applications"][0]["clients"]
        .as_array_mut()
        .unwrap();
    let there = clients.len();
    clients.extend((there..10_000).map(|number| {
        let features = if number % 100 == 0 {
            json!(["direct_access"])
        } else {
            json!([])
        };
        json!({"description": format!("client number {number}"), "features": features})
    }));
    let app = App::with(setup).await;
    let list = app.owner().post("/clients/list", &[]).await.ok();
    let results = list["results"].as_array().unwrap();
    assert_eq!(results.len(), 10_000);
    let ids: std::collections::BTreeSet<_> = results
        .iter()
        .map(|client| client["client_id"].as_str())
        .collect();
    assert_eq!(ids.len(), 10_000);
    let some = app
        .owner()
        .post("/clients/list", &[("has_features", r#"["direct_access"]"#)])
        .await
        .ok();
    assert_eq!(some["results"].as_array().unwrap().len(), 99 + 1);
    // What was just created is in the next list.
    let (_, id) = app.new_client(&[]).await;
    assert!(app.listed(&id).await.is_some());
}
