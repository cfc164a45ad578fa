//! Supporters of a change request: the people whose approval counts when it is decided.

use std::collections::BTreeSet;

use crate::domain::administrator::{Administrator, Privilege};
use crate::domain::client::Client;
use crate::domain::feature::Feature;
use crate::domain::kind::ActorKind;
use crate::error::{Error, Result};
use crate::ids::{AdministratorId, ClientId};
use crate::store::Scope;
use crate::store::administrator::Loaded;
use crate::store::change::request::{StoredRequest, decider};

/// The supporters of a request.
pub(super) struct Behind {
    pub(super) counted: Vec<Administrator>,
    /// The API client that has asked, if it was one.
    pub(super) client: Option<Client>,
    /// The reason why it cannot take effect any more.
    pub(super) fault: Option<&'static str>,
}

impl Scope {
    /// Returns the supporters of the request beside the caller.
    ///
    /// They are different people, entitled now, and none had a link to another's account lately.
    pub(super) async fn behind(&self, request: &StoredRequest) -> Result<Behind> {
        let Self {
            store, application, ..
        } = self;
        let asked =
            (request.requester.kind == ActorKind::Administrator).then_some(&request.requester.id);
        let others: BTreeSet<AdministratorId> = asked
            .into_iter()
            .chain(request.approvals.iter().map(|approval| &approval.by.id))
            .map(|id| AdministratorId::from(id.clone()))
            .collect();
        let caller = AdministratorId::from(decider(&self.origin.actor).id);
        let of_caller = store.administrator(application, &caller).await?;
        let of_caller = of_caller.ok_or(Error::SignedOut)?.administrator;
        let behind_caller = self.hands(&of_caller).await?;
        let mut behind = Behind {
            counted: Vec::new(),
            client: None,
            fault: None,
        };
        for id in others {
            let is_requester = asked.is_some_and(|asked| asked == id.as_str());
            let loaded = store.administrator(application, &id).await?;
            let other = loaded.map(|loaded| loaded.administrator);
            let behind_other = match &other {
                Some(other) => self.hands(other).await?,
                None => BTreeSet::new(),
            };
            let handed = behind_other.contains(&caller);
            if (is_requester || !handed) && !behind_other.is_disjoint(&behind_caller) {
                return Err(Error::conflict(
                    "reset-lately",
                    "one person may have had a link to your account and to that of one who stands behind this request in hand within 24 hours; another administrator approves it",
                ));
            }
            let other = other.filter(|other| {
                other.is_eligible()
                    && (!request.touches_modules
                        || other.profile.privileges.contains(Privilege::ManageModules))
            });
            match other {
                None if is_requester => {
                    behind.fault = Some("the requester may not ask for it any more");
                }
                // Approvals of those who may not approve any more do not count.
                None => {}
                Some(_) if handed => {}
                Some(other) => behind.counted.push(other),
            }
        }
        if request.requester.kind != ActorKind::Administrator {
            behind.client = self.requesting_client(request).await?;
            if behind.client.is_none() {
                behind.fault = Some("the requester may not ask for it any more");
            }
        }
        Ok(behind)
    }

    /// Returns everyone who may act with this account: its owner, and the recent receivers of its
    /// links.
    ///
    /// Receivers of links to the receivers' accounts count too, and so on.
    async fn hands(&self, of: &Administrator) -> Result<BTreeSet<AdministratorId>> {
        let Self {
            store, application, ..
        } = self;
        let now = store.clock.now();
        let mut hands: BTreeSet<_> = of.handed_to(now).cloned().collect();
        let mut unseen: Vec<_> = hands.iter().cloned().collect();
        hands.insert(of.id.clone());
        while let Some(id) = unseen.pop() {
            if let Some(Loaded { administrator, .. }) =
                store.administrator(application, &id).await?
            {
                let further = administrator.handed_to(now);
                unseen.extend(further.filter(|id| hands.insert((*id).clone())).cloned());
            }
        }
        Ok(hands)
    }

    /// Returns the API client that has asked, if it may still ask for it.
    async fn requesting_client(&self, request: &StoredRequest) -> Result<Option<Client>> {
        let Ok(id) = ClientId::try_from(request.requester.id.clone()) else {
            return Ok(None);
        };
        let (_, client, _) = self.store.client_for_deletion(self, &id).await?;
        Ok(client.filter(|client| {
            client.profile.enabled && client.profile.features.contains(Feature::Owner)
        }))
    }
}
