//! Modules as the admin API shows and takes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{ModuleKey, ModuleName, Modules};

/// The modules of an application.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Modules")]
pub(crate) struct ShownModules {
    modules: Vec<Module>,
}

/// A module.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Module {
    pub(crate) key: ModuleKey,
    /// The display name.
    pub(crate) name: ModuleName,
}

impl From<Modules> for ShownModules {
    fn from(modules: Modules) -> Self {
        let modules = modules.into_iter();
        Self {
            modules: modules.map(|(key, name)| Module { key, name }).collect(),
        }
    }
}
