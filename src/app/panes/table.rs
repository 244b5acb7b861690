//! The table of panes; everything with one member per pane is generated from it.

use super::{
    AnyPane, PaneInfo, PaneRows, PaneState, SortBy, accounts, events, namespaces, pods, secrets,
};
use crate::domain::store::watch::WatchKind;

/// Declares the panes, in the order in which `tab` walks. A row: the variant of [`Pane`], the field of
/// [`Panes`] and [`PerPane`], and the type that implements [`PaneRows`].
macro_rules! panes {
    ($($Pane:ident $field:ident $Rows:ty;)+) => {
        /// A pane of the dashboard, in `tab` order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Pane {
            $($Pane,)+
        }

        impl Pane {
            pub const ALL: [Self; [$(stringify!($Pane)),+].len()] = [$(Self::$Pane),+];

            pub fn info(self) -> &'static PaneInfo {
                match self {
                    $(Self::$Pane => <$Rows>::INFO,)+
                }
            }
        }

        $(impl PaneEntry for $Rows {
            const PANE: Pane = Pane::$Pane;

            fn state(panes: &Panes) -> &PaneState<Self> {
                &panes.$field
            }
        })+

        /// The state of each pane.
        #[derive(Debug, Default)]
        pub struct Panes {
            $(pub $field: PaneState<$Rows>,)+
        }

        impl Panes {
            pub fn get(&self, pane: Pane) -> &dyn AnyPane {
                match pane {
                    $(Pane::$Pane => &self.$field,)+
                }
            }

            pub fn get_mut(&mut self, pane: Pane) -> &mut dyn AnyPane {
                match pane {
                    $(Pane::$Pane => &mut self.$field,)+
                }
            }

            /// Drops the rows of all panes; how the user has arranged them stays.
            pub fn clear_rows(&mut self) {
                $(self.$field.clear_rows();)+
            }

            /// The selected row of a pane.
            pub fn selected(&self, pane: Pane) -> Selected {
                match pane {
                    $(Pane::$Pane => Selected::$Pane(self.$field.list.selected().cloned()),)+
                }
            }

            /// Selects a row, and returns its pane.
            pub fn reveal_and_select(&mut self, selected: Selected) -> Pane {
                match selected {
                    $(Selected::$Pane(row) => {
                        if let Some(row) = row {
                            self.$field.reveal_and_select(row);
                        }
                        Pane::$Pane
                    })+
                }
            }
        }

        /// A pane and its selected row.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Selected {
            $($Pane(Option<<$Rows as PaneRows>::Row>),)+
        }

        /// One value per pane.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct PerPane<T> {
            $(pub $field: T,)+
        }

        impl<T> PerPane<T> {
            pub fn from_fn(mut value: impl FnMut(Pane) -> T) -> Self {
                Self {
                    $($field: value(Pane::$Pane),)+
                }
            }

            pub fn get(&self, pane: Pane) -> &T {
                match pane {
                    $(Pane::$Pane => &self.$field,)+
                }
            }

            pub fn get_mut(&mut self, pane: Pane) -> &mut T {
                match pane {
                    $(Pane::$Pane => &mut self.$field,)+
                }
            }
        }
    };
}

panes! {
    Namespaces       namespaces  namespaces::Namespaces;
    Pods             pods        pods::Pods;
    ServiceAccounts  accounts    accounts::ServiceAccounts;
    Secrets          secrets     secrets::Secrets;
    Events           events      events::Events;
}

/// A row of the pane table: the pane and its state.
pub trait PaneEntry: PaneRows {
    const PANE: Pane;

    fn state(panes: &Panes) -> &PaneState<Self>;
}

impl Pane {
    pub fn title(self) -> &'static str {
        self.info().title
    }

    /// Name in commands, settings and the state file, as in kubectl.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.name() == name)
    }

    #[must_use]
    pub fn next(self) -> Self {
        self.neighbour(Self::ALL.into_iter())
    }

    #[must_use]
    pub fn previous(self) -> Self {
        self.neighbour(Self::ALL.into_iter().rev())
    }

    /// The pane behind this one in a round of all.
    fn neighbour(self, all: impl Iterator<Item = Self> + Clone) -> Self {
        let mut round = all.cycle().skip_while(|pane| *pane != self).skip(1);
        round.next().unwrap_or(self)
    }

    /// Whether the pane shows objects of this watch kind.
    pub fn shows(self, kind: WatchKind) -> bool {
        (self.info().shows)(kind)
    }

    /// Sort columns of the pane, the default first.
    pub fn sorts(self) -> &'static [SortBy] {
        self.info().sorts
    }
}
