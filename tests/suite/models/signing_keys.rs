//! A year of tokens, copies of the key set and rotations, in random order.
//!
//! Every copy that somebody may still use verifies every token that is alive.
//!
//! A failing history names its seed; `COUNTERSIGN_KEYS_SEED` replays it.

use std::time::Duration;

use countersign_tests::signing_keys::{
    self, KEPT_MILLIS, KeySet, app, doing, is_active, key_of, listed, rotate, token,
};
use countersign_tests::{App, Person};
use serde_json::{Value, json};
use shared::Timestamp;

use super::chance::Chance;

/// Histories without being asked for one.
const HISTORIES: u64 = 2;
const YEAR_MILLIS: i64 = 365 * 86_400_000;
const HOUR_MILLIS: i64 = 3_600_000;
const LIFE_MILLIS: i64 = 300_000;

struct Issued {
    token: String,
    key: String,
    at: i64,
}

impl Issued {
    /// The second at whose beginning it is dead: its times are whole seconds.
    fn expires(&self) -> i64 {
        self.at / 1_000 * 1_000 + LIFE_MILLIS
    }
}

/// The knowledge of an outside observer.
struct World {
    app: App,
    seed: u64,
    chance: Chance,
    /// Tokens that live or have died a short time ago.
    tokens: Vec<Issued>,
    copies: Vec<KeySet>,
    /// Every key that has signed, in order.
    signed: Vec<String>,
    /// Since when the key is published that waits.
    published: i64,
    /// When a rotation takes effect that is on its way.
    planned: Option<i64>,
    issued: usize,
    rotations: usize,
}

impl World {
    async fn begin(seed: u64) -> Self {
        let app = app().await;
        let copies = vec![KeySet::fetch(&app).await];
        let published = app.clock.now().millis();
        Self {
            app,
            seed,
            chance: Chance::of(seed),
            tokens: Vec::new(),
            copies,
            signed: Vec::new(),
            published,
            planned: None,
            issued: 0,
            rotations: 0,
        }
    }

    fn now(&self) -> i64 {
        self.app.clock.now().millis()
    }

    #[track_caller]
    fn holds(&self, holds: bool, what: &str) {
        let now = String::from(shared::Moment(Timestamp::from_millis(self.now())));
        assert!(
            holds,
            "COUNTERSIGN_KEYS_SEED={} at {now}: {what}",
            self.seed
        );
    }

    fn pass(&mut self, from_millis: u64, to_millis: u64) {
        let millis = from_millis + self.chance.below(to_millis - from_millis);
        self.app.advance(Duration::from_millis(millis));
        let now = self.now();
        self.tokens.retain(|issued| now < issued.expires() + 60_000);
        self.copies.retain(|copy| now < copy.fetched + HOUR_MILLIS);
    }

    /// Issues a token, and asserts that every usable copy of the key set verifies it.
    ///
    /// Apart from the first, the key that signs was published an hour ago.
    async fn issue(&mut self) {
        let token = token(&self.app.owner()).await;
        let (key, at) = (key_of(&token), self.now());
        for copy in &self.copies {
            let kept = at - copy.fetched <= KEPT_MILLIS;
            self.holds(!kept || copy.verifies(&token), "a copy does not verify it");
            let published = at - copy.fetched >= HOUR_MILLIS || copy.keys.contains_key(&key);
            self.holds(published, "its key was not published an hour before");
        }
        if self.signed.last() != Some(&key) {
            self.holds(!self.signed.contains(&key), "an old key signs again");
            self.signed.push(key.clone());
            if self.planned.take_if(|planned| *planned <= at).is_none() && self.signed.len() > 1 {
                // It was due, or was rotated by hand a moment ago.
                self.published = self.published.max(at);
            }
        }
        self.tokens.push(Issued { token, key, at });
        self.issued += 1;
    }

    /// Fetches the key set, and asserts that it verifies every token that is alive.
    async fn fetch(&mut self) {
        let copy = KeySet::fetch(&self.app).await;
        let now = self.now();
        for issued in self.tokens.iter().filter(|issued| now < issued.expires()) {
            let verifies = copy.verifies(&issued.token);
            self.holds(verifies, "a new copy does not verify a living token");
        }
        self.copies.push(copy);
    }

    async fn introspect(&mut self) {
        if self.tokens.is_empty() {
            return;
        }
        let count = u64::try_from(self.tokens.len()).unwrap();
        let place = usize::try_from(self.chance.below(count)).unwrap();
        let issued = &self.tokens[place];
        let lives = self.now() < issued.expires();
        let active = is_active(&self.app, &issued.token).await;
        self.holds(active == lives, "introspection tells otherwise");
    }

