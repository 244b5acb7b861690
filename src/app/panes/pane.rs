//! Which panes there are, and what each can be sorted by.

use crate::domain::watch::WatchKind;

/// A pane of the dashboard, in the order in which `tab` walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pane {
    Namespaces,
    Pods,
    ServiceAccounts,
    Secrets,
    Events,
}

impl Pane {
    pub const ALL: [Self; 5] = [
        Self::Namespaces,
        Self::Pods,
        Self::ServiceAccounts,
        Self::Secrets,
        Self::Events,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Namespaces => "Namespaces",
            Self::Pods => "Pods",
            Self::ServiceAccounts => "ServiceAccounts",
            Self::Secrets => "Secrets",
            Self::Events => "Events",
        }
    }

    /// The name in commands and in the configuration, as kubectl has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Pods => "pods",
            Self::ServiceAccounts => "serviceaccounts",
            Self::Secrets => "secrets",
            Self::Events => "events",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.name() == name)
    }

    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Namespaces => Self::Pods,
            Self::Pods => Self::ServiceAccounts,
            Self::ServiceAccounts => Self::Secrets,
            Self::Secrets => Self::Events,
            Self::Events => Self::Namespaces,
        }
    }

    #[must_use]
    pub fn previous(self) -> Self {
        match self {
            Self::Namespaces => Self::Events,
            Self::Pods => Self::Namespaces,
            Self::ServiceAccounts => Self::Pods,
            Self::Secrets => Self::ServiceAccounts,
            Self::Events => Self::Secrets,
        }
    }

    /// Whether the pane shows what watches of this kind bring.
    pub fn shows(self, kind: WatchKind) -> bool {
        match self {
            Self::Namespaces => kind == WatchKind::Namespaces,
            Self::Pods => kind == WatchKind::Pods,
            Self::ServiceAccounts => kind == WatchKind::ServiceAccounts,
            Self::Secrets => matches!(kind, WatchKind::Secrets(_)),
            Self::Events => kind == WatchKind::Events,
        }
    }

    /// The columns that the pane can be sorted by, the default first.
    pub fn sorts(self) -> &'static [SortBy] {
        match self {
            Self::Namespaces => &[SortBy::Status, SortBy::Name, SortBy::Age],
            Self::Pods | Self::ServiceAccounts | Self::Secrets => &[
                SortBy::Status,
                SortBy::Name,
                SortBy::Namespace,
                SortBy::Count,
                SortBy::Age,
            ],
            Self::Events => &[SortBy::Age, SortBy::Status, SortBy::Name, SortBy::Count],
        }
    }
}

/// What a pane can be sorted by; not every pane has every column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortBy {
    Name,
    Namespace,
    Status,
    Age,
    Count,
}

impl SortBy {
    /// Stable, as the state file holds it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Namespace => "namespace",
            Self::Status => "status",
            Self::Age => "age",
            Self::Count => "count",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub by: SortBy,
    pub reversed: bool,
}
