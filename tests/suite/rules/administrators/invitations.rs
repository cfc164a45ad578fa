//! Invitations: a link that works once and for 72 hours, the authenticator first and then the
//! password.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign_tests::administrators::{
    self, NOT_THERE, answer, assert_not_let_in, assert_wrong_code, authenticator_of, invite, reset,
    sign_in_with, state_of, take_up,
};
use countersign_tests::{App, PASSWORD, email_of};
use qrcode::{Color, QrCode};

const LIFE: Duration = Duration::from_hours(72);
const MILLISECOND: Duration = Duration::from_millis(1);

/// A link that leads nowhere, to look at and to take up.
async fn assert_void(app: &App, link: &str) {
    let looked = app.stranger().get(link, &[]).await;
    assert_eq!(looked.problem(404, "not-found"), NOT_THERE);
    let taken = answer(app, link, PASSWORD, "000000").await;
    assert_eq!(taken.problem(404, "not-found"), NOT_THERE);
}

#[tokio::test]
async fn who_is_invited_sets_up_an_authenticator_and_then_a_password_and_can_sign_in() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &["manage_users"]).await;
    assert_eq!(state_of(&ada, &new.id).await, "invited");
    let enrolled = take_up(&app, &new.link, PASSWORD).await;
    assert_eq!(state_of(&ada, &new.id).await, "active");
    let code = enrolled.authenticator.next_code(&app.clock);
    let begun = sign_in_with(&app, "new", PASSWORD, &code).await;
    let person = app.person(&begun, enrolled.authenticator);
    assert_eq!(person.id, new.id);
    let me = person.get("/admin/me").await.fine();
    assert_eq!(me["privileges"], serde_json::json!(["manage_users"]));
}

#[tokio::test]
async fn the_typed_key_the_link_and_the_qr_code_are_the_same_key() {
    let app = App::with_people().await;
    let new = invite(&app.sign_in("ada").await, "new", &[]).await;
    let totp = app.stranger().get(&new.link, &[]).await.fine()["totp"].take();
    let secret = totp["secret"].as_str().unwrap();
    assert!(secret.len() == 32, "160 bits in base 32");
    let uri = totp["otpauth_uri"].as_str().unwrap();
    let wanted = format!(
        "otpauth://totp/Countersign:new%40example%2Ecom?secret={secret}&issuer=Countersign&algorithm=SHA1&digits=6&period=30"
    );
    assert!(uri == wanted, "the link is another one");
    let drawn = dark_modules(totp["qr_svg"].as_str().unwrap());
    let code = QrCode::new(uri).unwrap();
    let width = code.width();
    let colors = code.to_colors().into_iter().enumerate();
    let dark = colors.filter(|(_, color)| *color == Color::Dark);
    let wanted: BTreeSet<_> = dark.map(|(at, _)| (at % width, at / width)).collect();
    assert!(drawn == wanted, "the QR code shows something else");
}

/// Returns the dark modules of a QR code, without its quiet zone.
fn dark_modules(svg: &str) -> BTreeSet<(usize, usize)> {
    let path = svg.rsplit_once(" d=\"").unwrap().1;
    let path = path.split_once('"').unwrap().0;
    // Each module: M{left} {top}h{width}v{height}H{left}V{top}
    let modules: Vec<[usize; 3]> = path
        .split('M')
        .skip(1)
        .map(|module| {
            let numbers: Vec<_> = module
                .split(|c: char| !c.is_ascii_digit())
                .map(|number| number.parse().unwrap())
                .collect();
            assert_eq!(numbers[2], numbers[3], "a module is a square");
            [numbers[0], numbers[1], numbers[2]]
        })
        .collect();
    let size = modules[0][2];
    // The corner of a QR code is dark.
    let left = modules.iter().map(|module| module[0]).min().unwrap();
    let top = modules.iter().map(|module| module[1]).min().unwrap();
    assert!(left >= 4 * size && top >= 4 * size, "a quiet zone of four");
    modules
        .iter()
        .map(|[x, y, _]| ((x - left) / size, (y - top) / size))
        .collect()
}

