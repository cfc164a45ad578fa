//! The IAM permissions that a DynamoDB request needs, as AWS decides it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::iam::{index_arn, table_arn};

/// A permission that a request needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The IAM action: `dynamodb:GetItem`.
    pub action: Cow<'static, str>,
    /// The table's name, or `*` if the request names none.
    pub table: String,
    /// The index, if the request reads one.
    pub index: Option<String>,
}

impl Need {
    /// Returns the resource, as a policy names it.
    #[must_use]
    pub fn resource(&self) -> String {
        match (&*self.table, &self.index) {
            ("*", _) => self.table.clone(),
            (table, Some(index)) => index_arn(table, index),
            (table, None) => table_arn(table),
        }
    }
}

/// The fields of a request that name its tables. Its values are skipped.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    clippy::zero_sized_map_values,
    reason = "a set reads an array, and this is an object"
)]
struct Shape<'a> {
    #[serde(borrow)]
    table_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    index_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    request_items: BTreeMap<Cow<'a, str>, IgnoredAny>,
    #[serde(borrow)]
    transact_items: Vec<Element<'a>>,
    return_consumed_capacity: Option<IgnoredAny>,
}

/// An element of a transaction. A request with none or several of these is refused anyway.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Element<'a> {
    #[serde(borrow)]
    get: Option<OnTable<'a>>,
    #[serde(borrow)]
    put: Option<OnTable<'a>>,
    #[serde(borrow)]
    update: Option<OnTable<'a>>,
    #[serde(borrow)]
    delete: Option<OnTable<'a>>,
    #[serde(borrow)]
    condition_check: Option<OnTable<'a>>,
}

#[derive(Deserialize)]
struct OnTable<'a> {
    #[serde(borrow, rename = "TableName")]
    table_name: Cow<'a, str>,
}

/// Returns the permissions that a request needs. An unreadable one needs its operation on every resource.
#[must_use]
pub(super) fn needs(operation: &str, body: &[u8]) -> Vec<Need> {
    let shape: Shape<'_> = serde_json::from_slice(body).unwrap_or_default();
    let needs: Vec<Need> = match operation {
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = shape.request_items.keys();
            tables.map(|table| need(operation, table)).collect()
        }
        "TransactGetItems" | "TransactWriteItems" => {
            shape.transact_items.iter().flat_map(of_element).collect()
        }
        _ => {
            let table = shape.table_name.as_deref().unwrap_or("*");
            let index = shape.index_name.map(Cow::into_owned);
            vec![Need {
                index,
                ..need(operation, table)
            }]
        }
    };
    if needs.is_empty() {
        return vec![need(operation, "*")];
    }
    needs
}

fn of_element(element: &Element<'_>) -> Vec<Need> {
    let parts = [
        ("GetItem", &element.get),
        ("PutItem", &element.put),
        ("UpdateItem", &element.update),
        ("DeleteItem", &element.delete),
        ("ConditionCheckItem", &element.condition_check),
    ];
    let present = parts.into_iter();
    present
        .filter_map(|(action, on)| Some(need(action, &on.as_ref()?.table_name)))
        .collect()
}

fn need(operation: &str, table: &str) -> Need {
    // A table may be named by its ARN.
    let table = match table.strip_prefix("arn:") {
        Some(arn) => arn.split_once(":table/").map_or(table, |(_, name)| name),
        None => table,
    };
    Need {
        action: match operation {
            // The most frequent ones cost no allocation.
            "BatchGetItem" => Cow::Borrowed("dynamodb:BatchGetItem"),
            "GetItem" => Cow::Borrowed("dynamodb:GetItem"),
            "Query" => Cow::Borrowed("dynamodb:Query"),
            other => Cow::Owned(format!("dynamodb:{other}")),
        },
        table: table.to_owned(),
        index: None,
    }
}

