//! Importing an application: each client in a transaction of its own, safe to repeat.

use std::collections::HashSet;

use crate::domain::administrator::{
    Administrator, AdministratorProfile, OpenInvitation, PersonName,
};
use crate::domain::application::Application;
use crate::domain::audit::{Actor, Object, Origin};
use crate::domain::client::{Client, ClientProfile};
use crate::domain::precondition::IfMatch;
use crate::domain::seed::{
    Invitation, Planted, Planter, SeedAdministrator, SeedApplication, SeedClient,
};
use crate::domain::setting::Settings;
use crate::error::{Error, Result};
use crate::ids::{AdministratorId, ApplicationId, ClientId};
use crate::secrets::client_secret::{ClientSecret, Verifier};
use crate::secrets::invitation_token::InvitationToken;
use crate::secrets::one_time_code::TotpKey;
use crate::secrets::sealing::Sealer;
use crate::secrets::slow_hash::Slots;
use crate::store::administrator::Authenticator;
use crate::store::application::StoredApplication;
use crate::store::change::Change;
use crate::store::client::{Nothing, seal};
use crate::store::key::Key;
use crate::store::outcome::{OnConflict, Outcome};
use crate::store::retry::until_done;
use crate::store::transaction::Transaction;
use crate::store::{ClientReader, Scope, Store, Table};

impl Store {
    /// Refuses an application if one of its clients cannot be created. Writes nothing.
    ///
    /// Another application may have its ID, or another client its description.
    pub(crate) async fn check_import(&self, seed: &SeedApplication) -> Result<()> {
        let there = self.there(&seed.application_id).await?;
        let audiences = seed.audiences();
        if there.application.is_none()
            && !self
                .audiences_are_free(&seed.application_id, &audiences)
                .await?
        {
            return Err(audience_taken(seed));
        }
        for client in seed.clients.iter().filter(|client| !there.has(client)) {
            self.check_free(client, &there.names).await?;
        }
        Ok(())
    }

    /// Creates the application, its settings, its clients and its administrators as far as they are
    /// not there yet.
    pub(crate) async fn import(
        &self,
        seed: SeedApplication,
        planter: &Planter,
        planted: &mut Planted,
    ) -> Result<()> {
        let scope = self.import_scope(&seed.application_id, planter)?;
        let there = self.there(&seed.application_id).await?;
        let application = if let Some(application) = there.application.clone() {
            planted.kept += 1;
            application
        } else {
            planted.applications += 1;
            self.create_application(&scope, &seed).await?
        };
        let sealer = self.sealer_of(&application).await?;
        for client in seed.clients {
            if there.has(&client) {
                planted.kept += 1;
            } else {
                let client = self.new_client(&sealer, client).await?;
                self.import_client(&scope, &application, client).await?;
                planted.clients += 1;
            }
        }
        // Last, because a link is told only when all is done: what breaks off before loses none.
        for administrator in seed.administrators {
            let known = Key::login(&administrator.email, &application.id);
            let login: Option<Nothing> = self.get(Table::Administrators, &known).await?;
            if login.is_some() {
                planted.kept += 1;
            } else {
                let new = self.new_administrator(&sealer, administrator).await?;
                planted.invitations.extend(new.invitation());
                self.import_administrator(&scope, &application, new).await?;
                planted.administrators += 1;
            }
        }
        Ok(())
    }

    /// Creates an application with all its parts in one transaction, so an existing one is complete.
    ///
    /// Returns the invitations, or none if it existed.
    pub(crate) async fn found(
        &self,
        seed: SeedApplication,
        planter: &Planter,
    ) -> Result<Option<Vec<Invitation>>> {
        let id = seed.application_id.clone();
        if self.application(&id).await?.is_some() {
            return Ok(None);
        }
        let scope = &self.import_scope(&id, planter)?;
        let application = seed.application(self.keys.make(&id).await?);
        let sealer = self.sealer_of(&application).await?;
        let mut creation = self.creation(scope, &application, &sealer, &seed)?;
        let mut invitations = Vec::new();
        for client in &seed.clients {
            let new = self.new_client(&sealer, client.clone()).await?;
            creation = creation.import_client(scope, &application, &new)?;
        }
        for administrator in &seed.administrators {
            let new = self
                .new_administrator(&sealer, administrator.clone())
                .await?;
            invitations.extend(new.invitation());
            creation = creation.import_change(scope, &application, new.change())?;
        }
        let created = self.created(creation.commit().await?, &seed).await?;
        Ok(created.is_none().then_some(invitations))
    }

