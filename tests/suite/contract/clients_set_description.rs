//! Rename a Client.

use countersign_tests::machine_api::{
    DONE, Way, assert_missing, assert_owners_only, assert_takes_known_ids_only, assert_unchanged,
    clients, listed, shown,
};
use countersign_tests::{App, random_name};

const RENAME: &str = "/clients/set_description";

#[tokio::test]
async fn a_client_has_its_new_description_and_is_otherwise_the_same() {
    let app = App::start().await;
    let mut wanted = clients(&app).await;
    for way in Way::ALL {
        let name = random_name();
        let given = [
            ("for_client_id", "featureless"),
            ("description", name.as_str()),
        ];
        assert_eq!(
            shown(&way.send(&app.owner(), RENAME, &given).await),
            DONE,
            "{way:?}"
        );
        let renamed = wanted
            .iter_mut()
            .find(|client| client["client_id"] == "featureless");
        renamed.unwrap()["description"] = name.into();
        assert_unchanged(&app, &wanted).await;
    }
}

#[tokio::test]
async fn without_for_client_id_the_caller_renames_itself() {
    let app = App::start().await;
    app.owner()
        .post(RENAME, &[("description", "myself")])
        .await
        .ok();
    assert_eq!(listed(&app, "owner", "description").await, "myself");
}

#[tokio::test]
async fn another_client_s_description_is_refused_without_regard_to_case() {
    let app = App::start().await;
    let before = clients(&app).await;
    for taken in ["the owner", "THE OWNER", " The Owner "] {
        let given = [("for_client_id", "featureless"), ("description", taken)];
        app.owner()
            .post(RENAME, &given)
            .await
            .invalid("description");
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn another_case_of_its_own_description_and_the_very_same_are_fine() {
    let app = App::start().await;
    for name in ["The FEATURELESS", "The FEATURELESS", "the featureless"] {
        let given = [("for_client_id", "featureless"), ("description", name)];
        app.owner().post(RENAME, &given).await.ok();
        assert_eq!(listed(&app, "featureless", "description").await, name);
    }
    app.owner()
        .post("/clients/add", &[("description", "THE featureless")])
        .await
        .invalid("description");
}

#[tokio::test]
async fn the_old_description_is_free_and_the_new_one_taken() {
    let app = App::start().await;
    let given = [("for_client_id", "featureless"), ("description", "Fresh")];
    app.owner().post(RENAME, &given).await.ok();
    app.owner()
        .post("/clients/add", &[("description", "fresh")])
        .await
        .invalid("description");
    app.owner()
        .post(RENAME, &[("description", "the featureless")])
        .await
        .ok();
    assert_eq!(
        listed(&app, "owner", "description").await,
        "the featureless"
    );
}

#[tokio::test]
async fn two_clients_can_exchange_their_descriptions_over_a_third() {
    let app = App::start().await;
    for (id, name) in [
        ("featureless", "in between"),
        ("login_client", "the featureless"),
        ("featureless", "the login_client"),
    ] {
        let given = [("for_client_id", id), ("description", name)];
        app.owner().post(RENAME, &given).await.ok();
        assert_eq!(listed(&app, id, "description").await, name);
    }
}

#[tokio::test]
async fn only_clients_of_the_application_can_be_renamed() {
    let app = App::start().await;
    let given = [("description", "never")];
    assert_takes_known_ids_only(&app, RENAME, "for_client_id", &given).await;
    app.owner().post("/clients/add", &given).await.ok();
}

#[tokio::test]
async fn a_description_is_required() {
    let app = App::start().await;
    assert_missing(
        &app,
        RENAME,
        &[("for_client_id", "featureless")],
        "description",
    )
    .await;
}

#[tokio::test]
async fn only_owners_may_rename() {
    let app = App::start().await;
    let given = [("for_client_id", "featureless"), ("description", "never")];
    assert_owners_only(&app, RENAME, &given).await;
    assert_owners_only(&app, RENAME, &given[1..]).await;
}
