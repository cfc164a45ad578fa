//! The world of a history, what is seen of it, and what must be true.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use countersign_tests::{App, PASSWORD, Person, Reply, Setup, email_of};
use serde_json::{Value, json};
use shared::{Moment, Timestamp};

use super::steps::Attempt;
use crate::models::chance::Chance;
use crate::models::random_faults::RandomFaults;

/// The people of a history, with their privileges at its beginning.
const PEOPLE: [(&str, &[&str]); 4] = [
    ("ada", &["manage_modules", "manage_users"]),
    ("ben", &["manage_users"]),
    ("cleo", &["manage_modules", "manage_users"]),
    ("dora", &["manage_modules"]),
];
const STEPS: u64 = 5;

/// An application with its people, in which one history after the other happens.
pub struct World {
    app: App,
    faults: Arc<RandomFaults>,
    pub people: Vec<Person>,
    ids: Vec<String>,
    /// When the history began.
    began: i64,
    /// The privileges of each person.
    privileges: Vec<BTreeSet<String>>,
    is_on: bool,
    /// Clients of this history.
    pub clients: Vec<String>,
    /// Change requests that wait.
    pub waiting: Vec<String>,
    /// The people who have tried to approve each request.
    tried: BTreeMap<String, BTreeSet<String>>,
    /// Pairs of people of whom the first has had a link of the second in hand.
    handed: BTreeSet<(usize, usize)>,
    applied: u64,
}

/// Runs a history; gives the world back if it ended well.
pub async fn run(mut world: World, seed: u64) -> (Option<World>, bool) {
    let ran = tokio::spawn(async move {
        world.history(seed).await;
        world
    });
    let world = ran.await.ok();
    let ended = world.is_some();
    (world, ended)
}

impl World {
    pub async fn begin() -> Self {
        let faults = Arc::new(RandomFaults::of(0));
        let mut setup = Setup::with_people();
        for (place, (_, privileges)) in PEOPLE.iter().enumerate() {
            setup.seed["applications"][0]["administrators"][place]["privileges"] =
                json!(privileges);
        }
        setup.hook = Some(faults.clone());
        let mut world = Self {
            app: App::with(setup).await,
            faults,
            people: Vec::new(),
            ids: Vec::new(),
            began: 0,
            privileges: Vec::new(),
            is_on: false,
            clients: Vec::new(),
            waiting: Vec::new(),
            tried: BTreeMap::new(),
            handed: BTreeSet::new(),
            applied: 0,
        };
        world.sign_in().await;
        world.ids = world
            .people
            .iter()
            .map(|person| person.id.clone())
            .collect();
        world.privileges = PEOPLE
            .iter()
            .map(|(_, held)| held.iter().map(ToString::to_string).collect())
            .collect();
        world
    }

    /// Returns the number of approved changes that took effect so far.
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// Everyone, with new sessions.
    async fn sign_in(&mut self) {
        self.people.clear();
        for (name, _) in PEOPLE {
            self.people.push(self.app.sign_in(name).await);
        }
    }

    fn observer(&self) -> &Person {
        &self.people[0]
    }

    /// Runs a history, from the state that every history begins with.
    pub async fn history(&mut self, seed: u64) {
        let chance = Chance::of(seed);
        self.faults.seed(seed);
        self.revive().await;
        self.began = self.app.clock.now().millis();
        self.prepare(&chance).await;
        for _ in 0..STEPS {
            match chance.below(60) {
                0 => self.expire().await,
                1 => self.reset(&chance).await,
                _ => self.step(&chance).await,
            }
        }
        self.audit_and_state_agree().await;
        self.tidy_up().await;
    }

    /// Two clients to begin with, and most of the time the policy on.
    async fn prepare(&mut self, chance: &Chance) {
        self.clients.clear();
        self.tried.clear();
        for _ in 0..2 {
            let body = json!({"name": format!("b{}", chance.below(1 << 40))});
            let client = self.observer().new_client(&body).await;
            self.clients
                .push(client["client_id"].as_str().unwrap().to_owned());
        }
        if chance.below(5) > 0 {
            let body = json!({"enabled": true, "code": self.observer().next_code()});
            self.observer()
                .put("/admin/multi-admin", &body)
                .await
                .fine();
            self.is_on = true;
        }
    }

