//! Export the Audit: all events that fit, newest first, as CSV or as lines of JSON.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::{AccessPattern, AuditFilter};
use shared::{Context, Download, Formats, Moment, Operation, ReadAudit, Result, Route, SignedIn};

use crate::admin::shown::event::{CSV_HEAD, Outcome, as_csv_line, as_json_line};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ExportEvents {
    format: Format,
    /// Only events from this moment on.
    from: Option<Moment>,
    /// Only events before this moment; up to now, if left out.
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
}

/// The format of an export.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ExportFormat")]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// RFC 4180, with a head; no cell is a formula.
    Csv,
    /// Lines of JSON, each an event.
    Ndjson,
}

const CSV: &str = "text/csv; charset=utf-8";
const NDJSON: &str = "application/x-ndjson";

impl Formats for Format {
    const MEDIA_TYPES: &'static [&'static str] = &[CSV, NDJSON];

    fn media_type(&self) -> &'static str {
        match self {
            Self::Csv => CSV,
            Self::Ndjson => NDJSON,
        }
    }

    fn file_name(&self) -> &'static str {
        match self {
            Self::Csv => "audit.csv",
            Self::Ndjson => "audit.ndjson",
        }
    }
}

impl Operation for ExportEvents {
    const ID: &'static str = "admin.audit.export";
    const ROUTE: Route = Route::get("/admin/audit/export");
    const SUMMARY: &'static str = "Export the Audit";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadAudit];
    type Caller = SignedIn<ReadAudit>;
    type Reply = Download<Format>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Download<Format>> {
        let filter = AuditFilter {
            from: self.from.map(|from| from.0),
            to: self.to.map(|to| to.0),
            actor: self.actor,
            action: self.action,
            object: self.object,
            outcome: self.outcome.map(Outcome::name),
        };
        let audit = caller.store();
        let body = match self.format {
            Format::Csv => audit.export(filter, CSV_HEAD.into(), as_csv_line),
            Format::Ndjson => audit.export(filter, Vec::new(), as_json_line),
        };
        Ok(Download {
            format: self.format,
            body,
        })
    }
}
