//! The tabs of the detail area and of the details overlay, with the scroll position.

use std::sync::Arc;

use tui_input::Input;

use super::scroll::Scroll;
use crate::domain::k8s::{document::FoldLevel, objects::AnyObjectRef};

/// A view of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tab {
    Diagnosis,
    Timeline,
    Rollout,
    Describe,
    Yaml,
    Events,
    Logs,
}

impl Tab {
    /// The tabs of an object, in display order.
    pub fn tabs_for(object: &AnyObjectRef) -> &'static [Self] {
        match object {
            AnyObjectRef::Pod(_) => &[
                Self::Diagnosis,
                Self::Timeline,
                Self::Describe,
                Self::Yaml,
                Self::Events,
                Self::Logs,
            ],
            AnyObjectRef::Workload(_) => &[Self::Rollout, Self::Describe, Self::Yaml, Self::Events],
            AnyObjectRef::Namespace(_)
            | AnyObjectRef::Secret(_)
            | AnyObjectRef::ServiceAccount(_) => &[Self::Describe, Self::Yaml, Self::Events],
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Diagnosis => "Diagnosis",
            Self::Timeline => "Timeline",
            Self::Rollout => "Rollout",
            Self::Describe => "Describe",
            Self::Yaml => "YAML",
            Self::Events => "Events",
            Self::Logs => "Logs",
        }
    }

    /// Where a reader of it begins.
    fn start(self) -> Scroll {
        match self {
            Self::Logs => Scroll::END,
            Self::Diagnosis
            | Self::Timeline
            | Self::Rollout
            | Self::Describe
            | Self::Yaml
            | Self::Events => Scroll::TOP,
        }
    }
}

/// One object in full, in one of its tabs.
#[derive(Debug)]
pub struct Details {
    pub object: AnyObjectRef,
    /// `None`: the one that fits the object's state.
    pub tab: Option<Tab>,
    pub scroll: Scroll,
    pub fold: FoldLevel,
    /// Of which container the log is shown; `None`: the one that is spoken of.
    pub container: Option<Arc<str>>,
    /// The log of the run before.
    pub previous: bool,
    /// The text search.
    pub find: Option<TextSearch>,
}

/// A search in a text.
#[derive(Debug, Default)]
pub struct TextSearch {
    pub input: Input,
    /// Keys go into the field.
    pub typing: bool,
}

impl Details {
    pub fn new(object: AnyObjectRef, tab: Option<Tab>) -> Self {
        Self {
            object,
            tab,
            scroll: tab.map_or(Scroll::TOP, Tab::start),
            fold: FoldLevel::default(),
            container: None,
            previous: false,
            find: None,
        }
    }

    /// Switches to a tab, scrolled to the top.
    pub fn show_tab(&mut self, tab: Tab) {
        self.tab = Some(tab);
        self.scroll = tab.start();
        self.find = None;
    }

    /// Switches to another object, in its default tab.
    pub fn show_object(&mut self, object: AnyObjectRef) {
        let tab = self.tab.filter(|tab| Tab::tabs_for(&object).contains(tab));
        *self = Self::new(object, tab);
    }

    /// The search term, unless it is empty.
    pub fn search_term(&self) -> Option<&str> {
        let find = self.find.as_ref()?;
        Some(find.input.value()).filter(|text| !text.is_empty())
    }
}

/// True if a line contains the term, ignoring case.
pub fn contains_ignore_case(line: &str, sought: &str) -> bool {
    line.to_lowercase().contains(&sought.to_lowercase())
}
