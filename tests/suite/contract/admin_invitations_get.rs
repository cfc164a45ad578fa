//! View an Invitation.

use countersign_tests::App;
use countersign_tests::administrators::{NOT_THERE, id_of, invite, reset, take_up};
use serde_json::json;

#[tokio::test]
async fn an_invitation_shows_for_whom_it_is_and_what_to_set_up() {
    let app = App::with_people().await;
    let new = invite(&app.sign_in("ada").await, "new", &[]).await;
    // Looking changes nothing: it can be done again.
    let first = app.stranger().get(&new.link, &[]).await.fine();
    let mut shown = app.stranger().get(&new.link, &[]).await.fine();
    assert!(shown == first, "it shows something else the second time");
    for (field, begin) in [
        ("secret", ""),
        ("otpauth_uri", "otpauth://totp/"),
        ("qr_svg", "<?xml"),
    ] {
        let value = shown["totp"][field].take();
        let text = value.as_str().unwrap();
        assert!(!text.is_empty() && text.starts_with(begin), "{field}");
        shown["totp"][field] = "<shown>".into();
    }
    assert_eq!(
        shown,
        json!({
            "email": "new@example.com", "chooses_password": true,
            "totp": {"secret": "<shown>", "otpauth_uri": "<shown>", "qr_svg": "<shown>"}
        })
    );
}

#[tokio::test]
async fn everyone_is_given_a_key_of_their_own() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let mut keys = std::collections::BTreeSet::new();
    for name in ["one", "two", "three"] {
        let new = invite(&ada, name, &[]).await;
        let shown = app.stranger().get(&new.link, &[]).await.fine();
        keys.insert(shown["totp"]["secret"].to_string());
    }
    assert!(keys.len() == 3, "two have one key");
}

#[tokio::test]
async fn the_link_of_a_reset_shows_what_is_to_be_set_anew_and_nothing_else() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let ben = id_of(&ada, "ben").await;
    let link = reset(&ada, &ben, "password").await;
    assert_eq!(
        app.stranger().get(&link, &[]).await.fine(),
        json!({"email": "ben@example.com", "totp": null, "chooses_password": true})
    );
    let cleo = id_of(&ada, "cleo").await;
    let link = reset(&ada, &cleo, "mfa").await;
    let shown = app.stranger().get(&link, &[]).await.fine();
    assert_eq!(shown["chooses_password"], false);
    assert!(shown["totp"]["secret"].is_string());
}

#[tokio::test]
async fn a_link_that_is_used_expired_or_unknown_is_not_there_and_no_one_can_tell_which() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let old = invite(&ada, "old", &[]).await;
    app.advance(std::time::Duration::from_hours(72));
    let ada = app.sign_in("ada").await;
    let used = invite(&ada, "used", &[]).await;
    take_up(&app, &used.link, countersign_tests::PASSWORD).await;
    let open = invite(&ada, "open", &[]).await;
    let longer = format!("{}x", open.link);
    let long = format!("/admin/invitations/{}", "x".repeat(3000));
    for link in [
        &old.link,
        &used.link,
        "/admin/invitations/cin_unknown",
        "/admin/invitations/%20",
        &longer,
        &long,
    ] {
        let reply = app.stranger().get(link, &[]).await;
        assert_eq!(reply.problem(404, "not-found"), NOT_THERE);
    }
    app.stranger().get(&open.link, &[]).await.fine();
}

#[tokio::test]
async fn the_link_is_kept_as_a_digest_only() {
    let app = App::with_people().await;
    let new = invite(&app.sign_in("ada").await, "new", &[]).await;
    let token = new.link.rsplit('/').next().unwrap();
    let random = token.strip_prefix("cin_").unwrap();
    assert!(random.len() == 43, "256 bits");
    for table in ["administrators", "attempts", "audit"] {
        let items = app.dump(table).await;
        let is_there = items.iter().any(|item| item.to_string().contains(random));
        assert!(!is_there, "a link stands in {table}");
    }
}
