//! Counts of issued tokens for the audit: an event for each client, secret, source and minute.
//!
//! Few tokens are counted one by one, each before it is handed out. Of many within a minute, a process
//! keeps the newest sixteenth to itself for a moment. So a busy client does not cost a write for each
//! token.

use crate::domain::audit::{Actor, Object};
use crate::domain::kind::ObjectKind;
use crate::error::Result;
use crate::store::audit::StoredEvent;
use crate::store::memory::{Count, Kind, Left};
use crate::store::{Scope, Store};

impl Store {
    /// Counts a token before it is handed out, with the serial number of the secret that got it.
    pub(super) async fn count_issue(&self, scope: &Scope, serial: u32) -> Result<()> {
        let Actor::Client { id, .. } = &scope.origin.actor else {
            return Ok(());
        };
        let kind = Kind {
            client: id.clone(),
            serial,
            source_ip: scope.origin.source_ip.clone(),
        };
        let now = self.clock.now();
        let (own, left) = self
            .issues
            .ledger()
            .add(&kind, &scope.application, &scope.origin, now);
        if let Some(mut own) = own
            && let Err(failed) = self.write_issues(&kind, &own).await
        {
            // This token is not handed out; those that were are due with the next one.
            own.tally.unwritten -= 1;
            let mut ledger = self.issues.ledger();
            ledger.left.extend(left);
            ledger.put_back(kind, own);
            return Err(failed);
        }
        self.write_left(left).await;
        Ok(())
    }

    /// Writes all that was counted and not written yet; what fails is tried again later.
    pub(crate) async fn settle(&self) {
        let left = {
            let mut ledger = self.issues.ledger();
            ledger.turn();
            std::mem::take(&mut ledger.left)
        };
        self.write_left(left).await;
    }

    async fn write_left(&self, left: Left) {
        for (of, count) in left {
            if self.write_issues(&of, &count).await.is_err() {
                self.issues.ledger().put_back(of, count);
            }
        }
    }

    async fn write_issues(&self, of: &Kind, count: &Count) -> Result<()> {
        let name = count.origin.actor.id_and_name().1.unwrap_or_default();
        let object = Object {
            kind: ObjectKind::ApiClient,
            id: of.client.as_str().to_owned(),
            name: name.to_owned(),
        };
        let Count {
            application,
            origin,
            first,
            last,
            tally,
            ..
        } = count;
        let event = StoredEvent::issue(origin, application, &object, of.serial, *first);
        let application = Some(application);
        self.count_events(&event, origin, application, tally.unwritten, *last)
            .await
    }
}