    /// Returns the store as an import sees it: one application, in the name of who imports.
    fn import_scope(&self, application: &ApplicationId, planter: &Planter) -> Result<Scope> {
        let (actor, action, request_id) = match planter {
            Planter::Start => (Actor::System, "import", self.random.id(16)?),
            Planter::Provisioning { request_id } => {
                (Actor::Provisioning, "provision", request_id.clone())
            }
        };
        Ok(Scope {
            store: self.clone(),
            application: application.clone(),
            origin: Origin {
                actor,
                source_ip: None,
                user_agent: None,
                action,
                request_id,
            },
            if_match: IfMatch::Unasked,
            once: None,
        })
    }

    async fn there(&self, id: &ApplicationId) -> Result<There> {
        let Some(application) = self.application(id).await? else {
            return Ok(There::default());
        };
        // It only reads.
        let scope = self.import_scope(id, &Planter::Start)?;
        let (_, clients) = ClientReader::from(scope).all().await?;
        Ok(There {
            application: Some(application),
            ids: clients.iter().map(|client| client.id.clone()).collect(),
            names: clients
                .iter()
                .map(|client| client.profile.description.folded())
                .collect(),
        })
    }

    async fn check_free(&self, client: &SeedClient, names: &HashSet<String>) -> Result<()> {
        let place = || format!("client \"{}\"", client.description.as_str());
        if let Some(id) = &client.client_id
            && self.credential(id).await?.is_some()
        {
            return Err(Error::invalid(
                place(),
                "its client_id belongs to a client of another application",
            ));
        }
        if names.contains(&client.description.folded()) {
            return Err(Error::invalid(
                place(),
                "a client with another ID has its description",
            ));
        }
        Ok(())
    }

    async fn create_application(
        &self,
        scope: &Scope,
        seed: &SeedApplication,
    ) -> Result<Application> {
        let application = seed.application(self.keys.make(&seed.application_id).await?);
        let sealer = self.sealer_of(&application).await?;
        let creation = self.creation(scope, &application, &sealer, seed)?;
        let created = self.created(creation.commit().await?, seed).await?;
        Ok(created.unwrap_or(application))
    }

