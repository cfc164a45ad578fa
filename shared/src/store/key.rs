//! The keys: every prefix is spelled here and nowhere else.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::domain::administrator::Email;
use crate::domain::audience::Audience;
use crate::domain::client::Description;
use crate::domain::kind::ObjectKind;
use crate::ids::{AdministratorId, ApplicationId, ChangeRequestId, ClientId};
use crate::secrets::signing_key::KeyId;

pub(super) const PARTITION: &str = "pk";
pub(super) const SORT: &str = "sk";

/// Prefix of the sort keys of deleted clients, which sort behind living ones.
pub(super) const REMAINS: &str = "remains#";

/// Number of versions of a layer that are kept.
pub(super) const KEPT_VERSIONS: u64 = 100;

/// The primary key of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(super) partition: String,
    pub(super) sort: String,
}

impl Key {
    /// Returns the key of the item that authentication reads.
    pub(super) fn credential(client: &ClientId) -> Self {
        Self::credential_of(client.as_str())
    }

    pub(super) fn credential_of(client: &str) -> Self {
        Self {
            partition: format!("client#{client}"),
            sort: "credential".into(),
        }
    }

    /// Returns an application's policy and data key.
    pub(super) fn application(application: &ApplicationId) -> Self {
        Self::within(application, "application".into())
    }

    /// Returns a client's record.
    pub(super) fn client(application: &ApplicationId, client: &ClientId) -> Self {
        Self::within(application, format!("client#{}", client.as_str()))
    }

