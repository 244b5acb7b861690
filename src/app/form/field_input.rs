//! Inputs of a form field: text, select and multi-select.

use tui_input::Input;

use super::CredentialSource;
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{PullPolicy, Secret},
    },
    plan::{ConflictPolicy, ExportFormat},
};

#[derive(Debug)]
pub enum FieldInput {
    Text(Input),
    Select(Select),
    MultiSelect(MultiSelect),
}

/// A choice of one option.
#[derive(Debug, Default)]
pub struct Select {
    pub options: Vec<SelectItem>,
    pub chosen: usize,
}

/// An option with what it stands for: the label is only shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectItem {
    pub label: String,
    pub value: SelectValue,
}

/// What an option stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectValue {
    /// The label itself, which is a name.
    Label,
    Source(CredentialSource),
    Secret(ObjectRef<Secret>),
    Existing(ConflictPolicy),
    /// `None`: Kubernetes chooses by the tag.
    Policy(Option<PullPolicy>),
    Restart(RestartScope),
    Format(ExportFormat),
    Destination(ExportDestination),
}

/// The workloads that are restarted after a list of pull Secrets has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartScope {
    /// Those with Pods that wait for an image.
    Waiting,
    None,
    All,
}

/// Where an export goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportDestination {
    Clipboard,
    File,
}

impl Select {
    pub fn new(options: impl IntoIterator<Item = (impl Into<String>, SelectValue)>) -> Self {
        let item = |(label, value)| SelectItem {
            label: Into::into(label),
            value,
        };
        Self {
            options: options.into_iter().map(item).collect(),
            chosen: 0,
        }
    }

    /// A choice of names.
    pub fn of_names(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::new(names.into_iter().map(|name| (name, SelectValue::Label)))
    }

    pub fn label(&self) -> &str {
        let chosen = self.options.get(self.chosen);
        chosen.map_or("", |option| option.label.as_str())
    }

    pub fn value(&self) -> Option<&SelectValue> {
        self.options.get(self.chosen).map(|option| &option.value)
    }

    pub fn cycle(&mut self, forward: bool) {
        let count = self.options.len().max(1);
        let step = if forward { 1 } else { count - 1 };
        self.chosen = (self.chosen + step) % count;
    }

    /// Chooses the option of this value, if there is one.
    pub fn choose(&mut self, value: &SelectValue) {
        self.choose_where(|option| option.value == *value);
    }

    /// Chooses the option of this label, if there is one.
    pub fn choose_label(&mut self, label: &str) {
        self.choose_where(|option| option.label == label);
    }

    fn choose_where(&mut self, is_it: impl Fn(&SelectItem) -> bool) {
        if let Some(found) = self.options.iter().position(is_it) {
            self.chosen = found;
        }
    }
}

/// A choice of any number of options.
#[derive(Debug, Default)]
pub struct MultiSelect {
    pub rows: Vec<SelectOption>,
    /// The row of the cursor, among those that match the filter.
    pub cursor: usize,
    pub filter: Input,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectOption {
    pub name: String,
    /// A note on the option.
    pub note: String,
    pub selected: bool,
}

impl MultiSelect {
    pub fn new(rows: Vec<SelectOption>) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }

    /// Indexes of the rows that match the filter.
    pub fn visible_rows(&self) -> Vec<usize> {
        let wanted = self.filter.value();
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| row.name.contains(wanted))
            .map(|(index, _)| index)
            .collect()
    }

    pub fn selected(&self) -> impl Iterator<Item = &SelectOption> {
        self.rows.iter().filter(|row| row.selected)
    }

    pub fn is_selected(&self, name: &str) -> bool {
        self.selected().any(|row| row.name == name)
    }

    /// Moves the cursor to a visible row after the filter has changed.
    pub fn clamp_cursor(&mut self) {
        let last = self.visible_rows().len().saturating_sub(1);
        self.cursor = self.cursor.min(last);
    }

    /// Moves the cursor; returns `false` at the edge, where the form handles the key.
    pub fn move_cursor(&mut self, down: bool) -> bool {
        let last = self.visible_rows().len().saturating_sub(1);
        let next = if down {
            self.cursor + 1
        } else {
            match self.cursor.checked_sub(1) {
                Some(next) => next,
                None => return false,
            }
        };
        if next > last {
            return false;
        }
        self.cursor = next;
        true
    }

    pub fn toggle(&mut self) {
        let here = self.visible_rows().get(self.cursor).copied();
        if let Some(row) = here.and_then(|index| self.rows.get_mut(index)) {
            row.selected = !row.selected;
        }
    }

    /// Selects all visible rows, or none if all are selected.
    pub fn toggle_all(&mut self) {
        let shown = self.visible_rows();
        let all = shown
            .iter()
            .all(|index| self.rows.get(*index).is_some_and(|row| row.selected));
        for index in shown {
            if let Some(row) = self.rows.get_mut(index) {
                row.selected = !all;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picks() -> MultiSelect {
        let rows = ["pay", "shop", "shop-test"].map(|name| SelectOption {
            name: name.to_owned(),
            note: String::new(),
            selected: false,
        });
        MultiSelect::new(rows.into())
    }

    #[test]
    fn all_means_all_that_the_filter_leaves() {
        let mut picks = picks();
        picks.filter = "shop".into();
        picks.toggle_all();
        let taken: Vec<_> = picks.selected().map(|row| row.name.as_str()).collect();
        assert_eq!(taken, ["shop", "shop-test"]);
        picks.toggle_all();
        assert_eq!(picks.selected().count(), 0);
        assert!(picks.move_cursor(true));
        assert!(!picks.move_cursor(true), "the form's turn");
        picks.toggle();
        assert!(picks.is_selected("shop-test"));
    }

    #[test]
    fn a_choice_turns_in_a_circle() {
        let mut choice = Select::of_names(["a", "b"]);
        choice.cycle(false);
        assert_eq!(choice.label(), "b");
        choice.cycle(true);
        assert_eq!(choice.label(), "a");
        Select::default().cycle(true);
    }
}