    /// Makes one to three attempts at once, with faults, then compares the state with the allowed ones.
    async fn step(&mut self, chance: &Chance) {
        let attempts: Vec<_> = (0..=chance.below(3))
            .map(|_| Attempt::any(chance, self))
            .collect();
        let before = (self.is_on, self.privileges.clone());
        self.faults.begin();
        let mut calls = Vec::new();
        for attempt in &attempts {
            let person = attempt.by().map(|by| self.people[by].clone());
            let (attempt, owner, ids) = (attempt.clone(), self.app.owner(), self.ids.clone());
            if let (Attempt::Approve { request, .. }, Some(person)) = (&attempt, &person) {
                self.tried
                    .entry(request.clone())
                    .or_default()
                    .insert(person.id.clone());
            }
            calls.push(tokio::spawn(async move {
                attempt.call(person.as_ref(), &owner, &ids).await
            }));
        }
        let mut replies = Vec::new();
        for call in calls {
            replies.push(call.await.unwrap());
        }
        self.faults.end();
        self.app.advance(Duration::from_millis(1));
        self.observe(&attempts, &replies, &before).await;
    }

    async fn observe(
        &mut self,
        attempts: &[Attempt],
        replies: &[Reply],
        (was_on, held_before): &(bool, Vec<BTreeSet<String>>),
    ) {
        if replies.iter().any(|reply| reply.status == 401) {
            self.revive().await;
        }
        let policy = self.observer().get("/admin/multi-admin").await.fine();
        self.is_on = policy["enabled"].as_bool().unwrap();
        let listed = self.observer().get("/admin/administrators").await.fine();
        for person in listed["items"].as_array().unwrap() {
            let place = self.ids.iter().position(|id| person["id"] == **id);
            if let Some(place) = place {
                let held = person["privileges"].as_array().unwrap();
                self.privileges[place] = held
                    .iter()
                    .map(|one| one.as_str().unwrap().to_owned())
                    .collect();
            }
        }
        let mut moments = vec![held_before.clone(), self.privileges.clone()];
        for (attempt, reply) in attempts.iter().zip(replies) {
            if let (
                Attempt::Privileges {
                    whose, privileges, ..
                },
                200,
            ) = (attempt, reply.status)
            {
                // They may have held this in between, and lost it again.
                let mut held = held_before.clone();
                held[*whose] = serde_json::from_value(privileges.clone()).unwrap();
                moments.push(held);
            }
        }
        // Whoever came between two people who switch the policy off and one who switches it on again
        // needed nobody.
        let was_on = *was_on && !self.look_at_requests(&moments).await;
        for (attempt, reply) in attempts.iter().zip(replies) {
            let is_done = matches!(reply.status, 200 | 201 | 204)
                && !(reply.status == 200 && reply.body.contains("\"stat\":\"pending\""))
                && !reply.body.contains("\"stat\":\"error\"");
            let is_alone = is_done && attempt.is_covered() && was_on && self.is_on;
            assert!(
                !is_alone,
                "{attempt:?} took effect on one person's word: {}",
                reply.body
            );
            if let (Attempt::Create { .. }, 201) = (attempt, reply.status) {
                self.clients
                    .push(reply.json()["client_id"].as_str().unwrap().to_owned());
            }
        }
    }

    /// Someone whose session has ended, because a privilege was lost, signs in again.
    async fn revive(&mut self) {
        for (person, (name, _)) in self.people.iter_mut().zip(PEOPLE) {
            if person.get("/admin/me").await.status == 401 {
                *person = self.app.sign_in(name).await;
            }
        }
    }

    /// Holds every request against what may be; did an approval switch the policy off meanwhile?
    async fn look_at_requests(&mut self, moments: &[Vec<BTreeSet<String>>]) -> bool {
        let mut was_switched_off = false;
        let pending = self
            .observer()
            .all("/admin/change-requests", "state=pending")
            .await;
        let objects: BTreeSet<_> = pending
            .iter()
            .map(|request| format!("{} {}", request["object"]["kind"], request["object"]["id"]))
            .collect();
        assert_eq!(
            objects.len(),
            pending.len(),
            "an object has two pending requests: {pending:#?}"
        );
        let now: BTreeSet<_> = pending
            .iter()
            .map(|request| request["id"].as_str().unwrap().to_owned())
            .collect();
        for request in &pending {
            self.holds_nothing_yet(request).await;
        }
        for id in std::mem::take(&mut self.waiting) {
            if !now.contains(&id) {
                let path = format!("/admin/change-requests/{id}");
                let request = self.observer().get(&path).await.fine();
                if request["state"] == "applied" {
                    self.two_stand_behind(&request, moments);
                    self.applied += 1;
                    self.adopt(&request);
                    was_switched_off |= request["operation"] == "admin.multi_admin.switch";
                }
            }
        }
        self.waiting = now.into_iter().collect();
        was_switched_off
    }

