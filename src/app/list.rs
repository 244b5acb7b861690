//! A list with a selection by identity, so that it stays on the same object when rows move.

/// Motion of a cursor through rows or lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Motion {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
}

#[derive(Clone, Debug)]
pub struct List<K> {
    rows: Vec<K>,
    selected: Option<K>,
    /// What was selected before the rows were cleared: it is selected again when it comes.
    wanted: Option<K>,
    /// Somebody has moved the selection; until then it stays on the first row, whichever that is.
    moved_by_user: bool,
    /// Where the selection was found last; the row that takes its place when it is gone.
    position: usize,
    offset: usize,
    height: usize,
}

impl<K> Default for List<K> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            selected: None,
            wanted: None,
            moved_by_user: false,
            position: 0,
            offset: 0,
            height: 1,
        }
    }
}

impl<K: Clone + PartialEq> List<K> {
    /// Creates a list for an overlay that sizes itself to its rows: all rows count as visible.
    ///
    /// It was opened to choose from, so the selection does not change when rows change.
    pub fn unscrolled(rows: Vec<K>) -> Self {
        let mut list = Self {
            height: usize::MAX / 2,
            moved_by_user: true,
            ..Self::default()
        };
        list.set_rows(rows);
        list
    }

    pub fn rows(&self) -> &[K] {
        &self.rows
    }

    pub fn selected(&self) -> Option<&K> {
        self.selected.as_ref()
    }

    /// Index of the selected row; `None` without rows.
    pub fn position(&self) -> Option<usize> {
        self.selected.as_ref().map(|_| self.position)
    }

    /// The visible rows, and the index of the first.
    pub fn visible(&self) -> (usize, &[K]) {
        let end = (self.offset + self.height).min(self.rows.len());
        (
            self.offset,
            self.rows.get(self.offset..end).unwrap_or_default(),
        )
    }

    pub fn set_height(&mut self, height: usize) {
        self.height = height.max(1);
        self.keep_in_view();
    }

    /// Replaces the rows; the selection stays on its object, or on its index if the object is gone.
    pub fn set_rows(&mut self, rows: Vec<K>) {
        self.rows = rows;
        let wanted = self.wanted.as_ref();
        if let Some(at) = self.rows.iter().position(|row| Some(row) == wanted) {
            self.wanted = None;
            self.select_position(at);
            return;
        }
        if !self.moved_by_user {
            self.select_position(0);
            return;
        }
        let found = self.selected.as_ref().and_then(|selected| {
            let here = self.rows.get(self.position) == Some(selected);
            if here {
                Some(self.position)
            } else {
                self.rows.iter().position(|row| row == selected)
            }
        });
        self.select_position(found.unwrap_or(self.position));
    }

    /// Drops the rows, which come again. What the user has selected is selected when it is there again, unless
    /// another row was by then.
    pub fn clear(&mut self) {
        let selected = self.selected.take().filter(|_| self.moved_by_user);
        self.wanted = self.wanted.take().or(selected);
        self.set_rows(Vec::new());
    }

    /// Removes a row; the caller calls [`List::clamp_selection`] afterwards.
    pub fn remove(&mut self, at: usize) {
        self.rows.remove(at);
        if at < self.position {
            self.position -= 1;
        }
    }

    /// Inserts a row; the caller calls [`List::clamp_selection`] afterwards.
    pub fn insert(&mut self, at: usize, row: K) {
        self.rows.insert(at, row);
        if at <= self.position {
            self.position += 1;
        }
    }

    /// Moves the selection back to its object after rows were removed and inserted.
    pub fn clamp_selection(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        self.set_rows(rows);
    }

    /// Selects this row if it exists.
    pub fn select(&mut self, key: &K) -> bool {
        let found = self.rows.iter().position(|row| row == key);
        if let Some(position) = found {
            self.moved_by_user = true;
            self.wanted = None;
            self.select_position(position);
        }
        found.is_some()
    }

    /// Selects this row now, or when it appears.
    pub fn select_when_present(&mut self, key: K) {
        if !self.select(&key) {
            self.moved_by_user = true;
            self.wanted = None;
            self.selected = Some(key);
        }
    }

    /// Selects the row at this offset from the first visible one.
    pub fn select_visible(&mut self, row: usize) -> bool {
        let position = self.offset + row;
        let there = row < self.height && position < self.rows.len();
        if there {
            self.moved_by_user = true;
            self.wanted = None;
            self.select_position(position);
        }
        there
    }

    pub fn move_selection(&mut self, motion: Motion) {
        self.moved_by_user = true;
        self.wanted = None;
        let page = self.height.saturating_sub(1).max(1);
        let last = self.rows.len().saturating_sub(1);
        self.select_position(match motion {
            Motion::Up => self.position.saturating_sub(1),
            Motion::Down => self.position + 1,
            Motion::PageUp => self.position.saturating_sub(page),
            Motion::PageDown => self.position + page,
            Motion::First => 0,
            Motion::Last => last,
        });
    }

