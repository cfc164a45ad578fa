//! Authorization: capabilities, the features that carry them, and the proof that an operation receives.

mod administrators;
mod tokens;

use std::marker::PhantomData;

pub use administrators::{
    AdministerClients, Duty, HandleSecrets, HandsOutLinks, KeepOwnSession, ManageAdministrators,
    ManageModules, ManageTokenPolicy, ReadAudit, ReviewChanges, RotateKeys, SignedIn, SwitchPolicy,
    TakesCode, ViewAdministrators, ViewChanges, ViewClients, ViewModules, ViewPolicy,
    ViewSigningKeys, ViewTokenPolicy, Visitor,
};
pub use tokens::{TokenClient, TokenUse, Verifier};

use crate::admission::authentication::{Authenticated, Principal, authenticate};
use crate::admission::call::{Admitted, Call, Refused};
use crate::domain::administrator::Privilege;
use crate::domain::audit::{About, Actor};
use crate::domain::feature::Feature;
use crate::domain::precondition::IfMatch;
use crate::domain::setting::{Layer, LayerName};
use crate::domain::target::Target;
use crate::error::{Error, Result};
use crate::ids::ClientId;
use crate::store::{
    AccessPattern, ApplicationSettingReader, ClientEditor, ClientReader, PublishedFiles,
    PublishedReader, Publisher, Scope, SettingEditor, SettingReader,
};

/// Something that an operation receives as proof that its caller may call it. Only this module
/// makes one, and what an operation needs to do its work comes out of it.
pub trait Proof: Sized + Send + Sync + sealed::Sealed {
    /// The requirement for a caller.
    const REQUIRES: Requirement;
    /// The access patterns of admitting a caller.
    const TOUCHES: &'static [AccessPattern];

    /// Admits the caller, or says why not.
    #[doc(hidden)]
    fn admit(call: &Call<'_>) -> impl Future<Output = Result<Admitted<Self>, Refused>> + Send;
}

mod sealed {
    pub trait Sealed {}
}

/// The requirement for a caller: a row of the permission table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing, not even a name.
    Nothing,
    /// An API client with at least one of these features.
    AnyFeature(&'static [Feature]),
    /// An API client, whatever its features.
    Client,
    /// An administrator with a session and all of these privileges.
    Privileges(&'static [Privilege]),
}

/// Proof of nothing: anyone may call, and there is nothing to hand out.
#[derive(Debug)]
pub struct Anyone(());

impl sealed::Sealed for Anyone {}

impl Proof for Anyone {
    const REQUIRES: Requirement = Requirement::Nothing;
    const TOUCHES: &'static [AccessPattern] = &[];

    async fn admit(_: &Call<'_>) -> Result<Admitted<Self>, Refused> {
        Ok(Admitted::anyone(Self(())))
    }
}

/// Proof of nothing but that what is asked for is public: hands out published files alone.
#[derive(Debug)]
pub struct Public {
    files: PublishedFiles,
}

impl Public {
    /// Returns the published files.
    pub fn files(&self) -> &PublishedFiles {
        &self.files
    }
}

impl sealed::Sealed for Public {}

impl Proof for Public {
    const REQUIRES: Requirement = Requirement::Nothing;
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadPublishedFile];

    async fn admit(call: &Call<'_>) -> Result<Admitted<Self>, Refused> {
        Ok(Admitted::anyone(Self {
            files: PublishedFiles::of(call.cx.store().clone()),
        }))
    }
}

/// A capability: the features that carry it, and the view of the store that fits it.
pub trait Capability: Send + Sync + sealed::Sealed {
    /// A client with at least one of these has the capability.
    const FEATURES: &'static [Feature];
    /// The view of the store for the holder.
    type Store: From<Scope> + Send + Sync;
}

/// Declares the policy, one line a capability.
macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident: $features:expr => $store:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(());

        impl sealed::Sealed for $name {}

        impl Capability for $name {
            const FEATURES: &'static [Feature] = $features;
            type Store = $store;
        }
    )*};
}