    /// Asserts that a waiting request has no secret, and that its new object does not exist yet.
    async fn holds_nothing_yet(&self, request: &Value) {
        assert!(
            !request.to_string().contains("csk_"),
            "a secret in a request"
        );
        if request["operation"]
            .as_str()
            .unwrap()
            .ends_with("clients.create")
        {
            let id = request["object"]["id"].as_str().unwrap();
            let found = self.observer().get(&format!("/admin/clients/{id}")).await;
            found.problem(404, "not-found");
        }
    }

    fn adopt(&mut self, request: &Value) {
        if request["operation"] == "admin.clients.create" {
            self.clients
                .push(request["object"]["id"].as_str().unwrap().to_owned());
        }
    }

    /// Asserts that at least two independent administrators support a request.
    ///
    /// Each was entitled around that moment, and asked for it or tried to approve it. None of them had
    /// a link to another's account.
    fn two_stand_behind(&self, request: &Value, moments: &[Vec<BTreeSet<String>>]) {
        let id = request["id"].as_str().unwrap();
        let tried = self.tried.get(id).cloned().unwrap_or_default();
        let mut behind = BTreeSet::new();
        if request["requester"]["kind"] == "administrator" {
            behind.insert(request["requester"]["id"].as_str().unwrap().to_owned());
        }
        for approval in request["approvals"].as_array().unwrap() {
            let by = approval["id"].as_str().unwrap();
            assert!(
                tried.contains(by),
                "{by} never tried to approve {request:#}"
            );
            behind.insert(by.to_owned());
        }
        assert!(behind.len() >= 2, "one person's word: {request:#}");
        let is_about_modules = request["changes"].as_array().unwrap().iter().any(|change| {
            change["field"] == "modules"
                && change["before"] != change["after"]
                && !(change["before"].is_null() && change["after"] == json!({}))
                // A client goes with all that it was let into.
                && !change["after"].is_null()
        });
        let mut places = Vec::new();
        for id in &behind {
            let place = self.ids.iter().position(|known| known == id).unwrap();
            let needed = if is_about_modules {
                &["manage_users", "manage_modules"][..]
            } else {
                &["manage_users"]
            };
            let entitled =
                |held: &Vec<BTreeSet<String>>| needed.iter().all(|one| held[place].contains(*one));
            assert!(
                moments.iter().any(entitled),
                "{} was not entitled to {request:#}",
                PEOPLE[place].0
            );
            places.push(place);
        }
        for one in &places {
            for other in &places {
                assert!(
                    !self.handed.contains(&(*one, *other)),
                    "one person in two: {request:#}"
                );
            }
        }
    }

    /// Lets waiting requests expire. Sessions end long before.
    async fn expire(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        self.app.advance(Duration::from_hours(14 * 24));
        self.handed.clear();
        self.sign_in().await;
        for id in &waiting {
            let path = format!("/admin/change-requests/{id}");
            let request = self.observer().get(&path).await.fine();
            assert_eq!(request["state"], "expired");
            let approve = format!("{path}/approve");
            let late = self
                .observer()
                .post(&approve, &json!({"code": self.observer().next_code()}))
                .await;
            let status = late.status;
            assert!(status == 409 || status == 403, "{}", late.body);
        }
        let pending = self
            .observer()
            .all("/admin/change-requests", "state=pending")
            .await;
        assert!(pending.is_empty(), "{pending:#?}");
    }

    /// Someone resets a colleague, and sets the account up again in their place.
    async fn reset(&mut self, chance: &Chance) {
        let by = usize::try_from(chance.below(3)).unwrap();
        let whose = 1 + usize::try_from(chance.below(3)).unwrap();
        if by == whose {
            return;
        }
        let path = format!("/admin/administrators/{}/reset-password", self.ids[whose]);
        let reset = self.people[by].post(&path, &json!({})).await;
        if reset.status != 200 {
            return;
        }
        self.handed.insert((by, whose));
        let url = reset.json()["invitation_url"].as_str().unwrap().to_owned();
        let link = &url[url.find("/admin/").unwrap()..];
        let authenticator = countersign_tests::Authenticator::of(PEOPLE[whose].0);
        let code = authenticator.next_code(&self.app.clock);
        let body = json!({"password": PASSWORD, "code": code}).to_string();
        self.app
            .stranger()
            .post_raw(link, "application/json", body)
            .await
            .fine();
        self.people[whose] = self.app.sign_in(PEOPLE[whose].0).await;
        assert_eq!(
            self.people[whose].id,
            self.ids[whose],
            "{}",
            email_of(PEOPLE[whose].0)
        );
    }

