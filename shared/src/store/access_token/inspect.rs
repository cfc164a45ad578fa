//! Looking at access tokens that somebody presents, and revoking them.

use serde::Serialize;

use crate::domain::access_token::{AccessToken, ActiveToken, Claims};
use crate::domain::audit::{Changes, Object};
use crate::domain::kind::ObjectKind;
use crate::error::{Error, Result, TokenFault};
use crate::store::Table;
use crate::store::access_token::ClientScope;
use crate::store::client::StoredCredential;
use crate::store::key::Key;
use crate::store::outcome::{OnConflict, Outcome};
use crate::store::retry::{Attempt, until_done};
use crate::store::transaction::Transaction;

impl ClientScope {
    /// Returns the claims of a token that this application has issued, and that has not expired.
    async fn verified(&self, token: &AccessToken) -> Result<Option<Claims>> {
        let store = &self.scope.store;
        let issuer = store.issuer(&self.scope.application).await?;
        let now = store.clock.now();
        Ok(Claims::verified(token, &issuer.ring, &self.issuer, now))
    }
}

/// Tells the clients of one application which of its tokens are active.
#[derive(Debug)]
pub struct TokenInspector {
    caller: ClientScope,
}

impl From<ClientScope> for TokenInspector {
    fn from(caller: ClientScope) -> Self {
        Self { caller }
    }
}

impl TokenInspector {
    /// Returns the claims of an active token.
    ///
    /// It is active if it has not expired and was not revoked. Its client must exist, be enabled, and
    /// still have all modules that the token names.
    pub async fn inspect(&self, token: &AccessToken) -> Result<Option<ActiveToken>> {
        let Some(claims) = self.caller.verified(token).await? else {
            return Ok(None);
        };
        let scope = &self.caller.scope;
        let revoked = Key::revoked(&scope.application, &claims.jti);
        let credential = Key::credential(&claims.client_id);
        let keys = [
            (Table::Tokens, revoked.clone()),
            (Table::Clients, credential.clone()),
        ];
        let mut found = scope.store.get_all(&keys).await?;
        if found.has(Table::Tokens, &revoked) {
            return Ok(None);
        }
        let client: Option<StoredCredential> = found.take(Table::Clients, &credential)?;
        let is_active = client.is_some_and(|stored| {
            let client = stored.of(claims.client_id.clone());
            client.profile.enabled
                && client.application == scope.application
                && claims.scope.are_within(&client.profile.modules)
        });
        Ok(is_active.then(|| claims.into()))
    }
}

/// Revokes the tokens of one client.
#[derive(Debug)]
pub struct TokenRevoker {
    caller: ClientScope,
}

impl From<ClientScope> for TokenRevoker {
    fn from(caller: ClientScope) -> Self {
        Self { caller }
    }
}

/// A revocation of a token.
#[derive(Serialize)]
struct StoredRevocation {
    /// Seconds since the epoch: some time after the token has died by itself.
    expires: i64,
}

/// For so many seconds more than the token lives: clocks differ.
const KEPT_SECONDS: i64 = 3_600;

impl TokenRevoker {
    /// Makes a token of the caller inactive. One that is not active, or is no token at all, is not
    /// active afterwards either (RFC 7009, section 2.2).
    pub async fn revoke(&self, token: &AccessToken) -> Result<()> {
        let Some(claims) = self.caller.verified(token).await? else {
            return Ok(());
        };
        if claims.client_id != self.caller.client {
            return Err(Error::Token(TokenFault::ForeignToken));
        }
        let scope = &self.caller.scope;
        let store = &scope.store;
        let object = Object {
            kind: ObjectKind::AccessToken,
            id: claims.jti.clone(),
            name: claims.jti.clone(),
        };
        let revocation = StoredRevocation {
            expires: claims.exp.saturating_add(KEPT_SECONDS),
        };
        let place = Key::revoked(&scope.application, &claims.jti);
        until_done(&store.random, || async {
            let outcome = Transaction::on(store)
                .create(
                    Table::Tokens,
                    place.clone(),
                    &revocation,
                    OnConflict::Replayed,
                )?
                .audit(scope, &object, &Changes::new(), store.clock.now())?
                .commit()
                .await?;
            match outcome {
                // It was revoked before.
                Outcome::Refused(OnConflict::Replayed) => Ok(Attempt::Done(())),
                outcome => outcome.settle(scope, ()),
            }
        })
        .await
    }
}
