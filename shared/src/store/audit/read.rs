//! Reading the audit: what was done and what was refused, newest first.

use std::pin::Pin;

use futures_util::Stream;
use serde::Deserialize;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::page::{Cursor, PageOf, PageSize};
use crate::error::Result;
use crate::store::audit::StoredEvent;
use crate::store::dynamodb::{Direction, Item, from_item, key_of};
use crate::store::key::Key;
use crate::store::{Scope, Table};

/// An event, as it is read.
#[derive(Debug)]
pub struct Event {
    /// When it happened; of refusals, when the first of those did that it counts.
    pub time: Timestamp,
    /// The kind of the actor: `administrator`, `api_client`, `system` or `unknown`.
    pub actor_kind: String,
    /// The actor's ID.
    pub actor_id: Option<String>,
    /// The name that the actor had then.
    pub actor_name: Option<String>,
    /// The address it came from.
    pub source_ip: Option<String>,
    /// The user agent of the caller.
    pub user_agent: Option<String>,
    /// The ID of the operation.
    pub action: String,
    /// The object's kind.
    pub object_kind: Option<String>,
    /// The object's ID.
    pub object_id: Option<String>,
    /// The name that the object had then.
    pub object_name: Option<String>,
    /// `applied`, `refused`, or what became of a change request.
    pub outcome: String,
    /// The reason of the refusal.
    pub reason: Option<String>,
    /// The change request that it belongs to.
    pub change_request: Option<String>,
    /// The ID of the request.
    pub request_id: String,
    /// The fields that changed, each with its value before and after.
    pub changes: Vec<(String, Value, Value)>,
    /// The number of refusals of one minute; 1 for an applied change.
    pub count: u64,
    /// When the last of them happened.
    pub last_time: Timestamp,
}

/// The counted part of a refusal's event.
#[derive(Deserialize)]
struct StoredRefusals {
    count: u64,
    last_time: Timestamp,
}

/// A filter of events.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// The ID or name of an actor.
    pub actor: Option<String>,
    /// The ID of an operation, or of an area of them: `admin.clients`.
    pub action: Option<String>,
    /// The ID or name of an object.
    pub object: Option<String>,
    /// `applied`, `refused`, or what became of a change request.
    pub outcome: Option<String>,
}

impl AuditFilter {
    fn from(&self) -> Timestamp {
        self.from.unwrap_or(Timestamp::from_millis(0))
    }

    fn to(&self) -> Timestamp {
        self.to.unwrap_or(END_OF_TIME)
    }

