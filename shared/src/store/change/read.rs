//! Seeing change requests.

use crate::domain::change_request::{ChangeRequest, ChangeState};
use crate::domain::page::{Cursor, PageOf, PageSize};
use crate::error::{Error, Result};
use crate::ids::ChangeRequestId;
use crate::store::change::request::StoredRequest;
use crate::store::dynamodb::{Direction, from_item, key_of};
use crate::store::key::Key;
use crate::store::{Scope, Table};

/// Sees an application's change requests.
#[derive(Debug)]
pub struct RequestReader {
    scope: Scope,
}

impl From<Scope> for RequestReader {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

/// Most requests that a page looks at. It is then handed out half empty, with a cursor.
const MOST_LOOKED_AT: usize = 1_000;
const BATCH: i32 = 100;

impl RequestReader {
    /// Returns a change request.
    pub async fn get(&self, id: &ChangeRequestId) -> Result<ChangeRequest> {
        let request = self.scope.change_request(id).await?;
        Ok(request.shown(self.scope.store.clock.now()))
    }

    /// Returns a page of those in this state, newest first.
    pub async fn page(
        &self,
        state: Option<ChangeState>,
        size: PageSize,
        cursor: Option<&Cursor>,
    ) -> Result<PageOf<ChangeRequest>> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let now = store.clock.now();
        let (first, last) = Key::CHANGE_REQUESTS;
        let mut after = cursor.map(|cursor| cursor.as_str().to_owned());
        let (mut items, mut looked_at) = (Vec::new(), 0);
        loop {
            let end = after.as_deref().unwrap_or(last);
            if !(first..=last).contains(&end) {
                return Err(Error::invalid("cursor", "it is not of this list"));
            }
            let partition = Key::application_partition(application);
            let found = store
                .query_page(
                    Table::ChangeRequests,
                    partition,
                    (first, end),
                    Direction::Backward,
                    BATCH,
                )
                .await?;
            let goes_on = found.len() >= usize::try_from(BATCH).unwrap_or_default();
            let mut left = found.len();
            for item in found {
                left -= 1;
                let place = key_of(&item).map(|key| key.sort);
                if place == after {
                    continue;
                }
                looked_at += 1;
                after = place;
                let request: StoredRequest = from_item(item)?;
                if state.is_none_or(|state| request.state(now) == state) {
                    items.push(request.shown(now));
                }
                if items.len() >= size.get() {
                    break;
                }
            }
            let is_last = left == 0 && !goes_on;
            if is_last || items.len() >= size.get() || looked_at >= MOST_LOOKED_AT {
                let next = after.filter(|_| !is_last).map(Cursor::after);
                return Ok(PageOf { items, next });
            }
        }
    }
}