capabilities! {
    /// See the application's API clients.
    ListClients: &[Feature::Owner] => ClientReader;
    /// Create, change and delete the application's API clients.
    ManageClients: &[Feature::Owner] => ClientEditor;
    /// Read the settings of the application's layer.
    ReadApplicationSettings: &Feature::ALL => ApplicationSettingReader;
    /// Read every setting of the application and of its clients.
    ReadSettings: &[Feature::Owner] => SettingReader;
    /// Change the settings of the application and of its clients.
    ManageSettings: &[Feature::Owner] => SettingEditor;
    /// See what the application has published.
    ReadPublished: &[Feature::Owner] => PublishedReader;
    /// Publish settings, and delete what was published.
    PublishSettings: &[Feature::Owner] => Publisher;
}

/// Proof that an API client has capability `C`, with a store that reaches as far as `C` does.
///
/// The store is scoped to the client's own application. The proof has private fields and no
/// constructor, so it cannot be made up:
///
/// ```compile_fail
/// let caller = shared::Authorized::<shared::ManageClients> { principal: todo!(), store: todo!() };
/// ```
///
/// and a capability that may only read hands out a store that can only read:
///
/// ```compile_fail
/// async fn sneak(caller: shared::Authorized<shared::ListClients>, target: &shared::Target) {
///     let _ = caller.store().delete(target, |_| Ok(())).await;
/// }
/// ```
///
/// while the one that may change hands out one that can:
///
/// ```
/// async fn manage(caller: shared::Authorized<shared::ManageClients>, target: &shared::Target) {
///     let _ = caller.store().delete(target, |_| Ok(())).await;
/// }
/// ```
#[derive(Debug)]
pub struct Authorized<C: Capability> {
    client: ClientId,
    source_ip: std::net::IpAddr,
    store: C::Store,
    capability: PhantomData<C>,
}

impl<C: Capability> sealed::Sealed for Authorized<C> {}

impl<C: Capability> Proof for Authorized<C> {
    const REQUIRES: Requirement = Requirement::AnyFeature(C::FEATURES);
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::Authenticate,
        AccessPattern::VerifySignature,
        AccessPattern::RecordRefusal,
    ];

    async fn admit(call: &Call<'_>) -> Result<Admitted<Self>, Refused> {
        admitted(call).await?.and_then(|(principal, scope)| {
            if !principal.features.has_any(C::FEATURES.iter().copied()) {
                return Err(Error::NotPermitted);
            }
            Ok(Self {
                client: principal.client,
                source_ip: principal.source_ip,
                store: C::Store::from(scope),
                capability: PhantomData,
            })
        })
    }
}

/// Lets a client in that proves who it is and calls from where it may.
async fn admitted(call: &Call<'_>) -> Result<Admitted<(Principal, Scope)>, Refused> {
    let Authenticated {
        principal,
        pending_write,
    } = authenticate(call).await?;
    let actor = Actor::Client {
        id: principal.client.clone(),
        name: principal.name.clone(),
    };
    let authenticated = Admitted {
        about: Some(About {
            application: Some(principal.application.clone()),
            actor: actor.clone(),
            object: None,
        }),
        proof: principal,
        pending_write: Some(pending_write),
    };
    authenticated.and_then(|principal| {
        if !principal.is_admitted {
            return Err(Error::NotPermitted);
        }
        let scope = Scope {
            store: call.cx.store().clone(),
            application: principal.application.clone(),
            origin: call.origin(actor),
            if_match: IfMatch::Unasked,
            once: None,
        };
        Ok((principal, scope))
    })
}

impl<C: Capability> Authorized<C> {
    /// Returns the store, as far as the capability reaches.
    pub fn store(&self) -> &C::Store {
        &self.store
    }

    /// Returns the address that the caller calls from.
    pub fn source_ip(&self) -> std::net::IpAddr {
        self.source_ip
    }

    /// Returns the client that the optional argument `for_client_id` names: by default the caller
    /// itself.
    pub fn target(&self, for_client_id: Option<ClientId>) -> Target {
        let id = for_client_id.unwrap_or_else(|| self.client.clone());
        Target::named("for_client_id", id)
    }

    /// Returns the layer of settings that the arguments `layer` and `for_client_id` name together.
    pub fn layer(&self, name: LayerName, for_client_id: Option<ClientId>) -> Layer {
        match name {
            LayerName::Application => Layer::Application,
            LayerName::Client => Layer::Client(self.target(for_client_id)),
        }
    }

    /// Returns whether `target` is the caller itself.
    pub fn is(&self, target: &Target) -> bool {
        target.id == self.client
    }
}