    fn lets_through(&self, event: &Event) -> bool {
        let is = |wanted: &Option<String>, found: [Option<&str>; 2]| {
            wanted
                .as_deref()
                .is_none_or(|wanted| found.contains(&Some(wanted)))
        };
        let acts = self.action.as_deref().is_none_or(|wanted| {
            let rest = event.action.strip_prefix(wanted);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        acts && is(
            &self.actor,
            [event.actor_id.as_deref(), event.actor_name.as_deref()],
        ) && is(
            &self.object,
            [event.object_id.as_deref(), event.object_name.as_deref()],
        ) && is(&self.outcome, [Some(&event.outcome), None])
    }
}

/// An export on its way out, piece by piece. A piece that is an error ends it.
pub type EventStream = Pin<Box<dyn Stream<Item = Result<Vec<u8>>> + Send>>;

/// Number of events that are read at once.
const BATCH: i32 = 100;
/// Most events that a page looks at. It is then handed out half empty, with a cursor.
const MOST_LOOKED_AT: usize = 3_000;
/// Behind every moment: the first 15 digits that no event begins with.
const END_OF_TIME: Timestamp = Timestamp::from_millis(999_999_999_999_999);

/// Reads the audit of one application.
#[derive(Clone, Debug)]
pub struct AuditReader {
    scope: Scope,
}

impl From<Scope> for AuditReader {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl AuditReader {
    /// Returns a page of the events that the filter lets through, newest first. It may have fewer than
    /// were asked for, and still another one behind it.
    pub async fn page(
        &self,
        filter: &AuditFilter,
        size: PageSize,
        cursor: Option<&Cursor>,
    ) -> Result<PageOf<Event>> {
        let mut after = cursor.map(|cursor| cursor.as_str().to_owned());
        let (mut items, mut looked_at) = (Vec::new(), 0);
        loop {
            let Batch { events, goes_on } = self.batch(filter, after.as_deref()).await?;
            let mut left = events.len();
            for (place, event) in events {
                left -= 1;
                looked_at += 1;
                after = Some(place);
                if filter.lets_through(&event) {
                    items.push(event);
                }
                if items.len() >= size.get() {
                    break;
                }
            }
            let is_last = left == 0 && !goes_on;
            if is_last || items.len() >= size.get() || looked_at >= MOST_LOOKED_AT {
                let next = after.filter(|_| !is_last).map(Cursor::after);
                return Ok(PageOf { items, next });
            }
        }
    }

    /// Streams all events that pass the filter, newest first.
    ///
    /// Each piece of the body is made when the one before has gone out.
    pub fn export(
        &self,
        mut filter: AuditFilter,
        head: Vec<u8>,
        write: fn(&Event, &mut Vec<u8>) -> Result<()>,
    ) -> EventStream {
        // What happens from now on is not part of it, so that it ends.
        let now = self.scope.store.clock.now();
        filter.to = Some(
            filter
                .to
                .unwrap_or(Timestamp::from_millis(now.millis() + 1)),
        );
        let state = (self.clone(), filter, Some(String::new()), head);
        Box::pin(futures_util::stream::try_unfold(
            state,
            move |(reader, filter, after, head)| async move {
                let Some(after) = after else {
                    return Ok(None);
                };
                let after = Some(after.as_str()).filter(|after| !after.is_empty());
                let Batch { events, goes_on } = reader.batch(&filter, after).await?;
                let next = events.last().filter(|_| goes_on);
                let next = next.map(|(place, _)| place.clone());
                let mut piece = head;
                for (_, event) in events
                    .iter()
                    .filter(|(_, event)| filter.lets_through(event))
                {
                    write(event, &mut piece)?;
                }
                Ok(Some((piece, (reader, filter, next, Vec::new()))))
            },
        ))
    }

    /// Reads the next events from both tables, newest first, each with its place.
    ///
    /// A place is the time, and a mark that tells it from others of that time.
    async fn batch(&self, filter: &AuditFilter, after: Option<&str>) -> Result<Batch> {
        let mut limit = BATCH;
        loop {
            let (applied, refused) = tokio::try_join!(
                self.applied(filter, after, limit),
                self.refused(filter, after, limit),
            )?;
            // Behind the end of a list that goes on something may be missing.
            let end = applied.complete_from.max(refused.complete_from);
            let mut both: Vec<_> = applied.found.into_iter().chain(refused.found).collect();
            let goes_on = end.is_some();
            both.retain(|(place, _)| end.as_ref().is_none_or(|end| place >= end));
            if both.is_empty() && goes_on {
                // One minute has more refusals than were looked at.
                limit = limit.saturating_mul(2);
                continue;
            }
            both.sort_by(|(one, _), (other, _)| other.cmp(one));
            return Ok(Batch {
                events: both,
                goes_on,
            });
        }
    }

    /// Reads the next events of applied changes.
    async fn applied(
        &self,
        filter: &AuditFilter,
        after: Option<&str>,
        limit: i32,
    ) -> Result<Stretch> {
        let (first, last) = Key::events(filter.from(), filter.to());
        let last = after.map_or(last.as_str(), |after| after.min(&last));
        let items = self.items(Table::Audit, &first, last, limit).await?;
        let goes_on = is_cut(&items, limit);
        let complete_from = items
            .last()
            .and_then(key_of)
            .filter(|_| goes_on)
            .map(|key| key.sort);
        let placed = items
            .into_iter()
            .filter_map(|item| Some((key_of(&item)?.sort, item)));
        Stretch::of(placed, after, complete_from)
    }

    /// Refusals stand at the beginning of their minute, and belong to when the first of them
    /// happened.
    async fn refused(
        &self,
        filter: &AuditFilter,
        after: Option<&str>,
        limit: i32,
    ) -> Result<Stretch> {
        let newest = after.and_then(time_of).map_or(filter.to(), |time| {
            Timestamp::from_millis(time.minute().millis() + 1)
        });
        let (first, last) = Key::events(filter.from().minute(), newest.min(filter.to()));
        let last = format!("{last}~");
        let items = self.items(Table::Attempts, &first, &last, limit).await?;
        let goes_on = is_cut(&items, limit);
        let oldest = items.last().and_then(key_of).filter(|_| goes_on);
        let complete_from = oldest
            .and_then(|key| time_of(&key.sort))
            .map(|minute| format!("{:015}", minute.millis() + 60_000));
        let placed = items.into_iter().filter_map(|item| {
            let rest = key_of(&item)?.sort.split_once('#')?.1.to_owned();
            let time: i64 = item.get("time")?.as_n().ok()?.parse().ok()?;
            Some((format!("{time:015}#{rest}"), item))
        });
        let mut stretch = Stretch::of(placed, after, complete_from)?;
        stretch
            .found
            .retain(|(_, event)| (filter.from()..filter.to()).contains(&event.time));
        Ok(stretch)
    }

    async fn items(&self, table: Table, first: &str, last: &str, limit: i32) -> Result<Vec<Item>> {
        if first > last {
            return Ok(Vec::new());
        }
        let partition = Key::application_partition(&self.scope.application);
        let store = &self.scope.store;
        store
            .query_page(table, partition, (first, last), Direction::Backward, limit)
            .await
    }
}

fn is_cut(items: &[Item], limit: i32) -> bool {
    items.len() >= usize::try_from(limit).unwrap_or_default()
}

/// Returns the moment that a place begins with.
fn time_of(place: &str) -> Option<Timestamp> {
    place.get(..15)?.parse().ok().map(Timestamp::from_millis)
}

/// The next events, each with its place.
struct Batch {
    events: Vec<(String, Event)>,
    /// May there be more?
    goes_on: bool,
}

/// A stretch of one table's events by their places, behind a cursor.
struct Stretch {
    found: Vec<(String, Event)>,
    /// From which place on there are no others; `None` if there are none at all.
    complete_from: Option<String>,
}

impl Stretch {
    fn of(
        placed: impl Iterator<Item = (String, Item)>,
        after: Option<&str>,
        complete_from: Option<String>,
    ) -> Result<Self> {
        let behind = placed.filter(|(place, _)| after.is_none_or(|after| place.as_str() < after));
        let found = behind
            .map(|(place, item)| Ok((place, event(item)?)))
            .collect::<Result<_>>()?;
        Ok(Self {
            found,
            complete_from,
        })
    }
}

fn event(item: Item) -> Result<Event> {
    let refusals = item
        .contains_key("count")
        .then(|| from_item::<StoredRefusals>(item.clone()))
        .transpose()?;
    let stored: StoredEvent = from_item(item)?;
    let changes = stored.changes.into_iter();
    Ok(Event {
        time: stored.time,
        actor_kind: stored.actor_kind,
        actor_id: stored.actor_id,
        actor_name: stored.actor_name,
        source_ip: stored.source_ip,
        user_agent: stored.user_agent,
        action: stored.action,
        object_kind: stored.object_kind,
        object_id: stored.object_id,
        object_name: stored.object_name,
        outcome: stored.outcome,
        reason: stored.reason,
        change_request: stored.change_request,
        request_id: stored.request_id,
        changes: changes
            .map(|change| (change.field, change.before, change.after))
            .collect(),
        count: refusals.as_ref().map_or(1, |refusals| refusals.count),
        last_time: refusals.map_or(stored.time, |refusals| refusals.last_time),
    })
}
