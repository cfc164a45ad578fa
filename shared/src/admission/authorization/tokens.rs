//! Proofs of OAuth 2: clients that ask for tokens or about them, and anyone who verifies tokens.

use super::{Proof, Requirement, admitted, sealed};
use crate::admission::call::{Admitted, Call, Refused};
use crate::error::Result;
use crate::store::{
    AccessPattern, ClientScope, KeySet, Store, TokenInspector, TokenIssuer, TokenRevoker,
};

/// A use of access tokens by a client.
pub trait TokenUse: From<ClientScope> + Send + Sync + sealed::Sealed {}

impl sealed::Sealed for TokenIssuer {}
impl sealed::Sealed for TokenInspector {}
impl sealed::Sealed for TokenRevoker {}
impl TokenUse for TokenIssuer {}
impl TokenUse for TokenInspector {}
impl TokenUse for TokenRevoker {}

/// Proof that an enabled API client has authenticated, from where it may call: any one, whatever its
/// features. Hands out `S`, for that client and its application. It cannot be made up:
///
/// ```compile_fail
/// let caller = shared::TokenClient::<shared::store::TokenIssuer> { store: todo!() };
/// ```
///
/// and one that may look at tokens issues none:
///
/// ```compile_fail
/// async fn sneak(caller: shared::TokenClient<shared::store::TokenInspector>) {
///     let _ = caller.store().issue(None, &[]).await;
/// }
/// ```
#[derive(Debug)]
pub struct TokenClient<S: TokenUse> {
    store: S,
}

impl<S: TokenUse> TokenClient<S> {
    /// Returns the store, as far as the client reaches.
    pub fn store(&self) -> &S {
        &self.store
    }
}

impl<S: TokenUse> sealed::Sealed for TokenClient<S> {}

impl<S: TokenUse> Proof for TokenClient<S> {
    const REQUIRES: Requirement = Requirement::Client;
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::Authenticate, AccessPattern::RecordRefusal];

    async fn admit(call: &Call<'_>) -> Result<Admitted<Self>, Refused> {
        admitted(call).await?.and_then(|(principal, scope)| {
            Ok(Self {
                store: S::from(ClientScope {
                    scope,
                    client: principal.client,
                    modules: principal.modules,
                    serial: principal.serial,
                    issuer: call.cx.public_url(call.request),
                }),
            })
        })
    }
}

/// Proof of nothing, for public information: the issuer and the keys that verify tokens.
#[derive(Debug)]
pub struct Verifier {
    store: Store,
    issuer: String,
}

impl Verifier {
    /// Returns the issuer of tokens, which is the URL of the API.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the public keys of all applications.
    pub async fn key_set(&self) -> Result<KeySet> {
        self.store.key_set().await
    }
}

impl sealed::Sealed for Verifier {}

impl Proof for Verifier {
    const REQUIRES: Requirement = Requirement::Nothing;
    const TOUCHES: &'static [AccessPattern] = &[];

    async fn admit(call: &Call<'_>) -> Result<Admitted<Self>, Refused> {
        Ok(Admitted::anyone(Self {
            store: call.cx.store().clone(),
            issuer: call.cx.public_url(call.request),
        }))
    }
}
