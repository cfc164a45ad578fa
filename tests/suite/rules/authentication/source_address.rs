//! The source address of calls, and the headers that must not change it.

use countersign_tests::machine_api::{
    NOT_AUTHORIZED, assert_not_admitted, assert_unknown, assert_works,
};
use countersign_tests::{App, Caller, Setup, secret_of};
use serde_json::json;

use super::{PATH, without_request_id};

#[tokio::test]
async fn a_call_from_elsewhere_looks_like_one_without_the_feature() {
    let app = App::start().await;
    let (client, id) = app.new_client(&["owner"]).await;
    let given = [
        ("for_client_id", id.as_str()),
        ("whitelist", r#"["127.0.0.2"]"#),
    ];
    app.owner()
        .post("/clients/set_whitelist", &given)
        .await
        .ok();
    let from_elsewhere = client.post("/clients/list", &[]).await;
    let without_feature = app.client("login_client").post("/clients/list", &[]).await;
    let wanted = format!(
        r#"{{"request_id":"","code":403,"error_description":"{NOT_AUTHORIZED}","error":"client_permission_error","stat":"error"}}"#
    );
    assert_eq!(without_request_id(&from_elsewhere), wanted);
    assert_eq!(without_request_id(&without_feature), wanted);
    assert_unknown(&app.caller(&id, &secret_of("nobody"))).await;
}

#[tokio::test]
async fn no_header_says_where_a_call_comes_from() {
    let app = App::start().await;
    let (client, id) = app.new_client(&["login_client"]).await;
    let given = [
        ("for_client_id", id.as_str()),
        ("whitelist", r#"["192.0.2.7"]"#),
    ];
    app.owner()
        .post("/clients/set_whitelist", &given)
        .await
        .ok();
    for header in [
        ("x-forwarded-for", "192.0.2.7"),
        ("x-forwarded-for", "192.0.2.7, 127.0.0.1"),
        ("forwarded", "for=192.0.2.7"),
        ("x-real-ip", "192.0.2.7"),
        ("cf-connecting-ip", "192.0.2.7"),
        ("true-client-ip", "192.0.2.7"),
    ] {
        let path = format!("{PATH}?key=any");
        let reply = client
            .send(reqwest::Method::GET, &path, &[header], "".into())
            .await;
        assert_eq!(reply.error(403, "client_permission_error"), NOT_AUTHORIZED);
        app.owner()
            .send(reqwest::Method::GET, &path, &[header], "".into())
            .await
            .ok();
    }
}

#[tokio::test]
async fn a_caller_over_ipv6_is_admitted_by_the_default_list_and_by_its_own_network_only() {
    let mut setup = Setup {
        listen: "[::1]:0",
        ..Setup::default()
    };
    let lists = [
        ("six", "::1/128"),
        ("four", "10.0.0.0/8"),
        ("loop", "127.0.0.0/8"),
    ];
    let seeded = setup.seed["applications"][0]["clients"]
        .as_array_mut()
        .unwrap();
    seeded.extend(lists.map(|(id, network)| {
        json!({"client_id": id, "client_secret": secret_of(id), "description": id, "features": ["owner"], "whitelist": [network]})
    }));
    let app = App::with(setup).await;
    assert_works(&app.owner().from("::1")).await;
    assert_works(&app.client("six").from("::1")).await;
    assert_not_admitted(&app.client("four").from("::1")).await;
    assert_not_admitted(&app.client("loop").from("::1")).await;
    let own = [("whitelist", r#"["10.0.0.0/8"]"#)];
    app.owner()
        .from("::1")
        .post("/clients/set_whitelist", &own)
        .await
        .invalid("whitelist");
}

#[tokio::test]
async fn an_ipv4_caller_is_one_on_an_ipv6_socket_too() {
    let app = App::with(Setup {
        listen: "[::]:0",
        ..Setup::default()
    })
    .await;
    let url = format!("http://127.0.0.1:{}", app.running.address.port());
    let owner = Caller::at(&url).basic("owner", &secret_of("owner"));
    owner
        .post(
            "/clients/set_whitelist",
            &[("whitelist", r#"["127.0.0.0/8"]"#)],
        )
        .await
        .ok();
    assert_works(&owner).await;
    assert_not_admitted(&app.owner().from("::1")).await;
}
