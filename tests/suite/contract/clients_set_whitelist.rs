//! Create an IP Whitelist.

use countersign_tests::machine_api::{
    DONE, Way, assert_missing, assert_not_admitted, assert_not_authorized, assert_owners_only,
    assert_takes_known_ids_only, assert_unchanged, assert_works, clients, listed, shown,
};
use countersign_tests::{App, Caller};
use serde_json::{Value, json};

const SET: &str = "/clients/set_whitelist";

async fn set(app: &App, id: &str, whitelist: &Value) {
    let whitelist = whitelist.to_string();
    let given = [("for_client_id", id), ("whitelist", whitelist.as_str())];
    app.owner().post(SET, &given).await.ok();
}

/// A client that may call from `whitelist`.
async fn client_from(app: &App, whitelist: &Value) -> Caller {
    let (client, id) = app.new_client(&["login_client"]).await;
    set(app, &id, whitelist).await;
    client
}

#[tokio::test]
async fn a_client_has_the_new_list_and_is_otherwise_the_same() {
    let app = App::start().await;
    let mut wanted = clients(&app).await;
    for (way, third) in Way::ALL.into_iter().zip(0..) {
        let whitelist = json!([format!("192.0.{third}.0/24"), "10.0.0.0/8"]);
        let text = whitelist.to_string();
        let given = [
            ("for_client_id", "featureless"),
            ("whitelist", text.as_str()),
        ];
        assert_eq!(
            shown(&way.send(&app.owner(), SET, &given).await),
            DONE,
            "{way:?}"
        );
        let changed = wanted
            .iter_mut()
            .find(|client| client["client_id"] == "featureless");
        changed.unwrap()["whitelist"] = whitelist;
        assert_unchanged(&app, &wanted).await;
    }
}

#[tokio::test]
async fn a_client_is_admitted_from_its_networks_only_whatever_it_calls() {
    let app = App::start().await;
    let (client, id) = app.new_client(&["owner"]).await;
    set(&app, &id, &json!(["127.0.0.2/32"])).await;
    assert_not_admitted(&client).await;
    for operation in functions::OPERATIONS {
        if operation.route.path.starts_with("/clients/") {
            let reply = client.post(operation.route.path, &[]).await;
            assert_not_authorized(&reply);
        }
    }
    client
        .clone()
        .from("127.0.0.2")
        .post("/clients/list", &[])
        .await
        .ok();
}

#[tokio::test]
async fn a_network_begins_and_ends_with_its_network_and_broadcast_addresses() {
    let app = App::start().await;
    let client = client_from(&app, &json!(["127.0.0.4/30", "127.0.1.0/24"])).await;
    for inside in ["127.0.0.4", "127.0.0.7", "127.0.1.0", "127.0.1.255"] {
        assert_works(&client.clone().from(inside)).await;
    }
    for outside in ["127.0.0.3", "127.0.0.8", "127.0.0.255", "127.0.2.0"] {
        assert_not_admitted(&client.clone().from(outside)).await;
    }
}

#[tokio::test]
async fn every_prefix_from_0_to_32_is_accepted() {
    let app = App::start().await;
    for prefix in 0..=32 {
        let client = client_from(&app, &json!([format!("127.0.0.1/{prefix}")])).await;
        assert_works(&client).await;
    }
}

