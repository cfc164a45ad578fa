//! Replace the Modules: which there are from now on. One that a client is let into stays.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Context, Error, ManageModules, Modules, Operation, Result, Route, SignedIn, Tagged};

use crate::admin::shown::modules::{Module, ShownModules};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ReplaceModules {
    /// All of them, at most 100, each key once.
    #[schemars(length(max = 100), extend("examples" = [[{"key": "payments", "name": "Payments"}]]))]
    modules: Vec<Module>,
}

/// Most modules of an application. It bounds the size of an access token, which may name all of them.
const MAX_MODULES: usize = 100;

impl Operation for ReplaceModules {
    const ID: &'static str = "admin.modules.replace";
    const ROUTE: Route = Route::put("/admin/modules");
    const SUMMARY: &'static str = "Replace the Modules";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::ChangeModules, AccessPattern::StillEntitled];
    type Caller = SignedIn<ManageModules>;
    type Reply = Tagged<ShownModules>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Tagged<ShownModules>> {
        let count = self.modules.len();
        let modules: Modules = self
            .modules
            .into_iter()
            .map(|module| (module.key, module.name))
            .collect();
        // The map has kept one of two equal keys.
        if modules.len() < count {
            return Err(Error::invalid("modules", "a key stands there twice"));
        }
        if count > MAX_MODULES {
            return Err(Error::invalid("modules", "there are at most 100"));
        }
        let version = caller.store().replace(&modules).await?;
        Ok(Tagged {
            version,
            body: modules.into(),
        })
    }
}