    fn select_position(&mut self, position: usize) {
        self.position = position.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(self.position).cloned();
        self.keep_in_view();
    }

    fn keep_in_view(&mut self) {
        let lowest = (self.position + 1).saturating_sub(self.height);
        let most = self.rows.len().saturating_sub(self.height);
        self.offset = self
            .offset
            .clamp(lowest, self.position.max(lowest))
            .min(most.max(lowest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: &[u32], height: usize) -> List<u32> {
        let mut list = List::default();
        list.set_height(height);
        list.set_rows(rows.to_vec());
        list
    }

    #[test]
    fn the_selection_stays_on_its_object_when_rows_move() {
        let mut list = list(&[1, 2, 3, 4], 10);
        list.move_selection(Motion::Down);
        list.set_rows(vec![9, 8, 1, 2, 3]);
        assert_eq!(list.selected(), Some(&2));
        assert_eq!(list.position(), Some(3));
    }

    #[test]
    fn the_next_row_takes_the_place_of_one_that_is_gone() {
        let mut list = list(&[1, 2, 3], 10);
        list.move_selection(Motion::Down);
        list.set_rows(vec![1, 3]);
        assert_eq!(list.selected(), Some(&3));
        list.set_rows(vec![1]);
        assert_eq!(list.selected(), Some(&1));
        list.set_rows(vec![]);
        assert_eq!((list.selected(), list.position()), (None, None));
    }

    #[test]
    fn rows_that_come_again_bring_the_selection_with_them() {
        let mut list = list(&[1, 2, 3], 10);
        list.move_selection(Motion::Last);
        list.clear();
        assert_eq!((list.rows(), list.selected()), (&[][..], None));
        list.set_rows(vec![1, 2]);
        assert_eq!(list.selected(), Some(&1));
        list.set_rows(vec![1, 2, 3]);
        assert_eq!(list.selected(), Some(&3));
        list.clear();
        list.set_rows(vec![1, 2]);
        list.move_selection(Motion::Down);
        list.set_rows(vec![1, 2, 3]);
        assert_eq!(list.selected(), Some(&2), "the user has gone elsewhere");
    }

    #[test]
    fn the_selection_follows_its_object_through_edits() {
        let mut list = list(&[1, 2, 3, 4, 5], 10);
        list.move_selection(Motion::Down);
        list.move_selection(Motion::Down);
        list.remove(0);
        list.insert(0, 8);
        list.insert(0, 9);
        list.clamp_selection();
        assert_eq!(
            (list.rows(), list.selected()),
            (&[9, 8, 2, 3, 4, 5][..], Some(&3))
        );
        list.remove(3);
        list.insert(0, 3);
        list.clamp_selection();
        assert_eq!(
            (list.rows(), list.position()),
            (&[3, 9, 8, 2, 4, 5][..], Some(0))
        );
        list.remove(0);
        list.clamp_selection();
        assert_eq!(list.selected(), Some(&9), "the next one takes its place");
    }

    #[test]
    fn who_has_not_moved_stays_on_the_first_row() {
        let mut list = list(&[3, 4], 10);
        list.set_rows(vec![1, 2, 3, 4]);
        assert_eq!(list.selected(), Some(&1), "the worst comes first");
        list.move_selection(Motion::First);
        list.set_rows(vec![0, 1, 2]);
        assert_eq!(list.selected(), Some(&1), "now it is a choice");
    }

    #[test]
    fn a_wanted_row_is_selected_when_it_comes() {
        let mut list = list(&[], 3);
        list.select_when_present(7);
        list.set_rows(vec![5, 6, 7]);
        assert_eq!(list.selected(), Some(&7));
    }

    #[test]
    fn the_selection_is_always_in_view_and_no_room_is_wasted() {
        let rows: Vec<u32> = (0..100).collect();
        let mut list = list(&rows, 10);
        for motion in [
            Motion::Last,
            Motion::PageUp,
            Motion::Up,
            Motion::First,
            Motion::PageDown,
            Motion::Down,
        ] {
            list.move_selection(motion);
            let (_, visible) = list.visible();
            assert_eq!(visible.len(), 10, "{motion:?}");
            assert!(visible.contains(list.selected().unwrap()), "{motion:?}");
        }
        list.move_selection(Motion::Last);
        list.set_height(50);
        assert_eq!(list.visible().1.len(), 50);
        list.set_height(0);
        assert_eq!(list.visible().1, [99]);
    }

    #[test]
    fn an_empty_list_survives_every_motion() {
        let mut list = list(&[], 0);
        for motion in [Motion::Down, Motion::Last, Motion::PageDown, Motion::PageUp] {
            list.move_selection(motion);
            assert_eq!(list.selected(), None);
        }
        assert!(!list.select_visible(0));
    }
}
