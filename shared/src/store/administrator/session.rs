//! Sessions: they end after 30 minutes without a call, and after 8 hours at most.
//!
//! They end at once when their administrator is deleted, reset, or loses a privilege (administration
//! contract, section 3).

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::clock::Timestamp;
use crate::domain::administrator::Administrator;
use crate::domain::audit::{Changes, Object};
use crate::error::{Error, Result};
use crate::ids::ApplicationId;
use crate::secrets::session_token::SessionToken;
use crate::store::administrator::record::{StoredSession, StoredStanding};
use crate::store::dynamodb::fault;
use crate::store::key::{Key, PARTITION};
use crate::store::outcome::{OnConflict, Outcome};
use crate::store::retry::{Attempt, until_done};
use crate::store::transaction::Transaction;
use crate::store::{Scope, Store, Table};

pub(super) const LONGEST: Duration = Duration::from_hours(8);
const IDLE: Duration = Duration::from_mins(30);
/// Interval at which the last use of a session is written.
///
/// So a session may end that much before its thirty minutes, never after.
const GRAIN: Duration = Duration::from_mins(1);

impl StoredSession {
    pub(super) fn beginning(now: Timestamp, authority: u64) -> Self {
        Self {
            began: now,
            last_used: now,
            authority,
            expires: (now + LONGEST).seconds(),
        }
    }
}

impl Store {
    /// Returns the live session of a token, with the present state of its administrator.
    ///
    /// An expired item counts as gone, whether or not DynamoDB has deleted it.
    pub(crate) async fn live_session(
        &self,
        token: &SessionToken,
    ) -> Result<Option<(ApplicationId, Administrator)>> {
        let standing_key = Key::standing(&token.administrator);
        let session_key = Key::session(&token.administrator, &token.digest());
        let keys = [
            (Table::Administrators, standing_key.clone()),
            (Table::Administrators, session_key.clone()),
        ];
        let mut found = self.get_all(&keys).await?;
        let standing: Option<StoredStanding> = found.take(Table::Administrators, &standing_key)?;
        let session: Option<StoredSession> = found.take(Table::Administrators, &session_key)?;
        let (Some(standing), Some(session)) = (standing, session) else {
            return Ok(None);
        };
        let now = self.clock.now();
        let is_live = session.authority == standing.version
            && now < session.began + LONGEST
            && now < session.last_used + IDLE;
        if !is_live {
            return Ok(None);
        }
        if now >= session.last_used + GRAIN && !self.use_session(&session_key, now).await? {
            return Ok(None);
        }
        let application = standing.application_id.clone();
        Ok(Some((application, standing.administrator())))
    }

    /// Notes that a session is in use; tells whether it is still there.
    async fn use_session(&self, session: &Key, now: Timestamp) -> Result<bool> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(self.tables.name(Table::Administrators))
            .set_key(Some(session.clone().into_attributes()))
            .condition_expression("attribute_exists(#pk)")
            .update_expression("SET #last = :now")
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_names("#last", "last_used")
            .expression_attribute_values(":now", AttributeValue::N(now.millis().to_string()));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(failed)
                if failed
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(failed) => Err(fault(failed)),
        }
    }
}

/// The caller's own session.
#[derive(Debug)]
pub struct OwnSession {
    scope: Scope,
}

impl From<Scope> for OwnSession {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl OwnSession {
    /// Returns the name of the caller's application.
    pub async fn application(&self) -> Result<(ApplicationId, String)> {
        let application = self
            .scope
            .store
            .application(&self.scope.application)
            .await?;
        let application = application
            .ok_or_else(|| Error::unexpected("an administrator's application is not there"))?;
        Ok((application.id, application.name))
    }

    /// Ends the session of this token.
    pub async fn end(&self, administrator: &Administrator, token: &SessionToken) -> Result<()> {
        let Scope { store, .. } = &self.scope;
        let key = Key::session(&administrator.id, &token.digest());
        until_done(&store.random, || async {
            let end = Transaction::on(store)
                .delete(Table::Administrators, key.clone())?
                .audit(
                    &self.scope,
                    &Object::administrator(administrator),
                    &Changes::new(),
                    store.clock.now(),
                )?;
            match end.commit().await? {
                // One that has been ended from elsewhere in the meantime has ended all the same.
                Outcome::Refused(OnConflict::NotEntitled) => Ok(Attempt::Done(())),
                outcome => outcome.settle(&self.scope, ()),
            }
        })
        .await
    }
}