    /// Returns the writes of an application without clients and administrators.
    fn creation<'a>(
        &'a self,
        scope: &Scope,
        application: &Application,
        sealer: &Sealer,
        seed: &SeedApplication,
    ) -> Result<Transaction<'a>> {
        let now = self.clock.now();
        let object = Object::application(application);
        Transaction::on(self)
            .create(
                Table::Clients,
                Key::application(&application.id),
                &StoredApplication::from(application),
                OnConflict::Retry,
            )?
            .create_layer(scope, None, seed.settings.clone())?
            .create_issuer(application, sealer, seed.audiences(), now)?
            .audit(scope, &object, &crate::domain::audit::Changes::new(), now)
    }

    /// Returns the outcome. An application that another process has just created is as good as ours.
    async fn created(
        &self,
        outcome: Outcome,
        seed: &SeedApplication,
    ) -> Result<Option<Application>> {
        match outcome {
            Outcome::Committed => Ok(None),
            outcome => match self.application(&seed.application_id).await? {
                Some(application) => Ok(Some(application)),
                None => Err(match outcome {
                    Outcome::Refused(OnConflict::AudienceTaken) => audience_taken(seed),
                    // Whatever else is taken, the next import finds it and says so.
                    Outcome::Committed
                    | Outcome::Conflict
                    | Outcome::Refused(
                        OnConflict::Retry
                        | OnConflict::NameTaken
                        | OnConflict::IdTaken
                        | OnConflict::EmailTaken
                        | OnConflict::Replayed
                        | OnConflict::Locked
                        | OnConflict::NotEntitled,
                    ) => Error::Busy,
                }),
            },
        }
    }

    async fn new_client(&self, sealer: &Sealer, seed: SeedClient) -> Result<NewClient> {
        let id = seed
            .client_id
            .map_or_else(|| ClientId::generate(&self.random), Ok)?;
        let secret = seed
            .client_secret
            .map_or_else(|| ClientSecret::generate(&self.random), Ok)?;
        let verifier = self.verifier(secret.clone()).await?;
        let sealed = seal(sealer, &id, 1, &secret, verifier)?;
        let profile = ClientProfile {
            description: seed.description,
            enabled: seed.enabled,
            features: seed.features,
            allow_list: seed.whitelist,
            modules: seed.modules,
        };
        let client = Client::new(id, profile, sealed, self.clock.now());
        Ok(NewClient {
            client,
            settings: seed.settings,
        })
    }

    async fn import_client(
        &self,
        scope: &Scope,
        application: &Application,
        new: NewClient,
    ) -> Result<()> {
        until_done(&self.random, || async {
            let creation = Transaction::on(self).import_client(scope, application, &new)?;
            match creation.commit().await? {
                Outcome::Refused(OnConflict::IdTaken | OnConflict::NameTaken) => {
                    let place = format!("client \"{}\"", new.client.profile.description.as_str());
                    Err(Error::invalid(
                        place,
                        "its ID or description was taken in the meantime",
                    ))
                }
                outcome => outcome.settle(scope, ()),
            }
        })
        .await
    }

    /// Returns an administrator. One who has no password or no authenticator yet is invited.
    async fn new_administrator(
        &self,
        sealer: &Sealer,
        seed: SeedAdministrator,
    ) -> Result<NewAdministrator> {
        let now = self.clock.now();
        let id = AdministratorId::generate(&self.random)?;
        let token = InvitationToken::generate(&self.random)?;
        let (has_mfa, has_password) = (seed.totp_key().is_some(), seed.password.is_some());
        let is_ready = has_mfa && has_password;
        let default_name =
            || PersonName::try_from(seed.email.as_str().chars().take(100).collect::<String>());
        let name = seed.name.clone().map_or_else(default_name, Ok);
        let profile = AdministratorProfile {
            name: name.map_err(Error::unexpected)?,
            privileges: seed.privileges.clone(),
        };
        let administrator = Administrator {
            activated: is_ready.then_some(now),
            has_mfa,
            has_password,
            invitation: (!is_ready).then(|| OpenInvitation::of(&token, now)),
            ..Administrator::invited(
                id.clone(),
                seed.email.clone(),
                profile,
                OpenInvitation::of(&token, now),
                now,
            )
        };
        let mut authenticator = Authenticator::new();
        let key = seed
            .totp_key()
            .map_or_else(|| TotpKey::generate(&self.random), Ok)?;
        authenticator.set_totp(&id, &key, sealer)?;
        if let Some(password) = &seed.password {
            authenticator.set_password(password.hash(&Slots::new(), &self.random).await?);
        }
        Ok(NewAdministrator {
            administrator,
            authenticator,
            token,
        })
    }

    async fn import_administrator(
        &self,
        scope: &Scope,
        application: &Application,
        new: NewAdministrator,
    ) -> Result<()> {
        until_done(&self.random, || async {
            let mut creation =
                Transaction::on(self).import_change(scope, application, new.change())?;
            if new.administrator.is_eligible() {
                creation = creation
                    .join_roster(self, &application.id, &new.administrator.id)
                    .await?;
            }
            match creation.commit().await? {
                Outcome::Refused(OnConflict::EmailTaken) => {
                    let place = format!("administrator \"{}\"", new.administrator.email.as_str());
                    Err(Error::invalid(
                        place,
                        "the address was taken in the meantime",
                    ))
                }
                outcome => outcome.settle(scope, ()),
            }
        })
        .await
    }

    /// Hashes a secret on a thread of its own, because Argon2 takes tens of milliseconds.
    async fn verifier(&self, secret: ClientSecret) -> Result<Verifier> {
        let random = self.random.clone();
        tokio::task::spawn_blocking(move || Verifier::of(&secret, &random))
            .await
            .map_err(|_| Error::unexpected("the thread for Argon2 was lost"))?
    }
}

/// A client that is not there yet.
struct NewClient {
    client: Client,
    settings: Settings,
}

/// An administrator who is not there yet.
struct NewAdministrator {
    administrator: Administrator,
    authenticator: Authenticator,
    token: InvitationToken,
}

impl NewAdministrator {
    fn change(&self) -> Change {
        Change::InviteAdministrator {
            administrator: self.administrator.clone(),
            authenticator: self.authenticator.clone(),
            token: self.token.clone(),
        }
    }

    fn invitation(&self) -> Option<Invitation> {
        let open = self.administrator.invitation.as_ref()?;
        Some(Invitation {
            email: self.administrator.email.clone(),
            token: self.token.clone(),
            until: open.until,
        })
    }
}

impl Transaction<'_> {
    fn import_client(
        self,
        scope: &Scope,
        application: &Application,
        new: &NewClient,
    ) -> Result<Self> {
        let change = Change::CreateClient {
            client: new.client.clone(),
        };
        self.import_change(scope, application, change)?
            .create_layer(scope, Some(&new.client.id), new.settings.clone())
    }
}

fn audience_taken(seed: &SeedApplication) -> Error {
    let place = format!("application \"{}\"", seed.application_id.as_str());
    Error::invalid(place, "one of its audiences belongs to another application")
}

/// The existing parts of an application before an import.
#[derive(Default)]
struct There {
    application: Option<Application>,
    ids: HashSet<ClientId>,
    names: HashSet<String>,
}

impl There {
    fn has(&self, client: &SeedClient) -> bool {
        match &client.client_id {
            Some(id) => self.ids.contains(id),
            // Without an ID, a client of the same name is the one that an earlier import made.
            None => self.names.contains(&client.description.folded()),
        }
    }
}
