//! Files that are made from the declarations. A test holds each to them; with `COUNTERSIGN_UPDATE`
//! set, the same test writes it anew.

mod class;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

pub use class::Class;
use functions::OPERATIONS;
use shared::store::Resource;
use shared::{ENCRYPTION_CONTEXT, Endpoint, Feature, Privilege, Requirement};

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(path)
}

/// Holds a file to what it should be, or makes it so.
#[track_caller]
pub fn hold(path: &str, wanted: &str) {
    let file = repository(path);
    if std::env::var_os("COUNTERSIGN_UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        // At once: other tests read it.
        let new = file.with_extension("new");
        std::fs::write(&new, wanted).unwrap();
        std::fs::rename(&new, &file).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == wanted,
        "{path} is not what the declarations say: run `just update` and look at the difference"
    );
}

/// `template.yaml` with its blocks as the declarations have them.
pub fn template() -> String {
    let file = std::fs::read_to_string(repository("template.yaml")).unwrap();
    let file = filled(&file, "        ", "route settings", &route_settings());
    filled(&file, "  ", "functions", &functions())
}

/// The file with another text between the two lines that mark a block.
fn filled(file: &str, indent: &str, block: &str, text: &str) -> String {
    let begin = format!(
        "{indent}# --- {block}: rendered from the declarations by `just update`; do not edit by hand ---\n"
    );
    let end = format!("{indent}# --- end of {block} ---\n");
    let parts = file
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = parts
        .unwrap_or_else(|| panic!("template.yaml has no lines that begin and end the {block}"));
    format!("{before}{begin}{text}{end}{after}")
}

fn functions() -> String {
    let functions: Vec<_> = OPERATIONS.iter().map(function).collect();
    functions.join("\n")
}

fn route_settings() -> String {
    let mut yaml = String::new();
    for endpoint in OPERATIONS {
        let Some(rate) = Class::of(endpoint).rate() else {
            continue;
        };
        for method in endpoint.route.methods {
            let path = endpoint.route.path;
            // A second's worth may come at once.
            writeln!(yaml, "        \"{method} {path}\": {{ ThrottlingRateLimit: !Ref {rate}, ThrottlingBurstLimit: !Ref {rate} }}").unwrap();
        }
    }
    yaml
}

