//! What can be wrong with a pull, and what is done about it.
//!
//! `handlers` has one file per cause: its words, the root it has by itself, how the objects of the cluster refine
//! a finding of it, its fixes, and its tests. Which messages can mean it is said by `message`; `diagnose` asks the
//! handler what the cluster's objects prove, a [`Root`]. This is the single source of the words: screens, reports
//! and help read them here. `fix` has the fixes.

mod cause;
pub mod fix;
mod handlers;
mod root;

pub use cause::CauseInfo;
pub(in crate::domain) use cause::Handler;
pub use fix::{
    BEST, CurrentLogin, Fix, FixAction, FixId, FixTarget, ListOrigin, Names, NewSecret, PodOwner,
    TargetContainer, suitable,
};
pub(in crate::domain) use fix::{append_to_list, edit_account, unplanned};
pub use handlers::Cause;
pub use root::{Link, Root};
