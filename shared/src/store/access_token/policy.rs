//! The token policy of an application: its audiences, and the interval of key rotation.

use serde_json::json;

use crate::domain::audience::{Audiences, RotationDays};
use crate::domain::audit::{Changes, Object};
use crate::domain::kind::ObjectKind;
use crate::error::Result;
use crate::store::Scope;
use crate::store::access_token::Issuer;
use crate::store::retry::until_done;
use crate::store::transaction::Transaction;

/// The token policy, as administrators set it.
#[derive(Clone, Debug)]
pub struct TokenPolicy {
    /// The audiences.
    pub audiences: Audiences,
    /// For how long a key signs.
    pub key_rotation_days: RotationDays,
    /// Counts the changes, those of the keys too.
    pub version: u64,
}

impl From<Issuer> for TokenPolicy {
    fn from(issuer: Issuer) -> Self {
        Self {
            audiences: issuer.audiences,
            key_rotation_days: issuer.key_rotation_days,
            version: issuer.version,
        }
    }
}

/// Sees whom tokens may be for.
#[derive(Debug)]
pub struct TokenPolicyReader {
    scope: Scope,
}

impl From<Scope> for TokenPolicyReader {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl TokenPolicyReader {
    /// Returns the policy.
    pub async fn get(&self) -> Result<TokenPolicy> {
        let Scope {
            store, application, ..
        } = &self.scope;
        Ok(store.issuer(application).await?.into())
    }
}

/// Says whom tokens may be for.
#[derive(Debug)]
pub struct TokenPolicyEditor {
    scope: Scope,
}

impl From<Scope> for TokenPolicyEditor {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl TokenPolicyEditor {
    /// Puts another policy in the place of the present one. An audience that another application has is
    /// refused: tokens of both would look alike to whom they are for.
    pub async fn replace(
        &self,
        audiences: &Audiences,
        key_rotation_days: RotationDays,
    ) -> Result<TokenPolicy> {
        let Scope {
            store,
            application,
            if_match,
            ..
        } = &self.scope;
        until_done(&store.random, || async {
            let before = store.issuer(application).await?;
            if_match.check(before.version)?;
            let after = Issuer {
                audiences: audiences.clone(),
                key_rotation_days,
                version: before.version + 1,
                ..before.clone()
            };
            let object = Object {
                kind: ObjectKind::TokenPolicy,
                id: application.as_str().to_owned(),
                name: application.as_str().to_owned(),
            };
            let now = store.clock.now();
            let outcome = Transaction::on(store)
                .replace_issuer(application, &before, &after)?
                .claim_audiences(application, Some(&before.audiences), audiences, now)?
                .audit(&self.scope, &object, &changes(&before, &after), now)?
                .commit()
                .await?;
            outcome.settle(&self.scope, after.into())
        })
        .await
    }
}

fn changes(before: &Issuer, after: &Issuer) -> Changes {
    let of = |issuer: &Issuer| {
        [
            ("audiences", json!(issuer.audiences)),
            ("key_rotation_days", json!(issuer.key_rotation_days)),
        ]
    };
    let pairs = of(before).into_iter().zip(of(after));
    pairs
        .filter(|((_, before), (_, after))| before != after)
        .map(|((field, before), (_, after))| (field.to_owned(), (before, after)))
        .collect()
}
