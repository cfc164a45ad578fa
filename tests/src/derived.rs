//! Files that are made from the declarations. A test holds each to them; with `COUNTERSIGN_UPDATE`
//! set, the same test writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use functions::{OPERATIONS, PROVISION};
use shared::store::{Grant, Resource};
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

const BEGIN: &str =
    "  # --- functions: rendered from the declarations by `just update`; do not edit by hand ---\n";
const END: &str = "  # --- end of functions ---\n";

/// `template.yaml` with its block of functions as the declarations have it.
pub fn template() -> String {
    let file = std::fs::read_to_string(repository("template.yaml")).unwrap();
    let (before, rest) = file
        .split_once(BEGIN)
        .expect("template.yaml has the line that begins the functions");
    let (_, after) = rest
        .split_once(END)
        .expect("template.yaml has the line that ends the functions");
    let mut functions: Vec<_> = OPERATIONS.iter().map(function).collect();
    functions.push(provisioning());
    format!("{before}{BEGIN}{}{END}{after}", functions.join("\n"))
}

/// The logical ID of an operation's function: `clients.reset_secret` is `ClientsResetSecret`.
fn logical_id(id: &str) -> String {
    let words = id.split(['.', '_']);
    words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

/// The function that no route leads to. Its links need the URL that requests would tell.
fn provisioning() -> String {
    let unrouted = &PROVISION;
    let mut yaml = declared(unrouted.id, unrouted.summary, &unrouted.grants());
    write!(
        yaml,
        "      Timeout: {}\n      MemorySize: {}\n      Environment:\n        Variables:\n          COUNTERSIGN_PUBLIC_URL: !Sub \"https://${{Api}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}\"\n",
        unrouted.seconds, unrouted.megabytes
    )
    .unwrap();
    yaml
}

/// A function's name, description, handler and policy.
fn declared(id: &str, summary: &str, grants: &[Grant]) -> String {
    let mut yaml = format!(
        "  {}:\n    Type: AWS::Serverless::Function\n    Properties:\n      Description: {summary}\n      Handler: {id}\n",
        logical_id(id),
    );
    let mut resources: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for grant in grants {
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

fn function(endpoint: &Endpoint) -> String {
    let mut yaml = declared(endpoint.id, endpoint.summary, &endpoint.grants());
    if endpoint.streams {
        // An HTTP API hands out whole answers of 6 MB at most; a function's own URL streams.
        yaml.push_str("      Timeout: 300\n      FunctionUrlConfig: { AuthType: NONE, InvokeMode: RESPONSE_STREAM }\n");
        return yaml;
    }
    yaml.push_str("      Events:\n");
    for method in endpoint.route.methods {
        let event = logical_id(&method.to_lowercase());
        let path = endpoint.route.path;
        writeln!(yaml, "        {event}:\n          Type: HttpApi\n          Properties: {{ ApiId: !Ref Api, Method: {method}, Path: \"{path}\" }}").unwrap();
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
    write!(
        table,
        "\nBeside them is one function that no route leads to, `{}`: {}. Who may invoke it is said in IAM, by\n`lambda:InvokeFunction` on the function; the template grants that to nobody. Whoever may can create applications, owners and\nadministrators ([operating](operating.md#provisioning)).\n",
        PROVISION.id, PROVISION.summary
    )
    .unwrap();
    table
}

/// The OpenAPI document, as it is served.
pub fn openapi() -> String {
    format!("{:#}\n", functions::openapi_document())
}
