//! Jump list: visited locations, to go back and forward.

use super::panes::Selected;
use crate::domain::store::watch::Scope;

/// A location: the pane, its selection, and the scope of the panes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    pub scope: Scope,
    pub selected: Selected,
}

/// Maximum number of locations.
const CAPACITY: usize = 100;

#[derive(Debug, Default)]
pub struct JumpList {
    back_stack: Vec<Location>,
    forward_stack: Vec<Location>,
}

impl JumpList {
    /// Adds a location that was left.
    pub fn push(&mut self, place: Location) {
        self.forward_stack.clear();
        self.back_stack.push(place);
        if self.back_stack.len() > CAPACITY {
            self.back_stack.remove(0);
        }
    }

    /// Goes back one location; `here` is pushed to the forward stack.
    pub fn back(&mut self, here: Location) -> Option<Location> {
        let place = self.back_stack.pop()?;
        self.forward_stack.push(here);
        Some(place)
    }

    pub fn forward(&mut self, here: Location) -> Option<Location> {
        let place = self.forward_stack.pop()?;
        self.back_stack.push(here);
        Some(place)
    }
}
