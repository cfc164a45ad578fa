//! Read the Audit: what was done and what was refused, newest first.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::{AccessPattern, AuditFilter};
use shared::{
    Context, Cursor, Moment, Operation, Page, PageSize, ReadAudit, Result, Route, SignedIn,
};

use crate::admin::shown::event::{Outcome, ShownEvent};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListEvents {
    /// Only events from this moment on.
    from: Option<Moment>,
    /// Only events before this moment.
    to: Option<Moment>,
    /// The ID or name of who did it.
    #[schemars(extend("examples" = ["ada@example.com"]))]
    actor: Option<String>,
    /// The operation, or the beginning of its name up to a dot: `admin.clients`.
    #[schemars(extend("examples" = ["admin.clients"]))]
    action: Option<String>,
    /// The ID or name of what it was done to.
    #[schemars(extend("examples" = ["Web shop"]))]
    object: Option<String>,
    /// Only events with this outcome.
    outcome: Option<Outcome>,
    #[serde(default)]
    limit: PageSize,
    cursor: Option<Cursor>,
}

impl Operation for ListEvents {
    const ID: &'static str = "admin.audit.list";
    const ROUTE: Route = Route::get("/admin/audit");
    const SUMMARY: &'static str = "Read the Audit";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadAudit];
    type Caller = SignedIn<ReadAudit>;
    type Reply = Page<ShownEvent>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Page<ShownEvent>> {
        let filter = AuditFilter {
            from: self.from.map(|from| from.0),
            to: self.to.map(|to| to.0),
            actor: self.actor,
            action: self.action,
            object: self.object,
            outcome: self.outcome.map(Outcome::name),
        };
        let page = caller
            .store()
            .page(&filter, self.limit, self.cursor.as_ref())
            .await?;
        Ok(page.shown(|event| ShownEvent::from(&event)))
    }
}
