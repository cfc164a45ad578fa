//! Export the Audit: all events that fit, newest first, as CSV or as lines of JSON.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::{AccessPattern, AuditFilter};
use shared::{Context, Download, Moment, Operation, ReadAudit, Result, Route, SignedIn};

use crate::admin::shown::event::{CSV_HEAD, Outcome, as_csv_line, as_json_line};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ExportEvents {
    format: Format,
    /// From this moment on.
    from: Option<Moment>,
    /// Before this moment; up to now, if left out.
    to: Option<Moment>,
    /// The ID or name of who did it.
    actor: Option<String>,
    /// The operation, or the beginning of its name up to a dot: `admin.clients`.
    action: Option<String>,
    /// The ID or name of what it was done to.
    object: Option<String>,
    outcome: Option<Outcome>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// RFC 4180, with a head; no cell is a formula.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl Operation for ExportEvents {
    const ID: &'static str = "admin.audit.export";
    const ROUTE: Route = Route::get("/admin/audit/export");
    const SUMMARY: &'static str = "Export the Audit";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadAudit];
    type Caller = SignedIn<ReadAudit>;
    type Reply = Download;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Download> {
        let filter = AuditFilter {
            from: self.from.map(|from| from.0),
            to: self.to.map(|to| to.0),
            actor: self.actor,
            action: self.action,
            object: self.object,
            outcome: self.outcome.map(Outcome::name),
        };
        let audit = caller.store();
        Ok(match self.format {
            Format::Csv => Download {
                content_type: "text/csv; charset=utf-8",
                name: "audit.csv",
                body: audit.export(filter, CSV_HEAD.into(), as_csv_line),
            },
            Format::Ndjson => Download {
                content_type: "application/x-ndjson",
                name: "audit.ndjson",
                body: audit.export(filter, Vec::new(), as_json_line),
            },
        })
    }
}
