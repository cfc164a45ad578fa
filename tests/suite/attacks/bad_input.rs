//! Invalid arguments: each is refused by its name, and nothing is stored.

mod http;
mod lists;
mod random;
mod values;

use countersign_tests::machine_api::{assert_unchanged, clients};
use countersign_tests::{App, Caller, Reply};

const FORM: &str = "application/x-www-form-urlencoded";
const NO_JSON: &str = "the JSON is not syntactically valid";
const FEATURES: (&str, &str) = ("/clients/set_features", "features");
const WHITELIST: (&str, &str) = ("/clients/set_whitelist", "whitelist");
const HOURS: (&str, &str) = ("/clients/reset_secret", "hours_to_live");
const RENAME: (&str, &str) = ("/clients/set_description", "description");
const HAS_FEATURES: (&str, &str) = ("/clients/list", "has_features");

/// Makes sure that the owner is refused `value` for `argument`, each time for the same reason.
async fn assert_refused(app: &App, (path, argument): (&str, &str), value: &str, why: Option<&str>) {
    let given = [("for_client_id", "featureless"), (argument, value)];
    let reason = app.owner().post(path, &given).await.invalid(argument);
    assert!(
        why.is_none_or(|why| why == reason),
        "{argument}={value:?}: {reason}"
    );
}

/// A `POST` with these very bytes as its form.
async fn post_bytes(caller: &Caller, path: &str, body: impl Into<Vec<u8>>) -> Reply {
    caller.post_raw(path, FORM, body.into()).await
}

#[tokio::test]
async fn escapes_that_do_not_decode_are_refused_by_the_argument_s_name() {
    let app = App::start().await;
    let before = clients(&app).await;
    for value in ["%", "100%", "%4", "%zz", "%+1", "%%41", "a%2", "%u0041"] {
        let form = format!("description={value}");
        for reply in [
            post_bytes(&app.owner(), "/clients/add", form.clone()).await,
            app.owner().get(&format!("/clients/add?{form}"), &[]).await,
        ] {
            reply.invalid("description");
        }
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn what_is_no_utf_8_is_refused_and_never_stored_as_something_else() {
    let app = App::start().await;
    let before = clients(&app).await;
    for value in [
        &b"%ff"[..],
        b"%c3",
        b"%c0%80",
        b"%ed%a0%80",
        b"a%f8%88%80%80%80",
        b"\xff",
        b"\xc3",
    ] {
        let reply = post_bytes(
            &app.owner(),
            "/clients/add",
            [b"description=", value].concat(),
        )
        .await;
        reply.invalid("description");
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn a_name_that_does_not_decode_is_refused_because_it_may_be_any_argument_s() {
    let app = App::start().await;
    let before = clients(&app).await;
    for name in ["%ff", "%zz", "descripti%6", "descripti%c3n"] {
        let form = format!("description=never&{name}=x");
        post_bytes(&app.owner(), "/clients/add", form.clone())
            .await
            .invalid(name);
        app.owner()
            .get(&format!("/clients/add?{form}"), &[])
            .await
            .invalid(name);
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn unknown_arguments_are_ignored_whatever_they_hold() {
    let app = App::start().await;
    for unknown in [
        "timeout=10&application_id=x&type_name=user",
        "x=%ff",
        "x=%zz&x=%",
        "x=1&x=2&x",
        "x[]=1&x[a]=2",
        "=1&=2",
        "&&&",
        "Key=other&KEY=yet+another",
        "features=[&hours_to_live=-1&for_client_id=",
    ] {
        let form = format!("{unknown}&key=minimum_age&{unknown}");
        let path = "/settings/get_default";
        let reply = post_bytes(&app.owner(), path, form.clone()).await;
        assert_eq!(reply.ok()["result"], "13", "{unknown}");
        let reply = app.owner().get(&format!("{path}?{form}"), &[]).await;
        assert_eq!(reply.ok()["result"], "13", "{unknown}");
    }
}

#[tokio::test]
async fn an_argument_may_come_twice_with_one_value_but_not_with_two() {
    let app = App::start().await;
    let before = clients(&app).await;
    let (path, given) = ("/clients/set_features", "for_client_id=featureless");
    for same in [
        "features=[]&features=[]",
        "features=[]&features=%5B%5d&features=%5b]",
    ] {
        post_bytes(&app.owner(), path, format!("{given}&{same}"))
            .await
            .ok();
        post_bytes(
            &app.owner(),
            &format!("{path}?{same}"),
            format!("{given}&{same}"),
        )
        .await
        .ok();
    }
    for other in [
        "features=%5B%22owner%22%5D",
        "features=",
        "features",
        "features=[]+",
    ] {
        let twice = format!("{given}&features=[]&{other}");
        let reply = post_bytes(&app.owner(), path, twice.clone()).await;
        reply.error(201, "duplicate_argument");
        let reply = app
            .owner()
            .get(&format!("{path}?{twice}&features=[]"), &[])
            .await;
        reply.error(201, "duplicate_argument");
        let (query, form) = (format!("{path}?{other}"), format!("{given}&features=[]"));
        let reply = post_bytes(&app.owner(), &query, form).await;
        reply.error(201, "duplicate_argument");
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn an_empty_argument_is_not_a_missing_one() {
    let app = App::start().await;
    for form in ["description", "description=", "description=+"] {
        post_bytes(&app.owner(), "/clients/add", form)
            .await
            .invalid("description");
    }
    for argument in [FEATURES, WHITELIST, HAS_FEATURES] {
        assert_refused(&app, argument, "", Some(NO_JSON)).await;
    }
    assert_refused(&app, HOURS, "", None).await;
}

#[tokio::test]
async fn what_an_error_repeats_of_an_argument_is_short() {
    let app = App::start().await;
    let long = serde_json::json!(["ö".repeat(5_000)]).to_string();
    for (path, argument) in [FEATURES, WHITELIST, HAS_FEATURES] {
        let reply = app.owner().post(path, &[(argument, &long)]).await;
        reply.invalid(argument);
        assert!(reply.body.len() < 1_000, "{} bytes", reply.body.len());
    }
    let body = format!("description=x&{}%ff=1", "n".repeat(50_000));
    let reply = post_bytes(&app.owner(), "/clients/add", body).await;
    reply.error(200, "invalid_argument");
    assert!(reply.body.len() < 1_000, "{} bytes", reply.body.len());
}