    /// Every applied event is one version of its client, and the fields are what the events make them.
    async fn audit_and_state_agree(&self) {
        for client in &self.clients {
            let since = String::from(Moment(Timestamp::from_millis(self.began)));
            let query = format!("object={client}&outcome=applied&from={since}&limit=200");
            let events = self.observer().audit(&query).await;
            let changing: Vec<_> = events
                .iter()
                .filter(|event| event["action"] != "admin.clients.reveal_secret")
                .collect();
            let found = self
                .observer()
                .get(&format!("/admin/clients/{client}"))
                .await;
            if found.status == 404 {
                let deleted = changing
                    .iter()
                    .any(|event| event["changes"]["description"]["after"].is_null());
                assert!(
                    deleted,
                    "{client} is gone, and nobody says why: {changing:#?}"
                );
                continue;
            }
            let version: usize = found.header("etag").trim_matches('"').parse().unwrap();
            assert_eq!(changing.len(), version, "{client}: {changing:#?}");
            let state = found.fine();
            for (field, shown) in [
                ("description", "name"),
                ("enabled", "enabled"),
                ("features", "features"),
                ("modules", "modules"),
            ] {
                // In any order: each value is left as often as it was reached. Only the first and
                // the last value differ.
                let mut balance: BTreeMap<String, i64> = BTreeMap::new();
                for event in &changing {
                    let change = &event["changes"][field];
                    if !change.is_null() {
                        *balance.entry(change["after"].to_string()).or_default() += 1;
                        *balance.entry(change["before"].to_string()).or_default() -= 1;
                    }
                }
                *balance.entry(Value::Null.to_string()).or_default() += 1;
                *balance.entry(state[shown].to_string()).or_default() -= 1;
                assert!(
                    balance.values().all(|left| *left == 0),
                    "{client}: {field} is {} after {changing:#?}",
                    state[shown]
                );
            }
        }
    }

    /// Back to how every history begins: nothing waits, the policy is off, everyone holds what they
    /// held.
    async fn tidy_up(&mut self) {
        if !self.handed.is_empty() {
            self.app.advance(Duration::from_hours(24));
            self.handed.clear();
        }
        self.revive().await;
        let pending = self
            .observer()
            .all("/admin/change-requests", "state=pending")
            .await;
        for request in pending {
            let path = format!(
                "/admin/change-requests/{}/reject",
                request["id"].as_str().unwrap()
            );
            self.observer()
                .post(&path, &json!({"reason": "tidied up"}))
                .await
                .fine();
        }
        self.waiting.clear();
        if self.is_on {
            let body = json!({"enabled": false, "code": self.observer().next_code()});
            let held = self.observer().put("/admin/multi-admin", &body).await;
            assert_eq!(held.status, 202, "{}", held.body);
            let id = held.json()["change_request"]["id"]
                .as_str()
                .unwrap()
                .to_owned();
            let other = self.second().expect("two can decide as long as it is on");
            let path = format!("/admin/change-requests/{id}/approve");
            let code = json!({"code": self.people[other].next_code()});
            let approved = self.people[other].post(&path, &code).await.fine();
            assert_eq!(approved["state"], "applied", "{approved:#}");
            self.is_on = false;
        }
        for (place, (_, privileges)) in PEOPLE.iter().enumerate() {
            let wanted: BTreeSet<String> = privileges.iter().map(ToString::to_string).collect();
            if self.privileges[place] != wanted {
                let path = format!("/admin/administrators/{}", self.ids[place]);
                self.observer()
                    .patch(&path, &json!({"privileges": privileges}))
                    .await
                    .fine();
                self.privileges[place] = wanted;
            }
        }
    }

    /// Somebody beside the observer who can decide.
    fn second(&self) -> Option<usize> {
        (1..self.people.len()).find(|place| self.privileges[*place].contains("manage_users"))
    }
}
