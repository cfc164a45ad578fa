//! Numbers, descriptions and IDs that are not what they should be.

use countersign_tests::machine_api::{assert_unchanged, assert_unknown, clients, listed};
use countersign_tests::{App, secret_of};

use super::{HOURS, RENAME, assert_refused};

#[tokio::test]
async fn hours_to_live_are_a_whole_number_in_digits_and_nothing_else() {
    let app = App::start().await;
    let before = clients(&app).await;
    for hours in [
        "-1",
        "+1",
        "-0",
        "1.0",
        "1.5",
        ".5",
        "1e2",
        "0x10",
        " 1",
        "1 ",
        "1\n",
        "1,0",
        "1_0",
        "169",
        "65536",
        "65792",
        "4294967296",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999",
        "null",
        "true",
        "[1]",
        "\"1\"",
        "NaN",
        "١",
        "１",
    ] {
        assert_refused(&app, HOURS, hours, None).await;
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn a_description_has_1_to_255_characters_without_the_blanks_around_it() {
    let app = App::start().await;
    for accepted in [
        "x".to_owned(),
        "y".repeat(255),
        "🐎".repeat(255),
        "שלום עולם".to_owned(),
        "مرحبا\u{202e}abc".to_owned(),
        "👩‍👩‍👧‍👦 e\u{301}".to_owned(),
        "<script>'\"&;--%00\\{}".to_owned(),
        format!(" \t{}\n ", "z".repeat(255)),
    ] {
        let made = app
            .owner()
            .post("/clients/add", &[("description", &accepted)])
            .await
            .ok();
        let id = made["client_id"].as_str().unwrap();
        assert_eq!(listed(&app, id, "description").await, accepted.trim());
    }
    let before = clients(&app).await;
    let refused = [
        String::new(),
        " ".to_owned(),
        "\t \n\u{a0}\u{2003}".to_owned(),
        "y".repeat(256),
        "🐎".repeat(256),
        "y".repeat(5000),
        format!("a{}b", " ".repeat(254)),
    ];
    for description in refused {
        app.owner()
            .post("/clients/add", &[("description", &description)])
            .await
            .invalid("description");
        assert_refused(&app, RENAME, &description, None).await;
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn a_description_holds_no_control_characters() {
    let app = App::start().await;
    let before = clients(&app).await;
    for control in [
        "\0", "\u{1}", "\u{7}", "\n", "\r", "\t", "\u{1b}", "\u{7f}", "\u{85}", "\u{9b}",
    ] {
        let description = format!("a{control}b");
        app.owner()
            .post("/clients/add", &[("description", &description)])
            .await
            .invalid("description");
        assert_refused(&app, RENAME, &description, None).await;
    }
    for control in ["\0", "a\0", "\0a", "\u{1b}"] {
        app.owner()
            .post("/clients/add", &[("description", control)])
            .await
            .invalid("description");
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn an_id_of_any_length_and_content_is_no_valid_id_but_no_fault_either() {
    let app = App::start().await;
    let before = clients(&app).await;
    let long = [255, 256, 300, 1_024, 2_049, 10_000].map(|length| "i".repeat(length));
    let odd = [
        "\0",
        "a\nb",
        "#",
        "client#owner",
        "application",
        "credential",
        "$",
        "../owner",
        "🐎",
        "\u{202e}",
    ];
    let ids: Vec<_> = long.iter().map(String::as_str).chain(odd).collect();
    for (path, argument) in [
        ("/clients/delete", "client_id_for_deletion"),
        ("/clients/reset_secret", "for_client_id"),
        ("/clients/clear_whitelist", "for_client_id"),
    ] {
        for id in &ids {
            let why = app
                .owner()
                .post(path, &[(argument, id)])
                .await
                .invalid(argument);
            assert_eq!(why, format!("{argument} is not a valid id"));
        }
    }
    for id in ids {
        let secret = secret_of("owner");
        let given = [("client_id", id), ("client_secret", secret.as_str())];
        let reply = app.stranger().post("/clients/list", &given).await;
        reply.error(402, "invalid_client_credentials");
    }
    assert_unknown(&app.caller("client#owner", &secret_of("owner"))).await;
    assert_unchanged(&app, &before).await;
}
