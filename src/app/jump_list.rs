//! The way that was gone along the chain, to go back and forth on it as in a browser.

use super::panes::Selected;
use crate::domain::store::watch::Scope;

/// Where one was: the pane, what was selected in it, and what the panes were narrowed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub scope: Scope,
    pub selected: Selected,
}

/// Places that are remembered.
const LENGTH: usize = 100;

#[derive(Debug, Default)]
pub struct Trail {
    behind: Vec<Place>,
    ahead: Vec<Place>,
}

impl Trail {
    /// One has left this place for another.
    pub fn left(&mut self, place: Place) {
        self.ahead.clear();
        self.behind.push(place);
        if self.behind.len() > LENGTH {
            self.behind.remove(0);
        }
    }

    /// The place before; `here` is where one comes back to by going forth.
    pub fn back(&mut self, here: Place) -> Option<Place> {
        let place = self.behind.pop()?;
        self.ahead.push(here);
        Some(place)
    }

    pub fn forth(&mut self, here: Place) -> Option<Place> {
        let place = self.ahead.pop()?;
        self.behind.push(here);
        Some(place)
    }
}
