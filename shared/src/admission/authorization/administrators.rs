//! Proofs of the admin API: a visitor who has no session yet, and an administrator who has one.

use std::marker::PhantomData;

use super::{Proof, Requirement, sealed};
use crate::admission::call::{Admitted, Call, Refused};
use crate::admission::session;
use crate::domain::administrator::{Administrator, Privilege};
use crate::domain::audit::{About, Actor};
use crate::domain::precondition::{IfMatch, Once};
use crate::error::{Error, Result};
use crate::secrets::invitation_token::InvitationToken;
use crate::secrets::one_time_code::OneTimeCode;
use crate::secrets::session_token::SessionToken;
use crate::store::{
    AccessPattern, AdministratorEditor, AdministratorReader, AuditReader, ClientEditor,
    ClientViewer, FreshCode, FrontDoor, KeyCustodian, KeyReader, ModuleEditor, ModuleReader,
    OwnSession, PolicyEditor, PolicyReader, RequestReader, Reviewer, Scope, SecretKeeper,
    TokenPolicyEditor, TokenPolicyReader,
};

/// Proof that no other site's page made the call. Hands out the view for signing in.
#[derive(Debug)]
pub struct Visitor {
    door: FrontDoor,
}

impl Visitor {
    /// Returns the front door.
    pub fn door(&self) -> &FrontDoor {
        &self.door
    }
}

impl sealed::Sealed for Visitor {}

impl Proof for Visitor {
    const REQUIRES: Requirement = Requirement::Nothing;
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::RecordRefusal];

    async fn admit(call: &Call<'_>) -> Result<Admitted<Self>, Refused> {
        session::refuse_other_sites(call.request)?;
        let slots = call.cx.warm().slots().clone();
        let origin = call.origin(Actor::Nobody);
        Ok(Admitted::anyone(Self {
            door: FrontDoor::new(call.cx.store().clone(), slots, origin),
        }))
    }
}

/// A duty of administrators: the privileges that it takes, and the view of the store that fits it.
pub trait Duty: Send + Sync + sealed::Sealed {
    /// An administrator with all of these has it.
    const PRIVILEGES: &'static [Privilege];
    /// The view of the store for the holder.
    type Store: From<Scope> + Send + Sync;
}

