//! People: how they come in, stay in, and are kept out (administration contract, sections 3 and 4).

mod codes;
mod codes_at_once;
mod costs;
mod guard_rails;
mod invitations;
mod limits;
mod limits_of_codes;
mod locks;
mod overtaken;
mod recovery_codes;
mod resets;
mod sessions;
mod two_applications;
