//! Invalid signatures: all are refused alike, so nobody can tell the reason.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use countersign_tests::settings::{assert_same, stored};
use countersign_tests::signatures::{Signed, Signer, Transport};
use countersign_tests::{App, Reply, secret_of};
use reqwest::Method;

use super::{GET, KEYS, app, nobody, owner};

/// A refusal without what differs in every reply.
fn anonymous(reply: &Reply) -> (u16, Vec<(String, String)>, String) {
    let id = reply.header("x-request-id");
    let headers = reply.headers.iter();
    let mut headers: Vec<_> = headers
        .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (reply.status, headers, reply.body.replace(id, "<id>"))
}

/// Asserts that a reply is the only refusal for bad credentials, the same as for a wrong secret.
async fn assert_refused(app: &App, reply: &Reply, what: &str) {
    assert!(reply.json()["stat"] != "ok", "accepted: {what}");
    reply.error(402, "invalid_client_credentials");
    let wrong = app.caller("owner", &secret_of("login_client"));
    let usual = wrong.post(GET, &[("key", "any")]).await;
    assert_eq!(anonymous(reply), anonymous(&usual), "{what}");
}

/// A change of a request on its way.
type Change = fn(&mut Signed);

fn signed(app: &App) -> Signed {
    owner(app).request(GET, &[("key", "any"), ("other", "x")])
}

#[tokio::test]
async fn whatever_changes_after_the_signature_is_refused() {
    let app = app().await;
    signed(&app).sealed().send().await.ok();
    let changes: [(&str, Change); 8] = [
        ("another value", |request| {
            request.parameters[0].1 = "other".into();
        }),
        ("another case", |request| {
            request.parameters[0].1 = "Any".into();
        }),
        ("another name", |request| {
            request.parameters[1].0 = "others".into();
        }),
        ("one more", |request| {
            request.parameters.push(("a".into(), String::new()));
        }),
        ("one less", |request| drop(request.parameters.pop())),
        ("values swapped", |request| {
            request.parameters[0].1 = "x".into();
            request.parameters[1].1 = "any".into();
        }),
        ("another path", |request| {
            request.path = "/settings/get".into();
        }),
        ("another second", |request| {
            *request = request.clone().dated(1);
        }),
    ];
    for (what, change) in changes {
        for transport in Transport::ALL {
            let mut request = signed(&app).sealed().by(transport);
            change(&mut request);
            assert_refused(&app, &request.send().await, what).await;
        }
    }
}

#[tokio::test]
async fn two_requests_with_one_text_have_one_signature_and_the_order_of_lines_is_fixed() {
    let app = app().await;
    let one = owner(&app).request(GET, &[("key", "any\nother=x")]);
    let text = one.text();
    one.send().await.ok();
    // By contract nothing tells a line in a value from a parameter.
    signed(&app).signing(&text).send().await.ok();
    let request = signed(&app);
    let turned = format!("{GET}\n{}\nother=x\nkey=any\n", request.date);
    assert_refused(&app, &request.signing(&turned).send().await, "order").await;
}

#[tokio::test]
async fn the_text_has_one_form() {
    let app = app().await;
    let date = signed(&app).date;
    for text in [
        format!("{GET}\n{date}\nkey=any\nother=x"),
        format!("{GET}\n{date}\nkey=any\nother=x\n\n"),
        format!("{GET}\n{date}\nkey=any&other=x\n"),
        format!("{GET}\n{date}\n"),
        format!("{GET}\n{date}\n\n"),
        format!("{GET}\r\n{date}\r\nkey=any\r\nother=x\r\n"),
        format!("GET\n{GET}\n{date}\nkey=any\nother=x\n"),
        format!("{GET}?key=any&other=x\n{date}\n"),
        String::new(),
    ] {
        let reply = signed(&app).signing(&text).send().await;
        assert_refused(&app, &reply, &text).await;
    }
    for text in [format!("{KEYS}\n{date}"), format!("{KEYS}\n{date}\n\n\n")] {
        let request = owner(&app).request(KEYS, &[]).signing(&text);
        assert_refused(&app, &request.send().await, &text).await;
    }
    let given = [
        ("key", "any"),
        ("client_id", "owner"),
        ("access_token", "t"),
    ];
    let request = owner(&app).request(GET, &given);
    let text = format!("{GET}\n{date}\naccess_token=t\nclient_id=owner\nkey=any\n");
    assert_refused(&app, &request.signing(&text).send().await, "credentials").await;
}