/// Declares the policy for administrators, one line a capability.
macro_rules! duties {
    ($($(#[$doc:meta])* $name:ident: $privileges:expr => $store:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(());

        impl sealed::Sealed for $name {}

        impl Duty for $name {
            const PRIVILEGES: &'static [Privilege] = $privileges;
            type Store = $store;
        }
    )*};
}

duties! {
    /// Look after one's own session.
    KeepOwnSession: &[] => OwnSession;
    /// See the application's administrators.
    ViewAdministrators: &[Privilege::ManageUsers] => AdministratorReader;
    /// Invite, change, reset and delete the application's administrators.
    ManageAdministrators: &[Privilege::ManageUsers] => AdministratorEditor;
    /// See the application's API clients, without their secrets.
    ViewClients: &[Privilege::ManageUsers] => ClientViewer;
    /// Create, change and delete the application's API clients. Their modules take `manage_modules`
    /// beside this, which the store sees to.
    AdministerClients: &[Privilege::ManageUsers] => ClientEditor;
    /// See a client's secret, and put another in its place: with a fresh one-time code.
    HandleSecrets: &[Privilege::ManageUsers] => SecretKeeper;
    /// See which modules there are.
    ViewModules: &[] => ModuleReader;
    /// Say which modules there are.
    ManageModules: &[Privilege::ManageModules] => ModuleEditor;
    /// Read the application's audit.
    ReadAudit: &[] => AuditReader;
    /// See the change requests that wait, and what became of others.
    ViewChanges: &[Privilege::ManageUsers] => RequestReader;
    /// Approve and reject change requests. Those about modules take `manage_modules` beside this, which
    /// the store sees to.
    ReviewChanges: &[Privilege::ManageUsers] => Reviewer;
    /// See whether multi admin is on.
    ViewPolicy: &[Privilege::ManageUsers] => PolicyReader;
    /// See whom access tokens may be for.
    ViewTokenPolicy: &[] => TokenPolicyReader;
    /// Say whom access tokens may be for, and how often their keys rotate.
    ManageTokenPolicy: &[Privilege::ManageModules] => TokenPolicyEditor;
    /// See the keys that sign access tokens.
    ViewSigningKeys: &[Privilege::ManageUsers] => KeyReader;
    /// Rotate the keys that sign access tokens: with a fresh one-time code.
    RotateKeys: &[Privilege::ManageUsers] => KeyCustodian;
    /// Switch multi admin on, and ask for it to be switched off: with a fresh one-time code.
    SwitchPolicy: &[Privilege::ManageUsers] => PolicyEditor;
}

/// Proof that an administrator with a live session has the privileges of duty `D`.
///
/// Its store reaches as far as `D` does, scoped to the administrator's own application. It cannot be
/// made up:
///
/// ```compile_fail
/// let caller = shared::SignedIn::<shared::ManageAdministrators> { scope: todo!(), store: todo!() };
/// ```
///
/// and a duty that only sees hands out a store that only reads:
///
/// ```compile_fail
/// async fn sneak(caller: shared::SignedIn<shared::ViewClients>, target: &shared::Target) {
///     let _ = caller.store().delete(target, |_| Ok(())).await;
/// }
/// ```
///
/// while a secret is not to be had without a code that was spent for it:
///
/// ```compile_fail
/// async fn sneak(caller: shared::SignedIn<shared::HandleSecrets>, target: &shared::Target) {
///     let _ = caller.store().reveal(target).await;
/// }
/// ```
#[derive(Debug)]
pub struct SignedIn<D: Duty> {
    administrator: Administrator,
    token: SessionToken,
    public_url: String,
    store: D::Store,
    scope: Scope,
    duty: PhantomData<D>,
}

impl<D: Duty> sealed::Sealed for SignedIn<D> {}

impl<D: Duty> Proof for SignedIn<D> {
    const REQUIRES: Requirement = Requirement::Privileges(D::PRIVILEGES);
    const TOUCHES: &'static [AccessPattern] = if D::PRIVILEGES.is_empty() {
        &[AccessPattern::AdmitAdministrator]
    } else {
        &[
            AccessPattern::AdmitAdministrator,
            AccessPattern::RecordRefusal,
        ]
    };

    /// Finds the session and the present state of its administrator with one consistent read.
    ///
    /// Nothing of either is remembered between calls.
    async fn admit(call: &Call<'_>) -> Result<Admitted<Self>, Refused> {
        let token = session::presented(call.request)?;
        let (application, administrator) = call
            .cx
            .store()
            .live_session(&token)
            .await?
            .ok_or(Error::SignedOut)?;
        let actor = Actor::of(&administrator);
        let about = About {
            application: Some(application.clone()),
            actor: actor.clone(),
            object: None,
        };
        if !administrator.profile.privileges.has_all(D::PRIVILEGES) {
            return Err(Refused::known(Error::NotPermitted, about));
        }
        let once = Once::of(
            call.request,
            call.operation,
            &application,
            &administrator.id,
        )?;
        let scope = Scope {
            store: call.cx.store().clone(),
            application,
            origin: call.origin(actor),
            if_match: IfMatch::of(call.request),
            once,
        };
        let proof = Self {
            administrator,
            token,
            public_url: call.cx.public_url(call.request),
            store: D::Store::from(scope.clone()),
            scope,
            duty: PhantomData,
        };
        Ok(Admitted {
            proof,
            about: Some(about),
            pending_write: None,
        })
    }
}

impl<D: Duty> SignedIn<D> {
    /// Returns the store, as far as the duty reaches.
    pub fn store(&self) -> &D::Store {
        &self.store
    }

    /// Returns the administrator who is signed in.
    pub fn administrator(&self) -> &Administrator {
        &self.administrator
    }
}

impl SignedIn<KeepOwnSession> {
    /// Ends the caller's session.
    pub async fn sign_out(&self) -> Result<()> {
        self.store.end(&self.administrator, &self.token).await
    }
}

/// A duty in which links are handed out.
pub trait HandsOutLinks: Duty {}

impl HandsOutLinks for ManageAdministrators {}
impl HandsOutLinks for ReviewChanges {}

impl<D: HandsOutLinks> SignedIn<D> {
    /// Returns the link of an invitation or reset: whoever has it can use it.
    pub fn link(&self, token: &InvitationToken) -> String {
        format!("{}{}", self.public_url, token.path())
    }
}

/// A duty that a one-time code stands before.
pub trait TakesCode: Duty {}

impl TakesCode for HandleSecrets {}
impl TakesCode for ReviewChanges {}
impl TakesCode for RotateKeys {}
impl TakesCode for SwitchPolicy {}

impl<D: TakesCode> SignedIn<D> {
    /// Spends a one-time code of the caller, so that it works for nothing else any more. A wrong one
    /// counts towards the lock.
    pub async fn confirm(&self, code: &OneTimeCode) -> Result<FreshCode> {
        self.scope.confirm_code(&self.administrator.id, code).await
    }
}
