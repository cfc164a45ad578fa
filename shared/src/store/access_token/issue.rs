//! Issuing access tokens.

use crate::domain::access_token::{AccessToken, Claims, Scopes};
use crate::domain::audit::{Actor, Origin};
use crate::error::{Error, Result, TokenFault};
use crate::secrets::signing_key::TOKEN_LIFE;
use crate::store::access_token::ClientScope;
use crate::store::access_token::keys::ROTATION;
use crate::store::outcome::Outcome;
use crate::store::{Scope, Store};

/// Issues access tokens to one client.
#[derive(Debug)]
pub struct TokenIssuer {
    caller: ClientScope,
}

impl From<ClientScope> for TokenIssuer {
    fn from(caller: ClientScope) -> Self {
        Self { caller }
    }
}

/// A token, and what it lets its bearer into.
#[derive(Debug)]
pub struct Issued {
    /// The token.
    pub token: AccessToken,
    /// Its scopes.
    pub scopes: Scopes,
}

/// Characters of a token's own name: 128 random bits.
const NAME_CHARS: usize = 26;

impl TokenIssuer {
    /// Issues a token with these scopes, for these audiences.
    ///
    /// The default scopes are all modules of the client, and the default audience is the application's
    /// first. The token is counted before it is handed out.
    pub async fn issue(&self, scopes: Option<Scopes>, audiences: &[&str]) -> Result<Issued> {
        let ClientScope {
            scope,
            client,
            modules,
            serial,
            issuer: iss,
        } = &self.caller;
        let store = &scope.store;
        let scopes = scopes.unwrap_or_else(|| Scopes::of(modules));
        if scopes.is_empty() || !scopes.are_within(modules) {
            return Err(Error::Token(TokenFault::InvalidScope));
        }
        let mut issuer = store.issuer(&scope.application).await?;
        let audiences = issuer.audiences.chosen(audiences);
        let audiences = audiences.ok_or(Error::Token(TokenFault::InvalidTarget))?;
        let now = store.clock.now();
        if issuer.ring.is_due(issuer.key_rotation_days.duration(), now)
            && let Some(rotated) = store.rotate_keys_on_schedule(scope, &issuer).await
        {
            issuer = rotated;
        }
        let key = store.signing_key(&scope.application, &issuer, now).await?;
        let claims = Claims {
            iss: iss.clone(),
            sub: client.clone(),
            client_id: client.clone(),
            aud: audiences.into(),
            iat: now.seconds(),
            exp: (now + TOKEN_LIFE).seconds(),
            jti: store.random.id(NAME_CHARS)?,
            scope: scopes,
        };
        let token = claims.sign(&key)?;
        store.count_issue(scope, *serial).await?;
        Ok(Issued {
            token,
            scopes: claims.scope,
        })
    }
}

impl Store {
    /// Lets the next key sign, because the present one has done so for long enough. Nobody's token
    /// waits for it: where it fails, or where somebody else was faster, the present key goes on.
    async fn rotate_keys_on_schedule(
        &self,
        asked_by: &Scope,
        issuer: &super::Issuer,
    ) -> Option<super::Issuer> {
        let scope = Scope {
            origin: Origin {
                actor: Actor::System,
                source_ip: None,
                user_agent: None,
                action: ROTATION,
                ..asked_by.origin.clone()
            },
            ..asked_by.clone()
        };
        match self
            .turn_key_ring(&scope, issuer, false, self.clock.now())
            .await
        {
            Ok((rotated, Outcome::Committed)) => Some(rotated),
            Ok(_) => None,
            Err(failed) => {
                let cause = failed.for_the_log();
                tracing::warn!(cause, "a signing key is due to be rotated, and was not");
                None
            }
        }
    }
}
