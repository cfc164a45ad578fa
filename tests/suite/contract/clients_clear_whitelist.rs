//! Delete Allowlist IP Addresses.

use countersign_tests::App;
use countersign_tests::machine_api::{
    DONE, Way, assert_not_admitted, assert_not_authorized, assert_owners_only,
    assert_takes_known_ids_only, assert_unchanged, assert_works, clients, listed, shown,
};
use serde_json::json;

const CLEAR: &str = "/clients/clear_whitelist";

async fn restrict(app: &App, id: &str, whitelist: &str) {
    let given = [("for_client_id", id), ("whitelist", whitelist)];
    app.owner()
        .post("/clients/set_whitelist", &given)
        .await
        .ok();
}

#[tokio::test]
async fn a_client_may_call_from_everywhere_again() {
    let app = App::start().await;
    let (client, id) = app.new_client(&["login_client"]).await;
    let wanted = clients(&app).await;
    for way in Way::ALL {
        restrict(&app, &id, r#"["192.0.2.0/24","2001:db8::/32"]"#).await;
        assert_not_admitted(&client).await;
        let reply = way
            .send(&app.owner(), CLEAR, &[("for_client_id", &id)])
            .await;
        assert_eq!(shown(&reply), DONE, "{way:?}");
        assert_works(&client).await;
        assert_eq!(listed(&app, &id, "whitelist").await, json!(["0.0.0.0/0"]));
        assert_unchanged(&app, &wanted).await;
    }
}

#[tokio::test]
async fn a_list_that_is_clear_can_be_cleared() {
    let app = App::start().await;
    let before = clients(&app).await;
    let reply = app
        .owner()
        .post(CLEAR, &[("for_client_id", "featureless")])
        .await;
    assert_eq!(shown(&reply), DONE);
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn without_for_client_id_the_caller_clears_its_own() {
    let app = App::start().await;
    restrict(&app, "owner", r#"["127.0.0.1"]"#).await;
    restrict(&app, "featureless", r#"["127.0.0.1"]"#).await;
    app.owner().post(CLEAR, &[]).await.ok();
    assert_eq!(
        listed(&app, "owner", "whitelist").await,
        json!(["0.0.0.0/0"])
    );
    assert_eq!(
        listed(&app, "featureless", "whitelist").await,
        json!(["127.0.0.1/32"])
    );
}

#[tokio::test]
async fn one_that_is_locked_out_can_not_free_itself() {
    let app = App::start().await;
    let (other, id) = app.new_client(&["owner"]).await;
    restrict(&app, &id, r#"["127.0.0.2"]"#).await;
    assert_not_authorized(&other.post(CLEAR, &[]).await);
    assert_not_admitted(&other).await;
    other.clone().from("127.0.0.2").post(CLEAR, &[]).await.ok();
    assert_works(&other).await;
}

#[tokio::test]
async fn only_clients_of_the_application_can_be_freed() {
    let app = App::start().await;
    assert_takes_known_ids_only(&app, CLEAR, "for_client_id", &[]).await;
}

#[tokio::test]
async fn only_owners_may_clear_even_their_own() {
    let app = App::start().await;
    restrict(&app, "login_client", r#"["127.0.0.0/8"]"#).await;
    assert_owners_only(&app, CLEAR, &[("for_client_id", "login_client")]).await;
    assert_owners_only(&app, CLEAR, &[]).await;
}
