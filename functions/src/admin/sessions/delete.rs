//! Sign out: ends the session that asks for it.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Context, Ended, KeepOwnSession, Operation, Result, Route, SignedIn};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct EndSession {}

impl Operation for EndSession {
    const ID: &'static str = "admin.sessions.delete";
    const ROUTE: Route = Route::delete("/admin/sessions/current").without_version();
    const SUMMARY: &'static str = "Sign out";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::SignOut, AccessPattern::StillEntitled];
    type Caller = SignedIn<KeepOwnSession>;
    type Reply = Ended;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Ended> {
        caller.sign_out().await?;
        Ok(Ended)
    }
}
