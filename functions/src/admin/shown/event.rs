//! An event of the audit as it is read and exported.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::store::Event;
use shared::{Error, Moment, Result};

/// An event of the audit: a change, or a refusal.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditEvent")]
pub(crate) struct ShownEvent {
    /// When; of those that are counted together, the first.
    time: Moment,
    actor: Actor,
    /// The address that it came from.
    source_ip: Option<String>,
    user_agent: Option<String>,
    /// The operation.
    action: String,
    /// The object of the event.
    object: Option<Object>,
    /// `applied`, `refused`, or what became of a change request: `requested`, `approved` by one of two,
    /// `rejected`, `withdrawn` or `failed`.
    outcome: String,
    /// The reason of a refusal.
    reason: Option<String>,
    /// The number of refusals, or issued tokens, of one minute and one source that it stands for.
    count: u64,
    /// The last of them.
    last_time: Moment,
    /// The change request that it belongs to.
    change_request: Option<String>,
    request_id: String,
    /// The fields that changed. A secret is never one of them.
    changes: BTreeMap<String, Change>,
}

/// The outcome of an event.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "AuditOutcome")]
pub(crate) enum Outcome {
    /// It was done.
    Applied,
    /// It was not.
    Refused,
    /// It waits for approval.
    Requested,
    /// The first of two has approved it.
    Approved,
    /// A change request was turned down.
    Rejected,
    /// A change request was taken back.
    Withdrawn,
    /// A change request could not take effect any more.
    Failed,
}

impl Outcome {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Applied => "applied",
            Self::Refused => "refused",
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Failed => "failed",
        }
        .to_owned()
    }
}

/// The actor of an event.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditActor")]
struct Actor {
    /// `administrator`, `api_client`, `system`, or `unknown` for one who did not prove to be anyone.
    kind: String,
    id: Option<String>,
    /// The name that the actor had then.
    name: Option<String>,
}

/// The object of an event.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditObject")]
struct Object {
    /// `api_client`, `administrator`, `application`, `settings` or `published_settings`.
    kind: String,
    id: String,
    /// The name that the object had then.
    name: Option<String>,
}

/// A field before and after a change.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditChange")]
struct Change {
    before: Value,
    after: Value,
}

impl From<&Event> for ShownEvent {
    fn from(event: &Event) -> Self {
        let change = |(field, before, after): &(String, Value, Value)| {
            let (before, after) = (before.clone(), after.clone());
            (field.clone(), Change { before, after })
        };
        let object = event.object_kind.as_ref().map(|kind| Object {
            kind: kind.clone(),
            id: event.object_id.clone().unwrap_or_default(),
            name: event.object_name.clone(),
        });
        Self {
            time: Moment(event.time),
            actor: Actor {
                kind: event.actor_kind.clone(),
                id: event.actor_id.clone(),
                name: event.actor_name.clone(),
            },
            source_ip: event.source_ip.clone(),
            user_agent: event.user_agent.clone(),
            action: event.action.clone(),
            object,
            outcome: event.outcome.clone(),
            reason: event.reason.clone(),
            count: event.count,
            last_time: Moment(event.last_time),
            change_request: event.change_request.clone(),
            request_id: event.request_id.clone(),
            changes: event.changes.iter().map(change).collect(),
        }
    }
}

/// Writes an event as a line of JSON.
pub(crate) fn as_json_line(event: &Event, into: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(&mut *into, &ShownEvent::from(event))
        .map_err(|fault| Error::unexpected(format!("an event does not serialise: {fault}")))?;
    into.push(b'\n');
    Ok(())
}

/// The first line of a CSV export (RFC 4180).
pub(crate) const CSV_HEAD: &str = "time,actor_kind,actor_id,actor_name,source_ip,user_agent,action,object_kind,object_id,object_name,outcome,reason,count,last_time,change_request,request_id,changes\r\n";

/// Writes an event as a line of CSV (RFC 4180), in which no cell is a formula.
pub(crate) fn as_csv_line(event: &Event, into: &mut Vec<u8>) -> Result<()> {
    let shown = ShownEvent::from(event);
    let changes = if shown.changes.is_empty() {
        String::new()
    } else {
        serde_json::to_string(&shown.changes)
            .map_err(|fault| Error::unexpected(format!("changes do not serialise: {fault}")))?
    };
    let object = shown.object.as_ref();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [
        String::from(shown.time),
        shown.actor.kind.clone(),
        text(&shown.actor.id),
        text(&shown.actor.name),
        text(&shown.source_ip),
        text(&shown.user_agent),
        shown.action.clone(),
        object.map(|object| object.kind.clone()).unwrap_or_default(),
        object.map(|object| object.id.clone()).unwrap_or_default(),
        object
            .and_then(|object| object.name.clone())
            .unwrap_or_default(),
        shown.outcome.clone(),
        text(&shown.reason),
        shown.count.to_string(),
        String::from(shown.last_time),
        text(&shown.change_request),
        shown.request_id.clone(),
        changes,
    ];
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            into.push(b',');
        }
        into.extend_from_slice(csv_cell(cell).as_bytes());
    }
    into.extend_from_slice(b"\r\n");
    Ok(())
}

/// Returns a cell of CSV.
///
/// A spreadsheet runs a cell that looks like a formula, also after white space. Such a cell gets an
/// apostrophe in front (OWASP, CSV Injection).
fn csv_cell(text: &str) -> String {
    let is_formula = text
        .trim_start()
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
        || text.starts_with(['\t', '\r', '\n']);
    let guard = if is_formula { "'" } else { "" };
    if is_formula || text.contains([',', '"', '\r', '\n', ';']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::csv_cell;

    #[test]
    fn no_cell_is_a_formula_or_more_than_one() {
        for (text, cell) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("  @SUM(A1)", "\"'  @SUM(A1)\""),
            ("-2", "\"'-2\""),
            ("\tx", "\"'\tx\""),
            ("＝cmd", "\"'＝cmd\""),
            ("two\r\nlines", "\"two\r\nlines\""),
        ] {
            assert_eq!(csv_cell(text), cell);
        }
    }
}
