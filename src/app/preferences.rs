//! User settings that affect the model.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{key_config::Keymap, panes::Pane};
use crate::domain::{k8s::object_ref::Namespace, lint::LintConfig, store::watch::Scope};

#[derive(Clone, Debug)]
pub struct Preferences {
    pub keymap: Keymap,
    /// The pane to begin in.
    pub view: Pane,
    /// The namespace to begin in; `None`: the context's.
    pub scope: Option<Scope>,
    /// The namespaces of the keys 1 to 9; empty: the first nine there are.
    pub favourites: Vec<Namespace>,
    pub hygiene: LintConfig,
    /// Titles of the columns to show, in lower case; a pane that is not here shows all.
    pub columns: BTreeMap<Pane, Vec<String>>,
    /// The time zone of the user, for times of day.
    pub time_zone: TimeZone,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            keymap: Keymap::default(),
            view: Pane::Pods,
            scope: None,
            favourites: Vec::new(),
            hygiene: LintConfig::default(),
            columns: BTreeMap::new(),
            time_zone: TimeZone::UTC,
        }
    }
}