/// Returns the request, asking for its cost; `None` if it asks already, or cannot.
pub(super) fn asking_for_capacity(operation: &str, body: &[u8]) -> Option<Vec<u8>> {
    let reads_or_writes_items = operation.ends_with("Item") || operation.ends_with("Items");
    if !reads_or_writes_items && !matches!(operation, "Query" | "Scan") {
        return None;
    }
    let shape: Shape<'_> = serde_json::from_slice(body).ok()?;
    let rest = body.strip_prefix(b"{")?;
    if shape.return_consumed_capacity.is_some() {
        return None;
    }
    let mut asking = br#"{"ReturnConsumedCapacity":"TOTAL""#.to_vec();
    if rest.trim_ascii() != b"}" {
        asking.push(b',');
    }
    asking.extend_from_slice(rest);
    Some(asking)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(operation: &str, body: &str) -> Vec<(String, String)> {
        let needs = needs(operation, body.as_bytes());
        let pair = |need: Need| (need.action.to_string(), need.resource());
        needs.into_iter().map(pair).collect()
    }

    fn on(action: &str, table: &str) -> (String, String) {
        (format!("dynamodb:{action}"), table_arn(table))
    }

    #[test]
    fn single_table_operations_need_themselves() {
        for operation in [
            "GetItem",
            "PutItem",
            "UpdateItem",
            "DeleteItem",
            "Query",
            "Scan",
        ] {
            let body = r#"{"Key":{"TableName":{"S":"no"}},"TableName":"t","x":[1,{}]}"#;
            assert_eq!(of(operation, body), [on(operation, "t")]);
        }
        let escaped = r#"{"TableName":"\u0074"}"#;
        assert_eq!(
            of("DescribeTimeToLive", escaped),
            [on("DescribeTimeToLive", "t")]
        );
    }

    #[test]
    fn an_index_is_a_resource_of_its_own() {
        let body = r#"{"TableName":"t","IndexName":"i"}"#;
        let expected = ("dynamodb:Query".to_owned(), index_arn("t", "i"));
        assert_eq!(of("Query", body), [expected]);
    }

    #[test]
    fn batches_need_each_table() {
        let body = r#"{"RequestItems":{"b":{"Keys":[]},"a":{"Keys":[]}}}"#;
        let expected = [on("BatchGetItem", "a"), on("BatchGetItem", "b")];
        assert_eq!(of("BatchGetItem", body), expected);
    }

    #[test]
    fn transactions_need_what_their_elements_do() {
        let body = r#"{"ClientRequestToken":"x","TransactItems":[
            {"Put":{"TableName":"a","Item":{}}},{"Update":{"Key":{},"TableName":"b"}},
            {"Delete":{"TableName":"c"}},{"ConditionCheck":{"TableName":"d"}}]}"#;
        let expected = [
            on("PutItem", "a"),
            on("UpdateItem", "b"),
            on("DeleteItem", "c"),
            on("ConditionCheckItem", "d"),
        ];
        assert_eq!(of("TransactWriteItems", body), expected);
        let body = r#"{"TransactItems":[{"Get":{"TableName":"a","Key":{}}}]}"#;
        assert_eq!(of("TransactGetItems", body), [on("GetItem", "a")]);
    }

    #[test]
    fn a_table_may_be_named_by_its_arn() {
        let body = r#"{"TableName":"arn:aws:dynamodb:eu-west-1:1:table/t"}"#;
        assert_eq!(of("GetItem", body), [on("GetItem", "t")]);
    }

    #[test]
    fn what_names_no_table_needs_every_resource() {
        for (operation, body) in [
            ("ListTables", "{}"),
            ("GetItem", "nonsense"),
            ("GetItem", r#"{"TableName":7}"#),
            ("BatchGetItem", "{}"),
            ("TransactWriteItems", r#"{"TransactItems":[]}"#),
            ("ExecuteStatement", r#"{"Statement":"SELECT * FROM t"}"#),
        ] {
            let expected = (format!("dynamodb:{operation}"), "*".to_owned());
            assert_eq!(of(operation, body), [expected]);
        }
    }

    #[test]
    fn capacity_is_asked_for_once_and_only_of_items() {
        let asking = |operation, body: &str| {
            asking_for_capacity(operation, body.as_bytes()).map(|b| String::from_utf8(b).unwrap())
        };
        assert_eq!(
            asking("GetItem", r#"{"TableName":"t"}"#).unwrap(),
            r#"{"ReturnConsumedCapacity":"TOTAL","TableName":"t"}"#
        );
        assert_eq!(
            asking("Scan", "{ }").unwrap(),
            r#"{"ReturnConsumedCapacity":"TOTAL" }"#
        );
        assert_eq!(
            asking("GetItem", r#"{"ReturnConsumedCapacity":"NONE"}"#),
            None
        );
        assert_eq!(asking("DescribeTable", r#"{"TableName":"t"}"#), None);
        assert_eq!(asking("GetItem", "nonsense"), None);
    }
}
