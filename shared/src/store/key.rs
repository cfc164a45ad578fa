//! The keys: every prefix is spelled here and nowhere else.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::{ApplicationId, ClientId, Description, Timestamp};

pub(super) const PARTITION: &str = "pk";
pub(super) const SORT: &str = "sk";

/// Where an item stands in its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(super) partition: String,
    pub(super) sort: String,
}

impl Key {
    /// What authentication reads of a client.
    pub(super) fn credential(client: &ClientId) -> Self {
        Self::credential_of(client.as_str())
    }

    pub(super) fn credential_of(client: &str) -> Self {
        Self {
            partition: format!("client#{client}"),
            sort: "credential".into(),
        }
    }

    /// An application's policy and data key.
    pub(super) fn application(application: &ApplicationId) -> Self {
        Self::within(application, "application".into())
    }

    /// A client's record.
    pub(super) fn client(application: &ApplicationId, client: &ClientId) -> Self {
        Self::within(application, format!("client#{}", client.as_str()))
    }

    /// What keeps a description unique. Hashed, because a sort key ends at 1,024 bytes.
    pub(super) fn name(application: &ApplicationId, description: &Description) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(description.folded()));
        Self::within(application, format!("name#{hash}"))
    }

    /// The application's layer of settings.
    pub(super) fn application_settings(application: &ApplicationId) -> Self {
        Self::within(application, "default".into())
    }

    /// A client's layer of settings.
    pub(super) fn client_settings(application: &ApplicationId, client: &ClientId) -> Self {
        Self::within(application, format!("client#{}", client.as_str()))
    }

    /// An audit event: in the order of time, and one for each action of a request.
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

    fn within(application: &ApplicationId, sort: String) -> Self {
        Self {
            partition: format!("app#{}", application.as_str()),
            sort,
        }
    }

    /// The sort keys of an application and all its clients, as the bounds of one query: `$` is the
    /// character after `#`.
    pub(super) const APPLICATION_AND_CLIENTS: (&str, &str) = ("application", "client$");

    pub(super) fn into_attributes(self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            (PARTITION.to_owned(), AttributeValue::S(self.partition)),
            (SORT.to_owned(), AttributeValue::S(self.sort)),
        ])
    }
}
