//! Derived files: they are rendered from the declarations.
//!
//! A test compares each with the declarations. With `COUNTERSIGN_UPDATE` set, it writes the file anew.

mod class;
mod function;
mod reference;

use std::fmt::Write;
use std::path::PathBuf;

pub use class::Class;
use functions::{OPERATIONS, PROVISION};
pub use reference::{administration, machine_api};
use shared::{Feature, Privilege, Requirement};

/// Returns the path of a file of the repository.
pub fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(path)
}

/// Asserts that a file has this text, or writes it there.
#[track_caller]
pub fn hold(path: &str, wanted: &str) {
    let file = repository(path);
    if std::env::var_os("COUNTERSIGN_UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        // Moved into place, because other tests read it at the same time.
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

/// Returns `template.yaml` with its blocks rendered from the declarations.
pub fn template() -> String {
    let file = std::fs::read_to_string(repository("template.yaml")).unwrap();
    let file = filled(&file, "        ", "route settings", &route_settings());
    filled(&file, "  ", "functions", &functions())
}

/// Returns a file with a new text between the two lines that mark a block.
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
    let mut functions: Vec<_> = OPERATIONS.iter().map(function::of).collect();
    functions.push(function::provisioning());
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

/// Returns the permission table: who may call what.
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

/// Returns the OpenAPI document, as it is served.
pub fn openapi() -> String {
    format!("{:#}\n", functions::openapi_document())
}

/// The template with one action less in one function's policy.
pub fn without(template: &str, handler: &str, resource: &str, action: &str) -> String {
    let begin = template.find(&format!("Handler: {handler}\n")).unwrap();
    let resource = begin
        + template[begin..]
            .find(&format!("Resource: !GetAtt {resource}.Arn"))
            .unwrap();
    let actions = template[..resource].rfind("Action: [").unwrap() + "Action: [".len();
    let end = actions + template[actions..].find(']').unwrap();
    let rest: Vec<_> = template[actions..end]
        .split(", ")
        .filter(|one| *one != action)
        .collect();
    let rest = if rest.is_empty() {
        "dynamodb:DescribeTable".to_owned()
    } else {
        rest.join(", ")
    };
    format!("{}{rest}{}", &template[..actions], &template[end..])
}
