//! Reading the audit: what was done and what was refused, newest first.

use serde::Deserialize;
use serde_json::Value;

use super::StoredEvent;
use crate::page::{Cursor, PageOf, PageSize};
use crate::request::BodyStream;
use crate::store::dynamodb::{Direction, Item, from_item, key_of};
use crate::store::key::Key;
use crate::store::{Scope, Table};
use crate::{Result, Timestamp};

/// An event, as it is read.
#[derive(Debug)]
pub struct Event {
    /// When it happened; of refusals, the first of those that it counts.
    pub time: Timestamp,
    /// What kind of actor it was: `administrator`, `api_client`, `system` or `unknown`.
    pub actor_kind: String,
    /// The actor's ID.
    pub actor_id: Option<String>,
    /// The name that the actor had then.
    pub actor_name: Option<String>,
    /// The address it came from.
    pub source_ip: Option<String>,
    /// What the caller's program calls itself.
    pub user_agent: Option<String>,
    /// The ID of the operation.
    pub action: String,
    /// What it was done to.
    pub object_kind: Option<String>,
    /// The object's ID.
    pub object_id: Option<String>,
    /// The name that the object had then.
    pub object_name: Option<String>,
    /// `applied` or `refused`.
    pub outcome: String,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The ID of the request.
    pub request_id: String,
    /// The fields that changed, each with its value before and after.
    pub changes: Vec<(String, Value, Value)>,
    /// How many refusals of one minute it stands for; 1 for what was applied.
    pub count: u64,
    /// When the last of them happened.
    pub last_time: Timestamp,
}

/// What a refusal has beside an event.
#[derive(Deserialize)]
struct StoredRefusals {
    count: u64,
    last_time: Timestamp,
}

/// Which events.
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
    /// `applied` or `refused`.
    pub outcome: Option<String>,
}

impl AuditFilter {
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

/// How many events are read at once.
const BATCH: i32 = 100;
/// How many a page looks at before it is handed out half empty, with where to go on.
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
    /// A page of the events that the filter lets through, newest first. It may have fewer than were
    /// asked for, and still another one behind it.
    pub async fn page(
        &self,
        filter: &AuditFilter,
        size: PageSize,
        cursor: Option<&Cursor>,
    ) -> Result<PageOf<Event>> {
        let mut after = cursor.map(|cursor| cursor.as_str().to_owned());
        let (mut items, mut looked_at) = (Vec::new(), 0);
        loop {
            let batch = self.batch(filter, after.as_deref()).await?;
            let is_last = batch.is_empty();
            for (place, event) in batch {
                looked_at += 1;
                after = Some(place);
                if filter.lets_through(&event) {
                    items.push(event);
                }
                if items.len() >= size.get() {
                    break;
                }
            }
            if is_last {
                return Ok(PageOf { items, next: None });
            }
            if items.len() >= size.get() || looked_at >= MOST_LOOKED_AT {
                let next = after.map(Cursor::after);
                return Ok(PageOf { items, next });
            }
        }
    }

    /// All events that the filter lets through, newest first, a batch of them at a time: each piece
    /// of the body is made when the one before has gone out.
    pub fn export(
        &self,
        mut filter: AuditFilter,
        head: Vec<u8>,
        write: fn(&Event, &mut Vec<u8>) -> Result<()>,
    ) -> BodyStream {
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
                let batch = reader.batch(&filter, after).await?;
                let next = batch.last().map(|(place, _)| place.clone());
                let mut piece = head;
                for (_, event) in batch.iter().filter(|(_, event)| filter.lets_through(event)) {
                    write(event, &mut piece)?;
                }
                Ok(Some((piece, (reader, filter, next, Vec::new()))))
            },
        ))
    }

    /// The next events in the order of their places, newest first, from both tables that hold some.
    /// Refusals stand at the beginning of their minute.
    async fn batch(
        &self,
        filter: &AuditFilter,
        after: Option<&str>,
    ) -> Result<Vec<(String, Event)>> {
        let from = filter.from.unwrap_or(Timestamp::from_millis(0));
        let to = filter.to.unwrap_or(END_OF_TIME);
        let (applied, refused) = tokio::try_join!(
            self.places(Table::Audit, from, to, after),
            self.places(Table::Attempts, from.minute(), to, after),
        )?;
        // What is behind the end of a list that goes on may be missing in it.
        let ends = [&applied, &refused].map(|list| {
            let last = list.found.last().filter(|_| list.goes_on);
            last.map(|(place, _)| place.clone())
        });
        let end = ends.into_iter().flatten().max();
        let mut both: Vec<_> = applied.found.into_iter().chain(refused.found).collect();
        both.retain(|(place, _)| end.as_ref().is_none_or(|end| place >= end));
        both.sort_by(|(one, _), (other, _)| other.cmp(one));
        both.into_iter()
            .map(|(place, item)| Ok((place, event(item)?)))
            .collect()
    }

    async fn places(
        &self,
        table: Table,
        from: Timestamp,
        to: Timestamp,
        after: Option<&str>,
    ) -> Result<Places> {
        let (first, last) = Key::events(from, to);
        let last = after.map_or(last.as_str(), |after| after.min(&last));
        if first.as_str() > last {
            return Ok(Places::default());
        }
        let partition = Key::application_partition(&self.scope.application);
        let items = self
            .scope
            .store
            .query_page(table, partition, (&first, last), Direction::Backward, BATCH)
            .await?;
        let goes_on = items.len() >= usize::try_from(BATCH).unwrap_or_default();
        let placed = items.into_iter().filter_map(|item| {
            let place = key_of(&item)?.sort;
            (Some(place.as_str()) != after).then_some((place, item))
        });
        Ok(Places {
            found: placed.collect(),
            goes_on,
        })
    }
}

/// Items by their places, and whether there may be more.
#[derive(Default)]
struct Places {
    found: Vec<(String, Item)>,
    goes_on: bool,
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
        request_id: stored.request_id,
        changes: changes
            .map(|change| (change.field, change.before, change.after))
            .collect(),
        count: refusals.as_ref().map_or(1, |refusals| refusals.count),
        last_time: refusals.map_or(stored.time, |refusals| refusals.last_time),
    })
}