    /// Returns the key of the item that keeps a description unique.
    ///
    /// The description is hashed, because a sort key has at most 1,024 bytes.
    pub(super) fn name(application: &ApplicationId, description: &Description) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(description.folded()));
        Self::within(application, format!("name#{hash}"))
    }

    /// Returns the application's layer of settings.
    pub(super) fn application_settings(application: &ApplicationId) -> Self {
        Self::within(application, "default".into())
    }

    /// Returns a client's layer of settings.
    pub(super) fn client_settings(application: &ApplicationId, client: &ClientId) -> Self {
        Self::within(application, format!("client#{}", client.as_str()))
    }

    /// All layers of an application, as the bounds of one query.
    pub(super) const LAYERS: (&str, &str) = ("client#", "default");

    /// Returns the key of a history entry, which has what a change of a layer undid.
    ///
    /// The entries are a ring: a version replaces the one that is [`KEPT_VERSIONS`] older.
    pub(super) fn history(
        application: &ApplicationId,
        client: Option<&ClientId>,
        version: u64,
    ) -> Self {
        Self {
            partition: Self::history_partition(application, client),
            sort: format!("{:03}", version % KEPT_VERSIONS),
        }
    }

    /// Returns the partition of a layer's history.
    ///
    /// The application's length goes first, because imported IDs may contain any character.
    pub(super) fn history_partition(
        application: &ApplicationId,
        client: Option<&ClientId>,
    ) -> String {
        let application = application.as_str();
        let layer = client.map_or("default".to_owned(), |client| {
            format!("client#{}", client.as_str())
        });
        format!("history#{}:{application}#{layer}", application.len())
    }

    /// Returns the key of a client's head: its newest published version, and those that no longer
    /// count.
    pub(super) fn published_head(application: &ApplicationId, client: &ClientId) -> Self {
        Self::within(application, Self::published_prefix(client))
    }

    /// Returns a published version, as it is listed: right behind its client's head, in the order of
    /// time.
    pub(super) fn published_entry(
        application: &ApplicationId,
        client: &ClientId,
        version: &str,
    ) -> Self {
        Self::within(
            application,
            format!("{}{version}", Self::published_prefix(client)),
        )
    }

    /// Returns the prefix of the sort keys of a client's head and entries. No other client has it.
    pub(super) fn published_prefix(client: &ClientId) -> String {
        format!("{:03}:{}#", client.as_str().len(), client.as_str())
    }

    /// Returns the content of a published version.
    pub(super) fn published_content(
        application: &ApplicationId,
        client: &ClientId,
        version: &str,
    ) -> Self {
        let application = application.as_str();
        Self {
            partition: format!(
                "content#{}:{application}#{}",
                application.len(),
                client.as_str()
            ),
            sort: version.to_owned(),
        }
    }

    /// Returns a deleted client of which something may still be left to clear away.
    pub(super) fn remains(application: &ApplicationId, client: &ClientId) -> Self {
        Self::within(application, format!("{REMAINS}{}", client.as_str()))
    }

    /// Returns an audit event: in the order of time, and one for each action of a request.
    pub(super) fn audit_event(
        application: &ApplicationId,
        at: Timestamp,
        request_id: &str,
        detail: &str,
    ) -> Self {
        Self::within(
            application,
            format!("{:015}#{request_id}#{detail}", at.millis()),
        )
    }

    /// Returns an administrator's record.
    pub(super) fn administrator(application: &ApplicationId, id: &AdministratorId) -> Self {
        Self::within(application, format!("administrator#{}", id.as_str()))
    }

    /// Returns the key of an administrator's credentials.
    pub(super) fn authenticator(application: &ApplicationId, id: &AdministratorId) -> Self {
        Self::within(application, format!("authenticator#{}", id.as_str()))
    }

    /// All administrators and what they authenticate with, as the bounds of one query.
    pub(super) const ADMINISTRATORS: (&str, &str) = ("administrator#", "authenticator$");

    /// Returns the key of an application's roster.
    pub(super) fn roster(application: &ApplicationId) -> Self {
        Self::within(application, "roster".into())
    }

    /// Returns the key of the item that admission reads of an administrator.
    pub(super) fn standing(id: &AdministratorId) -> Self {
        Self {
            partition: format!("administrator#{}", id.as_str()),
            sort: "standing".into(),
        }
    }

    /// A session.
    pub(super) fn session(id: &AdministratorId, digest: &[u8; 32]) -> Self {
        Self {
            partition: format!("administrator#{}", id.as_str()),
            sort: format!("session#{}", URL_SAFE_NO_PAD.encode(digest)),
        }
    }

    /// Returns the key of an address in an application, which keeps the address unique there.
    pub(super) fn login(email: &Email, application: &ApplicationId) -> Self {
        Self {
            partition: Self::login_partition(email),
            sort: application.as_str().to_owned(),
        }
    }

    /// Returns the partition of an address in all applications. It is hashed, because an address is
    /// personal.
    pub(super) fn login_partition(email: &Email) -> String {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(email.folded()));
        format!("login#{hash}")
    }

    /// An invitation or reset link.
    pub(super) fn invitation(digest: &[u8; 32]) -> Self {
        Self {
            partition: format!("invitation#{}", URL_SAFE_NO_PAD.encode(digest)),
            sort: "invitation".into(),
        }
    }

    /// Returns a change request: later ones behind earlier ones.
    pub(super) fn change_request(application: &ApplicationId, id: &ChangeRequestId) -> Self {
        Self::within(application, format!("request#{}", id.as_str()))
    }

    /// All change requests of an application, as the bounds of one query.
    pub(super) const CHANGE_REQUESTS: (&str, &str) = ("request#", "request$");

    /// Returns the key of an object's lock, which keeps a second change request away.
    pub(super) fn request_lock(
        application: &ApplicationId,
        kind: ObjectKind,
        object: &str,
    ) -> Self {
        Self::within(application, format!("lock#{}#{object}", kind.name()))
    }

    /// Returns the key of a decoy, written for attempts of nobody: few items, however many try.
    pub(super) fn decoy(whose: &str) -> Self {
        Self {
            partition: "decoy".into(),
            sort: format!("{:02}", Sha256::digest(whose)[0] % 64),
        }
    }

    /// Returns the key of a kept answer.
    pub(super) fn once(place: &[u8; 32]) -> Self {
        Self {
            partition: format!("once#{}", URL_SAFE_NO_PAD.encode(place)),
            sort: "reply".into(),
        }
    }

    /// Returns the key of a count of attempts in a window of time.
    pub(super) fn attempts(what: &str, whose: &str, window: i64) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(whose));
        Self {
            partition: format!("limit#{what}#{hash}"),
            sort: format!("{window:015}"),
        }
    }

    /// The refusals of one kind within a minute.
    pub(super) fn refusals(
        application: Option<&ApplicationId>,
        minute: Timestamp,
        kind: &[u8; 32],
    ) -> Self {
        let sort = format!("{:015}#{}", minute.millis(), URL_SAFE_NO_PAD.encode(kind));
        match application {
            Some(application) => Self::within(application, sort),
            None => Self {
                partition: "nobody".into(),
                sort,
            },
        }
    }

    /// Returns the last uses of a client's secrets.
    pub(super) fn uses(client: &ClientId) -> Self {
        Self {
            partition: format!("used#{}", client.as_str()),
            sort: "secrets".into(),
        }
    }

    /// Returns an application's signing keys, and whom its tokens may be for.
    pub(super) fn issuer(application: &ApplicationId) -> Self {
        Self::within(application, "issuer".into())
    }

    /// Partition of all public keys.
    pub(super) const KEY_SET: &str = "jwks";

    /// Returns the public half of a signing key.
    pub(super) fn public_key(application: &ApplicationId, key: &KeyId) -> Self {
        Self {
            partition: Self::KEY_SET.into(),
            sort: format!("{}#{}", application.as_str(), key.as_str()),
        }
    }

    /// Returns the key of an audience, which names its application.
    pub(super) fn audience(audience: &Audience) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(audience.as_str()));
        Self {
            partition: format!("audience#{hash}"),
            sort: "application".into(),
        }
    }

    /// Returns a token that was revoked. The application's length goes in front, because IDs that were
    /// imported may hold any character.
    pub(super) fn revoked(application: &ApplicationId, token: &str) -> Self {
        let application = application.as_str();
        Self {
            partition: format!("revoked#{}:{application}#{token}", application.len()),
            sort: "token".into(),
        }
    }

    /// Returns the events from one moment to the one before another, as the bounds of one query.
    pub(super) fn events(from: Timestamp, to: Timestamp) -> (String, String) {
        let bound = |at: Timestamp| format!("{:015}", at.millis().max(0));
        (bound(from), bound(to))
    }

    pub(super) fn application_partition(application: &ApplicationId) -> String {
        format!("app#{}", application.as_str())
    }

    fn within(application: &ApplicationId, sort: String) -> Self {
        Self {
            partition: Self::application_partition(application),
            sort,
        }
    }

    /// The sort keys of an application's clients, as the bounds of one query.
    pub(super) const CLIENTS: (&str, &str) = ("client#", "client$");

    /// The sort keys of an application and all its clients, as bounds of one query.
    ///
    /// `$` is the character after `#`.
    pub(super) const APPLICATION_AND_CLIENTS: (&str, &str) = ("application", "client$");

    pub(super) fn into_attributes(self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            (PARTITION.to_owned(), AttributeValue::S(self.partition)),
            (SORT.to_owned(), AttributeValue::S(self.sort)),
        ])
    }
}