    /// Asserts that one key signs, and that administrators see exactly the published keys.
    ///
    /// A key that ends is published until then.
    async fn look(&mut self, ada: &Person) -> Vec<Value> {
        let keys = listed(ada).await;
        let signing = doing(&keys, "signing");
        self.holds(signing.len() == 1, "not exactly one key signs");
        self.holds(!doing(&keys, "next").is_empty(), "no key waits");
        let copy = KeySet::fetch(&self.app).await;
        self.holds(
            copy.names_of(&keys).len() == keys.len(),
            "one is not published",
        );
        // Two of the other application.
        self.holds(
            copy.keys.len() == keys.len() + 2,
            "one too many is published",
        );
        let now = signing_keys::now(&self.app);
        for (place, key) in keys.iter().enumerate() {
            let text = |field: &str| key[field].as_str().map(str::to_owned);
            let ended = text("ends_at").is_some_and(|ends| ends <= now);
            self.holds(!ended, "one has ended and is there");
            let signs = text("signs_from").is_some_and(|from| from <= now);
            let is_next = key["state"] == "next";
            self.holds(signs != is_next, "a key does not do what it says");
            let kept = self
                .tokens
                .iter()
                .filter(|issued| key["kid"] == *issued.key);
            let last = kept.map(Issued::expires).max().unwrap_or(0);
            let goes = text("ends_at").is_none_or(|ends| {
                String::from(shared::Moment(Timestamp::from_millis(last))) <= ends
            });
            self.holds(goes, "a key goes before its last token is dead");
            // Two that have signed, one that does, one that will, and one that waits.
            self.holds(place < 5, "keys pile up");
        }
        keys
    }

    async fn rotate(&mut self, ada: &Person) {
        let keys = self.look(ada).await;
        let planned = |keys: &[Value], now: &str| {
            let mut waiting = keys.iter().filter_map(|key| key["signs_from"].as_str());
            waiting.any(|from| from > now)
        };
        let reply = rotate(ada).await;
        // The code took half a minute, in which what was planned may have happened.
        let waits = planned(&keys, &signing_keys::now(&self.app));
        if waits {
            reply.problem(409, "rotation-pending");
        } else {
            reply.fine();
            self.rotations += 1;
            let now = self.now();
            self.planned = Some(self.published + HOUR_MILLIS).filter(|from| now < *from);
            self.published = now;
        }
        self.look(ada).await;
    }

    /// Some minutes of work.
    async fn work(&mut self) {
        let ada = self.app.sign_in("ada").await;
        if self.chance.below(6) == 0 {
            let days = [1, 7, 30, 90, 365][usize::try_from(self.chance.below(5)).unwrap()];
            let policy = json!({"audiences": ["reports"], "key_rotation_days": days});
            ada.put("/admin/token-policy", &policy).await.fine();
        }
        for _ in 0..4 + self.chance.below(8) {
            match self.chance.below(12) {
                0..5 => self.issue().await,
                5..8 => self.fetch().await,
                8..10 => self.introspect().await,
                10 => self.rotate(&ada).await,
                _ => drop(self.look(&ada).await),
            }
            // At the same moment, soon after, or minutes later.
            match self.chance.below(4) {
                0 => {}
                1 => self.pass(1, 2_000),
                _ => self.pass(1_000, 120_000),
            }
        }
    }

    async fn year(mut self) -> Self {
        const MINUTE: u64 = 60_000;
        const DAY: u64 = 24 * 60 * MINUTE;
        let end = self.now() + YEAR_MILLIS;
        while self.now() < end {
            self.work().await;
            if let Some(planned) = self.planned.filter(|planned| *planned > self.now())
                && self.chance.below(4) > 0
            {
                // Signing in takes half a minute.
                let left = u64::try_from(planned - self.now()).unwrap();
                self.pass(left.saturating_sub(4 * MINUTE), left.max(1));
                continue;
            }
            match self.chance.below(7) {
                0 => self.pass(MINUTE, 15 * MINUTE),
                1 => self.pass(45 * MINUTE, 65 * MINUTE),
                2 => self.pass(DAY / 4, 2 * DAY),
                _ => self.pass(DAY, 25 * DAY),
            }
        }
        self
    }
}

#[tokio::test]
async fn in_a_year_of_tokens_and_rotations_no_copy_that_may_be_kept_is_too_old() {
    let replayed = std::env::var("COUNTERSIGN_KEYS_SEED").ok();
    let (first, histories) = if let Some(seed) = &replayed {
        (seed.parse().unwrap(), 1)
    } else {
        let bytes = shared::Random::default().bytes().unwrap();
        (u64::from_le_bytes(bytes), HISTORIES)
    };
    let (mut keys, mut by_hand, mut tokens) = (0, 0, 0);
    for seed in first..first.saturating_add(histories) {
        let world = World::begin(seed).await.year().await;
        keys += world.signed.len();
        by_hand += world.rotations;
        tokens += world.issued;
    }
    println!("{tokens} tokens, {keys} keys that signed, {by_hand} rotations by hand");
    // A model in which nothing happens proves nothing.
    assert!(replayed.is_some() || (keys > 10 && by_hand > 5 && tokens > 100));
}