/// The logical ID of an operation's function: `clients.reset_secret` is `ClientsResetSecret`.
fn logical_id(id: &str) -> String {
    let words = id.split(['.', '_']);
    words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

/// A function, with all that is its own: its log and its alarm.
fn function(endpoint: &Endpoint) -> String {
    let id = logical_id(endpoint.id);
    let class = Class::of(endpoint);
    let mut yaml = format!(
        "  {id}:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildMethod: rust-cargolambda, BuildProperties: {{ Binary: bootstrap }} }}
    Properties:
      Description: {summary}
      Handler: {handler}
      MemorySize: {memory}
      Timeout: {timeout}
      LoggingConfig: {{ LogGroup: !Ref {id}Log }}
",
        summary = endpoint.summary,
        handler = endpoint.id,
        memory = class.megabytes(),
        timeout = class.seconds(),
    );
    if class.reserves_concurrency() {
        yaml.push_str("      ReservedConcurrentExecutions: !If [ReservesConcurrency, !Ref SignInConcurrency, !Ref AWS::NoValue]\n");
    }
    yaml.push_str(&policies(endpoint));
    yaml.push_str(&door(endpoint));
    yaml.push_str(&watch(endpoint, &id));
    yaml
}

/// What it may do, and nothing else.
fn policies(endpoint: &Endpoint) -> String {
    let mut yaml = String::new();
    let mut resources: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for grant in endpoint.grants() {
        resources.entry(grant.on).or_default().push(grant.action);
    }
    if !resources.is_empty() {
        yaml.push_str("      Policies:\n        - Version: \"2012-10-17\"\n          Statement:\n");
    }
    for (resource, actions) in resources {
        writeln!(yaml, "            - Effect: Allow").unwrap();
        writeln!(yaml, "              Action: [{}]", actions.join(", ")).unwrap();
        writeln!(
            yaml,
            "              Resource: !GetAtt {}.Arn",
            resource.logical_id()
        )
        .unwrap();
        if resource == Resource::SealingKey {
            // A request that does not say whose data key it is about is not granted, nor one that says
            // something else beside.
            write!(
                yaml,
                "              Condition:\n                ForAllValues:StringEquals: {{ \"kms:EncryptionContextKeys\": [\"{ENCRYPTION_CONTEXT}\"] }}\n                \"Null\": {{ \"kms:EncryptionContextKeys\": \"false\" }}\n"
            )
            .unwrap();
        }
    }
    yaml
}

/// Where it is reached.
fn door(endpoint: &Endpoint) -> String {
    if endpoint.streams {
        // An HTTP API hands out whole answers of 6 MB at most; a function's own URL streams.
        return "      FunctionUrlConfig: { AuthType: NONE, InvokeMode: RESPONSE_STREAM }\n"
            .to_owned();
    }
    let mut yaml = String::from("      Events:\n");
    for method in endpoint.route.methods {
        let event = logical_id(&method.to_lowercase());
        let path = endpoint.route.path;
        writeln!(yaml, "        {event}:\n          Type: HttpApi\n          Properties: {{ ApiId: !Ref Api, Method: {method}, Path: \"{path}\" }}").unwrap();
    }
    yaml
}

/// Its log, and the alarm that goes off when it breaks down or is throttled.
fn watch(endpoint: &Endpoint, id: &str) -> String {
    let mut yaml = format!(
        "
  {id}Log:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub \"/countersign/${{AWS::StackName}}/{handler}\"
      RetentionInDays: !Ref LogRetentionDays

  {id}Fails:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: {handler} breaks down, runs out of time or is throttled
      AlarmActions: !If [HasAlarmTopic, [!Ref AlarmTopic], !Ref AWS::NoValue]
      OKActions: !If [HasAlarmTopic, [!Ref AlarmTopic], !Ref AWS::NoValue]
      TreatMissingData: notBreaching
      ComparisonOperator: GreaterThanThreshold
      Threshold: 0
      EvaluationPeriods: 1
      Metrics:
        - {{ Id: failures, Label: Failed or throttled, Expression: SUM(METRICS()) }}
",
        handler = endpoint.id
    );
    for metric in ["Errors", "Throttles"] {
        writeln!(
            yaml,
            "        - Id: {}
          ReturnData: false
          MetricStat:
            Period: 300
            Stat: Sum
            Metric:
              Namespace: AWS/Lambda
              MetricName: {metric}
              Dimensions: [{{ Name: FunctionName, Value: !Ref {id} }}]",
            metric.to_lowercase()
        )
        .unwrap();
    }
    yaml
}

/// The permission table: who may call what.
pub fn permissions() -> String {
    let mut table = String::from(
        "# Who may call what\n\nMade from the declarations by `just update`; a test holds it to them. A client needs at least one of the\nfeatures marked, for OAuth 2 of none; a disabled client, and one calling from outside its allow list, may call nothing. An administrator\nneeds a session and all of the privileges marked; what lets a client into a module takes `manage_modules` beside.\n\n| operation | method | path |",
    );
    for feature in Feature::ALL {
        write!(table, " {feature} |").unwrap();
    }
    for privilege in Privilege::ALL {
        write!(table, " {} |", privilege.name()).unwrap();
    }
    table.push_str(" any session | anyone |\n|---|---|---|---|");
    table.push_str(&"---|".repeat(Feature::ALL.len() + Privilege::ALL.len()));
    for endpoint in OPERATIONS {
        write!(
            table,
            "\n| {} | {} | `{}` |",
            endpoint.summary,
            endpoint.route.methods.join(", "),
            endpoint.route.path
        )
        .unwrap();
        for feature in Feature::ALL {
            let may = match endpoint.requires {
                Requirement::Nothing | Requirement::Client => true,
                Requirement::AnyFeature(features) => features.contains(&feature),
                Requirement::Privileges(_) => false,
            };
            table.push_str(if may { " yes |" } else { " |" });
        }
        for privilege in Privilege::ALL {
            table.push_str(match endpoint.requires {
                Requirement::Privileges(needed) if needed.contains(&privilege) => " needed |",
                _ => " |",
            });
        }
        table.push_str(match endpoint.requires {
            Requirement::Privileges([]) => " yes |",
            _ => " |",
        });
        table.push_str(if endpoint.requires == Requirement::Nothing {
            " yes |"
        } else {
            " |"
        });
    }
    table.push('\n');
    table
}

/// The OpenAPI document, as it is served.
pub fn openapi() -> String {
    format!("{:#}\n", functions::openapi_document())
}
