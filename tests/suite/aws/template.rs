//! The template is what CloudFormation takes, and has for each operation what its class gets.

use std::collections::{BTreeMap, BTreeSet};

use countersign_tests::derived::{Class, repository};
use functions::OPERATIONS;
use yaml_serde::{Mapping, Value};

fn text() -> String {
    std::fs::read_to_string(repository("template.yaml")).unwrap()
}

fn template() -> Value {
    yaml_serde::from_str(&text()).unwrap()
}

fn map<'a>(value: &'a Value, key: &str) -> &'a Mapping {
    value[key]
        .as_mapping()
        .unwrap_or_else(|| panic!("{key} is no map"))
}

/// The argument of a short intrinsic function, `!Ref Api`.
fn tagged<'a>(value: &'a Value, tag: &str) -> &'a Value {
    match value {
        Value::Tagged(tagged) if tagged.tag == tag => &tagged.value,
        other => panic!("{tag} was expected: {other:?}"),
    }
}

/// The properties of all resources of a type, by their names.
fn of_type<'a>(template: &'a Value, wanted: &str) -> BTreeMap<&'a str, &'a Value> {
    map(template, "Resources")
        .iter()
        .filter(|(_, resource)| resource["Type"] == wanted)
        .map(|(id, resource)| (id.as_str().unwrap(), &resource["Properties"]))
        .collect()
}

/// The functions, by the operations that they run.
fn functions(template: &Value) -> BTreeMap<&str, (&str, &Value)> {
    of_type(template, "AWS::Serverless::Function")
        .into_iter()
        .map(|(id, function)| (function["Handler"].as_str().unwrap(), (id, function)))
        .collect()
}

/// Returns the number of CloudFormation resources that SAM makes of one resource.
fn expanded(resource: &Value) -> usize {
    let properties = &resource["Properties"];
    match resource["Type"].as_str().unwrap() {
        "AWS::Serverless::Function" => {
            let events = properties.get("Events").and_then(Value::as_mapping);
            // The URL, and a permission each to call it and to call the function through it.
            let url = properties.get("FunctionUrlConfig").map_or(0, |_| 3);
            // The function, its role, and a permission for each event.
            2 + events.map_or(0, Mapping::len) + url
        }
        // The API and its stage.
        "AWS::Serverless::HttpApi" => 2,
        other => {
            assert!(
                !other.starts_with("AWS::Serverless::"),
                "what does {other} become?"
            );
            1
        }
    }
}

#[test]
fn the_stack_is_small_enough_for_cloudformation() {
    let template = template();
    let resources: usize = map(&template, "Resources")
        .iter()
        .map(|(_, resource)| expanded(resource))
        .sum();
    assert!(resources < 500, "{resources} resources");
    assert!(map(&template, "Parameters").len() <= 200);
    let bytes = text().len();
    assert!(bytes < 1_000_000, "{bytes} bytes");
}

#[test]
fn every_function_has_a_log_that_ends_and_an_alarm() {
    let template = template();
    let logs = of_type(&template, "AWS::Logs::LogGroup");
    let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
    let mut names = BTreeSet::new();
    for log in logs.values() {
        assert_eq!(tagged(&log["RetentionInDays"], "!Ref"), "LogRetentionDays");
        let name = tagged(&log["LogGroupName"], "!Sub").as_str().unwrap();
        assert!(names.insert(name), "two logs are called {name}");
    }
    for (operation, (id, function)) in functions(&template) {
        let log = tagged(&function["LoggingConfig"]["LogGroup"], "!Ref");
        assert_eq!(log, &format!("{id}Log"), "{operation}");
        let name = tagged(&logs[log.as_str().unwrap()]["LogGroupName"], "!Sub");
        assert!(name.as_str().unwrap().ends_with(operation), "{name:?}");

        let metrics = alarms[format!("{id}Fails").as_str()]["Metrics"]
            .as_sequence()
            .unwrap();
        let watched: Vec<_> = metrics
            .iter()
            .filter_map(|metric| metric.get("MetricStat"))
            .map(|stat| &stat["Metric"])
            .inspect(|metric| assert_eq!(tagged(&metric["Dimensions"][0]["Value"], "!Ref"), id))
            .map(|metric| metric["MetricName"].as_str().unwrap())
            .collect();
        assert_eq!(watched, ["Errors", "Throttles"], "{operation}");
    }
}