#[tokio::test]
async fn a_link_works_once() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &[]).await;
    let enrolled = take_up(&app, &new.link, PASSWORD).await;
    assert_void(&app, &new.link).await;
    let code = enrolled.authenticator.next_code(&app.clock);
    let again = answer(&app, &new.link, "another good password", &code).await;
    again.problem(404, "not-found");
    let begun = sign_in_with(&app, "new", PASSWORD, &code).await;
    app.person(&begun, enrolled.authenticator);
}

#[tokio::test]
async fn a_link_works_for_72_hours_to_the_millisecond() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &[]).await;
    app.advance(LIFE.checked_sub(MILLISECOND).unwrap());
    let authenticator = authenticator_of(&app, &new.link).await;
    app.advance(MILLISECOND);
    assert_void(&app, &new.link).await;
    let code = authenticator.code(&app.clock);
    let late = answer(&app, &new.link, PASSWORD, &code).await;
    late.problem(404, "not-found");
    let ada = app.sign_in("ada").await;
    assert_eq!(state_of(&ada, &new.id).await, "invited");
    // A new one lets them in all the same.
    let link = reset(&ada, &new.id, "mfa").await;
    take_up(&app, &link, PASSWORD).await;
    assert_eq!(state_of(&ada, &new.id).await, "active");
}

#[tokio::test]
async fn a_newer_link_makes_the_older_one_void_and_changes_the_key() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &[]).await;
    let first = authenticator_of(&app, &new.link).await;
    let second = reset(&ada, &new.id, "mfa").await;
    assert_void(&app, &new.link).await;
    assert_eq!(state_of(&ada, &new.id).await, "invited");
    let old_code = first.next_code(&app.clock);
    assert_wrong_code(&answer(&app, &second, PASSWORD, &old_code).await);
    let third = reset(&ada, &new.id, "password").await;
    assert_void(&app, &second).await;
    take_up(&app, &third, PASSWORD).await;
    assert_void(&app, &third).await;
}

#[tokio::test]
async fn the_link_of_somebody_who_was_deleted_is_void() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &[]).await;
    ada.delete(&administrators::at(&new.id)).await.nothing();
    assert_void(&app, &new.link).await;
}

#[tokio::test]
async fn a_wrong_code_sets_nothing_and_leaves_the_link_as_it_was() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &[]).await;
    let authenticator = authenticator_of(&app, &new.link).await;
    let wrong = authenticator.wrong_code(&app.clock);
    assert_wrong_code(&answer(&app, &new.link, PASSWORD, &wrong).await);
    assert_eq!(state_of(&ada, &new.id).await, "invited");
    let code = authenticator.code(&app.clock);
    assert_not_let_in(&sign_in_with(&app, "new", PASSWORD, &code).await);
    let shown = authenticator_of(&app, &new.link).await;
    assert!(
        shown.code(&app.clock) == code,
        "the link shows another key now"
    );
    answer(&app, &new.link, PASSWORD, &code).await.fine();
}

#[tokio::test]
async fn nobody_signs_in_before_they_have_taken_up_their_invitation() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &["manage_users"]).await;
    let authenticator = authenticator_of(&app, &new.link).await;
    for password in ["", PASSWORD] {
        let code = authenticator.code(&app.clock);
        assert_not_let_in(&sign_in_with(&app, "new", password, &code).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_take_up_one_link_at_once_one_does() {
    let app = App::with_people().await;
    let new = invite(&app.sign_in("ada").await, "new", &[]).await;
    let authenticator = authenticator_of(&app, &new.link).await;
    let code = authenticator.code(&app.clock);
    let calls = (0..8).map(|index| {
        let (caller, path) = (app.stranger(), new.link.clone());
        let password = format!("the password of number {index}");
        let body = serde_json::json!({"password": password, "code": code}).to_string();
        tokio::spawn(async move {
            let reply = caller.post_raw(&path, "application/json", body).await;
            (reply, password)
        })
    });
    let mut won = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        let (reply, password) = call.await.unwrap();
        match reply.status {
            200 => won.push(password),
            401 => assert_wrong_code(&reply),
            503 => drop(reply.problem(503, "busy")),
            _ => drop(reply.problem(404, "not-found")),
        }
    }
    assert_eq!(won.len(), 1);
    let code = authenticator.next_code(&app.clock);
    let begun = sign_in_with(&app, "new", &won[0], &code).await;
    assert_eq!(begun.status, 201, "{}", email_of("new"));
}
