//! Provisioning: a function without a route, which creates applications and imports clients.
//!
//! IAM decides who may invoke it.

use std::fmt;

use lambda_http::lambda_runtime::{self, Diagnostic};
use lambda_http::{LambdaEvent, service_fn};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::seed::{Founded, Founding, Invitation, Planted, Planter, Seed, SeedFault};
use shared::store::AccessPattern;
use shared::{ApplicationId, ClientId, ClientSecret, Email, Housekeeping, Moment, Unrouted};

/// The declaration of the function.
pub const PROVISION: Unrouted = Unrouted {
    id: "provision",
    summary: "Create applications and import clients",
    // The longest that Lambda lets any function run: an import hashes every secret.
    seconds: 900,
    // One whole CPU.
    megabytes: 1769,
    touches: &[AccessPattern::Provision],
};

/// Serves the function until Lambda ends the process.
pub(crate) async fn serve(housekeeping: &Housekeeping) -> Result<(), String> {
    housekeeping.warm_up(&PROVISION.grants()).await;
    // The event stays text until here, so that all faults in it are reported in our own words.
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        provision(housekeeping, event.payload.get(), &event.context.request_id).await
    }))
    .await
    .map_err(|fault| format!("the Lambda runtime stopped: {fault}"))
}

/// Creates the application, or imports the seed, that an event names. `request_id` goes to the audit.
pub async fn provision(
    housekeeping: &Housekeeping,
    event: &str,
    request_id: &str,
) -> Result<ProvisioningReply, ProvisioningError> {
    let done = carry_out(housekeeping, event, request_id).await;
    if let Err(SeedFault::Unexpected { place, cause }) = &done {
        tracing::error!(place, cause = cause.for_the_log(), "unexpected error");
    }
    let done = done?;
    let counts = &done.counts;
    tracing::info!(
        applications = counts.applications,
        clients = counts.clients,
        administrators = counts.administrators,
        kept = counts.kept,
        "provisioned"
    );
    Ok(done)
}

async fn carry_out(
    housekeeping: &Housekeeping,
    event: &str,
    request_id: &str,
) -> Result<ProvisioningReply, SeedFault> {
    let planter = Planter::Provisioning {
        request_id: request_id.to_owned(),
    };
    if !is_founding(event) {
        let planted = Seed::parse(event)?.plant(housekeeping, &planter).await?;
        return Ok(ProvisioningReply::imported(housekeeping, &planted));
    }
    let founding = Founding::parse(event)?;
    let application_id = founding.application_id();
    let founded = founding.plant(housekeeping, &planter).await?;
    Ok(ProvisioningReply::founded(
        housekeeping,
        application_id,
        founded,
    ))
}

/// Returns whether an event is about one new application. Otherwise it is a seed.
fn is_founding(event: &str) -> bool {
    #[derive(Deserialize)]
    struct Names {
        application: Option<IgnoredAny>,
        administrator: Option<IgnoredAny>,
    }
    serde_json::from_str(event).is_ok_and(
        |Names {
             application,
             administrator,
         }| application.is_some() || administrator.is_some(),
    )
}

/// The reply: counts, a secret and links. Only the caller of the function sees it.
#[derive(Serialize)]
pub struct ProvisioningReply {
    #[serde(flatten)]
    counts: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_id: Option<ApplicationId>,
    /// The owner client of an application that was created just now.
    #[serde(flatten)]
    owner: Option<Owner>,
    invitations: Vec<ShownInvitation>,
}

/// Numbers of things that were created, and of those that existed already.
#[derive(Default, Serialize)]
struct Counts {
    applications: usize,
    clients: usize,
    administrators: usize,
    kept: usize,
}

#[derive(Serialize)]
struct Owner {
    client_id: ClientId,
    client_secret: ClientSecret,
}

#[derive(Serialize)]
struct ShownInvitation {
    email: Email,
    link: String,
    /// The time from which on the link is refused.
    expires_at: Moment,
}

impl ShownInvitation {
    fn of(housekeeping: &Housekeeping, invitation: &Invitation) -> Self {
        Self {
            email: invitation.email.clone(),
            link: housekeeping.link(invitation),
            expires_at: Moment(invitation.until),
        }
    }
}

impl ProvisioningReply {
    fn imported(housekeeping: &Housekeeping, planted: &Planted) -> Self {
        Self {
            counts: Counts {
                applications: planted.applications,
                clients: planted.clients,
                administrators: planted.administrators,
                kept: planted.kept,
            },
            application_id: None,
            owner: None,
            invitations: planted
                .invitations
                .iter()
                .map(|invitation| ShownInvitation::of(housekeeping, invitation))
                .collect(),
        }
    }

    fn founded(
        housekeeping: &Housekeeping,
        application_id: ApplicationId,
        founded: Option<Founded>,
    ) -> Self {
        let Some(founded) = founded else {
            return Self {
                counts: Counts {
                    kept: 1,
                    ..Counts::default()
                },
                application_id: Some(application_id),
                owner: None,
                invitations: Vec::new(),
            };
        };
        Self {
            counts: Counts {
                applications: 1,
                clients: 1,
                administrators: 1,
                kept: 0,
            },
            application_id: Some(application_id),
            invitations: vec![ShownInvitation::of(housekeeping, &founded.invitation)],
            owner: Some(Owner {
                client_id: founded.client_id,
                client_secret: founded.client_secret,
            }),
        }
    }
}

impl fmt::Debug for ProvisioningReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProvisioningReply(..)")
    }
}

/// The reason why it was not done, or not all of it. Lambda's runtime logs its `Debug`.
#[derive(Debug)]
pub struct ProvisioningError {
    /// `InvalidEvent`, `Busy` or `Unexpected`.
    pub kind: &'static str,
    /// A sentence for the caller of the function.
    pub words: String,
}

impl From<SeedFault> for ProvisioningError {
    fn from(fault: SeedFault) -> Self {
        let words = fault.to_string();
        match fault {
            SeedFault::Unfit(words) => Self {
                kind: "InvalidEvent",
                words,
            },
            SeedFault::Busy { .. } => Self {
                kind: "Busy",
                words,
            },
            // The cause may quote a secret, so it goes to the log only.
            SeedFault::Unexpected { place, .. } => Self {
                kind: "Unexpected",
                words: format!(
                    "at {place}: a fault on our side, the function's log says which; what was created before it stays, and the same call goes on from there"
                ),
            },
        }
    }
}

impl From<ProvisioningError> for Diagnostic {
    fn from(error: ProvisioningError) -> Self {
        Self {
            error_type: error.kind.to_owned(),
            error_message: error.words,
        }
    }
}
