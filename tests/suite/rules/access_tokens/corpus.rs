//! Tokens that never were: each named after what is wrong with it, and none of them active.

mod content;
mod headers;
mod shapes;
mod signatures;

use std::collections::{BTreeMap, BTreeSet};

use countersign_tests::access_tokens::{INACTIVE, REVOKE, granted, introspect, is_active, start};

pub(super) use signatures::negated;

use super::forgery::Forger;

/// A token, and what is wrong with it.
type Bad = (String, String);

fn bad(name: impl Into<String>, token: impl Into<String>) -> Bad {
    (name.into(), token.into())
}

fn all(forger: &Forger) -> Vec<Bad> {
    [
        headers::algorithms(forger),
        headers::codes(forger),
        headers::parameters(forger),
        headers::keys(forger),
        headers::types(forger),
        content::changed(forger),
        content::of_another_form(forger),
        signatures::spoiled(forger),
        signatures::spelled_otherwise(forger),
        shapes::parts(forger),
        shapes::characters(forger),
        shapes::sizes(forger),
    ]
    .concat()
}

/// Makes sure that the corpus is what it says: each entry once, and none of them the genuine token.
#[track_caller]
fn assert_sound(forger: &Forger, corpus: &[Bad]) {
    let mut names = BTreeSet::new();
    let mut tokens = BTreeMap::new();
    for (name, token) in corpus {
        let genuine = [&forger.token, &forger.other];
        assert!(!genuine.contains(&token), "{name} is genuine");
        assert!(names.insert(name), "two entries are called {name}");
        let same = tokens.insert(token, name);
        assert_eq!(same, None, "{name} is the same token");
    }
    assert!(corpus.len() >= 480, "{} entries", corpus.len());
}

#[tokio::test]
async fn no_token_of_the_corpus_is_active_and_the_genuine_one_stays_so() {
    let app = start().await;
    let forger = Forger::at(&app).await;
    let corpus = all(&forger);
    assert_sound(&forger, &corpus);
    let owner = app.owner();
    for (name, token) in &corpus {
        let reply = introspect(&owner, token).await;
        granted(&reply);
        assert_eq!(reply.body, INACTIVE, "{name}");
    }
    assert!(is_active(&app, &forger.token).await);
}

#[tokio::test]
async fn no_token_of_the_corpus_revokes_the_genuine_one() {
    let app = start().await;
    let forger = Forger::at(&app).await;
    let client = app.client("login_client");
    for (name, token) in all(&forger) {
        let reply = client.post(REVOKE, &[("token", &token)]).await;
        granted(&reply);
        assert_eq!(reply.body, "{}", "{name}");
    }
    assert!(is_active(&app, &forger.token).await);
    assert!(is_active(&app, &forger.other).await);
}