#[tokio::test]
async fn a_date_has_one_form_and_is_required() {
    let app = app().await;
    let dates = [
        "",
        "Sat, 21 Nov 2026 00:00:00 GMT",
        "2036-11-21T00:00:00Z",
        "2036-11-21 00:00:00Z",
        "2036-11-21 00:00:00 UTC",
        "2036-11-21 00:00:00.000",
        "2036-11-21  00:00:00",
        "2036-11-21 00:00",
        "2036-11-21",
        "21-11-2026 00:00:00",
        "2036-11-20 24:00:00",
        "2036-11-21 00:00:60",
        "2110838400",
    ];
    for date in dates {
        let mut request = signed(&app);
        date.clone_into(&mut request.date);
        assert_refused(&app, &request.send().await, date).await;
    }
}

#[tokio::test]
async fn only_the_client_s_own_secret_signs_for_it() {
    let app = app().await;
    let request = |id: &str, secret: &str| {
        let signer = Signer::new(&app, id, secret);
        signer.request(GET, &[("key", "any")])
    };
    for (id, secret) in [
        ("owner", secret_of("login_client")),
        ("owner", secret_of("foreigner")),
        ("owner", String::new()),
        ("owner", "guess".to_owned()),
        ("imported:1", "s3cret".to_owned()),
        ("nobody", secret_of("owner")),
        ("", secret_of("owner")),
        ("", String::new()),
        ("nobody", String::new()),
        ("OWNER", secret_of("owner")),
        ("owner:owner", secret_of("owner")),
        // Its signature is correct, but it is disabled.
        ("disabled", secret_of("disabled")),
        // Its signature is correct, but its application has not switched signatures on.
        ("foreigner", secret_of("foreigner")),
        ("foreigner", secret_of("owner")),
        ("foreigner", String::new()),
    ] {
        let reply = request(id, &secret).send().await;
        assert_refused(&app, &reply, &format!("{id:?}")).await;
    }
    let with_secret = app.client("foreigner").post(GET, &[("key", "any")]).await;
    with_secret.ok();
}

#[tokio::test]
async fn a_deleted_client_does_not_sign_any_more() {
    let app = app().await;
    let client = Signer::new(&app, "login_client", &secret_of("login_client"));
    let request = client.request(GET, &[("key", "any")]);
    request.clone().send().await.ok();
    let given = [("client_id_for_deletion", "login_client")];
    app.owner().post("/clients/delete", &given).await.ok();
    assert_refused(&app, &request.send().await, "deleted").await;
}

#[tokio::test]
async fn a_malformed_header_is_refused_like_a_wrong_signature() {
    let app = app().await;
    let right = owner(&app).header(&signed(&app).text());
    let signature = right.rsplit_once(':').unwrap().1.to_owned();
    let bytes = BASE64_STANDARD.decode(&signature).unwrap();
    let hex = |text: String, byte: &u8| format!("{text}{byte:02x}");
    let hex = bytes.iter().fold(String::new(), hex);
    let url_safe = BASE64_URL_SAFE.encode([0xff; 20]);
    let short = BASE64_STANDARD.encode(&bytes[..19]);
    let long = BASE64_STANDARD.encode([&bytes[..], b"\0"].concat());
    for header in [
        "Signature".to_owned(),
        "Signature owner".to_owned(),
        "Signature owner:".to_owned(),
        "Signature :".to_owned(),
        format!("Signature :{signature}"),
        format!("Signature {signature}"),
        format!("Signature owner {signature}"),
        format!("Signature owner:{signature}:"),
        format!("Signature owner:{signature}{signature}"),
        format!("Signature owner:{hex}"),
        format!("Signature owner:{url_safe}"),
        format!("Signature owner:{short}"),
        format!("Signature owner:{long}"),
        "Signature owner:****************************".to_owned(),
        format!("Signature owner:{}", BASE64_STANDARD.encode([0; 20])),
    ] {
        let mut request = signed(&app);
        request.authorization = Some(header.clone());
        assert_refused(&app, &request.send().await, &header).await;
    }
    let date = signed(&app).date;
    let both = nobody(&app).authorization(&[&right, &right]);
    let path = format!("{GET}?key=any&other=x");
    let headers = [("date", date.as_str())];
    let reply = both.send(Method::GET, &path, &headers, "".into()).await;
    assert_refused(&app, &reply, "two headers").await;
}

#[tokio::test]
async fn a_refused_request_changes_nothing() {
    let app = app().await;
    let before = stored(&app).await;
    let given = [("key", "k"), ("value", "v")];
    let mut request = owner(&app).request("/settings/set", &given).sealed();
    request.parameters[1].1 = "w".into();
    assert_refused(&app, &request.send().await, "changed").await;
    let after = stored(&app).await;
    assert_same(&before, &after, "a refused request");
}
