//! Planting: seeds and foundings become applications in the store.

use crate::context::Housekeeping;
use crate::domain::seed::{Founded, Founding, Planted, Planter, Seed, SeedFault, place_of};
use crate::error::Result;

impl Seed {
    /// Creates what is not there yet; what is there stays as it is. Every client and administrator is a
    /// transaction of its own. An interrupted import keeps what is done, and can be repeated.
    pub async fn plant(
        self,
        housekeeping: &Housekeeping,
        planter: &Planter,
    ) -> Result<Planted, SeedFault> {
        let store = housekeeping.context().store();
        let mut planted = Planted::default();
        for (index, application) in self.applications.iter().enumerate() {
            let checked = store.check_import(application).await;
            checked.map_err(|error| SeedFault::of(&place_of(index), error))?;
        }
        for (index, application) in self.applications.into_iter().enumerate() {
            store
                .import(application, planter, &mut planted)
                .await
                .map_err(|error| SeedFault::of(&place_of(index), error))?;
        }
        Ok(planted)
    }
}

impl Founding {
    /// Creates the application, its owner client and its first administrator in one transaction. If
    /// there is an application with this ID, it is complete: nothing happens, and the answer is none.
    pub async fn plant(
        self,
        housekeeping: &Housekeeping,
        planter: &Planter,
    ) -> Result<Option<Founded>, SeedFault> {
        self.create(housekeeping, planter)
            .await
            .map_err(|error| SeedFault::of("application", error))
    }

    async fn create(
        self,
        housekeeping: &Housekeeping,
        planter: &Planter,
    ) -> Result<Option<Founded>> {
        let cx = housekeeping.context();
        let application_id = self.application_id();
        let client_id = cx.new_client_id()?;
        let client_secret = cx.new_secret()?;
        let seed = self.into_seed(client_id.clone(), client_secret.clone())?;
        let invitations = cx.store().found(seed, planter).await?;
        let founded = |invitation| Founded {
            application_id,
            client_id,
            client_secret,
            invitation,
        };
        Ok(invitations
            .and_then(|mut invitations| invitations.pop())
            .map(founded))
    }
}