#[test]
fn every_alarm_tells_the_topic_if_there_is_one() {
    let template = template();
    for (id, alarm) in of_type(&template, "AWS::CloudWatch::Alarm") {
        for moment in ["AlarmActions", "OKActions"] {
            let told = tagged(&alarm[moment], "!If");
            assert_eq!(told[0], "HasAlarmTopic", "{id}");
            assert_eq!(tagged(&told[1][0], "!Ref"), "AlarmTopic", "{id}");
        }
        // Nothing that happened is nothing to be woken for.
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{id}");
        // CloudWatch takes no more in one alarm.
        let metrics = alarm.get("Metrics").and_then(Value::as_sequence);
        assert!(metrics.is_none_or(|metrics| metrics.len() <= 10), "{id}");
    }
}

#[test]
fn a_function_gets_what_its_class_gets_and_all_have_one_artifact() {
    let template = template();
    let functions = functions(&template);
    let resources = map(&template, "Resources");
    let mut builds = BTreeSet::new();
    for endpoint in OPERATIONS {
        let (id, function) = functions[endpoint.id];
        let class = Class::of(endpoint);
        assert_eq!(function["MemorySize"], class.megabytes(), "{id}");
        assert_eq!(function["Timeout"], class.seconds(), "{id}");
        // The gateway does not wait for longer than 30 seconds.
        assert!(endpoint.streams || class.seconds() < 30, "{id}");
        for common in ["CodeUri", "Runtime", "Architectures", "Environment", "Role"] {
            assert!(
                function.get(common).is_none(),
                "{id} has a {common} of its own"
            );
        }
        builds.insert(yaml_serde::to_string(&resources[id]["Metadata"]).unwrap());
    }
    // What is not built alike is built again.
    assert_eq!(builds.len(), 1, "{builds:?}");
}

#[test]
fn those_that_hash_for_people_and_nobody_else_have_concurrency_of_their_own() {
    let template = template();
    let reserved: BTreeMap<_, _> = functions(&template)
        .into_iter()
        .filter_map(|(id, (_, function))| Some((id, function.get("ReservedConcurrentExecutions")?)))
        .collect();
    let hashing: Vec<_> = reserved.keys().copied().collect();
    assert_eq!(
        hashing,
        ["admin.invitations.accept", "admin.sessions.create"]
    );
    for (id, value) in reserved {
        let choice = tagged(value, "!If");
        // None at all would switch the function off.
        assert_eq!(choice[0], "ReservesConcurrency", "{id}");
        assert_eq!(tagged(&choice[1], "!Ref"), "SignInConcurrency", "{id}");
        assert_eq!(tagged(&choice[2], "!Ref"), "AWS::NoValue", "{id}");
    }
}