#[tokio::test]
async fn a_prefix_over_32_is_refused_in_the_fixed_words() {
    let app = App::start().await;
    let before = clients(&app).await;
    for network in [
        "10.0.0.0/33",
        "10.0.0.0/256",
        "10.0.0.0/99999999999999999999",
    ] {
        let whitelist = json!(["192.0.2.0/24", network]).to_string();
        let given = [
            ("for_client_id", "featureless"),
            ("whitelist", whitelist.as_str()),
        ];
        let why = app.owner().post(SET, &given).await.invalid("whitelist");
        let wanted =
            format!("invalid cidr address: {network}; value after slash must be 32 or less");
        assert_eq!(why, wanted);
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn networks_are_listed_normalised_and_once_in_the_order_given() {
    let app = App::start().await;
    for (given, wanted) in [
        (json!(["10.1.2.3/8"]), json!(["10.0.0.0/8"])),
        (json!(["192.0.2.7"]), json!(["192.0.2.7/32"])),
        (json!(["2001:DB8:0:0::1/32"]), json!(["2001:db8::/32"])),
        (json!(["2001:db8::1"]), json!(["2001:db8::1/128"])),
        (json!(["::/0", "10.0.0.0/0"]), json!(["::/0", "0.0.0.0/0"])),
        (
            json!(["192.0.2.0/24", "10.0.0.0/8", "10.9.9.9/8", "192.0.2.0/24"]),
            json!(["192.0.2.0/24", "10.0.0.0/8"]),
        ),
    ] {
        set(&app, "featureless", &given).await;
        assert_eq!(listed(&app, "featureless", "whitelist").await, wanted);
    }
}

#[tokio::test]
async fn a_hundred_networks_are_accepted_and_no_more() {
    let app = App::start().await;
    let networks = |count| -> Vec<_> { (0..count).map(|n| format!("198.51.{n}.0/24")).collect() };
    set(&app, "featureless", &json!(networks(100))).await;
    assert_eq!(
        listed(&app, "featureless", "whitelist").await,
        json!(networks(100))
    );
    for refused in [json!(networks(101)), json!([])] {
        let refused = refused.to_string();
        let given = [
            ("for_client_id", "featureless"),
            ("whitelist", refused.as_str()),
        ];
        app.owner().post(SET, &given).await.invalid("whitelist");
    }
    assert_eq!(
        listed(&app, "featureless", "whitelist").await,
        json!(networks(100))
    );
}

#[tokio::test]
async fn what_is_no_network_is_refused_whole() {
    let app = App::start().await;
    let before = clients(&app).await;
    for network in [
        "",
        " ",
        "localhost",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/8/8",
        "10.0.0.0/255.0.0.0",
        "10.0.0/8",
        "256.0.0.1",
        "010.0.0.1",
        " 10.0.0.0/8",
        "10.0.0.0/8 ",
        "2001:db8::/129",
        "2001:db8::%eth0/64",
        "10.0.0.0-10.0.0.9",
        "*",
    ] {
        let whitelist = json!(["192.0.2.0/24", network]).to_string();
        let given = [
            ("for_client_id", "featureless"),
            ("whitelist", whitelist.as_str()),
        ];
        let why = app.owner().post(SET, &given).await.invalid("whitelist");
        assert!(
            why.starts_with("invalid cidr address: "),
            "{network:?}: {why}"
        );
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn nobody_locks_itself_out() {
    let app = App::start().await;
    let before = clients(&app).await;
    for whitelist in [
        r#"["127.0.0.2"]"#,
        r#"["10.0.0.0/8","2001:db8::/32"]"#,
        r#"["::/0"]"#,
    ] {
        let given = [("whitelist", whitelist), ("for_client_id", "owner")];
        app.owner().post(SET, &given).await.invalid("whitelist");
        app.owner()
            .post(SET, &given[..1])
            .await
            .invalid("whitelist");
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn without_for_client_id_the_caller_restricts_itself() {
    let app = App::start().await;
    app.owner()
        .post(SET, &[("whitelist", r#"["10.0.0.0/8","127.0.0.1"]"#)])
        .await
        .ok();
    let wanted = json!(["10.0.0.0/8", "127.0.0.1/32"]);
    assert_eq!(listed(&app, "owner", "whitelist").await, wanted);
    assert_not_admitted(&app.owner().from("127.0.0.2")).await;
}

#[tokio::test]
async fn only_clients_of_the_application_can_be_restricted() {
    let app = App::start().await;
    let given = [("whitelist", r#"["192.0.2.0/24"]"#)];
    assert_takes_known_ids_only(&app, SET, "for_client_id", &given).await;
    assert_works(&app.client("foreigner")).await;
}

#[tokio::test]
async fn a_list_is_required() {
    let app = App::start().await;
    assert_missing(&app, SET, &[("for_client_id", "featureless")], "whitelist").await;
}

#[tokio::test]
async fn only_owners_may_restrict_even_themselves() {
    let app = App::start().await;
    let given = [
        ("whitelist", r#"["127.0.0.1"]"#),
        ("for_client_id", "featureless"),
    ];
    assert_owners_only(&app, SET, &given).await;
    assert_owners_only(&app, SET, &given[..1]).await;
}
