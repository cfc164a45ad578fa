//! View Oneself: who is signed in, in which application, with which privileges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{ApplicationId, Context, KeepOwnSession, Operation, Result, Route, SignedIn};

use crate::admin::shown::administrator::Oneself;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewOneself {}

/// The administrator who is signed in, and the application.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Me {
    #[serde(flatten)]
    administrator: Oneself,
    application: Application,
}

/// An application.
#[derive(Serialize, JsonSchema)]
struct Application {
    application_id: ApplicationId,
    name: String,
}

impl Operation for ViewOneself {
    const ID: &'static str = "admin.me";
    const ROUTE: Route = Route::get("/admin/me");
    const SUMMARY: &'static str = "View Oneself";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadApplication];
    type Caller = SignedIn<KeepOwnSession>;
    type Reply = Me;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Me> {
        let (application_id, name) = caller.store().application().await?;
        Ok(Me {
            administrator: Oneself::from(caller.administrator()),
            application: Application {
                application_id,
                name,
            },
        })
    }
}