#[test]
fn every_route_has_the_rate_of_its_class() {
    let template = template();
    let api = &template["Resources"]["Api"]["Properties"];
    let settings = map(api, "RouteSettings");
    let mut routes = BTreeSet::new();
    for (_, function) in of_type(&template, "AWS::Serverless::Function") {
        let Some(events) = function.get("Events").and_then(Value::as_mapping) else {
            continue;
        };
        for (_, event) in events {
            let properties = &event["Properties"];
            let (method, path) = (properties["Method"].as_str(), properties["Path"].as_str());
            routes.insert(format!("{} {}", method.unwrap(), path.unwrap()));
        }
    }
    let limited: BTreeSet<_> = settings
        .keys()
        .map(|key| key.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(limited, routes);
    for (route, setting) in settings {
        let rate = tagged(&setting["ThrottlingRateLimit"], "!Ref");
        assert_eq!(
            rate,
            tagged(&setting["ThrottlingBurstLimit"], "!Ref"),
            "{route:?}"
        );
        let parameter = &template["Parameters"][rate.as_str().unwrap()];
        assert_eq!(parameter["Type"], "Number", "{route:?}");
    }
    let shown: Vec<_> = [
        "POST /admin/sessions",
        "GET /admin/invitations/{token}",
        "POST /admin/clients/{client_id}/secret/reveal",
        "POST /oauth2/token",
        "GET /settings/get",
        "POST /settings/set",
        "GET /admin/clients",
        "GET /.well-known/jwks.json",
    ]
    .into_iter()
    .map(|route| {
        tagged(&settings[route]["ThrottlingRateLimit"], "!Ref")
            .as_str()
            .unwrap()
    })
    .collect();
    assert_eq!(
        shown,
        [
            "PromptRate",
            "PromptRate",
            "PromptRate",
            "TokenRate",
            "MachineReadRate",
            "MachineWriteRate",
            "AdminRate",
            "PublicRate",
        ]
    );
}

#[test]
fn the_access_log_is_json_without_what_a_caller_sent() {
    let template = template();
    let api = &template["Resources"]["Api"]["Properties"];
    let format = api["AccessLogSettings"]["Format"].as_str().unwrap();
    let fields: BTreeMap<String, String> = serde_json::from_str(format).unwrap();
    for (field, variable) in &fields {
        let variable = variable.strip_prefix("$context.").expect(field);
        for sent in [
            "path",
            "query",
            "header",
            "userAgent",
            "authorizer",
            "message",
        ] {
            assert!(
                !variable.to_lowercase().contains(&sent.to_lowercase()),
                "{field}"
            );
        }
    }
    assert!(api.get("CorsConfiguration").is_none());
}

#[test]
fn tables_and_keys_survive_the_stack() {
    let template = template();
    let resources = map(&template, "Resources");
    let (mut tables, mut keys) = (0, 0);
    for (id, resource) in resources {
        let kept = match resource["Type"].as_str() {
            Some("AWS::DynamoDB::Table") => {
                tables += 1;
                let table = &resource["Properties"];
                assert_eq!(table["BillingMode"], "PAY_PER_REQUEST", "{id:?}");
                assert_eq!(table["DeletionProtectionEnabled"], true, "{id:?}");
                let recovery = &table["PointInTimeRecoverySpecification"];
                assert_eq!(recovery["PointInTimeRecoveryEnabled"], true, "{id:?}");
                assert_eq!(table["SSESpecification"]["SSEEnabled"], true, "{id:?}");
                true
            }
            Some("AWS::KMS::Key") => {
                keys += 1;
                assert_eq!(resource["Properties"]["EnableKeyRotation"], true, "{id:?}");
                true
            }
            _ => false,
        };
        if kept {
            assert_eq!(resource["DeletionPolicy"], "Retain", "{id:?}");
            assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id:?}");
        }
    }
    assert_eq!((tables, keys), (8, 1));
}

#[test]
fn parameters_and_outputs_are_described_and_each_parameter_has_its_group() {
    let template = template();
    let interface = &template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"];
    let grouped: Vec<_> = interface
        .as_sequence()
        .unwrap()
        .iter()
        .flat_map(|group| group["Parameters"].as_sequence().unwrap())
        .collect();
    let parameters = map(&template, "Parameters");
    assert_eq!(grouped.len(), parameters.len());
    for (name, parameter) in parameters {
        assert!(grouped.contains(&name), "{name:?}");
        assert!(
            parameter.get("Default").is_some(),
            "{name:?} has no default"
        );
        let bounds = ["AllowedValues", "AllowedPattern", "MinValue"];
        assert!(
            bounds.iter().any(|bound| parameter.get(bound).is_some()),
            "{name:?}"
        );
    }
    for (name, described) in parameters.iter().chain(map(&template, "Outputs")) {
        let description = described["Description"].as_str();
        assert!(
            description.is_some_and(|text| text.ends_with('.')),
            "{name:?}"
        );
    }
}
